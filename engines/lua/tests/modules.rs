//! `require`.

mod common;

use std::fs;

use common::{Bench, beside, lab_with};
use tempfile::TempDir;

/// A folder of modules.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        for (file, text) in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a file has a folder")).expect("writable");
            fs::write(path, text).expect("writable");
        }
        Self(folder)
    }

    fn bench(&self) -> Bench {
        lab_with(&[], beside(self.0.path()))
    }
}

#[test]
fn a_module_runs_once_and_gives_its_value() {
    let folder = Folder::new(&[
        (
            "counter.lua",
            "runs = (runs or 0) + 1 local name = ... return { name = name }",
        ),
        ("lib/deep/part.lua", "return 'part'"),
        ("silent.lua", "x = 1"),
    ]);
    folder.bench().value(
        "local a = require('counter')
         assert(a.name == 'counter' and require('counter') == a and require('./counter') == a and runs == 1)
         assert(require('deep.part') == 'part' and require('deep/part') == 'part')
         assert(require('silent') == true)",
    );
}

#[test]
fn a_modules_body_may_wait_and_everyone_gets_the_same_value() {
    let folder = Folder::new(&[("slow.lua", "runs = (runs or 0) + 1 Lab.sleep(5) return {}")]);
    folder.bench().value(
        "local function load() return require('slow') end
         local a, b = Lab.start(load), Lab.start(load)
         local c = coroutine.wrap(load)()
         assert(rawequal(a:join(), b:join()) and rawequal(c, a:join()) and runs == 1)",
    );
}

#[test]
fn a_module_that_requires_itself_is_an_error() {
    let folder = Folder::new(&[
        ("a.lua", "local b = require('b')"),
        ("b.lua", "\nlocal a = require('a')"),
    ]);
    let diagnostic = folder.bench().diagnostic("require('a')");
    let message = "module \"a\" requires itself, directly or through others";
    assert_eq!(diagnostic.message, message);
    assert_eq!(diagnostic.place().map(|f| f.line), Some(2));
    assert!(
        diagnostic.stack[0].source.ends_with("b.lua"),
        "{diagnostic:?}"
    );
}

#[test]
fn an_error_in_a_module_names_its_file_and_it_can_be_tried_again() {
    let folder = Folder::new(&[
        ("bad.lua", "\n\nx = = 1"),
        ("fails.lua", "\ntries = (tries or 0) + 1\nerror('no')"),
    ]);
    let bench = folder.bench();
    let diagnostic = bench.diagnostic("require('bad')");
    assert!(
        diagnostic.stack[0].source.ends_with("bad.lua"),
        "{diagnostic:?}"
    );
    assert_eq!(diagnostic.stack[0].line, 3);
    assert_eq!(diagnostic.message, "unexpected symbol near '='");
    let diagnostic = bench.diagnostic("pcall(require, 'fails') require('fails')");
    assert_eq!(
        (diagnostic.stack[0].line, diagnostic.message.as_str()),
        (3, "no")
    );
    bench.value("assert(tries == 2)");
}

#[test]
fn a_task_cancelled_in_a_modules_body_lets_others_load_it() {
    let folder = Folder::new(&[(
        "m.lua",
        "if not second then second = true Lab.forever() end return 'ok'",
    )]);
    folder.bench().value(
        "local job = Lab.start(function() require('m') end)
         Lab.sleep(1)
         local other = Lab.start(function() return require('m') end)
         Lab.sleep(1)
         job:cancel()
         assert(other:join() == 'ok')",
    );
}

#[test]
fn a_missing_module_says_where_it_was_looked_for() {
    let folder = Folder::new(&[("a.lua", "")]);
    let diagnostic = folder.bench().diagnostic("\nrequire('nowhere')");
    assert!(
        diagnostic
            .message
            .starts_with("no module \"nowhere\"; looked for ")
    );
    assert_eq!(diagnostic.place().map(|f| f.line), Some(2));
    let message = folder.bench().diagnostic("require(1)").message;
    assert_eq!(message, "require: expected a module's name, got number");
}
