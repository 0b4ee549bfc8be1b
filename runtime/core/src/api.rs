//! What the code that `#[api]` generates calls. Not for use by hand.

use std::future::Future;
use std::rc::Rc;

use crate::convert::{FromValue, IntoValue, Rest, downcast};
use crate::engine::Flow;
use crate::error::{Error, Mismatch};
use crate::spec::{FunctionSpec, RecordSpec};
use crate::suggest;
use crate::value::{Handle, Map, Object, Value};

/// Takes argument `index` as a `T`.
pub fn argument<T: FromValue>(
    function: &FunctionSpec,
    args: &mut [Value],
    index: usize,
) -> Result<T, Error> {
    let value = args.get_mut(index).map(std::mem::take).unwrap_or_default();
    let name = function.params[index].name;
    T::from_value(value).map_err(|e| e.at(name).into_error(function))
}

/// Takes the arguments from `index` on.
pub fn rest(args: &mut [Value], index: usize) -> Rest {
    let rest = args.get_mut(index..).unwrap_or_default();
    Rest(rest.iter_mut().map(std::mem::take).collect())
}

/// The object behind a method call.
pub fn receiver<T: Object>(function: &FunctionSpec, this: Option<&Handle>) -> Result<Rc<T>, Error> {
    let object = this.and_then(|handle| downcast(handle.clone()));
    object.ok_or_else(|| {
        let got = this.map_or("nothing", |handle| handle.spec().name);
        let FunctionSpec { owner, name, .. } = function;
        Error::Raise(format!(
            "{}: called on {got} instead of on a handle of type {owner}; in Lua, methods are called with a colon: x:{name}(...)",
            function.path()
        ))
    })
}

/// The result of a function that does not wait.
pub fn done<T: IntoValue>(value: T) -> Result<Flow, Error> {
    Ok(Flow::Done(value.into_value()))
}

/// The result of an `async` function.
pub fn waits<T: IntoValue, E: Into<Error>>(
    future: impl Future<Output = Result<T, E>> + 'static,
) -> Result<Flow, Error> {
    Ok(Flow::Wait(Box::pin(async move {
        future.await.map(T::into_value).map_err(Into::into)
    })))
}

/// An options record: `#[api(options)]` implements it, [`FromValue`] follows.
pub trait Options: Sized {
    /// Its declaration.
    const RECORD: &'static RecordSpec;

    /// Takes its fields.
    fn take(fields: &mut Fields) -> Result<Self, Mismatch>;
}

/// Converts a map whose every field must be known; nothing counts as an empty one.
pub fn options<T: Options>(value: Value) -> Result<T, Mismatch> {
    let map = match value {
        Value::Nil => Map::new(),
        value => Map::from_value(value)?,
    };
    let known = T::RECORD.all_fields();
    let names = known.iter().map(|field| field.name);
    if let Some(name) = map.keys().find(|key| !names.clone().any(|n| n == *key)) {
        let hint = suggest::hint(name, names);
        return Err(Mismatch::problem(format!(
            "unknown option \"{name}\"{hint}"
        )));
    }
    T::take(&mut Fields(map))
}

/// The fields of a map that are not yet taken.
pub struct Fields(Map);

impl Fields {
    /// Takes one field.
    pub fn take<T: FromValue>(&mut self, name: &'static str) -> Result<T, Mismatch> {
        let value = self.0.swap_remove(name).unwrap_or_default();
        T::from_value(value).map_err(|e| e.at(name))
    }
}

/// Puts a result's field into its map, unless it is nothing.
pub fn put(map: &mut Map, name: &str, value: impl IntoValue) {
    match value.into_value() {
        Value::Nil => {}
        value => drop(map.insert(name.to_owned(), value)),
    }
}

/// Converts a string that must be one of `names`.
pub fn choice(value: Value, names: &'static [&'static str]) -> Result<&'static str, Mismatch> {
    let expected = || crate::spec::Ty::OneOf(names);
    let Value::Str(given) = &value else {
        return Err(Mismatch::new(expected(), value.kind()));
    };
    let found = names.iter().find(|name| *name == given);
    found.copied().ok_or_else(|| {
        let near = suggest::nearest(given, names.iter().copied());
        let hint = near
            .map(|n| format!("; did you mean \"{n}\"?"))
            .unwrap_or_default();
        Mismatch::new(expected(), format!("\"{given}\"{hint}"))
    })
}
