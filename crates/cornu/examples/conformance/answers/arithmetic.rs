//! `ops` that work element by element.

use cornu::{Tensor, ops};

use super::{Answer, Arguments, values};

/// Functions of one name here and in `ops`, of one tensor or of two.
macro_rules! same {
    ($function:expr, $x:expr; $($one:ident)*; $($two:ident)*) => {
        match ($function, $x) {
            $((concat!("ops.", stringify!($one)), [x]) => Some(ops::$one(x)),)*
            $((concat!("ops.", stringify!($two)), [a, b]) => Some(ops::$two(a, b)),)*
            _ => None,
        }
    };
}

pub fn answer(function: &str, x: &[Tensor], given: &Arguments) -> Answer {
    let found = same!(function, x;
        exp exp2 expm1 log log1p log2 log10 sqrt rsqrt cbrt square reciprocal sin cos tan arcsin arccos arctan
        sinh cosh tanh arcsinh arccosh arctanh sigmoid softplus erf erfc erfinv
        floor ceil trunc rint signbit isnan isinf isfinite isposinf isneginf abs sign negative logical_not
        bitwise_not deg2rad rad2deg sinc;
        power arctan2 hypot logaddexp add subtract multiply divide floor_divide mod_ fmod maximum minimum fmax
        fmin copysign nextafter heaviside gcd lcm bitwise_and bitwise_or bitwise_xor left_shift right_shift
        equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor);
    if let Some(tensor) = found {
        return Some(values([tensor]));
    }
    Some(values([match (function, x) {
        ("ops.mod", [a, b]) => ops::mod_(a, b),
        ("ops.round", [x]) => ops::round(x, given.get("decimals")),
        ("ops.clip", [x]) => ops::clip(x, given.get("low"), given.get("high")),
        ("ops.isclose", [a, b]) => ops::isclose(a, b, 1e-5, 1e-8, false),
        ("ops.where", [condition, a, b]) => ops::where_(condition, a, b),
        ("ops.nan_to_num", [x]) => ops::nan_to_num(x, 0.0, None, None),
        _ => return None,
    }]))
}
