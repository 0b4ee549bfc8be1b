//! Budgets, faults and depth: what ends a task, whatever the script does.

mod common;

use std::time::{Duration, Instant};

use common::{Bench, check, lab};
use llmspell_core::{Fault, TaskError};

/// Scripts that no `pcall`, coroutine or handler may keep alive.
const ENDLESS: &[(&str, &str)] = &[
    ("a loop", "while true do end"),
    ("a loop around pcall", "while true do pcall(function() while true do end end) end"),
    ("a coroutine", "coroutine.wrap(function() while true do end end)()"),
    (
        "a loop around coroutines around pcall",
        "while true do pcall(coroutine.wrap(function() while true do pcall(function() while true do end end) end end)) end",
    ),
    (
        "coroutines that wait and are resumed in a loop",
        "local co = coroutine.create(function() while true do pcall(coroutine.yield) end end)
         while true do coroutine.resume(co) end",
    ),
    ("an error handler", "xpcall(error, function() while true do end end)"),
    (
        "an error handler of the end itself",
        "xpcall(function() while true do end end, function() while true do end end)",
    ),
    (
        "a sort comparator",
        "table.sort({ 3, 2, 1 }, function() while true do pcall(function() while true do end end) end end)",
    ),
    (
        "a sort comparator with its own coroutine",
        "table.sort({ 3, 2, 1 }, function() return coroutine.wrap(function() while true do end end)() end)",
    ),
    (
        "an error handler below a sort comparator",
        "table.sort({ 3, 2, 1 }, function() xpcall(function() while true do end end, function() while true do end end) end)",
    ),
    ("a gsub replacement", "string.gsub('x', 'x', function() while true do end end)"),
    (
        "a close handler",
        "local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
    ),
    (
        "a close handler in a coroutine",
        "coroutine.wrap(function()
           local x <close> = setmetatable({}, { __close = function() while true do pcall(error) end end })
           while true do end
         end)()",
    ),
    (
        "close handlers below pcall",
        "while true do pcall(function()
           local x <close> = setmetatable({}, { __close = function() while true do end end })
           error('x')
         end) end",
    ),
    ("a metamethod", "local t = setmetatable({}, { __index = function() while true do end end }) return t.x"),
    ("tostring", "print(setmetatable({}, { __tostring = function() while true do end end }))"),
    ("tail calls", "local function f() return f() end f()"),
    ("endless joins", "while true do pcall(function() Lab.start(function() while true do end end):join() end) end"),
];

fn ends_with(bench: &Bench, name: &str, script: &str, expected: fn(&Fault) -> bool) {
    let started = Instant::now();
    let error = bench.error(script);
    let fault = matches!(&error, TaskError::Fault(fault) if expected(fault));
    assert!(fault, "{name}: {error}");
    // Generous, for loaded machines; an endless one would never get here at all.
    assert!(started.elapsed() < Duration::from_secs(10), "{name}");
}

#[test]
fn the_deadline_ends_every_endless_script() {
    for (name, script) in ENDLESS {
        let bench = lab();
        let limit = Duration::from_millis(10);
        bench.scheduler.cx().budget().set_timeout(Some(limit));
        ends_with(&bench, name, script, |f| matches!(f, Fault::Timeout(_)));
    }
}

#[test]
fn the_instruction_budget_ends_every_endless_script() {
    for (name, script) in ENDLESS {
        let bench = lab();
        bench
            .scheduler
            .cx()
            .budget()
            .set_instructions(Some(200_000));
        ends_with(&bench, name, script, |f| {
            matches!(f, Fault::Instructions(_))
        });
    }
}

#[test]
fn an_engine_works_on_after_a_deadline() {
    let bench = lab();
    let budget = bench.scheduler.cx();
    budget.budget().set_timeout(Some(Duration::from_millis(5)));
    bench.error("while true do pcall(function() while true do end end) end");
    budget.budget().set_timeout(None);
    bench.value("for i = 1, 1e6 do end assert(Lab.later(1) == 1)");
}

