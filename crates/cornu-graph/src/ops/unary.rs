//! Element-wise functions of one tensor.

use crate::ops::{Operation, Vjp, arity, cast};
use crate::{Array, DType, Element, Error, Result, Spec, Tensor};

/// An element-wise function of one tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unary(pub UnaryKind);

/// What the function does with dtypes.
#[derive(PartialEq)]
enum Domain {
    /// Integers become `float32` first.
    Float,
    /// Numbers keep their dtype; `bool` is refused.
    Number,
    /// Integers keep their dtype; others are refused.
    Integer,
    /// Any dtype; the result is `bool`.
    Test,
    /// `bool` to `bool`.
    Truth,
}

macro_rules! unary {
    ($($kind:ident $function:ident $domain:ident $doc:literal;)*) => {
        /// The element-wise functions of one tensor.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum UnaryKind {
            $(#[doc = $doc] $kind),*
        }

        impl UnaryKind {
            /// All of them.
            pub const ALL: &[UnaryKind] = &[$(UnaryKind::$kind),*];

            /// The function's name.
            pub fn name(self) -> &'static str {
                match self { $(UnaryKind::$kind => stringify!($function)),* }
            }

            fn domain(self) -> Domain {
                match self { $(UnaryKind::$kind => Domain::$domain),* }
            }
        }

        $(#[doc = $doc]
        pub fn $function(x: &Tensor) -> Tensor {
            apply(UnaryKind::$kind, x)
        })*
    };
}

unary! {
    Neg negative Number "The negative, element by element.";
    Abs abs Number "The absolute value, element by element.";
    Sign sign Number "-1, 0 or 1 by the sign; NaN stays.";
    Square square Number "The square, element by element.";
    Reciprocal reciprocal Float "1/x, element by element.";
    Exp exp Float "e to the power of x.";
    Exp2 exp2 Float "2 to the power of x.";
    Expm1 expm1 Float "e to the power of x, less 1; exact near 0.";
    Log log Float "The natural logarithm.";
    Log1p log1p Float "The natural logarithm of 1 + x; exact near 0.";
    Log2 log2 Float "The logarithm to base 2.";
    Log10 log10 Float "The logarithm to base 10.";
    Sqrt sqrt Float "The square root.";
    Cbrt cbrt Float "The cube root.";
    Rsqrt rsqrt Float "1 over the square root.";
    Sin sin Float "The sine of radians.";
    Cos cos Float "The cosine of radians.";
    Tan tan Float "The tangent of radians.";
    Asin arcsin Float "The inverse sine, in radians.";
    Acos arccos Float "The inverse cosine, in radians.";
    Atan arctan Float "The inverse tangent, in radians.";
    Sinh sinh Float "The hyperbolic sine.";
    Cosh cosh Float "The hyperbolic cosine.";
    Tanh tanh Float "The hyperbolic tangent.";
    Asinh arcsinh Float "The inverse hyperbolic sine.";
    Acosh arccosh Float "The inverse hyperbolic cosine.";
    Atanh arctanh Float "The inverse hyperbolic tangent.";
    Sigmoid sigmoid Float "1/(1 + exp(-x)).";
    Erf erf Float "The error function.";
    Erfc erfc Float "1 less the error function; exact where that is close to 1.";
    Erfinv erfinv Float "The inverse of the error function.";
    Floor floor Float "The largest integer that is not greater.";
    Ceil ceil Float "The smallest integer that is not less.";
    Round rint Float "The nearest integer; halves go to the even one.";
    Trunc trunc Float "The integer part; integers stay what they are.";
    IsNan isnan Test "Whether an element is NaN.";
    IsInf isinf Test "Whether an element is infinite.";
    IsFinite isfinite Test "Whether an element is neither infinite nor NaN.";
    SignBit signbit Test "Whether the sign is negative, that of -0 included.";
    BitNot bitwise_not Integer "The opposite of every bit; of `bool`, the opposite truth value.";
    Not logical_not Truth "The opposite of a truth value; numbers count as true unless 0.";
}

