//! Which models a provider has.

use llmspell_core::suggest::hint;
use rig_core::ProviderError;
use rig_core::model::ModelInfo;

use super::endpoint::Endpoint;
use super::settings::RemoteKind;
use super::think::undated;
use crate::{Error, ModelEntry};

/// The provider's models; of one without a list, the configured one.
pub async fn list(endpoint: &Endpoint, default: Option<&str>) -> Result<Vec<ModelEntry>, Error> {
    match listed(endpoint).await {
        Ok(models) => Ok(models
            .into_iter()
            .map(|model| entry(endpoint, model))
            .collect()),
        Err(error) if has_no_list(&error) => {
            let default = default.map(ModelInfo::from_id).into_iter();
            Ok(default.map(|model| entry(endpoint, model)).collect())
        }
        Err(error) => Err(endpoint.failure(&error)),
    }
}

/// What the provider tells of one model. It is taken for granted of a server without a list, and of one that does
/// not show it to this key.
pub async fn info(endpoint: &Endpoint, model: &str) -> Result<ModelEntry, Error> {
    let models = match listed(endpoint).await {
        Err(error) if has_no_list(&error) || status(&error) == Some(403) => {
            return Ok(entry(endpoint, ModelInfo::from_id(model)));
        }
        models => models.map_err(|error| endpoint.failure(&error))?,
    };
    let found = models.iter().find(|known| is(known, model));
    match found {
        Some(found) => Ok(ModelEntry {
            name: format!("{}/{model}", endpoint.name),
            ..entry(endpoint, found.clone())
        }),
        None => Err(Error::NotFound {
            model: model.to_owned(),
            place: format!("at {}", endpoint.name),
            hint: hint(
                model,
                models
                    .iter()
                    .map(|model| model.id.as_str())
                    .collect::<Vec<_>>(),
            ),
        }),
    }
}

async fn listed(endpoint: &Endpoint) -> Result<Vec<ModelInfo>, ProviderError> {
    let list = match endpoint.kind {
        RemoteKind::OpenAi | RemoteKind::OpenAiCompatible => endpoint.openai().list_models().await,
        RemoteKind::Anthropic => endpoint.anthropic().list_models().await,
        RemoteKind::Gemini => endpoint.gemini().list_models().await,
    };
    list.map(|list| list.data)
}

fn has_no_list(error: &ProviderError) -> bool {
    matches!(status(error), Some(404 | 405 | 501))
}

fn status(error: &ProviderError) -> Option<u16> {
    Some(error.provider_response_status()?.as_u16())
}

/// Names stand for their latest snapshot too, which is what Anthropic lists.
fn is(known: &ModelInfo, model: &str) -> bool {
    known.id == model || undated(&known.id) == Some(model)
}

fn entry(endpoint: &Endpoint, model: ModelInfo) -> ModelEntry {
    ModelEntry {
        name: format!("{}/{}", endpoint.name, model.id),
        backend: endpoint.name.clone(),
        context_length: model.context_length.map(|tokens| tokens as usize),
        modified: model.created_at.map(|seconds| seconds as f64),
        ..ModelEntry::default()
    }
}
