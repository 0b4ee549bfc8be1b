//! [`Rhai`]: the engine behind the seam.

use std::any::TypeId;
use std::rc::Rc;

use llmspell_core::{
    Check, Coroutine, Cx, Diagnostic, Engine, Error, Loader, Opaque, Registry, SharedEngine,
    TaskError, Value,
};
use rhai::packages::{Package, StandardPackage};
use rhai::{AST, Dynamic, EvalAltResult, FnPtr, Module, NativeCallContext, Position, Scope};

use crate::closures::Closures;
use crate::constants::Constants;
use crate::convert::{self, CLOSURE, Environment, Kept, Namespace, Object, Reader, to_dynamic};
use crate::coroutine::Script;
use crate::dispatch::Registered;
use crate::modules::Modules;
use crate::names::Names;
use crate::session::Session;
use crate::texts::Texts;
use crate::{
    captured, check, constants, dispatch, display, errors, limits, progress, shadow, sort,
};

/// Rhai, bound to one scheduler.
struct Rhai {
    engine: Rc<rhai::Engine>,
    texts: Texts,
    session: Rc<Session>,
}

/// What [`Engine::load`] gives.
struct Entry {
    ast: Rc<AST>,
    /// Set for a REPL input.
    session: Option<Rc<Session>>,
}

/// An engine whose scripts see `registry` and, as constants, `globals`, and import modules
/// through `loader`.
pub fn engine(
    cx: &Cx,
    registry: &Registry,
    globals: &[(&str, Value)],
    loader: Loader,
) -> Result<SharedEngine, Error> {
    Ok(Rc::new(Rhai::new(cx, registry, globals, loader)?))
}

impl Rhai {
    fn new(
        cx: &Cx,
        registry: &Registry,
        globals: &[(&str, Value)],
        loader: Loader,
    ) -> Result<Self, Error> {
        let names = Rc::new(Names::new(registry, globals));
        let mut engine = rhai::Engine::new_raw();
        engine.register_global_module(StandardPackage::new().as_shared_module());
        sort::register(&mut engine);
        constants::register(&mut engine);
        set_limits(&mut engine);
        set_output(&mut engine, cx);
        set_hooks(&mut engine, cx, &names, Constants::new(globals)?);
        let registered = set_functions(&mut engine, cx, registry);
        let closures = Closures::default();
        set_last_resort(&mut engine, cx, &registered, &closures);
        set_namespaces(&mut engine, registry);
        let texts = Texts {
            cx: cx.clone(),
            names,
            registered,
            closures,
        };
        engine.set_module_resolver(Modules::new(loader, texts.clone()));
        Ok(Self {
            engine: Rc::new(engine),
            texts,
            session: Rc::default(),
        })
    }

    /// A coroutine that runs `body`.
    fn script(
        &self,
        environment: Rc<Environment>,
        body: impl FnOnce() -> Result<Dynamic, Box<EvalAltResult>> + 'static,
    ) -> Box<dyn Coroutine> {
        let texts = self.texts.clone();
        Box::new(Script::new(move || {
            let value = match body() {
                Ok(value) => value,
                Err(error) => match errors::exit_value(error) {
                    Ok(value) => value,
                    Err(error) => {
                        return Err(errors::task_error(error, &environment, &texts.names));
                    }
                },
            };
            match progress::swallowed(&texts.cx) {
                Some(fault) => Err(fault.into()),
                None => Ok(convert::result(value, &environment)),
            }
        }))
    }
}

fn set_limits(engine: &mut rhai::Engine) {
    engine
        .set_max_call_levels(limits::CALL_LEVELS)
        .set_max_expr_depths(limits::EXPRESSION_DEPTH, limits::EXPRESSION_DEPTH)
        .set_max_string_size(limits::STRING)
        .set_max_array_size(limits::ARRAY)
        .set_max_map_size(limits::MAP)
        .set_max_modules(limits::MODULES);
}

fn set_output(engine: &mut rhai::Engine, cx: &Cx) {
    let console = cx.clone();
    // What cannot be shown is lost, as at the end of a pipe.
    engine.on_print(move |text| {
        let _ = console.console().write(format!("{text}\n").as_bytes());
    });
    let console = cx.clone();
    engine.on_debug(move |text, _, _| {
        let _ = console.console().write(format!("{text}\n").as_bytes());
    });
}

/// What Rhai asks while a script runs.
fn set_hooks(engine: &mut rhai::Engine, cx: &Cx, names: &Rc<Names>, constants: Constants) {
    let cx = cx.clone();
    engine.on_progress(move |_| progress::progress(&cx));
    let names = names.clone();
    // Deprecated only to say that it may change; the version is pinned. So below.
    #[allow(deprecated)]
    engine.on_var(move |name, _, context| {
        progress::before_variable();
        if let Some(variable) = context.scope().get(name) {
            return captured::value(&names, name, variable, &context);
        }
        Ok(constants.value(name))
    });
}

