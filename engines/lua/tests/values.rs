//! Values on their way between Lua and the host.

mod common;

use common::{check, fails, lab, prints};
use llmspell_core::{Opaque, Value};

/// What the host sees of a Lua expression.
fn seen(expression: &str, expected: &str) {
    prints(
        &format!("print(Lab.debug({expression}))"),
        &format!("{expected}\n"),
    );
}

#[test]
fn each_kind_of_value_arrives_as_its_own_kind() {
    seen("nil", "nil");
    seen("true", "true");
    seen("1", "1");
    seen("1.0", "1.0");
    seen("'text'", "\"text\"");
    seen("'\\xff'", "<1 bytes>");
    seen("print", "<function>");
    seen("Lab.countdown(2)", "Countdown(2)");
}

#[test]
fn a_sequence_is_a_list_and_any_other_table_a_map_sorted_by_name() {
    seen("{1, 2, {3}}", "[1, 2, [3]]");
    seen(
        "{b = 1, a = {c = true}}",
        "{\"a\": {\"c\": true}, \"b\": 1}",
    );
    seen("{}", "{}");
}

#[test]
fn a_list_from_the_host_stays_a_list_when_it_is_emptied() {
    seen(
        "(function() local l = Lab.echo({1}) l[1] = nil return l end)()",
        "[]",
    );
}

#[test]
fn a_list_with_nothing_in_it_carries_its_length() {
    check("local l = Lab.gaps() assert(l[1] == 1 and l[2] == nil and l[3] == 3 and l.n == 3)");
    seen("Lab.gaps()", "[1, nil, 3]");
    seen("table.pack(1, nil)", "[1, nil]");
    seen("{n = 2}", "{\"n\": 2}");
}

/// Converting must fail with this problem.
fn refused(expression: &str, problem: &str) {
    let message = lab()
        .diagnostic(&format!("Lab.debug({expression})"))
        .message;
    assert_eq!(
        message,
        format!("Lab.debug: value: {problem}"),
        "{expression}"
    );
}

#[test]
fn a_table_that_is_neither_list_nor_map_is_refused_with_the_reason() {
    refused(
        "{1, a = 2}",
        "table has both list items and the field \"a\"",
    );
    refused("{[true] = 1}", "table keys must be strings, got a boolean");
    refused("{[0] = 1}", "table keys must be strings, got the number 0");
    refused(
        "{1, nil, 3}",
        "list without item 2; one with gaps needs its length in the field n, as table.pack sets it",
    );
    refused(
        "{1, 2, n = 1}",
        "the list's field n is 1, its last item is 2",
    );
    refused(
        "{1, n = 1 << 60}",
        "the list's field n is 1152921504606846976, its last item is 1",
    );
    refused("{['\\xff'] = 1}", "table keys must be UTF-8");
    refused(
        "coroutine.create(print)",
        "a thread cannot be given to the host",
    );
}

#[test]
fn a_table_that_contains_itself_nests_too_deep_or_explodes_is_refused() {
    let bench = lab();
    let cycle = bench
        .diagnostic("local t = {} t[1] = { t } Lab.debug(t)")
        .message;
    assert!(cycle.ends_with("table contains itself"), "{cycle}");
    let deep = bench.diagnostic("local t = {} for i = 1, 100000 do t = { t } end Lab.debug(t)");
    assert!(
        deep.message.ends_with("nest deeper than 100 levels"),
        "{deep}"
    );
    let wide =
        bench.diagnostic("local t = {} for i = 1, 40 do t = { t, t, t, t } end Lab.debug(t)");
    assert!(wide.message.ends_with("table is too large"), "{wide}");
}

