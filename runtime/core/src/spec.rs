//! The spec: every name a script can see, as plain data. Adapters, help, stubs and manual read it.

use crate::engine::Flow;
use crate::error::Error;
use crate::scheduler::Cx;
use crate::value::{Handle, Value};

/// A type as a signature shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ty {
    Nil,
    Bool,
    Int,
    Number,
    Str,
    Bytes,
    /// Any value that can be written as JSON, or a handle.
    Value,
    /// Any script value, passed through untouched.
    Any,
    Function,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    Optional(&'static Ty),
    List(&'static Ty),
    /// A map from strings to this type.
    Map(&'static Ty),
    /// A map from integers to this type. Where a language has only strings as keys, they are written
    /// in digits, and so they arrive.
    IntMap(&'static Ty),
    Either(&'static [Ty]),
    Record(&'static RecordSpec),
    Handle(&'static str),
    /// The remaining arguments.
    Rest,
}

/// A map with known fields.
#[derive(Debug, PartialEq)]
pub struct RecordSpec {
    pub name: &'static str,
    pub doc: &'static str,
    pub fields: &'static [FieldSpec],
    /// Records whose fields are fields of this one too.
    pub includes: &'static [&'static RecordSpec],
}

/// One field of a [`RecordSpec`].
#[derive(Debug, PartialEq)]
pub struct FieldSpec {
    pub name: &'static str,
    pub doc: &'static str,
    pub ty: Ty,
}

/// One parameter of a [`FunctionSpec`].
#[derive(Debug, PartialEq)]
pub struct ParamSpec {
    pub name: &'static str,
    pub ty: Ty,
}

/// An example from a doc comment: runnable code in one language.
#[derive(Debug, PartialEq)]
pub struct Example {
    pub language: &'static str,
    pub code: &'static str,
}

/// The erased function behind a script-visible name: `(its spec, context, self, arguments)`.
pub type Call = fn(&FunctionSpec, &Cx, Option<&Handle>, &mut [Value]) -> Result<Flow, Error>;

/// A function of a namespace or a method of a handle.
#[derive(Debug)]
pub struct FunctionSpec {
    /// The namespace or handle it belongs to.
    pub owner: &'static str,
    pub name: &'static str,
    pub doc: &'static str,
    pub examples: &'static [Example],
    pub params: &'static [ParamSpec],
    pub returns: Ty,
    /// Whether it is called on a handle.
    pub method: bool,
    /// Whether it may suspend the calling task.
    pub waits: bool,
    /// Whether `for x in handle` calls it; nothing ends the loop.
    pub iterates: bool,
    pub call: Call,
}

/// A global of functions, such as `Task`.
#[derive(Debug)]
pub struct NamespaceSpec {
    pub name: &'static str,
    pub doc: &'static str,
    pub functions: &'static [FunctionSpec],
}

/// A type of host object, such as the agent that `Agent.create` returns.
#[derive(Debug)]
pub struct HandleSpec {
    pub name: &'static str,
    pub doc: &'static str,
    pub methods: &'static [FunctionSpec],
}

/// A global value that the runner sets, such as `ARGS`.
#[derive(Debug, Clone, Copy)]
pub struct GlobalSpec {
    pub name: &'static str,
    pub doc: &'static str,
    pub ty: Ty,
}

/// Everything scripts can see.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    pub namespaces: Vec<&'static NamespaceSpec>,
    pub handles: Vec<&'static HandleSpec>,
    pub globals: Vec<GlobalSpec>,
}

impl FunctionSpec {
    /// Parameters a call must give: those before the first optional one.
    pub fn required(&self) -> usize {
        let optional = |p: &ParamSpec| matches!(p.ty, Ty::Optional(_) | Ty::Rest);
        self.params
            .iter()
            .position(optional)
            .unwrap_or(self.params.len())
    }

    /// Whether the last parameter takes any number of arguments.
    pub fn variadic(&self) -> bool {
        self.params.last().is_some_and(|p| p.ty == Ty::Rest)
    }

    /// Whether an adapter hands over argument `index` untouched, as [`Value::Any`].
    pub fn passes_through(&self, index: usize) -> bool {
        match self.params.get(index).or(self.params.last()) {
            Some(param) => matches!(param.ty, Ty::Any | Ty::Rest),
            None => false,
        }
    }

    /// The name as documentation writes it: `Task.start`, `Task:join`.
    pub fn path(&self) -> String {
        let dot = if self.method { ':' } else { '.' };
        format!("{}{dot}{}", self.owner, self.name)
    }

    /// The call as documentation writes it, without the result: `Task.start(f, ...)`.
    pub fn signature(&self) -> String {
        let params: Vec<String> = self.params.iter().map(ParamSpec::to_string).collect();
        format!("{}({})", self.path(), params.join(", "))
    }
}

impl RecordSpec {
    /// The field of that name, also in included records.
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        let own = self.fields.iter().find(|field| field.name == name);
        own.or_else(|| self.includes.iter().find_map(|record| record.field(name)))
    }

    /// Every field, those of included records too.
    pub fn all_fields(&self) -> Vec<&'static FieldSpec> {
        let mut fields: Vec<_> = self.fields.iter().collect();
        for included in self.includes {
            fields.extend(included.all_fields());
        }
        fields
    }
}

impl std::fmt::Display for ParamSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.ty {
            Ty::Rest => f.write_str("..."),
            Ty::Optional(ty) => write!(f, "{}?: {ty}", self.name),
            ty => write!(f, "{}: {ty}", self.name),
        }
    }
}

