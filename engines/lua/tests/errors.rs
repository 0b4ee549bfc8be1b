//! Errors as people see them, and as scripts catch them.

mod common;

use common::{check, fails, lab};
use llmspell_core::{Diagnostic, Frame, TaskError};

fn places(stack: &[Frame]) -> Vec<(u32, Option<&str>)> {
    stack
        .iter()
        .map(|f| (f.line, f.function.as_deref()))
        .collect()
}

#[test]
fn a_runtime_error_has_its_line_and_its_stack() {
    let diagnostic = lab().diagnostic(
        "local function inner(x)\n  return x.y.z\nend\nlocal function outer()\n  local r = inner({})\n  return r\nend\nouter()\n",
    );
    assert_eq!(
        diagnostic.message,
        "attempt to index a nil value (field 'y')"
    );
    let expected = [(2, Some("inner")), (5, Some("outer")), (8, None)];
    assert_eq!(places(&diagnostic.stack)[..], expected[..]);
    assert!(diagnostic.stack.iter().all(|f| f.source == "test.lua"));
}

#[test]
fn a_long_script_name_is_told_in_full() {
    let name = format!("/somewhere/{}/script.lua", "folder/".repeat(20));
    let bench = lab();
    let entry = bench.engine.load(&name, "\nerror('x')").expect("compiles");
    let error = bench
        .scheduler
        .run(&bench.engine, &entry, Vec::new())
        .expect_err("fails");
    assert_eq!(error.diagnostic().to_string(), format!("{name}:2: x"));
    let error = bench.engine.load(&name, "\n=").err().expect("is no Lua");
    assert_eq!(
        error.to_string(),
        format!("{name}:2: unexpected symbol near '='")
    );
}

#[test]
fn an_error_value_that_is_no_string_is_shown() {
    fails("error({ code = 5 })", "test.lua:1: error value: {code = 5}");
    fails("error(nil)", "test.lua:1: error value: nil");
    fails("error()", "test.lua:1: error value: nil");
    fails("error(5)", "test.lua:1: error value: 5");
    fails(
        "error(setmetatable({}, { __tostring = function() return 'mine' end }))",
        "test.lua:1: mine",
    );
    fails("error('plain', 0)", "test.lua:1: plain");
    fails("\nerror('a: b: 3: c')", "test.lua:2: a: b: 3: c");
    let refused = "to 127.0.0.1:8080: refused";
    fails(
        &format!("error('{refused}', 0)"),
        &format!("test.lua:1: {refused}"),
    );
}

#[test]
fn an_error_in_a_coroutine_has_the_line_inside_it() {
    let diagnostic =
        lab().diagnostic("local f = coroutine.wrap(function()\n  local x = nil + 1\nend)\nf()");
    assert_eq!(
        diagnostic.to_string(),
        "test.lua:2: attempt to perform arithmetic on a nil value"
    );
    assert_eq!(places(&diagnostic.stack).last(), Some(&(4, None)));
}

#[test]
fn an_error_after_a_wait_has_its_line() {
    fails(
        "Lab.later(1)\nlocal x = nil + 1",
        "test.lua:2: attempt to perform arithmetic on a nil value",
    );
    fails("\nLab.fail_later('too late')", "test.lua:2: too late");
}

#[test]
fn an_error_value_keeps_its_identity_through_a_join() {
    check(
        "local thrown = { code = 5 }
         local job = Lab.start(function() Lab.later(1) error(thrown) end)
         local ok, e = pcall(job.join, job)
         assert(not ok and rawequal(e, thrown))
         local job = Lab.start(function() error('text') end)
         local ok, e = pcall(job.join, job)
         assert(e == 'test.lua:5: text', e)",
    );
}

#[test]
fn an_error_that_a_join_raises_again_has_the_childs_stack() {
    let diagnostic = lab().diagnostic(
        "local function child()\n  error({ code = 5 })\nend\nlocal job = Lab.start(child)\njob:join()",
    );
    assert_eq!(diagnostic.message, "error value: {code = 5}");
    assert_eq!(
        places(&diagnostic.stack)
            .iter()
            .map(|p| p.0)
            .collect::<Vec<_>>(),
        [2, 5]
    );
}

#[test]
fn the_thrown_value_stays_with_the_error() {
    let error = lab().error("error({ 1 })");
    let TaskError::Script(error) = error else {
        panic!("{error}");
    };
    assert!(error.value.is_some());
}

