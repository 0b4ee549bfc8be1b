//! `Console`: the terminal.

use llmspell_core::{Bytes, Cx, Error, api};

/// The terminal of a script.
pub struct Terminal;

/// The terminal: reading a line blocks no other task.
#[api(namespace = "Console")]
impl Terminal {
    /// Reads a line, without its end, after writing a prompt; nothing at the end of the input.
    ///
    /// ```lua
    /// local name = Console.read_line("Your name? ")
    /// print("Hello, " .. (name or "stranger"))
    /// ```
    /// ```rhai
    /// let name = Console.read_line("Your name? ");
    /// print(`Hello, ${name ?? "stranger"}`);
    /// ```
    async fn read_line(cx: &Cx, prompt: Option<String>) -> Result<Option<String>, Error> {
        let prompt = prompt.unwrap_or_default();
        cx.console().read_line(cx, &prompt).await
    }

    /// Writes text without ending the line.
    ///
    /// ```lua
    /// Console.write("thinking")
    /// Console.write("...\n")
    /// ```
    /// ```rhai
    /// Console.write("thinking");
    /// Console.write("...\n");
    /// ```
    fn write(cx: &Cx, text: Bytes) -> Result<(), Error> {
        cx.console().write(&text.0)
    }

    /// Shows at once what was written.
    ///
    /// ```lua
    /// Console.write("50 %")
    /// Console.flush()
    /// ```
    /// ```rhai
    /// Console.write("50 %");
    /// Console.flush();
    /// ```
    fn flush(cx: &Cx) {
        cx.console().flush();
    }
}
