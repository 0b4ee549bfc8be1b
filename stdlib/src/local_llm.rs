//! `LocalLLM`: the models of this machine.

use std::rc::Rc;

use llmspell_core::{Cx, Error, Mismatch, Value, api};
use llmspell_models::{ModelReply, ModelRequest, Prompt};

use crate::asking::{ChatMessage, ChatOptions, GenerateOptions};
use crate::conversation;
use crate::embedding::{EmbedOptions, OneOrMany, Vectors};
use crate::generation::{Answer, Reply, Stream, models, problem};
use crate::loading::LoadingOptions;
use crate::pulling::{GetOptions, PullState, PullStream};
use crate::state::{AvailableInfo, BackendName, ModelInfo, Status};
use crate::vocabulary::{TemplateOptions, Text, TokenizeOptions, VocabularyOptions};

/// The models of a script.
pub struct LocalLlm;

/// The models of this machine: which there are, and what they make of a text.
#[api(namespace = "LocalLLM")]
impl LocalLlm {
    /// Whether an Ollama server runs and what the models in this process are doing.
    ///
    /// ```lua
    /// assert(LocalLLM.status().candle.ready)
    /// ```
    /// ```rhai
    /// if !LocalLLM.status().candle.ready { throw "no embedded models" }
    /// ```
    async fn status(cx: &Cx) -> Result<Status, Error> {
        let reply = ask(cx, "LocalLLM.status", ModelRequest::Status).await?;
        reply!(reply, ModelReply::Status(status) => (*status).into())
    }

    /// The models that are there, of both backends or of one.
    ///
    /// ```lua
    /// for _, model in ipairs(LocalLLM.list()) do print(model.name, model.size_bytes) end
    /// ```
    /// ```rhai
    /// for model in LocalLLM.list() { print(`${model.name} ${model.size_bytes}`); }
    /// ```
    async fn list(cx: &Cx, backend: Option<BackendName>) -> Result<Vec<ModelInfo>, Error> {
        let backend = backend.map(Into::into);
        let reply = ask(cx, "LocalLLM.list", ModelRequest::List { backend }).await?;
        reply!(reply, ModelReply::Models { models, .. } => models.into_iter().map(Into::into).collect())
    }

    /// Models that could be got with `LocalLLM.pull`, for both backends or for one.
    ///
    /// ```lua
    /// for _, model in ipairs(LocalLLM.available()) do
    ///   if model.recommended then print(model.name, model.description) end
    /// end
    /// ```
    /// ```rhai
    /// for model in LocalLLM.available() {
    ///     if model.recommended { print(`${model.name} ${model.description}`); }
    /// }
    /// ```
    async fn available(cx: &Cx, backend: Option<BackendName>) -> Result<Vec<AvailableInfo>, Error> {
        let (backend, recommended) = (backend.map(Into::into), false);
        let request = ModelRequest::Available {
            backend,
            recommended,
        };
        let reply = ask(cx, "LocalLLM.available", request).await?;
        reply!(reply, ModelReply::Available(models) => models.into_iter().map(Into::into).collect())
    }

    /// Whether a model is there to be used; its fallbacks do not count.
    ///
    /// ```lua
    /// assert(LocalLLM.exists("wisp") and not LocalLLM.exists("missing.gguf"))
    /// ```
    /// ```rhai
    /// if !LocalLLM.exists("wisp") || LocalLLM.exists("missing.gguf") { throw "miscounted" }
    /// ```
    async fn exists(cx: &Cx, model: String) -> Result<bool, Error> {
        let reply = ask(cx, "LocalLLM.exists", ModelRequest::Exists { model }).await?;
        reply!(reply, ModelReply::Exists(there) => there)
    }

    /// What is known of a model, without loading it; never of its fallback.
    ///
    /// ```lua
    /// assert(LocalLLM.info("wisp").architecture == "llama")
    /// ```
    /// ```rhai
    /// if LocalLLM.info("wisp").architecture != "llama" { throw "another model" }
    /// ```
    async fn info(cx: &Cx, model: String) -> Result<ModelInfo, Error> {
        let reply = ask(cx, "LocalLLM.info", ModelRequest::Info { model }).await?;
        reply!(reply, ModelReply::Info(info) => (*info).into())
    }

