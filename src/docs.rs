//! The script API as pages for people, read from its specs.

use std::fmt::Write as _;

use llmspell_core::spec::{
    FunctionSpec, GlobalSpec, HandleSpec, NamespaceSpec, RecordSpec, Registry, Ty,
};
use llmspell_core::suggest;

/// The page for `name`, such as `Task`, `Agent.create`, `agent:execute` or `AgentOptions`; the overview
/// without a name. `language` is that of a REPL session: it limits the examples, and `:help` is what lists names there.
pub fn page(
    registry: &Registry,
    name: Option<&str>,
    language: Option<&str>,
) -> Result<String, String> {
    let Some(name) = name else {
        return Ok(overview(registry));
    };
    let wanted = name.replace(':', ".").to_lowercase();
    let is = |candidate: &str| candidate.replace(':', ".").to_lowercase() == wanted;
    let functions: Vec<_> = registry.functions().filter(|f| is(&f.path())).collect();
    if !functions.is_empty() {
        let pages = functions.iter().map(|f| function_page(f, language));
        return Ok(pages.collect::<Vec<_>>().join("\n"));
    }
    let namespaces = registry
        .namespaces
        .iter()
        .filter(|n| is(n.name))
        .map(|n| namespace_page(n));
    let handles = registry
        .handles
        .iter()
        .filter(|h| is(h.name))
        .map(|h| handle_page(h));
    let globals = registry
        .globals
        .iter()
        .filter(|g| is(g.name))
        .map(global_page);
    let records = all_records(registry)
        .into_iter()
        .filter(|r| is(r.name))
        .map(record_page);
    let pages: Vec<String> = namespaces
        .chain(handles)
        .chain(globals)
        .chain(records)
        .collect();
    match pages.is_empty() {
        false => Ok(pages.join("\n")),
        true => Err(unknown(registry, name, language)),
    }
}

fn unknown(registry: &Registry, name: &str, language: Option<&str>) -> String {
    let paths: Vec<String> = registry.functions().map(FunctionSpec::path).collect();
    let mut names: Vec<&str> = paths.iter().map(String::as_str).collect();
    names.extend(registry.namespaces.iter().map(|n| n.name));
    names.extend(all_records(registry).iter().map(|r| r.name));
    let module = name.split(['.', ':']).next().unwrap_or_default();
    if let Some(planned) = suggest::planned(module) {
        return format!("nothing is called \"{name}\": {planned}");
    }
    let near = suggest::nearest(name, names);
    let hint = near.map_or_else(
        || match language {
            Some(_) => ":help lists the modules".to_owned(), // asked in the REPL
            None => "`llmspell doc` lists what there is".to_owned(),
        },
        |near| format!("did you mean {near}?"),
    );
    format!("nothing is called \"{name}\"; {hint}")
}

fn overview(registry: &Registry) -> String {
    let mut out = String::new();
    for namespace in &registry.namespaces {
        let _ = writeln!(out, "{}: {}", namespace.name, first_sentence(namespace.doc));
        summary(&mut out, namespace.functions);
    }
    for handle in &registry.handles {
        let _ = writeln!(
            out,
            "{} (handle): {}",
            handle.name,
            first_sentence(handle.doc)
        );
        summary(&mut out, handle.methods);
    }
    for global in &registry.globals {
        let _ = writeln!(out, "{}: {}", global.name, first_sentence(global.doc));
    }
    let records = all_records(registry);
    let mut names: Vec<&str> = records.iter().map(|record| record.name).collect();
    names.sort_unstable();
    if !names.is_empty() {
        let _ = writeln!(out, "\nRecords: {}", names.join(", "));
    }
    out.push_str("\nMore about one of them: llmspell doc NAME\n");
    out
}

fn summary(out: &mut String, functions: &[FunctionSpec]) {
    for function in functions {
        let _ = writeln!(
            out,
            "  {:<32} {}",
            function.path(),
            first_sentence(function.doc)
        );
    }
    out.push('\n');
}

