//! Symbolic tensors: what the functional API connects.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cornu_graph::DType;

use super::traits::show;
use super::{InputLayer, LayerBuilder, LayerRef, Shape};
use crate::Result;

/// The output of a layer in a model that has no data yet.
#[derive(Clone)]
pub struct KerasTensor {
    pub(crate) node: Arc<CallNode>,
    pub(crate) index: usize,
}

/// One application of a layer.
pub(crate) struct CallNode {
    pub(crate) id: u64,
    pub(crate) layer: LayerRef,
    pub(crate) inputs: Vec<KerasTensor>,
    pub(crate) outputs: Vec<(Shape, DType)>,
}

impl KerasTensor {
    /// The shape; the batch's size is unknown.
    pub fn shape(&self) -> &[Option<usize>] {
        &self.node.outputs[self.index].0
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.node.outputs[self.index].1
    }

    /// The layer that makes it.
    pub fn layer(&self) -> &LayerRef {
        &self.node.layer
    }

    /// Identifies the tensor: the node and the place among its outputs.
    pub(crate) fn key(&self) -> (u64, usize) {
        (self.node.id, self.index)
    }
}

impl std::fmt::Debug for KerasTensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (shape, dtype) = (show(self.shape()), self.dtype());
        write!(f, "<KerasTensor shape={shape} dtype={dtype} name={}>", self.node.layer.name())
    }
}

/// One or several symbolic tensors, as a layer is applied to.
pub struct Inputs(pub(crate) Vec<KerasTensor>);

impl From<&KerasTensor> for Inputs {
    fn from(tensor: &KerasTensor) -> Self {
        Inputs(vec![tensor.clone()])
    }
}

impl From<KerasTensor> for Inputs {
    fn from(tensor: KerasTensor) -> Self {
        Inputs(vec![tensor])
    }
}

impl From<Vec<KerasTensor>> for Inputs {
    fn from(tensors: Vec<KerasTensor>) -> Self {
        Inputs(tensors)
    }
}

impl From<&[KerasTensor]> for Inputs {
    fn from(tensors: &[KerasTensor]) -> Self {
        Inputs(tensors.to_vec())
    }
}

impl<const N: usize> From<[&KerasTensor; N]> for Inputs {
    fn from(tensors: [&KerasTensor; N]) -> Self {
        Inputs(tensors.into_iter().cloned().collect())
    }
}

impl<const N: usize> From<[KerasTensor; N]> for Inputs {
    fn from(tensors: [KerasTensor; N]) -> Self {
        Inputs(tensors.to_vec())
    }
}

/// An input of a model: `float32`, with the sizes of one sample (without the batch).
///
/// ```
/// use cornu::layers::Input;
/// assert_eq!(Input([28, 28, 1]).shape(), [None, Some(28), Some(28), Some(1)]);
/// ```
#[allow(non_snake_case)]
pub fn Input(shape: impl AsRef<[usize]>) -> KerasTensor {
    input_with_dtype(shape, DType::F32)
}

/// An input of a model with another dtype: `int32` for an embedding.
pub fn input_with_dtype(shape: impl AsRef<[usize]>, dtype: DType) -> KerasTensor {
    let sizes = shape.as_ref().iter().map(|&d| Some(d));
    let shape: Shape = std::iter::once(None).chain(sizes).collect();
    input_from(LayerBuilder::new(InputLayer::new(shape, dtype)).shared())
}

/// The symbolic tensor of an input layer.
pub(crate) fn input_from(layer: LayerRef) -> KerasTensor {
    let spec = layer.with(|l: &InputLayer| (l.shape().clone(), l.dtype()));
    let outputs = vec![spec.unwrap_or((Vec::new(), DType::F32))];
    KerasTensor {
        node: Arc::new(CallNode { id: next_id(), layer, inputs: vec![], outputs }),
        index: 0,
    }
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Records the application of a layer.
pub(super) fn apply(layer: &LayerRef, inputs: Vec<KerasTensor>) -> Result<Vec<KerasTensor>> {
    let specs: Vec<(Shape, DType)> =
        inputs.iter().map(|t| (t.shape().to_vec(), t.dtype())).collect();
    let outputs = layer.infer(&specs)?;
    let count = outputs.len();
    let node = Arc::new(CallNode { id: next_id(), layer: layer.clone(), inputs, outputs });
    Ok((0..count).map(|index| KerasTensor { node: node.clone(), index }).collect())
}
