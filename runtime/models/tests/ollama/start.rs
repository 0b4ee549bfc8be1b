//! Starting a server, with a program that stands for `ollama`.
#![cfg(unix)]

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use llmspell_models::{Error, Ollama, OllamaSettings};

use crate::server::{Reply, read, write};
use crate::{fixtures, wait};

/// Set for the process that plays `ollama serve`.
const PLAYS_OLLAMA: &str = "LLMSPELL_TEST_PLAYS_OLLAMA";

/// A program that does what the script says.
fn program(folder: &tempfile::TempDir, script: &str) -> PathBuf {
    let path = folder.path().join("ollama");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// An Ollama at a port that is free, which may be started.
fn startable(program: PathBuf) -> Ollama {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    Ollama::new(OllamaSettings {
        base_url: Some(url),
        auto_start: true,
        program,
        start_timeout: Duration::from_secs(20),
        ..OllamaSettings::default()
    })
    .unwrap()
}

/// The end of a server that was started: it leaves when this address is asked for.
fn end(ollama: &Ollama) {
    let address = ollama.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut stream, b"GET /end HTTP/1.1\r\n\r\n").unwrap();
    // It closes the connection when it is gone.
    let _ = std::io::Read::read(&mut stream, &mut [0]);
}

/// The process that [`a_server_is_started_once_when_it_is_needed`] starts plays Ollama in here; in the tests' own
/// process there is nothing to play.
#[test]
fn plays_ollama() {
    if std::env::var_os(PLAYS_OLLAMA).is_none() {
        return;
    }
    let listener = TcpListener::bind(std::env::var("OLLAMA_HOST").unwrap()).unwrap();
    for stream in listener.incoming() {
        std::thread::spawn(|| play(&stream.unwrap()));
    }
}

fn play(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    while let Ok(Some(asked)) = read(&mut reader) {
        match asked.line.as_str() {
            "GET /end" => std::process::exit(0),
            _ => write(stream, &Reply::json(200, &fixtures::version())).unwrap(),
        }
    }
}

#[test]
fn a_server_is_started_once_when_it_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let script = format!(
        "echo \"$@\" >> '{}'\n{PLAYS_OLLAMA}=1 exec '{}' --exact start::plays_ollama",
        log.display(),
        std::env::current_exe().unwrap().display()
    );
    let ollama = startable(program(&folder, &script));
    let versions = wait(async {
        let (one, two) = futures_util::future::join(ollama.version(), ollama.version()).await;
        [one.unwrap(), two.unwrap()]
    });
    end(&ollama);
    assert_eq!(versions, ["0.13.0", "0.13.0"]);
    assert_eq!(std::fs::read_to_string(log).unwrap(), "serve\n");
}

#[test]
fn asking_for_the_status_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let ollama = startable(program(
        &folder,
        &format!("echo started > '{}'", log.display()),
    ));
    assert!(!wait(ollama.status()).running);
    assert!(!log.exists());
}

#[test]
fn a_program_that_is_not_there_or_ends_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let missing = startable(folder.path().join("nothing"));
    let error = wait(missing.version()).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(
        error.to_string().contains("auto_start finds no `"),
        "{error}"
    );

    let ending = startable(program(&folder, "exit 3"));
    let error = wait(ending.version()).unwrap_err().to_string();
    assert!(
        error.contains("serve` was started and ended: exit status: 3"),
        "{error}"
    );
}

#[test]
fn a_server_elsewhere_is_never_started() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let program = program(&folder, &format!("echo started > '{}'", log.display()));
    let elsewhere = Ollama::new(OllamaSettings {
        // A name that resolves nowhere (RFC 6761).
        base_url: Some("http://ollama.invalid:1".to_owned()),
        auto_start: true,
        program,
        ..OllamaSettings::default()
    });
    assert!(wait(elsewhere.unwrap().version()).is_err());
    assert!(!log.exists());
}