impl Ty {
    /// The type that a field of a value of this type has; any value where nothing is declared.
    pub fn field(self, name: &str) -> Self {
        match self {
            Self::Optional(ty) => ty.field(name),
            Self::Map(ty) | Self::IntMap(ty) => *ty,
            Self::Record(record) => record.field(name).map_or(Self::Value, |field| field.ty),
            Self::Either(tys) => {
                let mut fields = tys.iter().map(|ty| ty.field(name));
                fields.find(|ty| *ty != Self::Value).unwrap_or(Self::Value)
            }
            _ => Self::Value,
        }
    }

    /// The type that an item of a list of this type has; any value where nothing is declared.
    pub fn item(self) -> Self {
        match self {
            Self::Optional(ty) => ty.item(),
            Self::List(ty) => *ty,
            Self::Either(tys) => {
                let mut items = tys.iter().map(|ty| ty.item());
                items.find(|ty| *ty != Self::Value).unwrap_or(Self::Value)
            }
            _ => Self::Value,
        }
    }

    /// Whether a value of this type may have declared fields.
    pub fn is_record(self) -> bool {
        match self {
            Self::Optional(ty) => ty.is_record(),
            Self::Either(tys) => tys.iter().any(|ty| ty.is_record()),
            other => matches!(other, Self::Record(_)),
        }
    }

    /// Whether a value of this type has integers as keys.
    pub fn has_integer_keys(self) -> bool {
        match self {
            Self::Optional(ty) => ty.has_integer_keys(),
            other => matches!(other, Self::IntMap(_)),
        }
    }
}

impl NamespaceSpec {
    /// The function of that name.
    pub fn function(&self, name: &str) -> Option<&'static FunctionSpec> {
        self.functions.iter().find(|f| f.name == name)
    }
}

impl HandleSpec {
    /// The method of that name.
    pub fn method(&self, name: &str) -> Option<&'static FunctionSpec> {
        self.methods.iter().find(|f| f.name == name)
    }

    /// The method that `for x in handle` calls.
    pub fn iterator(&self) -> Option<&'static FunctionSpec> {
        self.methods.iter().find(|f| f.iterates)
    }
}

impl Registry {
    /// Every function and method.
    pub fn functions(&self) -> impl Iterator<Item = &'static FunctionSpec> {
        let free = self.namespaces.iter().flat_map(|n| n.functions);
        free.chain(self.handles.iter().flat_map(|h| h.methods))
    }
}

impl std::fmt::Display for Ty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ty::Nil => f.write_str("nothing"),
            Ty::Bool => f.write_str("boolean"),
            Ty::Int => f.write_str("integer"),
            Ty::Number => f.write_str("number"),
            Ty::Str => f.write_str("string"),
            Ty::Bytes => f.write_str("bytes"),
            Ty::Value | Ty::Any => f.write_str("any"),
            Ty::Function => f.write_str("function"),
            Ty::OneOf(names) => {
                let quoted: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
                f.write_str(&quoted.join(" or "))
            }
            Ty::Optional(ty) => write!(f, "{ty} (optional)"),
            Ty::List(ty) => write!(f, "list of {ty}"),
            Ty::Map(ty) => write!(f, "map of {ty}"),
            Ty::IntMap(ty) => write!(f, "map from integer to {ty}"),
            Ty::Either(tys) => {
                let names: Vec<String> = tys.iter().map(Ty::to_string).collect();
                f.write_str(&names.join(" or "))
            }
            Ty::Record(record) => f.write_str(record.name),
            Ty::Handle(name) => f.write_str(name),
            Ty::Rest => f.write_str("..."),
        }
    }
}
