//! The script API inside Rhai, read from the registry.
//!
//! Rhai resolves a method by the Rust types of its arguments, and there is one type for all
//! handles and one for all namespaces. So one function is registered for each (name, number of
//! arguments); it finds the declared function by the receiver's spec. Calls that fit no
//! registration come to [`missing`], which knows the receiver too.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::rc::Rc;

use llmspell_core::spec::FunctionSpec;
use llmspell_core::suggest;
use llmspell_core::{Args, Cx, Error, Flow, Handle, LocalFuture, Registry, Value, Waiting};
use rhai::{Dynamic, Engine, EvalAltResult, GlobalRuntimeState, ImmutableString, Module};

use crate::convert::{Namespace, Object, Reader, to_dynamic};
use crate::{coroutine, errors, limits};

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Names and numbers of arguments, the receiver counted, that a dispatcher is registered for.
#[derive(Default)]
pub struct Registered(BTreeSet<(&'static str, usize)>);

impl Registered {
    /// Whether a method of that name can be called with `count` arguments, the receiver counted.
    pub fn has(&self, name: &str, count: usize) -> bool {
        self.0.contains(&(name, count))
    }
}

/// Registers a dispatcher for every way to call a function or method.
pub fn register(engine: &mut Engine, cx: &Cx, registry: &Registry) -> Rc<Registered> {
    let mut registered = Registered::default();
    for namespace in &registry.namespaces {
        for function in namespace.functions {
            register_one::<Namespace>(engine, cx, function, &mut registered);
        }
    }
    for handle in &registry.handles {
        for method in handle.methods {
            register_one::<Object>(engine, cx, method, &mut registered);
        }
    }
    register_iterator(engine, cx);
    register_fields::<Object>(engine);
    register_fields::<Namespace>(engine);
    register_equality(engine);
    Rc::new(registered)
}

fn register_one<T: 'static>(
    engine: &mut Engine,
    cx: &Cx,
    function: &'static FunctionSpec,
    registered: &mut Registered,
) {
    // One more than it takes, so that the usual mistake gets an error that can be caught.
    let most = match function.variadic() {
        true => limits::VARIADIC,
        false => function.params.len() + 1,
    };
    for count in 0..=most {
        let mut types = vec![TypeId::of::<Dynamic>(); count + 1];
        types[0] = TypeId::of::<T>();
        let name = function.name;
        let cx = cx.clone();
        engine.register_raw_fn(name, types, move |context, args| {
            let state = context.global_runtime_state();
            call(&cx, name, args, state)
        });
        registered.0.insert((name, count + 1));
    }
}

/// What a method is called on.
enum Receiver {
    Namespace(Namespace),
    Object(Handle),
}

impl Receiver {
    fn of(value: &Dynamic) -> Option<Self> {
        if let Some(object) = value.read_lock::<Object>() {
            return Some(Self::Object(object.0.clone()));
        }
        let namespace = value.read_lock::<Namespace>();
        namespace.map(|namespace| Self::Namespace(*namespace))
    }

    fn functions(&self) -> (&'static str, &'static [FunctionSpec]) {
        match self {
            Self::Namespace(namespace) => (namespace.0.name, namespace.0.functions),
            Self::Object(handle) => (handle.spec().name, handle.spec().methods),
        }
    }

    fn find(&self, name: &str) -> std::result::Result<&'static FunctionSpec, Error> {
        let (owner, functions) = self.functions();
        let found = functions.iter().find(|function| function.name == name);
        found.ok_or_else(|| {
            let kind = match self {
                Self::Namespace(_) => "function",
                Self::Object(_) => "method",
            };
            let hint = suggest::hint(name, functions.iter().map(|function| function.name));
            Error::Raise(format!("{owner} has no {kind} \"{name}\"{hint}"))
        })
    }

    fn handle(&self) -> Option<&Handle> {
        match self {
            Self::Namespace(_) => None,
            Self::Object(handle) => Some(handle),
        }
    }
}

/// Calls `name` on the first argument.
pub fn call(
    cx: &Cx,
    name: &str,
    args: &mut [&mut Dynamic],
    state: &GlobalRuntimeState,
) -> Result<Dynamic> {
    let (receiver, rest) = args.split_first_mut().expect("a receiver is registered");
    let receiver = Receiver::of(receiver).expect("it is registered for these types");
    let result = receiver
        .find(name)
        .and_then(|function| invoke(cx, function, receiver.handle(), rest, state));
    result.map_err(errors::raised)
}

fn invoke(
    cx: &Cx,
    function: &'static FunctionSpec,
    this: Option<&Handle>,
    args: &mut [&mut Dynamic],
    state: &GlobalRuntimeState,
) -> std::result::Result<Dynamic, Error> {
    let mut reader = Reader::new(state);
    let mut values = Args::new();
    for (index, argument) in args.iter_mut().enumerate() {
        let argument = std::mem::take(*argument);
        values.push(match function.passes_through(index) {
            true => reader.untouched(argument)?,
            false => reader.value(argument).map_err(|problem| {
                let name = function.params.get(index).map(|param| param.name);
                name.map_or(problem.clone(), |name| problem.at(name))
                    .into_error(function)
            })?,
        });
    }
    to_dynamic(finish(cx, cx.call(function, this, &mut values)?)?)
}

