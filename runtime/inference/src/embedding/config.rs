//! The JSON files beside the weights.

use serde::{Deserialize, Serialize};

use super::shape::Activation;

/// What says which of them `config.json` is.
#[derive(Deserialize)]
pub(super) struct Kind {
    pub model_type: String,
}

/// `config.json`. Source: `BertConfig` of the library transformers.
#[derive(Deserialize)]
pub(super) struct Config {
    pub model_type: String,
    pub num_hidden_layers: usize,
    pub hidden_size: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    pub max_position_embeddings: usize,
    pub vocab_size: usize,
    #[serde(default = "bert_epsilon")]
    pub layer_norm_eps: f32,
    #[serde(default)]
    pub hidden_act: HiddenAct,
    #[serde(default)]
    pub position_embedding_type: Positions,
}

fn bert_epsilon() -> f32 {
    1e-12
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum HiddenAct {
    #[default]
    Gelu,
    #[serde(alias = "gelu_pytorch_tanh")]
    GeluNew,
    Relu,
}

impl From<HiddenAct> for Activation {
    fn from(act: HiddenAct) -> Self {
        match act {
            HiddenAct::Gelu => Self::Gelu,
            HiddenAct::GeluNew => Self::GeluTanh,
            HiddenAct::Relu => Self::Relu,
        }
    }
}

/// Others than absolute ones are not supported.
#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(super) enum Positions {
    #[default]
    Absolute,
}

/// `1_Pooling/config.json`.
#[derive(Deserialize, Serialize, Default)]
#[serde(default)]
pub(super) struct PoolingConfig {
    pub pooling_mode_cls_token: bool,
    pub pooling_mode_mean_tokens: bool,
    pub pooling_mode_max_tokens: bool,
    pub pooling_mode_mean_sqrt_len_tokens: bool,
    pub pooling_mode_weightedmean_tokens: bool,
    pub pooling_mode_lasttoken: bool,
}

/// An entry of `modules.json`.
#[derive(Deserialize)]
pub(super) struct Module {
    pub r#type: String,
}

impl PoolingConfig {
    /// The modes that are on.
    pub fn modes(&self) -> Vec<String> {
        let modes = serde_json::to_value(self).unwrap_or_default();
        let modes = modes.as_object().into_iter().flatten();
        let on = modes.filter(|(_, on)| **on == true);
        on.map(|(mode, _)| mode.clone()).collect()
    }
}
