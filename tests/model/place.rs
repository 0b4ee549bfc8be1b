//! A home, a project in it, and a server with models.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use llmspell_inference::testing::TinyLlama;
use serde_json::Value;
use tempfile::TempDir;

use crate::process;
use crate::server::Server;

/// A model of the repository that most tests pull from.
pub const FILE: &str = "tiny/model-GGUF/tiny-Q4_K_M.gguf";
/// As it is asked for.
pub const SPEC: &str = "hf:tiny/model-GGUF:Q4_K_M";
/// As it is then listed.
pub const NAME: &str = "hf:tiny/model-GGUF/tiny-Q4_K_M.gguf";

/// A tiny model: about 250 KB.
pub fn model() -> Vec<u8> {
    let writer = TinyLlama::default().writer().expect("a tiny model");
    writer.to_bytes().expect("a tiny model")
}

pub struct Place {
    pub server: Server,
    folder: TempDir,
}

impl Place {
    /// A server that has [`FILE`], and nothing installed.
    pub fn new() -> Self {
        let (server, folder) = (Server::start(), TempDir::new().expect("a folder"));
        std::fs::create_dir(folder.path().join("project")).expect("the folder is writable");
        server.add(FILE, model());
        Self { server, folder }
    }

    /// With [`FILE`] pulled.
    pub fn pulled() -> Self {
        let place = Self::new();
        place.prints(&["model", "pull", SPEC]);
        place
    }

    /// With a configuration.
    pub fn configured(text: &str) -> Self {
        let place = Self::new();
        std::fs::write(place.path("project/llmspell.toml"), text).expect("the folder is writable");
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of the store, whether or not it is there.
    pub fn stored(&self, name: &str) -> PathBuf {
        self.path("data/llmspell/models").join(name)
    }

    /// The binary in the project's folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = process::llmspell();
        command
            .args(args)
            .current_dir(self.path("project"))
            .stdin(Stdio::null())
            .env("HOME", self.folder.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("HF_ENDPOINT", self.server.endpoint());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary starts")
    }

    /// What a command that succeeds prints, and what it tells.
    pub fn says(&self, args: &[&str]) -> (String, String) {
        let output = self.run(args);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {told}");
        (text(&output.stdout), told)
    }

    pub fn prints(&self, args: &[&str]) -> String {
        self.says(args).0
    }

    pub fn json(&self, args: &[&str]) -> Value {
        let printed = self.prints(&[args, &["--json"]].concat());
        serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{args:?}: {e}: {printed}"))
    }

    /// The one error of a command that fails, which prints nothing else.
    pub fn fails(&self, args: &[&str], code: i32) -> String {
        let output = self.run(args);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
        assert_eq!(text(&output.stdout), "", "{args:?}");
        let mut errors = told.lines().filter_map(|line| line.strip_prefix("error: "));
        let error = errors.next().unwrap_or_else(|| panic!("{args:?}: {told}"));
        assert_eq!(errors.next(), None, "{args:?}: {told}");
        error.to_owned()
    }

    /// The names of the installed models.
    pub fn listed(&self) -> Vec<String> {
        let models = self.json(&["model", "list"]);
        let models = models.as_array().expect("a list").iter();
        let installed = models.filter(|model| model["bundled"] == false);
        installed
            .map(|model| model["name"].as_str().expect("a name").to_owned())
            .collect()
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is UTF-8")
}

/// Code that has a model write three tokens, and prints a field of the answer's metadata.
pub fn answer(model: Option<&str>, field: &str) -> String {
    let model = model.map_or(String::new(), |model| format!("model = {model:?}, "));
    format!(
        "print(Agent.create({{ {model}temperature = 0, max_tokens = 3 }}):execute('abc').metadata.{field})"
    )
}

/// The names in a folder, sorted; none if there is no folder.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("the folder can be read").file_name();
        name.to_string_lossy().into_owned()
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}
