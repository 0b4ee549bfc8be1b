//! `io` over the console.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use common::{fails, lab_reading, lab_with, prints};
use llmspell_core::Loader;

fn reads(lines: &[&str], script: &str) {
    lab_with(lines, Loader::default()).value(script);
}

#[test]
fn write_takes_strings_and_numbers() {
    prints("io.write('a', 1, 1.5, '\\n')", "a11.5\n");
    fails(
        "io.write({})",
        "test.lua:1: io.write: argument 1: expected string, got table",
    );
}

#[test]
fn read_gives_lines_numbers_bytes_and_all() {
    reads(
        &["one", "two", " 12 -1.5e1 0x x", "abc", "rest", "end"],
        "assert(io.read() == 'one')
         assert(io.read('L') == 'two\\n')
         local a, b, c = io.read('n', 'n', 'n')
         assert(a == 12 and math.type(a) == 'integer' and b == -15 and c == nil)
         assert(io.read('l') == ' x')
         assert(io.read(2) == 'ab' and io.read('l') == 'c')
         assert(io.read('*a') == 'rest\\nend\\n')
         assert(io.read('a') == '' and io.read() == nil and io.read('n') == nil)",
    );
}

#[test]
fn reading_no_bytes_tells_whether_there_are_more() {
    reads(
        &["ab", "cd"],
        "assert(io.read(0) == '' and io.read(1) == 'a' and io.read(0) == '' and io.read() == 'b')
         assert(io.read() == 'cd' and io.read(0) == nil)",
    );
}

#[test]
fn who_reads_next_gets_the_rest_before_another_line_is_asked_for() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let input = move |_: &str| {
        counted.fetch_add(1, Relaxed);
        Ok(Some(b"abc\n".to_vec()))
    };
    let bench = lab_reading(Box::new(input), Loader::default());
    bench.value(
        "local one = Lab.start(function() return io.read(1) end)
         local two = Lab.start(function() return io.read() end)
         assert(one:join() == 'a' and two:join() == 'bc')",
    );
    assert_eq!(asked.load(Relaxed), 1);
}

#[test]
fn bytes_come_as_they_are() {
    let mut input = vec![b"caf\xe9\r\n".to_vec(), b"end".to_vec()];
    input.reverse();
    let bench = lab_reading(Box::new(move |_| Ok(input.pop())), Loader::default());
    bench.value("assert(io.read('a') == 'caf\\xe9\\r\\nend')");
}

#[test]
fn numbers_are_read_as_stock_lua_reads_them() {
    reads(
        &["12abc", " 0x1F -3.5e1 7.0", "inf", "99999999999999999999"],
        "assert(io.read('n') == 12 and io.read('l') == 'abc')
         local hex, float, whole = io.read('n', 'n', 'n')
         assert(hex == 31 and float == -35.0 and math.type(whole) == 'float')
         assert(io.read('n') == nil and io.read('l') == 'inf')
         assert(io.read('n') == 1e20)
         assert(io.read('n') == nil)",
    );
}

#[test]
fn a_line_whose_reader_is_cancelled_is_for_whoever_asks_next() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let input = move |_: &str| {
        let number = counted.fetch_add(1, Relaxed);
        Ok(Some(format!("{number}\n").into()))
    };
    let bench = lab_reading(Box::new(input), Loader::default());
    // The first line comes during a call that gives nobody else a turn, before its reader is ended.
    bench.value(
        "local job = Lab.start(function() return io.read() end)
         Lab.sleep(0)
         string.find(string.rep('a', 3000), '.-.-b')
         job:cancel()
         assert(io.read() == '0')",
    );
}

#[test]
fn reading_blocks_no_other_task() {
    reads(
        &["line"],
        "local job = Lab.start(function() return io.read() end)
         Lab.sleep(1)
         assert(job:join() == 'line')",
    );
}

#[test]
fn an_unknown_format_is_an_error() {
    fails(
        "io.read('x')",
        "test.lua:1: io.read: expected \"l\", \"L\", \"n\", \"a\" or a number of bytes",
    );
}
