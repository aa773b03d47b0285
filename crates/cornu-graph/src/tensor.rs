//! The lazy tensor: a handle to a node of a graph.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ops::{Constant, Input, Op, Operation};
use crate::{Array, DType, Element, Error, Result};

/// What is known of a value before it is computed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spec {
    /// The sizes of the axes.
    pub shape: Vec<usize>,
    /// The type of the elements.
    pub dtype: DType,
}

impl Spec {
    /// A spec from its parts.
    pub fn new(shape: impl Into<Vec<usize>>, dtype: DType) -> Spec {
        Spec { shape: shape.into(), dtype }
    }

    /// The number of elements; `usize::MAX` if it is larger.
    pub fn count(&self) -> usize {
        if self.shape.contains(&0) {
            return 0;
        }
        self.shape.iter().fold(1, |n, &d| n.saturating_mul(d))
    }
}

impl std::fmt::Display for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:?}", self.dtype, self.shape)
    }
}

/// A value that will be computed: an op, its inputs, a shape and a dtype.
///
/// Cloning copies a handle. Ops never fail when they are called: an op whose arguments do not fit gives a
/// tensor that carries the [`Error`], every op on such a tensor carries it on, and [`Tensor::check`],
/// tracing or evaluation returns it. So formulas read like formulas, and nothing panics.
///
/// ```
/// use cornu_graph::{Array, Tensor};
/// let a = Tensor::from(Array::new(&[3], vec![1f32, 2.0, 3.0])?);
/// let b = &a * 2.0 + &a;
/// assert_eq!(b.shape(), [3]);
/// let wrong = a + Tensor::from(Array::new(&[2], vec![1f32, 2.0])?);
/// assert!(wrong.check().unwrap_err().to_string().contains("broadcast"));
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Clone)]
pub struct Tensor(Arc<TensorNode>);

struct TensorNode {
    id: u64,
    spec: Spec,
    body: Body,
}

enum Body {
    Op { op: Op, inputs: Vec<Tensor> },
    Error(Error),
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Tensor {
    /// Applies an op: infers the result's spec, or carries the first input's error or the op's own.
    pub fn apply(op: impl Into<Op>, inputs: &[&Tensor]) -> Tensor {
        if let Some(carrier) = inputs.iter().find(|t| t.check().is_err()) {
            return (*carrier).clone();
        }
        let op = op.into();
        let specs: Vec<&Spec> = inputs.iter().map(|t| t.spec()).collect();
        let checked = op.infer(&specs).and_then(|spec| {
            crate::element_count(op.name(), &spec.shape)?;
            Ok(spec)
        });
        match checked {
            Ok(spec) => {
                let inputs = inputs.iter().map(|&t| t.clone()).collect();
                Tensor(Arc::new(TensorNode { id: next_id(), spec, body: Body::Op { op, inputs } }))
            }
            Err(error) => Tensor::error(error),
        }
    }

    /// A tensor that carries an error.
    pub fn error(error: Error) -> Tensor {
        let spec = Spec::new([], DType::F32);
        Tensor(Arc::new(TensorNode { id: next_id(), spec, body: Body::Error(error) }))
    }

    /// Runs a composite op's body when none of its inputs carries an error; an error that the body
    /// returns becomes the tensor's. Inside, shapes can be trusted and `?` used.
    pub fn compose(inputs: &[&Tensor], body: impl FnOnce() -> Result<Tensor>) -> Tensor {
        match inputs.iter().find(|t| t.check().is_err()) {
            Some(carrier) => (*carrier).clone(),
            None => body().unwrap_or_else(Tensor::error),
        }
    }

    /// A value that is given when the graph runs; each call makes a new one.
    pub fn input(shape: &[usize], dtype: DType) -> Tensor {
        Tensor::apply(Input { id: next_id(), spec: Spec::new(shape, dtype) }, &[])
    }

    /// A constant of rank 0.
    pub fn scalar<T: Element>(value: T) -> Tensor {
        Array::scalar(value).into()
    }

    /// The error that the tensor carries, if any.
    ///
    /// # Errors
    /// The first error of the ops that led to this tensor.
    pub fn check(&self) -> Result<()> {
        match &self.0.body {
            Body::Op { .. } => Ok(()),
            Body::Error(error) => Err(error.clone()),
        }
    }

    /// A number that identifies the node in this process.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The shape and dtype (a scalar's if the tensor carries an error).
    pub fn spec(&self) -> &Spec {
        &self.0.spec
    }

    /// The sizes of the axes (none if the tensor carries an error).
    pub fn shape(&self) -> &[usize] {
        &self.0.spec.shape
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// The number of elements.
    pub fn count(&self) -> usize {
        self.spec().count()
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.0.spec.dtype
    }

    /// The op that computes the tensor, unless it carries an error.
    pub fn op(&self) -> Option<&Op> {
        match &self.0.body {
            Body::Op { op, .. } => Some(op),
            Body::Error(_) => None,
        }
    }

    /// The tensors that the op reads.
    pub fn inputs(&self) -> &[Tensor] {
        match &self.0.body {
            Body::Op { inputs, .. } => inputs,
            Body::Error(_) => &[],
        }
    }

    /// The nodes that `roots` need, each after its inputs.
    ///
    /// # Errors
    /// The first error that one of them carries.
    pub fn topological(roots: &[Tensor]) -> Result<Vec<Tensor>> {
        let mut seen = std::collections::HashSet::new();
        let mut order = Vec::new();
        // An explicit stack: a graph can be deeper than the thread's stack.
        let mut stack: Vec<(Tensor, bool)> =
            roots.iter().rev().map(|t| (t.clone(), false)).collect();
        while let Some((tensor, inputs_done)) = stack.pop() {
            if inputs_done {
                order.push(tensor);
            } else if seen.insert(tensor.id()) {
                tensor.check()?;
                stack.push((tensor.clone(), true));
                stack.extend(tensor.inputs().iter().rev().map(|t| (t.clone(), false)));
            }
        }
        Ok(order)
    }
}

impl Drop for TensorNode {
    /// Takes long chains apart in a loop: the derived drop would recurse once per node.
    fn drop(&mut self) {
        let take = |body: &mut Body| match body {
            Body::Op { inputs, .. } => std::mem::take(inputs),
            Body::Error(_) => Vec::new(),
        };
        let mut stack = take(&mut self.body);
        while let Some(tensor) = stack.pop() {
            if let Some(mut node) = Arc::into_inner(tensor.0) {
                stack.append(&mut take(&mut node.body));
            }
        }
    }
}

impl From<Array> for Tensor {
    fn from(array: Array) -> Tensor {
        Tensor::apply(Constant(Arc::new(array)), &[])
    }
}

impl From<&Array> for Tensor {
    fn from(array: &Array) -> Tensor {
        array.clone().into()
    }
}

impl From<&Tensor> for Tensor {
    fn from(tensor: &Tensor) -> Tensor {
        tensor.clone()
    }
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.body {
            Body::Op { op, .. } => write!(f, "Tensor({}, {})", op.name(), self.spec()),
            Body::Error(error) => write!(f, "Tensor(error: {error})"),
        }
    }
}
