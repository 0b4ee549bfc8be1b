//! Between Rhai's [`Dynamic`] and the host's [`Value`].

use std::rc::Rc;

use llmspell_core::spec::NamespaceSpec;
use llmspell_core::{Error, Handle, Map, Mismatch, Opaque, Value};
use rhai::{Dynamic, FnPtr, GlobalRuntimeState};

use crate::limits::VALUE_DEPTH;

/// A host object as scripts hold it. One type for all of them: the object's spec says which
/// methods it has.
#[derive(Clone)]
pub struct Object(pub Handle);

/// A namespace as scripts see it.
#[derive(Clone, Copy)]
pub struct Namespace(pub &'static NamespaceSpec);

/// A Rhai value on its way through the host.
pub struct Kept {
    pub value: Dynamic,
    /// Where the functions in it are looked up; none where there can be none.
    pub environment: Option<Rc<Environment>>,
}

/// Where functions are looked up: the script's own ones and what it imported. A function pointer
/// carries only a name, so whoever calls it later needs this too.
pub struct Environment(pub GlobalRuntimeState);

impl Environment {
    /// The environment of running code.
    pub fn of(state: &GlobalRuntimeState) -> Rc<Self> {
        let mut state = state.clone();
        state.level = 0;
        Rc::new(Self(state))
    }

    /// The environment of a text's top level.
    pub fn new(engine: &rhai::Engine, ast: &rhai::AST) -> Rc<Self> {
        let mut state = engine.new_global_runtime_state();
        state.source = ast.source().map(Into::into);
        state.lib.push(ast.shared_lib().clone());
        Rc::new(Self(state))
    }
}

/// Converts values of one call; the environment is only looked at if a function is among them.
pub struct Reader<'a> {
    state: &'a GlobalRuntimeState,
    environment: Option<Rc<Environment>>,
}

impl<'a> Reader<'a> {
    /// Reads values of running code.
    pub fn new(state: &'a GlobalRuntimeState) -> Self {
        Self {
            state,
            environment: None,
        }
    }

    /// Reads values that come from `environment`.
    pub fn of(environment: &'a Rc<Environment>) -> Self {
        Self {
            state: &environment.0,
            environment: Some(environment.clone()),
        }
    }

    /// A value passed through untouched.
    pub fn untouched(&mut self, value: Dynamic) -> Result<Value, Error> {
        let value = unshared(value)?;
        Ok(scalar(&value).unwrap_or_else(|| Value::Any(self.keep(value))))
    }

    /// A value looked into.
    pub fn value(&mut self, value: Dynamic) -> Result<Value, Mismatch> {
        self.nested(value, 0)
    }

    fn keep(&mut self, value: Dynamic) -> Opaque {
        let state = self.state;
        let needed = value.is_fnptr() || value.is_array() || value.is_map();
        let environment = needed.then(|| {
            let environment = self
                .environment
                .get_or_insert_with(|| Environment::of(state));
            environment.clone()
        });
        Opaque::new(Kept { value, environment })
    }

    fn nested(&mut self, value: Dynamic, depth: usize) -> Result<Value, Mismatch> {
        if depth > VALUE_DEPTH {
            let problem = format!("the value nests deeper than {VALUE_DEPTH} levels");
            return Err(Mismatch::problem(problem));
        }
        let value = unshared(value).map_err(|error| Mismatch::problem(error.to_string()))?;
        if let Some(value) = plain(&value) {
            return Ok(value);
        }
        if value.is_array() {
            let items = value.cast::<rhai::Array>().into_iter().enumerate();
            let item = |(index, item): (usize, Dynamic)| {
                let read = self.nested(item, depth + 1);
                read.map_err(|problem| problem.at_index(index))
            };
            return Ok(Value::List(items.map(item).collect::<Result<_, _>>()?));
        }
        if value.is_map() {
            let entries = value.cast::<rhai::Map>().into_iter();
            let entry = |(key, item): (_, Dynamic)| {
                let key = String::from(key);
                let read = self.nested(item, depth + 1);
                let item = read.map_err(|problem| problem.at(&key))?;
                Ok((key, item))
            };
            let map: Map = entries.map(entry).collect::<Result<_, Mismatch>>()?;
            return Ok(Value::Map(map.into()));
        }
        let function = value.is_fnptr();
        let kept = self.keep(value);
        Ok(if function {
            Value::Callback(kept)
        } else {
            Value::Any(kept)
        })
    }
}

