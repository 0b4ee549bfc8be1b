//! `doc`: the script API, read from its specs.

use llmspell_core::spec::{
    Example, FieldSpec, FunctionSpec, GlobalSpec, ParamSpec, RecordSpec, Registry,
};
use serde_json::{Value, json};

use super::{App, fit};
use crate::docs;

/// `llmspell doc [NAME]`
pub fn show(app: &App, name: Option<&str>) -> u8 {
    match docs::page(&app.registry, name, None) {
        Err(problem) => app.fail(problem, 1),
        Ok(_) if app.json => app.show(&format!("{:#}\n", as_json(&app.registry, name))),
        Ok(page) => app.show(&fit::to_terminal(&page)),
    }
}

/// The functions that `name` covers, or the global or record that it names; without one all functions and globals.
fn as_json(registry: &Registry, name: Option<&str>) -> Value {
    let wanted = name.map(|name| name.replace(':', ".").to_lowercase());
    let named = |record: &&'static RecordSpec| wanted == Some(record.name.to_lowercase());
    let covered = |function: &&FunctionSpec| {
        let path = function.path().replace(':', ".").to_lowercase();
        wanted
            .as_ref()
            .is_none_or(|w| path == *w || path.starts_with(&format!("{w}.")))
    };
    let functions = registry.functions().filter(covered).map(function_json);
    let is = |global: &&GlobalSpec| {
        wanted
            .as_ref()
            .is_none_or(|w| global.name.to_lowercase() == *w)
    };
    let globals = registry.globals.iter().filter(is).map(global_json);
    let records = docs::all_records(registry).into_iter().filter(named);
    functions
        .chain(globals)
        .chain(records.map(record_json))
        .collect()
}

fn global_json(global: &GlobalSpec) -> Value {
    json!({"name": global.name, "type": global.ty.to_string(), "doc": global.doc})
}

fn record_json(record: &'static RecordSpec) -> Value {
    let field = |f: &&FieldSpec| {
        json!({
            "name": f.name,
            "type": docs::required(&f.ty).to_string(),
            "optional": docs::required(&f.ty) != f.ty,
            "doc": f.doc,
        })
    };
    let fields: Vec<_> = record.all_fields().iter().map(field).collect();
    json!({"name": record.name, "doc": record.doc, "fields": fields})
}

fn function_json(function: &'static FunctionSpec) -> Value {
    let param = |p: &ParamSpec| {
        json!({
            "name": p.name,
            "type": docs::required(&p.ty).to_string(),
            "optional": docs::required(&p.ty) != p.ty,
        })
    };
    let example = |e: &Example| json!({"language": e.language, "code": e.code});
    json!({
        "name": function.path(),
        "signature": function.signature(),
        "params": function.params.iter().map(param).collect::<Vec<_>>(),
        "returns": function.returns.to_string(),
        "records": docs::records(function).into_iter().map(record_json).collect::<Vec<_>>(),
        "waits": function.waits,
        "doc": function.doc,
        "examples": function.examples.iter().map(example).collect::<Vec<_>>(),
    })
}