#[test]
fn an_untouched_value_keeps_its_identity() {
    check(
        "local t = setmetatable({}, { __index = { x = 1 } })
         assert(Lab.same(t) == t and Lab.same(t).x == 1)
         assert(Lab.same(print) == print)
         local co = coroutine.create(print)
         assert(Lab.same(co) == co and Lab.later(co) == co)
         assert(Lab.same('a\\xff') == 'a\\xff' and math.type(Lab.same(1)) == 'integer')
         local c = Lab.countdown(1)
         assert(rawequal(Lab.same(c), c))",
    );
}

#[test]
fn a_function_comes_back_as_itself() {
    check("assert(Lab.echo(print) == print and Lab.echo({ f = print }).f == print)");
}

#[test]
fn a_task_gives_all_results_of_its_function() {
    check(
        "local t = { 1 }
         local a, b, c, d = Lab.start(function(x) return x, nil, 3 end, t):join()
         assert(rawequal(a, t) and b == nil and c == 3 and d == nil)
         assert(select('#', Lab.start(function() return 1, nil end):join()) == 2)",
    );
}

#[test]
fn a_value_of_another_engine_is_refused() {
    let (one, other) = (lab(), lab());
    let value = one.run("return {}").expect("runs");
    assert!(other.engine.inspect(&value).is_err());
    let foreign = Value::Any(Opaque::new(1));
    assert!(one.engine.inspect(&foreign).is_err());
    let entry = one.engine.load("x", "return 1").expect("compiles");
    assert!(other.engine.start(&entry, Vec::new()).is_err());
}

#[test]
fn host_results_read_well_and_print_is_deterministic() {
    prints(
        "print(Lab.echo({ name = 'x', list = { 1, 2 }, ['a b'] = true, ['end'] = 1.5 }))
         print(tostring(Lab.echo({ 1 })), 'see ' .. Lab.echo({ 1 }))
         print(Lab.gaps(), {}, { { nil, 2 } })",
        "{[\"a b\"] = true, [\"end\"] = 1.5, list = {1, 2}, name = \"x\"}\n\
         {1}\tsee {1}\n\
         {1, nil, 3}\t{}\t{{nil, 2}}\n",
    );
}

#[test]
fn print_shows_cycles_depth_and_size_within_bounds() {
    prints(
        "local t = { 1 } t.self = t print(t)",
        "{1, self = <cycle>}\n",
    );
    let bench = lab();
    let deep = bench.output("local t = {} for i = 1, 100000 do t = { t } end print(t)");
    assert!(deep.contains("{…}") && deep.len() < 2000, "{deep}");
    let wide = bench.output("local t = {} for i = 1, 40 do t = { t, t, t, t } end print(t)");
    assert!(wide.contains('…'));
    let key = bench.output("local k = {} for i = 1, 100000 do k = { [k] = 1 } end print(k)");
    assert!(key.len() < 200, "{key}");
}

#[test]
fn wide_tables_are_broken_into_lines() {
    prints(
        "print({ text = ('x'):rep(60), metadata = { tokens = { total = 1 }, model = 'm' } })",
        &format!(
            "{{\n  metadata = {{model = \"m\", tokens = {{total = 1}}}},\n  text = \"{}\"\n}}\n",
            "x".repeat(60)
        ),
    );
}

#[test]
fn tostring_of_a_scripts_own_table_stays_that_of_lua() {
    check("assert(tostring({}):match('^table: '))");
    prints(
        "print(setmetatable({}, { __tostring = function() return 'mine' end }), { setmetatable({}, { __tostring = function() return 'mine' end }) })",
        "mine\t{mine}\n",
    );
}

#[test]
fn what_cannot_be_given_is_told_with_its_place() {
    fails(
        "Lab.echo({ a = { stop = { 'x', [3] = 'y' } } })",
        "test.lua:1: Lab.echo: value.a.stop: list without item 2; one with gaps needs its length in the field n, \
         as table.pack sets it",
    );
    fails(
        "Lab.echo({ { b = coroutine.create(print) } })",
        "test.lua:1: Lab.echo: value.item 1.b: a thread cannot be given to the host",
    );
}
