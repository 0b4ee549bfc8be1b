//! What scripts do not get.

mod common;

use common::{check, fails, lab};

#[test]
fn the_library_is_allow_listed() {
    check(
        "for _, name in ipairs({ 'dofile', 'loadfile', 'package', 'warn', 'loadstring' }) do
           assert(_G[name] == nil, name)
         end
         assert(string.dump == nil)
         local function names(t) local n = {} for k in pairs(t) do n[#n + 1] = k end table.sort(n) return table.concat(n, ' ') end
         assert(names(os) == 'clock date difftime time', names(os))
         assert(names(io) == 'read write', names(io))
         assert(names(debug) == 'traceback')
         assert(os.time() > 1700000000 and type(os.clock()) == 'number' and os.date('%Y') >= '2024')
         assert(utf8.char(228) == 'ä' and math.max(1, 2) == 2 and ('x'):upper() == 'X')",
    );
}

#[test]
fn finalizers_are_refused() {
    fails(
        "\nsetmetatable({}, { __gc = function() end })",
        "test.lua:2: __gc is not available: use a <close> variable, or release the resource in a function",
    );
    // Added later, Lua never sees it; set again, it is refused again.
    check(
        "local mt = {}
         local t = setmetatable({}, mt)
         mt.__gc = function() ran = true end
         assert(not pcall(setmetatable, t, mt))
         t = nil
         collectgarbage() collectgarbage()
         assert(not ran)",
    );
}

#[test]
fn what_all_lists_share_cannot_be_changed() {
    check(
        "local list = Lab.echo({ 1 })
         local shared = getmetatable(list)
         shared.__gc = function() ran = true end
         shared.__index = function() return 'mine' end
         list = Lab.echo({ 1 })
         assert(list[100] == nil and getmetatable(list) == shared)
         list = nil
         collectgarbage() collectgarbage()
         assert(not ran)
         assert(getmetatable('').__index == string and getmetatable({}) == nil)",
    );
}

#[test]
fn the_script_api_cannot_be_changed() {
    check(
        "local before = Lab.sleep
         for name in pairs(Lab) do assert(type(name) == 'string') end
         local _, functions = pairs(Lab)
         functions.sleep = nil
         assert(Lab.sleep == before and not pcall(function() Lab.sleep = print end))",
    );
}

#[test]
fn the_collector_can_be_asked_but_not_stopped() {
    check("assert(collectgarbage('count') > 0) collectgarbage() collectgarbage('step')");
    let message = lab().diagnostic("collectgarbage('stop')").message;
    assert_eq!(
        message,
        "collectgarbage: expected \"collect\", \"step\" or \"count\""
    );
}

#[test]
fn load_takes_text_and_refuses_bytecode() {
    check(
        "assert(load('return 1 + 1')() == 2)
         assert(load('return x', 'name', 't', { x = 3 })() == 3)
         local parts = { 'return', ' 7' }
         assert(load(function() return table.remove(parts, 1) end)() == 7)
         local f, e = load('x =') assert(f == nil and e:match('unexpected symbol'))
         local f, e = load('\\27Lua') assert(f == nil and e:match('binary chunk'), e)
         assert(not pcall(load, 'x', 'x', 'b'))
         for _, name in ipairs { '=[llmspell]', '=[llmspell]\\0x' } do assert(not pcall(load, 'x = 1', name)) end",
    );
    let bytecode = lab().engine.load("x", "\u{1b}Lua");
    let bytecode = bytecode.err().expect("is refused");
    assert_eq!(
        bytecode.message,
        "this is compiled Lua; only source text can be run"
    );
}

#[test]
fn a_bom_a_shebang_and_crlf_do_not_move_lines() {
    for text in ["\u{feff}", "#!/usr/bin/env llmspell", "\u{feff}#!x", "-- a"] {
        let message = lab()
            .diagnostic(&format!("{text}\r\n\r\nerror('x')\r\n"))
            .to_string();
        assert_eq!(message, "test.lua:3: x", "{text:?}");
    }
    for empty in ["", "#", "\u{feff}", "-- only a comment"] {
        lab().value(empty);
    }
}

#[test]
fn scripts_of_one_engine_share_their_globals() {
    let bench = lab();
    bench.value("shared = 1");
    bench.value("assert(shared == 1)");
}

#[test]
fn overriding_a_stock_function_breaks_no_host_call() {
    check(
        "tostring, error, pairs, ipairs, type, select, table, string, coroutine, setmetatable = nil
         print({ 1, { a = 'b' } })
         local ok = pcall(Lab.fail, 'x')
         if ok or Lab.later(1) ~= 1 then local x = nil + 1 end",
    );
}
