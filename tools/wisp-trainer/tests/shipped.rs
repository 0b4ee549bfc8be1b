//! The model that is in the repository, and what its card says of it.

use candle_core::quantized::gguf_file::Content;
use std::{fs, path::PathBuf};
use wisp_trainer::{
    answer::Answerer,
    corpus::{Corpus, SKILLS, Split},
    dialogue::Prompt,
    exam,
};

fn shipped(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../runtime/models/wisp");
    PathBuf::from(folder).join(name)
}

/// `3,336,160`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = groups.map(|group| str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

#[test]
fn the_file_is_small_and_the_card_tells_its_sizes() {
    let path = shipped("wisp.gguf");
    let bytes = fs::metadata(&path).unwrap().len();
    let file = Content::read(&mut fs::File::open(path).unwrap()).unwrap();
    let parameters = file.tensor_infos.values();
    let parameters: usize = parameters.map(|tensor| tensor.shape.elem_count()).sum();
    let tokens = file.tensor_infos["token_embd.weight"].shape.dims()[0];
    let context = file.metadata["llama.context_length"].to_u32().unwrap();
    assert!(bytes <= 8 << 20, "{bytes}");
    assert!(
        (2_000_000..=8_000_000).contains(&parameters),
        "{parameters}"
    );
    assert!(context >= 512, "{context}");

    let card = fs::read_to_string(shipped("README.md")).unwrap();
    for number in [bytes, parameters as u64, tokens as u64, context.into()] {
        assert!(card.contains(&grouped(number)), "the card lacks {number}");
    }
}

/// Right answers of 30 below which a skill was broken on the way, by its place in `SKILLS`.
const FLOORS: &[(&str, usize)] = &[
    ("facts", 29),
    ("arithmetic", 24),
    ("memory", 26),
    ("persona", 29),
    ("small talk", 24),
    ("following", 28),
    ("not knowing", 29),
    ("tools", 22),
    ("JSON", 23),
];

#[test]
fn the_file_passes_its_exam() {
    let answerer = Answerer::open(&shipped("wisp.gguf")).unwrap();
    let floor = |name: &str| FLOORS.iter().find(|(skill, _)| *skill == name);
    let report = exam::run(
        &Corpus::new(1),
        SKILLS.iter().filter(|skill| floor(skill.name).is_some()),
        Split::HeldOut,
        30,
        |prompt| answerer.fits(prompt),
        &mut |prompts: &[Prompt]| answerer.greedy(prompts),
    )
    .unwrap();
    for score in &report.0 {
        assert!(score.right >= floor(score.skill).unwrap().1, "{report}");
    }
    assert_eq!(report.0.len(), FLOORS.len());
    assert_eq!(SKILLS.len(), FLOORS.len());
}
