//! What a key may hold.

use ::config::ValueKind;

use crate::ModelName;
use crate::url;

/// The longest time that can be asked for, in seconds: a day.
const LONGEST: f64 = 86_400.0;
/// The largest model that can be told of, in gigabytes.
const LARGEST: f64 = 100_000.0;

/// Devices that are known, but that no model runs on yet.
const GPUS: [&str; 2] = ["cuda", "metal"];

/// What a key may hold.
pub(super) enum Kind {
    Boolean,
    /// A whole number within these bounds.
    Whole(u64, u64),
    Seconds,
    Gigabytes,
    /// A number of bytes, or text such as `6GB`.
    Bytes,
    Choice(&'static [&'static str]),
    /// What computes the models of this process.
    Device,
    /// Whether a GPU's fused attention is used.
    FlashAttention,
    Url,
    /// A model's name.
    Model,
    Models,
    /// A model's name as its provider spells it.
    RemoteModel,
    Quantization,
    /// The name of an environment variable.
    Variable,
    Folder,
    Folders,
}

impl Kind {
    /// Whether an environment variable holds the value as it is, without quotation marks.
    pub fn is_text(&self) -> bool {
        !matches!(
            self,
            Self::Boolean
                | Self::FlashAttention
                | Self::Whole(..)
                | Self::Seconds
                | Self::Gigabytes
                | Self::Bytes
                | Self::Models
                | Self::Folders
        )
    }

    /// Whether it names folders of this machine.
    pub fn is_path(&self) -> bool {
        matches!(self, Self::Folder | Self::Folders)
    }

    /// The value as it is kept, or what is wrong with it; `written` is how the user wrote it.
    pub fn check(&self, value: ValueKind, written: &str) -> Result<ValueKind, String> {
        self.check_closely(&value)?;
        self.kept(value).ok_or_else(|| {
            let written = match self {
                // It may be the key itself, by mistake.
                Self::Variable => "something else".to_owned(),
                Self::Url => shortened(&url::masked(written)).to_owned(),
                _ => shortened(written).to_owned(),
            };
            format!("expected {}, got {written}", self.expected())
        })
    }

    /// Checks what an error can say more of than what it expected.
    fn check_closely(&self, value: &ValueKind) -> Result<(), String> {
        match (self, value) {
            (Self::Device, ValueKind::String(device)) if GPUS.contains(&device.as_str()) => Err(
                format!("no model runs on \"{device}\" yet; take \"auto\" or \"cpu\""),
            ),
            (Self::FlashAttention, ValueKind::Boolean(true)) => Err(
                "no model runs on a GPU yet, and the CPU has no such kernels; set it to false"
                    .to_owned(),
            ),
            (Self::Model | Self::Models, ValueKind::String(name)) => ModelName::parse(name)
                .map(drop)
                .map_err(|error| error.to_string()),
            (Self::Models, ValueKind::Array(names)) => names
                .iter()
                .try_for_each(|name| self.check_closely(&name.kind)),
            _ => Ok(()),
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::Boolean | Self::FlashAttention => "true or false".to_owned(),
            Self::Whole(least, most) => format!("an integer from {least} to {most}"),
            Self::Seconds => format!("a number of seconds above 0, at most {LONGEST}"),
            Self::Gigabytes => format!("a number of gigabytes above 0, at most {LARGEST}"),
            Self::Bytes => "a number of bytes above 0, or text such as \"6GB\"".to_owned(),
            Self::Device => "\"auto\" or \"cpu\"".to_owned(),
            Self::Choice([only]) => format!("{only:?}"),
            Self::Choice(all) => {
                let all: Vec<String> = all.iter().map(|choice| format!("{choice:?}")).collect();
                format!("one of {}", all.join(", "))
            }
            Self::Url => "a URL such as \"http://127.0.0.1:11434\"".to_owned(),
            Self::Model | Self::RemoteModel => "a model's name".to_owned(),
            Self::Models => "a list of models' names".to_owned(),
            Self::Quantization => "a quantization such as \"Q4_K_M\"".to_owned(),
            Self::Variable => {
                "the name of an environment variable, such as \"OPENAI_API_KEY\"".to_owned()
            }
            Self::Folder => "a folder".to_owned(),
            Self::Folders => "a list of folders".to_owned(),
        }
    }

    fn kept(&self, value: ValueKind) -> Option<ValueKind> {
        match (self, value) {
            (Self::Boolean | Self::FlashAttention, value @ ValueKind::Boolean(_)) => Some(value),
            (Self::Whole(least, most), ValueKind::I64(number)) => {
                let fits = |number: u64| (*least..=*most).contains(&number);
                u64::try_from(number)
                    .is_ok_and(fits)
                    .then_some(number.into())
            }
            (Self::Seconds, value) => within(value, LONGEST),
            (Self::Gigabytes, value) => within(value, LARGEST),
            (Self::Bytes, value) => bytes(value),
            (Self::Models | Self::Folders, ValueKind::Array(all)) => {
                let text = |v: &::config::Value| matches!(v.kind, ValueKind::String(_));
                all.iter().all(text).then_some(ValueKind::Array(all))
            }
            (kind, ValueKind::String(text)) => kind.kept_text(text).map(ValueKind::String),
            _ => None,
        }
    }

    fn kept_text(&self, text: String) -> Option<String> {
        let fits = match self {
            Self::Choice(all) => all.contains(&text.as_str()),
            Self::Device => ["auto", "cpu"].contains(&text.as_str()),
            Self::Url => url::is_http(&text),
            Self::Model => true,
            Self::RemoteModel => {
                !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
            }
            Self::Quantization => is_word(&text),
            Self::Variable => is_variable(&text),
            Self::Folder => !text.is_empty(),
            _ => false,
        };
        let text = match self {
            Self::Url => text.trim_end_matches('/').to_owned(),
            Self::Quantization => text.to_ascii_uppercase(),
            _ => text,
        };
        fits.then_some(text)
    }
}

/// Whether a text can be the name of an environment variable.
pub(super) fn is_variable(text: &str) -> bool {
    is_word(text) && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_word(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty() && text.chars().all(part)
}

/// A number above 0.
fn within(value: ValueKind, most: f64) -> Option<ValueKind> {
    let number = match value {
        ValueKind::I64(number) => number as f64,
        ValueKind::Float(number) => number,
        _ => return None,
    };
    (number > 0.0 && number <= most).then_some(value)
}

fn bytes(value: ValueKind) -> Option<ValueKind> {
    let bytes = match value {
        ValueKind::I64(bytes) => bytes,
        ValueKind::String(text) => size(&text)?,
        _ => return None,
    };
    (bytes > 0).then_some(bytes.into())
}

/// The bytes of a text such as `6GB` or `512 MiB`.
fn size(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.'));
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let scale = match unit.trim().to_ascii_lowercase().as_str() {
        "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "kib" => f64::from(1 << 10),
        "mib" => f64::from(1 << 20),
        "gib" => f64::from(1 << 30),
        "tib" => f64::from(1 << 20) * f64::from(1 << 20),
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok()? * scale;
    // 2^53: beyond, and so beyond any machine, a float would not hold the number.
    (bytes <= 9e15).then_some(bytes as i64)
}

/// What an error shows of a value.
fn shortened(text: &str) -> &str {
    let end = text.char_indices().nth(60).map_or(text.len(), |(at, _)| at);
    text[..end].lines().next().unwrap_or_default()
}
