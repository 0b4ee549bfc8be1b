//! `llmspell bench`.

use std::path::Path;
use std::process::{Output, Stdio};

use tempfile::TempDir;

use crate::{fails, file, llmspell, process};

/// A run of `bench` with a cache folder of its own.
fn bench(cache: &Path, args: &[&str]) -> Output {
    let mut command = process::llmspell();
    let command = command.arg("bench").args(args).stdin(Stdio::null());
    let command = command.env("XDG_CACHE_HOME", cache);
    command.output().expect("the binary starts")
}

#[test]
fn bench_gives_its_figures_as_json_and_nothing_else() {
    let output = llmspell(&[
        "bench",
        "wisp",
        "--prompt",
        "40",
        "--generate",
        "5",
        "--parallel",
        "3",
        "--json",
    ]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors, "");
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for field in [
        "load_ms",
        "prefill_tps",
        "decode_tps",
        "first_token_ms",
        "aggregate_tps",
    ] {
        assert!(
            figures[field].as_f64().is_some_and(|x| x > 0.0),
            "{figures}"
        );
    }
    for (field, value) in [("prompt", 40), ("generate", 5), ("parallel", 3)] {
        assert_eq!(figures[field], value, "{figures}");
    }
    // The model in the box alone has as many bytes.
    let memory = figures["peak_rss_bytes"].as_u64();
    assert!(memory.is_none_or(|bytes| bytes > 3_000_000), "{figures}");
}

#[test]
fn bench_says_what_it_does_and_ends_with_a_table() {
    let output = llmspell(&["bench", "wisp", "--generate", "2", "--parallel", "1"]);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "loading\nprefill\ndecode\nsequences at once\n"
    );
    let table = String::from_utf8_lossy(&output.stdout);
    let (head, rows) = table.split_once("\n\n").expect("an empty line");
    assert!(head.starts_with("wisp: llama, "), "{table}");
    assert!(head.ends_with("prompt 256 tokens, generate 2"), "{table}");
    let unit = |row: &str| row.rfind(' ').map(|at| row[..at].len());
    let rows: Vec<&str> = rows.lines().collect();
    assert_eq!(rows.len(), 6, "{table}");
    assert!(rows.iter().all(|row| unit(row) == Some(25)), "{table}");
}

#[test]
fn bench_refuses_what_cannot_be_measured() {
    fails(&["bench"], 2, "<MODEL|--synthetic <SHAPE>>");
    fails(&["bench", "none"], 1, "no model \"none\" is installed");
    for elsewhere in ["ollama/wisp", "openai/gpt-4o"] {
        fails(
            &["bench", elsewhere],
            1,
            "only models of this process are measured",
        );
    }
    let off = "providers.candle.enabled=false";
    fails(
        &["bench", "wisp", "--set", off],
        1,
        "no backend \"candle\" is set up",
    );
    fails(&["bench", "none.gguf"], 1, "no such file");
    fails(&["bench", "wisp", "--prompt", "0"], 2, "0 is not in 1..");
    fails(&["bench", "wisp", "--parallel", "0"], 2, "0 is not in 1..");
    fails(
        &["bench", "wisp", "--prompt", "500", "--generate", "13"],
        2,
        "a prompt of 500 tokens and 13 generated ones do not fit into the model's context of 512",
    );
    fails(
        &["bench", "--synthetic", "gpt-5"],
        2,
        "tinyllama-1.1b, llama-8b",
    );
    fails(
        &["bench", "--synthetic", "llama-25m", "--quant", "q1"],
        2,
        "q4_k_m, q8_0, f16",
    );
    fails(
        &["bench", "wisp", "--synthetic", "llama-25m"],
        2,
        "cannot be used with",
    );
    fails(
        &["bench", "wisp", "--quant", "q8_0"],
        2,
        "cannot be used with",
    );
}

#[test]
fn a_synthetic_model_is_made_once_and_again_when_it_is_damaged() {
    let cache = TempDir::new().expect("a folder");
    let path = cache
        .path()
        .join("llmspell/synthetic/llama-25m-q4_k_m.gguf");
    let measure = |says: &str| {
        let args = [
            "--synthetic",
            "Llama-25M",
            "--prompt",
            "2",
            "--generate",
            "1",
        ];
        let output = bench(cache.path(), &args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        assert!(errors.starts_with(says), "{errors}");
    };
    measure("making the model");
    let whole = std::fs::metadata(&path).expect("it was made").len();
    measure("loading");
    std::fs::write(&path, "damaged").expect("it can be written");
    let killed = path.with_extension("gguf.1.partial");
    std::fs::write(&killed, "left behind").expect("it can be written");
    measure("making the model");
    assert_eq!(std::fs::metadata(&path).expect("it was made").len(), whole);
    assert!(!killed.exists());
}

#[test]
fn a_cache_that_is_no_folder_is_named() {
    let folder = TempDir::new().expect("a folder");
    let taken = file(&folder, "taken", "");
    let output = bench(&taken, &["--synthetic", "llama-25m"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("cannot be used as a cache"), "{errors}");
}
