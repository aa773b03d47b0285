//! Counts of values between edges.

use std::sync::Arc;

use cornu_graph::ops::{Operation, Vjp, custom};
use cornu_graph::{Array, DType, Error, Result, Spec, Tensor, with_dtype};

/// The bins of a [`histogram`].
#[derive(Debug, Clone)]
pub enum Bins {
    /// That many of equal width.
    Count(usize),
    /// Those between ascending edges; one fewer than edges.
    Edges(Tensor),
}

impl From<usize> for Bins {
    fn from(count: usize) -> Bins {
        Bins::Count(count)
    }
}

impl From<&Tensor> for Bins {
    fn from(edges: &Tensor) -> Bins {
        Bins::Edges(edges.clone())
    }
}

/// How many elements of `x` lie in each bin (`int32`), and the edges of the bins.
///
/// # Arguments
/// - `x`: numbers of any shape.
/// - `bins`: the number of bins of equal width, or their ascending edges.
/// - `range`: the outer edges of bins of equal width: by default the smallest and the largest element, half a
///   unit around them where they are equal, and 0 and 1 where there are none.
///
/// A bin holds its left edge but not its right one; the last bin holds both. Values beyond the edges do not
/// count. Edges of equal width are `float32` for `float32`, else `float64`. When the tensors are evaluated,
/// edges that do not ascend are an error, as are NaN and infinities in `x` where they would be an edge.
///
/// ```
/// use cornu::{Eval, Tensor, ops};
/// let (counts, edges) = ops::histogram(&Tensor::from([1.0, 2.0, 1.0, 5.0]), 4, None);
/// assert_eq!(counts.array()?.to_vec::<i32>(), [2, 1, 0, 1]);
/// assert_eq!(edges.array()?.to_vec::<f64>(), [1.0, 2.0, 3.0, 4.0, 5.0]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn histogram(x: &Tensor, bins: impl Into<Bins>, range: Option<(f64, f64)>) -> (Tensor, Tensor) {
    let edges = match bins.into() {
        Bins::Edges(edges) => edges,
        Bins::Count(bins) => Tensor::compose(&[x], || {
            check(bins, range)?;
            Ok(custom(Arc::new(Edges { bins, range }), &[x]))
        }),
    };
    (custom(Arc::new(Histogram), &[x, &edges]), edges)
}

fn check(bins: usize, range: Option<(f64, f64)>) -> Result<()> {
    if bins == 0 || bins >= i32::MAX as usize {
        return Err(Error::invalid("histogram", "bins", "must be in [1, 2^31 - 1)", bins));
    }
    match range {
        Some((low, high)) if !(low <= high && low.is_finite() && high.is_finite()) => {
            let rule = "must be finite and ascend";
            Err(Error::invalid("histogram", "range", rule, format!("({low}, {high})")))
        }
        _ => Ok(()),
    }
}

/// The edges of bins of equal width for the values of the input.
#[derive(Debug)]
struct Edges {
    bins: usize,
    range: Option<(f64, f64)>,
}

impl Operation for Edges {
    fn name(&self) -> &'static str {
        "histogram_edges"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let single = inputs.iter().all(|x| x.dtype == DType::F32);
        Ok(Spec::new([self.bins + 1], if single { DType::F32 } else { DType::F64 }))
    }

    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let (low, high) = match self.range {
            Some(range) => range,
            None if inputs[0].is_empty() => (0.0, 1.0),
            None => extremes(&inputs[0].to_vec::<f64>())?,
        };
        let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
        // NumPy computes edges that follow from the data in the data's precision.
        let single = spec.dtype == DType::F32 && self.range.is_none();
        let round = |x: f64| if single { f64::from(x as f32) } else { x };
        let step = round(round(high - low) / self.bins as f64);
        let edge = |i: usize| round(round(i as f64 * step) + low);
        let inner = (0..self.bins).map(edge);
        Ok(Array::from(inner.chain([high]).collect::<Vec<_>>()).cast(spec.dtype))
    }
}

fn extremes(values: &[f64]) -> Result<(f64, f64)> {
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| {
        if v.is_nan() { (v, v) } else { (low.min(v), high.max(v)) }
    });
    if values.iter().all(|v| v.is_finite()) {
        return Ok((low, high));
    }
    let rule = "must be finite, unless `range` is given";
    Err(Error::invalid("histogram", "x", rule, format!("values in [{low}, {high}]")))
}

/// How many elements of the first input lie between each two edges of the second.
#[derive(Debug)]
struct Histogram;

