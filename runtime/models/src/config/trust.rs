//! What a project's file may not do unless the user trusts its folder: send a key to a server that the user
//! did not choose for it.

use std::collections::BTreeSet;
use std::path::Path;

use ::config::ValueKind;

use super::keys::{dotted, path};
use super::layer::{Layer, Setting, effective};
use super::problems::Problems;

const FOLDERS: &str = "trusted_folders";

/// Whether one of the user's trusted folders is `folder` or holds it.
pub(super) fn is_trusted(folder: &Path, own: &[&Layer]) -> bool {
    let setting = effective(own.iter().copied(), &path(FOLDERS));
    let Some(ValueKind::Array(trusted)) = setting.map(|setting| &setting.value) else {
        return false;
    };
    let Ok(folder) = folder.canonicalize() else {
        return false;
    };
    let holds = |trusted: &::config::Value| {
        let text = trusted.clone().into_string().unwrap_or_default();
        let trusted = Path::new(&text).canonicalize();
        trusted.is_ok_and(|trusted| folder.starts_with(trusted))
    };
    trusted.iter().any(holds)
}

/// Refuses what no project may do.
pub(super) fn check_project(project: &Layer, problems: &mut Problems) {
    if let Some(setting) = project.get(&path(FOLDERS)) {
        let message =
            "trusted_folders: a project cannot trust itself; this key belongs into your own file";
        problems.at(&setting.origin, message.to_owned());
    }
}

/// Refuses what a project may not do that the user does not trust. `weaker` lies below the project's file,
/// `stronger` above it.
pub(super) fn check_untrusted(
    project: &Layer,
    weaker: &Layer,
    stronger: &[&Layer],
    problems: &mut Problems,
) {
    let own: Vec<&Layer> = [weaker]
        .into_iter()
        .chain(stronger.iter().copied())
        .collect();
    let all: Vec<&Layer> = [weaker, project]
        .into_iter()
        .chain(stronger.iter().copied())
        .collect();
    let names: BTreeSet<&str> = project.names("providers.*").collect();
    for name in names {
        let of = |key: &str| vec!["providers".to_owned(), name.to_owned(), key.to_owned()];
        let (url, key) = (of("base_url"), of("api_key_env"));
        let text = |layers: &[&Layer], path: &[String]| {
            let setting = effective(layers.iter().copied(), path);
            setting.and_then(Setting::text).map(str::to_owned)
        };
        let pair = (text(&all, &url), text(&all, &key));
        let (Some(server), Some(variable)) = &pair else {
            continue;
        };
        let Some(setting) = project.get(&url).or(project.get(&key)) else {
            continue;
        };
        if pair != (text(&own, &url), text(&own, &key)) {
            let message = format!(
                "{}: a project may not send the key in {variable} to {server}, unless its folder stands in \
                 trusted_folders of your own file, or you set base_url and api_key_env there",
                dotted(&of("base_url"))
            );
            problems.at(&setting.origin, message);
        }
    }
}
