//! `list.sort(f)`, in the place of Rhai's own: that one takes every error of the comparison for an answer, also the
//! one that unwinds a task that is being closed.

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, NativeCallContext, Position,
};

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

pub fn register(engine: &mut Engine) {
    for name in ["sort", "sort_by"] {
        engine.register_fn(name, by);
        engine.register_fn(name, by_name);
    }
}

fn by_name(context: NativeCallContext, list: &mut Array, name: ImmutableString) -> Result<()> {
    by(context, list, FnPtr::new(name)?)
}

/// Sorts what a comparison that gives a number below 0, or true, puts before. Equal items keep their order, and an
/// error leaves all of them where they were.
fn by(context: NativeCallContext, list: &mut Array, comparison: FnPtr) -> Result<()> {
    let before = |one: usize, other: usize| {
        let items = [list[one].clone(), list[other].clone()];
        is_before(&comparison.call_raw(&context, None, items)?)
    };
    let mut order: Vec<usize> = (0..list.len()).collect();
    merge_sort(&mut order, &before)?;
    let sorted = order.into_iter().map(|at| std::mem::take(&mut list[at]));
    *list = sorted.collect();
    Ok(())
}

fn is_before(answer: &Dynamic) -> Result<bool> {
    let number = answer.as_int().map(|number| number < 0);
    let number = number.or_else(|_| answer.as_float().map(|number| number < 0.0));
    number.or_else(|_| answer.as_bool()).map_err(|ty| {
        let message = format!("sort: the comparison gives a number or a boolean, not {ty}");
        EvalAltResult::ErrorRuntime(message.into(), Position::NONE).into()
    })
}

/// Any answers of `before` end it, also those that contradict each other.
fn merge_sort(items: &mut [usize], before: &impl Fn(usize, usize) -> Result<bool>) -> Result<()> {
    if items.len() < 2 {
        return Ok(());
    }
    let (left, right) = items.split_at_mut(items.len() / 2);
    merge_sort(left, before)?;
    merge_sort(right, before)?;
    let halves = [left.to_vec(), right.to_vec()];
    let [mut left, mut right] = halves.map(|half| half.into_iter().peekable());
    for place in items {
        let next = match (left.peek(), right.peek()) {
            (Some(&one), Some(&other)) if before(other, one)? => right.next(),
            (None, _) => right.next(),
            _ => left.next(),
        };
        *place = next.expect("as many as there are places");
    }
    Ok(())
}
