//! [`Texts`]: compiles script text, wherever it comes from.

use std::rc::Rc;

use llmspell_core::Cx;
use rhai::{AST, Engine, ParseError};

use crate::closures::Closures;
use crate::dispatch::Registered;
use crate::names::Names;
use crate::{shadow, source};

/// What every text is compiled with.
#[derive(Clone)]
pub struct Texts {
    pub cx: Cx,
    pub names: Rc<Names>,
    pub registered: Rc<Registered>,
    pub closures: Closures,
}

impl Texts {
    /// Compiles a text, perhaps an input of a session, which errors then know as `name`.
    pub fn compile(
        &self,
        engine: &Engine,
        name: &str,
        text: &str,
        session: bool,
        compile: impl FnOnce(&str) -> Result<AST, ParseError>,
    ) -> Result<AST, ParseError> {
        self.cx.add_source(name, text);
        let mut ast = compile(&source::clean(text))?;
        ast.set_source(name);
        self.names.add(name, &ast, session);
        shadow::protect(engine, &self.registered, &mut ast);
        Ok(ast)
    }
}