#[test]
fn a_syntax_error_has_its_line() {
    let bench = lab();
    let load = |source| {
        bench
            .engine
            .load("bad.lua", source)
            .err()
            .map(|e| e.to_string())
    };
    assert_eq!(
        load("\nx = = 1").as_deref(),
        Some("bad.lua:2: unexpected symbol near '='")
    );
    assert_eq!(
        load("if x then").as_deref(),
        Some("bad.lua:1: 'end' expected near <eof>")
    );
    assert_eq!(
        load("x = 1\nif x then\n\n").as_deref(),
        Some("bad.lua:2: 'end' expected (to close 'if' at line 2) near <eof>")
    );
    assert_eq!(
        load("x = 1\n\u{a0}\n").as_deref(),
        Some("bad.lua:2: unexpected symbol near '<\\194>'")
    );
    assert_eq!(
        load("goto nowhere").as_deref(),
        Some("bad.lua:1: no visible label 'nowhere' for <goto> at line 1")
    );
}

#[test]
fn a_stack_overflow_names_itself_and_its_place() {
    let diagnostic = lab().diagnostic("local function f()\n  return 1 + f()\nend\nf()");
    assert!(
        diagnostic.message.contains("stack overflow"),
        "{}",
        diagnostic.message
    );
    assert_eq!(diagnostic.place().map(|f| f.line), Some(2));
}

#[test]
fn an_equal_text_is_not_the_error_that_was_caught_before() {
    let diagnostic = lab().diagnostic(
        "local job = Lab.start(function() error('boom', 0) end)
         pcall(job.join, job)

         error('boom', 0)",
    );
    assert_eq!(diagnostic.place().map(|frame| frame.line), Some(4));
    assert_eq!(diagnostic.stack.len(), 1, "{:?}", diagnostic.stack);
}

#[test]
fn an_error_that_tells_its_place_is_known_on_another_line() {
    let diagnostic = lab().diagnostic(
        "local job = Lab.start(function() error('boom') end)
         local _, problem = pcall(job.join, job)

         error(problem, 0)",
    );
    let lines = |diagnostic: Diagnostic| -> Vec<u32> {
        diagnostic.stack.iter().map(|frame| frame.line).collect()
    };
    assert_eq!(lines(diagnostic), [1, 4]);
    let again = lab().diagnostic(
        "local function f() error('boom') end
         local job = Lab.start(f)
         pcall(job.join, job)
         f()",
    );
    assert_eq!(lines(again), [1, 4]);
}

#[test]
fn stock_functions_that_are_replaced_tell_the_scripts_line() {
    fails(
        "getmetatable()",
        "test.lua:1: bad argument #1 to 'getmetatable' (value expected)",
    );
}

#[test]
fn traceback_is_there_and_nothing_else_of_debug() {
    check(
        "local text = debug.traceback('here')
         assert(text:match('^here\\nstack traceback:\\n') and text:match('test.lua:1:'), text)
         assert(debug.traceback({}) ~= nil and type(debug.traceback({})) == 'table')
         local co = coroutine.create(print)
         assert(debug.traceback(co, 'there'):match('^there\\nstack traceback:'))
         for name in pairs(debug) do assert(name == 'traceback') end",
    );
}

#[test]
fn messages_name_stock_functions_as_stock_lua_does() {
    fails(
        "setmetatable(1, {})",
        "test.lua:1: bad argument #1 to 'setmetatable' (table expected, got number)",
    );
    fails(
        "string.rep()",
        "test.lua:1: bad argument #1 to 'rep' (string expected, got no value)",
    );
}

#[test]
fn a_function_of_a_module_that_is_called_with_a_colon_says_so() {
    for call in [
        "Lab:same()",
        "Lab:echo()",
        "Lab:countdown()",
        "Lab:add(1, 2)",
    ] {
        let message = lab().diagnostic(call).message;
        assert!(
            message.contains("call it with a dot, as in Lab."),
            "{call}: {message}"
        );
    }
    check("local same = Lab.same Lab = { a = 1 } assert(same(Lab) == Lab)");
}

#[test]
fn a_variable_that_closes_gets_what_was_thrown() {
    let closing = "local x <close> = setmetatable({}, { __close = function(_, e) print(e) end })";
    for (throw, printed) in [
        ("error('boom')", "test.lua:1: boom"),
        ("error({}, 0)", "{}"),
    ] {
        let bench = lab();
        let script = format!("{closing} {throw}");
        let error = bench.error(&script).diagnostic();
        assert!(
            bench.screen.text().starts_with(printed),
            "{}",
            bench.screen.text()
        );
        assert!(!error.stack.is_empty(), "{error:?}");
    }
}
