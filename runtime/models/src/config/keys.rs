//! Every key there is: how it is spelled, what it may hold, and what holds when nobody sets it.

use llmspell_core::suggest::{hint, nearest};

use super::kind::Kind;

/// A key. `*` in its path stands for a name that the user chooses.
pub(super) struct Key {
    pub path: &'static str,
    pub kind: Kind,
    /// As it would stand in an environment variable.
    pub default: Option<&'static str>,
}

const fn key(path: &'static str, kind: Kind, default: Option<&'static str>) -> Key {
    Key {
        path,
        kind,
        default,
    }
}

const BACKEND: Kind = Kind::Choice(&["auto", "ollama", "candle"]);
const OFFERED_BY: Kind = Kind::Choice(&["both", "ollama", "candle"]);
const PROVIDER_TYPE: Kind = Kind::Choice(&["openai", "anthropic", "gemini"]);
const TOKENS: Kind = Kind::Whole(1, 10_000_000);

/// In the order in which they are shown.
pub(super) const KEYS: &[Key] = &[
    key("default_model", Kind::Model, None),
    key("trusted_folders", Kind::Folders, Some("[]")),
    key("fallback.*", Kind::Models, None),
    key("providers.local.enabled", Kind::Boolean, Some("true")),
    key("providers.local.default_backend", BACKEND, None),
    key(
        "providers.local.auto_pull_missing",
        Kind::Boolean,
        Some("false"),
    ),
    key(
        "providers.local.fallback_to_cloud",
        Kind::Boolean,
        Some("false"),
    ),
    key(
        "providers.ollama.provider_type",
        Kind::Choice(&["ollama"]),
        Some("ollama"),
    ),
    key("providers.ollama.enabled", Kind::Boolean, Some("true")),
    key("providers.ollama.base_url", Kind::Url, None),
    key(
        "providers.ollama.timeout_seconds",
        Kind::Seconds,
        Some("300"),
    ),
    key(
        "providers.ollama.options.auto_start",
        Kind::Boolean,
        Some("false"),
    ),
    key(
        "providers.ollama.options.health_check_interval_seconds",
        Kind::Seconds,
        Some("30"),
    ),
    key(
        "providers.ollama.options.default_backend",
        BACKEND,
        Some("auto"),
    ),
    key(
        "providers.candle.provider_type",
        Kind::Choice(&["candle"]),
        Some("candle"),
    ),
    key("providers.candle.enabled", Kind::Boolean, Some("true")),
    key(
        "providers.candle.options.model_directory",
        Kind::Folder,
        None,
    ),
    key(
        "providers.candle.options.device",
        Kind::Device,
        Some("auto"),
    ),
    key(
        "providers.candle.options.max_concurrent",
        Kind::Whole(1, 65_536),
        None,
    ),
    key(
        "providers.candle.options.default_quantization",
        Kind::Quantization,
        Some("Q4_K_M"),
    ),
    key(
        "providers.candle.options.cpu_threads",
        Kind::Whole(0, 1024),
        Some("0"),
    ),
    key("providers.candle.options.context_size", TOKENS, None),
    key(
        "providers.candle.options.batch_size",
        Kind::Whole(1, 65_536),
        None,
    ),
    key("providers.candle.options.memory_budget", Kind::Bytes, None),
    key(
        "providers.candle.options.use_flash_attention",
        Kind::FlashAttention,
        Some("false"),
    ),
    key("providers.*.provider_type", PROVIDER_TYPE, None),
    key("providers.*.enabled", Kind::Boolean, Some("true")),
    key("providers.*.base_url", Kind::Url, None),
    key("providers.*.api_key_env", Kind::Variable, None),
    key("providers.*.default_model", Kind::RemoteModel, None),
    key("providers.*.max_tokens", TOKENS, None),
    key("providers.*.timeout_seconds", Kind::Seconds, Some("120")),
    key(
        "providers.local_recommended_models.*.model",
        Kind::Model,
        None,
    ),
    key(
        "providers.local_recommended_models.*.backend",
        OFFERED_BY,
        Some("both"),
    ),
    key(
        "providers.local_recommended_models.*.size_gb",
        Kind::Gigabytes,
        None,
    ),
];

/// Tables of `[providers]` that are no remote provider.
const RESERVED: [&str; 4] = ["local", "ollama", "candle", "local_recommended_models"];

/// A key's path, taken apart.
pub(super) type Path = Vec<String>;

/// A path from its dotted form, for names without dots.
pub(super) fn path(dotted: &str) -> Path {
    dotted.split('.').map(str::to_owned).collect()
}

/// A path as TOML spells it.
pub(super) fn dotted(path: &[String]) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let part = |part: &String| match !part.is_empty() && part.chars().all(bare) {
        true => part.clone(),
        false => format!("{part:?}"),
    };
    path.iter().map(part).collect::<Vec<_>>().join(".")
}

