//! The list goes on: products, and functions that take arrays apart and put them together.

use cornu_graph::{DType, Tensor, ops};
use serde_json::Value;

use super::Argument;
use super::arguments::Arguments;
use super::functions::{Function, promoted};
use crate::Result;
use crate::layers::budget;

/// The place of an argument that stands in a call's config only: Keras gives the call's own arguments by place.
const CONFIG: usize = usize::MAX;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    unary!("Deg2rad", ops::deg2rad),
    unary!("Isneginf", ops::isneginf),
    unary!("Isposinf", ops::isposinf),
    unary!("Sinc", ops::sinc),
    binary!("Dot", ops::dot),
    binary!("Heaviside", ops::heaviside),
    binary!("Inner", ops::inner),
    binary!("Kron", ops::kron),
    binary!("Logaddexp", ops::logaddexp),
    binary!("Logaddexp2", ops::logaddexp2),
    binary!("Outer", ops::outer),
    binary!("Vdot", ops::vdot),
    reduction!("Amax", ops::max),
    reduction!("Amin", ops::min),
    reduction!("CountNonzero", ops::count_nonzero),
    reduction!("Nanmax", ops::nanmax),
    reduction!("Nanmean", ops::nanmean),
    reduction!("Nanmin", ops::nanmin),
    reduction!("Nanprod", ops::nanprod),
    reduction!("Nansum", ops::nansum),
    reduction!("Ptp", ops::ptp),
    with_integer!("Diag", ops::diag, "k", 0),
    with_integer!("Diagflat", ops::diagflat, "k", 0),
    with_integer!("Tril", ops::tril, "k", 0),
    with_integer!("Triu", ops::triu, "k", 0),
    ("Argsort", |a| Ok(vec![ops::argsort(&a.tensor(0, "x")?, a.axis(1, "axis", -1)?, false)])),
    ("Average", |a| {
        let axes = a.axes(CONFIG, "axis")?.unwrap_or_default();
        let weights = match a.find(1, "weights") {
            None | Some(Argument::Constant(Value::Null)) => None,
            Some(_) => Some(a.tensor(1, "weights")?),
        };
        Ok(vec![ops::average(&a.tensor(0, "x")?, &axes, weights.as_ref(), false)])
    }),
    ("Cumprod", |a| {
        let x = a.tensor(0, "x")?;
        Ok(vec![match a.axes(1, "axis")?.as_deref() {
            Some(&[axis]) => ops::cumprod(&x, axis),
            _ => ops::cumprod(&ops::ravel(&x), 0),
        }])
    }),
    ("Diagonal", |a| Ok(vec![diagonal(a, ops::diagonal)?])),
    ("Einsum", |a| {
        let subscripts = a.constant(CONFIG, "subscripts")?;
        let Some(text) = subscripts.as_str() else {
            return Err(a.error("subscripts", "must be a text", subscripts));
        };
        let operands = (0..a.args.len()).map(|i| a.tensor(i, "operands"));
        Ok(vec![ops::einsum(text, &operands.collect::<Result<Vec<_>>>()?)])
    }),
    ("Hstack", |a| Ok(vec![ops::hstack(&promoted(a.tensors(0, "xs")?))])),
    ("NanToNum", |a| {
        let bound = |name: &str| match a.constant(CONFIG, name)? {
            Value::Null => Ok(None),
            _ => a.number(CONFIG, name, 0.0).map(Some),
        };
        let (high, low) = (bound("posinf")?, bound("neginf")?);
        let nan = a.number(CONFIG, "nan", 0.0)?;
        Ok(vec![ops::nan_to_num(&a.tensor(0, "x")?, nan, high, low)])
    }),
    ("Roll", |a| {
        let (x, shifts) = (a.tensor(0, "x")?, a.integers(1, "shift")?);
        let shifts = shifts.into_iter().map(isize::try_from).collect::<Result<Vec<_>, _>>();
        let shifts = shifts.map_err(|e| a.error("shift", "must fit an index", e))?;
        Ok(vec![ops::roll(&x, &shifts, &a.axes(2, "axis")?.unwrap_or_default())])
    }),
    ("TakeAlongAxis", |a| {
        let (x, indices) = (a.tensor(0, "x")?, ops::cast(&a.tensor(1, "indices")?, DType::I64));
        Ok(vec![match a.axes(CONFIG, "axis")?.as_deref() {
            Some(&[axis]) => ops::take_along_axis(&x, &indices, axis),
            _ => ops::take_along_axis(&ops::ravel(&x), &ops::ravel(&indices), 0),
        }])
    }),
    ("Tensordot", tensordot),
    ("TopK", |a| {
        let (values, indices) = ops::top_k(&a.tensor(0, "x")?, a.size(1, "k")?);
        Ok(vec![values, indices])
    }),
    ("Trace", |a| Ok(vec![diagonal(a, ops::trace)?])),
    ("Unstack", |a| {
        let (x, axis) = (a.tensor(0, "x")?, a.axis(CONFIG, "axis", 0)?);
        let at = cornu_graph::normalize_axis("unstack", axis, x.ndim())?;
        budget::spend_calls("unstack", x.shape()[at])?;
        Ok(ops::unstack(&x, axis)?)
    }),
    ("Vstack", |a| Ok(vec![ops::vstack(&promoted(a.tensors(0, "xs")?))])),
];

fn diagonal(a: &Arguments, function: fn(&Tensor, isize, isize, isize) -> Tensor) -> Result<Tensor> {
    let x = a.tensor(0, "x")?;
    let offset = a.axis(1, "offset", 0)?;
    Ok(function(&x, offset, a.axis(2, "axis1", 0)?, a.axis(3, "axis2", 1)?))
}

/// `axes`: how many at the end of the first and the start of the second, or those of each.
fn tensordot(a: &Arguments) -> Result<Vec<Tensor>> {
    let (x1, x2) = (a.tensor(0, "x1")?, a.tensor(1, "x2")?);
    let axes = a.constant(CONFIG, "axes")?;
    let one = |v: &Value| v.as_i64().and_then(|axis| isize::try_from(axis).ok());
    let of = |v: &Value| match v {
        Value::Array(items) => items.iter().map(one).collect::<Option<Vec<_>>>(),
        other => one(other).map(|axis| vec![axis]),
    };
    let pair = match &axes {
        Value::Array(both) if both.len() == 2 => of(&both[0]).zip(of(&both[1])),
        count => {
            let count = if count.is_null() { Some(2) } else { one(count) };
            let rank = x1.ndim().min(x2.ndim()) as isize;
            count.filter(|n| (0..=rank).contains(n)).map(|n| ((-n..0).collect(), (0..n).collect()))
        }
    };
    let rule = "must be a number of axes that both have, or the axes of each";
    let (first, second) = pair.ok_or_else(|| a.error("axes", rule, axes))?;
    Ok(vec![ops::tensordot(&x1, &x2, &first, &second)])
}
