//! Which scripting language.

use std::path::Path;

use llmspell_core::suggest;

#[cfg(not(any(feature = "lua", feature = "rhai")))]
compile_error!("llmspell needs a language: enable the cargo feature `lua` or `rhai`");

/// A scripting language that this build knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Language {
    #[cfg(feature = "lua")]
    Lua,
    #[cfg(feature = "rhai")]
    Rhai,
}

impl Language {
    /// Every language of this build.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "lua")]
        Self::Lua,
        #[cfg(feature = "rhai")]
        Self::Rhai,
    ];

    /// The name in lower case, which is also the file extension.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "lua")]
            Self::Lua => "lua",
            #[cfg(feature = "rhai")]
            Self::Rhai => "rhai",
        }
    }

    /// The language of a file, by its extension.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        let known = Self::ALL.iter().copied();
        known
            .clone()
            .find(|l| l.name() == extension)
            .ok_or_else(|| {
                let endings: Vec<String> = known.map(|l| format!(".{}", l.name())).collect();
                let near = suggest::nearest(extension, Self::ALL.iter().map(|l| l.name()));
                let hint = near
                    .map(|n| format!(" (did you mean .{n}?)"))
                    .unwrap_or_default();
                format!(
                    "cannot tell the language of {}{hint}: its name must end in {}",
                    path.display(),
                    endings.join(" or ")
                )
            })
    }
}
