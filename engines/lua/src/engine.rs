//! [`LuaEngine`]: the seam to the rest of llmspell.

use std::rc::Rc;

use llmspell_core::spec::Ty;
use llmspell_core::{
    Check, Coroutine, Cx, Diagnostic, Engine, Error, Loader, Opaque, Registry, SharedEngine,
    TaskError, Value,
};
use mlua::{Function, Lua, LuaOptions, LuaString, MultiValue, StdLib, Value as LuaValue};

use crate::convert::{to_host, to_lua};
use crate::coroutine::LuaCoroutine;
use crate::shared::{Shared, Values};
use crate::{hook, interactive, prelude, source, trace};

/// What all scripts of one engine may allocate, in bytes. Without a limit, an allocation that the
/// system refuses would abort the process; with it, it is an error that a script can catch.
const MEMORY: usize = 3 << 30;

/// One Lua state and what its scripts share.
struct LuaEngine {
    lua: Lua,
    shared: Rc<Shared>,
}

/// A compiled REPL input.
struct Input(Function);

/// A Lua engine for the scheduler of `cx`, with the API of `registry`, `globals` such as `ARGS`, and
/// the modules that `loader` finds. Its scripts share their global variables.
pub fn engine(
    cx: &Cx,
    registry: &Registry,
    globals: &[(&str, Value)],
    loader: Loader,
) -> Result<SharedEngine, Error> {
    let problem = |error: mlua::Error| Error::Raise(format!("cannot start Lua: {error}"));
    let engine = LuaEngine::new(cx, registry, globals, loader).map_err(problem)?;
    Ok(Rc::new(engine))
}

impl LuaEngine {
    fn new(
        cx: &Cx,
        registry: &Registry,
        globals: &[(&str, Value)],
        loader: Loader,
    ) -> mlua::Result<Self> {
        let libraries = StdLib::COROUTINE
            | StdLib::MATH
            | StdLib::OS
            | StdLib::STRING
            | StdLib::TABLE
            | StdLib::UTF8;
        let lua = Lua::new_with(libraries, LuaOptions::default())?;
        let shared = Rc::new(Shared::new(cx, loader));
        prelude::install(&lua, &shared, registry, globals)?;
        hook::install(&lua, &shared)?;
        lua.set_memory_limit(MEMORY)?;
        shared.globals.get_or_init(|| globals_of(&lua).collect());
        Ok(Self { lua, shared })
    }

    fn entry(&self, function: Function) -> Opaque {
        self.shared.hold(Values::One(LuaValue::Function(function)))
    }

    /// The function behind an entry, and whether it is a REPL input.
    fn function(&self, entry: &Opaque) -> Option<(Function, bool)> {
        if let Some(Input(function)) = entry.get() {
            return Some((function.clone(), true));
        }
        match self.shared.held(entry)?.first() {
            LuaValue::Function(function) => Some((function, false)),
            _ => None,
        }
    }

    fn render(&self, value: &Value) -> mlua::Result<String> {
        let prelude = self.shared.prelude();
        let (show, values) = match value {
            Value::Any(opaque) => match self.shared.held(opaque) {
                Some(Values::Many(values)) => (&prelude.show_quoted, values.clone()),
                Some(Values::One(value)) => (&prelude.show, vec![value.clone()]),
                None => (&prelude.show, Vec::new()),
            },
            value => {
                let value = to_lua(&self.lua, &self.shared, value.clone())?;
                (&prelude.show, vec![value])
            }
        };
        let text: LuaString = show.call(MultiValue::from_vec(values))?;
        Ok(text.to_string_lossy())
    }
}

impl Engine for LuaEngine {
    fn language(&self) -> &'static str {
        "lua"
    }

    fn check(&self, name: &str, source: &str) -> Check {
        source::check(&self.lua, name, source)
    }

    fn load(&self, name: &str, source: &str) -> Result<Opaque, Diagnostic> {
        let function = source::compile(&self.lua, &self.shared, name, source)?;
        Ok(self.entry(function))
    }

    fn load_interactive(&self, name: &str, source: &str) -> Result<Opaque, Diagnostic> {
        let function = interactive::compile(&self.lua, &self.shared, name, source)?;
        Ok(Opaque::new(Input(function)))
    }

    fn start(&self, entry: &Opaque, args: Vec<Value>) -> Result<Box<dyn Coroutine>, TaskError> {
        let failed = |message: String| trace::error(&self.shared, trace::Failure::message(message));
        let Some((function, interactive)) = self.function(entry) else {
            return Err(failed("this is no function of this Lua engine".to_owned()));
        };
        let started = LuaCoroutine::new(&self.lua, &self.shared, function, args, interactive);
        match started {
            Ok(coroutine) => Ok(Box::new(coroutine)),
            Err(error) => Err(failed(trace::text(&error))),
        }
    }

    /// The results of a REPL input are shown with their strings in quotes.
    fn show(&self, value: &Value) -> String {
        let shown = hook::outside(&self.lua, &self.shared, || self.render(value));
        shown.unwrap_or_else(|error| format!("<{}>", trace::text(&error)))
    }

    fn inspect(&self, value: &Value) -> Result<Value, Error> {
        let Value::Any(opaque) = value else {
            return Ok(value.clone());
        };
        match self.shared.held(opaque) {
            Some(values) => to_host(&self.shared, values.first(), Ty::Value)
                .map_err(|problem| Error::Raise(problem.to_string())),
            None => Err(Error::raise("a value of another script language")),
        }
    }

    fn globals(&self) -> Vec<String> {
        let given = self.shared.globals.get();
        let names = globals_of(&self.lua).map(|(name, _)| name);
        let defined = names.filter(|name| !given.is_some_and(|g| g.contains_key(name)));
        let mut defined: Vec<String> = defined.collect();
        defined.sort();
        defined
    }
}

/// All global variables, and what Lua calls their types.
fn globals_of(lua: &Lua) -> impl Iterator<Item = (String, &'static str)> {
    let globals = lua.globals();
    let pairs = globals.pairs::<LuaValue, LuaValue>().flatten();
    let named = pairs.filter_map(|(key, value)| {
        let name = key.as_string()?.to_string_lossy();
        Some((name, value.type_name()))
    });
    named.collect::<Vec<_>>().into_iter()
}
