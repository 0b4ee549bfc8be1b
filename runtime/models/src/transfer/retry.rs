//! Trying again what may pass.

use std::time::Duration;

use reqwest::Url;

use super::client::{Failure, transfer_error};
use crate::Error;
use crate::settings::TransferSettings;

/// Counts the failures in a row and waits after each.
pub struct Patience<'a> {
    settings: &'a TransferSettings,
    url: &'a Url,
    attempts: u32,
    /// What to do when all have failed.
    advice: &'static str,
    failures: u32,
}

/// The most attempts of a question: who is offline wants to hear of it soon.
const MOST_QUESTIONS: u32 = 4;

impl<'a> Patience<'a> {
    /// For a question of which nothing is left if it fails.
    pub fn to_ask(settings: &'a TransferSettings, url: &'a Url) -> Self {
        Self {
            settings,
            url,
            attempts: settings.attempts.min(MOST_QUESTIONS),
            advice: "check the connection to it",
            failures: 0,
        }
    }

    /// For content, of which what came is kept.
    pub fn to_get(settings: &'a TransferSettings, url: &'a Url) -> Self {
        Self {
            attempts: settings.attempts,
            advice: "what has come is kept, pull again to go on",
            ..Self::to_ask(settings, url)
        }
    }

    /// Something came: what failed before does not count any more.
    pub fn renew(&mut self) {
        self.failures = 0;
    }

    /// Waits before the next attempt, or gives the failure back if there is to be none.
    pub async fn wait(&mut self, failure: Failure) -> Result<(), Failure> {
        let Failure::Passing {
            reason,
            wait,
            refusal,
        } = failure
        else {
            return Err(failure);
        };
        self.failures += 1;
        let pause = wait.unwrap_or_else(|| self.pause());
        if self.failures >= self.attempts || pause > self.settings.longest_wait {
            let given_up = || Box::new(self.given_up(reason));
            return Err((*refusal.unwrap_or_else(given_up)).into());
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn pause(&self) -> Duration {
        let doubled = 1u32.checked_shl(self.failures - 1).unwrap_or(u32::MAX);
        let pause = self.settings.first_wait.saturating_mul(doubled);
        pause.min(self.settings.longest_wait)
    }

    fn given_up(&self, reason: String) -> Error {
        let (times, advice) = (self.failures, self.advice);
        let reason = format!("{reason}, {times} times in a row; {advice}");
        transfer_error(self.url, reason)
    }
}
