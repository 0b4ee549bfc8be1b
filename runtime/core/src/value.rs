//! [`Value`]: what passes between a script and the host, whatever the language.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use indexmap::IndexMap;

use crate::spec::HandleSpec;

/// A string-keyed map that keeps insertion order.
pub type Map = IndexMap<String, Value>;

/// A reference to a host object that a script holds, such as an agent or a task.
pub type Handle = Rc<dyn Object>;

/// A script value as the host sees it.
///
/// Strings that are not UTF-8 arrive as [`Value::Bytes`]. An empty Lua table arrives as an empty
/// [`Value::Map`]; the declared parameter type decides what it means ([`crate::FromValue`]).
#[derive(Clone, Default)]
pub enum Value {
    #[default]
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Map(Box<Map>),
    Handle(Handle),
    /// A script function. It stays inside its engine; only a new task can call it.
    Callback(Opaque),
    /// An engine value passed through untouched, so that it keeps its identity.
    Any(Opaque),
}

/// A value that only the engine that made it can look into.
#[derive(Clone)]
pub struct Opaque(pub Rc<dyn Any>);

impl Opaque {
    /// Wraps an engine's own value.
    pub fn new(value: impl Any) -> Self {
        Self(Rc::new(value))
    }

    /// The engine's own value, if it is a `T`.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

/// A host object that scripts hold by [`Handle`]. `#[api(handle = "Name")]` implements it.
pub trait Object: Any + fmt::Display {
    /// The declared methods.
    fn spec(&self) -> &'static HandleSpec;
}

/// An [`Object`] type whose name is known at compile time.
pub trait Declared: Object {
    /// The name that signatures and error messages use.
    const NAME: &'static str;
}

impl Value {
    /// What an error message calls this kind of value.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "nothing",
            Self::Bool(_) => "boolean",
            Self::Int(_) => "integer",
            Self::Float(_) => "number",
            Self::Str(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Handle(handle) => handle.spec().name,
            Self::Callback(_) => "function",
            Self::Any(_) => "script value",
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Str(s) => write!(f, "{s:?}"),
            Self::Bytes(b) => write!(f, "<{} bytes>", b.len()),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(map) => f.debug_map().entries(map.iter()).finish(),
            Self::Handle(handle) => write!(f, "{handle}"),
            Self::Callback(_) => f.write_str("<function>"),
            Self::Any(_) => f.write_str("<script value>"),
        }
    }
}
