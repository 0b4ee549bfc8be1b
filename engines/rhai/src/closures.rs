//! Closures that a module gives away.
//!
//! A closure is a name to Rhai, looked up where it is called, so one that a module's function
//! returned is unknown outside of the module. Here is where it is found.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use rhai::{
    AST, Dynamic, Engine, EvalAltResult, GlobalRuntimeState, Module, NativeCallContext, Position,
};

use crate::convert::CLOSURE;

/// The closures of every module, by name.
#[derive(Clone, Default)]
pub struct Closures(Rc<RefCell<HashMap<String, Rc<GlobalRuntimeState>>>>);

impl Closures {
    /// Knows the closures of a module that was run in `state`.
    pub fn add(&self, ast: &AST, module: &Module, mut state: GlobalRuntimeState) {
        let functions = ast.iter_functions();
        let closures: Vec<_> = functions.filter(|f| f.name.starts_with(CLOSURE)).collect();
        if closures.is_empty() {
            return;
        }
        state.source = ast.source().map(Into::into);
        state.lib.push(ast.shared_lib().clone());
        for (name, imported) in module.iter_sub_modules() {
            state.push_import(name, imported.clone());
        }
        let state = Rc::new(state);
        let mut known = self.0.borrow_mut();
        known.extend(closures.iter().map(|f| (f.name.to_owned(), state.clone())));
    }

    /// Calls the closure `name` of some module, from code at call level `level`.
    pub fn call(
        &self,
        engine: &Engine,
        name: &str,
        args: &mut [&mut Dynamic],
        level: usize,
    ) -> Option<Result<Dynamic, Box<EvalAltResult>>> {
        let home = self.0.borrow().get(name).cloned()?;
        let mut state = (*home).clone();
        state.level = level;
        let source = home.source();
        let context =
            NativeCallContext::new_with_all_fields(engine, name, source, &state, Position::NONE);
        Some(context.call_fn_raw(name, false, false, args))
    }
}