    /// Gets a model, unless it is there; an interrupted download goes on where it was.
    ///
    /// The name is one of `LocalLLM.available`, or a repository on Hugging Face: `hf:owner/repo:Q4_K_M` or
    /// `hf:owner/repo/file.gguf`. `ollama/…` asks the Ollama server to get it.
    ///
    /// ```lua
    /// -- LocalLLM.pull("candle/mistral:7b", { quantization = "Q4_K_M" }) downloads 4 GB.
    /// local ok, problem = pcall(LocalLLM.pull, "no/such:model")
    /// assert(not ok and tostring(problem):find("no/such"))
    /// ```
    /// ```rhai
    /// // LocalLLM.pull("candle/mistral:7b", #{ quantization: "Q4_K_M" }) downloads 4 GB.
    /// let problem = "";
    /// try { LocalLLM.pull("no/such:model"); } catch (e) { problem = e; }
    /// if !problem.contains("no/such") { throw "got it" }
    /// ```
    async fn pull(cx: &Cx, model: String, options: Option<GetOptions>) -> Result<PullState, Error> {
        let options = options.unwrap_or_default().into();
        let reply = ask(cx, "LocalLLM.pull", ModelRequest::Pull { model, options }).await?;
        reply!(reply, ModelReply::Progress(progress) => progress.into())
    }

    /// Like `LocalLLM.pull`, telling how far it is. It starts when the first piece is read; closing the stream
    /// stops the download, and what came so far is kept for the next one.
    ///
    /// ```lua
    /// local ok, problem = pcall(function()
    ///   for progress in LocalLLM.pull_streaming("no/such:model") do
    ///     print(progress.status, progress.percent_complete)
    ///   end
    /// end)
    /// assert(not ok and tostring(problem):find("no/such"))
    /// ```
    /// ```rhai
    /// let problem = "";
    /// try {
    ///     for progress in LocalLLM.pull_streaming("no/such:model") {
    ///         print(`${progress.status} ${progress.percent_complete}`);
    ///     }
    /// } catch (e) { problem = e; }
    /// if !problem.contains("no/such") { throw "got it" }
    /// ```
    fn pull_streaming(
        cx: &Cx,
        model: String,
        options: Option<GetOptions>,
    ) -> Result<Rc<PullStream>, Error> {
        let options = options.unwrap_or_default().into();
        let replies = models(cx)?.handle(ModelRequest::Pull { model, options });
        Ok(PullStream::new(replies))
    }

    /// Deletes a model that was pulled, never its fallback.
    ///
    /// ```lua
    /// local ok, problem = pcall(LocalLLM.remove, "wisp")
    /// assert(not ok and tostring(problem):find("wisp"))
    /// ```
    /// ```rhai
    /// let problem = "";
    /// try { LocalLLM.remove("wisp"); } catch (e) { problem = e; }
    /// if !problem.contains("wisp") { throw "gone" }
    /// ```
    async fn remove(cx: &Cx, model: String) -> Result<(), Error> {
        let reply = ask(cx, "LocalLLM.remove", ModelRequest::Remove { model }).await?;
        reply!(reply, ModelReply::Done => ())
    }

    /// Loads a model, so that its first answer need not wait for that. One that is loaded already takes
    /// over the options.
    ///
    /// ```lua
    /// LocalLLM.load("wisp", { keep_alive = 60 })
    /// assert(LocalLLM.info("wisp").loaded)
    /// ```
    /// ```rhai
    /// LocalLLM.load("wisp", #{ keep_alive: 60 });
    /// if !LocalLLM.info("wisp").loaded { throw "not loaded" }
    /// ```
    async fn load(cx: &Cx, model: String, options: Option<LoadingOptions>) -> Result<(), Error> {
        let loading = options.unwrap_or_default().into();
        let reply = ask(cx, "LocalLLM.load", ModelRequest::Load { model, loading }).await?;
        reply!(reply, ModelReply::Done => ())
    }

    /// Lets a model go. Answers that it is giving come to their end; what asks for it from now on loads it
    /// again. Returns when its memory is free, or at once while it is in use.
    ///
    /// ```lua
    /// LocalLLM.unload("wisp")
    /// assert(not LocalLLM.info("wisp").loaded)
    /// ```
    /// ```rhai
    /// LocalLLM.unload("wisp");
    /// if LocalLLM.info("wisp").loaded { throw "still loaded" }
    /// ```
    async fn unload(cx: &Cx, model: String) -> Result<(), Error> {
        let reply = ask(cx, "LocalLLM.unload", ModelRequest::Unload { model }).await?;
        reply!(reply, ModelReply::Done => ())
    }

