//! What a project's file may not do unless the user trusts its folder: send a key to a server that the user
//! did not choose for it.

use std::collections::BTreeSet;
use std::path::Path;

use ::config::ValueKind;

use super::keys::{dotted, path};
use super::layer::{Layer, effective};
use super::problems::Problems;
use crate::url::masked;

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

/// Refuses what a project may not do that the user does not trust. The first of the user's `own` layers is
/// weaker than the project's file, the others are stronger.
pub(super) fn check_untrusted(project: &Layer, own: [&Layer; 3], problems: &mut Problems) {
    let [weaker, rest @ ..] = own;
    let all = [&[weaker, project][..], &rest].concat();
    let names: BTreeSet<&str> = project.names("providers.*").collect();
    for name in names {
        let of = |key: &str| vec!["providers".to_owned(), name.to_owned(), key.to_owned()];
        let (url, key) = (of("base_url"), of("api_key_env"));
        let Some((server, variable)) = both(&all, &url, &key) else {
            continue;
        };
        let changed = project.get(&url).or(project.get(&key));
        let chosen = both(&own, &url, &key).is_some_and(|own| own == (server, variable));
        if let Some(setting) = changed.filter(|_| !chosen) {
            let message = format!(
                "{}: a project may not send the key in {variable} to {}, unless its folder stands in \
                 trusted_folders of your own file, or you set base_url and api_key_env there",
                dotted(&url),
                masked(server)
            );
            problems.at(&setting.origin, message);
        }
    }
}

/// The texts of two keys, if both are set.
fn both<'a>(layers: &[&'a Layer], one: &[String], other: &[String]) -> Option<(&'a str, &'a str)> {
    let text = |path| effective(layers.iter().copied(), path)?.text();
    Some((text(one)?, text(other)?))
}
