//! `Channel`: values from task to task.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use llmspell_core::{Error, Mismatch, Untouched, Value, Watchers, api};

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
            senders: Watchers::default(),
            receivers: Watchers::default(),
        }))
    }
}

/// A queue of values between tasks.
pub struct Channel {
    capacity: Option<usize>,
    values: RefCell<VecDeque<Value>>,
    closed: Cell<bool>,
    senders: Watchers,
    receivers: Watchers,
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
        let mut value = Some(value.0);
        poll_fn(|cx| {
            if self.closed.get() {
                return Poll::Ready(Err(Error::raise("Channel:send: the channel is closed")));
            }
            let mut values = self.values.borrow_mut();
            if self
                .capacity
                .is_some_and(|capacity| values.len() >= capacity)
            {
                self.senders.add(cx.waker());
                return Poll::Pending;
            }
            values.extend(value.take());
            self.receivers.wake();
            Poll::Ready(Ok(()))
        })
        .await
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
        poll_fn(|cx| match self.values.borrow_mut().pop_front() {
            Some(value) => {
                self.senders.wake();
                Poll::Ready(Some(Untouched(value)))
            }
            None if self.closed.get() => Poll::Ready(None),
            None => {
                self.receivers.add(cx.waker());
                Poll::Pending
            }
        })
        .await
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
        self.senders.wake();
        self.receivers.wake();
    }
}
