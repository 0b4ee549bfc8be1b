//! llmspell inside a program with a frame loop: a game gives scripts a little time each frame, and
//! a function of its own.

use std::time::Duration;

use llmspell::{Console, Language, Runtime, api};

/// The game, as scripts see it.
struct Game;

/// What the game offers to scripts.
#[api(namespace = "Game")]
impl Game {
    /// Shows a line above a character's head.
    ///
    /// ```lua
    /// Game.say("guard", "Halt!")
    /// ```
    /// ```rhai
    /// Game.say("guard", "Halt!");
    /// ```
    fn say(character: String, text: String) {
        println!("{character}: {text}");
    }
}

const SCRIPT: &str = r#"
    local guard = Agent.create({ temperature = 0, max_tokens = 24 })
    Game.say("guard", guard:execute("Hello!").text)
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut registry = llmspell::registry();
    registry.namespaces.push(Game::SPEC);
    let runtime = Runtime::builder(Language::Lua)
        .console(Console::output_only(std::io::stdout()))
        .registry(registry)
        .build()?;
    let script = runtime.start("guard.lua", SCRIPT)?;
    let mut frames = 0;
    while script.outcome().is_none() {
        runtime.tick(Duration::from_millis(2));
        std::thread::sleep(Duration::from_millis(14)); // the game draws its frame
        frames += 1;
    }
    script.outcome().transpose()?;
    println!("the game drew {frames} frames meanwhile");
    Ok(())
}
