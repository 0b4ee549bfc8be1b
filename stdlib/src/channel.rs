//! `Channel`: values from task to task.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use llmspell_core::{Error, Mismatch, Untouched, Value, api};

use crate::line::Line;

/// Channels of a script.
pub struct Channels;

/// Values handed from task to task, in order.
#[api(namespace = "Channel")]
impl Channels {
    /// A new channel. With a capacity, sending waits while that many values lie in it; without
    /// one, sending never waits.
    ///
    /// ```lua
    /// local ch = Channel.create(1)
    /// Task.start(function() ch:send("ping") end)
    /// assert(ch:receive() == "ping")
    /// ```
    /// ```rhai
    /// let ch = Channel.create(1);
    /// Task.start(|| ch.send("ping"));
    /// if ch.receive() != "ping" { throw "lost" }
    /// ```
    fn create(capacity: Option<usize>) -> Result<Rc<Channel>, Error> {
        if capacity == Some(0) {
            return Err(Error::raise(
                "Channel.create: capacity: expected at least 1, got 0",
            ));
        }
        Ok(Rc::new(Channel {
            capacity,
            values: RefCell::default(),
            closed: Cell::new(false),
            senders: Line::default(),
            receivers: Line::default(),
        }))
    }
}

/// A queue of values between tasks.
pub struct Channel {
    capacity: Option<usize>,
    values: RefCell<VecDeque<Value>>,
    closed: Cell<bool>,
    senders: Line,
    receivers: Line,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.closed.get() { ", closed" } else { "" };
        write!(f, "Channel({} waiting{state})", self.values.borrow().len())
    }
}

/// A channel, as `Channel.create` returns it. `for value in channel` receives until it is closed.
#[api(handle = "Channel")]
impl Channel {
    /// Sends a value, which keeps its identity; waits while the channel is full.
    ///
    /// ```lua
    /// local ch = Channel.create()
    /// ch:send({ kind = "note" })
    /// ```
    /// ```rhai
    /// let ch = Channel.create();
    /// ch.send(#{ kind: "note" });
    /// ```
    async fn send(&self, value: Untouched) -> Result<(), Error> {
        if matches!(value.0, Value::Nil) {
            let problem = Mismatch::new("a value", "nothing, which marks the end of a channel");
            return Err(Error::Raise(format!("Channel:send: value: {problem}")));
        }
        self.senders
            .wait_until(|| self.closed.get() || self.has_room())
            .await;
        if self.closed.get() {
            return Err(Error::raise("Channel:send: the channel is closed"));
        }
        self.values.borrow_mut().push_back(value.0);
        self.receivers.call_next();
        Ok(())
    }

    /// Receives the next value, waiting for it; nothing once the channel is closed and empty.
    ///
    /// ```lua
    /// local ch = Channel.create()
    /// ch:send(1)
    /// ch:close()
    /// assert(ch:receive() == 1 and ch:receive() == nil)
    /// ```
    /// ```rhai
    /// let ch = Channel.create();
    /// ch.send(1);
    /// ch.close();
    /// for value in ch { print(value); }
    /// ```
    #[api(iterates)]
    async fn receive(&self) -> Option<Untouched> {
        let ready = || self.closed.get() || !self.values.borrow().is_empty();
        self.receivers.wait_until(ready).await;
        let value = self.values.borrow_mut().pop_front();
        self.senders.call_next();
        value.map(Untouched)
    }

    /// Ends the channel: what lies in it can still be received, sending is an error.
    ///
    /// ```lua
    /// Channel.create():close()
    /// ```
    /// ```rhai
    /// Channel.create().close();
    /// ```
    fn close(&self) {
        self.closed.set(true);
        self.senders.call_all();
        self.receivers.call_all();
    }
}

impl Channel {
    fn has_room(&self) -> bool {
        let held = self.values.borrow().len();
        self.capacity.is_none_or(|capacity| held < capacity)
    }
}
