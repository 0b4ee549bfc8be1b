//! The modules of the script API.

use super::Fact;

pub const FACTS: &[Fact] = &[
    Fact {
        names: &["LocalLLM", "the LocalLLM module", "`LocalLLM`"],
        tasks: &[],
        questions: &[
            "Which module manages models?",
            "What is in LocalLLM?",
            "Which functions has LocalLLM?",
            "Which module lists models?",
        ],
        answer: "LocalLLM is the module for models: list, pull, info, generate, chat, embed and tokenize.",
    },
    Fact {
        names: &["LocalLLM.list"],
        tasks: &["list models in a script"],
        questions: &[],
        answer: "LocalLLM.list() returns the models that a script can use, with name, backend and size.",
    },
    Fact {
        names: &["LocalLLM.generate"],
        tasks: &["generate text from a raw prompt"],
        questions: &[],
        answer: "LocalLLM.generate(prompt) continues a raw prompt, without a chat template.",
    },
    Fact {
        names: &["LocalLLM.chat"],
        tasks: &["send a list of messages"],
        questions: &[],
        answer: "LocalLLM.chat(messages) answers a list of messages with role and content.",
    },
    Fact {
        names: &["LocalLLM.embed", "an embedding"],
        tasks: &["compute embeddings", "turn text into a vector"],
        questions: &[],
        answer: "LocalLLM.embed(text) turns text into a list of numbers, so that similar texts can be found.",
    },
    Fact {
        names: &["LocalLLM.count_tokens"],
        tasks: &["count tokens", "count the tokens of a text"],
        questions: &[],
        answer: "LocalLLM.count_tokens(text) tells how many tokens a text has.",
    },
    Fact {
        names: &["Agent", "the Agent module", "an agent"],
        tasks: &[],
        questions: &[
            "Which module talks to a model?",
            "What is in the Agent module?",
            "Which functions has an agent?",
            "Which module holds a conversation?",
        ],
        answer: "An agent is a conversation with a model. It remembers its history and answers with execute.",
    },
    Fact {
        names: &["Agent.create"],
        tasks: &[
            "create an agent",
            "make an agent",
            "make an agent in a script",
        ],
        questions: &[],
        answer: "Call Agent.create with options such as model and system_prompt, then agent:execute(text).",
    },
    Fact {
        names: &["agent:execute", "execute"],
        tasks: &[
            "ask a model in a script",
            "ask an agent something",
            "talk to a model from a script",
        ],
        questions: &[],
        answer: "agent:execute(text) sends text to the model and returns its answer in the field text.",
    },
    Fact {
        names: &["a system prompt", "system_prompt"],
        tasks: &[
            "give an agent a personality",
            "set a system prompt",
            "give a model a role",
        ],
        questions: &[],
        answer: "A system prompt tells the model who it is. Set system_prompt in Agent.create.",
    },
    Fact {
        names: &["temperature"],
        tasks: &["make answers less random", "change the temperature"],
        questions: &[],
        answer: "Temperature sets how random the answers are: 0 always takes the most likely token.",
    },
    Fact {
        names: &["Task", "the Task module", "a task"],
        tasks: &[
            "run two things at once",
            "start a task",
            "run agents at the same time",
        ],
        questions: &[],
        answer: "Task runs functions side by side: Task.start(fn) gives a handle, and join waits for it.",
    },
    Fact {
        names: &["Task.all"],
        tasks: &["wait for many tasks", "wait for all tasks"],
        questions: &[],
        answer: "Task.all(list) waits for all tasks and returns their results in order.",
    },
    Fact {
        names: &["Task.race"],
        tasks: &["take the first answer", "use the fastest task"],
        questions: &[],
        answer: "Task.race(list) returns the first result and cancels the other tasks.",
    },
    Fact {
        names: &["Task.sleep"],
        tasks: &["wait a second", "pause a script", "sleep in a script"],
        questions: &[],
        answer: "Task.sleep(seconds) pauses one task while the others run on.",
    },
    Fact {
        names: &["Channel", "the Channel module", "a channel"],
        tasks: &["send values between tasks", "pass data between tasks"],
        questions: &[],
        answer: "A channel carries values between tasks: one task calls send, another calls receive.",
    },
    Fact {
        names: &["Console", "the Console module"],
        tasks: &[
            "read a line from the user",
            "ask the user for input",
            "read input",
        ],
        questions: &[],
        answer: "Console reads and writes the terminal: Console.read_line(prompt) waits for a line.",
    },
    Fact {
        names: &["JSON", "the JSON module"],
        tasks: &["parse JSON", "write JSON", "read JSON in a script"],
        questions: &[],
        answer: "JSON.parse(text) reads JSON and JSON.stringify(value) writes it.",
    },
    Fact {
        names: &["Time", "the Time module"],
        tasks: &[
            "get the time in a script",
            "measure time in a script",
            "format a date",
        ],
        questions: &[],
        answer: "Time.now() gives the seconds since 1970, and Time.format writes them as a date.",
    },
    Fact {
        names: &["Log", "the Log module"],
        tasks: &["write a log message", "log something", "log an error"],
        questions: &[],
        answer: "Log writes messages to stderr: Log.info, Log.warn, Log.error and Log.trace.",
    },
    Fact {
        names: &["Env", "the Env module"],
        tasks: &["read an environment variable"],
        questions: &[],
        answer: "Env.get(name) reads an environment variable. It needs `--allow-env`.",
    },
    Fact {
        names: &["File", "the File module"],
        tasks: &["read a file", "write a file", "open a file in a script"],
        questions: &[],
        answer: "File.read(path) and File.write(path, text) work with files. They need `--allow-read` or `--allow-write`.",
    },
    Fact {
        names: &["HTTP", "the HTTP module"],
        tasks: &[
            "make a web request",
            "fetch a web page",
            "call a web service",
        ],
        questions: &[],
        answer: "HTTP.get(url) and HTTP.post(url) make web requests. They need `--allow-net`.",
    },
    Fact {
        names: &["Text", "the Text module"],
        tasks: &["split a text", "trim a string", "split a string into lines"],
        questions: &[],
        answer: "Text has functions for strings: split, trim, lines, chunk_tokens and template.",
    },
    Fact {
        names: &["help"],
        tasks: &["get help in a script", "get help on a function"],
        questions: &[],
        answer: "Call help(\"Agent.create\") in a script or in the REPL. It prints the manual of that name.",
    },
];
