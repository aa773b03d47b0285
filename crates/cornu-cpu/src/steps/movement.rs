//! The same elements in other places.

use cornu_graph::ops::{Concatenate, Flip, Gather, Pad, ScatterAdd, Slice, Transpose};
use cornu_graph::{DType, Element, Result, Spec};

use crate::movement::{Index, Lookup, Movement};
use crate::plan::{Args, Kernel, Number};
use crate::runtime::Pool;

/// A transposition, a part, a padding or a concatenation.
pub(crate) struct Moving {
    /// One movement per input.
    movements: Vec<Movement>,
    /// What fills the places that no input reaches, if there are any.
    fill: Option<f64>,
    dtype: DType,
    label: String,
}

impl Moving {
    /// Axes in another order.
    pub fn transpose(op: &Transpose, x: &Spec) -> Result<Moving> {
        let movement = Movement::transpose(&x.shape, &op.axes)?;
        Moving::one(movement, x, format!("transpose of {:?} to axes {:?}", x.shape, op.axes))
    }

    /// Axes reversed.
    pub fn flip(op: &Flip, x: &Spec) -> Result<Moving> {
        let movement = Movement::flip(&x.shape, &op.axes)?;
        Moving::one(movement, x, format!("flip of {:?} along {:?}", x.shape, op.axes))
    }

    /// A regular part.
    pub fn slice(op: &Slice, x: &Spec, y: &Spec) -> Result<Moving> {
        let step: Vec<isize> =
            op.step.iter().map(|&s| s.try_into().unwrap_or(isize::MAX)).collect();
        let movement = Movement::slice(&x.shape, &op.start, &step, &y.shape)?;
        Moving::one(movement, x, format!("slice of {:?} from {:?}", x.shape, op.start))
    }

    /// A constant around and between the elements.
    pub fn pad(op: &Pad, x: &Spec) -> Result<Moving> {
        let movement = Movement::pad(&x.shape, &op.low, &op.high, &op.interior)?;
        let label = format!("pad of {:?} by {:?} and {:?}", x.shape, op.low, op.high);
        let moving = Moving::one(movement, x, label)?;
        Ok(Moving { fill: Some(f64::from_bits(op.value)), ..moving })
    }

    /// Several tensors one after another.
    pub fn concatenate(op: &Concatenate, inputs: &[&Spec], y: &Spec) -> Result<Moving> {
        let mut movements = Vec::with_capacity(inputs.len());
        let mut position = 0;
        for x in inputs {
            movements.push(Movement::part(&x.shape, op.axis, position, &y.shape)?);
            position += x.shape[op.axis];
        }
        let label = format!("concatenate {} along {}", inputs.len(), op.axis);
        Ok(Moving { movements, fill: None, dtype: y.dtype, label })
    }

    fn one(movement: Movement, x: &Spec, label: String) -> Result<Moving> {
        Ok(Moving { movements: vec![movement], fill: None, dtype: x.dtype, label })
    }

    fn compute<T: Number + Element>(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        for (i, movement) in self.movements.iter().enumerate() {
            let x = args.input::<T>(i)?;
            match self.fill {
                Some(value) => {
                    // A padding that is not zero is true.
                    let bool = self.dtype == DType::Bool;
                    let value = if bool { f64::from(u8::from(value != 0.0)) } else { value };
                    movement.run_over(pool, x, T::from_f64(value), args.output::<T>(0)?)?;
                }
                None => movement.run_into(pool, x, args.output::<T>(0)?)?,
            }
        }
        Ok(())
    }
}

impl Kernel for Moving {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        for_dtype!(self.dtype, T => self.compute::<T>(pool, args))
    }
}

/// Slices by index, or sums of slices by index.
pub(crate) struct Indexing {
    lookup: Lookup,
    scatter: bool,
    dtype: DType,
    indices: DType,
    label: String,
}

impl Indexing {
    /// Slices of `x`.
    pub fn gather(op: &Gather, x: &Spec, indices: &Spec) -> Result<Indexing> {
        let label = format!("take {:?} of {:?} along {}", indices.shape, x.shape, op.axis);
        let lookup = Lookup::new(&x.shape, op.axis)?;
        Ok(Indexing { lookup, scatter: false, dtype: x.dtype, indices: indices.dtype, label })
    }

    /// Sums into `y`.
    pub fn scatter(op: &ScatterAdd, indices: &Spec, y: &Spec) -> Result<Indexing> {
        let label = format!("scatter {:?} into {:?} along {}", indices.shape, y.shape, op.axis);
        let lookup = Lookup::new(&y.shape, op.axis)?;
        Ok(Indexing { lookup, scatter: true, dtype: y.dtype, indices: indices.dtype, label })
    }

    fn compute<T: Number + Sum, I: Index + Number>(
        &self,
        pool: &Pool,
        args: &mut Args,
    ) -> Result<()> {
        let (x, indices) = (args.input::<T>(0)?, args.input::<I>(1)?);
        let out = args.output::<T>(0)?;
        if self.scatter {
            self.lookup.scatter_add(pool, x, indices, out, T::ZERO, T::plus)
        } else {
            self.lookup.gather(pool, x, indices, out)
        }
    }
}

impl Kernel for Indexing {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        for_dtype!(self.dtype, T => match self.indices {
            DType::I64 => self.compute::<T, i64>(pool, args),
            _ => self.compute::<T, i32>(pool, args),
        })
    }
}

/// Addition, which wraps for integers as in NumPy.
trait Sum: Sized {
    const ZERO: Self;
    fn plus(self, other: Self) -> Self;
}

macro_rules! sums {
    ($($t:ty: $zero:expr, $add:expr;)*) => {
        $(impl Sum for $t {
            const ZERO: $t = $zero;
            fn plus(self, other: $t) -> $t {
                ($add)(self, other)
            }
        })*
    };
}
sums! {
    u8: 0, u8::wrapping_add;
    i32: 0, i32::wrapping_add;
    i64: 0, i64::wrapping_add;
    f32: 0.0, |a, b| a + b;
    f64: 0.0, |a, b| a + b;
}
