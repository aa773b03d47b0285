//! `x[1:, ::-1, None, ..., 0]`.

use cornu_graph::{Tensor, ops};
use serde_json::Value;

use super::arguments::Arguments;
use crate::Result;

/// Python's indexing by constants.
pub(super) fn get_item(args: &Arguments) -> Result<Vec<Tensor>> {
    let x = args.tensor(0, "x")?;
    let key = args.constant(1, "key")?;
    let class = |v: &Value, name: &str| v.get("class_name").and_then(Value::as_str) == Some(name);
    let wrong = |received: &Value| {
        args.error(
            "key",
            "must be whole numbers, slices, None and one Ellipsis that fit the shape",
            received,
        )
    };
    let keys = match &key {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    let takes = |k: &&Value| !k.is_null() && !class(k, "__ellipsis__");
    let given = keys.iter().filter(takes).count();
    let ellipses = keys.iter().filter(|k| class(k, "__ellipsis__")).count();
    let Some(rest) = x.ndim().checked_sub(given).filter(|_| ellipses <= 1) else {
        return Err(wrong(&key));
    };
    let (mut start, mut stop, mut step) =
        (vec![0; x.ndim()], x.shape().to_vec(), vec![1; x.ndim()]);
    let (mut shape, mut flips, mut at) = (Vec::new(), Vec::new(), 0);
    // The axes that the keys do not name stay; without an ellipsis they are the last ones.
    let filler =
        Value::from(serde_json::Map::from_iter([("class_name".into(), "__ellipsis__".into())]));
    for key in keys.iter().chain((ellipses == 0).then_some(&filler)) {
        if key.is_null() {
            shape.push(1);
        } else if class(key, "__ellipsis__") {
            shape.extend(&x.shape()[at..at + rest]);
            at += rest;
        } else if let Some(index) = key.as_i64() {
            let size = x.shape()[at] as i64;
            let index = if index < 0 { index + size } else { index };
            if !(0..size).contains(&index) {
                return Err(wrong(key));
            }
            (start[at], stop[at]) = (index as usize, index as usize + 1);
            at += 1;
        } else if class(key, "__slice__") {
            let range = slice(key, x.shape()[at]).ok_or_else(|| wrong(key))?;
            (start[at], stop[at], step[at]) = (range.start, range.stop, range.step);
            shape.push(range.count);
            if range.backwards {
                flips.push(at as isize);
            }
            at += 1;
        } else {
            return Err(wrong(key));
        }
    }
    let cut = ops::slice(&x, &start, &stop, &step);
    let turned = if flips.is_empty() { cut } else { ops::flip(&cut, &flips) };
    Ok(vec![ops::reshape(&turned, &shape)])
}

struct Range {
    start: usize,
    stop: usize,
    step: usize,
    count: usize,
    backwards: bool,
}

/// What a Python slice takes of an axis, as a forward range.
fn slice(key: &Value, size: usize) -> Option<Range> {
    let config = key.get("config")?;
    let number = |name: &str| match config.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_i64().map(Some),
    };
    let (size, step) = (size as i64, number("step")?.unwrap_or(1));
    if step == 0 {
        return None;
    }
    // Where a slice may start and stop, by its direction.
    let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
    let bound = |value: Option<i64>, default: i64| match value {
        None => default,
        Some(v) => (if v < 0 { v.saturating_add(size) } else { v }).clamp(low, high),
    };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let (start, stop) = (bound(number("start")?, first), bound(number("stop")?, last));
    let stride = step.checked_abs()?;
    let span = if step > 0 { stop - start } else { start - stop };
    let count = if span > 0 { (span - 1) / stride + 1 } else { 0 };
    let backwards = step < 0;
    let from = match (count, backwards) {
        (0, _) => 0,
        (_, false) => start,
        (_, true) => start - (count - 1) * stride,
    };
    let to = if count == 0 { 0 } else { from + (count - 1) * stride + 1 };
    let whole = |n: i64| usize::try_from(n).ok();
    // A stride past the end takes one element all the same.
    let step = whole(stride.min(size.max(1)))?;
    Some(Range { start: whole(from)?, stop: whole(to)?, step, count: whole(count)?, backwards })
}
