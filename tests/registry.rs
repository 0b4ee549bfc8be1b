//! The registry's lint: what every declared name must fulfil, in both languages.

mod common;

use std::collections::HashSet;

use llmspell::spec::{FunctionSpec, Ty};
use llmspell::{Language, Registry, Runtime, docs, registry};
use llmspell_core::Check;

fn is_snake_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Every name that a script writes: functions, methods, parameters' fields, results' fields.
fn names(registry: &Registry) -> HashSet<&'static str> {
    let mut names = HashSet::new();
    for function in registry.functions() {
        names.insert(function.name);
        for record in docs::records(function) {
            names.extend(record.all_fields().iter().map(|field| field.name));
        }
    }
    names
}

#[test]
fn every_name_is_snake_case_and_no_path_is_declared_twice() {
    let registry = registry();
    for name in names(&registry) {
        assert!(is_snake_case(name), "{name}");
    }
    let mut paths = HashSet::new();
    for function in registry.functions() {
        assert!(
            paths.insert(function.path()),
            "{} is declared twice",
            function.path()
        );
    }
}

#[test]
fn what_is_said_to_be_still_to_come_is_not_there() {
    for namespace in &registry().namespaces {
        let planned = llmspell_core::suggest::planned(namespace.name);
        assert_eq!(planned, None);
    }
}

#[test]
fn every_name_can_be_called_and_be_a_field_in_both_languages() {
    let forms = |language: Language, name: &str| match language.name() {
        "lua" => format!("local x = {{ {name} = 1 }} print(x.{name}) x.{name}() x:{name}()"),
        _ => format!("let x = #{{ {name}: 1 }}; print(x.{name}); x.{name}();"),
    };
    for &language in Language::ALL {
        let runtime = Runtime::builder(language)
            .build()
            .expect("the runtime starts");
        for name in names(&registry()) {
            let check = runtime.check("name", &forms(language, name));
            assert_eq!(check, Check::Complete, "{name} in {}", language.name());
        }
    }
}

#[test]
fn every_declaration_says_what_it_does_in_a_sentence() {
    let registry = registry();
    let sentence = |what: &str, doc: &str| {
        let first = doc.split("\n\n").next().unwrap_or("");
        assert!(
            first.ends_with(['.', ':']),
            "{what}: \"{first}\" is no sentence"
        );
    };
    for function in registry.functions() {
        sentence(&function.path(), function.doc);
        for record in docs::records(function) {
            sentence(record.name, record.doc);
        }
    }
    for namespace in &registry.namespaces {
        sentence(namespace.name, namespace.doc);
    }
    for handle in &registry.handles {
        sentence(handle.name, handle.doc);
    }
}

#[test]
fn every_function_has_an_example_in_every_language() {
    for function in registry().functions() {
        for language in Language::ALL {
            let given = function
                .examples
                .iter()
                .any(|e| e.language == language.name());
            assert!(
                given,
                "{} has no example in {}",
                function.path(),
                language.name()
            );
        }
    }
}

#[test]
fn every_handle_that_a_function_gives_is_declared() {
    let registry = registry();
    let known = |name: &str| registry.handles.iter().any(|h| h.name == name);
    let gives = |function: &FunctionSpec| match function.returns {
        Ty::Handle(name) => Some(name),
        _ => None,
    };
    for function in registry.functions() {
        if let Some(name) = gives(function) {
            assert!(
                known(name),
                "{} gives an undeclared {name}",
                function.path()
            );
        }
    }
}

#[test]
fn every_example_runs() {
    for function in registry().functions() {
        for example in function.examples {
            let language = Language::ALL.iter().find(|l| l.name() == example.language);
            let language = *language.unwrap_or_else(|| panic!("{}", example.language));
            let name = format!("{} ({})", function.path(), example.language);
            let ran = common::run(language, &name, example.code, &["Ada"]);
            assert_eq!(ran.errors, Vec::<String>::new(), "{name}");
        }
    }
}