fn apply(kind: UnaryKind, x: &Tensor) -> Tensor {
    // What Keras does with dtypes that a function would otherwise convert or refuse.
    let x = match (kind, x.dtype()) {
        (UnaryKind::Trunc, dtype) if !dtype.is_float() => return x.clone(),
        (UnaryKind::Abs, DType::Bool) => return x.clone(),
        (UnaryKind::BitNot, DType::Bool) => return logical_not(x),
        (UnaryKind::Square, DType::Bool) => cast(x, DType::I32),
        _ => x.clone(),
    };
    let x = match kind.domain() {
        Domain::Float => cast(&x, x.dtype().to_float()),
        Domain::Truth => cast(&x, DType::Bool),
        Domain::Number | Domain::Integer | Domain::Test => x,
    };
    Tensor::apply(Unary(kind), &[&x])
}

/// The inverse of the error function: Winitzki's approximation (2008) polished by Newton's method.
fn erfinv_f64(y: f64) -> f64 {
    if y.is_nan() || y.abs() > 1.0 {
        return f64::NAN;
    }
    if y.abs() == 1.0 {
        return y * f64::INFINITY;
    }
    let w = -((1.0 - y) * (1.0 + y)).ln();
    let a = 0.147;
    let t = 2.0 / (std::f64::consts::PI * a) - w / 2.0;
    let mut x = ((t * t + w / a).sqrt() - t).sqrt().copysign(y);
    for _ in 0..4 {
        // In the tails the complement keeps the digits that 1 - erf loses.
        let error = if y.abs() < 0.5 {
            libm::erf(x) - y
        } else {
            ((1.0 - y.abs()) - libm::erfc(x.abs())) * y.signum()
        };
        let slope = 2.0 / std::f64::consts::PI.sqrt() * (-x * x).exp();
        if slope == 0.0 {
            break;
        }
        x -= error / slope;
    }
    x
}

impl UnaryKind {
    /// The function of one number, in double precision.
    pub fn evaluate(self, x: f64) -> f64 {
        use UnaryKind::*;
        let truth = |b: bool| f64::from(u8::from(b));
        match self {
            Neg => -x,
            Abs => x.abs(),
            // The sign of -0.0 is 0.0, as NumPy has it.
            Sign if x.is_nan() || x == 0.0 => x + 0.0,
            Sign => x.signum(),
            Square => x * x,
            Reciprocal => 1.0 / x,
            Exp => x.exp(),
            Exp2 => x.exp2(),
            Expm1 => x.exp_m1(),
            Log => x.ln(),
            Log1p => x.ln_1p(),
            Log2 => x.log2(),
            Log10 => x.log10(),
            Sqrt => x.sqrt(),
            Cbrt => x.cbrt(),
            Rsqrt => 1.0 / x.sqrt(),
            Sin => x.sin(),
            Cos => x.cos(),
            Tan => x.tan(),
            Asin => x.asin(),
            Acos => x.acos(),
            Atan => x.atan(),
            Sinh => x.sinh(),
            Cosh => x.cosh(),
            Tanh => x.tanh(),
            Asinh => libm::asinh(x),
            // Of large negative numbers `libm` gives a value.
            Acosh if x < 1.0 => f64::NAN,
            Acosh => libm::acosh(x),
            Atanh => libm::atanh(x),
            Sigmoid if x >= 0.0 => 1.0 / (1.0 + (-x).exp()),
            Sigmoid => x.exp() / (1.0 + x.exp()),
            Erf => libm::erf(x),
            Erfc => libm::erfc(x),
            Erfinv => erfinv_f64(x),
            Floor => x.floor(),
            Ceil => x.ceil(),
            Round => x.round_ties_even(),
            Trunc => x.trunc(),
            IsNan => truth(x.is_nan()),
            IsInf => truth(x.is_infinite()),
            IsFinite => truth(x.is_finite()),
            SignBit => truth(x.is_sign_negative()),
            BitNot => -1.0 - x,
            Not => truth(x == 0.0),
        }
    }
}

