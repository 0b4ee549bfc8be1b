//! [`Session`]: what REPL inputs leave behind for later ones.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use rhai::{AST, Caches, Dynamic, Engine, EvalAltResult, ImmutableString, Module, Scope};

use crate::convert::Environment;

/// Variables, functions and imports of earlier inputs.
#[derive(Default)]
pub struct Session {
    scope: RefCell<Scope<'static>>,
    /// The functions of earlier inputs, oldest first.
    functions: RefCell<Vec<Rc<Module>>>,
    /// What those functions are called.
    named: RefCell<BTreeSet<String>>,
    imports: RefCell<Vec<(ImmutableString, Rc<Module>)>>,
}

impl Session {
    /// Compiles an input that may use what earlier ones declared.
    pub fn compile(&self, engine: &Engine, text: &str) -> Result<AST, rhai::ParseError> {
        engine.compile_with_scope(&self.scope.borrow(), text)
    }

    /// Where an input's functions are looked up. Rhai searches the last first, but takes closures
    /// of the running text from the first, so the input's own ones are both.
    pub fn environment(&self, engine: &Engine, ast: &AST) -> Rc<Environment> {
        let mut state = engine.new_global_runtime_state();
        state.source = ast.source().map(Into::into);
        if ast.has_functions() {
            self.functions.borrow_mut().push(ast.shared_lib().clone());
            let names = ast
                .iter_functions()
                .map(|function| function.name.to_owned());
            let names = names.filter(|name| rhai::is_valid_identifier(name));
            self.named.borrow_mut().extend(names);
        }
        state.lib.push(ast.shared_lib().clone());
        state.lib.extend(self.functions.borrow().iter().cloned());
        for (name, module) in &*self.imports.borrow() {
            state.push_import(name.clone(), module.clone());
        }
        Rc::new(Environment(state))
    }

    /// Runs an input; what it declares stays.
    pub fn run(
        self: Rc<Self>,
        engine: &Engine,
        ast: &AST,
        environment: &Environment,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        let mut state = environment.0.clone();
        let mut taken = Taken {
            scope: self.scope.take(),
            session: self,
        };
        // Deprecated in favour of nothing: the other ways to run an AST forget its imports.
        #[allow(deprecated)]
        let result = engine.eval_statements_raw(
            &mut state,
            &mut Caches::new(),
            &mut taken.scope,
            ast.statements(),
        );
        let imports = state.scan_imports_raw();
        let imports = imports.map(|(name, module)| (name.clone(), module.clone()));
        *taken.session.imports.borrow_mut() = imports.collect();
        result
    }

    /// The variables and functions that later inputs see.
    pub fn names(&self) -> Vec<String> {
        let scope = self.scope.borrow();
        let variables = scope.iter_raw().map(|(name, ..)| name.to_owned());
        variables
            .chain(self.named.borrow().iter().cloned())
            .collect()
    }
}

/// The session's variables in use; they go back also when the input is cancelled.
struct Taken {
    scope: Scope<'static>,
    session: Rc<Session>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let scope = std::mem::take(&mut self.scope);
        *self.session.scope.borrow_mut() = scope;
    }
}