/// Whether `path` is the table of a remote provider, or lies in one.
pub(super) fn is_remote(path: &[String]) -> bool {
    path.len() > 1 && path[0] == "providers" && !RESERVED.contains(&path[1].as_str())
}

/// The key of a path in its flat spelling.
pub(super) fn lookup(path: &[String]) -> Option<&'static Key> {
    KEYS.iter().find(|key| {
        let parts = key.path.split('.');
        parts.clone().count() == path.len() && begins(parts, path)
    })
}

/// Whether there are keys below `path`, in any spelling.
pub(super) fn is_table(path: &[String]) -> bool {
    spellings().any(|known| {
        let parts = known.split('.');
        parts.clone().count() > path.len() && begins(parts, path)
    })
}

/// Whether a pattern's parts and the names of a path agree, as far as both go.
pub(super) fn begins<'a>(parts: impl Iterator<Item = &'a str>, path: &[String]) -> bool {
    parts
        .zip(path)
        .enumerate()
        .all(|(at, (part, name))| match part {
            "*" => at != 1 || path[0] != "providers" || is_remote(path),
            part => part == name,
        })
}

/// The flat spelling of a path: `providers.local.ollama.url` is `providers.ollama.base_url`.
pub(super) fn flat(path: &[String]) -> Path {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let candidates = match parts[..] {
        ["providers", "local", "ollama", "url"] => vec!["providers.ollama.base_url".to_owned()],
        ["providers", "local", "candle", "performance", name] => {
            vec![format!("providers.candle.options.{name}")]
        }
        ["providers", "local", provider @ ("ollama" | "candle"), name] => vec![
            format!("providers.{provider}.{name}"),
            format!("providers.{provider}.options.{name}"),
        ],
        _ => Vec::new(),
    };
    let mut candidates = candidates.iter().map(|candidate| self::path(candidate));
    let found = candidates.find(|candidate| lookup(candidate).is_some());
    found.unwrap_or_else(|| path.to_vec())
}

/// Every way to write every key.
pub(super) fn spellings() -> impl Iterator<Item = String> {
    KEYS.iter().flat_map(|key| {
        let mut all = vec![key.path.to_owned()];
        for provider in ["ollama", "candle"] {
            let rest = key.path.strip_prefix(&format!("providers.{provider}."));
            let Some(rest) = rest else { continue };
            let name = rest.trim_start_matches("options.");
            all.push(format!("providers.local.{provider}.{name}"));
            if key.path == "providers.ollama.base_url" {
                all.push("providers.local.ollama.url".to_owned());
            }
            if rest != name && provider == "candle" {
                all.push(format!("providers.local.candle.performance.{name}"));
            }
        }
        all
    })
}

/// What an unknown key could have been: a name beside it, the same name elsewhere, or what there is.
pub(super) fn suggestion(path: &[String]) -> String {
    let Some((name, parent)) = path.split_last() else {
        return String::new();
    };
    let siblings = siblings(parent);
    let siblings = siblings.iter().map(String::as_str);
    if nearest(name, siblings.clone()).is_none()
        && let Some(elsewhere) = elsewhere(name)
    {
        return format!("; did you mean \"{elsewhere}\"?");
    }
    hint(name, siblings)
}

/// The key beside an unknown one that was most likely meant.
pub(super) fn neighbour(path: &[String]) -> Option<String> {
    let (name, parent) = path.split_last()?;
    let siblings = siblings(parent);
    let name = nearest(name, siblings.iter().map(String::as_str))?;
    Some([parent, &[name.to_owned()]].concat().join("."))
}

/// The names of all known keys and tables in a table.
fn siblings(parent: &[String]) -> Vec<String> {
    let siblings = spellings().filter_map(|known| beside(&known, parent));
    let mut siblings: Vec<String> = siblings.collect();
    siblings.sort();
    siblings.dedup();
    siblings
}

/// The name that a known key has below `parent`.
fn beside(known: &str, parent: &[String]) -> Option<String> {
    let mut parts = known.split('.');
    if !begins(parts.by_ref().take(parent.len()), parent) {
        return None;
    }
    parts.next().filter(|name| *name != "*").map(str::to_owned)
}

/// Whether somebody meant to set a provider's key itself.
pub(super) fn holds_secret(path: &[String]) -> bool {
    let name = path.last().map_or("", String::as_str);
    let names = ["api_key", "apikey", "key", "token", "api_token", "secret"];
    is_remote(path) && names.contains(&name)
}

/// Whether what has this name may be nothing for others to see.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    let last = name.rsplit('_').next().unwrap_or_default();
    name.contains("api_key") || ["key", "apikey", "token", "secret", "password"].contains(&last)
}

/// The key that ends in this name, whatever its table.
pub(super) fn elsewhere(name: &str) -> Option<&'static str> {
    let ends = |key: &&Key| key.path.rsplit('.').next() == Some(name) && !key.path.contains('*');
    KEYS.iter().find(ends).map(|key| key.path)
}
