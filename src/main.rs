//! The `llmspell` binary.

fn main() -> std::process::ExitCode {
    llmspell::cli(llmspell::registry())
}
