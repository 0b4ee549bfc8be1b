//! Models that the configuration recommends beside the catalogue.

use crate::Config;
use crate::config::OfferedBy;
use crate::entry::AvailableModel;
use crate::name::LocalBackend;

/// Adds what the configuration recommends for a backend, or for both. What is known already becomes
/// recommended.
pub fn add(config: &Config, wanted: Option<LocalBackend>, models: &mut Vec<AvailableModel>) {
    for recommended in config.providers.local_recommended_models.values() {
        for backend in backends(recommended.backend) {
            if wanted.is_some_and(|wanted| wanted != *backend) {
                continue;
            }
            let is = |known: &&mut AvailableModel| {
                known.name == recommended.model && known.backend == backend.name()
            };
            match models.iter_mut().find(is) {
                Some(known) => known.recommended = true,
                None => models.push(AvailableModel {
                    name: recommended.model.clone(),
                    backend: backend.name().to_owned(),
                    description: "Recommended in your configuration.".to_owned(),
                    size_bytes: recommended.size_gb.map(|size| (size * 1e9) as u64),
                    recommended: true,
                    ..AvailableModel::default()
                }),
            }
        }
    }
}

fn backends(offered: OfferedBy) -> &'static [LocalBackend] {
    match offered {
        OfferedBy::Both => &[LocalBackend::Candle, LocalBackend::Ollama],
        OfferedBy::Candle => &[LocalBackend::Candle],
        OfferedBy::Ollama => &[LocalBackend::Ollama],
    }
}
