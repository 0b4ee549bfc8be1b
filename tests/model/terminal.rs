//! A person at a terminal, and the keys they press.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use nix::pty::openpty;

/// Runs a command on a terminal of its own, where somebody answers its question. Also gives what was shown
/// until then.
pub fn answered(mut command: Command, answer: &str) -> (Output, String) {
    let terminal = openpty(None, None).expect("a terminal");
    let end = || terminal.slave.try_clone().expect("a second handle");
    command.stdin(end()).stderr(end()).stdout(Stdio::piped());
    let child = command.spawn().expect("the binary starts");
    // Reading ends with the process that has the other end, should it not ask.
    drop((command, terminal.slave));
    let mut screen = File::from(terminal.master);
    let mut shown = String::new();
    while !shown.contains("[y/N] ") {
        let mut bytes = [0; 256];
        let count = screen.read(&mut bytes).expect("it asks");
        shown += &String::from_utf8_lossy(&bytes[..count]);
    }
    screen.write_all(answer.as_bytes()).expect("it listens");
    (child.wait_with_output().expect("it ends"), shown)
}
