//! Host objects as Lua userdata. What is theirs in Lua stands in `prelude/objects.lua`.

use llmspell_core::Handle;
use mlua::{Table, UserData, UserDataFields};

/// The name in the registry under which the prelude leaves the metatable's fields.
pub const METATABLE: &str = "llmspell.handle";

/// A handle inside a userdata.
pub struct HandleRef(pub Handle);

impl HandleRef {
    /// A copy of the handle.
    pub fn handle(&self) -> Handle {
        self.0.clone()
    }
}

impl UserData for HandleRef {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "handle");
        let names = [
            "__index",
            "__newindex",
            "__call",
            "__concat",
            "__eq",
            "__tostring",
        ];
        for name in names {
            fields.add_meta_field_with(name, move |lua| {
                let metatable: Table = lua.named_registry_value(METATABLE)?;
                metatable.raw_get::<mlua::Function>(name)
            });
        }
    }
}
