//! `ops` that work along axes.

use cornu::{DType, Tensor, ops};

use super::{Answer, Arguments, values};

/// Functions with axes and kept dimensions, of one name here and in `ops`.
macro_rules! over_axes {
    ($function:expr, $x:expr, $given:expr; $($plain:ident)*; $($freedom:ident)*) => {
        match ($function, $x) {
            $((concat!("ops.", stringify!($plain)), [x]) => Some(ops::$plain(x, &$given.axes(), $given.keepdims())),)*
            $((concat!("ops.", stringify!($freedom)), [x]) => {
                Some(ops::$freedom(x, &$given.axes(), $given.get("ddof"), $given.keepdims()))
            })*
            _ => None,
        }
    };
}

/// Functions along one axis.
macro_rules! along {
    ($function:expr, $x:expr, $given:expr; $($name:ident)*) => {
        match ($function, $x) {
            $((concat!("ops.", stringify!($name)), [x]) => Some(ops::$name(x, $given.axis())),)*
            _ => None,
        }
    };
}

pub fn answer(function: &str, x: &[Tensor], given: &Arguments) -> Answer {
    let found = over_axes!(function, x, given;
        sum prod mean max min ptp any all count_nonzero nansum nanprod nanmean nanmax nanmin logsumexp median
        nanmedian;
        var std nanvar nanstd);
    let found = found.or_else(|| along!(function, x, given; argmax argmin cumsum cumprod));
    if let Some(tensor) = found {
        return Some(values([tensor]));
    }
    Some(values([match (function, x) {
        ("ops.sort", [x]) => ops::sort(x, given.axis(), false),
        ("ops.argsort", [x]) => ops::argsort(x, given.axis(), false),
        ("ops.softmax", [x]) => ops::softmax(x, &[given.axis()]),
        ("ops.log_softmax", [x]) => ops::log_softmax(x, &[given.axis()]),
        ("ops.average", [x, weights]) => ops::average(x, &[given.axis()], Some(weights), false),
        ("ops.top_k", [x]) => ops::top_k(x, given.get("k")).0,
        ("ops.segment_sum", [x, ids]) => ops::segment_sum(x, ids, given.get("segments")),
        ("ops.one_hot", [x]) => ops::one_hot(x, given.get("classes"), -1, DType::F32),
        ("ops.quantile", [x]) => {
            let q: Vec<f64> = given.get("q");
            let method: String = given.get("method");
            ops::quantile(x, q, &given.axes(), quantile_method(&method), given.keepdims())
        }
        _ => return None,
    }]))
}

fn quantile_method(name: &str) -> ops::QuantileMethod {
    match name {
        "linear" => ops::QuantileMethod::Linear,
        "lower" => ops::QuantileMethod::Lower,
        "higher" => ops::QuantileMethod::Higher,
        "midpoint" => ops::QuantileMethod::Midpoint,
        _ => ops::QuantileMethod::Nearest,
    }
}
