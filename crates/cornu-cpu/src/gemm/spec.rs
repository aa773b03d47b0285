//! What a matrix product is asked to do.

use super::View;
use cornu_graph::{Error, Result};

/// How an operand lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    /// Whether the matrix in memory is the transpose of the operand.
    pub transposed: bool,
    /// The elements from one row to the next, in memory.
    pub stride: usize,
    /// The elements from one matrix of a batch to the next; 0 uses the same one for all.
    pub batch_stride: usize,
}

/// Sizes and strides of `C[m, n] (+)= op(A)[m, k] op(B)[k, n]`, row-major.
///
/// ```
/// use cornu_cpu::gemm::Gemm;
/// let spec = Gemm::new(2, 3, 4).transpose_b().accumulate();
/// assert_eq!((spec.a.stride, spec.b.stride, spec.c_stride), (4, 4, 3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gemm {
    /// Rows of the result.
    pub m: usize,
    /// Columns of the result.
    pub n: usize,
    /// The dimension that is summed over.
    pub k: usize,
    /// The left operand.
    pub a: Operand,
    /// The right operand.
    pub b: Operand,
    /// The elements from one row of C to the next.
    pub c_stride: usize,
    /// The number of products.
    pub batch: usize,
    /// The elements from one C to the next.
    pub c_batch_stride: usize,
    /// Add to C instead of replacing it.
    pub accumulate: bool,
}

impl Gemm {
    /// One product of matrices that are dense and not transposed; C is replaced.
    pub fn new(m: usize, n: usize, k: usize) -> Self {
        let operand = |stride| Operand { transposed: false, stride, batch_stride: 0 };
        Gemm {
            m,
            n,
            k,
            a: operand(k),
            b: operand(n),
            c_stride: n,
            batch: 1,
            c_batch_stride: 0,
            accumulate: false,
        }
    }

    /// A is dense in memory as `[k, m]`.
    pub fn transpose_a(mut self) -> Self {
        self.a = Operand { transposed: true, stride: self.m, ..self.a };
        self
    }

    /// B is dense in memory as `[n, k]`.
    pub fn transpose_b(mut self) -> Self {
        self.b = Operand { transposed: true, stride: self.k, ..self.b };
        self
    }

    /// `batch` products of matrices that follow each other densely.
    pub fn batched(mut self, batch: usize) -> Self {
        self.batch = batch;
        self.a.batch_stride = self.m.saturating_mul(self.k);
        self.b.batch_stride = self.k.saturating_mul(self.n);
        self.c_batch_stride = self.m.saturating_mul(self.n);
        self
    }

    /// Adds to C instead of replacing it.
    pub fn accumulate(mut self) -> Self {
        self.accumulate = true;
        self
    }

    /// Checks that slices of these lengths hold the matrices, and that C does not overlap itself.
    pub(super) fn check(&self, a: usize, b: usize, bias: Option<usize>, c: usize) -> Result<()> {
        let Gemm { m, n, k, batch, .. } = *self;
        if m == 0 || n == 0 || batch == 0 {
            return Ok(());
        }
        let holds = |name: &str, len: usize, needed: Option<usize>| match needed {
            Some(needed) if len >= needed => Ok(()),
            _ => {
                Err(Error::invalid("gemm", name, "is too short", format!("{len} values, {self:?}")))
            }
        };
        let operand = |o: &Operand, rows, cols| {
            let (rows, cols) = if o.transposed { (cols, rows) } else { (rows, cols) };
            extent(rows, cols, o.stride, batch, o.batch_stride)
        };
        holds("a", a, operand(&self.a, m, k))?;
        holds("b", b, operand(&self.b, k, n))?;
        holds("c", c, extent(m, n, self.c_stride, batch, self.c_batch_stride))?;
        if bias.is_some_and(|len| len != n) {
            let received = format!("{} values for n={n}", bias.unwrap_or_default());
            return Err(Error::invalid("gemm", "bias", "must have a value per column", received));
        }
        let one = extent(m, n, self.c_stride, 1, 0).unwrap_or(usize::MAX);
        if (m > 1 && self.c_stride < n) || (batch > 1 && self.c_batch_stride < one) {
            let rule = "must have strides that keep its rows apart";
            return Err(Error::invalid("gemm", "c", rule, format!("{self:?}")));
        }
        Ok(())
    }
}

impl Operand {
    /// The operand, not its transpose, in `values`.
    pub(super) fn view<'a, T>(&self, values: &'a [T]) -> View<'a, T> {
        let (row_step, col_step) =
            if self.transposed { (1, self.stride) } else { (self.stride, 1) };
        View { values, row_step, col_step }
    }
}

/// The values from the first to the last element, or none if that overflows.
fn extent(
    rows: usize,
    cols: usize,
    stride: usize,
    batch: usize,
    batch_stride: usize,
) -> Option<usize> {
    if rows == 0 || cols == 0 {
        // Slicing to the start of a matrix must still be possible.
        return (batch - 1).checked_mul(batch_stride);
    }
    let last_row = (rows - 1).checked_mul(stride)?;
    let last_matrix = (batch - 1).checked_mul(batch_stride)?;
    last_row.checked_add(last_matrix)?.checked_add(cols)
}
