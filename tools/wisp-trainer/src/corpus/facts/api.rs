//! The names of the script API. What is said of them is read from the registry, so that it follows the
//! code; `text/functions.txt` and `text/options.txt` add ways to ask.

use llmspell_core::spec::{FieldSpec, FunctionSpec, HandleSpec, NamespaceSpec, Registry, Ty};

use super::{Fact, book, sentence};
use crate::corpus::phrases::article;

/// Every fact about the script API.
pub fn facts() -> Vec<Fact> {
    let registry = llmspell_stdlib::registry();
    let known = named(&registry);
    let mut facts = book::read(include_str!("text/options.txt"));
    let planned = book::read(include_str!("text/planned.txt"));
    let (built, planned): (Vec<_>, Vec<_>) =
        planned.into_iter().partition(|fact| is_built(fact, &known));
    facts.extend(planned);
    let asked = |fact: &Fact, field: &str| fact.names[0].ends_with(&format!(" {field}"));
    for field in fields(given(&registry)) {
        if !facts.iter().any(|fact| asked(fact, field.name)) {
            facts.push(option(field));
        }
    }
    let more = book::read(include_str!("text/functions.txt"));
    facts.extend(known.into_iter().map(|(path, fact)| {
        let asked = more.iter().find(|more| more.answer == path);
        let was_planned = |fact: &&Fact| fact.names[0].eq_ignore_ascii_case(&path);
        match (asked, built.iter().find(was_planned)) {
            (Some(more), _) => fact.asked_as(more),
            (None, Some(planned)) => fact.done_as(planned),
            (None, None) => fact,
        }
    }));
    facts
}

/// True when the registry has something that a planned fact is about.
fn is_built(planned: &Fact, known: &[(String, Fact)]) -> bool {
    let is = |name: &String| {
        known
            .iter()
            .any(|(path, _)| path.eq_ignore_ascii_case(name))
    };
    planned.names.iter().any(is)
}

/// A fact for each name of the registry, under that name.
fn named(registry: &Registry) -> Vec<(String, Fact)> {
    let mut facts = vec![("the API".to_owned(), overview(registry))];
    for namespace in &registry.namespaces {
        facts.push((namespace.name.to_owned(), module(namespace)));
        facts.push((
            format!("{} functions", namespace.name),
            functions(namespace),
        ));
    }
    for handle in &registry.handles {
        facts.push((format!("{} methods", handle.name), methods(handle)));
    }
    facts.extend(registry.functions().map(|f| (f.path(), function(f))));
    for global in &registry.globals {
        let fact = Fact {
            names: vec![global.name.into(), format!("the list {}", global.name)],
            answer: sentence::entry(global.name, global.doc),
            ..Fact::default()
        };
        facts.push((global.name.to_owned(), fact));
    }
    facts
}

fn overview(registry: &Registry) -> Fact {
    let names: Vec<_> = registry.namespaces.iter().map(|n| n.name).collect();
    Fact {
        answer: enumeration("The API has the module", &names),
        ..Fact::default()
    }
}

fn module(namespace: &NamespaceSpec) -> Fact {
    let name = namespace.name;
    Fact {
        names: vec![
            name.into(),
            format!("the module {name}"),
            format!("the {name} module"),
        ],
        answer: sentence::entry(&format!("The module {name}"), namespace.doc),
        ..Fact::default()
    }
}

fn functions(namespace: &NamespaceSpec) -> Fact {
    let name = namespace.name;
    let names: Vec<_> = namespace.functions.iter().map(|f| f.name).collect();
    let forms = [
        "Which functions has {x}?",
        "What is in {x}?",
        "What is in the module {x}?",
        "Which functions does {x} have?",
        "List the functions of {x}.",
        "What functions are there in {x}?",
        "Which functions has the module {x}?",
        "Show me the functions of {x}.",
        "What can I call in {x}?",
        "The functions of {x}?",
        "Name the functions of {x}.",
        "Which functions are in {x}?",
        "Which functions can I call in {x}?",
        "What does the module {x} have?",
        "Tell me the functions of {x}.",
        "What functions does {x} have?",
    ];
    Fact {
        questions: forms.map(|form| form.replace("{x}", name)).into(),
        answer: enumeration(&format!("{name} has the function"), &names),
        ..Fact::default()
    }
}

fn methods(handle: &HandleSpec) -> Fact {
    let name = a(handle.name);
    let names: Vec<_> = handle.methods.iter().map(|f| f.name).collect();
    let forms = [
        "Which methods has {x}?",
        "What methods are there on {x}?",
        "Which methods does {x} have?",
        "List the methods of {x}.",
        "What can I do with {x}?",
        "What can I call on {x}?",
        "Show me the methods of {x}.",
        "The methods of {x}?",
        "Name the methods of {x}.",
        "Which methods are there on {x}?",
        "Which methods can I call on {x}?",
        "What methods has {x}?",
        "Tell me the methods of {x}.",
        "What methods does {x} have?",
    ];
    let subject = format!("{} has the method", name.replacen('a', "A", 1));
    Fact {
        questions: forms.map(|form| form.replace("{x}", &name)).into(),
        answer: enumeration(&subject, &names),
        ..Fact::default()
    }
}

