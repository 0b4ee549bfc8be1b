//! Closures that a module gives away.
//!
//! A closure is a name to Rhai, looked up where it is called, so one that a module's function
//! returned is unknown outside of the module. Here is where it is found.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use rhai::{
    AST, ASTNode, Dynamic, Engine, EvalAltResult, Expr, FnPtr, GlobalRuntimeState, Module,
    NativeCallContext, Position, Stmt,
};

use crate::convert::CLOSURE;
use crate::names::Names;

/// A closure of a text that names a function of that text, and that another text, which `differs`, has too: which one, and where the name
/// stands. Rhai names closures by what they say and where they stand, and then takes one for the other.
pub fn confused(
    ast: &AST,
    names: &Names,
    source: &str,
    differs: impl Fn(&str) -> bool,
) -> Option<(String, Position)> {
    let closures = ast.iter_functions().map(|f| f.name);
    let closures = closures.filter(|name| name.starts_with(CLOSURE));
    let named = |closure: &str| {
        let mut found = None;
        let mut alone = ast.clone_functions_only();
        alone.retain_functions(|_, _, name, _| name == closure);
        alone.walk(&mut |path| {
            let is_own = |name: &str| names.has_function(source, name);
            let (used, at) = match path.last() {
                Some(ASTNode::Expr(Expr::FnCall(call, at) | Expr::MethodCall(call, at)))
                | Some(ASTNode::Stmt(Stmt::FnCall(call, at))) => {
                    (call.is_qualified() || is_own(&call.name), at)
                }
                Some(ASTNode::Expr(Expr::Variable(variable, _, at))) => (is_own(&variable.1), at),
                Some(ASTNode::Expr(Expr::StringConstant(name, at))) => (is_own(name), at),
                Some(ASTNode::Expr(Expr::DynamicConstant(value, at))) => {
                    let function = value.read_lock::<FnPtr>();
                    (function.is_some_and(|f| is_own(f.fn_name())), at)
                }
                _ => return true,
            };
            if used {
                found.get_or_insert(*at);
            }
            found.is_none()
        });
        found
    };
    let confused = |closure| Some((names.elsewhere(source, closure, &differs)?, named(closure)?));
    closures.filter_map(confused).next()
}

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
