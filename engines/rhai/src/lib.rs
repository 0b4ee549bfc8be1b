//! The Rhai adapter: the script API's registry inside a Rhai engine, and scripts as coroutines.
//!
//! Only this crate names `rhai`. What it knows about Rhai and hides from scripts:
//!
//! | Rhai | here |
//! |---|---|
//! | cannot suspend a script | a stack for each task (`coroutine`) |
//! | resolves methods by Rust type | one dispatcher for each name and number of arguments (`dispatch`) |
//! | locks a captured variable during `x.method()` | reads give the handle itself (`captured`) |
//! | prefers a script's function to a method of that name | the method wins (`shadow`) |
//! | forgets where a module's closure came from | it is remembered (`closures`) |
//! | makes every error in `list.map(f)` catchable | faults end the task all the same (`progress`) |
//! | ignores errors in `list.sort(f)` | another one (`sort`) |
//! | has limits that differ by build profile | fixed ones, and a look at the stack itself (`limits`) |

mod captured;
mod check;
mod closures;
mod constants;
mod convert;
mod coroutine;
mod dispatch;
mod display;
mod engine;
mod errors;
mod explain;
mod limits;
mod modules;
mod names;
mod progress;
mod session;
mod shadow;
mod sort;
mod source;
mod texts;
mod words;

pub use engine::engine;
pub use words::is_reserved;
