//! Answers as Ollama's documentation shows them, `docs/api.md` of <https://github.com/ollama/ollama> unless another
//! file is named.

use serde_json::{Value, json};

/// "Generate a chat completion", "Chat Request (Streaming)".
pub fn chat_piece(content: &str) -> Value {
    json!({
        "model": "llama3.2",
        "created_at": "2023-08-04T08:52:19.385406455-07:00",
        "message": {"role": "assistant", "content": content, "images": null},
        "done": false
    })
}

/// "Generate a chat completion", "Chat Request (Streaming)": the final response.
pub fn chat_end() -> Value {
    json!({
        "model": "llama3.2",
        "created_at": "2023-08-04T19:22:45.499127Z",
        "message": {"role": "assistant", "content": ""},
        "done": true,
        "done_reason": "stop",
        "total_duration": 4_883_583_458_u64,
        "load_duration": 1_334_875,
        "prompt_eval_count": 26,
        "prompt_eval_duration": 342_546_000,
        "eval_count": 282,
        "eval_duration": 4_535_599_000_u64
    })
}

/// An answer to a conversation that says these pieces.
pub fn chat(pieces: &[&str]) -> Vec<Value> {
    let pieces = pieces.iter().map(|piece| chat_piece(piece));
    pieces.chain([chat_end()]).collect()
}

/// "Generate a chat completion", "Chat request (with tools)".
pub fn tool_call() -> Value {
    json!({
        "model": "llama3.2",
        "created_at": "2024-07-22T20:33:28.123648Z",
        "message": {
            "role": "assistant",
            "content": "",
            "tool_calls": [{
                "function": {
                    "name": "get_current_weather",
                    "arguments": {"format": "celsius", "location": "Paris, FR"}
                }
            }]
        },
        "done_reason": "stop",
        "done": true,
        "total_duration": 885_095_291,
        "load_duration": 3_753_500,
        "prompt_eval_count": 122,
        "prompt_eval_duration": 328_493_000,
        "eval_count": 33,
        "eval_duration": 552_222_000
    })
}

/// "Generate a completion", "Generate request (Streaming)".
pub fn completion() -> Vec<Value> {
    vec![
        json!({
            "model": "llama3.2",
            "created_at": "2023-08-04T08:52:19.385406455-07:00",
            "response": "The",
            "done": false
        }),
        json!({
            "model": "llama3.2",
            "created_at": "2023-08-04T19:22:45.499127Z",
            "response": "",
            "done": true,
            "context": [1, 2, 3],
            "total_duration": 10_706_818_083_u64,
            "load_duration": 6_338_219_291_u64,
            "prompt_eval_count": 26,
            "prompt_eval_duration": 130_079_000,
            "eval_count": 259,
            "eval_duration": 4_232_710_000_u64
        }),
    ]
}

/// `docs/openapi.yaml`, `Logprob` and `TokenLogprob`.
pub fn logprobs() -> Value {
    json!([{
        "token": "The",
        "logprob": -0.25,
        "bytes": [84, 104, 101],
        "top_logprobs": [
            {"token": "The", "logprob": -0.25, "bytes": [84, 104, 101]},
            {"token": "Ä", "logprob": -1.5}
        ]
    }])
}

/// "Load a model" and "Unload a model".
pub fn loaded(reason: &str) -> Value {
    json!({
        "model": "llama3.2",
        "created_at": "2024-09-12T03:54:03.516566Z",
        "response": "",
        "done": true,
        "done_reason": reason
    })
}

