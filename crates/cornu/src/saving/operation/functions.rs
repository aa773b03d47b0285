//! The one list of the `keras.ops` functions that models may call.

use cornu_graph::{DType, Tensor, ops};
use serde_json::Value;

use super::arguments::Arguments;
use super::indexing::get_item;
use crate::activations::{self, Activation};
use crate::layers::budget;
use crate::{Result, snake_case};

pub(super) type Function = fn(&Arguments) -> Result<Vec<Tensor>>;

/// The function behind Keras's class name of it.
pub(super) fn find(class_name: &str) -> Option<Function> {
    let mut all = FUNCTIONS.iter().chain(super::arrays::FUNCTIONS);
    let listed = all.find(|(name, _)| *name == class_name).map(|(_, f)| *f);
    // Activations without arguments of their own: Relu6, HardSigmoid, …
    let plain = || Activation::from(&snake_case(class_name)[..]).check().is_ok();
    listed.or_else(|| plain().then_some(activation as Function))
}

/// The module in which Keras has the class of a [known](find) function.
pub(super) fn module(class_name: &str) -> &'static str {
    match class_name {
        "Cast" | "StopGradient" | "Unstack" => "keras.src.ops.core",
        "Erf" | "Erfinv" | "Logsumexp" | "Rsqrt" | "TopK" => "keras.src.ops.math",
        "Tanh" => "keras.src.ops.numpy",
        "OneHot" => "keras.src.ops.nn",
        name if Activation::from(&snake_case(name)[..]).check().is_ok() => "keras.src.ops.nn",
        _ => "keras.src.ops.numpy",
    }
}

fn activation(args: &Arguments) -> Result<Vec<Tensor>> {
    let x = args.tensor(0, "x")?;
    Ok(vec![Activation::from(&snake_case(args.function)[..]).call(&x)])
}

