//! Element-wise arithmetic on two tensors.

use crate::ops::{
    Operation, Vjp, arity, broadcast_to, cast, equal, greater, less, log, logical_and, logical_or,
    logical_xor, no_gradient, number_like, square, where_, zeros_like,
};
use crate::{Array, DType, Element, Error, Result, Spec, Tensor, broadcast_shapes};

/// An element-wise function of two tensors of one shape and dtype.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Binary(pub BinaryKind);

/// The dtypes in which a function works; others are promoted.
enum Domain {
    /// All.
    Any,
    /// All but `bool`, which counts as `uint8`.
    Number,
    /// Floating-point types; others become `float32`.
    Float,
    /// Integers; floating-point types are refused.
    Integer,
}

macro_rules! binary {
    ($($kind:ident $function:ident $domain:ident $doc:literal;)*) => {
        /// The element-wise functions of two tensors.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum BinaryKind {
            $(#[doc = $doc] $kind),*
        }

        impl BinaryKind {
            /// All of them.
            pub const ALL: &[BinaryKind] = &[$(BinaryKind::$kind),*];

            /// The function's name.
            pub fn name(self) -> &'static str {
                match self { $(BinaryKind::$kind => stringify!($function)),* }
            }

            fn domain(self) -> Domain {
                match self { $(BinaryKind::$kind => Domain::$domain),* }
            }
        }

        $(#[doc = $doc]
        #[doc = ""]
        #[doc = "Shapes broadcast and dtypes promote as in Keras."]
        pub fn $function(a: &Tensor, b: &Tensor) -> Tensor {
            apply(BinaryKind::$kind, a, b)
        })*
    };
}

binary! {
    Add add Any "The sum, element by element.";
    Sub subtract Number "The difference, element by element.";
    Mul multiply Any "The product, element by element.";
    Div divide Float "The quotient, element by element; integers give `float32`.";
    FloorDiv floor_divide Number "The largest integer not above the quotient; of integers by zero: 0.";
    Mod mod_ Number "What floor division leaves; it has the divisor's sign. Of integers by zero: 0.";
    Fmod fmod Number "What division towards zero leaves; it has the dividend's sign. Of integers by zero: 0.";
    Pow power Number "a to the power of b; of integers, towards zero where b is negative.";
    Max maximum Any "The larger, element by element; NaN wins.";
    Min minimum Any "The smaller, element by element; NaN wins.";
    Atan2 arctan2 Float "The angle of the point (b, a), in radians.";
    Hypot hypot Float "The length of the vector (a, b), without overflow on the way.";
    CopySign copysign Float "The magnitude of a with the sign of b.";
    NextAfter nextafter Float "The next number that the dtype holds after a in the direction of b.";
    Ldexp ldexp Float "a times 2 to the power of b, rounded once; b is used without its fraction.";
    Gcd gcd Integer "The greatest common divisor; of two zeros: 0.";
    Lcm lcm Integer "The least common multiple; 0 if one is 0.";
    BitAnd bitwise_and Integer "The bits that both have; of `bool`: whether both are true.";
    BitOr bitwise_or Integer "The bits that one or both have; of `bool`: whether one or both are true.";
    BitXor bitwise_xor Integer "The bits that exactly one has; of `bool`: whether they differ.";
    Shl left_shift Integer "The bits of a moved up by b places; 0 where b is not in [0, 64).";
    Shr right_shift Integer "The bits of a moved down by b places, the sign kept; 0 or -1 where b is not in [0, 64).";
}

/// Both tensors in their common dtype and shape.
pub(crate) fn unify(
    function: &str,
    a: &Tensor,
    b: &Tensor,
    dtype: impl FnOnce(DType) -> DType,
) -> Result<(Tensor, Tensor)> {
    let dtype = dtype(a.dtype().promote(b.dtype()));
    let shape = broadcast_shapes(function, a.shape(), b.shape())?;
    let fit = |t: &Tensor| broadcast_to(&cast(t, dtype), &shape);
    Ok((fit(a), fit(b)))
}

fn apply(kind: BinaryKind, a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        if a.dtype().promote(b.dtype()) == DType::Bool {
            match kind {
                BinaryKind::BitAnd => return Ok(logical_and(a, b)),
                BinaryKind::BitOr => return Ok(logical_or(a, b)),
                BinaryKind::BitXor => return Ok(logical_xor(a, b)),
                _ => {}
            }
        }
        let (a, b) = unify(kind.name(), a, b, |d| kind.dtype(d))?;
        Ok(Tensor::apply(Binary(kind), &[&a, &b]))
    })
}

