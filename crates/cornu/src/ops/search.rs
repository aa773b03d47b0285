//! Places in sorted sequences, and membership.

use std::cmp::Ordering;
use std::sync::Arc;

use cornu_graph::ops::{Operation, Vjp, cast, custom, reshape};
use cornu_graph::{Array, DType, Element, Error, Result, Spec, Tensor, with_dtype};

/// Which of the places among equal elements is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Side {
    /// The one before them.
    #[default]
    Left,
    /// The one after them.
    Right,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Query {
    /// The places (`int32`) of values in an ascending sequence.
    Place(Side),
    /// The bins of values between edges that ascend or descend.
    Bin(Side),
    /// Whether the values occur in the sequence.
    Member,
}

/// A question about each element of the second input to the first, a sequence; both of one dtype.
#[derive(Debug)]
struct Search(Query);

/// The order of sorting: NaN is the largest.
pub(super) fn order<T: Element>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| a.to_f64().is_nan().cmp(&b.to_f64().is_nan()))
}

fn place<T: Element>(sequence: &[T], value: &T, side: Side) -> usize {
    sequence.partition_point(|x| match order(x, value) {
        Ordering::Less => true,
        Ordering::Equal => side == Side::Right,
        Ordering::Greater => false,
    })
}

impl Search {
    fn answers<T: Element>(&self, sequence: &[T], values: &[T]) -> Result<Array> {
        let count = |values: &mut dyn Iterator<Item = usize>| {
            Array::from(values.map(|v| v as i32).collect::<Vec<_>>())
        };
        Ok(match self.0 {
            Query::Place(side) => count(&mut values.iter().map(|v| place(sequence, v, side))),
            Query::Bin(side) if ascends(sequence)? => {
                count(&mut values.iter().map(|v| place(sequence, v, side)))
            }
            Query::Bin(side) => {
                let reversed: Vec<T> = sequence.iter().rev().copied().collect();
                let bin = |v| reversed.len() - place(&reversed, v, side);
                count(&mut values.iter().map(bin))
            }
            Query::Member => {
                let mut sorted = sequence.to_vec();
                sorted.sort_unstable_by(order);
                // By equality, so that NaN is in no sequence.
                let found = |v: &T| sorted.get(place(&sorted, v, Side::Left)) == Some(v);
                Array::from(values.iter().map(found).collect::<Vec<_>>())
            }
        })
    }
}

/// Whether edges ascend; those that do not must descend.
fn ascends<T: Element>(edges: &[T]) -> Result<bool> {
    let mut pairs = edges.windows(2).skip_while(|w| w[0] == w[1]);
    // The first pair that differs decides, as in NumPy; NaN never breaks the order.
    let ascending = pairs.clone().next().is_none_or(|w| w[0] < w[1]);
    if !pairs.any(|w| if ascending { w[0] > w[1] } else { w[0] < w[1] }) {
        return Ok(ascending);
    }
    let rule = "must ascend or descend";
    Err(Error::invalid("digitize", "bins", rule, format!("{:?}", &edges[..edges.len().min(16)])))
}

impl Operation for Search {
    fn name(&self) -> &'static str {
        match self.0 {
            Query::Place(_) => "searchsorted",
            Query::Bin(_) => "digitize",
            Query::Member => "isin",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        match inputs {
            [sequence, values]
                if sequence.dtype == values.dtype
                    && sequence.shape.len() == 1
                    && sequence.shape[0] <= i32::MAX as usize =>
            {
                let member = self.0 == Query::Member;
                let dtype = if member { DType::Bool } else { DType::I32 };
                Ok(Spec::new(&values.shape[..], dtype))
            }
            _ => {
                let rule = "must be a sequence of one axis with fewer than 2^31 elements, and values of its dtype";
                let received: Vec<String> = inputs.iter().map(|s| s.to_string()).collect();
                Err(Error::invalid(self.name(), "inputs", rule, received.join(" and ")))
            }
        }
    }

    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, None])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let found = with_dtype!(inputs[0].dtype(), T => {
            self.answers(inputs[0].as_slice::<T>()?, inputs[1].as_slice::<T>()?)
        })?;
        found.reshape(&spec.shape)
    }
}

fn search(query: Query, sequence: &Tensor, values: &Tensor) -> Tensor {
    Tensor::compose(&[sequence, values], || {
        let common = sequence.dtype().promote(values.dtype());
        // What an integer and a number share without a loss (but for integers above 2^53).
        let mixed = common == DType::F32 && sequence.dtype() != values.dtype();
        let dtype = if mixed { DType::F64 } else { common };
        let (sequence, values) = (cast(sequence, dtype), cast(values, dtype));
        Ok(custom(Arc::new(Search(query)), &[&sequence, &values]))
    })
}