/// "List Local Models".
pub fn tags() -> Value {
    json!({"models": [
        {
            "name": "codellama:13b",
            "modified_at": "2023-11-04T14:56:49.277302595-07:00",
            "size": 7_365_960_935_u64,
            "digest": "9f438cb9cd581fc025612d27f7c1a6669ff83a8bb0ed86c94fcf4c5440555697",
            "details": {
                "format": "gguf",
                "family": "llama",
                "families": null,
                "parameter_size": "13B",
                "quantization_level": "Q4_0"
            }
        },
        {
            "name": "llama3.2:latest",
            "modified_at": "2023-12-07T09:32:18.757212583-08:00",
            "size": 3_825_819_519_u64,
            "digest": "fe938a131f40e6f6d40083c9f0f430a515233eb2edaa6d72eb85c50d64f2300e",
            "details": {
                "format": "gguf",
                "family": "llama",
                "families": null,
                "parameter_size": "7B",
                "quantization_level": "Q4_0"
            }
        }
    ]})
}

/// "List Running Models", with `context_length` of `docs/openapi.yaml`, `Ps`.
pub fn running() -> Value {
    json!({"models": [{
        "name": "llama3.2:latest",
        "model": "llama3.2:latest",
        "size": 5_137_025_024_u64,
        "digest": "2ae6f6dd7a3dd734790bbbf58b8909a606e0e7e97e94b7604e0aa7ae4490e6d8",
        "details": {
            "parent_model": "",
            "format": "gguf",
            "family": "llama",
            "families": ["llama"],
            "parameter_size": "7.2B",
            "quantization_level": "Q4_0"
        },
        "expires_at": "2024-06-04T14:38:31.83753-07:00",
        "size_vram": 5_137_025_024_u64,
        "context_length": 4096
    }]})
}

/// "Show Model Information", with `capabilities` of `docs/openapi.yaml`, `ShowResponse`.
pub fn shown(capabilities: &[&str]) -> Value {
    json!({
        "modelfile": "# Modelfile generated by \"ollama show\"",
        "parameters": "num_keep                       24",
        "template": "{{ if .System }}{{ .System }}{{ end }}{{ .Prompt }}",
        "details": {
            "parent_model": "",
            "format": "gguf",
            "family": "llama",
            "families": ["llama"],
            "parameter_size": "8.0B",
            "quantization_level": "Q4_0"
        },
        "model_info": {
            "general.architecture": "llama",
            "general.file_type": 2,
            "general.parameter_count": 8_030_261_248_u64,
            "llama.context_length": 8192,
            "llama.vocab_size": 128_256,
            "tokenizer.ggml.merges": [],
            "tokenizer.ggml.model": "gpt2"
        },
        "capabilities": capabilities
    })
}

/// `docs/openapi.yaml`, `ErrorResponse`; the words are the server's.
pub fn not_found(model: &str) -> Value {
    json!({ "error": format!("model '{model}' not found") })
}

/// `docs/openapi.yaml`, `VersionResponse`.
pub fn version() -> Value {
    json!({"version": "0.13.0"})
}

/// "Generate Embeddings", "Request (Multiple input)".
pub fn embeddings() -> Value {
    json!({
        "model": "all-minilm",
        "embeddings": [
            [0.010071029, -0.0017594862, 0.05007221, 0.04692972, 0.054916814],
            [-0.0098027075, 0.06042469, 0.025257962, -0.006364387, 0.07272725]
        ],
        "total_duration": 14_143_917,
        "load_duration": 1_019_500,
        "prompt_eval_count": 8
    })
}

/// "Pull a Model".
pub fn pulling() -> Vec<Value> {
    vec![
        json!({"status": "pulling manifest"}),
        json!({"status": "downloading digestname", "digest": "digestname", "total": 2_142_590_208_u64}),
        json!({
            "status": "downloading digestname",
            "digest": "digestname",
            "total": 2_142_590_208_u64,
            "completed": 241_970
        }),
        json!({
            "status": "downloading digestname",
            "digest": "digestname",
            "total": 2_142_590_208_u64,
            "completed": 2_142_590_208_u64
        }),
        json!({"status": "verifying sha256 digest"}),
        json!({"status": "writing manifest"}),
        json!({"status": "removing any unused layers"}),
        json!({"status": "success"}),
    ]
}
