//! How deep and how large scripts may grow: the same in every build profile.

/// Nested calls of script functions. Ordinary recursion takes 5 to 8 KB of stack a level.
pub const CALL_LEVELS: usize = 1_000;

/// Nesting of expressions and blocks, outside of functions and inside one.
pub const EXPRESSION_DEPTH: usize = 64;

/// The address space of one task's stack; only touched pages cost memory. What fills it before
/// the call limit, such as long expressions that recurse, gets an error too.
pub const STACK: usize = 16 << 20;

/// What is left for host functions and destructors when a script is told that the stack is full.
pub const STACK_RESERVE: usize = 1 << 20;

/// What compiling a module needs at most; Rhai's parser recurses.
pub const COMPILE_STACK: usize = 2 << 20;

/// A stack is used again if no more of it than this was ever touched.
pub const POOLED_BYTES: usize = 64 << 10;

/// Stacks kept for the next tasks.
pub const POOLED_STACKS: usize = 64;

/// Bytes of one string.
pub const STRING: usize = 64 << 20;

/// Elements of one array, those of nested arrays included.
pub const ARRAY: usize = 4 << 20;

/// Entries of one object map, those of nested maps included.
pub const MAP: usize = 1 << 18;

/// Modules that one run may import.
pub const MODULES: usize = 1_000;

/// How deep values may nest where they pass between script and host.
pub const VALUE_DEPTH: usize = 100;

/// Operations between two looks at the clock.
pub const OPERATIONS: u32 = 256;

/// Arguments that a variadic function is registered for: as many as Rhai matches by any type.
/// Calls with more find their function too, but a script cannot catch their errors by message.
pub const VARIADIC: usize = 15;
