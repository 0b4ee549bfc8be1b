//! Conversion between Lua values and [`Value`].

use std::ffi::c_void;

use llmspell_core::spec::Ty;
use llmspell_core::{Handle, Map, Mismatch, Value};
use mlua::{AnyUserData, Lua, LuaString, Table, Value as LuaValue};

use crate::handle::HandleRef;
use crate::shared::{Shared, Values};

/// How deep tables may nest.
const DEPTH: usize = 100;

/// How much one conversion may make: tables that share others can stand for exponentially many.
const SIZE: usize = 10_000_000;

/// What a table counts, where any other value counts one.
const TABLE: usize = 10;

/// A Lua value of a declared type as the host sees it, or why it cannot be.
pub fn to_host(shared: &Shared, value: LuaValue, ty: Ty) -> Result<Value, Mismatch> {
    match value {
        LuaValue::Table(_) => Reader::new(shared).value(value, ty),
        value => scalar(shared, value).map_err(Mismatch::problem),
    }
}

/// A Lua value that passes through the host untouched.
pub fn untouched(shared: &Shared, value: LuaValue) -> Value {
    match value {
        LuaValue::Nil => Value::Nil,
        LuaValue::Boolean(b) => Value::Bool(b),
        LuaValue::Integer(i) => Value::Int(i),
        LuaValue::Number(x) => Value::Float(x),
        value => Value::Any(shared.hold(Values::One(value))),
    }
}

fn scalar(shared: &Shared, value: LuaValue) -> Result<Value, String> {
    Ok(match value {
        LuaValue::Nil => Value::Nil,
        LuaValue::Boolean(b) => Value::Bool(b),
        LuaValue::Integer(i) => Value::Int(i),
        LuaValue::Number(x) => Value::Float(x),
        LuaValue::String(s) => string(&s),
        LuaValue::Function(_) => Value::Callback(shared.hold(Values::One(value))),
        LuaValue::UserData(object) => match object.borrow_scoped(HandleRef::handle) {
            Ok(handle) => Value::Handle(handle),
            Err(_) => return Err("this object cannot be given to the host".to_owned()),
        },
        LuaValue::Error(error) => Value::Str(error.to_string()),
        other => {
            return Err(format!(
                "a {} cannot be given to the host",
                other.type_name()
            ));
        }
    })
}

fn string(s: &LuaString) -> Value {
    match s.to_str() {
        Ok(text) => Value::Str(text.to_string()),
        Err(_) => Value::Bytes(s.as_bytes().to_vec()),
    }
}

/// Reads tables.
struct Reader<'a> {
    shared: &'a Shared,
    /// The tables around the one that is read.
    open: Vec<*const c_void>,
    left: usize,
}

impl<'a> Reader<'a> {
    fn new(shared: &'a Shared) -> Self {
        Self {
            shared,
            open: Vec::new(),
            left: SIZE,
        }
    }

    fn value(&mut self, value: LuaValue, ty: Ty) -> Result<Value, Mismatch> {
        let size = if value.is_table() { TABLE } else { 1 };
        let left = self.left.checked_sub(size);
        self.left = left.ok_or_else(|| Mismatch::problem("table is too large"))?;
        match value {
            LuaValue::Table(table) => self.table(&table, ty),
            value => scalar(self.shared, value).map_err(Mismatch::problem),
        }
    }

    fn table(&mut self, table: &Table, ty: Ty) -> Result<Value, Mismatch> {
        if let Some(problem) = self.unread(table, ty) {
            return Err(Mismatch::problem(problem));
        }
        let address = table.to_pointer();
        if self.open.contains(&address) {
            return Err(Mismatch::problem("table contains itself"));
        }
        if self.open.len() == DEPTH {
            let problem = format!("tables nest deeper than {DEPTH} levels");
            return Err(Mismatch::problem(problem));
        }
        self.open.push(address);
        let entries = match ty.has_integer_keys() {
            true => Entries::numbered(table),
            false => Entries::of(table, is_list(self.shared, table)),
        };
        let read = self.entries(entries.map_err(Mismatch::problem)?, ty);
        self.open.pop();
        read
    }

