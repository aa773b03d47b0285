//! The matrix product.

use crate::ops::{Operation, Vjp, arity, broadcast_to, cast, reshape, squeeze, transpose, unravel};
use crate::{Array, DType, Error, Result, Spec, Tensor, broadcast_shapes, normalize_axis};

/// The product of the last two axes of two tensors whose leading axes are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MatMul {
    /// Whether the last two axes of the first input are swapped.
    pub transpose_a: bool,
    /// Whether the last two axes of the second input are swapped.
    pub transpose_b: bool,
}

impl MatMul {
    /// `(m, k, n)` of the product of inputs with these shapes.
    pub fn sizes(&self, a: &[usize], b: &[usize]) -> (usize, usize, usize) {
        let (r, s) = (a.len(), b.len());
        let (m, k) = if self.transpose_a { (a[r - 1], a[r - 2]) } else { (a[r - 2], a[r - 1]) };
        (m, k, if self.transpose_b { b[s - 2] } else { b[s - 1] })
    }

    fn product(&self, a: &Tensor, b: &Tensor, ta: bool, tb: bool) -> Option<Tensor> {
        Some(Tensor::apply(MatMul { transpose_a: ta, transpose_b: tb }, &[a, b]))
    }
}

impl Operation for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [a, b] = arity(self.name(), inputs)?;
        let rank = a.shape.len();
        let fits = rank >= 2
            && rank == b.shape.len()
            && a.dtype == b.dtype
            && a.dtype != DType::Bool
            && a.shape[..rank - 2] == b.shape[..rank - 2]
            && self.sizes(&a.shape, &b.shape).1
                == b.shape[if self.transpose_b { rank - 1 } else { rank - 2 }];
        if !fits {
            let flag = |t| if t { " transposed" } else { "" };
            return Err(Error::invalid(
                self.name(),
                "inputs",
                "must be matrices of one numeric dtype whose inner sizes agree",
                format!("{a}{} and {b}{}", flag(self.transpose_a), flag(self.transpose_b)),
            ));
        }
        let (m, _, n) = self.sizes(&a.shape, &b.shape);
        let mut shape = a.shape[..rank - 2].to_vec();
        shape.extend([m, n]);
        Ok(Spec { shape, dtype: a.dtype })
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (a, b, dy) = (&vjp.inputs[0], &vjp.inputs[1], vjp.dy);
        let (ta, tb) = (self.transpose_a, self.transpose_b);
        let da =
            |_| if ta { self.product(b, dy, tb, true) } else { self.product(dy, b, false, !tb) };
        let db =
            |_| if tb { self.product(dy, a, true, ta) } else { self.product(a, dy, !ta, false) };
        Ok(vec![vjp.needs[0].then_some(()).and_then(da), vjp.needs[1].then_some(()).and_then(db)])
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let flags = [("transpose_a", self.transpose_a), ("transpose_b", self.transpose_b)];
        flags.iter().filter(|f| f.1).map(|f| (f.0, f.1.to_string())).collect()
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let (a, b) = (inputs[0], inputs[1]);
        let (m, k, n) = self.sizes(a.shape(), b.shape());
        let at = |batch: usize, row: usize, column: usize, rows: usize, columns: usize, t: bool| {
            let within = if t { column * rows + row } else { row * columns + column };
            batch * rows * columns + within
        };
        // The positions in `a` and `b` of the `l`-th factors of element `p`.
        let factors = |p: usize, l: usize| {
            let mut index = [0; 3];
            unravel(p, &[usize::MAX, m, n], &mut index);
            let [batch, i, j] = index;
            let x = at(batch, i, l, m, k, self.transpose_a);
            (x, at(batch, l, j, k, n, self.transpose_b))
        };
        if spec.dtype.is_integer() {
            let (a, b) = (a.to_vec::<i64>(), b.to_vec::<i64>());
            let value = |p: usize| {
                (0..k)
                    .map(|l| factors(p, l))
                    .fold(0i64, |sum, (x, y)| sum.wrapping_add(a[x].wrapping_mul(b[y])))
            };
            let values: Vec<i64> = (0..spec.count()).map(value).collect();
            return Ok(Array::new(&spec.shape, values)?.cast(spec.dtype));
        }
        let (a, b) = (a.to_vec::<f64>(), b.to_vec::<f64>());
        let value =
            |p: usize| (0..k).map(|l| factors(p, l)).fold(0f64, |sum, (x, y)| sum + a[x] * b[y]);
        let values: Vec<f64> = (0..spec.count()).map(value).collect();
        Ok(Array::new(&spec.shape, values)?.cast(spec.dtype))
    }
}

