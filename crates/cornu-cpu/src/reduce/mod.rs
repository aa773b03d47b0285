//! Sums, products, extremes and their places.
//!
//! Axes are merged until kept and reduced ones alternate; then one pass per reduced group, the innermost
//! first, each of the form (outer, size, inner) → (outer, inner). `inner` 1 means rows (`rows.rs`), else
//! columns (`columns.rs`). How the work is cut depends on shapes alone and partial results are joined in a
//! fixed order, so the result has the same bits on any number of threads. Sums are about as
//! accurate as NumPy's pairwise ones.
//!
//! `bool` is `u8` here: "any" is its maximum, "all" its minimum.

mod arg;
mod columns;
mod join;
mod rows;

use cornu_graph::ops::ReduceKind;
use cornu_graph::{Error, Result, element_count};

pub use arg::ArgReduction;
pub use join::Reducible;

use crate::runtime::{Pool, with_arena};
use crate::simd::AnyIsa;
use join::{Join, Max, Min, Prod, Sum};

/// A reduction bound to a shape.
///
/// ```
/// use cornu_cpu::{reduce::Reduction, runtime::Pool, simd};
/// use cornu_graph::ops::ReduceKind;
/// let sum = Reduction::new(ReduceKind::Sum, &[2, 3], &[1])?;
/// let mut out = [0f32; 2];
/// sum.run(&Pool::new(1)?, simd::isa()?, &[1f32, 2.0, 3.0, 4.0, 5.0, 6.0], &mut out)?;
/// assert_eq!(out, [6.0, 15.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reduction {
    kind: ReduceKind,
    input: usize,
    output: usize,
    /// Innermost first.
    passes: Vec<Pass>,
}

/// (outer, size, inner) → (outer, inner).
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pass {
    outer: usize,
    size: usize,
    inner: usize,
}

/// Elements of a piece of work: enough to hide the cost of handing it out.
const CHUNK: usize = 1 << 16;

impl Reduction {
    /// A reduction of row-major arrays of shape `shape` over `axes`, which are distinct.
    ///
    /// # Errors
    /// When an axis is not one of the shape's, or named twice.
    pub fn new(kind: ReduceKind, shape: &[usize], axes: &[usize]) -> Result<Reduction> {
        let bad = axes.iter().enumerate().any(|(i, a)| *a >= shape.len() || axes[..i].contains(a));
        if bad {
            let rule = format!("must be distinct axes of {shape:?}");
            return Err(Error::invalid("Reduction", "axes", rule, format!("axes={axes:?}")));
        }
        let input = element_count("Reduction", shape)?;
        let kept = shape.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, &d)| d);
        let output = element_count("Reduction", &kept.collect::<Vec<_>>())?;

        // Groups of neighbours: their size, and whether they are reduced.
        let mut groups: Vec<(usize, bool)> = Vec::new();
        for (i, &size) in shape.iter().enumerate().filter(|&(_, &size)| size != 1) {
            let reduced = axes.contains(&i);
            match groups.last_mut() {
                Some(last) if last.1 == reduced => last.0 *= size,
                _ => groups.push((size, reduced)),
            }
        }
        let mut passes = Vec::new();
        if input > 0 {
            let mut inner = 1;
            while let Some((size, reduced)) = groups.pop() {
                if reduced {
                    let outer = groups.iter().map(|g| g.0).product();
                    passes.push(Pass { outer, size, inner });
                } else {
                    inner *= size;
                }
            }
        }
        Ok(Reduction { kind, input, output, passes })
    }

    /// Reduces `x` to `out`.
    ///
    /// # Errors
    /// When a length is not that of the shape, or memory runs out.
    pub fn run<T: Reducible>(
        &self,
        pool: &Pool,
        isa: AnyIsa,
        x: &[T],
        out: &mut [T],
    ) -> Result<()> {
        check_lengths(self.input, self.output, x.len(), out.len())?;
        match self.kind {
            ReduceKind::Sum => self.all::<T, Sum>(pool, isa, x, out),
            ReduceKind::Prod => self.all::<T, Prod>(pool, isa, x, out),
            ReduceKind::Max => self.all::<T, Max>(pool, isa, x, out),
            ReduceKind::Min => self.all::<T, Min>(pool, isa, x, out),
        }
    }

    fn all<T: Reducible, J: Join<T>>(
        &self,
        pool: &Pool,
        isa: AnyIsa,
        x: &[T],
        out: &mut [T],
    ) -> Result<()> {
        match self.passes[..] {
            _ if self.input == 0 => out.fill(J::EMPTY),
            [] => out.copy_from_slice(x),
            [pass] => pass.run::<T, J>(pool, isa, x, out)?,
            [first, ref rest @ ..] => {
                return with_arena(|arena| {
                    let values = arena.slice_mut(first.outer * first.inner)?;
                    first.run::<T, J>(pool, isa, x, values)?;
                    let rest = Reduction {
                        kind: self.kind,
                        input: values.len(),
                        output: self.output,
                        passes: rest.to_vec(),
                    };
                    rest.all::<T, J>(pool, isa, values, out)
                });
            }
        }
        Ok(())
    }
}

impl Pass {
    fn run<T: Reducible, J: Join<T>>(
        self,
        pool: &Pool,
        isa: AnyIsa,
        x: &[T],
        out: &mut [T],
    ) -> Result<()> {
        if self.inner == 1 {
            rows::run::<T, J>(self, pool, isa, x, out)
        } else {
            columns::run::<T, J>(self, pool, isa, x, out)
        }
    }
}

fn check_lengths(input: usize, output: usize, x: usize, out: usize) -> Result<()> {
    if (x, out) == (input, output) {
        return Ok(());
    }
    Err(Error::invalid(
        "Reduction::run",
        "x, out",
        format!("must have {input} and {output} elements"),
        format!("{x} and {out}"),
    ))
}

#[cfg(test)]
mod tests;
