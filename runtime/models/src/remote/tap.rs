//! [`Tap`]: looks at what comes from a provider before rig reads it, for what rig leaves out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use rig_core::driver::{Exchange, Opening, Transport};
use rig_core::http_client::DynHttpClient;
use rig_core::wire::{Encoded, Wire, WireFrame};
use serde_json::Value;

use super::logprobs::logprobs;
use crate::TokenLogprobs;

/// What was seen and not yet told, in order.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<Mutex<VecDeque<TokenLogprobs>>>);

impl Seen {
    /// All of it, once.
    pub fn take(&self) -> Vec<TokenLogprobs> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.drain(..).collect()
    }

    fn look(&self, frame: &WireFrame) {
        let Ok(frame) = serde_json::from_str::<Value>(&frame.as_str()) else {
            return;
        };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(logprobs(&frame));
    }
}

/// A transport that notes how likely each token was: rig reads a stream without that.
#[derive(Clone)]
pub struct Tap {
    pub http: DynHttpClient,
    /// `None` if nobody asked.
    pub seen: Option<Seen>,
}

impl<W> Transport<W> for Tap
where
    W: Wire<Payload = Encoded, Frame = WireFrame>,
{
    fn send(&self, payload: Encoded, exchange: Exchange) -> Opening<WireFrame> {
        let opening = Transport::<W>::send(&self.http, payload, exchange);
        let Some(seen) = self.seen.clone() else {
            return opening;
        };
        Opening::new(async move {
            let opened = opening.await?;
            Ok(opened.map_frames(move |frames| {
                frames.inspect(move |frame| {
                    if let Ok(frame) = frame {
                        seen.look(frame);
                    }
                })
            }))
        })
    }
}