const FUNCTIONS: &[(&str, Function)] = &[
    unary!("Abs", ops::abs),
    unary!("Absolute", ops::abs),
    unary!("Arccos", ops::arccos),
    unary!("Arccosh", ops::arccosh),
    unary!("Arcsin", ops::arcsin),
    unary!("Arcsinh", ops::arcsinh),
    unary!("Arctan", ops::arctan),
    unary!("Arctanh", ops::arctanh),
    unary!("Ceil", ops::ceil),
    unary!("Cos", ops::cos),
    unary!("Cosh", ops::cosh),
    unary!("Erf", ops::erf),
    unary!("Erfinv", ops::erfinv),
    unary!("Exp", ops::exp),
    unary!("Expm1", ops::expm1),
    unary!("Floor", ops::floor),
    unary!("Isfinite", ops::isfinite),
    unary!("Isinf", ops::isinf),
    unary!("Isnan", ops::isnan),
    unary!("Log", ops::log),
    unary!("Log10", ops::log10),
    unary!("Log1p", ops::log1p),
    unary!("Log2", ops::log2),
    unary!("LogicalNot", ops::logical_not),
    unary!("Negative", ops::negative),
    unary!("OnesLike", ops::ones_like),
    unary!("Reciprocal", ops::reciprocal),
    unary!("Rsqrt", ops::rsqrt),
    unary!("Sign", ops::sign),
    unary!("Sin", ops::sin),
    unary!("Sinh", ops::sinh),
    unary!("Sqrt", ops::sqrt),
    unary!("Square", ops::square),
    unary!("StopGradient", ops::stop_gradient),
    unary!("Tan", ops::tan),
    unary!("Trunc", ops::trunc),
    unary!("ZerosLike", ops::zeros_like),
    binary!("Add", ops::add),
    binary!("Arctan2", ops::arctan2),
    binary!("Divide", ops::divide),
    binary!("Equal", ops::equal),
    binary!("FloorDivide", ops::floor_divide),
    binary!("Greater", ops::greater),
    binary!("GreaterEqual", ops::greater_equal),
    binary!("Less", ops::less),
    binary!("LessEqual", ops::less_equal),
    binary!("LogicalAnd", ops::logical_and),
    binary!("LogicalOr", ops::logical_or),
    binary!("LogicalXor", ops::logical_xor),
    binary!("Matmul", ops::matmul),
    binary!("Maximum", ops::maximum),
    binary!("Minimum", ops::minimum),
    binary!("Mod", ops::mod_),
    binary!("Multiply", ops::multiply),
    binary!("NotEqual", ops::not_equal),
    binary!("Power", ops::power),
    binary!("Subtract", ops::subtract),
    binary!("TrueDivide", ops::divide),
    reduction!("All", ops::all),
    reduction!("Any", ops::any),
    reduction!("Logsumexp", ops::logsumexp),
    reduction!("Max", ops::max),
    reduction!("Mean", ops::mean),
    reduction!("Min", ops::min),
    reduction!("Prod", ops::prod),
    reduction!("Std", deviation),
    reduction!("Sum", ops::sum),
    reduction!("Var", variance),
    with_number!("Celu", activations::celu_with, "alpha", 1.0),
    with_number!("Elu", activations::elu_with, "alpha", 1.0),
    with_number!("HardShrink", activations::hard_shrink_with, "threshold", 0.5),
    with_number!("LeakyRelu", activations::leaky_relu_with, "negative_slope", 0.2),
    with_number!("SoftShrink", activations::soft_shrink_with, "threshold", 0.5),
    with_number!("Squareplus", activations::squareplus_with, "b", 4.0),
    ("Argmax", |a| Ok(vec![arg(a, ops::argmax)?])),
    ("Argmin", |a| Ok(vec![arg(a, ops::argmin)?])),
    ("BroadcastTo", |a| Ok(vec![ops::broadcast_to(&a.tensor(0, "x")?, &a.sizes(1, "shape")?)])),
    ("Cast", |a| {
        let name = a.constant(1, "dtype")?;
        let dtype = name.as_str().and_then(|name| match name {
            // What arrays do not have is computed in the next larger type.
            "float16" | "bfloat16" => Some(DType::F32),
            "int8" | "int16" | "uint16" => Some(DType::I32),
            name => DType::from_name(name),
        });
        let dtype = dtype.ok_or_else(|| a.error("dtype", "must be the name of a type", name))?;
        Ok(vec![ops::cast(&a.tensor(0, "x")?, dtype)])
    }),
    ("Clip", |a| {
        let (low, high) = (a.number(1, "x_min", f64::NAN)?, a.number(2, "x_max", f64::NAN)?);
        Ok(vec![ops::clip(&a.tensor(0, "x")?, low, high)])
    }),
    ("Concatenate", |a| {
        Ok(vec![ops::concatenate(&promoted(a.tensors(0, "xs")?), a.axis(1, "axis", 0)?)])
    }),
    ("Cumsum", |a| Ok(vec![ops::cumsum(&a.tensor(0, "x")?, a.axis(1, "axis", 0)?)])),
    ("ExpandDims", |a| {
        let axis = a.axis(1, "axis", 0)?;
        Ok(vec![ops::expand_dims(&a.tensor(0, "x")?, axis)])
    }),
    ("Flip", |a| {
        let x = a.tensor(0, "x")?;
        let axes = a.axes(1, "axis")?.unwrap_or_else(|| (0..x.ndim() as isize).collect());
        Ok(vec![ops::flip(&x, &axes)])
    }),
    ("Gelu", |a| {
        let exact = a.constant(1, "approximate")? == Value::Bool(false);
        let function = if exact { activations::gelu } else { activations::gelu_approximate };
        Ok(vec![function(&a.tensor(0, "x")?)])
    }),
    ("GetItem", get_item),
    ("Glu", |a| Ok(vec![activations::glu_with(&a.tensor(0, "x")?, a.axis(1, "axis", -1)?)])),
    ("LogSoftmax", |a| {
        let axes = a.axes(1, "axis")?.unwrap_or_default();
        Ok(vec![ops::log_softmax(&a.tensor(0, "x")?, &axes)])
    }),
    ("Moveaxis", |a| {
        let (from, to) = (a.axes(1, "source")?, a.axes(2, "destination")?);
        Ok(vec![ops::moveaxis(
            &a.tensor(0, "x")?,
            &from.unwrap_or_default(),
            &to.unwrap_or_default(),
        )])
    }),
    ("OneHot", |a| {
        let dtype = a.constant(3, "dtype")?;
        let dtype = dtype.as_str().and_then(DType::from_name).unwrap_or(DType::F32);
        let (classes, axis) = (a.size(1, "num_classes")?, a.axis(2, "axis", -1)?);
        Ok(vec![ops::one_hot(&a.tensor(0, "x")?, classes, axis, dtype)])
    }),
    ("Pad", |a| {
        let x = a.tensor(0, "x")?;
        let mode = a.constant(2, "mode")?;
        if mode != "constant" {
            return Err(a.error("mode", "must be constant", mode));
        }
        let wrong = |v: &Value| a.error("pad_width", "must be (before, after) for each axis", v);
        let width = a.constant(1, "pad_width")?;
        let side = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
        let pair = |v: &Value| match v {
            Value::Array(items) if items.len() == 2 => Some((side(&items[0])?, side(&items[1])?)),
            one => side(one).map(|n| (n, n)),
        };
        let pairs: Option<Vec<_>> = match &width {
            Value::Array(items) if items.first().is_some_and(Value::is_array) => {
                items.iter().map(pair).collect()
            }
            one => pair(one).map(|both| vec![both]),
        };
        let mut pairs = pairs.ok_or_else(|| wrong(&width))?;
        if pairs.len() == 1 {
            pairs = vec![pairs[0]; x.ndim()];
        }
        let value = a.number(3, "constant_values", 0.0)?;
        Ok(vec![ops::pad(&x, &pairs, value)])
    }),
    unary!("Ravel", ops::ravel),
    ("Reshape", |a| Ok(vec![ops::reshape(&a.tensor(0, "x")?, &a.integers(1, "newshape")?)])),
    ("Relu", |a| Ok(vec![ops::relu(&a.tensor(0, "x")?)])),
    ("Repeat", |a| {
        let (x, repeats) = (a.tensor(0, "x")?, a.sizes(1, "repeats")?);
        Ok(vec![match a.axes(2, "axis")?.as_deref() {
            Some(&[axis]) => ops::repeat(&x, &repeats, axis),
            _ => ops::repeat(&ops::ravel(&x), &repeats, 0),
        }])
    }),
    ("Round", |a| {
        let decimals = a.number(1, "decimals", 0.0)? as i32;
        Ok(vec![ops::round(&a.tensor(0, "x")?, decimals)])
    }),
    ("Softmax", |a| {
        let x = a.tensor(0, "x")?;
        let axes = a.axes(1, "axis")?.unwrap_or_default();
        Ok(vec![ops::softmax(&x, &axes)])
    }),
    ("Sort", |a| Ok(vec![ops::sort(&a.tensor(0, "x")?, a.axis(1, "axis", -1)?, false)])),
    ("Split", split),
    ("Squeeze", |a| {
        let x = a.tensor(0, "x")?;
        let ones = || (0..x.ndim()).filter(|&i| x.shape()[i] == 1).map(|i| i as isize).collect();
        let axes = a.axes(1, "axis")?.unwrap_or_else(ones);
        Ok(vec![ops::squeeze(&x, &axes)])
    }),
    ("Stack", |a| Ok(vec![ops::stack(&promoted(a.tensors(0, "x")?), a.axis(1, "axis", 0)?)])),
    ("Swapaxes", |a| {
        let (one, other) = (a.axis(1, "axis1", 0)?, a.axis(2, "axis2", 0)?);
        Ok(vec![ops::swapaxes(&a.tensor(0, "x")?, one, other)])
    }),
    ("Take", |a| {
        let x = a.tensor(0, "x")?;
        let indices = ops::cast(&a.tensor(1, "indices")?, DType::I64);
        match a.axes(2, "axis")?.as_deref() {
            Some(&[axis]) => Ok(vec![ops::take(&x, &indices, axis)]),
            _ => Ok(vec![ops::take(&ops::ravel(&x), &indices, 0)]),
        }
    }),
    ("Tile", |a| Ok(vec![ops::tile(&a.tensor(0, "x")?, &a.sizes(1, "repeats")?)])),
    ("Transpose", |a| {
        let x = a.tensor(0, "x")?;
        let axes = a.axes(1, "axes")?.unwrap_or_else(|| (0..x.ndim() as isize).rev().collect());
        Ok(vec![ops::transpose(&x, &axes)])
    }),
    ("Where", |a| {
        let (x, y) = (a.tensor(1, "x1")?, a.tensor(2, "x2")?);
        Ok(vec![ops::where_(&a.tensor(0, "condition")?, &x, &y)])
    }),
];

