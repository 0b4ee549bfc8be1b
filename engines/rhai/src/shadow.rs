//! Script functions that share a name with a method.
//!
//! In Rhai, `queue.receive()` calls a script's own `fn receive()` before it looks for the method of
//! `queue`. A script must not break because it names a function like one of ours, so such a
//! script gets a function for handles (`fn "handle".receive()`), which Rhai prefers, and which
//! calls the method.

use std::any::TypeId;
use std::fmt::Write;

use llmspell_core::Cx;
use rhai::{AST, Dynamic, Engine, ImmutableString};

use crate::convert::{Namespace, Object};
use crate::dispatch::{self, Registered};

/// The name of handles in Rhai.
pub const HANDLE: &str = "handle";
/// The name of namespaces in Rhai.
pub const NAMESPACE: &str = "namespace";

/// Where the functions for handles stand; no script is that long.
const LINE: usize = 60_000;
const CALL: &str = "llmspell_call_method";

/// Whether a position lies in the functions that this module adds.
pub fn is_hidden(line: u32) -> bool {
    line as usize >= LINE
}

/// Registers what the added functions call.
pub fn register(engine: &mut Engine, cx: &Cx) {
    for receiver in [TypeId::of::<Object>(), TypeId::of::<Namespace>()] {
        let cx = cx.clone();
        let name = TypeId::of::<ImmutableString>();
        let list = TypeId::of::<rhai::Array>();
        engine.register_raw_fn(CALL, [receiver, name, list], move |context, args| {
            let name = args[1].take().cast::<ImmutableString>();
            let mut list = args[2].take().cast::<rhai::Array>();
            let mut all = vec![args[0].clone()];
            all.append(&mut list);
            let mut all: Vec<&mut Dynamic> = all.iter_mut().collect();
            dispatch::call(&cx, &name, &mut all, context.global_runtime_state())
        });
    }
}

/// Adds the functions that a compiled text needs.
pub fn protect(engine: &Engine, registered: &Registered, ast: &mut AST) {
    let mut text = String::new();
    for function in ast.iter_functions() {
        let count = function.params.len();
        if function.this_type.is_none() && registered.has(function.name, count + 1) {
            for receiver in [HANDLE, NAMESPACE] {
                add(&mut text, receiver, function.name, count);
            }
        }
    }
    if text.is_empty() {
        return;
    }
    let text = format!("{}{text}", "\n".repeat(LINE));
    let added = engine.compile(text).expect("made of valid names only");
    ast.combine(added);
}

fn add(text: &mut String, receiver: &str, name: &str, count: usize) {
    let params: Vec<String> = (0..count).map(|index| format!("p{index}")).collect();
    let params = params.join(", ");
    let _ = writeln!(
        text,
        "fn \"{receiver}\".{name}({params}) {{ {CALL}(this, \"{name}\", [{params}]) }}"
    );
}
