//! Copies between strided layouts.

use cornu_graph::{Error, Result, element_count, strides};

use crate::runtime::{Pod, Pool};

/// A copy of elements from one strided layout to another, bound to shapes.
///
/// ```
/// use cornu_cpu::{movement::Movement, runtime::Pool};
/// let transpose = Movement::transpose(&[2, 3], &[1, 0])?;
/// let mut out = [0; 6];
/// transpose.run(&Pool::new(1)?, &[1, 2, 3, 4, 5, 6], &mut out)?;
/// assert_eq!(out, [1, 4, 2, 5, 3, 6]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Movement {
    /// Elements of the input and the output.
    input: usize,
    output: usize,
    /// The places of the first element.
    from: isize,
    to: isize,
    /// Outermost first; the innermost has the smallest stride of the output.
    axes: Vec<Axis>,
    /// Whether every element of the output is written.
    whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    size: usize,
    from: isize,
    to: isize,
}

/// Elements of a piece of work.
const CHUNK: usize = 1 << 15;
/// Side of the squares by which two crossing axes are copied: 16 values fill a cache line.
const SQUARE: usize = 16;

fn invalid(argument: &str, rule: String, received: impl std::fmt::Display) -> Error {
    Error::invalid("Movement", argument, rule, received)
}

fn check_rank(argument: &str, values: &[usize], shape: &[usize]) -> Result<()> {
    if values.len() == shape.len() {
        return Ok(());
    }
    Err(invalid(argument, format!("must name every axis of {shape:?}"), format!("{values:?}")))
}

/// Row-major strides, signed.
fn signed_strides(shape: &[usize]) -> Vec<isize> {
    strides(shape).into_iter().map(|s| s as isize).collect()
}

impl Movement {
    /// A movement of `sizes` elements; the constructors have checked that all places exist, and that no
    /// two elements go to one place.
    fn new(
        input: &[usize],
        output: &[usize],
        sizes: &[usize],
        from: (isize, &[isize]),
        to: (isize, &[isize]),
    ) -> Result<Movement> {
        let input = element_count("Movement", input)?;
        let output = element_count("Movement", output)?;
        let count = element_count("Movement", sizes)?;
        let mut axes: Vec<Axis> = (0..sizes.len())
            .map(|i| Axis { size: sizes[i], from: from.1[i], to: to.1[i] })
            .filter(|a| a.size != 1)
            .collect();
        axes.sort_by_key(|a| std::cmp::Reverse(a.to.unsigned_abs()));
        // Neighbours that both sides walk in one stride are one axis.
        let mut merged: Vec<Axis> = Vec::new();
        for axis in axes {
            let size = axis.size as isize;
            match merged.last_mut() {
                Some(outer) if outer.from == axis.from * size && outer.to == axis.to * size => {
                    *outer = Axis { size: outer.size * axis.size, ..axis };
                }
                _ => merged.push(axis),
            }
        }
        let whole = count == output;
        Ok(Movement { input, output, from: from.0, to: to.0, axes: merged, whole })
    }

