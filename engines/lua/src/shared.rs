//! What every part of one Lua engine reaches: its context, its hook's state, its metatables.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use llmspell_core::{Cx, Frame, Loader, Opaque, ScriptError};
use mlua::{Function, Table};

use crate::hook::Guard;
use crate::input::Input;
use crate::modules::Modules;

/// Shared by the engine, its host functions and its coroutines. Holds no strong reference to the
/// Lua state, whose closures hold this.
pub struct Shared {
    pub cx: Cx,
    pub guard: Guard,
    pub loader: Loader,
    pub modules: Rc<Modules>,
    pub input: Rc<Input>,
    pub prelude: OnceCell<Prelude>,
    /// The last error of another task that was raised again here.
    pub rejoined: RefCell<Option<Rc<ScriptError>>>,
    /// The line of the script that raised it again.
    pub rejoined_at: RefCell<Option<Frame>>,
    /// All global variables that scripts begin with, and what Lua calls their types.
    pub globals: OnceCell<BTreeMap<String, &'static str>>,
    /// The modules of the script API, and their names.
    pub namespaces: OnceCell<Vec<(Table, &'static str)>>,
    /// Tells the values of this engine from those of another one.
    engine: u64,
}

/// What the Lua side hands to the Rust side.
pub struct Prelude {
    pub body: Function,
    pub noop: Function,
    pub show: Function,
    pub show_quoted: Function,
    pub list: Table,
    pub map: Table,
}

/// Lua values inside an [`Opaque`].
pub struct Held {
    pub values: Values,
    engine: u64,
}

/// One value, or all results of a function that gave more or fewer than one.
pub enum Values {
    One(mlua::Value),
    Many(Vec<mlua::Value>),
}

impl Shared {
    pub fn new(cx: &Cx, loader: Loader) -> Self {
        static ENGINES: AtomicU64 = AtomicU64::new(0);
        Self {
            cx: cx.clone(),
            guard: Guard::default(),
            loader,
            modules: Rc::default(),
            input: Rc::default(),
            prelude: OnceCell::new(),
            rejoined: RefCell::default(),
            rejoined_at: RefCell::default(),
            globals: OnceCell::new(),
            namespaces: OnceCell::new(),
            engine: ENGINES.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The Lua side; it is set before any script runs.
    pub fn prelude(&self) -> &Prelude {
        self.prelude.get().expect("set when the engine is made")
    }

    /// The name of a module of the script API, if this is one.
    pub fn namespace(&self, table: &Table) -> Option<&'static str> {
        table.metatable()?; // most tables have none, and a module has
        let known = self.namespaces.get()?.iter();
        let mut same = known.filter(|(namespace, _)| namespace == table);
        same.next().map(|(_, name)| *name)
    }

    /// Keeps Lua values for whoever gives them back.
    pub fn hold(&self, values: Values) -> Opaque {
        Opaque::new(Held {
            values,
            engine: self.engine,
        })
    }

    /// What [`Shared::hold`] kept, unless another engine did.
    pub fn held<'a>(&self, opaque: &'a Opaque) -> Option<&'a Values> {
        let held = opaque.get::<Held>()?;
        (held.engine == self.engine).then_some(&held.values)
    }
}

impl Values {
    /// The first one; nothing counts as nil.
    pub fn first(&self) -> mlua::Value {
        match self {
            Self::One(value) => value.clone(),
            Self::Many(values) => values.first().cloned().unwrap_or_default(),
        }
    }
}
