//! [`Line`]: tasks that wait for the same thing, first come first served.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Who waits, in order. Each is called once; whoever goes away after being called calls the next.
#[derive(Default)]
pub struct Line(RefCell<VecDeque<Rc<Place>>>);

/// A place in the line.
#[derive(Default)]
struct Place(RefCell<State>);

#[derive(Default)]
enum State {
    #[default]
    New,
    Waits(Waker),
    Called,
    Left,
}

impl Line {
    /// Waits for its turn until `ready`. Whoever comes while others wait goes behind them.
    pub async fn wait_until(&self, ready: impl Fn() -> bool) {
        let mut turn = Turn {
            line: self,
            place: None,
        };
        poll_fn(|cx| {
            let first = match &turn.place {
                None => self.0.borrow().is_empty(),
                Some(place) => matches!(*place.0.borrow(), State::Called),
            };
            if first && ready() {
                turn.place = None;
                return Poll::Ready(());
            }
            // Called too early, it keeps the first place.
            let front = first && turn.place.is_some();
            turn.stand(front, cx.waker());
            Poll::Pending
        })
        .await
    }

    /// Calls whoever is first.
    pub fn call_next(&self) {
        while let Some(place) = self.0.borrow_mut().pop_front() {
            match place.0.replace(State::Called) {
                State::Waits(waker) => return waker.wake(),
                left => drop(place.0.replace(left)),
            }
        }
    }

    /// Calls everyone.
    pub fn call_all(&self) {
        for place in self.0.take() {
            if let State::Waits(waker) = place.0.replace(State::Called) {
                waker.wake();
            }
        }
    }
}

/// A place that is given up with the future that holds it.
struct Turn<'a> {
    line: &'a Line,
    place: Option<Rc<Place>>,
}

impl Turn<'_> {
    fn stand(&mut self, front: bool, waker: &Waker) {
        if let Some(place) = &self.place
            && !front
        {
            place.0.replace(State::Waits(waker.clone()));
            return;
        }
        let place = Rc::new(Place(RefCell::new(State::Waits(waker.clone()))));
        let mut line = self.line.0.borrow_mut();
        match front {
            true => line.push_front(place.clone()),
            false => line.push_back(place.clone()),
        }
        self.place = Some(place);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else {
            return;
        };
        if let State::Called = place.0.replace(State::Left) {
            self.line.call_next();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::Pin;
    use std::task::Context;

    use super::*;

    type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

    fn is_done(future: &mut Waiting) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        future.as_mut().poll(&mut cx).is_ready()
    }

    #[test]
    fn the_first_in_line_goes_first_and_whoever_leaves_after_its_call_calls_the_next() {
        let (line, open) = (Line::default(), Cell::new(false));
        let join = || -> Waiting { Box::pin(line.wait_until(|| open.get())) };
        let mut waiting = [join(), join(), join()];
        assert!(waiting.iter_mut().all(|w| !is_done(w)));
        open.set(true);
        line.call_next();
        assert!(!is_done(&mut waiting[1]), "it was not its turn");
        let [first, mut second, mut third] = waiting;
        drop(first);
        assert!(is_done(&mut second));
        assert!(!is_done(&mut third));
        line.call_all();
        assert!(is_done(&mut third));
    }

    #[test]
    fn a_call_that_came_too_early_keeps_the_place() {
        let (line, open) = (Line::default(), Cell::new(false));
        let join = || -> Waiting { Box::pin(line.wait_until(|| open.get())) };
        let (mut first, mut second) = (join(), join());
        assert!(!is_done(&mut first) && !is_done(&mut second));
        line.call_next();
        assert!(!is_done(&mut first));
        open.set(true);
        line.call_next();
        assert!(is_done(&mut first) && !is_done(&mut second));
    }
}
