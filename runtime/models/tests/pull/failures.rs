//! What cannot be got says why and what to do, and leaves nothing that could be taken for a model.

use llmspell_models::Token;

use crate::server::{Fault, sha256};
use crate::world::{World, model};
use crate::{FILE, NAME};

/// The error where the hub refuses everything, and how often it was asked.
fn asked(status: u16, headers: &[(&'static str, &str)], token: bool) -> (String, usize) {
    let world = World::with(|settings| {
        if !token {
            settings.token = None;
        }
    });
    world.server.add(FILE, model(1));
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    world
        .server
        .at_hub((0..20).map(|_| Fault::Refuse(status, headers.clone())));
    let text = world.fails(NAME);
    assert!(world.names().is_empty());
    (text, world.server.asked().len())
}

fn refused(status: u16, headers: &[(&'static str, &str)], token: bool) -> String {
    asked(status, headers, token).0
}

#[test]
fn a_refusal_says_what_to_do() {
    let gated = [("x-error-code", "GatedRepo")];
    let missing = [("x-error-code", "RepoNotFound")];
    let wait = [("retry-after", "3600")];
    for (text, expected) in [
        (
            refused(401, &gated, false),
            "set HF_TOKEN to a token of someone who has to accept the licence",
        ),
        (
            refused(403, &gated, true),
            "the token's owner has to accept the licence",
        ),
        (refused(401, &[], false), "set HF_TOKEN"),
        (refused(401, &[], true), "the token was not accepted"),
        (refused(404, &missing, true), "there is no repository"),
        (
            refused(429, &wait, false),
            "set HF_TOKEN, which allows more",
        ),
        (refused(503, &[], true), "status 503; try again later"),
    ] {
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("/tiny/model-GGUF"), "{text}");
    }
}

#[test]
fn a_wait_that_is_too_long_is_not_waited_for() {
    assert_eq!(asked(429, &[("retry-after", "3600")], true).1, 1);
}

#[test]
fn a_token_that_no_request_can_carry_is_named_and_not_shown() {
    let world = World::with(|settings| settings.token = Token::new("hf_a\nb"));
    let text = world.fails(NAME);
    assert!(
        text.contains("HF_TOKEN") && !text.contains("hf_a"),
        "{text}"
    );
    assert!(world.server.asked().is_empty());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let world = World::new();
    world.server.add(FILE, model(1));
    let text = world.fails("hf:tiny/model-GGUF/other.gguf");
    assert!(
        text.contains("status 404") && text.contains("/tiny/model-GGUF/tree/main"),
        "{text}"
    );
    let text = world.fails("hf:tiny/nothing");
    assert!(
        text.contains("there is no repository") && text.contains("/tiny/nothing"),
        "{text}"
    );
}

#[test]
fn a_server_that_cannot_be_reached_is_named() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let world = World::with(|settings| settings.endpoint = address.clone());
    let text = world.fails(NAME);
    assert!(
        text.starts_with(&address) && text.contains("4 times in a row; check the connection"),
        "{text}"
    );
}

#[test]
fn an_endpoint_that_is_no_address_is_named() {
    for endpoint in ["huggingface", "ftp://huggingface.co", "http://"] {
        let world = World::with(|settings| settings.endpoint = endpoint.to_owned());
        let text = world.fails(NAME);
        assert!(
            text.contains(endpoint.trim_end_matches('/')) && text.contains("HF_ENDPOINT"),
            "{text}"
        );
    }
}

#[test]
fn bytes_that_are_not_what_was_announced_are_deleted() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world
        .server
        .announce_digest(FILE, sha256(b"something else"));
    let text = world.fails(NAME);
    assert!(
        text.contains("tiny-Q8_0.gguf") && text.contains("another sha256"),
        "{text}"
    );
    assert!(world.names().is_empty());
    let files = world.files();
    assert!(
        files.iter().all(|file| file.ends_with(".lock")),
        "{files:?}"
    );
}

#[test]
fn redirects_that_do_not_end_are_an_error() {
    let world = World::new();
    world.server.add(FILE, model(1));
    let circle = format!("{}/{}", world.server.endpoint(), "tiny/circle");
    world
        .server
        .at_hub((0..30).map(|_| Fault::Redirect(circle.clone())));
    let text = world.fails(NAME);
    assert!(text.contains("without end"), "{text}");
}

#[test]
fn redirects_to_what_is_not_the_web_are_an_error() {
    for to in ["file:///etc/passwd", "ftp://127.0.0.1/x"] {
        let world = World::new();
        world.server.at_hub([Fault::Redirect(to.to_owned())]);
        let text = world.fails(NAME);
        assert!(text.contains("leads away from https"), "{text}");
    }
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    for name in [
        "../x-Q4_K_M.gguf",
        "/tmp/x-Q4_K_M.gguf",
        "a/../../x.gguf",
        "a\\..\\x.gguf",
        "a//x.gguf",
    ] {
        let world = World::new();
        world.server.add(FILE, model(1));
        world.server.list(name);
        let text = world.fails("hf:tiny/model-GGUF:Q4_K_M");
        assert!(
            text.contains("outside of its folder; nothing was downloaded"),
            "{text}"
        );
        assert!(world.files().is_empty());
    }
}

#[test]
fn names_that_lead_out_of_the_folder_are_no_names() {
    let world = World::new();
    for name in [
        "hf:tiny/../x.gguf",
        "hf:../tiny/x.gguf",
        "hf:tiny/model/../../x.gguf",
        "hf:/etc/passwd",
        "hf:tiny//x.gguf",
        "candle/../x:7b",
        &format!("hf:tiny/{}", "a".repeat(300)),
        "hf:tiny/mödel",
    ] {
        let text = world.fails(name);
        assert!(text.starts_with("model name"), "{text}");
    }
    assert!(world.server.asked().is_empty());
}

#[test]
fn a_file_that_does_not_fit_is_not_begun() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.server.announce_size(FILE, 1 << 60);
    let text = world.fails(NAME);
    assert!(
        text.contains("MB are needed") && text.contains("make room"),
        "{text}"
    );
    assert!(world.server.ranges().is_empty(), "nothing was got");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let world = World::with(|settings| {
        let folder = settings.directory.as_ref().expect("a folder");
        std::fs::write(folder, "a file, where the folder should be").expect("written");
    });
    world.server.add(FILE, model(1));
    let text = world.fails(NAME);
    assert!(
        text.contains("models cannot be kept there") && text.contains("model_directory"),
        "{text}"
    );
    assert!(world.server.ranges().is_empty());
    let nowhere = World::with(|settings| settings.directory = None);
    nowhere.server.add(FILE, model(1));
    assert!(nowhere.fails(NAME).contains("XDG_DATA_HOME"));
    assert!(nowhere.names().is_empty());
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_for_reading_only_is_named_and_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    let folder = world.path("tiny/model-GGUF");
    let mode = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&folder, mode).expect("it is our folder");
    };
    mode(0o555);
    if std::fs::write(folder.join("probe"), "").is_ok() {
        // This user may write to everything, so there is no such folder for it.
        std::fs::remove_file(folder.join("probe")).expect("it was just written");
        mode(0o755);
        return;
    }
    let before = world.files();
    world.server.add("tiny/model-GGUF/tiny-Q4_0.gguf", model(2));
    assert!(
        world
            .fails("hf:tiny/model-GGUF/tiny-Q4_0.gguf")
            .contains("make the folder writable")
    );
    let text = world.remove(NAME).expect_err("it cannot be").to_string();
    assert!(text.contains("tiny/model-GGUF"), "{text}");
    assert_eq!(world.files(), before);
    assert_eq!(world.names(), [NAME]);
    mode(0o755);
}
