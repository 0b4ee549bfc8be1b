//! Conversion between [`Value`] and Rust types, guided by the declared type.
//!
//! One impl per Rust type gives both the conversion and the [`Ty`] that signatures show.

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::error::Mismatch;
use crate::spec::Ty;
use crate::value::{Declared, Handle, Map, Object, Opaque, Value};

/// A type that an argument or an option can have.
pub trait FromValue: Sized {
    /// The type as signatures show it.
    const TY: Ty;

    /// Converts, or says what was expected instead.
    fn from_value(value: Value) -> Result<Self, Mismatch>;
}

/// A type that a function can return.
pub trait IntoValue {
    /// The type as signatures show it.
    const TY: Ty;

    /// Converts.
    fn into_value(self) -> Value;
}

/// The error for a value that is no `T`.
pub fn mismatch<T: FromValue>(got: &Value) -> Result<T, Mismatch> {
    Err(Mismatch::new(T::TY, got.kind()))
}

impl FromValue for bool {
    const TY: Ty = Ty::Bool;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Bool(b) => Ok(b),
            other => mismatch(&other),
        }
    }
}

impl FromValue for i64 {
    const TY: Ty = Ty::Int;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        // 2^63 is exactly representable, i64::MAX is not.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        match value {
            Value::Int(i) => Ok(i),
            Value::Float(x) if x.fract() == 0.0 && (-LIMIT..LIMIT).contains(&x) => Ok(x as i64),
            Value::Float(x) => Err(Mismatch::new("integer", format!("{x}"))),
            other => mismatch(&other),
        }
    }
}

macro_rules! from_integer {
    ($($ty:ty),*) => {$(
        impl FromValue for $ty {
            const TY: Ty = Ty::Int;
            fn from_value(value: Value) -> Result<Self, Mismatch> {
                let wide = i64::from_value(value)?;
                Self::try_from(wide).map_err(|_| {
                    let expected = match i64::try_from(<$ty>::MAX) {
                        Ok(most) => format!("integer from {} to {most}", <$ty>::MIN),
                        Err(_) => format!("integer of at least {}", <$ty>::MIN),
                    };
                    Mismatch::new(expected, wide.to_string())
                })
            }
        }
        impl IntoValue for $ty {
            const TY: Ty = Ty::Int;
            fn into_value(self) -> Value {
                Value::Int(i64::try_from(self).unwrap_or(i64::MAX))
            }
        }
    )*};
}
from_integer!(u32, u64, usize);

impl FromValue for f64 {
    const TY: Ty = Ty::Number;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Float(x) => Ok(x),
            Value::Int(i) => Ok(i as f64),
            other => mismatch(&other),
        }
    }
}

impl FromValue for String {
    const TY: Ty = Ty::Str;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Str(s) => Ok(s),
            Value::Bytes(bytes) if std::str::from_utf8(&bytes).is_err() => {
                Err(Mismatch::new("string", "bytes that are not UTF-8"))
            }
            other => mismatch(&other),
        }
    }
}

/// Bytes: a string parameter that need not be UTF-8.
#[derive(Debug, Clone, PartialEq)]
pub struct Bytes(pub Vec<u8>);

impl FromValue for Bytes {
    const TY: Ty = Ty::Either(&[Ty::Str, Ty::Bytes]);
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Bytes(bytes) => Ok(Self(bytes)),
            Value::Str(s) => Ok(Self(s.into_bytes())),
            other => mismatch(&other),
        }
    }
}

impl FromValue for Value {
    const TY: Ty = Ty::Value;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        Ok(value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const TY: Ty = Ty::Optional(&T::TY);
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Nil => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    const TY: Ty = Ty::List(&T::TY);
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::List(items) => {
                let item = |(i, v)| T::from_value(v).map_err(|e: Mismatch| e.at_index(i));
                items.into_iter().enumerate().map(item).collect()
            }
            Value::Map(map) if map.is_empty() => Ok(Vec::new()),
            other => Err(Mismatch::new("list", other.kind())),
        }
    }
}

impl FromValue for Map {
    const TY: Ty = Ty::Map(&Ty::Value);
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Map(map) => Ok(*map),
            Value::List(items) if items.is_empty() => Ok(Map::new()),
            other => Err(Mismatch::new("map", other.kind())),
        }
    }
}

impl<T: FromValue> FromValue for BTreeMap<u32, T> {
    const TY: Ty = Ty::IntMap(&T::TY);
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let kind = value.kind();
        let map = Map::from_value(value).map_err(|_| Mismatch::new(Self::TY, kind))?;
        let entry = |(key, value): (String, Value)| {
            let integer = key
                .parse::<u32>()
                .ok()
                .filter(|integer| integer.to_string() == key);
            let unfit = || Mismatch::new("integers from 0 as keys", format!("\"{key}\""));
            let value = T::from_value(value).map_err(|problem| problem.at(&key))?;
            Ok((integer.ok_or_else(unfit)?, value))
        };
        map.into_iter().map(entry).collect()
    }
}

