//! `ops` that create, move and pick elements.

use cornu::ops::{Indexing, Overlap, PadMode};
use cornu::{DType, Result, Tensor, ops};

use super::{Answer, Arguments, values};

pub fn answer(function: &str, x: &[Tensor], given: &Arguments) -> Answer {
    several(function, x, given).or_else(|| {
        let tensor = moved(function, x, given)
            .or_else(|| multiplied(function, x, given))
            .or_else(|| created(function, given))?;
        Some(values([tensor]))
    })
}

/// What gives several tensors.
fn several(function: &str, x: &[Tensor], given: &Arguments) -> Answer {
    let split = |parts: Result<Vec<Tensor>, cornu_graph::Error>| {
        Some(parts.map_err(Into::into).and_then(values))
    };
    match (function, x) {
        ("ops.split", [x]) => split(ops::split(x, given.get::<usize>("sections"), given.axis())),
        ("ops.array_split", [x]) => {
            split(ops::array_split(x, given.get::<usize>("sections"), given.axis()))
        }
        ("ops.meshgrid", x) => {
            let xy = given.get::<String>("indexing") == "xy";
            Some(values(ops::meshgrid(x, if xy { Indexing::Xy } else { Indexing::Ij })))
        }
        _ => None,
    }
}

fn moved(function: &str, x: &[Tensor], given: &Arguments) -> Option<Tensor> {
    let offset = || given.get::<isize>("offset");
    let sizes = |name: &str| given.get::<Vec<usize>>(name);
    let axes = |name: &str| given.get::<Vec<isize>>(name);
    Some(match (function, x) {
        ("ops.transpose", [x]) => ops::transpose(x, &given.axes()),
        ("ops.reshape", [x]) => ops::reshape(x, &given.get::<Vec<i64>>("shape")),
        ("ops.expand_dims", [x]) => ops::expand_dims(x, given.axis()),
        ("ops.squeeze", [x]) => ops::squeeze(x, &given.axes()),
        ("ops.moveaxis", [x]) => ops::moveaxis(x, &axes("source"), &axes("destination")),
        ("ops.swapaxes", [x]) => ops::swapaxes(x, given.get("axis1"), given.get("axis2")),
        ("ops.flip", [x]) => ops::flip(x, &given.axes()),
        ("ops.roll", [x]) => ops::roll(x, &axes("shift"), &given.axes()),
        ("ops.rot90", [x]) => ops::rot90(x, given.get("k"), (0, 1)),
        ("ops.diagonal", [x]) => ops::diagonal(x, offset(), 0, 1),
        ("ops.trace", [x]) => ops::trace(x, offset(), 0, 1),
        ("ops.diag", [x]) => ops::diag(x, given.get("k")),
        ("ops.tril", [x]) => ops::tril(x, given.get("k")),
        ("ops.triu", [x]) => ops::triu(x, given.get("k")),
        ("ops.tile", [x]) => ops::tile(x, &sizes("repeats")),
        ("ops.repeat", [x]) => ops::repeat(x, &[given.get("repeats")], given.axis()),
        ("ops.concatenate", x) => ops::concatenate(x, given.axis()),
        ("ops.stack", x) => ops::stack(x, given.axis()),
        ("ops.broadcast_to", [x]) => ops::broadcast_to(x, &sizes("shape")),
        ("ops.pad", [x]) => {
            let widths: Vec<(usize, usize)> = given.get("widths");
            ops::pad(x, &widths, pad_mode(&given.get::<String>("mode")))
        }
        ("ops.take", [x, indices]) => ops::take(x, indices, given.axis()),
        ("ops.take_along_axis", [x, indices]) => ops::take_along_axis(x, indices, given.axis()),
        _ => return None,
    })
}

fn multiplied(function: &str, x: &[Tensor], given: &Arguments) -> Option<Tensor> {
    Some(match (function, x) {
        ("ops.matmul", [a, b]) => ops::matmul(a, b),
        ("ops.dot", [a, b]) => ops::dot(a, b),
        ("ops.outer", [a, b]) => ops::outer(a, b),
        ("ops.inner", [a, b]) => ops::inner(a, b),
        ("ops.vdot", [a, b]) => ops::vdot(a, b),
        ("ops.kron", [a, b]) => ops::kron(a, b),
        ("ops.cross", [a, b]) => ops::cross(a, b, -1),
        ("ops.einsum", x) => ops::einsum(&given.get::<String>("equation"), x),
        ("ops.tensordot", [a, b]) => {
            let axes: [Vec<isize>; 2] = given.get("axes");
            ops::tensordot(a, b, &axes[0], &axes[1])
        }
        ("ops.correlate", [a, v]) => ops::correlate(a, v, overlap(&given.get::<String>("mode"))),
        _ => return None,
    })
}

fn overlap(mode: &str) -> Overlap {
    match mode {
        "valid" => Overlap::Valid,
        "same" => Overlap::Same,
        _ => Overlap::Full,
    }
}

fn pad_mode(name: &str) -> PadMode {
    match name {
        "edge" => PadMode::Edge,
        "reflect" => PadMode::Reflect,
        "symmetric" => PadMode::Symmetric,
        "wrap" => PadMode::Wrap,
        _ => PadMode::Constant(0.0),
    }
}

fn created(function: &str, given: &Arguments) -> Option<Tensor> {
    let float = |name: &str| given.get::<f64>(name);
    let window = |f: fn(usize, DType) -> Tensor| f(given.get("m"), DType::F64);
    Some(match function {
        "ops.eye" => ops::eye(given.get("n"), given.get("m"), given.get("k"), DType::F64),
        "ops.tri" => ops::tri(given.get("n"), given.get("m"), given.get("k"), DType::F64),
        "ops.arange" => ops::arange(float("start"), float("stop"), float("step")),
        "ops.linspace" => {
            ops::linspace(float("start"), float("stop"), given.get("num"), given.get("endpoint"))
        }
        "ops.logspace" => ops::logspace(
            float("start"),
            float("stop"),
            given.get("num"),
            given.get("endpoint"),
            10.0,
        ),
        "ops.bartlett" => window(ops::bartlett),
        "ops.hanning" => window(ops::hanning),
        "ops.hamming" => window(ops::hamming),
        "ops.blackman" => window(ops::blackman),
        _ => return None,
    })
}
