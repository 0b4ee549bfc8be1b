//! [`Source`]: what a script reads piece by piece, one task at a time.

use std::cell::RefCell;
use std::fmt;

use llmspell_core::Error;

/// Where pieces come from, behind a handle of a script.
pub struct Source<T> {
    /// The handle's name in errors.
    name: &'static str,
    state: RefCell<State<T>>,
}

enum State<T> {
    Open(T),
    /// A task waits for the next piece.
    Busy,
    Ended,
}

impl<T> Source<T> {
    pub fn new(name: &'static str, source: T) -> Self {
        let state = RefCell::new(State::Open(source));
        Self { name, state }
    }

    /// The source for the task that reads the next piece; `None` when it has ended.
    pub fn read(&self) -> Result<Option<Reading<'_, T>>, Error> {
        match self.state.replace(State::Busy) {
            State::Open(source) => Ok(Some(Reading {
                of: self,
                source: Some(source),
            })),
            State::Busy => Err(Error::Raise(format!(
                "{}:next: another task reads this stream",
                self.name
            ))),
            State::Ended => {
                self.state.replace(State::Ended);
                Ok(None)
            }
        }
    }

    /// Ends it, unless a task reads it.
    pub fn close(&self) -> Result<(), Error> {
        if matches!(*self.state.borrow(), State::Busy) {
            return Err(Error::Raise(format!(
                "{}:close: a task reads this stream; cancel the task",
                self.name
            )));
        }
        self.state.replace(State::Ended);
        Ok(())
    }
}

impl<T> fmt::Display for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &*self.state.borrow() {
            State::Open(_) => "open",
            State::Busy => "read by a task",
            State::Ended => "ended",
        };
        write!(f, "{}({state})", self.name)
    }
}

/// A source while a task reads it. Dropping this ends it, also when the task ends meanwhile, unless it goes on.
pub struct Reading<'a, T> {
    of: &'a Source<T>,
    source: Option<T>,
}

impl<T> Reading<'_, T> {
    /// What is read.
    pub fn source(&mut self) -> &mut T {
        self.source.as_mut().expect("it is there until it goes on")
    }

    /// There may be more.
    pub fn go_on(mut self) {
        if let Some(source) = self.source.take() {
            self.of.state.replace(State::Open(source));
        }
    }
}

impl<T> Drop for Reading<'_, T> {
    fn drop(&mut self) {
        if self.source.is_some() {
            self.of.state.replace(State::Ended);
        }
    }
}
