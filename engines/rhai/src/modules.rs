//! `import "name" as m`: modules found by the host's [`Loader`], each run once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use llmspell_core::{Diagnostic, Error, Loader, Value};
use rhai::{Engine, EvalAltResult, GlobalRuntimeState, Module, ModuleResolver, Position, Scope};

use crate::texts::Texts;
use crate::{check, closures, coroutine, dispatch, errors, limits};

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// The modules of one engine.
pub struct Modules {
    loader: Loader,
    texts: Texts,
    /// By the name that each was first imported under.
    known: Rc<RefCell<HashMap<String, State>>>,
    /// That name, by every name and by every text's.
    first: RefCell<HashMap<String, String>>,
}

enum State {
    /// Its body runs, perhaps suspended; other tasks wait for it.
    Loading(Vec<Waker>),
    Ready(Rc<Module>),
}

impl Modules {
    /// Modules that `loader` finds.
    pub fn new(loader: Loader, texts: Texts) -> Self {
        Self {
            loader,
            texts,
            known: Rc::default(),
            first: RefCell::default(),
        }
    }

    fn ready(&self, name: &str) -> Option<Rc<Module>> {
        match self.known.borrow().get(name) {
            Some(State::Ready(module)) => Some(module.clone()),
            _ => None,
        }
    }