fn function(function: &FunctionSpec) -> Fact {
    let (owner, name, path) = (function.owner, function.name, function.path());
    let lower = format!("{}{}", owner.to_lowercase(), &path[owner.len()..]);
    let params = function.params[..function.required()]
        .iter()
        .map(|p| p.name);
    let params = params.collect::<Vec<_>>().join(", ");
    let (subject, names) = match function.method {
        true => {
            let dotted = lower.replace(':', ".");
            let of = format!("the {name} method of {}", a(owner));
            (
                lower.clone(),
                vec![lower, dotted, format!("the method {path}"), of],
            )
        }
        false => (
            path.clone(),
            vec![path.clone(), lower, format!("the function {path}")],
        ),
    };
    let call = format!("{subject}({params})");
    Fact {
        names,
        answer: sentence::answer(&call, &subject, function.doc),
        ..Fact::default()
    }
}

fn option(field: &FieldSpec) -> Fact {
    let subject = format!("The option {}", field.name);
    Fact {
        names: vec![
            format!("the option {}", field.name),
            format!("the {} option", field.name),
        ],
        answer: sentence::answer(&subject, &subject, field.doc),
        ..Fact::default()
    }
}

/// A handle's name in lower case with its article.
fn a(handle: &str) -> String {
    let name = handle.to_lowercase();
    format!("{} {name}", article(&name))
}

/// `head`, such as `It has the method`, and a list of names, cut off where the answer would be too long.
fn enumeration(head: &str, names: &[&str]) -> String {
    for count in (1..=names.len()).rev() {
        let listed = names[..count].join(", ");
        let text = match (count == names.len(), listed.rsplit_once(", ")) {
            (false, _) => format!("{head}s {listed} and more."),
            (true, Some((most, last))) => format!("{head}s {most} and {last}."),
            (true, None) => format!("{head} {listed}."),
        };
        if sentence::fits(&text) {
            return text;
        }
    }
    format!("{head}s that its manual lists.")
}

/// The types of all parameters.
fn given(registry: &Registry) -> impl Iterator<Item = Ty> {
    let params = registry.functions().flat_map(|function| function.params);
    params.map(|param| param.ty)
}

/// The documented fields of the records in some types, without duplicates.
fn fields(types: impl Iterator<Item = Ty>) -> Vec<&'static FieldSpec> {
    let mut found = Vec::new();
    types.for_each(|ty| collect(ty, &mut found));
    found
}

fn collect(ty: Ty, found: &mut Vec<&'static FieldSpec>) {
    match ty {
        Ty::Optional(inner) | Ty::List(inner) | Ty::Map(inner) | Ty::IntMap(inner) => {
            collect(*inner, found)
        }
        Ty::Either(tys) => tys.iter().for_each(|ty| collect(*ty, found)),
        Ty::Record(record) => {
            for field in record.all_fields() {
                if !field.doc.is_empty() && !found.iter().any(|known| known.name == field.name) {
                    found.push(field);
                    collect(field.ty, found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_registry_has_a_fact() {
        let facts = facts();
        let asked: Vec<&str> = facts
            .iter()
            .flat_map(|f| &f.names)
            .map(String::as_str)
            .collect();
        let registry = llmspell_stdlib::registry();
        for namespace in &registry.namespaces {
            assert!(asked.contains(&namespace.name), "{}", namespace.name);
        }
        for function in registry.functions() {
            let (name, path) = (function.name, function.path());
            assert!(asked.iter().any(|a| a.ends_with(&path)), "{path}");
            assert!(facts.iter().any(|f| f.answer.contains(name)), "{path}");
        }
        for field in fields(given(&registry)) {
            let name = format!(" {}", field.name);
            assert!(asked.iter().any(|a| a.ends_with(&name)), "{name}");
        }
    }

    #[test]
    fn what_the_text_files_name_is_in_the_registry() {
        let registry = llmspell_stdlib::registry();
        let known: Vec<String> = named(&registry).into_iter().map(|(path, _)| path).collect();
        for fact in book::read(include_str!("text/functions.txt")) {
            assert!(known.contains(&fact.answer), "{}", fact.answer);
        }
        let returned = registry.functions().map(|function| function.returns);
        let fields = fields(given(&registry).chain(returned));
        for fact in book::read(include_str!("text/options.txt")) {
            let name = fact.names[0].rsplit(' ').next().expect("a name has words");
            assert!(fields.iter().any(|field| field.name == name), "{name}");
        }
    }

    #[test]
    fn a_fact_follows_the_documentation() {
        let facts = facts();
        let answers: Vec<&str> = facts.iter().map(|fact| fact.answer.as_str()).collect();
        let join = "task:join() waits until the task has ended and gives its result; its error is raised here.";
        for expected in [
            join,
            "Task.sleep(seconds) suspends the calling task for a number of seconds.",
            "The module Task: functions that run at the same time.",
        ] {
            assert!(answers.contains(&expected), "{answers:#?}");
        }
        let methods = "An agent has the methods execute, execute_streaming, ";
        assert!(
            answers.iter().any(|answer| answer.starts_with(methods)),
            "{answers:#?}"
        );
    }
}