    /// Axis `i` of the output is axis `axes[i]` of the input.
    ///
    /// # Errors
    /// When `axes` is not a permutation of the shape's.
    pub fn transpose(shape: &[usize], axes: &[usize]) -> Result<Movement> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..shape.len()) {
            let rule = format!("must be a permutation of the axes of {shape:?}");
            return Err(invalid("axes", rule, format!("axes={axes:?}")));
        }
        let own = signed_strides(shape);
        let output: Vec<usize> = axes.iter().map(|&a| shape[a]).collect();
        let from: Vec<isize> = axes.iter().map(|&a| own[a]).collect();
        Movement::new(shape, &output, &output, (0, &from), (0, &signed_strides(&output)))
    }

    /// Elements `start`, `start + step`, … along every axis, `sizes` of them; steps may be negative.
    ///
    /// # Errors
    /// When an argument does not name every axis, or an element lies outside the shape.
    pub fn slice(
        shape: &[usize],
        start: &[usize],
        step: &[isize],
        sizes: &[usize],
    ) -> Result<Movement> {
        check_rank("start", start, shape)?;
        check_rank("sizes", sizes, shape)?;
        if step.len() != shape.len() {
            return Err(invalid(
                "step",
                format!("must name every axis of {shape:?}"),
                format!("{step:?}"),
            ));
        }
        for i in (0..shape.len()).filter(|&i| sizes[i] > 0) {
            let last = isize::try_from(sizes[i] - 1).ok().and_then(|n| n.checked_mul(step[i]));
            let last = last.and_then(|l| start[i].checked_add_signed(l));
            if start[i] >= shape[i] || last.is_none_or(|l| l >= shape[i]) {
                let rule = format!("must stay in [0, {}) along axis {i}", shape[i]);
                let received =
                    format!("start={} step={} for {} elements", start[i], step[i], sizes[i]);
                return Err(invalid("slice", rule, received));
            }
        }
        let own = signed_strides(shape);
        let first = if sizes.contains(&0) {
            0
        } else {
            own.iter().zip(start).map(|(s, &i)| s * i as isize).sum()
        };
        let from: Vec<isize> = own.iter().zip(step).map(|(s, k)| s.wrapping_mul(*k)).collect();
        Movement::new(shape, sizes, sizes, (first, &from), (0, &signed_strides(sizes)))
    }

    /// The elements in reverse order along `axes`.
    ///
    /// # Errors
    /// When an axis is not the shape's.
    pub fn flip(shape: &[usize], axes: &[usize]) -> Result<Movement> {
        if axes.iter().any(|&a| a >= shape.len()) {
            return Err(invalid(
                "axes",
                format!("must be axes of {shape:?}"),
                format!("axes={axes:?}"),
            ));
        }
        let flipped = |i: &usize| axes.contains(i);
        let start: Vec<usize> = (0..shape.len())
            .map(|i| if flipped(&i) { shape[i].saturating_sub(1) } else { 0 })
            .collect();
        let step: Vec<isize> = (0..shape.len()).map(|i| if flipped(&i) { -1 } else { 1 }).collect();
        Movement::slice(shape, &start, &step, shape)
    }

    /// The elements repeated to shape `to` by NumPy's rule.
    ///
    /// # Errors
    /// When the shape does not broadcast to `to`.
    pub fn broadcast(shape: &[usize], to: &[usize]) -> Result<Movement> {
        let missing = to.len().checked_sub(shape.len());
        let fits = |m: usize| shape.iter().zip(&to[m..]).all(|(&d, &t)| d == t || d == 1);
        let Some(missing) = missing.filter(|&m| fits(m)) else {
            return Err(invalid(
                "shape",
                format!("must broadcast to {to:?}"),
                format!("{shape:?}"),
            ));
        };
        let own = signed_strides(shape);
        let stride = |i: usize| match i.checked_sub(missing) {
            Some(j) if shape[j] != 1 => own[j],
            _ => 0,
        };
        let from: Vec<isize> = (0..to.len()).map(stride).collect();
        Movement::new(shape, to, to, (0, &from), (0, &signed_strides(to)))
    }

    /// The elements with `low` places before them, `high` after them and `interior` between neighbours,
    /// per axis. Run it with [`Movement::run_over`].
    ///
    /// # Errors
    /// When an argument does not name every axis, or the result does not fit in memory.
    pub fn pad(
        shape: &[usize],
        low: &[usize],
        high: &[usize],
        interior: &[usize],
    ) -> Result<Movement> {
        check_rank("low", low, shape)?;
        check_rank("high", high, shape)?;
        check_rank("interior", interior, shape)?;
        let size = |i: usize| {
            let between = shape[i].saturating_sub(1).checked_mul(interior[i])?;
            shape[i].checked_add(between)?.checked_add(low[i])?.checked_add(high[i])
        };
        let output =
            (0..shape.len()).map(size).collect::<Option<Vec<usize>>>().ok_or_else(|| {
                let received = format!("low={low:?} high={high:?} interior={interior:?}");
                invalid("padding", "must give a shape that fits in memory".into(), received)
            })?;
        element_count("Movement", &output)?;
        let own = signed_strides(&output);
        let first = if shape.contains(&0) {
            0
        } else {
            own.iter().zip(low).map(|(s, &l)| s * l as isize).sum()
        };
        let to: Vec<isize> =
            own.iter().zip(interior).map(|(s, &k)| s.wrapping_mul(k as isize + 1)).collect();
        Movement::new(shape, &output, shape, (0, &signed_strides(shape)), (first, &to))
    }

    /// One input of a concatenation: an array of shape `shape` that begins at `position` along `axis` of
    /// an array of shape `output`. Run it with [`Movement::run_into`].
    ///
    /// # Errors
    /// When the input leaves the output.
    pub fn part(
        shape: &[usize],
        axis: usize,
        position: usize,
        output: &[usize],
    ) -> Result<Movement> {
        let end = shape.get(axis).and_then(|&d| d.checked_add(position));
        let fits = shape.len() == output.len()
            && end.is_some_and(|end| end <= output[axis])
            && (0..shape.len()).all(|i| i == axis || shape[i] == output[i]);
        if !fits {
            let received = format!("{shape:?} at {position} of axis {axis}");
            return Err(invalid("shape", format!("must lie in {output:?}"), received));
        }
        let to = signed_strides(output);
        element_count("Movement", output)?;
        let first = if shape.contains(&0) { 0 } else { to[axis] * position as isize };
        Movement::new(shape, output, shape, (0, &signed_strides(shape)), (first, &to))
    }

    /// Copies `x` to `out`, which it fills.
    ///
    /// # Errors
    /// When a length is not that of the shape, or the movement does not fill its output.
    pub fn run<T: Pod>(&self, pool: &Pool, x: &[T], out: &mut [T]) -> Result<()> {
        if !self.whole {
            let rule = "must be run over a value or into an array".into();
            return Err(invalid("movement", rule, "one that leaves gaps"));
        }
        self.run_into(pool, x, out)
    }

    /// Copies `x` to `out`; all other places of it become `value`.
    ///
    /// # Errors
    /// When a length is not that of the shape.
    pub fn run_over<T: Pod>(&self, pool: &Pool, x: &[T], value: T, out: &mut [T]) -> Result<()> {
        self.check(x.len(), out.len())?;
        if !self.whole {
            pool.parallel_chunks(out, CHUNK, |_, block| block.fill(value));
        }
        self.run_into(pool, x, out)
    }

    /// Copies `x` into `out`; all other places of it stay as they are.
    ///
    /// # Errors
    /// When a length is not that of the shape.
    pub fn run_into<T: Pod>(&self, pool: &Pool, x: &[T], out: &mut [T]) -> Result<()> {
        self.check(x.len(), out.len())?;
        let (from, to) = (x.as_ptr(), out.as_mut_ptr());
        // SAFETY: the lengths are those that the constructor checked all places against; `out` is
        // borrowed mutably, so the two do not overlap. Bits are copied whatever they mean.
        unsafe {
            match size_of::<T>() {
                1 => self.walk::<u8>(pool, from.cast(), to.cast()),
                2 => self.walk::<u16>(pool, from.cast(), to.cast()),
                4 => self.walk::<u32>(pool, from.cast(), to.cast()),
                _ => self.walk::<u64>(pool, from.cast(), to.cast()),
            }
        }
        Ok(())
    }

    fn check(&self, x: usize, out: usize) -> Result<()> {
        if (x, out) == (self.input, self.output) {
            return Ok(());
        }
        let rule = format!("must have {} and {} elements", self.input, self.output);
        Err(invalid("x, out", rule, format!("{x} and {out}")))
    }

    /// # Safety
    /// `from` and `to` must be valid for the input's and the output's elements and not overlap.
    unsafe fn walk<T: Copy>(&self, pool: &Pool, from: *const T, to: *mut T) {
        if self.axes.iter().any(|a| a.size == 0) {
            return;
        }
        let one = Axis { size: 1, from: 1, to: 1 };
        let (&inner, outer) = self.axes.split_last().unwrap_or((&one, &[]));
        // An axis along which the input's elements lie closer than along the innermost.
        let closest = (0..outer.len())
            .filter(|&i| {
                outer[i].from != 0 && outer[i].from.unsigned_abs() < inner.from.unsigned_abs()
            })
            .min_by_key(|&i| outer[i].from.unsigned_abs());
        let mut outer = outer.to_vec();
        let crossing = closest.map_or(Axis { size: 1, from: 0, to: 0 }, |i| outer.remove(i));
        // Pieces: blocks of the crossing axis, times blocks of the others together.
        let rows: usize = outer.iter().map(|a| a.size).product();
        let width = crossing.size.min((CHUNK / inner.size).max(1).next_multiple_of(SQUARE));
        let bands = crossing.size.div_ceil(width);
        let height = (CHUNK / (inner.size * width)).max(1);
        let blocks = rows.div_ceil(height);
        let places = (Address(from.cast_mut()), Address(to));
        pool.parallel_for(blocks * bands, |piece| {
            let places = &places; // Whole: its fields alone may not be shared.
            let (block, band) = (piece / bands, piece % bands);
            let start = band * width;
            let crossing_size = width.min(crossing.size - start);
            for row in block * height..rows.min((block + 1) * height) {
                let (mut f, mut t) = (
                    self.from + start as isize * crossing.from,
                    self.to + start as isize * crossing.to,
                );
                let mut rest = row;
                for axis in outer.iter().rev() {
                    let i = (rest % axis.size) as isize;
                    rest /= axis.size;
                    f += i * axis.from;
                    t += i * axis.to;
                }
                // SAFETY: indices below the sizes lead to places that exist, and pieces write
                // different places.
                unsafe {
                    let (from, to) = (places.0.0.cast_const().offset(f), places.1.0.offset(t));
                    copy_plane(inner, Axis { size: crossing_size, ..crossing }, from, to);
                }
            }
        });
    }
}