/// The result of a host function, waited for if need be.
fn finish(cx: &Cx, flow: Flow) -> std::result::Result<Value, Error> {
    match flow {
        Flow::Done(value) => Ok(value),
        Flow::Wait(future) => wait(cx, future),
    }
}

/// Waits in the running task.
pub fn wait(
    cx: &Cx,
    future: LocalFuture<std::result::Result<Value, Error>>,
) -> std::result::Result<Value, Error> {
    if !coroutine::in_task() {
        return Err(Error::raise(
            "cannot wait here: this code runs outside of any task",
        ));
    }
    match cx.wait(future) {
        Waiting::Ready(result) => result,
        Waiting::Pending => coroutine::wait(),
    }
}

/// What Rhai asks when it found no function, or when the function it found failed: a call of an
/// unknown method, or with a number of arguments that nothing is registered for.
pub fn missing(
    cx: &Cx,
    registered: &Registered,
    name: &str,
    args: &mut [&mut Dynamic],
    state: &GlobalRuntimeState,
) -> Option<Dynamic> {
    let receiver = args.first().and_then(|first| Receiver::of(first))?;
    let known = receiver.find(name).is_ok();
    if registered.has(name, args.len()) || (!known && is_general(name)) {
        return None;
    }
    match call(cx, name, args, state) {
        Ok(value) => Some(value),
        Err(error) => {
            // Rhai's own error has the position, so that one goes its way and is told as this.
            if let Some(task) = coroutine::current() {
                task.instead.replace(Some((name.to_owned(), error)));
            }
            None
        }
    }
}

/// Functions and operators that Rhai has for values of every kind.
fn is_general(name: &str) -> bool {
    const GENERAL: [&str; 7] = [
        "to_string",
        "to_debug",
        "print",
        "debug",
        "tag",
        "set_tag",
        "take",
    ];
    GENERAL.contains(&name) || !rhai::is_valid_identifier(name)
}

/// `handle.field` and `handle["field"]`: there are none.
fn register_fields<T: 'static>(engine: &mut Engine) {
    let (receiver, name) = (TypeId::of::<T>(), TypeId::of::<ImmutableString>());
    let value = TypeId::of::<Dynamic>();
    engine.register_raw_fn("index$get$", [receiver, name], |_, args| no_field(args));
    engine.register_raw_fn("index$set$", [receiver, name, value], |_, args| {
        no_field(args)
    });
}

fn no_field(args: &[&mut Dynamic]) -> Result<Dynamic> {
    let receiver = Receiver::of(args[0]).expect("it is registered for these types");
    let name = args[1].to_string();
    let (owner, _) = receiver.functions();
    let hint = match receiver.find(&name) {
        Ok(_) => format!("; it is called as {name}(…)"),
        Err(_) => String::new(),
    };
    let message = format!("{owner} has no field \"{name}\"{hint}");
    Err(errors::raised(Error::Raise(message)))
}

/// Handles are equal if they are the same object.
fn register_equality(engine: &mut Engine) {
    let types = [TypeId::of::<Object>(); 2];
    engine.register_raw_fn("==", types, |_, args| Ok(same(args[0], args[1])));
    engine.register_raw_fn("!=", types, |_, args| Ok(!same(args[0], args[1])));
}

fn same(one: &Dynamic, other: &Dynamic) -> bool {
    let one = one.read_lock::<Object>();
    let other = other.read_lock::<Object>();
    one.zip(other)
        .is_some_and(|(one, other)| std::ptr::addr_eq(Rc::as_ptr(&one.0), Rc::as_ptr(&other.0)))
}

/// `for x in handle`: calls the declared method until it gives nothing.
fn register_iterator(engine: &mut Engine, cx: &Cx) {
    let cx = cx.clone();
    let mut module = Module::new();
    module.set_iter_result(TypeId::of::<Object>(), move |value| {
        let Object(handle) = value.cast();
        Box::new(Items {
            cx: cx.clone(),
            function: handle.spec().iterator(),
            handle,
            ended: false,
        })
    });
    engine.register_global_module(module.into());
}

/// What a handle gives, one by one.
struct Items {
    cx: Cx,
    handle: Handle,
    function: Option<&'static FunctionSpec>,
    ended: bool,
}

impl Items {
    fn item(&self) -> std::result::Result<Value, Error> {
        let Some(function) = self.function else {
            let name = self.handle.spec().name;
            return Err(Error::Raise(format!(
                "{name} cannot be iterated over: `for` needs a list, a range, a string or a stream"
            )));
        };
        let flow = self.cx.call(function, Some(&self.handle), &mut [])?;
        finish(&self.cx, flow)
    }
}

impl Iterator for Items {
    type Item = Result<Dynamic>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.item().and_then(to_dynamic) {
            Ok(item) if item.is_unit() => None,
            Ok(item) => Some(Ok(item)),
            Err(error) => {
                self.ended = true;
                Some(Err(errors::raised(error)))
            }
        }
    }
}
