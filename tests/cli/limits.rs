//! Time limits and endless recursion.

use crate::{fails, prints};

#[test]
fn a_time_limit_ends_every_kind_of_endless_loop_with_124() {
    let lua = [
        "while true do end",
        "while true do pcall(error) end",
        "coroutine.wrap(function() while true do end end)()",
        "coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()",
        "table.sort({ 3, 2, 1 }, function() while true do end end)",
        "xpcall(error, function() while true do end end)",
        "string.find(string.rep('a', 30000), '.-.-.-.-b')",
        "Task.start(function() while true do end end)",
        "Task.sleep(60)",
        "Console.read_line() Task.sleep(60)",
    ];
    let rhai = [
        "loop {}",
        "loop { try { loop {} } catch {} }",
        "[3, 2, 1].sort(|a, b| { loop {} })",
        "Task.start(|| { loop {} })",
        "Task.sleep(60)",
    ];
    for code in lua {
        fails(
            &["exec", "--timeout", "0.2", code],
            124,
            "timed out after 0.2 s",
        );
    }
    for code in rhai {
        fails(
            &["exec", "--lang", "rhai", "--timeout", "0.2", code],
            124,
            "timed out after 0.2 s",
        );
    }
}

#[test]
fn a_time_limit_may_be_longer_than_a_clock_counts() {
    prints(&["exec", "--timeout", "1e19", "print(1)"], "1\n");
}

#[test]
fn endless_recursion_is_an_error() {
    let lua = [
        (
            "local function f() return f() + 1 end f()",
            "stack overflow",
        ),
        (
            "local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return s[k] end print(t.x)",
            "stack overflow",
        ),
        (
            "local function f() coroutine.wrap(f)() end f()",
            "stack overflow",
        ),
        (
            "local function f() local ok, e = pcall(f) error(e) end f()",
            "stack overflow",
        ),
        (
            "local s = string.rep('(', 300) print(s:find(s))",
            "too many captures",
        ),
        ("local t = {} t.t = t JSON.stringify(t)", "contains itself"),
    ];
    for (code, part) in lua {
        fails(&["exec", "--timeout", "60", code], 1, part);
    }
    let rhai = [
        "fn f(n) { f(n + 1) + 1 } f(0)",
        "let f = |g, n| g.call(g, n + 1) + 1; f.call(f, 0)",
    ];
    for code in rhai {
        let args = ["exec", "--lang", "rhai", "--timeout", "60", code];
        fails(&args, 1, "nest");
    }
}