/// Floor division of floats as Python and NumPy define it: by the remainder, because the quotient may round
/// up to an integer that it does not reach.
fn floor_divide_f64(a: f64, b: f64) -> f64 {
    if b == 0.0 {
        return a / b;
    }
    let rest = a % b;
    let below = rest != 0.0 && (rest < 0.0) != (b < 0.0);
    let quotient = (a - rest) / b - f64::from(u8::from(below));
    if quotient == 0.0 {
        return 0f64.copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

fn gcd_u64(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl BinaryKind {
    /// The dtype in which the function works on inputs of `dtype`.
    fn dtype(self, dtype: DType) -> DType {
        match self.domain() {
            Domain::Any => dtype,
            Domain::Number | Domain::Integer => dtype.max(DType::U8),
            Domain::Float => dtype.to_float(),
        }
    }

    /// Whether the function works in `dtype` without promotion.
    pub fn has(self, dtype: DType) -> bool {
        match self.domain() {
            Domain::Any => true,
            Domain::Number => dtype != DType::Bool,
            Domain::Integer => dtype.is_integer(),
            Domain::Float => dtype.is_float(),
        }
    }

    /// The function of two numbers, in double precision.
    pub fn evaluate(self, a: f64, b: f64) -> f64 {
        use BinaryKind::*;
        match self {
            Add => a + b,
            Sub => a - b,
            Mul => a * b,
            Div => a / b,
            FloorDiv => floor_divide_f64(a, b),
            Mod => {
                let r = a % b;
                if r == 0.0 {
                    0f64.copysign(b)
                } else if (r < 0.0) != (b < 0.0) {
                    r + b
                } else {
                    r
                }
            }
            Fmod => a % b,
            Pow => a.powf(b),
            Max if a.is_nan() || a > b => a,
            Max => b,
            Min if a.is_nan() || a < b => a,
            Min => b,
            Atan2 => a.atan2(b),
            Hypot => a.hypot(b),
            CopySign => a.copysign(b),
            NextAfter => libm::nextafter(a, b),
            Ldexp if b.is_nan() => b,
            Ldexp => libm::scalbn(a, b as i32),
            Gcd | Lcm | BitAnd | BitOr | BitXor | Shl | Shr => {
                self.evaluate_integer(a as i64, b as i64) as f64
            }
        }
    }

    /// The function of two integers; wraps, and division by zero gives 0 as in NumPy.
    pub fn evaluate_integer(self, a: i64, b: i64) -> i64 {
        use BinaryKind::*;
        match self {
            Add => a.wrapping_add(b),
            Sub => a.wrapping_sub(b),
            Mul => a.wrapping_mul(b),
            FloorDiv | Mod | Fmod if b == 0 => 0,
            FloorDiv => {
                let q = a.wrapping_div(b);
                let inexact = a.wrapping_rem(b) != 0;
                if inexact && (a < 0) != (b < 0) { q - 1 } else { q }
            }
            Mod => {
                let r = a.wrapping_rem(b);
                if r != 0 && (r < 0) != (b < 0) { r + b } else { r }
            }
            Fmod => a.wrapping_rem(b),
            Pow if b < 0 => match a {
                1 => 1,
                -1 if b % 2 == 0 => 1,
                -1 => -1,
                _ => 0,
            },
            Pow => {
                let (mut base, mut exponent, mut power) = (a, b as u64, 1i64);
                while exponent > 0 {
                    if exponent & 1 == 1 {
                        power = power.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    exponent >>= 1;
                }
                power
            }
            Max => a.max(b),
            Min => a.min(b),
            Gcd => gcd_u64(a.unsigned_abs(), b.unsigned_abs()) as i64,
            Lcm if a == 0 || b == 0 => 0,
            Lcm => {
                let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
                (a / gcd_u64(a, b)).wrapping_mul(b) as i64
            }
            BitAnd => a & b,
            BitOr => a | b,
            BitXor => a ^ b,
            Shl if (0..64).contains(&b) => a << b,
            Shl => 0,
            Shr => a >> if (0..64).contains(&b) { b } else { 63 },
            Div | Atan2 | Hypot | CopySign | NextAfter | Ldexp => {
                self.evaluate(a as f64, b as f64) as i64
            }
        }
    }
}

impl Operation for Binary {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [a, b] = arity(self.name(), inputs)?;
        if !self.0.has(a.dtype) {
            let rule = match self.0.domain() {
                Domain::Integer => "must be an integer type".into(),
                _ => format!("must be at least {}", self.0.dtype(a.dtype)),
            };
            return Err(Error::invalid(self.name(), "dtype", rule, a.dtype));
        }
        if a != b {
            return Err(Error::invalid(
                self.name(),
                "inputs",
                "must have one shape and dtype",
                format!("{a} and {b}"),
            ));
        }
        Ok(a.clone())
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        use BinaryKind::*;
        let ([a, b], [need_a, need_b]) = (vjp.inputs, vjp.needs) else {
            return Err(no_gradient(self.name(), " without two inputs"));
        };
        let (y, dy) = (vjp.output, vjp.dy);
        let both =
            |da: &dyn Fn() -> Tensor, db: &dyn Fn() -> Tensor| (need_a.then(da), need_b.then(db));
        // Ties share the gradient, as in JAX.
        let share = |wins: Tensor| {
            let half = cast(&equal(a, b), dy.dtype()) * 0.5;
            dy * (cast(&wins, dy.dtype()) + half)
        };
        let (da, db) = match self.0 {
            Add => both(&|| dy.clone(), &|| dy.clone()),
            Sub => both(&|| dy.clone(), &|| -dy),
            Mul => both(&|| dy * b, &|| dy * a),
            Div => both(&|| dy / b, &|| -dy * y / b),
            FloorDiv | Gcd | Lcm | BitAnd | BitOr | BitXor | Shl | Shr => (None, None),
            CopySign => (
                need_a.then(|| where_(&equal(&super::signbit(a), &super::signbit(b)), dy, &-dy)),
                None,
            ),
            NextAfter => (need_a.then(|| dy.clone()), None),
            Ldexp => (need_a.then(|| ldexp(dy, b)), None),
            Hypot => {
                // 0 at the origin, where the length has no slope.
                let length = where_(&equal(y, &zeros_like(y)), &super::ones_like(y), y);
                both(&|| dy * (a / &length), &|| dy * (b / &length))
            }
            Fmod => both(&|| dy.clone(), &|| -dy * super::trunc(&(a / b))),
            Mod => both(&|| dy.clone(), &|| -dy * super::floor(&(a / b))),
            Pow => {
                let zero = zeros_like(a);
                // d/da is 0 where b is 0, and d/db is 0 where a is 0: not the NaN of 0 · inf.
                let da = || {
                    let slope = b * power(a, &(b - 1.0));
                    where_(&equal(b, &zero), &zero, &(dy * slope))
                };
                let db = || dy * y * log(&where_(&greater(a, &zero), a, &super::ones_like(a)));
                both(&da, &db)
            }
            Max => both(&|| share(greater(a, b)), &|| share(less(a, b))),
            Min => both(&|| share(less(a, b)), &|| share(greater(a, b))),
            Atan2 => {
                let norm = square(a) + square(b);
                both(&|| dy * b / &norm, &|| -dy * a / &norm)
            }
        };
        Ok(vec![da, db])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        if self.0 == BinaryKind::NextAfter && spec.dtype == DType::F32 {
            let pairs = inputs[0].as_slice::<f32>()?.iter().zip(inputs[1].as_slice::<f32>()?);
            let values = pairs.map(|(&a, &b)| libm::nextafterf(a, b));
            return Array::new(&spec.shape, values.collect::<Vec<f32>>());
        }
        if spec.dtype.is_float() {
            return crate::with_dtype!(spec.dtype, T => {
                let pairs = inputs[0].as_slice::<T>()?.iter().zip(inputs[1].as_slice::<T>()?);
                let values = pairs.map(|(a, b)| T::from_f64(self.0.evaluate(a.to_f64(), b.to_f64())));
                Array::new::<T>(&spec.shape, values.collect())
            });
        }
        let (a, b) = (inputs[0].to_vec::<i64>(), inputs[1].to_vec::<i64>());
        let values = a.iter().zip(&b).map(|(&a, &b)| self.0.evaluate_integer(a, b));
        Ok(Array::new(&spec.shape, values.collect::<Vec<i64>>())?.cast(spec.dtype))
    }
}

/// `x` raised to a number.
pub fn power_number(x: &Tensor, exponent: f64) -> Tensor {
    power(x, &number_like(x, exponent))
}
