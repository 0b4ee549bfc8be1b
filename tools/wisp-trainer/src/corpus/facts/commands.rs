//! The command line.

use super::Fact;

pub const FACTS: &[Fact] = &[
    Fact {
        names: &["llmspell run", "the run command"],
        tasks: &[
            "run a script",
            "start a script",
            "execute a script file",
            "run my Lua file",
        ],
        questions: &[],
        answer: "Use `llmspell run FILE`. It runs a Lua or Rhai script.",
    },
    Fact {
        names: &[],
        tasks: &[
            "pass arguments to a script",
            "give my script arguments",
            "read the arguments in a script",
        ],
        questions: &[],
        answer: "Use `llmspell run FILE -- ARGS` and read the list ARGS in the script.",
    },
    Fact {
        names: &["llmspell exec", "the exec command"],
        tasks: &[
            "run a line of code",
            "execute one line",
            "run code without a file",
        ],
        questions: &[],
        answer: "Use `llmspell exec CODE --lang lua`. It runs one piece of code without a file.",
    },
    Fact {
        names: &["llmspell repl", "the REPL", "the repl command"],
        tasks: &[
            "type code interactively",
            "start the REPL",
            "try code line by line",
        ],
        questions: &[],
        answer: "Use `llmspell repl`. It evaluates what you type, line by line.",
    },
    Fact {
        names: &["llmspell check", "the check command"],
        tasks: &[
            "check a script",
            "find syntax errors",
            "check my script without running it",
        ],
        questions: &[],
        answer: "Use `llmspell check FILE`. It finds errors in a script without running it.",
    },
    Fact {
        names: &["llmspell doc", "the doc command"],
        tasks: &[
            "read the documentation",
            "look up a function",
            "see the manual of the API",
        ],
        questions: &[],
        answer: "Use `llmspell doc NAME`. It prints the manual of a function or module.",
    },
    Fact {
        names: &["llmspell model list", "the model list command"],
        tasks: &[
            "list my models",
            "see the installed models",
            "show all models that I have",
        ],
        questions: &[
            "Which models do I have?",
            "Which models are installed?",
            "What models are there on my machine?",
            "What models do I have?",
        ],
        answer: "Use `llmspell model list`. It lists the installed models, and wisp.",
    },
    Fact {
        names: &["llmspell model pull", "the pull command", "pull"],
        tasks: &[
            "pull a model",
            "pull a real model",
            "download a model",
            "get a bigger model",
            "install a model",
            "fetch a larger model",
            "get a real model",
        ],
        questions: &[],
        answer: "Use `llmspell model pull NAME`, for example `llmspell model pull llama3.1:8b`.",
    },
    Fact {
        names: &["llmspell model remove", "the model remove command"],
        tasks: &[
            "remove a model",
            "delete a model",
            "free the disk space of a model",
        ],
        questions: &[],
        answer: "Use `llmspell model remove NAME`. It deletes the files of a model.",
    },
    Fact {
        names: &["llmspell model info", "the model info command"],
        tasks: &[
            "see the details of a model",
            "see how large a model is",
            "inspect a model",
        ],
        questions: &[],
        answer: "Use `llmspell model info NAME`. It shows the size, the architecture and the context of a model.",
    },
    Fact {
        names: &["llmspell model available", "the catalogue"],
        tasks: &[
            "see which models I can download",
            "find models to pull",
            "browse the catalogue",
        ],
        questions: &[
            "Which models can I pull?",
            "Which models can I download?",
            "Which models exist?",
            "What models are available?",
        ],
        answer: "Use `llmspell model available`. It shows the catalogue of models to pull.",
    },
    Fact {
        names: &["llmspell model status", "the model status command"],
        tasks: &[
            "see whether Ollama is running",
            "check the state of the backends",
            "check the backends",
        ],
        questions: &[],
        answer: "Use `llmspell model status`. It tells whether Ollama and Candle are ready.",
    },
    Fact {
        names: &["llmspell bench", "the bench command"],
        tasks: &[
            "measure the speed of a model",
            "benchmark a model",
            "see how fast a model is",
        ],
        questions: &[
            "How fast is my model?",
            "Is my model fast?",
            "How many tokens per second do I get?",
            "How fast is a model here?",
        ],
        answer: "Use `llmspell bench MODEL`. It measures how fast a model reads and writes tokens.",
    },
    Fact {
        names: &["llmspell config show", "the config command"],
        tasks: &[
            "see my configuration",
            "show the configuration",
            "see the settings",
        ],
        questions: &[
            "Where are my settings?",
            "Where is the configuration?",
            "What is my configuration?",
            "Where can I see my settings?",
        ],
        answer: "Use `llmspell config show`. It prints the settings in use and where they come from.",
    },
    Fact {
        names: &["llmspell init", "the init command"],
        tasks: &[
            "start a new project",
            "create a project",
            "set up a project folder",
        ],
        questions: &[],
        answer: "Use `llmspell init DIR`. It creates a project folder with examples and editor support.",
    },
    Fact {
        names: &["llmspell completions", "the completions command"],
        tasks: &[
            "complete commands in my shell",
            "get shell completions",
            "install completions for bash",
        ],
        questions: &[],
        answer: "Use `llmspell completions SHELL`. It prints completions for your shell.",
    },
    Fact {
        names: &["Ollama"],
        tasks: &["install Ollama", "use Ollama"],
        questions: &[],
        answer: "Ollama is a server for local models. llmspell uses it when it runs; `llmspell model install-ollama` installs it.",
    },
    Fact {
        names: &["Candle", "the candle backend"],
        tasks: &[],
        questions: &[
            "Do I need Ollama?",
            "Can I use llmspell without Ollama?",
            "Does llmspell need other software?",
            "Is Ollama needed?",
        ],
        answer: "Candle is the embedded backend: it runs GGUF models inside llmspell, with no other software.",
    },
];
