//! What changes logits: penalties, biases, DRY.

use super::*;
use crate::generate::sampling::{Dry, Penalties, Window};

/// The logits after everything that adjusts them.
fn adjusted(sampler: &mut Sampler, logits: &[f32], history: &[u32]) -> Vec<f32> {
    let mut logits = logits.to_vec();
    let tokenizer = vocabulary();
    let sampled = sampler.sample(&mut logits, history, tokenizer.tokenizer());
    sampled.expect("finite logits");
    logits
}

#[test]
fn penalties_are_what_llama_cpp_defines() {
    let mut random = Random::new(3);
    for _ in 0..100 {
        let penalties = Penalties {
            repeat: 0.5 + random.unit() as f32,
            frequency: random.unit() as f32 * 4.0 - 2.0,
            presence: random.unit() as f32 * 4.0 - 2.0,
            window: [Window::All, Window::Last(0), Window::Last(7)][random.below(3)],
        };
        let mut sampler = Sampler::new(&Sampling {
            penalties,
            ..Sampling::greedy()
        });
        let mut history: Vec<u32> = (0..random.below(30))
            .map(|_| random.below(9) as u32)
            .collect();
        for _ in 0..20 {
            let logits: Vec<f32> = (0..9).map(|_| random.unit() as f32 * 8.0 - 4.0).collect();
            let recent = match penalties.window {
                Window::All => &history[..],
                Window::Last(n) => &history[history.len() - n.min(history.len())..],
            };
            let expect: Vec<f32> = (0u32..)
                .zip(&logits)
                .map(|(token, &logit)| {
                    let count = recent.iter().filter(|&&recent| recent == token).count();
                    if count == 0 {
                        return logit;
                    }
                    let scaled = if logit <= 0.0 {
                        logit * penalties.repeat
                    } else {
                        logit / penalties.repeat
                    };
                    scaled - (count as f32 * penalties.frequency) - penalties.presence
                })
                .collect();
            assert_eq!(
                adjusted(&mut sampler, &logits, &history),
                expect,
                "{penalties:?} {history:?}"
            );
            history.extend((0..1 + random.below(2)).map(|_| random.below(9) as u32));
        }
    }
}

#[test]
fn a_logit_bias_forces_and_bans_tokens() {
    let logits = [0.0, 3.0, 1.0];
    let biased = |token, bias| {
        let logit_bias = [(token, bias)].into();
        draw(
            &mut Sampler::new(&Sampling {
                logit_bias,
                ..Sampling::greedy()
            }),
            &logits,
            &[],
        )
    };
    assert_eq!(biased(0, 100.0), 0);
    assert_eq!(biased(1, -100.0), 2);
    assert_eq!(biased(1, -1.0), 1);
}

fn dry() -> Dry {
    Dry {
        multiplier: 0.8,
        base: 1.75,
        allowed_length: 2,
        ..Dry::default()
    }
}

/// What DRY takes off each token's logit after a text.
fn taken(dry: Dry, text: &str) -> Vec<(char, f32)> {
    let mut sampler = Sampler::new(&Sampling {
        dry: Some(dry),
        ..Sampling::greedy()
    });
    let history: Vec<u32> = text.bytes().map(u32::from).collect();
    let after = adjusted(&mut sampler, &[0.0; 259], &history);
    let changed = (0u8..=255).zip(after).filter(|(_, logit)| *logit != 0.0);
    changed
        .map(|(token, logit)| (char::from(token), -logit))
        .collect()
}

#[test]
fn dry_takes_off_what_its_author_says() {
    // "abc" stood before "d", and "c" alone is shorter than what is allowed.
    assert_eq!(taken(dry(), "abcd ce abc"), [('d', 0.8 * 1.75)]);
    // Of two repetitions that go on in the same way the longer one counts.
    assert_eq!(taken(dry(), "abcd xbcd abc"), [('d', 0.8 * 1.75)]);
    // Two that go on differently count both, each with its length.
    assert_eq!(
        taken(dry(), "abcd xbce abc"),
        [('d', 0.8 * 1.75), ('e', 0.8)]
    );
    assert_eq!(taken(dry(), "abcd bc"), [('d', 0.8)]);
    assert_eq!(taken(dry(), "abcd c"), []);
    assert_eq!(
        taken(
            Dry {
                multiplier: 0.0,
                ..dry()
            },
            "abcd abc"
        ),
        []
    );
    assert_eq!(
        taken(
            Dry {
                allowed_length: 3,
                ..dry()
            },
            "abcd abc"
        ),
        [('d', 0.8)]
    );
    assert_eq!(
        taken(
            Dry {
                window: Window::Last(6),
                ..dry()
            },
            "abcd abc"
        ),
        []
    );
    assert_eq!(
        taken(
            Dry {
                window: Window::Last(7),
                ..dry()
            },
            "abcd abc"
        ),
        [('d', 0.8)]
    );
}

#[test]
fn no_repetition_reaches_across_a_sequence_breaker() {
    assert_eq!(taken(dry(), "a:bcd a:bc"), [('d', 0.8)]);
    assert_eq!(taken(dry(), "ab:cd ab:c"), []);
    let breakers = |text: &str| Dry {
        sequence_breakers: vec![text.to_owned()],
        ..dry()
    };
    // Breakers of several tokens count where they end.
    assert_eq!(
        taken(breakers("ENDS"), "xENDSabcd xENDSabc"),
        [('d', 0.8 * 1.75)]
    );
    assert_eq!(taken(breakers("zz"), "xyzabcd xyzabc").len(), 1);
    assert!(taken(breakers("zz"), "xyzabcd xyzabc")[0].1 > 0.8 * 1.75);
}

#[test]
fn dry_does_not_depend_on_how_often_it_has_looked() {
    let text = "one two: one two one two\none two";
    let history: Vec<u32> = text.bytes().map(u32::from).collect();
    let sampling = Sampling {
        dry: Some(dry()),
        ..Sampling::greedy()
    };
    let mut often = Sampler::new(&sampling);
    for end in 1..=history.len() {
        let once = adjusted(&mut Sampler::new(&sampling), &[0.0; 259], &history[..end]);
        assert_eq!(
            adjusted(&mut often, &[0.0; 259], &history[..end]),
            once,
            "{end}"
        );
    }
}

#[test]
fn a_penalty_beyond_all_numbers_leaves_the_logits_finite() {
    let history = vec![97; 2_000];
    let sampling = Sampling {
        dry: Some(dry()),
        ..Sampling::greedy()
    };
    let after = adjusted(&mut Sampler::new(&sampling), &[0.0; 259], &history);
    assert!(after[97] < -1e20 && after[97].is_finite());
}