/// The result of a task: what has no identity as it is, the rest untouched.
pub fn result(value: Dynamic, environment: &Rc<Environment>) -> Value {
    let value = value.flatten();
    let plain = match value.is_string() {
        true => plain(&value),
        false => scalar(&value),
    };
    plain.unwrap_or_else(|| {
        Value::Any(Opaque::new(Kept {
            value,
            environment: Some(environment.clone()),
        }))
    })
}

/// What is the same value wherever it is.
fn scalar(value: &Dynamic) -> Option<Value> {
    if let Ok(integer) = value.as_int() {
        return Some(Value::Int(integer));
    }
    if let Ok(float) = value.as_float() {
        return Some(Value::Float(float));
    }
    if let Ok(boolean) = value.as_bool() {
        return Some(Value::Bool(boolean));
    }
    if let Some(object) = value.read_lock::<Object>() {
        return Some(Value::Handle(object.0.clone()));
    }
    value.is_unit().then_some(Value::Nil)
}

/// What needs no look inside.
fn plain(value: &Dynamic) -> Option<Value> {
    if let Ok(text) = value.as_immutable_string_ref() {
        return Some(Value::Str(text.as_str().to_owned()));
    }
    if let Some(scalar) = scalar(value) {
        return Some(scalar);
    }
    if let Ok(letter) = value.as_char() {
        return Some(Value::Str(letter.to_string()));
    }
    if let Ok(bytes) = value.as_blob_ref() {
        return Some(Value::Bytes(bytes.clone()));
    }
    None
}

/// The value behind a captured variable.
pub fn unshared(value: Dynamic) -> Result<Dynamic, Error> {
    match value.is_locked() {
        true => Err(Error::raise(
            "this variable is in use by a call that is still under way",
        )),
        false => Ok(value.flatten()),
    }
}

/// A host value as the script gets it.
pub fn to_dynamic(value: Value) -> Result<Dynamic, Error> {
    Ok(match value {
        Value::Nil => Dynamic::UNIT,
        Value::Bool(boolean) => boolean.into(),
        Value::Int(integer) => integer.into(),
        Value::Float(float) => float.into(),
        Value::Str(text) => text.into(),
        Value::Bytes(bytes) => Dynamic::from_blob(bytes),
        Value::List(items) => {
            let items = items.into_iter().map(to_dynamic);
            Dynamic::from_array(items.collect::<Result<_, _>>()?)
        }
        Value::Map(map) => {
            let entries = map.into_iter();
            let entries = entries.map(|(key, item)| Ok((key.into(), to_dynamic(item)?)));
            Dynamic::from_map(entries.collect::<Result<_, Error>>()?)
        }
        Value::Handle(handle) => Dynamic::from(Object(handle)),
        Value::Callback(opaque) | Value::Any(opaque) => match opaque.get::<Kept>() {
            Some(kept) => kept.value.clone(),
            None => return Err(Error::raise("a value of another language cannot come here")),
        },
    })
}

/// The function in a callback.
pub fn function(opaque: &Opaque) -> Option<(FnPtr, Rc<Environment>)> {
    let kept = opaque.get::<Kept>()?;
    let function = kept.value.read_lock::<FnPtr>()?.clone();
    Some((function, kept.environment.clone()?))
}

/// The name a closure has inside Rhai starts so.
pub const CLOSURE: &str = "anon$";
