//! Waiting, in every place of a script where Lua can suspend, and clear errors where it cannot.

mod common;

use common::{check, lab};

#[test]
fn a_call_that_waits_reads_like_any_other() {
    check("assert(Lab.later(7) == 7 and Lab.ready(8) == 8)");
}

#[test]
fn tasks_wait_at_the_same_time() {
    check(
        "local log, b = {}
         local a = Lab.start(function() Lab.sleep(0) b:join() log[#log + 1] = 'a' end)
         b = Lab.start(function() Lab.sleep(1) log[#log + 1] = 'b' end)
         a:join()
         assert(table.concat(log) == 'ba')",
    );
}

#[test]
fn a_task_waits_inside_the_scripts_own_coroutines() {
    check(
        "local function nested(depth)
           if depth == 0 then return Lab.later('deep') end
           local co = coroutine.create(nested)
           local ok, value = coroutine.resume(co, depth - 1)
           assert(ok and coroutine.status(co) == 'dead')
           return value
         end
         assert(nested(20) == 'deep')",
    );
}

#[test]
fn a_generator_waits_between_its_yields() {
    check(
        "local function produce()
           for i = 1, 3 do
             Lab.later(i)
             local back = coroutine.yield(i, Lab.later(i * 10))
             assert(back == nil or back == 'again')
           end
           return 'end'
         end
         local seen = {}
         for a, b in coroutine.wrap(produce) do
           seen[#seen + 1] = tostring(a) .. '/' .. tostring(b)
           if a == 'end' then break end
         end
         assert(table.concat(seen, ' ') == '1/10 2/20 3/30 end/nil', table.concat(seen, ' '))
         local co = coroutine.create(produce)
         local ok, a, b = coroutine.resume(co)
         assert(ok and a == 1 and b == 10)
         assert(coroutine.resume(co, 'again'))
         assert(coroutine.close(co) and coroutine.status(co) == 'dead')",
    );
}

#[test]
fn a_task_waits_below_pcall_in_metamethods_and_in_iterators() {
    check(
        "local ok, value = pcall(Lab.later, 1) assert(ok and value == 1)
         local ok, value = xpcall(function(x) return Lab.later(x) end, print, 2) assert(ok and value == 2)
         local ok, e = pcall(function() Lab.later(1) error({ code = 5 }) end) assert(e.code == 5)
         local t = setmetatable({}, {
           __index = function(_, k) return Lab.later(k) end,
           __add = function(a, b) return Lab.later(b) end,
           __call = function(_, x) return Lab.later(x) end,
           __eq = function() return Lab.later(true) end,
         })
         assert(t.name == 'name' and t + 3 == 3 and t(4) == 4)
         for x in function(_, i) i = Lab.later((i or 0) + 1) if i < 4 then return i end end do last = x end
         assert(last == 3)
         do local c <close> = setmetatable({}, { __close = function() closed = Lab.later('yes') end }) end
         assert(closed == 'yes')",
    );
}

#[test]
fn tasks_that_want_each_others_coroutines_end_with_an_error() {
    let diagnostic = lab().diagnostic(
        "local function busy() for _ = 1, 2000000 do end end
         local one, two
         one = coroutine.create(function() busy() assert(coroutine.resume(two)) end)
         two = coroutine.create(function() busy() assert(coroutine.resume(one)) end)
         local a = Lab.start(function() assert(coroutine.resume(one)) end)
         local b = Lab.start(function() assert(coroutine.resume(two)) end)
         local _, first = pcall(a.join, a)
         local _, second = pcall(b.join, b)
         error(tostring(first) .. tostring(second), 0)",
    );
    let message = diagnostic.message;
    assert!(
        message.contains("cannot resume a coroutine whose task waits"),
        "{message}"
    );
}

#[test]
fn coroutine_functions_behave_as_in_stock_lua() {
    check(
        "local co = coroutine.create(function(...)
           assert(select('#', ...) == 2)
           assert(coroutine.isyieldable())
           local running, main = coroutine.running() assert(not main)
           assert(coroutine.status(running) == 'running')
           assert(select('#', coroutine.yield()) == 0)
           assert(select('#', coroutine.yield(nil, nil)) == 3)
           error('oops', 0)
         end)
         assert(coroutine.status(co) == 'suspended')
         assert(select('#', coroutine.resume(co, 1, nil)) == 1)
         assert(select('#', coroutine.resume(co)) == 3)
         local ok, e = coroutine.resume(co, 1, 2, 3)
         assert(not ok and e == 'oops' and coroutine.status(co) == 'dead')
         local ok, e = coroutine.resume(co) assert(not ok and e == 'cannot resume dead coroutine')
         assert(select('#', coroutine.resume(coroutine.create(function() end))) == 1)
         assert(not coroutine.isyieldable() and select(2, coroutine.running()))
         local ok, e = pcall(coroutine.yield, 1)
         assert(e:match('attempt to yield from outside a coroutine'), e)
         local ok, e = pcall(coroutine.wrap(function() error({ 1 }) end)) assert(e[1] == 1)
         local ok, e = pcall(coroutine.resume, 1) assert(e:match('coroutine expected'), e)",
    );
}

/// Where Lua calls from C, waiting is an error and the future is dropped.
#[test]
fn waiting_below_a_c_function_is_an_error_that_explains_and_drops_the_future() {
    check(
        "local places = {
           function() table.sort({ 2, 1 }, function() Lab.forever() end) end,
           function() return (string.gsub('x', 'x', function() Lab.forever() end)) end,
           function() tostring(setmetatable({}, { __tostring = function() Lab.forever() end })) end,
           function() table.sort({ 2, 1 }, coroutine.wrap(function() Lab.forever() end)) end,
           function() table.sort({ 2, 1 }, function()
             return coroutine.wrap(function() return coroutine.wrap(function() Lab.forever() end)() end)()
           end) end,
         }
         for i, place in ipairs(places) do
           local ok, e = pcall(place)
           assert(not ok and e:match(\"cannot wait inside table.sort's comparator\"), i .. ': ' .. tostring(e))
           assert(Lab.alive() == 0, i)
         end
         -- what is ready at once needs no suspension
         table.sort({ 2, 1 }, function(a, b) return Lab.ready(a < b) end)
         -- the task goes on as if nothing had happened
         assert(Lab.later(1) == 1)",
    );
}

#[test]
fn a_cancelled_task_that_waits_inside_a_coroutine_runs_nothing_more() {
    let bench = lab();
    bench.value(
        "log = {}
         local function closing(name)
           return setmetatable({}, { __close = function() log[#log + 1] = name end })
         end
         local job = Lab.start(function()
           local outer <close> = closing('outer')
           coroutine.wrap(function()
             local inner <close> = closing('inner')
             keep = coroutine.running()
             pcall(Lab.forever)
             log[#log + 1] = 'ran on'
           end)()
         end)
         Lab.sleep(2)
         assert(Lab.alive() == 1)
         job:cancel()
         assert(Lab.alive() == 0)
         Lab.sleep(2)
         assert(table.concat(log, ' ') == 'inner outer', table.concat(log, ' '))
         assert(not coroutine.resume(keep) and coroutine.status(keep) == 'dead')",
    );
    assert_eq!(bench.alive.0.get(), 0);
}

#[test]
fn nobody_else_can_resume_or_close_a_coroutine_whose_task_waits() {
    check(
        "local job = Lab.start(function()
           main = coroutine.running()
           return coroutine.wrap(function() inner = coroutine.running() go:join() return 'mine' end)()
         end)
         -- It looks while the other one waits for it.
         go = Lab.start(function()
           Lab.sleep(0) while not inner do Lab.sleep(1) end
           for _, co in ipairs({ main, inner }) do
             assert(coroutine.status(co) == 'normal')
             local ok, e = coroutine.resume(co, 'intruder')
             assert(not ok and e == 'cannot resume a coroutine whose task waits')
             assert(not pcall(coroutine.close, co))
           end
         end)
         go:join()
         assert(job:join() == 'mine')",
    );
}

#[test]
fn a_task_that_computes_leaves_the_others_their_turn() {
    check(
        "local done, ticks = false, 0
         local function busy() while not done do ticks = ticks + 1 end end
         -- plain, in a coroutine of its own, below pcall, in a generator, in a sort inside a coroutine
         local jobs = {
           Lab.start(busy),
           Lab.start(function() coroutine.wrap(busy)() end),
           Lab.start(function() coroutine.wrap(function() pcall(coroutine.wrap(busy)) end)() end),
           Lab.start(function() for _ in coroutine.wrap(function() busy() coroutine.yield(1) end) do end end),
           Lab.start(function()
             while not done do
               table.sort({ 3, 2, 1 }, function(a, b)
                 return coroutine.wrap(function() for i = 1, 5000 do end return a < b end)()
               end)
             end
           end),
         }
         for i = 1, 5 do Lab.sleep(1) end
         done = true
         for _, job in ipairs(jobs) do job:join() end
         assert(ticks > 0)",
    );
}

#[test]
fn a_slice_that_ends_between_the_call_and_its_suspension_loses_no_answer() {
    // Every host call is made with the hook at a different place, thousands of times.
    check(
        "local done = false
         local spin = Lab.start(function() while not done do end end)
         for i = 1, 400 do
           for j = 1, i * 13 % 997 do end
           assert(Lab.later(i) == i)
           assert(coroutine.wrap(function() return (Lab.later(i)) end)() == i)
         end
         done = true
         spin:join()",
    );
}

#[test]
fn ten_thousand_tasks_sleep_at_once() {
    check(
        "local jobs = {}
         for i = 1, 10000 do jobs[i] = Lab.start(function() Lab.sleep(5) return i end) end
         local sum = 0
         for _, job in ipairs(jobs) do sum = sum + job:join() end
         assert(sum == 50005000)",
    );
}
