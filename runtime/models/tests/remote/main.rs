//! Remote providers against servers on loopback that hold requests to the providers' published references.
#![cfg(feature = "remote")]

mod anthropic;
mod compatible;
mod failures;
mod gemini;
mod hosts;
mod openai;
mod protocol;
mod safety;
mod server;
mod support;
