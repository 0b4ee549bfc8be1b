//! Which archive of a release is for this machine, and what its digest is.
//!
//! Source: the assets of <https://github.com/ollama/ollama/releases>: new ones for Linux are `.tar.zst`,
//! older ones and those for macOS `.tgz`; `sha256sum.txt` has a line `DIGEST  ./NAME` for each.

use std::env::consts;

use reqwest::Url;

use crate::Error;
use crate::transfer::Transfer;
use crate::url::masked;

const ADDRESS: &str = "https://github.com/ollama/ollama/releases/latest/download";
const VARIABLE: &str = "LLMSPELL_OLLAMA_RELEASES";
const DIGESTS: &str = "sha256sum.txt";

/// The newest release, for one kind of machine.
pub struct Release {
    /// What its files lie below.
    pub address: Url,
    /// The archive that is wanted, under the names it may have, the preferred one first.
    names: [String; 2],
}

impl Release {
    pub fn for_this_machine() -> Result<Self, Error> {
        let stem = stem(consts::OS, consts::ARCH)?;
        let set = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
        Ok(Self {
            address: address(set.as_deref().unwrap_or(ADDRESS))?,
            // Where there is a choice, the one that needs no `zstd`.
            names: ["tgz", "tar.zst"].map(|ending| format!("{stem}.{ending}")),
        })
    }

    /// Where one of its files is.
    pub fn url(&self, file: &str) -> Url {
        let mut url = self.address.clone();
        url.path_segments_mut()
            .expect("an address of http has a path")
            .pop_if_empty()
            .push(file);
        url
    }

    /// The archive's name and its digest.
    pub async fn choose(&self, transfer: &Transfer) -> Result<(String, String), Error> {
        let list = self.url(DIGESTS);
        let text = transfer.text(&list).await?;
        let text = String::from_utf8_lossy(&text);
        let found = |name: &String| Some((name.clone(), digest(&text, name)?));
        let found = self.names.iter().find_map(found);
        found.ok_or_else(|| Error::NoRelease {
            list: masked(list.as_str()),
            wanted: self.names.join(" or "),
        })
    }
}

fn address(text: &str) -> Result<Url, Error> {
    let wrong = || Error::ReleaseAddress(masked(text));
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err(wrong()),
    }
}

/// What an archive is called, without its ending.
fn stem(system: &str, processor: &str) -> Result<String, Error> {
    match (system, processor) {
        ("linux", "x86_64") => Ok("ollama-linux-amd64".to_owned()),
        ("linux", "aarch64") => Ok("ollama-linux-arm64".to_owned()),
        ("macos", _) => Ok("ollama-darwin".to_owned()),
        _ => Err(Error::NoOllamaFor(format!("{system} on {processor}"))),
    }
}

/// The digest of a file in a list as `sha256sum` writes it.
fn digest(list: &str, file: &str) -> Option<String> {
    let of = |line: &str| {
        let (digest, name) = line.trim().split_once(char::is_whitespace)?;
        let name = name.trim_start().trim_start_matches('*');
        let is_digest = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
        let is_file = name.trim_start_matches("./") == file;
        (is_digest && is_file).then(|| digest.to_ascii_lowercase())
    };
    list.lines().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_and_processor_has_its_archive() {
        let of = |system, processor| stem(system, processor).map_err(|error| error.to_string());
        assert_eq!(of("linux", "x86_64").as_deref(), Ok("ollama-linux-amd64"));
        assert_eq!(of("linux", "aarch64").as_deref(), Ok("ollama-linux-arm64"));
        assert_eq!(of("macos", "aarch64").as_deref(), Ok("ollama-darwin"));
        for (system, processor) in [("windows", "x86_64"), ("linux", "riscv64")] {
            let problem = of(system, processor).expect_err(system);
            assert!(problem.contains("https://ollama.com/download"), "{problem}");
        }
    }

    #[test]
    fn a_digest_is_that_of_the_very_file() {
        let (one, two) = ("a".repeat(64), "B".repeat(64));
        let list = format!(
            "{one}  ./ollama-linux-amd64-rocm.tgz\n{two} *ollama-linux-amd64.tgz\nabc  ./short.tgz\n"
        );
        assert_eq!(digest(&list, "ollama-linux-amd64-rocm.tgz"), Some(one));
        assert_eq!(
            digest(&list, "ollama-linux-amd64.tgz"),
            Some("b".repeat(64))
        );
        for absent in ["ollama-linux", "amd64.tgz", "short.tgz"] {
            assert_eq!(digest(&list, absent), None, "{absent}");
        }
    }

    #[test]
    fn an_address_is_one_of_the_web() {
        for wrong in ["", "ollama", "file:///tmp", "ftp://example.org"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        let release = Release {
            address: address("https://example.org/ollama/").expect("an address"),
            names: Default::default(),
        };
        assert_eq!(
            release.url(DIGESTS).as_str(),
            "https://example.org/ollama/sha256sum.txt"
        );
    }
}
