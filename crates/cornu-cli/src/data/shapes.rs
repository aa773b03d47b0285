//! What a model takes and gives.

use cornu::DType;
use cornu::layers::Shape;
use cornu::models::Model;

/// A shape whose first axis counts rows, and a dtype.
pub type Form = (Shape, DType);

/// The forms of a model's inputs, where they are known.
pub fn inputs(model: &Model) -> Vec<Form> {
    let known: Vec<Form> =
        model.inputs().iter().map(|input| (input.shape().to_vec(), input.dtype())).collect();
    if !known.is_empty() {
        return known;
    }
    // A sequential model knows shapes alone.
    let shapes = model.as_layer().input_shapes().unwrap_or_default();
    shapes.into_iter().map(|shape| (shape, DType::F32)).collect()
}

/// The shapes of a model's outputs, where they are known.
pub fn outputs(model: &Model) -> Vec<Shape> {
    let known: Vec<Shape> = model.outputs().iter().map(|output| output.shape().to_vec()).collect();
    if !known.is_empty() {
        return known;
    }
    let inputs = inputs(model);
    if inputs.is_empty() {
        return Vec::new();
    }
    let found = model.as_layer().infer(&inputs).unwrap_or_default();
    found.into_iter().map(|(shape, _)| shape).collect()
}

/// A shape as Keras prints it.
pub fn show(shape: &[Option<usize>]) -> String {
    let size = |n: &Option<usize>| n.map_or("None".into(), |n| n.to_string());
    let sizes: Vec<String> = shape.iter().map(size).collect();
    format!("({})", sizes.join(", "))
}