/// The script API, and in place of what would block the thread an explanation.
fn set_functions(engine: &mut rhai::Engine, cx: &Cx, registry: &Registry) -> Rc<Registered> {
    engine.register_type_with_name::<Object>(shadow::HANDLE);
    engine.register_type_with_name::<Namespace>(shadow::NAMESPACE);
    shadow::register(engine, cx);
    display::register(engine);
    let registered = dispatch::register(engine, cx, registry);
    engine.disable_symbol("eval");
    for number in [TypeId::of::<i64>(), TypeId::of::<f64>()] {
        engine.register_raw_fn("sleep", [number], |_, _| -> Result<(), _> {
            let message = "sleep would block every task: use Task.sleep(seconds)";
            Err(errors::raised(Error::raise(message)))
        });
    }
    registered
}

/// What Rhai asks when it knows no function of a name.
fn set_last_resort(
    engine: &mut rhai::Engine,
    cx: &Cx,
    registered: &Rc<Registered>,
    closures: &Closures,
) {
    let (cx, registered, closures) = (cx.clone(), registered.clone(), closures.clone());
    #[allow(deprecated)]
    engine.on_missing_function(move |name, args, _, context| {
        if name.starts_with(CLOSURE) {
            let result = closures.call(context.engine(), name, args, context.call_level());
            return result.transpose();
        }
        let state = context.global_runtime_state();
        Ok(dispatch::missing(&cx, &registered, name, args, state))
    });
}

fn set_namespaces(engine: &mut rhai::Engine, registry: &Registry) {
    let mut module = Module::new();
    for namespace in &registry.namespaces {
        module.set_var(namespace.name, Namespace(namespace));
    }
    engine.register_global_module(module.into());
}

impl Engine for Rhai {
    fn language(&self) -> &'static str {
        "rhai"
    }

    fn check(&self, name: &str, text: &str) -> Check {
        check::check(&self.engine, name, text)
    }

    fn load(&self, name: &str, text: &str) -> Result<Opaque, Diagnostic> {
        let compile = |text: &str| self.engine.compile(text);
        let ast = self.texts.compile(&self.engine, name, text, false, compile);
        let ast = Rc::new(ast.map_err(|error| errors::syntax(&error, name, text))?);
        check::refuse_open_comment(&self.engine, name, text)?;
        Ok(Opaque::new(Entry { ast, session: None }))
    }

    fn load_interactive(&self, name: &str, text: &str) -> Result<Opaque, Diagnostic> {
        let compile = |text: &str| self.session.compile(&self.engine, text);
        let ast = self.texts.compile(&self.engine, name, text, true, compile);
        let ast = Rc::new(ast.map_err(|error| errors::syntax(&error, name, text))?);
        let session = Some(self.session.clone());
        Ok(Opaque::new(Entry { ast, session }))
    }

    fn start(&self, entry: &Opaque, args: Vec<Value>) -> Result<Box<dyn Coroutine>, TaskError> {
        let engine = self.engine.clone();
        if let Some(entry) = entry.get::<Entry>() {
            let ast = entry.ast.clone();
            let Some(session) = entry.session.clone() else {
                let environment = Environment::new(&engine, &ast);
                let run = move || engine.eval_ast_with_scope(&mut Scope::new(), &ast);
                return Ok(self.script(environment, run));
            };
            let environment = session.environment(&engine, &ast);
            let home = environment.clone();
            let run = move || session.run(&engine, &ast, &home);
            return Ok(self.script(environment, run));
        }
        let Some((function, environment)) = convert::function(entry) else {
            return Err(errors::failed("this is no function of a Rhai script"));
        };
        let home = environment.clone();
        let run = move || {
            let args = args.into_iter().map(to_dynamic);
            let args: Result<Vec<_>, Error> = args.collect();
            call(&engine, &function, &home, args.map_err(errors::raised)?)
        };
        Ok(self.script(environment, run))
    }

    fn show(&self, value: &Value) -> String {
        display::value(value)
    }

    fn inspect(&self, value: &Value) -> Result<Value, Error> {
        let Value::Any(opaque) = value else {
            return Ok(value.clone());
        };
        let Some(kept) = opaque.get::<Kept>() else {
            return Ok(value.clone());
        };
        let none = || Rc::new(Environment(self.engine.new_global_runtime_state()));
        let environment = kept.environment.clone().unwrap_or_else(none);
        let read = Reader::of(&environment).value(kept.value.clone());
        read.map_err(|problem| Error::Raise(problem.to_string()))
    }

    fn globals(&self) -> Vec<String> {
        self.session.names()
    }
}

/// Calls a script function from its own environment.
fn call(
    engine: &rhai::Engine,
    function: &FnPtr,
    environment: &Environment,
    args: Vec<Dynamic>,
) -> Result<Dynamic, Box<EvalAltResult>> {
    let Environment(state) = environment;
    let source = state.source();
    let name = function.fn_name();
    let context =
        NativeCallContext::new_with_all_fields(engine, name, source, state, Position::NONE);
    function.call_raw(&context, None, args)
}
