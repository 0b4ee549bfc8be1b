//! What `require` needs of the host: finding modules, and waiting for one that another task loads.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use llmspell_core::{Error, Value};
use mlua::{Lua, LuaString, Table, Value as LuaValue};

use crate::reply::{self, Reply};
use crate::shared::{Shared, Values};
use crate::source;

/// Who waits for which module.
#[derive(Default)]
pub struct Modules {
    waiting: RefCell<HashMap<String, Waiting>>,
}

/// How often a module's body has ended, and who waits for the next time.
#[derive(Default)]
struct Waiting {
    ended: u64,
    wakers: Vec<Waker>,
}

impl Modules {
    /// Wakes who waits for the module at `path`.
    fn end(&self, path: String) {
        let mut waiting = self.waiting.borrow_mut();
        let entry = waiting.entry(path).or_default();
        entry.ended += 1;
        let wakers = std::mem::take(&mut entry.wakers);
        drop(waiting);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until the module's body has ended.
    async fn ended(self: Rc<Self>, path: String) {
        let count = |modules: &Self| {
            let waiting = modules.waiting.borrow();
            waiting.get(&path).map_or(0, |entry| entry.ended)
        };
        let before = count(&self);
        poll_fn(|cx| {
            if count(&self) != before {
                return Poll::Ready(());
            }
            let mut waiting = self.waiting.borrow_mut();
            let entry = waiting.entry(path.clone()).or_default();
            entry.wakers.push(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

/// Adds the functions that the prelude's `require` calls.
pub fn add(lua: &Lua, shared: &Rc<Shared>, native: &Table) -> mlua::Result<()> {
    let own = shared.clone();
    let find = move |lua: &Lua, name: LuaString| Ok(find(lua, &own, &name.to_string_lossy()));
    native.raw_set("find_module", lua.create_function(find)?)?;
    let own = shared.clone();
    let ended = move |_: &Lua, path: LuaString| {
        own.modules.end(path.to_string_lossy());
        Ok(())
    };
    native.raw_set("module_ended", lua.create_function(ended)?)?;
    let own = shared.clone();
    let wait = move |lua: &Lua, path: LuaString| {
        let (modules, path) = (own.modules.clone(), path.to_string_lossy());
        Ok(reply::later(lua, &own, |_| async move {
            modules.ended(path).await;
            Ok::<_, Error>(Value::Nil)
        }))
    };
    native.raw_set("wait_for_module", lua.create_function(wait)?)?;
    let own = shared.clone();
    let task = move |_: &Lua, ()| {
        let task = own.cx.task();
        Ok(task.map_or(0, |task| Rc::as_ptr(&task).addr() as i64))
    };
    native.raw_set("task", lua.create_function(task)?)
}

/// Replies with a module's path and its body.
fn find(lua: &Lua, shared: &Rc<Shared>, name: &str) -> Reply {
    let source = match shared.loader.load(name, "lua") {
        Ok(source) => source,
        Err(problem) => return reply::raise(lua, &problem),
    };
    let body = match source::compile(lua, shared, &source.name, &source.text) {
        Ok(body) => body,
        Err(diagnostic) => return reply::raise_placed(lua, &diagnostic.to_string()),
    };
    match lua.create_string(&source.name) {
        Ok(path) => {
            let found = vec![LuaValue::String(path), LuaValue::Function(body)];
            let found = Value::Any(shared.hold(Values::Many(found)));
            reply::done(lua, shared, Ok(found))
        }
        Err(error) => reply::raise(lua, &error.to_string()),
    }
}
