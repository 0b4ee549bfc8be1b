//! Getting what is missing of a file, in pieces.

use std::ops::Range;

use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::{Response, StatusCode, Url};

use super::client::{Client, Failure, failed, transfer_error};
use super::meter::Meter;
use super::part::{Part, Writer};
use super::remote::content_range;
use super::retry::Patience;
use crate::settings::TransferSettings;

/// A file that is being got.
pub struct Pieces<'a> {
    pub client: &'a Client,
    pub settings: &'a TransferSettings,
    pub url: &'a Url,
    pub part: &'a Part,
    pub meter: &'a Meter<'a>,
}

impl Pieces<'_> {
    /// Gets all that is missing.
    pub async fn get(&self) -> Result<(), Failure> {
        let Some(missing) = self.part.missing() else {
            return self.whole().await;
        };
        let large = self.part.remote().size >= Some(self.settings.large);
        let connections = if large {
            self.settings.connections.max(1)
        } else {
            1
        };
        let pieces = split(&missing, connections);
        stream::iter(pieces)
            .map(|range| self.piece(range))
            .buffer_unordered(connections)
            .try_collect()
            .await
    }

    /// One piece; goes on after each interruption.
    async fn piece(&self, range: Range<u64>) -> Result<(), Failure> {
        let mut writer = self.part.writer(range.start)?;
        let mut patience = Patience::to_get(self.settings, self.url);
        while writer.at() < range.end {
            let before = writer.at();
            let rest = before..range.end;
            let ended = self.attempt(&mut writer, &rest).await;
            if writer.at() > before {
                patience.renew();
            }
            if let Err(failure) = ended {
                patience.wait(failure).await?;
            }
        }
        Ok(())
    }

    async fn attempt(&self, writer: &mut Writer<'_>, rest: &Range<u64>) -> Result<(), Failure> {
        let answer = self.client.get(self.url, Some(rest)).await?;
        if self.part.remote().differs(&answer.remote) {
            return Err(Failure::Changed);
        }
        let response = answer.response;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = content_range(response.headers()).map(|(range, _)| range);
                if range.is_none_or(|range| range.start != rest.start) {
                    return Err(transfer_error(
                        self.url,
                        "the server sends other bytes than it was asked for",
                    )
                    .into());
                }
            }
            _ if *rest == (0..self.part.remote().size.unwrap_or(0)) => {}
            _ => return Err(Failure::Whole),
        }
        self.receive(response, writer, Some(rest.end)).await
    }

    /// All of it over one connection, from the start again after each interruption.
    async fn whole(&self) -> Result<(), Failure> {
        let mut writer = self.part.writer(0)?;
        let mut patience = Patience::to_get(self.settings, self.url);
        while let Err(failure) = self.attempt_whole(&mut writer).await {
            patience.wait(failure).await?;
            self.meter.take_back(writer.restart()?);
        }
        Ok(())
    }

    async fn attempt_whole(&self, writer: &mut Writer<'_>) -> Result<(), Failure> {
        let answer = self.client.get(self.url, None).await?;
        if self.part.remote().differs(&answer.remote) {
            return Err(Failure::Changed);
        }
        self.receive(answer.response, writer, self.part.remote().size)
            .await
    }

    /// Writes what comes, up to an end if one is known.
    async fn receive(
        &self,
        mut response: Response,
        writer: &mut Writer<'_>,
        end: Option<u64>,
    ) -> Result<(), Failure> {
        while let Some(bytes) = response.chunk().await.map_err(|error| failed(&error))? {
            let room = end.map_or(bytes.len() as u64, |end| end - writer.at());
            let bytes = &bytes[..bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
            writer.write(bytes, self.settings.journal_step)?;
            self.meter.add(bytes.len() as u64);
        }
        match end {
            Some(end) if writer.at() < end => Err(Failure::passing("the connection ended early")),
            _ => Ok(()),
        }
    }
}

/// Cuts ranges so that so many connections have about the same to do.
fn split(ranges: &[Range<u64>], connections: usize) -> Vec<Range<u64>> {
    let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    let most = total.div_ceil(connections.max(1) as u64).max(1);
    let cut = |range: &Range<u64>| {
        let (start, end) = (range.start, range.end);
        let starts = (start..end).step_by(usize::try_from(most).unwrap_or(usize::MAX));
        starts.map(move |start| start..end.min(start.saturating_add(most)))
    };
    ranges.iter().flat_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_shared_among_the_connections() {
        check("0-100", 4, "0-25 25-50 50-75 75-100");
        check("0-10 90-100", 2, "0-10 90-100");
        check("0-3", 4, "0-1 1-2 2-3");
        check("5-12", 1, "5-12");
        check("", 4, "");
    }

    fn check(missing: &str, connections: usize, expected: &str) {
        assert_eq!(split(&ranges(missing), connections), ranges(expected));
    }

    fn ranges(text: &str) -> Vec<Range<u64>> {
        let range = |text: &str| {
            let (first, end) = text.split_once('-').expect("two ends");
            first.parse().expect("a number")..end.parse().expect("a number")
        };
        text.split_whitespace().map(range).collect()
    }
}