/// The population variance.
fn variance(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    ops::var(x, axes, 0, keepdims)
}

/// The population standard deviation.
fn deviation(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    ops::sqrt(&variance(x, axes, keepdims))
}

fn arg(a: &Arguments, function: fn(&Tensor, isize) -> Tensor) -> Result<Tensor> {
    let x = a.tensor(0, "x")?;
    let flat = || (ops::ravel(&x), 0);
    let (given, axis) = match a.axes(1, "axis")?.as_deref() {
        Some(&[axis]) => (x.clone(), axis),
        _ => flat(),
    };
    let found = function(&given, axis);
    Ok(if a.truth(2, "keepdims")? { ops::expand_dims(&found, axis) } else { found })
}

fn split(a: &Arguments) -> Result<Vec<Tensor>> {
    let x = a.tensor(0, "x")?;
    let axis = a.axis(2, "axis", 0)?;
    let size = x.shape()[cornu_graph::normalize_axis("split", axis, x.ndim())?];
    let rule = "must cut the axis into equal parts, or be growing places on it";
    let given = a.constant(1, "indices_or_sections")?;
    let wrong = || a.error("indices_or_sections", rule, format!("{given} for an axis of {size}"));
    let cuts: Vec<usize> = match &given {
        Value::Array(places) => {
            let place = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
            places.iter().map(place).collect::<Option<_>>().ok_or_else(wrong)?
        }
        sections => {
            let sections = sections.as_u64().and_then(|n| usize::try_from(n).ok());
            let even = sections.filter(|&n| n > 0 && n <= size.max(1) && size % n == 0);
            let sections = even.ok_or_else(wrong)?;
            budget::spend_calls("split", sections)?;
            (1..sections).map(|i| i * (size / sections)).collect()
        }
    };
    let edges: Vec<usize> = [0].into_iter().chain(cuts).chain([size]).collect();
    if !edges.is_sorted() {
        return Err(wrong());
    }
    Ok(edges.windows(2).map(|w| ops::slice_axis(&x, axis, w[0], w[1])).collect())
}

/// All in their common dtype.
pub(super) fn promoted(tensors: Vec<Tensor>) -> Vec<Tensor> {
    let dtype = tensors.iter().map(Tensor::dtype).max();
    tensors.iter().map(|t| ops::cast(t, dtype.unwrap_or(t.dtype()))).collect()
}
