//! `doc`: the script API, read from its specs.

use llmspell_core::spec::{FunctionSpec, Registry};
use serde_json::{Value, json};

use super::App;
use crate::docs;

/// `llmspell doc [NAME]`
pub fn show(app: &App, name: Option<&str>) -> u8 {
    match docs::page(&app.registry, name, None) {
        Err(problem) => app.fail(problem, 1),
        Ok(_) if app.json => app.show(&format!("{:#}\n", as_json(&app.registry, name))),
        Ok(page) => app.show(&page),
    }
}

/// The functions that `name` covers.
fn as_json(registry: &Registry, name: Option<&str>) -> Value {
    let wanted = name.map(|name| name.replace(':', ".").to_lowercase());
    let covered = |function: &&FunctionSpec| {
        let path = function.path().replace(':', ".").to_lowercase();
        wanted
            .as_ref()
            .is_none_or(|w| path == *w || path.starts_with(&format!("{w}.")))
    };
    registry
        .functions()
        .filter(covered)
        .map(function_json)
        .collect()
}

fn function_json(function: &'static FunctionSpec) -> Value {
    let param = |p: &llmspell_core::spec::ParamSpec| {
        json!({
            "name": p.name,
            "type": docs::required(&p.ty).to_string(),
            "optional": docs::required(&p.ty) != p.ty,
        })
    };
    let example =
        |e: &llmspell_core::spec::Example| json!({"language": e.language, "code": e.code});
    let field = |f: &&llmspell_core::spec::FieldSpec| {
        json!({
            "name": f.name,
            "type": docs::required(&f.ty).to_string(),
            "optional": docs::required(&f.ty) != f.ty,
            "doc": f.doc,
        })
    };
    let record = |r: &&llmspell_core::spec::RecordSpec| {
        let fields: Vec<_> = r.all_fields().iter().map(field).collect();
        json!({"name": r.name, "doc": r.doc, "fields": fields})
    };
    json!({
        "name": function.path(),
        "signature": function.signature(),
        "params": function.params.iter().map(param).collect::<Vec<_>>(),
        "returns": function.returns.to_string(),
        "records": docs::records(function).iter().map(record).collect::<Vec<_>>(),
        "waits": function.waits,
        "doc": function.doc,
        "examples": function.examples.iter().map(example).collect::<Vec<_>>(),
    })
}
