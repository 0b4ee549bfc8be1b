//! [`Line`]: tasks that wait for the same thing, first come first served.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Who waits, in order, those included who were called and have not gone yet. Whoever goes after being called, with
/// what it waited for or without, calls the next.
#[derive(Default)]
pub struct Line(RefCell<VecDeque<Rc<Place>>>);

/// A place in the line: how to call whoever stands there, and nothing once that is done.
struct Place(RefCell<Option<Waker>>);

impl Place {
    fn is_called(&self) -> bool {
        self.0.borrow().is_none()
    }
}

impl Line {
    /// Waits for its turn until `ready`. Whoever comes while others are there goes behind them.
    pub async fn wait_until(&self, ready: impl Fn() -> bool) {
        let mut turn = Turn {
            line: self,
            place: None,
        };
        poll_fn(|cx| {
            let is_next = match &turn.place {
                None => self.0.borrow().is_empty(),
                Some(place) => place.is_called(),
            };
            if is_next && ready() {
                return Poll::Ready(());
            }
            // Called too early, it keeps its place.
            turn.stand(cx.waker());
            Poll::Pending
        })
        .await
    }

    /// Calls the first who was not called yet.
    pub fn call_next(&self) {
        let next = self.0.borrow().iter().find_map(|place| place.0.take());
        if let Some(waker) = next {
            waker.wake();
        }
    }

    /// Calls everyone.
    pub fn call_all(&self) {
        let places: Vec<_> = self.0.borrow().iter().cloned().collect();
        for waker in places.iter().filter_map(|place| place.0.take()) {
            waker.wake();
        }
    }
}

/// A place that is given up with the future that holds it.
struct Turn<'a> {
    line: &'a Line,
    place: Option<Rc<Place>>,
}

impl Turn<'_> {
    fn stand(&mut self, waker: &Waker) {
        let waker = Some(waker.clone());
        match &self.place {
            Some(place) => drop(place.0.replace(waker)),
            None => {
                let place = Rc::new(Place(RefCell::new(waker)));
                self.line.0.borrow_mut().push_back(place.clone());
                self.place = Some(place);
            }
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else {
            return;
        };
        {
            let mut line = self.line.0.borrow_mut();
            let at = line.iter().position(|other| Rc::ptr_eq(other, &place));
            at.and_then(|at| line.remove(at));
        }
        if place.is_called() {
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

    /// Who waits until there is something for it.
    fn join<'a>(line: &'a Line, there: &'a Cell<usize>) -> Waiting<'a> {
        Box::pin(async {
            line.wait_until(|| there.get() > 0).await;
            there.set(there.get() - 1);
        })
    }

    #[test]
    fn the_first_in_line_goes_first_and_whoever_leaves_after_its_call_calls_the_next() {
        let (line, there) = (Line::default(), Cell::new(0));
        let mut waiting = [(); 3].map(|()| join(&line, &there));
        assert!(waiting.iter_mut().all(|w| !is_done(w)));
        there.set(1);
        line.call_next();
        assert!(!is_done(&mut waiting[1]), "it was not its turn");
        let [first, mut second, mut third] = waiting;
        drop(first);
        assert!(is_done(&mut second));
        assert!(!is_done(&mut third), "nothing is left");
        there.set(1);
        line.call_all();
        assert!(is_done(&mut third));
        assert!(line.0.borrow().is_empty());
    }

    #[test]
    fn a_call_that_came_too_early_keeps_the_place() {
        let (line, there) = (Line::default(), Cell::new(0));
        let (mut first, mut second) = (join(&line, &there), join(&line, &there));
        assert!(!is_done(&mut first) && !is_done(&mut second));
        line.call_next();
        assert!(!is_done(&mut first));
        there.set(1);
        line.call_next();
        assert!(is_done(&mut first) && !is_done(&mut second));
    }

    #[test]
    fn whoever_comes_goes_behind_those_who_were_called() {
        let (line, there) = (Line::default(), Cell::new(0));
        let mut first = join(&line, &there);
        assert!(!is_done(&mut first));
        there.set(2);
        line.call_next();
        let mut late = join(&line, &there);
        assert!(!is_done(&mut late), "another was called before");
        assert!(is_done(&mut first));
        assert!(is_done(&mut late), "who went calls the next");
    }

    #[test]
    fn whoever_gives_up_leaves_no_place() {
        let (line, there) = (Line::default(), Cell::new(0));
        let mut waiting = [(); 3].map(|()| join(&line, &there));
        assert!(waiting.iter_mut().all(|w| !is_done(w)));
        drop(waiting);
        assert!(line.0.borrow().is_empty());
    }
}