    /// Why a table cannot be read as it is: it is a module, or has fields of another one where fields are options.
    fn unread(&self, table: &Table, ty: Ty) -> Option<String> {
        let metatable = table.metatable()?;
        if let Some(module) = self.shared.namespace(table) {
            return Some(format!("{module} is a module"));
        }
        let inherits = ty.is_record() && metatable != self.shared.prelude().list;
        let index: LuaValue = metatable.raw_get("__index").ok()?;
        let problem = "the fields behind this table's __index are not read: copy them into it";
        (inherits && !index.is_nil()).then(|| problem.to_owned())
    }

    fn entries(&mut self, entries: Entries, ty: Ty) -> Result<Value, Mismatch> {
        match entries {
            Entries::List(items) => {
                let item = |(index, item)| {
                    let read = self.value(item, ty.item());
                    read.map_err(|problem| problem.at_index(index))
                };
                let items = items.into_iter().enumerate().map(item);
                Ok(Value::List(items.collect::<Result<_, _>>()?))
            }
            Entries::Map(fields) => {
                let field = |(name, value): (String, _)| {
                    let value = self.value(value, ty.field(&name));
                    Ok((name.clone(), value.map_err(|problem| problem.at(&name))?))
                };
                let map: Map = fields
                    .into_iter()
                    .map(field)
                    .collect::<Result<_, Mismatch>>()?;
                Ok(Value::Map(Box::new(map)))
            }
        }
    }
}

/// A table's contents, told apart.
enum Entries {
    List(Vec<LuaValue>),
    /// Sorted by name, since Lua keeps no order.
    Map(Vec<(String, LuaValue)>),
}

impl Entries {
    /// A map whose keys are integers, or the same in digits.
    fn numbered(table: &Table) -> Result<Self, String> {
        let mut fields = Vec::new();
        for pair in table.pairs::<LuaValue, LuaValue>() {
            match pair.map_err(|e| e.to_string())? {
                (LuaValue::Integer(number), value) => fields.push((number.to_string(), value)),
                (LuaValue::String(digits), value) => fields.push((digits.to_string_lossy(), value)),
                (other, _) => {
                    let kind = other.type_name();
                    return Err(format!("table keys must be integers, got a {kind}"));
                }
            }
        }
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        match twice(&fields) {
            Some(name) => Err(format!(
                "table has the key {name} as a number and as a string"
            )),
            None => Ok(Self::Map(fields)),
        }
    }

    fn of(table: &Table, marked: bool) -> Result<Self, String> {
        let (mut items, mut fields) = (Vec::new(), Vec::new());
        for pair in table.pairs::<LuaValue, LuaValue>() {
            match pair.map_err(|e| e.to_string())? {
                (LuaValue::Integer(index), value) => items.push((index, value)),
                (LuaValue::String(name), value) => fields.push((name, value)),
                (other, _) => {
                    let kind = other.type_name();
                    return Err(format!("table keys must be strings, got a {kind}"));
                }
            }
        }
        let length = match fields.as_slice() {
            [] => None,
            [(name, LuaValue::Integer(n))] if name == "n" && (marked || !items.is_empty()) => {
                Some(*n)
            }
            _ if !marked && items.is_empty() => return map(fields).map(Self::Map),
            [(name, _), ..] => return Err(mixed(name)),
        };
        match items.is_empty() && length.is_none() && !marked {
            true => Ok(Self::Map(Vec::new())),
            false => list(items, length).map(Self::List),
        }
    }
}

/// Whether two entries, sorted by name, have the same name.
fn twice(fields: &[(String, LuaValue)]) -> Option<&str> {
    let mut pairs = fields.windows(2);
    let (name, _) = &pairs.find(|pair| pair[0].0 == pair[1].0)?[0];
    Some(name)
}

fn mixed(name: &LuaString) -> String {
    format!(
        "table has both list items and the field \"{}\"",
        name.to_string_lossy()
    )
}

