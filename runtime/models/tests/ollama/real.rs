//! A real server.

use llmspell_models::{Backend, FinishReason, ModelName, Ollama, OllamaSettings, Sampling};

use crate::{finish, hello, rest, text, wait};

/// Asks the server that `OLLAMA_HOST` names, or the usual one, for an answer of its first model. Only where
/// `LLMSPELL_TEST_OLLAMA` is set; elsewhere there is nothing to ask, and the test says that and ends.
#[test]
fn a_real_server_answers() {
    if std::env::var_os("LLMSPELL_TEST_OLLAMA").is_none() {
        eprintln!("skipped: LLMSPELL_TEST_OLLAMA is not set");
        return;
    }
    let ollama = Ollama::new(OllamaSettings::default()).unwrap();
    wait(async {
        assert!(!ollama.version().await.unwrap().is_empty());
        let models = ollama.list().await.unwrap();
        let model = models.first().expect("the server has a model");
        let name = ModelName::parse(&format!("local/{}", model.name)).unwrap();
        let info = ollama.info(name.clone()).await.unwrap();
        assert_eq!(info.name, model.name);
        let mut request = hello();
        request.max_tokens = Some(4);
        request.sampling = Sampling {
            temperature: Some(0.0),
            seed: Some(1),
            ..Sampling::default()
        };
        let events = rest(ollama.generate(name.clone(), request).await.unwrap())
            .await
            .unwrap();
        let finish = finish(&events);
        assert!(finish.prompt_tokens > 0 && finish.completion_tokens <= 4);
        assert!(finish.reason == FinishReason::Length || !text(&events).is_empty());
        assert!(
            ollama
                .running()
                .await
                .unwrap()
                .iter()
                .any(|model| model.name == info.name)
        );
        ollama.unload(name).await.unwrap();
    });
}