    /// Vectors that stand for the meaning of texts: one for a text, a list for a list. Each has length 1, so the
    /// sum of two vectors' products is how alike the texts are, up to 1.
    ///
    /// ```lua
    /// local ok, problem = pcall(LocalLLM.embed, "hello", { model = "wisp" })
    /// assert(not ok and tostring(problem):find("wisp"))
    /// ```
    /// ```rhai
    /// let problem = "";
    /// try { LocalLLM.embed("hello", #{ model: "wisp" }); } catch (e) { problem = e; }
    /// if !problem.contains("wisp") { throw "done" }
    /// ```
    async fn embed(
        cx: &Cx,
        text: OneOrMany,
        options: Option<EmbedOptions>,
    ) -> Result<Vectors, Error> {
        let (models, model) = (models(cx)?, options.unwrap_or_default().model);
        let OneOrMany { texts, one } = text;
        let embedded = cx.external(models.embed(model.as_deref(), texts)).await;
        let vectors = embedded.map_err(problem("LocalLLM.embed"))?.vectors;
        Ok(Vectors { vectors, one })
    }

    /// Continues a raw prompt, without a chat template. Names of control tokens in it count as
    /// such.
    ///
    /// ```lua
    /// print(LocalLLM.generate("Once upon a time", { max_tokens = 8, temperature = 0 }).text)
    /// ```
    /// ```rhai
    /// print(LocalLLM.generate("Once upon a time", #{ max_tokens: 8, temperature: 0 }).text);
    /// ```
    async fn generate(
        cx: &Cx,
        prompt: String,
        options: Option<GenerateOptions>,
    ) -> Result<Reply, Error> {
        let options = ChatOptions::from(options.unwrap_or_default());
        let request = options.request(Prompt::Raw(prompt));
        let answer = Answer::start(cx, "LocalLLM.generate", request).await?;
        answer.finish(cx).await
    }

    /// Like `LocalLLM.generate`, in chunks.
    ///
    /// ```lua
    /// for chunk in LocalLLM.generate_streaming("Once", { max_tokens = 8 }) do
    ///   if chunk.content.type == "text" then Console.write(chunk.content.text) end
    /// end
    /// ```
    /// ```rhai
    /// for chunk in LocalLLM.generate_streaming("Once", #{ max_tokens: 8 }) {
    ///     if chunk.content.type == "text" { Console.write(chunk.content.text); }
    /// }
    /// ```
    async fn generate_streaming(
        cx: &Cx,
        prompt: String,
        options: Option<GenerateOptions>,
    ) -> Result<Rc<Stream>, Error> {
        let options = ChatOptions::from(options.unwrap_or_default());
        let request = options.request(Prompt::Raw(prompt));
        let answer = Answer::start(cx, "LocalLLM.generate_streaming", request).await?;
        Ok(Stream::new(answer, None))
    }

    /// Answers a conversation, given whole.
    ///
    /// ```lua
    /// local messages = { { role = "user", content = "Hello!" } }
    /// print(LocalLLM.chat(messages, { temperature = 0 }).text)
    /// ```
    /// ```rhai
    /// let messages = [#{ role: "user", content: "Hello!" }];
    /// print(LocalLLM.chat(messages, #{ temperature: 0 }).text);
    /// ```
    async fn chat(
        cx: &Cx,
        messages: Vec<ChatMessage>,
        options: Option<ChatOptions>,
    ) -> Result<Reply, Error> {
        let call = "LocalLLM.chat";
        let prompt = chat_prompt(call, messages)?;
        let request = options.unwrap_or_default().request(prompt);
        Answer::start(cx, call, request).await?.finish(cx).await
    }

    /// Like `LocalLLM.chat`, in chunks.
    ///
    /// ```lua
    /// for chunk in LocalLLM.chat_streaming({ { role = "user", content = "Hello!" } }) do
    ///   if chunk.content.type == "text" then Console.write(chunk.content.text) end
    /// end
    /// ```
    /// ```rhai
    /// for chunk in LocalLLM.chat_streaming([#{ role: "user", content: "Hello!" }]) {
    ///     if chunk.content.type == "text" { Console.write(chunk.content.text); }
    /// }
    /// ```
    async fn chat_streaming(
        cx: &Cx,
        messages: Vec<ChatMessage>,
        options: Option<ChatOptions>,
    ) -> Result<Rc<Stream>, Error> {
        let call = "LocalLLM.chat_streaming";
        let prompt = chat_prompt(call, messages)?;
        let request = options.unwrap_or_default().request(prompt);
        let answer = Answer::start(cx, call, request).await?;
        Ok(Stream::new(answer, None))
    }