fn map(fields: Vec<(LuaString, LuaValue)>) -> Result<Vec<(String, LuaValue)>, String> {
    let field = |(name, value): (LuaString, LuaValue)| match name.to_str() {
        Ok(name) => Ok((name.to_string(), value)),
        Err(_) => Err("table keys must be UTF-8".to_owned()),
    };
    let mut fields = fields
        .into_iter()
        .map(field)
        .collect::<Result<Vec<_>, _>>()?;
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(fields)
}

/// Puts items in their order. `length` is the field `n`, which allows nils.
fn list(mut items: Vec<(i64, LuaValue)>, length: Option<i64>) -> Result<Vec<LuaValue>, String> {
    items.sort_by_key(|(index, _)| *index);
    let first = items.first().map_or(1, |(index, _)| *index);
    let last = items.last().map_or(0, |(index, _)| *index);
    if first < 1 {
        return Err(format!(
            "table keys must be strings, got the number {first}"
        ));
    }
    let Some(length) = length else {
        let missing = (1..).zip(&items).find(|(i, (index, _))| i != index);
        return match missing {
            None => Ok(items.into_iter().map(|(_, value)| value).collect()),
            Some((missing, _)) => Err(format!(
                "list without item {missing}; one with gaps needs its length in the field n, as table.pack sets it"
            )),
        };
    };
    let wrong = || format!("the list's field n is {length}, its last item is {last}");
    let size = usize::try_from(length).ok().filter(|n| *n <= SIZE);
    let size = size.filter(|_| length >= last).ok_or_else(wrong)?;
    let mut list = vec![LuaValue::Nil; size];
    for (index, value) in items {
        list[index as usize - 1] = value; // 1 <= index <= last <= size
    }
    Ok(list)
}

/// Whether a table stays a list when it is empty.
pub fn is_list(shared: &Shared, table: &Table) -> bool {
    let metatable = table.metatable();
    metatable.is_some_and(|metatable| metatable == shared.prelude().list)
}

/// A host value as Lua sees it.
pub fn to_lua(lua: &Lua, shared: &Shared, value: Value) -> mlua::Result<LuaValue> {
    Ok(match value {
        Value::Nil => LuaValue::Nil,
        Value::Bool(b) => LuaValue::Boolean(b),
        Value::Int(i) => LuaValue::Integer(i),
        Value::Float(x) => LuaValue::Number(x),
        Value::Str(s) => LuaValue::String(lua.create_string(s)?),
        Value::Bytes(b) => LuaValue::String(lua.create_string(b)?),
        Value::List(items) => LuaValue::Table(list_to_lua(lua, shared, items)?),
        Value::Map(map) => LuaValue::Table(map_to_lua(lua, shared, *map)?),
        Value::Handle(handle) => LuaValue::UserData(handle_to_lua(lua, handle)?),
        Value::Callback(opaque) | Value::Any(opaque) => match shared.held(&opaque) {
            Some(values) => values.first(),
            None => return Err(mlua::Error::runtime("a value of another script language")),
        },
    })
}

fn list_to_lua(lua: &Lua, shared: &Shared, items: Vec<Value>) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(items.len(), 0)?;
    let length = items.len();
    let mut gaps = false;
    for (index, item) in (1..).zip(items) {
        match to_lua(lua, shared, item)? {
            LuaValue::Nil => gaps = true,
            item => table.raw_seti(index, item)?,
        }
    }
    if gaps {
        table.raw_set("n", length)?;
    }
    table.set_metatable(Some(shared.prelude().list.clone()))?;
    Ok(table)
}

fn map_to_lua(lua: &Lua, shared: &Shared, map: Map) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, map.len())?;
    for (name, value) in map {
        table.raw_set(name, to_lua(lua, shared, value)?)?;
    }
    table.set_metatable(Some(shared.prelude().map.clone()))?;
    Ok(table)
}

fn handle_to_lua(lua: &Lua, handle: Handle) -> mlua::Result<AnyUserData> {
    lua.create_userdata(HandleRef(handle))
}
