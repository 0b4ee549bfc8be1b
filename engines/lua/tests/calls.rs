//! Host functions, handles and namespaces as scripts see them.

mod common;

use common::{check, fails, lab, prints};
use llmspell_core::Fault;
use llmspell_core::TaskError;

#[test]
fn a_namespace_function_is_called_with_a_dot() {
    prints("print(Lab.add(1, 2))", "3\n");
}

#[test]
fn an_unknown_function_suggests_the_nearest_one() {
    fails(
        "\nLab.ad(1, 2)",
        "test.lua:2: Lab has no function \"ad\"; did you mean \"add\"?",
    );
}

#[test]
fn a_namespace_is_read_only_and_can_be_listed() {
    fails(
        "Lab.add = nil",
        "test.lua:1: cannot set Lab.add: Lab is read-only",
    );
    check(
        "local n = 0 for name, f in pairs(Lab) do assert(type(f) == 'function') n = n + 1 end assert(n > 5)",
    );
    prints("print(Lab)", "Lab\n");
}

#[test]
fn a_wrong_argument_is_an_error_at_the_calling_line() {
    fails(
        "local x = 1\nLab.add(x, 'two')",
        "test.lua:2: Lab.add: b: expected integer, got string",
    );
    fails(
        "Lab.add(1)",
        "test.lua:1: Lab.add: nothing was given for b; it is called as Lab.add(a: integer, b: integer)",
    );
}

#[test]
fn an_error_of_the_host_is_a_string_for_pcall() {
    check(
        "local ok, e = pcall(Lab.fail, 'no') assert(not ok and e == 'test.lua:1: no', e)
         local ok, e = pcall(function() Lab.fail('no') end)
         assert(not ok and e == 'test.lua:2: no', e)
         local ok, e = pcall(function() Lab.fail_later('no') end)
         assert(not ok and e == 'test.lua:4: no', e)",
    );
}

#[test]
fn methods_are_called_with_a_colon() {
    check("local c = Lab.countdown(3) assert(c:peek() == 3)");
    fails(
        "local c = Lab.countdown(3)\nc:pek()",
        "test.lua:2: Countdown has no method \"pek\"; did you mean \"peek\"?",
    );
    let message = lab()
        .diagnostic("local c = Lab.countdown(3) c.peek()")
        .message;
    assert!(message.contains("called with a colon"), "{message}");
}

#[test]
fn a_handle_reads_as_its_display_and_equals_itself() {
    prints(
        "local c = Lab.countdown(3) print(c, 'is ' .. c, { c })
         assert(c == c:itself() and c ~= Lab.countdown(3))",
        "Countdown(3)\tis Countdown(3)\t{Countdown(3)}\n",
    );
    let message = lab()
        .diagnostic("local c = Lab.countdown(3) c.x = 1")
        .message;
    assert_eq!(message, "cannot set the field x of Countdown(3)");
}

#[test]
fn a_for_loop_takes_from_a_handle_that_iterates() {
    prints("for n in Lab.countdown(3) do print(n) end", "3\n2\n1\n");
    let message = lab().diagnostic("for x in Lab.start(print) do end").message;
    assert!(
        message.starts_with("cannot call or iterate over Job"),
        "{message}"
    );
}

#[test]
fn a_panic_in_the_host_is_a_fault_that_no_script_catches() {
    let bench = lab();
    let error = bench.error("pcall(Lab.panic) print('caught')");
    assert!(
        matches!(&error, TaskError::Fault(Fault::Panic(text)) if text == "the host is broken"),
        "{error}"
    );
    assert_eq!(bench.screen.text(), "");
    bench.value("return 1");
}

#[test]
fn globals_are_given_and_those_of_scripts_are_listed() {
    let bench = lab();
    bench.value("assert(ARGS[1] == 'one') hero = 1");
    assert_eq!(bench.engine.globals(), ["hero"]);
}
