//! All sources but the defaults: which there are, and reading each.

use std::path::{Path, PathBuf};

use super::Search;
use super::environment::Environment;
use super::expand::Expander;
use super::files;
use super::flags;
use super::layer::Layer;
use super::problems::Problems;
use super::trust;

/// What the sources set, the weakest first.
pub(super) fn layers(search: &Search, problems: &mut Problems) -> Vec<Layer> {
    let here = Here {
        environment: &search.environment,
        folder: std::env::current_dir().unwrap_or_default(),
    };
    let user = here.user(problems);
    let expand = here.expander(&here.folder, true);
    let variables = search.environment.settings(&expand, problems);
    let flags = flags::settings(&search.flags, &expand, problems);
    let middle = match &search.explicit_file {
        Some(path) => here.own(&here.folder.join(path), problems),
        None => {
            let folder = search.script_folder.as_deref().unwrap_or(Path::new(""));
            let own = [&user, &variables, &flags];
            here.project(&here.folder.join(folder), own, problems)
        }
    };
    vec![user, middle, variables, flags]
}

/// Where the process is.
struct Here<'a> {
    environment: &'a Environment,
    folder: PathBuf,
}

impl Here<'_> {
    fn expander(&self, folder: &Path, trusted: bool) -> Expander<'_> {
        Expander {
            environment: self.environment,
            folder: folder.to_owned(),
            trusted,
        }
    }

    /// A file that the user chose.
    fn own(&self, path: &Path, problems: &mut Problems) -> Layer {
        let expand = self.expander(&files::folder(path), true);
        files::read(path, &expand, problems)
    }

    fn user(&self, problems: &mut Problems) -> Layer {
        let path = self.environment.user_file().filter(|path| path.exists());
        path.map(|path| self.own(&path, problems))
            .unwrap_or_default()
    }

    /// The project's file, which may do less than those of the user: `own`, the first of which is weaker than it.
    fn project(&self, folder: &Path, own: [&Layer; 3], problems: &mut Problems) -> Layer {
        let Some(path) = files::project(folder) else {
            return Layer::default();
        };
        let folder = files::folder(&path);
        let trusted = trust::is_trusted(&folder, &own);
        let layer = files::read(&path, &self.expander(&folder, trusted), problems);
        trust::check_project(&layer, problems);
        if !trusted {
            trust::check_untrusted(&layer, own, problems);
        }
        layer
    }
}
