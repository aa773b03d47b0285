//! Element-wise arithmetic on two tensors.

use crate::ops::{
    Operation, Vjp, arity, broadcast_to, cast, equal, greater, less, log, no_gradient, number_like,
    square, where_, zeros_like,
};
use crate::{Array, DType, Element, Error, Result, Spec, Tensor, broadcast_shapes};

/// An element-wise function of two tensors of one shape and dtype.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Binary(pub BinaryKind);

macro_rules! binary {
    ($($kind:ident $function:ident $doc:literal;)*) => {
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
    Add add "The sum, element by element.";
    Sub subtract "The difference, element by element.";
    Mul multiply "The product, element by element.";
    Div divide "The quotient, element by element; integers give `float32`.";
    FloorDiv floor_divide "The largest integer not above the quotient.";
    Mod mod_ "What floor division leaves; it has the divisor's sign.";
    Pow power "a to the power of b.";
    Max maximum "The larger, element by element; NaN wins.";
    Min minimum "The smaller, element by element; NaN wins.";
    Atan2 arctan2 "The angle of the point (b, a), in radians.";
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
        let (a, b) = unify(kind.name(), a, b, |d| kind.dtype(d))?;
        Ok(Tensor::apply(Binary(kind), &[&a, &b]))
    })
}

impl BinaryKind {
    /// The dtype in which the function works on inputs of `dtype`.
    fn dtype(self, dtype: DType) -> DType {
        use BinaryKind::*;
        match self {
            Div | Atan2 => dtype.to_float(),
            FloorDiv | Mod | Pow | Sub => dtype.max(DType::U8),
            Add | Mul | Max | Min => dtype,
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
            FloorDiv => (a / b).floor(),
            Mod => {
                let r = a % b;
                if r != 0.0 && (r < 0.0) != (b < 0.0) { r + b } else { r }
            }
            Pow => a.powf(b),
            Max if a.is_nan() || a > b => a,
            Max => b,
            Min if a.is_nan() || a < b => a,
            Min => b,
            Atan2 => a.atan2(b),
        }
    }

    /// The function of two integers; wraps, and division by zero gives 0 as in NumPy.
    pub fn evaluate_integer(self, a: i64, b: i64) -> i64 {
        use BinaryKind::*;
        match self {
            Add => a.wrapping_add(b),
            Sub => a.wrapping_sub(b),
            Mul => a.wrapping_mul(b),
            FloorDiv | Mod if b == 0 => 0,
            FloorDiv => {
                let q = a.wrapping_div(b);
                let inexact = a.wrapping_rem(b) != 0;
                if inexact && (a < 0) != (b < 0) { q - 1 } else { q }
            }
            Mod => {
                let r = a.wrapping_rem(b);
                if r != 0 && (r < 0) != (b < 0) { r + b } else { r }
            }
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
            Div | Atan2 => self.evaluate(a as f64, b as f64) as i64,
        }
    }
}

impl Operation for Binary {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [a, b] = arity(self.name(), inputs)?;
        if self.0.dtype(a.dtype) != a.dtype {
            return Err(Error::invalid(
                self.name(),
                "dtype",
                format!("must be at least {}", self.0.dtype(a.dtype)),
                a.dtype,
            ));
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
            FloorDiv => (None, None),
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
