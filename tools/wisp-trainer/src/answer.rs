//! Greedy answers of the model in training, many dialogues at a time.

use crate::{
    dialogue::Message,
    error::Result,
    model::Model,
    tokenizer::{END, Tokenizer},
};
use std::ops::Range;

/// One conversation that is being continued.
struct Open {
    ids: Vec<u32>,
    prompt: usize,
    done: bool,
}

/// The most likely answer to each conversation, at most `limit` tokens long.
pub fn greedy(
    model: &Model,
    tokenizer: &Tokenizer,
    conversations: &[&[Message]],
    limit: usize,
) -> Result<Vec<String>> {
    let end = tokenizer.id(END)?;
    let mut all = Vec::new();
    for messages in conversations {
        let ids = tokenizer.prompt(messages)?;
        all.push(Open {
            prompt: ids.len(),
            ids,
            done: false,
        });
    }
    for _ in 0..limit {
        let mut open: Vec<&mut Open> = all.iter_mut().filter(|one| !one.done).collect();
        if open.is_empty() {
            break;
        }
        let next = next_tokens(model, &open)?;
        for (one, token) in open.iter_mut().zip(next) {
            one.done = token == end || one.ids.len() + 1 >= model.config.context;
            if token != end {
                one.ids.push(token);
            }
        }
    }
    all.iter()
        .map(|one| tokenizer.decode(&one.ids[one.prompt..]))
        .collect()
}

/// The most likely token after each conversation.
fn next_tokens(model: &Model, open: &[&mut Open]) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for one in open {
        ranges.push(ids.len()..ids.len() + one.ids.len());
        ids.extend(&one.ids);
    }
    let last: Vec<u32> = ranges.iter().map(|range| range.end as u32 - 1).collect();
    Ok(model.forward(&ids, &ranges, &last)?.argmax(1)?.to_vec1()?)
}