/// A script function that a host function was given; only a new task can call it.
#[derive(Clone)]
pub struct Callback(pub Opaque);

impl FromValue for Callback {
    const TY: Ty = Ty::Function;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Callback(callback) => Ok(Self(callback)),
            other => mismatch(&other),
        }
    }
}

/// Any script value, passed through untouched.
#[derive(Clone)]
pub struct Untouched(pub Value);

impl FromValue for Untouched {
    const TY: Ty = Ty::Any;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        Ok(Self(value))
    }
}

impl IntoValue for Untouched {
    const TY: Ty = Ty::Any;
    fn into_value(self) -> Value {
        self.0
    }
}

/// The remaining arguments of a variadic function, untouched.
#[derive(Clone, Default)]
pub struct Rest(pub Vec<Value>);

impl IntoValue for () {
    const TY: Ty = Ty::Nil;
    fn into_value(self) -> Value {
        Value::Nil
    }
}

macro_rules! into_value {
    ($($ty:ty => $shown:expr, $variant:path;)*) => {$(
        impl IntoValue for $ty {
            const TY: Ty = $shown;
            fn into_value(self) -> Value {
                $variant(self.into())
            }
        }
    )*};
}
into_value! {
    bool => Ty::Bool, Value::Bool;
    i64 => Ty::Int, Value::Int;
    f64 => Ty::Number, Value::Float;
    String => Ty::Str, Value::Str;
    &str => Ty::Str, Value::Str;
    Map => Ty::Map(&Ty::Value), Value::Map;
}

impl IntoValue for Bytes {
    const TY: Ty = Ty::Bytes;
    fn into_value(self) -> Value {
        Value::Bytes(self.0)
    }
}

impl IntoValue for Value {
    const TY: Ty = Ty::Value;
    fn into_value(self) -> Value {
        self
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    const TY: Ty = Ty::Optional(&T::TY);
    fn into_value(self) -> Value {
        self.map_or(Value::Nil, T::into_value)
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    const TY: Ty = Ty::List(&T::TY);
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
}

impl<T: Declared> FromValue for Rc<T> {
    const TY: Ty = Ty::Handle(T::NAME);
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let kind = value.kind();
        let object = match value {
            Value::Handle(handle) => downcast(handle),
            _ => None,
        };
        object.ok_or_else(|| Mismatch::new(T::NAME, kind))
    }
}

impl<T: Declared> IntoValue for Rc<T> {
    const TY: Ty = Ty::Handle(T::NAME);
    fn into_value(self) -> Value {
        Value::Handle(self)
    }
}

/// The object of a handle, if it is a `T`.
pub fn downcast<T: Object>(handle: Handle) -> Option<Rc<T>> {
    let object: Rc<dyn Any> = handle;
    object.downcast().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_table_is_what_the_declared_type_says() {
        let empty = || Value::Map(Box::default());
        assert_eq!(Vec::<String>::from_value(empty()), Ok(Vec::new()));
        assert!(Map::from_value(Value::List(Vec::new())).is_ok_and(|map| map.is_empty()));
    }

    #[test]
    fn numbers_convert_only_without_loss() {
        assert_eq!(i64::from_value(Value::Float(3.0)), Ok(3));
        assert!(i64::from_value(Value::Float(3.5)).is_err());
        assert!(i64::from_value(Value::Float(9.3e18)).is_err());
        assert!(i64::from_value(Value::Float(f64::NAN)).is_err());
        assert_eq!(f64::from_value(Value::Int(3)), Ok(3.0));
        assert!(u32::from_value(Value::Int(-1)).is_err());
    }

    #[test]
    fn integer_keys_are_written_in_digits() {
        let map = |key: &str, value| {
            let map = Map::from_iter([(key.to_owned(), value)]);
            BTreeMap::<u32, f64>::from_value(Value::Map(map.into()))
        };
        assert_eq!(map("42", Value::Int(-1)), Ok([(42, -1.0)].into()));
        for key in ["-1", "07", "+7", "1.5", "the", "4294967296"] {
            let problem = map(key, Value::Int(0)).expect_err("no integer").to_string();
            assert_eq!(
                problem,
                format!("expected integers from 0 as keys, got \"{key}\"")
            );
        }
        let problem = map("7", Value::Bool(true))
            .expect_err("no number")
            .to_string();
        assert_eq!(problem, "7: expected number, got boolean");
        let list = BTreeMap::<u32, f64>::from_value(Value::List(vec![Value::Int(1)]));
        let problem = list.expect_err("a list").to_string();
        assert_eq!(problem, "expected map from integer to number, got list");
    }

    #[test]
    fn a_problem_names_its_place_from_the_outside_in() {
        let list = Value::List(vec![Value::Str("a".into()), Value::Int(1)]);
        let problem = Vec::<String>::from_value(list).expect_err("an integer");
        let text = problem.at("stop").at("options").to_string();
        assert_eq!(text, "options.stop.item 2: expected string, got integer");
    }
}
