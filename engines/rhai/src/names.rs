//! [`Names`]: what the loaded texts declare, for suggestions and for captured variables.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use llmspell_core::{Registry, suggest};
use rhai::{AST, ASTNode, Expr, Stmt};

/// The names in every text that was loaded.
#[derive(Default)]
pub struct Names {
    globals: BTreeSet<String>,
    texts: RefCell<HashMap<String, Outline>>,
}

/// The names of one text.
#[derive(Default)]
struct Outline {
    /// Variables outside of any block or function.
    top_level: BTreeSet<String>,
    variables: BTreeSet<String>,
    /// Variables that are assigned to after they were declared.
    assigned: BTreeSet<String>,
    functions: BTreeSet<String>,
}

impl Names {
    /// Knows the names that every script sees.
    pub fn new(registry: &Registry, globals: &[(&str, llmspell_core::Value)]) -> Self {
        let namespaces = registry.namespaces.iter().map(|n| n.name);
        let names = namespaces.chain(globals.iter().map(|(name, _)| *name));
        Self {
            globals: names.map(str::to_owned).collect(),
            ..Self::default()
        }
    }

    /// Takes note of what a text declares and assigns.
    pub fn add(&self, source: &str, ast: &AST) {
        let mut outline = Outline::default();
        ast.walk(&mut |path| {
            match path.last() {
                Some(ASTNode::Stmt(Stmt::Var(var, ..))) => {
                    let name = var.0.name.to_string();
                    if path.len() == 1 {
                        outline.top_level.insert(name.clone());
                    }
                    outline.variables.insert(name);
                }
                Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => {
                    if let Expr::Variable(variable, ..) = &assignment.1.lhs {
                        outline.assigned.insert(variable.1.to_string());
                    }
                }
                _ => {}
            }
            true
        });
        for function in ast.iter_functions() {
            outline
                .variables
                .extend(function.params.iter().map(|&name| name.to_owned()));
            outline.functions.insert(function.name.to_owned());
        }
        self.texts.borrow_mut().insert(source.to_owned(), outline);
    }

    /// Whether `source` assigns to a variable of that name after it was declared.
    pub fn is_assigned(&self, source: &str, name: &str) -> bool {
        self.has(source, |outline| &outline.assigned, name)
    }

    fn has(&self, source: &str, set: fn(&Outline) -> &BTreeSet<String>, name: &str) -> bool {
        let texts = self.texts.borrow();
        texts.get(source).is_some_and(|o| set(o).contains(name))
    }

    /// Whether a variable of that name stands at the top level of `source`.
    pub fn is_top_level(&self, source: &str, name: &str) -> bool {
        self.has(source, |outline| &outline.top_level, name)
    }

    /// The variable that `name` may be a misspelling of.
    pub fn nearest_variable(&self, source: &str, name: &str) -> Option<String> {
        let texts = self.texts.borrow();
        let own = texts.get(source).into_iter();
        let own = own.flat_map(|outline| &outline.variables);
        let known = own.chain(&self.globals).map(String::as_str);
        suggest::nearest(name, known.filter(|known| *known != name)).map(str::to_owned)
    }

    /// The function that `name` may be a misspelling of.
    pub fn nearest_function(&self, source: &str, name: &str) -> Option<String> {
        const GENERAL: [&str; 6] = ["print", "debug", "type_of", "throw", "to_string", "len"];
        let texts = self.texts.borrow();
        let own = texts.get(source).into_iter();
        let own = own.flat_map(|outline| &outline.functions);
        let known = own.map(String::as_str).chain(GENERAL);
        suggest::slip(name, known.filter(|known| *known != name)).map(str::to_owned)
    }

    /// Whether `source` defines a function of that name.
    pub fn has_function(&self, source: &str, name: &str) -> bool {
        self.has(source, |outline| &outline.functions, name)
    }
}