/// The places (`int32`) in `sorted_sequence` before which `values` would be inserted to keep it sorted.
///
/// `sorted_sequence` has one axis and ascends (which is not checked); NaN is the largest value. `side` says which place is
/// found among equal elements: the first by default, or the one after the last. The result has the shape of
/// `values`.
///
/// ```
/// use cornu::{Eval, Tensor, ops};
/// let places = ops::searchsorted(&Tensor::from([1, 2, 2, 3]), &Tensor::from([2, 9]), ops::Side::Left);
/// assert_eq!(places.array()?.to_vec::<i32>(), [1, 4]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn searchsorted(sorted_sequence: &Tensor, values: &Tensor, side: Side) -> Tensor {
    search(Query::Place(side), sorted_sequence, values)
}

/// The indices (`int32`) of the bins to which the elements of `x` belong.
///
/// `bins` holds edges that ascend or descend. Bin `i` of ascending edges is `bins[i - 1] <= x < bins[i]`, and
/// `bins[i - 1] < x <= bins[i]` if `right`; for descending ones the signs turn. Values beyond the edges get 0 or
/// the number of edges. Edges in no order are an error when the tensor is evaluated.
pub fn digitize(x: &Tensor, bins: &Tensor, right: bool) -> Tensor {
    search(Query::Bin(if right { Side::Left } else { Side::Right }), bins, x)
}

/// Whether each element of `x` occurs in `test`, or does not if `invert`; NaN occurs nowhere.
pub fn isin(x: &Tensor, test: &Tensor, invert: bool) -> Tensor {
    Tensor::compose(&[x, test], || {
        let found = search(Query::Member, &reshape(test, &[test.count()]), x);
        Ok(if invert { super::logical_not(&found) } else { found })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu_graph::testing::value;

    const NAN: f64 = f64::NAN;

    fn found(t: &Tensor) -> Vec<i32> {
        value(t).unwrap().to_vec()
    }

    // The numbers in these tests are NumPy 2.4's.

    #[test]
    fn places_keep_the_sequence_sorted() {
        let s = Tensor::from([-1.0, 0.0, 0.0, 2.0, NAN]);
        let v = Tensor::from([[-2.0, -1.0, 0.0], [1.0, NAN, f64::INFINITY]]);
        assert_eq!(found(&searchsorted(&s, &v, Side::Left)), [0, 0, 1, 3, 4, 4]);
        assert_eq!(found(&searchsorted(&s, &v, Side::Right)), [0, 1, 3, 3, 5, 4]);
        let mixed = searchsorted(
            &Tensor::from([1, 2, 2, 3]),
            &Tensor::from([2.5f32, 2.0, 0.0]),
            Side::Left,
        );
        assert_eq!((mixed.dtype(), found(&mixed)), (DType::I32, vec![3, 1, 0]));
        // Not to be told apart in single precision.
        let large =
            searchsorted(&Tensor::from([16_777_217]), &Tensor::from([16_777_216f32]), Side::Right);
        assert_eq!(found(&large), [0]);
        let empty = Tensor::from(Vec::<f64>::new());
        assert_eq!(found(&searchsorted(&empty, &Tensor::scalar(1.0), Side::Left)), [0]);
    }

    #[test]
    fn bins_may_ascend_or_descend() {
        let x = Tensor::from([0.2, 6.4, 3.0, 1.6, 10.0, -1.0, NAN, 1.0]);
        let bins = |edges: &[f64], right| found(&digitize(&x, &Tensor::from(edges), right));
        let up = [0.0, 1.0, 2.5, 4.0, 10.0];
        assert_eq!(bins(&up, false), [1, 4, 3, 2, 5, 0, 5, 2]);
        assert_eq!(bins(&up, true), [1, 4, 3, 2, 4, 0, 5, 1]);
        let down = [10.0, 4.0, 2.5, 1.0, 0.0];
        assert_eq!(bins(&down, false), [4, 1, 2, 3, 0, 5, 0, 3]);
        assert_eq!(bins(&down, true), [4, 1, 2, 3, 1, 5, 0, 4]);
        assert_eq!(bins(&[1.0; 3], false), [0, 3, 3, 3, 3, 0, 3, 3]);
        assert_eq!(bins(&[], false), [0; 8]);
        let e =
            value(&digitize(&x, &Tensor::from([1.0, 3.0, 2.0]), false)).unwrap_err().to_string();
        assert!(e.contains("digitize: `bins` must ascend or descend"), "{e}");
    }

    #[test]
    fn membership() {
        let test = Tensor::from([[3.0, NAN], [5.0, -0.0]]);
        let x = Tensor::from([1.0, NAN, 3.0, 0.0]);
        assert_eq!(
            value(&isin(&x, &test, false)).unwrap(),
            Array::from([false, false, true, true])
        );
        assert_eq!(value(&isin(&x, &test, true)).unwrap(), Array::from([true, true, false, false]));
        let none = Tensor::from(Vec::<i64>::new());
        assert_eq!(
            value(&isin(&Tensor::from([1, 2]), &none, false)).unwrap(),
            Array::from([false; 2])
        );
        assert!(searchsorted(&test, &x, Side::Left).check().is_err());
    }
}
