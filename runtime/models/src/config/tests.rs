use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::keys::{KEYS, dotted, flat, lookup, path, spellings, suggestion};
use super::*;

mod documentation;
mod problems;
mod sources;
mod trust;

/// A home with the user's file and a project, as a test sets them up.
struct Setup {
    folder: TempDir,
    environment: Vec<(String, String)>,
    flags: Vec<String>,
}

impl Setup {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let setup = Self {
            folder,
            environment: Vec::new(),
            flags: Vec::new(),
        };
        let home = setup.home();
        setup.variable("HOME", home.to_str().expect("its name is UTF-8"))
    }

    fn home(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there")
    }

    /// The project's folder.
    fn project(&self) -> PathBuf {
        self.home().join("project")
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.home().join(name);
        let folder = path.parent().expect("it lies in a folder");
        std::fs::create_dir_all(folder).expect("the folder is writable");
        std::fs::write(&path, text).expect("the folder is writable");
        self
    }

    fn user(self, text: &str) -> Self {
        self.file(".config/llmspell/config.toml", text)
    }

    fn project_file(self, text: &str) -> Self {
        self.file("project/llmspell.toml", text)
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    fn search(&self) -> Search {
        Search {
            script_folder: Some(self.project().join("scripts/deep")),
            explicit_file: None,
            environment: self.environment.clone().into_iter().collect(),
            flags: self.flags.clone(),
        }
    }

    fn load(&self) -> Config {
        Config::load(&self.search()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What is wrong, one line each, without the folder's name.
    fn problems(&self) -> String {
        let error = Config::load(&self.search()).expect_err("something is wrong");
        let home = self.home().display().to_string();
        error.to_string().replace(&home, "~")
    }
}

/// Value and origin of a key, without the folder's name.
fn entry(setup: &Setup, config: &Config, key: &str) -> (serde_json::Value, String) {
    let entry = config.entries().iter().find(|entry| entry.key == key);
    let entry = entry.unwrap_or_else(|| panic!("no entry {key}"));
    let home = setup.home().display().to_string();
    (entry.value.clone(), entry.origin.replace(&home, "~"))
}
