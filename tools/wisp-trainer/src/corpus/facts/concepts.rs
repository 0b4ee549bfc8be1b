//! What the words mean.

use super::Fact;

pub const FACTS: &[Fact] = &[
    Fact {
        names: &["suspension", "a suspended script"],
        tasks: &[],
        questions: &[
            "Does a script block while a model answers?",
            "What happens while a model answers?",
            "Why do I not need async and await?",
            "Do scripts block the thread?",
        ],
        answer: "A script that waits is suspended: its task stops, the thread goes on with other tasks.",
    },
    Fact {
        names: &["streaming", "a stream", "execute_streaming"],
        tasks: &[
            "stream an answer",
            "print an answer word by word",
            "see the answer while it is written",
        ],
        questions: &[],
        answer: "Streaming gives an answer piece by piece: loop over agent:execute_streaming(text).",
    },
    Fact {
        names: &["hot reload", "watch mode"],
        tasks: &[
            "reload a script when it changes",
            "rerun a script on every change",
        ],
        questions: &[],
        answer: "Hot reload runs a script again when one of its files changes.",
    },
    Fact {
        names: &["the model cache", "the shared model cache"],
        tasks: &["share a model between agents"],
        questions: &[
            "Is a model loaded twice?",
            "How often is a model loaded?",
            "Do two agents share one model?",
            "Do agents share a model?",
        ],
        answer: "All scripts and agents share one model cache, so each model is loaded only once.",
    },
    Fact {
        names: &["prefix sharing", "the KV cache"],
        tasks: &[],
        questions: &[],
        answer: "The KV cache keeps what a model has read, so a shared system prompt is computed only once.",
    },
    Fact {
        names: &["permissions", "a permission", "--allow-read"],
        tasks: &["allow a script to read files", "give a script permissions"],
        questions: &[
            "Why is my script denied?",
            "Why may my script not read a file?",
            "Are scripts safe?",
            "Why was a call denied?",
        ],
        answer: "Files, network and environment are denied until you allow them, for example with `--allow-read`.",
    },
    Fact {
        names: &["-A", "the flag -A"],
        tasks: &["allow everything", "give a script all permissions"],
        questions: &[],
        answer: "The flag `-A` gives a script all permissions. Use it for scripts that you trust.",
    },
    Fact {
        names: &["GGUF", "a GGUF file"],
        tasks: &[],
        questions: &[
            "Which file format do models have?",
            "What format are models in?",
            "Which model files can llmspell read?",
            "What format do model files have?",
        ],
        answer: "GGUF is a file format for language models. It holds weights, vocabulary and chat template.",
    },
    Fact {
        names: &["quantization", "Q4_K_M", "Q8_0"],
        tasks: &["make a model smaller"],
        questions: &[],
        answer: "Quantization stores weights in fewer bits, so a model is smaller and faster, and a little less exact.",
    },
    Fact {
        names: &["a token", "tokens"],
        tasks: &[],
        questions: &[],
        answer: "A token is a piece of text, often part of a word. Models read and write tokens.",
    },
    Fact {
        names: &["the context", "the context length", "a context window"],
        tasks: &[],
        questions: &[
            "How much can you remember?",
            "How long is your memory?",
            "How long may my prompt be?",
            "What is your context length?",
        ],
        answer: "The context is the text that a model sees at once. Mine holds 512 tokens.",
    },
    Fact {
        names: &["a chat template"],
        tasks: &[],
        questions: &[],
        answer: "A chat template turns messages into the text that a model was trained on. It comes with the model.",
    },
    Fact {
        names: &["a local model", "a language model", "an LLM"],
        tasks: &[],
        questions: &[],
        answer: "A language model continues text. A local one runs on your own machine, without a cloud.",
    },
    Fact {
        names: &[],
        tasks: &[
            "embed llmspell in a game",
            "use llmspell as a library",
            "embed llmspell in my program",
        ],
        questions: &[
            "Can a game use llmspell?",
            "Is llmspell a library?",
            "Does llmspell work in a game?",
            "Can I put llmspell into a game?",
        ],
        answer: "llmspell is also a Rust library: a game or tool can embed the runtime and call tick each frame.",
    },
    Fact {
        names: &[],
        tasks: &[
            "choose a model",
            "use another model",
            "use a larger model than you in a script",
        ],
        questions: &[],
        answer: "Set model in Agent.create, for example model = \"local/llama3.1:8b\".",
    },
    Fact {
        names: &[],
        tasks: &[
            "stop a script after some time",
            "set a timeout for a script",
        ],
        questions: &[
            "How do I set a timeout?",
            "Can a script run forever?",
            "What if a script never ends?",
            "Can I limit the time of a script?",
        ],
        answer: "Use `--timeout` to end a script after some seconds, or Task.timeout(seconds, fn) inside it.",
    },
];
