//! `import`.

mod support;
use std::ops::Deref;

use llmspell_core::Loader;
use support::World;
use tempfile::TempDir;

/// A world with a folder of modules.
struct Beside {
    world: World,
    folder: TempDir,
}

impl Deref for Beside {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Beside {
    /// Another world with the same modules.
    fn again(&self) -> World {
        World::with(Loader::beside(&self.folder.path().join("main.rhai")))
    }
}

/// A world whose scripts can import these files.
fn with(files: &[(&str, &str)]) -> Beside {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    }
    let world = World::with(Loader::beside(&folder.path().join("main.rhai")));
    Beside { world, folder }
}

#[test]
fn a_module_gives_its_functions_and_exports() {
    let world = with(&[(
        "greeting.rhai",
        "export const WORD = \"hello\"; fn greet(name) { Probe.nap(1); helper(name) } private fn helper(name) { `hello ${name}` }",
    )]);
    let script = "import \"greeting\" as g; print(g::greet(\"you\")); print(g::WORD);";
    assert_eq!(world.prints(script), "hello you\nhello\n");
}

#[test]
fn a_module_runs_once_and_may_suspend_while_others_wait_for_it() {
    let world = with(&[(
        "slow.rhai",
        "print(\"loading\"); export const N = Probe.nap(2, 5);",
    )]);
    let script = r#"
        let jobs = [];
        for i in 0..3 { jobs.push(Probe.start(|| { import "slow" as s; s::N })); }
        import "./slow.rhai" as s;
        print(jobs.map(|job| job.join()));
    "#;
    assert_eq!(world.prints(script), "loading\n[5, 5, 5]\n");
}

#[test]
fn closures_and_functions_of_a_module_run_in_tasks_and_in_the_importing_script() {
    let world = with(&[(
        "maker.rhai",
        "fn inner(x) { x + 100 } fn make(n) { |x| inner(x) + n } fn named() { Fn(\"inner\") } fn run(n) { Probe.start(|| inner(n)).join() }",
    )]);
    let script = r#"
        import "maker" as m;
        print(m::run(1));
        let f = m::make(10);
        print(Probe.start(f, 1).join());
        print(f.call(2));
        print([1, 2].map(f));
        print(Probe.start(|| f.call(3)).join());
    "#;
    assert_eq!(world.prints(script), "101\n111\n112\n[111, 112]\n113\n");
}

#[test]
fn modules_that_import_each_other_are_an_error() {
    let world = with(&[
        ("a.rhai", "import \"b\" as b;"),
        ("b.rhai", "import \"a\" as a;"),
    ]);
    let error = world.fails("import \"a\" as a;");
    assert_eq!(
        error.message,
        "modules import each other in a circle: a -> b -> a"
    );
}

#[test]
fn a_missing_module_is_an_error_that_can_be_caught() {
    let world = with(&[]);
    let error = world.fails("let x = 1;\nimport \"nowhere\" as n;");
    assert!(
        error
            .to_string()
            .starts_with("test.rhai:2:8: no module \"nowhere\""),
        "{error}"
    );
    let script =
        "try { import \"nowhere\" as n; n::f(); } catch (e) { print(e.contains(\"nowhere\")) }";
    assert_eq!(world.prints(script), "true\n");
}

#[test]
fn an_error_in_a_module_has_its_place_there() {
    let world = with(&[
        ("syntax.rhai", "let x = 1;\nlet = 2;"),
        ("body.rhai", "\n\nthrow \"in the body\";"),
        ("function.rhai", "fn f() {\n  Probe.fail(\"in f\")\n}"),
    ]);
    let places = |script: &str| {
        let error = world.fails(script);
        let place = |frame: &llmspell_core::Frame| {
            let file = frame.source.rsplit('/').next().unwrap_or_default();
            format!("{file}:{}", frame.line)
        };
        let stack: Vec<String> = error.stack.iter().map(place).collect();
        format!("{} {}", error.message, stack.join(" "))
    };
    assert_eq!(
        places("import \"syntax\" as s;"),
        "expecting name of a variable syntax.rhai:2 test.rhai:1"
    );
    assert_eq!(
        places("\nimport \"body\" as b;"),
        "in the body body.rhai:3 test.rhai:2"
    );
    assert_eq!(
        places("import \"function\" as f;\nf::f();"),
        "in f function.rhai:2 test.rhai:2"
    );
}

#[test]
fn endless_recursion_in_a_module_is_an_error() {
    let world = with(&[(
        "deep.rhai",
        "fn f(n) { f(n + 1) } fn g(n) { [n].map(|x| g(x)) }",
    )]);
    for call in ["d::f(0);", "d::g(0);"] {
        let error = world.fails(&format!("import \"deep\" as d; {call}"));
        assert_eq!(error.message, "too many nested calls (limit 1000)");
    }
}

#[test]
fn a_file_runs_once_under_all_its_names() {
    let world = with(&[("lib/one.rhai", "print(\"runs\"); fn f() { 1 }")]);
    let script = "import \"lib/one\" as a; import \"one\" as b; print(a::f() + b::f());";
    assert_eq!(world.prints(script), "runs\n2\n");
}

#[test]
fn a_module_that_ends_inside_a_comment_is_an_error() {
    let world = with(&[("open.rhai", "fn a() { 1 }\n/* note\nfn b() { 2 }")]);
    let error = world.fails("import \"open\" as o; print(o::a());");
    assert!(
        error.message.contains("the text ends inside a comment"),
        "{error}"
    );
}

#[test]
fn a_function_that_a_module_does_not_have_is_named() {
    let world = with(&[("lib.rhai", "fn safe() { 1 }")]);
    for (call, message) in [
        (
            "l::typo(1, \"a\")",
            "there is no function l::typo(integer, string)",
        ),
        ("l::lost()", "there is no function l::lost()"),
        ("l::safe(1)", "there is no function l::safe(integer)"),
    ] {
        let error = world.fails(&format!("import \"lib\" as l; {call};"));
        assert_eq!(error.message, message);
    }
    let error = World::new().fails("[1, \"a\"].sort();");
    assert_eq!(
        error.message,
        "elements of different types cannot be sorted"
    );
}

#[test]
fn closures_of_two_modules_are_not_taken_for_each_other() {
    let calls = ["helper()", "[1].map(helper)", "Fn(\"helper\").call()"];
    for call in calls {
        let text = |value: &str| {
            format!(
                "fn helper() {{ {value} }} fn helper(x) {{ {value} }}\nfn make() {{ || {call} }}"
            )
        };
        let world = with(&[
            ("a.rhai", &text("1")),
            ("b.rhai", &text("2")),
            ("copy.rhai", &text("1")),
        ]);
        let error = world
            .fails("import \"a\" as a; import \"b\" as b;")
            .to_string();
        assert!(
            error.contains("a.rhai has the same closure at the same place"),
            "{error}"
        );
        assert!(error.contains("b.rhai:2:"), "{error}");
        world
            .again()
            .prints("import \"a\" as a; import \"copy\" as c; c::make();");
    }
    let plain = "fn helper() { 1 }\nfn make() { |x| x + 1 }";
    let world = with(&[
        ("c.rhai", plain),
        ("d.rhai", &plain.replace("{ 1 }", "{ 2 }")),
    ]);
    let script =
        "import \"c\" as c; import \"d\" as d; print(c::make().call(1) + d::make().call(2));";
    assert_eq!(world.prints(script), "5\n");
}