/// An address that threads share; what they do with it is theirs to justify.
struct Address<T>(*mut T);
// SAFETY: the address alone is harmless; every use of it is `unsafe` and justified there.
unsafe impl<T> Sync for Address<T> {}

/// Copies a plane of elements in squares, so that both sides use whole cache lines.
///
/// # Safety
/// All places of the plane must exist on both sides, which must not overlap.
#[inline(always)]
unsafe fn copy_plane<T: Copy>(inner: Axis, crossing: Axis, from: *const T, to: *mut T) {
    // SAFETY: the caller's promise: all indices are below the sizes.
    unsafe {
        if crossing.size == 1 {
            return copy_row(inner, from, to);
        }
        for i in (0..inner.size).step_by(SQUARE) {
            for j in (0..crossing.size).step_by(SQUARE) {
                for j in j..crossing.size.min(j + SQUARE) {
                    for i in i..inner.size.min(i + SQUARE) {
                        let (i, j) = (i as isize, j as isize);
                        *to.offset(i * inner.to + j * crossing.to) =
                            *from.offset(i * inner.from + j * crossing.from);
                    }
                }
            }
        }
    }
}

/// # Safety
/// As [`copy_plane`].
#[inline(always)]
unsafe fn copy_row<T: Copy>(axis: Axis, from: *const T, to: *mut T) {
    let size = axis.size;
    // SAFETY: the caller's promise: all indices are below the size.
    unsafe {
        match (axis.from, axis.to) {
            (1, 1) if size >= 16 => std::ptr::copy_nonoverlapping(from, to, size),
            (1, 1) => (0..size).for_each(|i| *to.add(i) = *from.add(i)),
            (0, 1) => std::slice::from_raw_parts_mut(to, size).fill(*from),
            _ => (0..size as isize)
                .for_each(|i| *to.offset(i * axis.to) = *from.offset(i * axis.from)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu_graph::ops::{Broadcast, Concatenate, Flip, Operation, Pad, Slice, Transpose};
    use cornu_graph::{Array, Spec};
    use proptest::prelude::*;

    fn numbers(shape: &[usize]) -> Array {
        let count: usize = shape.iter().product();
        Array::new(shape, (0..count as i64).collect()).unwrap()
    }

    /// Runs a movement for every element size with 1 and 2 threads, over an array of sevens, and compares.
    fn check(movement: &Movement, x: &Array, want: &Array) {
        for threads in [1, 2] {
            let pool = Pool::new(threads).unwrap();
            let wide = x.as_slice::<i64>().unwrap();
            let mut out = vec![7i64; want.len()];
            movement.run_over(&pool, wide, 7, &mut out).unwrap();
            assert_eq!(out, want.as_slice::<i64>().unwrap());
            let mut out = vec![7i32; want.len()];
            movement.run_over(&pool, &x.to_vec::<i32>(), 7, &mut out).unwrap();
            assert_eq!(out, want.to_vec::<i32>());
            let narrow: Vec<u8> = wide.iter().map(|&v| v as u8).collect();
            let mut out = vec![7u8; want.len()];
            movement.run_over(&pool, &narrow, 7, &mut out).unwrap();
            assert!(out.iter().zip(want.to_vec::<i64>()).all(|(&a, b)| a == b as u8));
        }
    }

    fn value(op: &dyn Operation, inputs: &[&Array]) -> Array {
        let specs: Vec<Spec> = inputs.iter().map(|a| Spec::new(a.shape(), a.dtype())).collect();
        let spec = op.infer(&specs.iter().collect::<Vec<_>>()).unwrap();
        op.evaluate(inputs, &spec).unwrap()
    }

    #[test]
    fn transpositions() {
        let cases: [(&[usize], &[usize]); 9] = [
            (&[], &[]),
            (&[5], &[0]),
            (&[3, 4], &[1, 0]),
            (&[300, 517], &[1, 0]),
            (&[2, 3, 4], &[2, 0, 1]),
            (&[20, 33, 17, 5], &[0, 3, 1, 2]),
            (&[20, 5, 33, 17], &[0, 2, 3, 1]),
            (&[4, 0, 2], &[1, 2, 0]),
            (&[7, 6, 5, 4, 3], &[4, 2, 0, 3, 1]),
        ];
        for (shape, axes) in cases {
            let x = numbers(shape);
            let want = value(&Transpose { axes: axes.to_vec() }, &[&x]);
            check(&Movement::transpose(shape, axes).unwrap(), &x, &want);
        }
    }

    #[test]
    fn broadcasts() {
        let cases: [(&[usize], &[usize]); 6] = [
            (&[], &[3, 4]),
            (&[4], &[300, 4]),
            (&[300, 1], &[300, 400]),
            (&[2, 1, 3], &[5, 2, 4, 3]),
            (&[1], &[0]),
            (&[1, 1], &[1, 1]),
        ];
        for (shape, to) in cases {
            let x = numbers(shape);
            let want = value(&Broadcast { shape: to.to_vec() }, &[&x]);
            check(&Movement::broadcast(shape, to).unwrap(), &x, &want);
        }
    }

    #[test]
    fn concatenations() {
        let parts = [numbers(&[3, 2, 50]), numbers(&[3, 0, 50]), numbers(&[3, 300, 50])];
        let want = value(&Concatenate { axis: 1 }, &[&parts[0], &parts[1], &parts[2]]);
        let pool = Pool::new(2).unwrap();
        let mut out = vec![0i64; want.len()];
        let mut position = 0;
        for part in &parts {
            let movement = Movement::part(part.shape(), 1, position, want.shape()).unwrap();
            movement.run_into(&pool, part.as_slice::<i64>().unwrap(), &mut out).unwrap();
            position += part.shape()[1];
        }
        assert_eq!(out, want.as_slice::<i64>().unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn slices_and_flips(
            axes in prop::collection::vec((1usize..9, 0usize..9, 1usize..4, 0usize..9), 0..4),
            mask in 0usize..8,
        ) {
            let shape: Vec<usize> = axes.iter().map(|a| a.0).collect();
            let start: Vec<usize> = axes.iter().map(|a| a.1 % a.0).collect();
            let step: Vec<usize> = axes.iter().map(|a| a.2).collect();
            let stop: Vec<usize> =
                axes.iter().zip(&start).map(|(a, &s)| (s + a.3).min(a.0)).collect();
            let x = numbers(&shape);
            let op = Slice { start: start.clone(), stop, step: step.clone() };
            let want = value(&op, &[&x]);
            let signed: Vec<isize> = step.iter().map(|&s| s as isize).collect();
            check(&Movement::slice(&shape, &start, &signed, want.shape()).unwrap(), &x, &want);

            let flipped: Vec<usize> = (0..shape.len()).filter(|i| mask >> i & 1 == 1).collect();
            let want = value(&Flip { axes: flipped.clone() }, &[&x]);
            check(&Movement::flip(&shape, &flipped).unwrap(), &x, &want);
        }

        #[test]
        fn paddings(axes in prop::collection::vec((0usize..6, 0usize..3, 0usize..3, 0usize..3), 0..4)) {
            let shape: Vec<usize> = axes.iter().map(|a| a.0).collect();
            let low: Vec<usize> = axes.iter().map(|a| a.1).collect();
            let high: Vec<usize> = axes.iter().map(|a| a.2).collect();
            let interior: Vec<usize> = axes.iter().map(|a| a.3).collect();
            let x = numbers(&shape);
            let movement = Movement::pad(&shape, &low, &high, &interior).unwrap();
            let op = Pad { low, high, interior, value: 7f64.to_bits() };
            check(&movement, &x, &value(&op, &[&x]));
        }
    }

    #[test]
    fn bad_arguments_are_errors() {
        assert!(Movement::transpose(&[2, 3], &[0, 0]).is_err());
        assert!(Movement::slice(&[4], &[1], &[2], &[3]).is_err());
        assert!(Movement::slice(&[4], &[1], &[-1], &[3]).is_err());
        assert!(Movement::slice(&[4], &[4], &[1], &[1]).is_err());
        assert!(Movement::slice(&[4, 4], &[1], &[1], &[1]).is_err());
        assert!(Movement::slice(&[4], &[1], &[isize::MAX], &[3]).is_err());
        assert!(Movement::flip(&[4], &[1]).is_err());
        assert!(Movement::broadcast(&[2, 3], &[3]).is_err());
        assert!(Movement::broadcast(&[2], &[3]).is_err());
        assert!(Movement::pad(&[4], &[usize::MAX], &[1], &[0]).is_err());
        assert!(Movement::part(&[2, 3], 1, 2, &[2, 4]).is_err());
        let pool = Pool::new(1).unwrap();
        let pad = Movement::pad(&[2], &[1], &[0], &[0]).unwrap();
        assert!(pad.run(&pool, &[1u8, 2], &mut [0; 3]).is_err());
        assert!(pad.run_into(&pool, &[1u8, 2], &mut [0; 2]).is_err());
    }
}
