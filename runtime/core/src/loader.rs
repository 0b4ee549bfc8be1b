//! [`Loader`]: finds modules beside the script, and nowhere else.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// A module's text and the name it is loaded under.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub name: String,
    pub text: String,
}

/// Resolves module names to files in the script's folder and its `lib` folder. Remembers every
/// file it read, for hot reload.
#[derive(Debug, Default)]
pub struct Loader {
    roots: Vec<PathBuf>,
    read: RefCell<Vec<PathBuf>>,
}

impl Loader {
    /// A loader for the modules of `script`.
    pub fn beside(script: &Path) -> Self {
        let folder = script.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let lib = folder.join("lib");
        Self {
            roots: vec![folder, lib],
            read: RefCell::default(),
        }
    }

    /// Reads module `name` (`a.b` or `a/b`, without its ending) for a language with that file
    /// `extension`.
    pub fn load(&self, name: &str, extension: &str) -> Result<Source, String> {
        let relative = relative_path(name, extension)?;
        for root in &self.roots {
            let path = root.join(&relative);
            if !path.is_file() {
                continue;
            }
            let contained = match (path.canonicalize(), root.canonicalize()) {
                (Ok(file), Ok(root)) => file.starts_with(root),
                _ => false,
            };
            if !contained {
                return Err(format!(
                    "module \"{name}\" lies outside of the script's folder"
                ));
            }
            let text = std::fs::read_to_string(&path);
            let text = text.map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            self.read.borrow_mut().push(path.clone());
            return Ok(Source {
                name: path.display().to_string(),
                text,
            });
        }
        let tried: Vec<String> = self
            .roots
            .iter()
            .map(|r| r.join(&relative).display().to_string())
            .collect();
        Err(format!(
            "no module \"{name}\"; looked for {}",
            tried.join(" and ")
        ))
    }

    /// The files that were read.
    pub fn files(&self) -> Vec<PathBuf> {
        self.read.borrow().clone()
    }
}

fn relative_path(name: &str, extension: &str) -> Result<PathBuf, String> {
    let name = name.strip_suffix(&format!(".{extension}")).unwrap_or(name);
    let name = name.strip_prefix("./").unwrap_or(name);
    let parts: Vec<&str> = name.split(['/', '.']).collect();
    let plain = |part: &str| !part.is_empty() && !part.contains(['\\', ':', '\0']);
    if !parts.iter().all(|part| plain(part)) {
        return Err(format!(
            "\"{name}\" is not a module name: give its path below the script's folder, such as \"parts/greeting\""
        ));
    }
    let mut path: PathBuf = parts.iter().collect();
    path.set_extension(extension);
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_name_is_a_path_below_the_scripts_folder() {
        let path = |name: &str| relative_path(name, "lua").map(|p| p.display().to_string());
        assert_eq!(path("greeting"), Ok("greeting.lua".to_owned()));
        assert_eq!(path("parts.greeting"), Ok("parts/greeting.lua".to_owned()));
        assert_eq!(
            path("./parts/greeting.lua"),
            Ok("parts/greeting.lua".to_owned())
        );
        for outside in ["../secret", "/etc/passwd", "a//b", "c:\\x", "", "a..b"] {
            assert!(path(outside).is_err(), "{outside}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_outside_is_refused_and_what_was_read_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("app/main.lua");
        let app = script.parent().expect("a folder");
        std::fs::create_dir_all(app.join("lib")).expect("writable");
        std::fs::write(folder.path().join("secret.lua"), "return 1").expect("writable");
        std::fs::write(app.join("lib/part.lua"), "return 2").expect("writable");
        std::os::unix::fs::symlink(folder.path().join("secret.lua"), app.join("leak.lua"))
            .expect("links can be made");
        let loader = Loader::beside(&script);
        assert!(
            loader
                .load("leak", "lua")
                .expect_err("outside")
                .contains("outside")
        );
        assert_eq!(loader.load("part", "lua").expect("in lib").text, "return 2");
        assert_eq!(loader.files(), [app.join("lib/part.lua")]);
        assert!(
            loader
                .load("none", "lua")
                .expect_err("none")
                .contains("looked for")
        );
    }
}