impl Operation for Unary {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        let domain = self.0.domain();
        let (fits, rule) = match domain {
            Domain::Float => (x.dtype.is_float(), "must be a floating-point type"),
            Domain::Number => (x.dtype != DType::Bool, "must be a numeric type"),
            Domain::Integer => (x.dtype.is_integer(), "must be an integer type"),
            Domain::Test => (true, ""),
            Domain::Truth => (x.dtype == DType::Bool, "must be bool"),
        };
        if !fits {
            return Err(Error::invalid(self.name(), "dtype", rule, x.dtype));
        }
        Ok(Spec::new(&x.shape[..], if domain == Domain::Test { DType::Bool } else { x.dtype }))
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        use UnaryKind::*;
        let (x, y, dy) = (&vjp.inputs[0], vjp.output, vjp.dy);
        let dx = match self.0 {
            Neg => -dy,
            Abs => dy * sign(x),
            Square => dy * x * 2.0,
            Reciprocal => -dy * square(y),
            Exp => dy * y,
            Exp2 => dy * y * std::f64::consts::LN_2,
            Expm1 => dy * (y + 1.0),
            Log => dy / x,
            Log1p => dy / (x + 1.0),
            Log2 => dy / (x * std::f64::consts::LN_2),
            Log10 => dy / (x * std::f64::consts::LN_10),
            Sqrt => dy / (y * 2.0),
            Cbrt => dy / (square(y) * 3.0),
            Rsqrt => dy * y * y * y * -0.5,
            Sin => dy * cos(x),
            Cos => -dy * sin(x),
            Tan => dy * (square(y) + 1.0),
            Asin => dy * rsqrt(&(1.0 - square(x))),
            Acos => -dy * rsqrt(&(1.0 - square(x))),
            Atan => dy / (square(x) + 1.0),
            Sinh => dy * cosh(x),
            Cosh => dy * sinh(x),
            Tanh => dy * (1.0 - square(y)),
            Asinh => dy * rsqrt(&(square(x) + 1.0)),
            Acosh => dy * rsqrt(&(square(x) - 1.0)),
            Atanh => dy / (1.0 - square(x)),
            Sigmoid => dy * y * (1.0 - y),
            Erf => dy * exp(&-square(x)) * std::f64::consts::FRAC_2_SQRT_PI,
            Erfc => -dy * exp(&-square(x)) * std::f64::consts::FRAC_2_SQRT_PI,
            Erfinv => dy * exp(&square(y)) / std::f64::consts::FRAC_2_SQRT_PI,
            Sign | Floor | Ceil | Round | Trunc | IsNan | IsInf | IsFinite | SignBit | BitNot
            | Not => return Ok(vec![None]),
        };
        Ok(vec![Some(dx)])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let x = inputs[0];
        let wrap_i64 = |v: i64| match self.0 {
            UnaryKind::Neg => Some(v.wrapping_neg()),
            UnaryKind::Abs => Some(v.wrapping_abs()),
            UnaryKind::Sign => Some(v.signum()),
            UnaryKind::Square => Some(v.wrapping_mul(v)),
            UnaryKind::BitNot => Some(!v),
            _ => None,
        };
        if x.dtype().is_integer() && spec.dtype == x.dtype() {
            let values = x.to_vec::<i64>().into_iter().map(wrap_i64).collect::<Option<Vec<_>>>();
            if let Some(values) = values {
                return Ok(Array::new(&spec.shape, values)?.cast(spec.dtype));
            }
        }
        crate::with_dtype!(x.dtype(), S => {
            let values = x.as_slice::<S>()?.iter().map(|v| self.0.evaluate(v.to_f64()));
            crate::with_dtype!(spec.dtype, D => {
                Array::new::<D>(&spec.shape, values.map(D::from_f64).collect())
            })
        })
    }
}