#[test]
fn a_task_that_ends_itself_cannot_catch_that() {
    for script in [
        "pcall(Lab.end_) log = 'ran on'",
        "xpcall(Lab.end_, function() log = 'ran on' end) log = 'ran on'",
        "coroutine.wrap(function() pcall(Lab.end_) log = 'ran on' end)() log = 'ran on'",
        "pcall(table.sort, { 2, 1 }, function() pcall(Lab.end_) log = 'ran on' end) log = 'ran on'",
    ] {
        let script = script.replace("Lab.end_", "Lab['end']");
        let bench = lab();
        let error = bench.error(&script);
        assert!(
            matches!(error, TaskError::Fault(Fault::Cancelled)),
            "{script}: {error}"
        );
        bench.value("assert(log == nil, log)");
    }
}

#[test]
fn a_cancelled_task_closes_its_variables_within_bounds() {
    let started = Instant::now();
    check(
        "local function cancelled(close)
           local job = Lab.start(function()
             local x <close> = setmetatable({}, { __close = close })
             Lab.forever()
           end)
           Lab.sleep(1)
           job:cancel()
           assert(Lab.alive() == 0)
         end
         cancelled(function() while true do end end)
         cancelled(function() while true do pcall(function() while true do end end) end end)
         cancelled(function() error('ignored') end)
         local seen
         cancelled(function() seen = select(2, pcall(Lab.later, 1)) end)
         assert(seen:match('cannot wait here: this code runs while its task is being closed'), seen)
         assert(Lab.later(2) == 2)",
    );
    assert!(started.elapsed() < Duration::from_secs(10));
}

/// Scripts that recurse without end; each must be an error that a script can catch.
const DEEP: &[(&str, &str)] = &[
    ("plain", "local function f() return 1 + f() end f()"),
    (
        "below pcall",
        "local function f() local ok, e = pcall(f) if not ok then error(e, 0) end end f()",
    ),
    (
        "metamethods",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
    ),
    (
        "index chains",
        "local t = {} for i = 1, 1e4 do t = setmetatable({}, { __index = t }) end return t.x.y",
    ),
    (
        "tostring",
        "local t = setmetatable({}, {}) getmetatable(t).__tostring = function(t) return tostring(t) end return tostring(t)",
    ),
    (
        "print in tostring",
        "local t = setmetatable({}, {}) getmetatable(t).__tostring = function(t) print({ t }) return '' end print(t)",
    ),
    (
        "wrapped coroutines",
        "local function f() return coroutine.wrap(f)() end f()",
    ),
    (
        "resumed coroutines",
        "local function f() local ok, e = coroutine.resume(coroutine.create(f)) if not ok then error(e, 0) end end f()",
    ),
    ("sort", "local function f() table.sort({ 2, 1 }, f) end f()"),
    (
        "gsub",
        "local function f() return (string.gsub('x', 'x', f)) end f()",
    ),
    (
        "patterns",
        "return (string.rep('(', 100000)):find(string.rep('(.?', 100000))",
    ),
    (
        "pattern backtracking",
        "return string.find(string.rep('a', 300000), string.rep('a?', 300000) .. 'b')",
    ),
    (
        "nested source",
        "return assert(load('return ' .. string.rep('(', 100000) .. '1' .. string.rep(')', 100000)))",
    ),
    (
        "nested tables in source",
        "return assert(load('return ' .. string.rep('{', 100000) .. string.rep('}', 100000)))",
    ),
    (
        "error handlers",
        "assert(xpcall(error, function(e) error(e) end))",
    ),
    (
        "requests of the host",
        "local function f() return Lab.same(f()) end f()",
    ),
];

#[test]
fn endless_recursion_is_an_error_that_a_script_can_catch() {
    for (name, script) in DEEP {
        let bench = lab();
        let error = bench.error(script);
        assert!(matches!(error, TaskError::Script(_)), "{name}: {error}");
        let caught = format!(
            "local ok = pcall(function() {script} end) assert(not ok) assert(Lab.later(1) == 1)"
        );
        bench.value(&caught);
    }
}

#[test]
fn ten_thousand_coroutines_inside_each_other_are_an_error() {
    check(
        "local function nest(depth)
           if depth == 0 then return 'bottom' end
           local ok, value = coroutine.resume(coroutine.create(nest), depth - 1)
           return value
         end
         assert(nest(100) == 'bottom')
         assert(nest(10000):match('C stack overflow'))",
    );
}

#[test]
fn a_huge_string_is_an_error() {
    check(
        "local ok, e = pcall(string.rep, 'x', 1 << 40) assert(not ok and e:match('too large'), e)",
    );
}
