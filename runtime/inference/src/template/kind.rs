//! The families that chat templates belong to.

/// (name, what its templates write and those before it in the list do not)
const KINDS: &[(&str, &[&str])] = &[
    ("phi-4", &["<|im_start|>", "<|im_sep|>"]),
    ("chatml", &["<|im_start|>"]),
    ("llama-4", &["<|header_start|>"]),
    ("llama-3", &["<|start_header_id|>"]),
    ("llama-2", &["[INST]", "<<SYS>>"]),
    ("mistral", &["[INST]"]),
    ("gemma", &["<start_of_turn>"]),
    ("gpt-oss", &["<|start|>", "<|channel|>"]),
    ("granite", &["<|start_of_role|>"]),
    ("command-r", &["<|START_OF_TURN_TOKEN|>"]),
    ("deepseek", &["<｜User｜>"]),
    ("deepseek", &["<|User|>", "<|Assistant|>"]),
    ("glm-4", &["[gMASK]<sop>"]),
    ("phi-3", &["<|end|>", "<|user|>"]),
    ("phi-3", &["<|end|>", "'<|' + message"]),
    ("zephyr", &["<|user|>", "eos_token"]),
    ("deepseek-coder", &["### Instruction:", "<|EOT|>"]),
    ("alpaca", &["### Instruction:"]),
    ("vicuna", &["USER: ", "ASSISTANT:"]),
];

/// What a template is recognized as by its text; `other` if it is none of those.
pub fn kind(template: &str) -> &'static str {
    let writes = |marks: &[&str]| marks.iter().all(|mark| template.contains(mark));
    let found = KINDS.iter().find(|(_, marks)| writes(marks));
    found.map_or("other", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn families_are_told_apart_by_what_their_templates_write() {
        let cases = [
            ("{{ '<|im_start|>' + role + '\n' }}", "chatml"),
            ("{{ '<|im_start|>user<|im_sep|>' }}", "phi-4"),
            ("<|start_header_id|>user<|end_header_id|>", "llama-3"),
            ("[INST] <<SYS>>", "llama-2"),
            ("[INST] {{ content }} [/INST]", "mistral"),
            ("<start_of_turn>user", "gemma"),
            ("<|user|>\n{{ content }}<|end|>", "phi-3"),
            ("<|user|>\n{{ content + eos_token }}", "zephyr"),
            ("<|start|>assistant<|channel|>final", "gpt-oss"),
            ("<｜User｜>", "deepseek"),
            ("{{ messages[0].content }}", "other"),
        ];
        for (template, expect) in cases {
            assert_eq!(kind(template), expect, "{template}");
        }
    }
}