    /// The token ids of a text.
    ///
    /// ```lua
    /// assert(#LocalLLM.tokenize("hello") > 0)
    /// ```
    /// ```rhai
    /// if LocalLLM.tokenize("hello").len() == 0 { throw "no tokens" }
    /// ```
    async fn tokenize(
        cx: &Cx,
        text: String,
        options: Option<TokenizeOptions>,
    ) -> Result<Vec<u32>, Error> {
        tokens(cx, "LocalLLM.tokenize", text, options).await
    }

    /// The text of token ids.
    ///
    /// ```lua
    /// assert(LocalLLM.detokenize(LocalLLM.tokenize("hello")) == "hello")
    /// ```
    /// ```rhai
    /// if LocalLLM.detokenize(LocalLLM.tokenize("hello")) != "hello" { throw "changed" }
    /// ```
    async fn detokenize(
        cx: &Cx,
        ids: Vec<u32>,
        options: Option<VocabularyOptions>,
    ) -> Result<Text, Error> {
        let (models, model) = (models(cx)?, options.unwrap_or_default().model);
        let bytes = cx.external(models.detokenize(model.as_deref(), ids)).await;
        Ok(Text(bytes.map_err(problem("LocalLLM.detokenize"))?))
    }

    /// How many tokens a text has.
    ///
    /// ```lua
    /// assert(LocalLLM.count_tokens("hello") == #LocalLLM.tokenize("hello"))
    /// ```
    /// ```rhai
    /// if LocalLLM.count_tokens("hello") != LocalLLM.tokenize("hello").len() { throw "miscounted" }
    /// ```
    async fn count_tokens(
        cx: &Cx,
        text: String,
        options: Option<TokenizeOptions>,
    ) -> Result<usize, Error> {
        Ok(tokens(cx, "LocalLLM.count_tokens", text, options)
            .await?
            .len())
    }

    /// A conversation as the model's chat template writes it.
    ///
    /// A message has a `role`, a `content`, and what else the template reads: `tool_calls`, `tool_call_id`,
    /// `name`, …
    ///
    /// ```lua
    /// print(LocalLLM.apply_template({ { role = "user", content = "Hello!" } }))
    /// ```
    /// ```rhai
    /// print(LocalLLM.apply_template([#{ role: "user", content: "Hello!" }]));
    /// ```
    async fn apply_template(
        cx: &Cx,
        messages: Vec<Value>,
        options: Option<TemplateOptions>,
    ) -> Result<String, Error> {
        let call = "LocalLLM.apply_template";
        let options = options.unwrap_or_default();
        let unfit = |e: Mismatch| Error::Raise(format!("{call}: {e}"));
        let at_tools = |e: Mismatch| unfit(e.at("tools").at("options"));
        let tools = options
            .tools
            .map(conversation::tools)
            .transpose()
            .map_err(at_tools)?;
        let messages = conversation::messages(messages).map_err(|e| unfit(e.at("messages")))?;
        let begin_answer = options.add_generation_prompt.unwrap_or(true);
        let (models, model) = (models(cx)?, options.model.as_deref());
        let rendered = models.apply_template(model, messages, tools, begin_answer);
        cx.external(rendered).await.map_err(problem(call))
    }
}

/// The last reply to a request for the call named `call`.
async fn ask(cx: &Cx, call: &str, request: ModelRequest) -> Result<ModelReply, Error> {
    let replies = models(cx)?.handle(request);
    cx.external(replies.last()).await.map_err(problem(call))
}

/// What is in the one kind of reply that a request can have.
macro_rules! reply {
    ($reply:expr, $kind:pat => $value:expr) => {
        match $reply {
            $kind => Ok($value),
            other => Err(Error::Raise(format!(
                "an odd reply. This is a bug, please report it: {other:?}"
            ))),
        }
    };
}
use reply;

fn chat_prompt(call: &str, messages: Vec<ChatMessage>) -> Result<Prompt, Error> {
    if messages.is_empty() {
        return Err(Error::Raise(format!(
            "{call}: messages: expected at least one, got none"
        )));
    }
    Ok(Prompt::Chat(messages.into_iter().map(Into::into).collect()))
}

async fn tokens(
    cx: &Cx,
    call: &str,
    text: String,
    options: Option<TokenizeOptions>,
) -> Result<Vec<u32>, Error> {
    let options = options.unwrap_or_default();
    let models = models(cx)?;
    let ids = models.tokenize(options.model.as_deref(), text, options.encoding());
    cx.external(ids).await.map_err(problem(call))
}