impl Operation for Histogram {
    fn name(&self) -> &'static str {
        "histogram"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        match inputs {
            [x, edges]
                if edges.shape.len() == 1
                    && edges.shape[0] >= 1
                    && x.count() <= i32::MAX as usize =>
            {
                Ok(Spec::new([edges.shape[0] - 1], DType::I32))
            }
            _ => {
                let rule = "must be fewer than 2^31 elements and one axis of edges";
                let received: Vec<String> = inputs.iter().map(|s| s.to_string()).collect();
                Err(Error::invalid("histogram", "inputs", rule, received.join(" and ")))
            }
        }
    }

    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, None])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let edges = inputs[1].to_vec::<f64>();
        if edges.windows(2).any(|w| w[0] > w[1]) {
            let received = format!("{:?}", &edges[..edges.len().min(16)]);
            return Err(Error::invalid("histogram", "bins", "must ascend", received));
        }
        let mut counts = vec![0i32; spec.shape[0]];
        let last = *edges.last().unwrap_or(&0.0);
        with_dtype!(inputs[0].dtype(), T => {
            for v in inputs[0].as_slice::<T>()? {
                let v = cornu_graph::Element::to_f64(*v);
                // How many edges are not above the value; the last edge belongs to the last bin.
                let below = edges.partition_point(|&e| e <= v);
                let bin = if v == last { counts.len() } else { below };
                if bin >= 1 && bin <= counts.len() && !v.is_nan() {
                    counts[bin - 1] += 1;
                }
            }
        });
        Ok(counts.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu_graph::testing::value;

    fn of(
        x: &Tensor,
        bins: impl Into<Bins>,
        range: Option<(f64, f64)>,
    ) -> Result<(Vec<i32>, Array)> {
        let (counts, edges) = histogram(x, bins, range);
        Ok((value(&counts)?.to_vec(), value(&edges)?))
    }

    // The numbers in these tests are NumPy 2.4's.

    #[test]
    fn bins_of_equal_width() -> Result<()> {
        let x: Vec<f64> = (0..101).map(|i| f64::from(i * 37 % 101) / 10.0).collect();
        let (counts, edges) = of(&Tensor::from(&x[..]), 7, None)?;
        assert_eq!(counts, [15, 14, 14, 15, 14, 14, 15]);
        assert_eq!(edges.to_vec::<f64>()[3], 4.285714285714286);
        let single: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        let (counts, edges) = of(&Tensor::from(single), 7, None)?;
        assert_eq!(counts, [15, 14, 14, 15, 14, 14, 15]);
        assert_eq!(edges.as_slice::<f32>()?[..4], [0.0, 1.428_571_5, 2.857_143, 4.285_714]);

        let whole = Tensor::from((0..11).collect::<Vec<i32>>());
        let (counts, edges) = of(&whole, 5, None)?;
        assert_eq!(
            (counts, edges),
            (vec![2, 2, 2, 2, 3], Array::from([0.0, 2.0, 4.0, 6.0, 8.0, 10.0]))
        );
        let (counts, edges) = of(&whole, 4, Some((2.0, 9.0)))?;
        assert_eq!((counts, edges), (vec![2; 4], Array::from([2.0, 3.75, 5.5, 7.25, 9.0])));
        let (counts, edges) = of(&Tensor::from([2, 2]), 2, None)?;
        assert_eq!((counts, edges), (vec![0, 2], Array::from([1.5, 2.0, 2.5])));
        let (counts, edges) = of(&Tensor::from(Vec::<f64>::new()), 2, None)?;
        assert_eq!((counts, edges), (vec![0, 0], Array::from([0.0, 0.5, 1.0])));
        Ok(())
    }

    #[test]
    fn given_edges() -> Result<()> {
        let x = Tensor::from([[1.0, 1.0, 2.0], [f64::NAN, 3.0, 9.0]]);
        assert_eq!(of(&x, &Tensor::from([1, 1, 2, 3]), None)?.0, [0, 2, 2]);
        let e = of(&x, &Tensor::from([1, 3, 2]), None).unwrap_err().to_string();
        assert!(e.contains("`bins` must ascend"), "{e}");
        Ok(())
    }

    #[test]
    fn wrong_arguments_are_errors() {
        let x = Tensor::from([1.0, f64::NAN]);
        let message = |bins: usize, range| of(&x, bins, range).unwrap_err().to_string();
        assert!(message(3, None).contains("must be finite, unless `range`"));
        assert!(message(0, None).contains("`bins` must be in [1"));
        assert!(message(2, Some((2.0, 1.0))).contains("`range` must be finite and ascend"));
        assert_eq!(of(&x, 2, Some((0.0, 1.0))).unwrap().0, [0, 1]);
    }
}
