//! [`Names`]: what the loaded texts declare, for suggestions and for captured variables.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use llmspell_core::{Registry, suggest};
use rhai::{AST, ASTNode, Expr, Stmt};

use crate::convert::CLOSURE;

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
    /// Variables that closures capture and that are assigned to after they were declared.
    assigned: BTreeSet<String>,
    functions: BTreeSet<String>,
}

/// The captured variables that are assigned to. Bodies are looked at one by one: a variable of a function has
/// nothing to do with one of the same name elsewhere. What an input of a session assigns to may have been captured by
/// an earlier one.
fn assigned(ast: &AST, session: bool) -> BTreeSet<String> {
    let whole = Body::of(ast);
    if whole.assigned.is_empty() {
        return BTreeSet::new();
    }
    let main = Body::of(&ast.clone_statements_only());
    let mut all: BTreeSet<String> = match session {
        true => main.assigned,
        false => main.reassigned().cloned().collect(),
    };
    if whole.reassigned().next().is_none() {
        return all; // nobody assigns to a captured name, as in most texts
    }
    for function in ast.iter_functions() {
        let (name, params) = (function.name, &function.params);
        let mut alone = ast.clone_functions_only();
        alone.retain_functions(|_, _, other, arity| other == name && arity == params.len());
        let mut body = Body::of(&alone);
        // A closure gets what it captures as its first parameters.
        if name.starts_with(CLOSURE) {
            body.captured
                .extend(params.iter().map(|&name| name.to_owned()));
        }
        all.extend(body.reassigned().cloned());
    }
    all
}

/// What statements do with variables.
#[derive(Default)]
struct Body {
    captured: BTreeSet<String>,
    assigned: BTreeSet<String>,
}

impl Body {
    fn of(ast: &AST) -> Self {
        let mut body = Self::default();
        ast.walk(&mut |path| {
            match path.last() {
                Some(ASTNode::Stmt(Stmt::Share(variables))) => {
                    let names = variables
                        .iter()
                        .map(|(variable, _)| variable.name.to_string());
                    body.captured.extend(names);
                }
                Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => {
                    if let Expr::Variable(variable, ..) = &assignment.1.lhs {
                        body.assigned.insert(variable.1.to_string());
                    }
                }
                _ => {}
            }
            true
        });
        body
    }

    /// The variables that closures capture and that are assigned to.
    fn reassigned(&self) -> impl Iterator<Item = &String> {
        self.assigned.intersection(&self.captured)
    }
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

    /// Takes note of what a text, perhaps an input of a session, declares and assigns.
    pub fn add(&self, source: &str, ast: &AST, session: bool) {
        let mut outline = Outline::default();
        ast.walk(&mut |path| {
            if let Some(ASTNode::Stmt(Stmt::Var(var, ..))) = path.last() {
                let name = var.0.name.to_string();
                if path.len() == 1 {
                    outline.top_level.insert(name.clone());
                }
                outline.variables.insert(name);
            }
            true
        });
        for function in ast.iter_functions() {
            outline
                .variables
                .extend(function.params.iter().map(|&name| name.to_owned()));
            outline.functions.insert(function.name.to_owned());
        }
        outline.assigned = assigned(ast, session);
        self.texts.borrow_mut().insert(source.to_owned(), outline);
    }

    /// Whether `source` assigns to a captured variable of that name after it was declared.
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

    /// Another text than `source` that `differs` and defines a function of that name.
    pub fn elsewhere(
        &self,
        source: &str,
        name: &str,
        differs: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let texts = self.texts.borrow();
        let mut others = texts
            .iter()
            .filter(|(other, _)| *other != source && differs(other));
        let found = others.find(|(_, outline)| outline.functions.contains(name));
        found.map(|(other, _)| other.clone())
    }

    /// Whether `source` defines a function of that name.
    pub fn has_function(&self, source: &str, name: &str) -> bool {
        self.has(source, |outline| &outline.functions, name)
    }
}
