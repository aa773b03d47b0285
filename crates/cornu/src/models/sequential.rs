//! Layers one after another.

use cornu_graph::{DType, Tensor};

use super::Model;
use super::functional::fit_input;
use crate::Result;
use crate::config::Config;
use crate::layers::{Context, InputLayer, Layer, LayerBuilder, LayerRef, Shape};

/// Layers one after another, each with one input and one output.
///
/// ```
/// use cornu::layers::{Dense, ReLU};
/// use cornu::models::Sequential;
/// let model = Sequential::new().input([4]).add(Dense::new(8)).add(ReLU::new()).add(Dense::new(1)).model()?;
/// assert_eq!(model.count_params(), 49);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Default)]
pub struct Sequential {
    name: Option<String>,
    layers: Vec<LayerRef>,
}

impl Sequential {
    /// No layers yet.
    pub fn new() -> Self {
        Sequential::default()
    }

    /// The model's name. Default: `sequential` with a number.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The sizes of one sample (without the batch): with them the weights exist at once, without them from
    /// the first data on.
    pub fn input(self, shape: impl AsRef<[usize]>) -> Self {
        let sizes = shape.as_ref().iter().map(|&d| Some(d));
        let shape: Shape = std::iter::once(None).chain(sizes).collect();
        self.add(InputLayer::new(shape, DType::F32))
    }

    /// Adds a layer at the end.
    #[allow(clippy::should_implement_trait)]
    pub fn add(mut self, layer: impl Into<LayerRef>) -> Self {
        self.layers.push(layer.into());
        self
    }

    /// The model.
    ///
    /// # Errors
    /// When a layer does not fit what comes before it.
    pub fn model(mut self) -> Result<Model> {
        let name = self.name.take();
        let mut builder = LayerBuilder::new(self);
        if let Some(name) = name {
            builder = builder.name(&name);
        }
        let layer = builder.shared();
        let input = layer
            .layer()
            .layers()
            .first()
            .and_then(|l| l.with(|input: &InputLayer| (input.shape().clone(), input.dtype())));
        if let Some(input) = input {
            layer.infer(&[input])?;
        }
        Ok(Model::from_layer(layer))
    }
}

impl Layer for Sequential {
    fn class_name(&self) -> &str {
        "Sequential"
    }

    fn config(&self) -> Result<Config> {
        crate::saving::sequential_config(&self.layers)
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let mut values = inputs.to_vec();
        if let (Some(first), [x]) = (self.layers.first(), inputs) {
            let input = |input: &InputLayer| (input.shape().clone(), input.dtype());
            if let Some((shape, dtype)) = first.with(input) {
                values = vec![fit_input("Sequential", (first.name(), &shape, dtype), x)?];
            }
        }
        for layer in &self.layers {
            values = layer.trace(&values, cx)?;
        }
        Ok(values)
    }

    fn layers(&self) -> Vec<LayerRef> {
        self.layers.clone()
    }
}