fn namespace_page(namespace: &NamespaceSpec) -> String {
    let mut out = format!("{}\n\n{}\n\n", namespace.name, namespace.doc);
    summary(&mut out, namespace.functions);
    out
}

fn handle_page(handle: &HandleSpec) -> String {
    let mut out = format!("{} (handle)\n\n{}\n\n", handle.name, handle.doc);
    summary(&mut out, handle.methods);
    out
}

fn global_page(global: &GlobalSpec) -> String {
    format!("{}: {}\n\n{}\n", global.name, global.ty, global.doc)
}

fn function_page(function: &FunctionSpec, language: Option<&str>) -> String {
    let mut out = format!(
        "{} -> {}\n\n{}\n",
        function.signature(),
        function.returns,
        function.doc
    );
    if function.waits {
        out.push_str("\nSuspends the calling task while it waits; other tasks go on.\n");
    }
    for record in records(function) {
        let _ = writeln!(out, "\n{}: {}", record.name, first_sentence(record.doc));
        fields(&mut out, record);
    }
    let shown = |l: &str| language.is_none_or(|wanted| wanted == l);
    for example in function.examples.iter().filter(|e| shown(e.language)) {
        let _ = writeln!(out, "\nIn {}:", title(example.language));
        for line in example.code.lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

fn record_page(record: &RecordSpec) -> String {
    let mut out = format!("{} (record)\n\n{}\n\n", record.name, record.doc);
    fields(&mut out, record);
    out
}

fn fields(out: &mut String, record: &RecordSpec) {
    let rows = record.all_fields().into_iter().map(|field| {
        let name = field_name(field.name, &field.ty);
        (name, required(&field.ty).to_string(), one_line(field.doc))
    });
    let rows: Vec<_> = rows.collect();
    let names = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let types = rows.iter().map(|(_, ty, _)| ty.len());
    // One long type would push all text out of sight.
    let types = types.filter(|width| *width <= 24).max().unwrap_or(0);
    for (name, ty, doc) in rows {
        let line = format!("  {name:<names$}  {ty:<types$}  {doc}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// Every record that a function takes or gives.
pub fn all_records(registry: &Registry) -> Vec<&'static RecordSpec> {
    let mut found = Vec::new();
    for function in registry.functions() {
        collect_from(function, &mut found);
    }
    found
}

/// The records of a function's parameters and result, those inside other records too.
pub fn records(function: &FunctionSpec) -> Vec<&'static RecordSpec> {
    let mut found = Vec::new();
    collect_from(function, &mut found);
    found
}

fn collect_from(function: &FunctionSpec, found: &mut Vec<&'static RecordSpec>) {
    for param in function.params {
        collect(param.ty, found);
    }
    collect(function.returns, found);
}

fn collect(ty: Ty, found: &mut Vec<&'static RecordSpec>) {
    match ty {
        Ty::Optional(inner) | Ty::List(inner) | Ty::Map(inner) | Ty::IntMap(inner) => {
            collect(*inner, found)
        }
        Ty::Either(tys) => tys.iter().for_each(|ty| collect(*ty, found)),
        Ty::Record(record) if !found.iter().any(|r| r.name == record.name) => {
            found.push(record);
            for field in record.all_fields() {
                collect(field.ty, found);
            }
        }
        _ => {}
    }
}

/// A field's name, with a question mark when it may be left out.
pub fn field_name(name: &str, ty: &Ty) -> String {
    match ty {
        Ty::Optional(_) => format!("{name}?"),
        _ => name.to_owned(),
    }
}

/// The type without its being optional.
pub fn required(ty: &Ty) -> Ty {
    match ty {
        Ty::Optional(inner) => **inner,
        other => *other,
    }
}

/// The language's name as people write it.
pub fn title(language: &str) -> String {
    let mut letters = language.chars();
    let first = letters
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    first + letters.as_str()
}

/// A doc comment's first sentence, on one line.
pub fn first_sentence(doc: &str) -> String {
    let line = one_line(doc.split("\n\n").next().unwrap_or(""));
    match line.find(". ") {
        Some(end) => line[..=end].to_owned(),
        None => line,
    }
}

/// A doc comment on one line.
pub fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
