//! Templates do here what they do in Python, where they were written.

use llmspell_inference::{DateTime, Message, Template};
use serde_json::Value;

/// What Python says, recorded.
const RECORDED: &str = include_str!("jinja.json");

#[test]
fn templates_render_and_fail_as_jinja2_does() {
    let recorded: Value = serde_json::from_str(RECORDED).expect("JSON");
    let messages: Vec<Message> =
        serde_json::from_value(recorded["messages"].clone()).expect("messages");
    let now: DateTime = recorded["now"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("a time");
    let cases = recorded["cases"].as_array().expect("a list");
    for case in cases {
        let template = case[0].as_str().expect("a template");
        let actual = Template::new(template, "<s>", "</s>")
            .and_then(|template| template.render_at(&messages, None, true, now));
        assert_eq!(
            actual.as_deref().ok(),
            case[1].as_str(),
            "{template}: {actual:?}"
        );
    }
}

/// Hostile templates end in an error, soon and without much memory; none ends the process.
#[test]
fn templates_that_would_exhaust_stack_or_memory_are_errors() {
    let nest = "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = WITH %}{% endfor %}";
    let hostile = [
        format!("{}{{{{ ns.x }}}}", nest.replace("WITH", "[ns.x]")),
        format!("{}{{{{ ns.x | tojson }}}}", nest.replace("WITH", "[ns.x]")),
        "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}".to_owned(),
        format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(100_000)),
        format!("{{{{ a{} }}}}", ".b".repeat(100_000)),
        format!("{{{{ 1{} }}}}", "+1".repeat(100_000)),
        "{% if true %}".repeat(10_000),
        "{{ 'a' * 1000000000 }}".to_owned(),
        "{{ [0] * 1000000000 }}".to_owned(),
        "{{ '%1000000000d' | format(1) }}".to_owned(),
        "{{ '{:>1000000000}'.format(1) }}".to_owned(),
        "{{ 'a\na' | indent(1000000000) }}".to_owned(),
        "{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}".to_owned(),
        "{{ ('a' * 1000000) | replace('', 'b' * 1000000) }}".to_owned(),
        "{{ ('a' * 1000000).join(['b'] * 1000000) }}".to_owned(),
        "{{ ['b'] * 1000000 | join('a' * 1000000) }}".to_owned(),
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}".to_owned(),
    ];
    for template in hostile {
        let rendered =
            Template::new(&template, "", "").and_then(|template| template.render(&[], None, true));
        let start: String = template.chars().take(80).collect();
        assert!(rendered.is_err(), "{start}");
    }
}

#[test]
fn values_that_nest_deep_are_dropped_without_harm() {
    let template = "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}\
        {% set ns.x = [ns.x] %}{% endfor %}done";
    let template = Template::new(template, "", "").expect("it compiles");
    assert_eq!(template.render(&[], None, true).expect("it ends"), "done");
}
