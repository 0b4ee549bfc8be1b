//! Starting the server of this machine.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::Error;
use crate::ollama::server::Server;
use crate::ollama::settings::OllamaSettings;

/// How often a server that was started is asked whether it is there.
const PAUSE: Duration = Duration::from_millis(50);

/// Starts `ollama serve`.
pub struct Starter {
    program: PathBuf,
    patience: Duration,
    /// Held by the one that starts it; others find it running.
    starting: Mutex<()>,
}

impl Starter {
    pub fn new(settings: &OllamaSettings) -> Self {
        Self {
            program: settings.program.clone(),
            patience: settings.start_timeout,
            starting: Mutex::default(),
        }
    }

    /// Starts the server unless it runs, and waits until it answers. It goes on when this process ends.
    pub async fn start(&self, server: &Server) -> Result<(), Error> {
        let _starting = self.starting.lock().await;
        if server.sign_of_life().await.is_ok() {
            return Ok(());
        }
        let mut child = self.spawn(server)?;
        let deadline = Instant::now() + self.patience;
        loop {
            if server.sign_of_life().await.is_ok() {
                return Ok(());
            }
            if let Some(reason) = self.given_up(&mut child, deadline) {
                return Err(server.unreachable(reason));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn spawn(&self, server: &Server) -> Result<Child, Error> {
        let mut command = Command::new(&self.program);
        command
            .arg("serve")
            .env("OLLAMA_HOST", server.host())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // A group of its own: what interrupts this process leaves the server alone.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map_err(|error| {
            let program = self.program.display();
            server.unreachable(match error.kind() {
                ErrorKind::NotFound => format!(
                    "it does not run, and auto_start finds no `{program}` on PATH; install it with `llmspell model install-ollama`, or from https://ollama.com/download"
                ),
                _ => format!("it does not run, and `{program} serve` cannot be started: {error}"),
            })
        })
    }

    /// Why waiting for it makes no sense any more.
    fn given_up(&self, child: &mut Child, deadline: Instant) -> Option<String> {
        let program = self.program.display();
        match child.try_wait() {
            Ok(Some(status)) => Some(format!("`{program} serve` was started and ended: {status}")),
            Ok(None) if Instant::now() < deadline => None,
            Ok(None) => {
                // It may have ended just now, and then there is nothing to stop.
                let _ = child.kill().and_then(|()| child.wait());
                let seconds = self.patience.as_secs_f64();
                Some(format!(
                    "`{program} serve` did not answer within {seconds} s and was stopped"
                ))
            }
            Err(error) => Some(format!("`{program} serve` cannot be watched: {error}")),
        }
    }
}