    /// Waits while another task runs the module's body.
    fn wait_for(&self, name: &str) -> std::result::Result<(), Error> {
        let (known, name) = (self.known.clone(), name.to_owned());
        let loaded = poll_fn(move |context| match known.borrow_mut().get_mut(&name) {
            Some(State::Loading(waiting)) => {
                waiting.push(context.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(Ok(Value::Nil)),
        });
        dispatch::wait(&self.texts.cx, Box::pin(loaded)).map(drop)
    }

    fn is_loading(&self, name: &str) -> bool {
        matches!(self.known.borrow().get(name), Some(State::Loading(_)))
    }

    fn module(
        &self,
        engine: &Engine,
        state: &GlobalRuntimeState,
        name: &str,
    ) -> Result<Rc<Module>> {
        let name = &self.first_name(name)?;
        while self.is_loading(name) {
            not_cyclic(name).map_err(errors::raised)?;
            self.wait_for(name).map_err(errors::raised)?;
        }
        if let Some(module) = self.ready(name) {
            return Ok(module);
        }
        let loading = Loading::new(&self.known, name);
        let module = Rc::new(self.load(engine, state, name)?);
        loading.finish(module.clone());
        Ok(module)
    }

    /// The name under which the same file was imported first.
    fn first_name(&self, name: &str) -> Result<String> {
        if let Some(first) = self.first.borrow().get(name) {
            return Ok(first.clone());
        }
        let text = self.loader.load(name, "rhai");
        let text = text.map_err(|message| errors::raised(Error::Raise(message)))?;
        let mut all = self.first.borrow_mut();
        let first = all.entry(text.name).or_insert_with(|| name.to_owned());
        let first = first.clone();
        all.insert(name.to_owned(), first.clone());
        Ok(first)
    }

    fn load(&self, engine: &Engine, state: &GlobalRuntimeState, name: &str) -> Result<Module> {
        if !coroutine::has_room(limits::COMPILE_STACK) {
            let message = "modules nest too deeply to import another one here";
            return Err(errors::raised(Error::raise(message)));
        }
        let text = self.loader.load(name, "rhai");
        let text = text.map_err(|message| errors::raised(Error::Raise(message)))?;
        let in_module = |error: Box<EvalAltResult>| {
            EvalAltResult::ErrorInModule(text.name.clone(), error, Position::NONE)
        };
        let compile = |text: &str| engine.compile(text);
        let compiled = self
            .texts
            .compile(engine, &text.name, &text.text, false, compile);
        let ast = compiled.map_err(|error| in_module(error.into()))?;
        let open = check::refuse_open_comment(engine, &text.name, &text.text);
        let raised = |problem: Diagnostic| errors::raised(Error::Raise(problem.message));
        open.map_err(|problem| in_module(raised(problem)))?;
        let sources = self.texts.cx.sources();
        let differs = |other: &str| sources.get(other).as_deref() != Some(&*text.text);
        let confused = closures::confused(&ast, &self.texts.names, &text.name, differs);
        if let Some((other, position)) = confused {
            let message = format!(
                "{other} has the same closure at the same place, and Rhai would take one for the other: move this one \
                 to another line"
            );
            let mut error = errors::raised(Error::raise(message));
            error.set_position(position);
            return Err(in_module(error).into());
        }
        let mut global = engine.new_global_runtime_state();
        global.level = state.level;
        let module = Module::eval_ast_as_new_raw(engine, &mut Scope::new(), &mut global, &ast);
        let module = module.map_err(in_module)?;
        self.texts.closures.add(&ast, &module, global);
        Ok(module)
    }
}

impl ModuleResolver for Modules {
    fn resolve_raw(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        _: &mut Scope,
        path: &str,
        position: Position,
    ) -> Result<Rc<Module>> {
        let module = self.module(engine, global, &canonical(path));
        module.map_err(|mut error| {
            if error.position().is_none() {
                error.set_position(position);
            }
            error
        })
    }

    fn resolve(
        &self,
        engine: &Engine,
        _: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Rc<Module>> {
        let mut global = engine.new_global_runtime_state();
        self.resolve_raw(engine, &mut global, &mut Scope::new(), path, position)
    }
}

/// One name for the ways to write it: `parts/a`, `./parts/a`, `parts.a`, `parts/a.rhai`.
fn canonical(path: &str) -> String {
    let name = path.strip_suffix(".rhai").unwrap_or(path);
    let name = name.strip_prefix("./").unwrap_or(name);
    let parts: Vec<&str> = name.split(['/', '.']).collect();
    match parts.contains(&"") {
        true => path.to_owned(), // no module's name, as the loader says of what was written
        false => parts.join("/"),
    }
}

/// A module that this task is already loading cannot be waited for.
fn not_cyclic(name: &str) -> std::result::Result<(), Error> {
    let Some(task) = coroutine::current() else {
        return Ok(());
    };
    let chain = task.importing.borrow();
    match chain.iter().position(|loading| loading == name) {
        None => Ok(()),
        Some(first) => {
            let mut chain: Vec<&str> = chain[first..].iter().map(String::as_str).collect();
            chain.push(name);
            let chain = chain.join(" -> ");
            Err(Error::Raise(format!(
                "modules import each other in a circle: {chain}"
            )))
        }
    }
}

/// While it lives, the module counts as being loaded by the running task.
struct Loading {
    known: Rc<RefCell<HashMap<String, State>>>,
    name: String,
    task: Option<Rc<coroutine::Task>>,
}

impl Loading {
    fn new(known: &Rc<RefCell<HashMap<String, State>>>, name: &str) -> Self {
        let state = State::Loading(Vec::new());
        known.borrow_mut().insert(name.to_owned(), state);
        let task = coroutine::current();
        if let Some(task) = &task {
            task.importing.borrow_mut().push(name.to_owned());
        }
        Self {
            known: known.clone(),
            name: name.to_owned(),
            task,
        }
    }

    fn finish(&self, module: Rc<Module>) {
        self.become_state(Some(State::Ready(module)));
    }

    fn become_state(&self, state: Option<State>) {
        let mut known = self.known.borrow_mut();
        let before = match state {
            Some(state) => known.insert(self.name.clone(), state),
            None => known.remove(&self.name),
        };
        drop(known);
        if let Some(State::Loading(waiting)) = before {
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.importing.borrow_mut().pop();
        }
        // It failed or its task was cancelled: the next import tries again.
        if matches!(self.known.borrow().get(&self.name), Some(State::Loading(_))) {
            self.become_state(None);
        }
    }
}