/// The matrix product by NumPy's rule: the last two axes multiply, leading ones broadcast, and a vector
/// counts as a row on the left and as a column on the right. Of `bool`: whether any pair is true.
pub fn matmul(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        if a.ndim() == 0 || b.ndim() == 0 {
            return Err(Error::invalid(
                "matmul",
                "inputs",
                "must have at least one axis",
                format!("{} and {}", a.spec(), b.spec()),
            ));
        }
        let dtype = a.dtype().promote(b.dtype());
        if dtype == DType::Bool {
            let count = matmul(&cast(a, DType::I32), &cast(b, DType::I32));
            return Ok(cast(&count, DType::Bool));
        }
        let (a2, b2) = (cast(a, dtype), cast(b, dtype));
        let a2 = if a.ndim() == 1 { reshape(&a2, &[1, a.count()]) } else { a2 };
        let b2 = if b.ndim() == 1 { reshape(&b2, &[b.count(), 1]) } else { b2 };
        let op = MatMul { transpose_a: false, transpose_b: false };
        let (ra, rb) = (a2.ndim(), b2.ndim());
        let product = if rb == 2 && ra > 2 {
            // One tall product instead of a batch that repeats the right side.
            let rows: usize = a2.shape()[..ra - 1].iter().product();
            let tall = reshape(&a2, &[rows, a2.shape()[ra - 1]]);
            let mut shape = a2.shape()[..ra - 1].to_vec();
            shape.push(b2.shape()[1]);
            reshape(&Tensor::apply(op, &[&tall, &b2]), &shape)
        } else {
            let batch = broadcast_shapes("matmul", &a2.shape()[..ra - 2], &b2.shape()[..rb - 2])?;
            let full = |t: &Tensor| {
                let tail = &t.shape()[t.ndim() - 2..];
                broadcast_to(t, &[&batch[..], tail].concat())
            };
            Tensor::apply(op, &[&full(&a2), &full(&b2)])
        };
        let mut vector_axes = Vec::new();
        if a.ndim() == 1 {
            vector_axes.push(-2);
        }
        if b.ndim() == 1 {
            vector_axes.push(-1);
        }
        product.check()?;
        Ok(if vector_axes.is_empty() { product } else { squeeze(&product, &vector_axes) })
    })
}

/// The sum of products over pairs of axes, one of `a` and one of `b` each; the other axes of `a` come first.
pub fn tensordot(a: &Tensor, b: &Tensor, axes_a: &[isize], axes_b: &[isize]) -> Tensor {
    Tensor::compose(&[a, b], || {
        let place = |t: &Tensor, axes: &[isize]| {
            axes.iter()
                .map(|&x| normalize_axis("tensordot", x, t.ndim()))
                .collect::<Result<Vec<_>>>()
        };
        let (pa, pb) = (place(a, axes_a)?, place(b, axes_b)?);
        let sizes = |t: &Tensor, p: &[usize]| p.iter().map(|&i| t.shape()[i]).collect::<Vec<_>>();
        let (sa, sb) = (sizes(a, &pa), sizes(b, &pb));
        if sa != sb {
            return Err(Error::invalid(
                "tensordot",
                "axes",
                "must pair axes of equal sizes",
                format!("sizes {sa:?} and {sb:?}"),
            ));
        }
        let rest =
            |t: &Tensor, p: &[usize]| (0..t.ndim()).filter(|i| !p.contains(i)).collect::<Vec<_>>();
        let (ra, rb) = (rest(a, &pa), rest(b, &pb));
        let order =
            |x: &[usize], y: &[usize]| x.iter().chain(y).map(|&i| i as isize).collect::<Vec<_>>();
        let permuted =
            |t: &Tensor, o: Vec<isize>| if o.is_empty() { t.clone() } else { transpose(t, &o) };
        let inner: usize = sa.iter().product();
        let (ka, kb) = (sizes(a, &ra), sizes(b, &rb));
        let left = reshape(&permuted(a, order(&ra, &pa)), &[ka.iter().product(), inner]);
        let right = reshape(&permuted(b, order(&pb, &rb)), &[inner, kb.iter().product()]);
        Ok(reshape(&matmul(&left, &right), &[ka, kb].concat()))
    })
}
