//! [`LuaCoroutine`]: a task's main function under way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use llmspell_core::{Coroutine, Error, Step, TaskError, Value};
use mlua::{Function, Lua, MultiValue, Thread, Value as LuaValue};

use crate::convert::{to_lua, untouched};
use crate::shared::{Shared, Values};
use crate::trace::{self, Failure};
use crate::{hook, reply};

/// A task's main function under way.
pub struct LuaCoroutine {
    lua: Lua,
    shared: Rc<Shared>,
    thread: Thread,
    stopped: Stopped,
    /// What it waited for, when the slice ended between the host's reply and the suspension.
    early: Option<Result<Value, Error>>,
    /// Its results are shown to a person, who sees all of them.
    interactive: bool,
}

/// Where it stands.
enum Stopped {
    Fresh(Function, Vec<Value>),
    Waiting,
    Sliced,
    Ended,
}

impl LuaCoroutine {
    pub fn new(
        lua: &Lua,
        shared: &Rc<Shared>,
        function: Function,
        args: Vec<Value>,
        interactive: bool,
    ) -> mlua::Result<Self> {
        let thread = lua.create_thread(shared.prelude().body.clone())?;
        Ok(Self {
            lua: lua.clone(),
            shared: shared.clone(),
            thread,
            stopped: Stopped::Fresh(function, args),
            early: None,
            interactive,
        })
    }

    /// The arguments of the first resume.
    fn first(&self, function: Function, args: Vec<Value>) -> mlua::Result<MultiValue> {
        let mut values = MultiValue::with_capacity(args.len() + 1);
        values.push_back(LuaValue::Function(function));
        for arg in args {
            values.push_back(to_lua(&self.lua, &self.shared, arg)?);
        }
        Ok(values)
    }

    fn answer(&self, result: Result<Value, Error>) -> MultiValue {
        let (tag, value) = reply::done(&self.lua, &self.shared, result);
        MultiValue::from_iter([tag, value])
    }

    fn run(&mut self, mut values: MultiValue) -> Step {
        loop {
            let resumed = self.thread.resume::<MultiValue>(values);
            if let Some(fault) = self.shared.cx.budget().doomed() {
                return Step::Failed(fault.into());
            }
            let results = match resumed {
                Ok(results) => results,
                Err(error) => return Step::Failed(self.broken(&error)),
            };
            if !self.thread.is_resumable() {
                return self.ended(results);
            }
            if results.is_empty() {
                self.stopped = Stopped::Sliced;
                return Step::Sliced;
            }
            match self.early.take() {
                Some(result) => values = self.answer(result),
                None => {
                    self.stopped = Stopped::Waiting;
                    return Step::Waits;
                }
            }
        }
    }

    fn ended(&mut self, mut results: MultiValue) -> Step {
        self.stopped = Stopped::Ended;
        match results.pop_front() {
            None | Some(LuaValue::Nil) => Step::Done(self.outcome(results.into_vec())),
            Some(_) => {
                let failure = Failure::from_lua(results);
                Step::Failed(trace::error(&self.shared, failure))
            }
        }
    }

    /// The results as one value that keeps them untouched.
    fn outcome(&self, mut results: Vec<LuaValue>) -> Value {
        match (results.len(), self.interactive) {
            (0, _) => Value::Nil,
            (1, false) => untouched(&self.shared, results.remove(0)),
            _ => Value::Any(self.shared.hold(Values::Many(results))),
        }
    }

    /// An error that did not even reach the task's body, such as want of memory.
    fn broken(&mut self, error: &mlua::Error) -> TaskError {
        trace::error(&self.shared, Failure::message(trace::text(error)))
    }
}

impl Coroutine for LuaCoroutine {
    fn resume(&mut self, input: Option<Result<Value, Error>>) -> Step {
        hook::loosen(&self.lua, &self.shared);
        let values = match std::mem::replace(&mut self.stopped, Stopped::Ended) {
            Stopped::Fresh(function, args) => match self.first(function, args) {
                Ok(values) => values,
                Err(error) => return Step::Failed(self.broken(&error)),
            },
            Stopped::Waiting => match input {
                Some(result) => self.answer(result),
                None => {
                    self.stopped = Stopped::Waiting;
                    return Step::Waits;
                }
            },
            Stopped::Sliced | Stopped::Ended => {
                self.early = input.or(self.early.take());
                MultiValue::new()
            }
        };
        self.run(values)
    }
}

impl Drop for LuaCoroutine {
    /// Closes the `<close>` variables of a task that has not ended by itself.
    fn drop(&mut self) {
        if !self.thread.is_resumable() {
            return;
        }
        let noop = self.shared.prelude().noop.clone();
        let reset = || catch_unwind(AssertUnwindSafe(|| self.thread.reset(noop)));
        // An error or a panic while closing has nobody left to go to.
        let _ = hook::outside(&self.lua, &self.shared, reset);
    }
}
