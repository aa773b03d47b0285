//! Models as ONNX files, for inference elsewhere.
//!
//! A model is traced as for `predict`, at a few sizes of the batch (`trace`), and each op of the trace becomes one
//! or a few ONNX nodes (`lower` and the files of its families); `builder` keeps what is made.

mod builder;
mod formulas;
mod lower;
mod movement;
mod proto;
mod reduce;
#[cfg(test)]
mod tests;
mod trace;
mod verify;
mod windows;

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use cornu_graph::DType;
use cornu_graph::ops::Op;
use prost::Message;

use crate::models::Model;
use crate::{Error, Result};
use builder::{Builder, Value, data_type};
use trace::{Dim, Traces};

/// The version of ONNX's operators: ONNX 1.13 of 2022, the first in which all reductions take their axes alike.
const OPSET: i64 = 18;
const IR_VERSION: i64 = 8;

/// What one protocol-buffer message may take.
const LARGEST: usize = i32::MAX as usize;

impl Model {
    /// Writes the model to an `.onnx` file for inference by other programs: Keras's `model.export(path,
    /// format="onnx")`.
    ///
    /// The batch stays open, as do other sizes that are `None`. Inputs and outputs have the names of their layers,
    /// the initializers the names of the weights (`dense/kernel`). The operators are those of opset 18. The file is
    /// written whole or not at all.
    ///
    /// ```
    /// use cornu::{layers::Dense, models::Sequential};
    /// let model = Sequential::new().input([2]).add(Dense::new(3)).model()?;
    /// let path = std::env::temp_dir().join("cornu-export-doc.onnx");
    /// model.export(&path)?;
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// Every built-in layer can be exported when its sizes but the batch are known. What ONNX cannot express is
    /// refused: random numbers, decompositions, ops of one's own, `erfinv`, `gcd`, `lcm`, shifts, `nextafter`, padding
    /// between elements. With spatial sizes that are `None`, what must know a size that is no sum of multiples of
    /// them is refused, too: global averages, `same` average pooling, and upsampling behind strides.
    ///
    /// # Errors
    /// When the name does not end in `.onnx`, the model was never built, or holds what ONNX cannot express: the
    /// message names the layer and the op.
    pub fn export(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if path.extension().is_none_or(|e| e != "onnx") {
            return Err(Error::invalid("export", "path", "must end in .onnx", path.display()));
        }
        let message = message(self)?;
        let size = message.encoded_len();
        if size > LARGEST {
            let rule = format!("must fit into one file of {LARGEST} bytes");
            return Err(Error::invalid("export", "model", rule, format!("{size} bytes")));
        }
        crate::io::atomic_write(path, |file| file.write_all(&message.encode_to_vec()))
    }
}

/// Checks that a model can be exported.
///
/// # Errors
/// As [`Model::export`].
pub(crate) fn check(model: &Model) -> Result<()> {
    verify::verify(&message(model)?.graph.unwrap_or_default())
}

/// The whole file.
fn message(model: &Model) -> Result<proto::Model> {
    let traces = Traces::new(model)?;
    let (input_names, output_names) = (model.input_names(), model.output_names());
    let output_names = distinct(&input_names, output_names);
    let mut builder = Builder::new(&traces, input_names.clone(), &output_names);
    let weights = weight_names(model);
    let inputs: HashMap<usize, &String> = traces.inputs.iter().copied().zip(&input_names).collect();
    for (at, node) in traces.nodes.iter().enumerate() {
        builder.enter(&node.layer);
        let value = match (inputs.get(&at), node.op()) {
            (Some(name), _) => Value::tensor((*name).clone(), node.shape.clone()),
            (None, Op::Parameter(weight)) => {
                let known = weights.get(&weight.0.id()).cloned();
                let name = known.unwrap_or_else(|| builder.scoped(weight.0.name()));
                Value::array(name, Arc::new(weight.0.value()))
            }
            _ => builder.lower(at)?,
        };
        builder.values.push(value);
    }
    builder.enter("");
    for (&at, name) in traces.outputs.iter().zip(&output_names) {
        let made = builder.full_plain(at)?;
        builder.output(&made, name);
    }
    let info = |&(name, at): &(&String, usize)| {
        let node = &traces.nodes[at];
        value_info(&traces, name, &node.shape, node.dtype)
    };
    let input = input_names.iter().zip(traces.inputs.iter().copied()).collect::<Vec<_>>();
    let output = output_names.iter().zip(traces.outputs.iter().copied()).collect::<Vec<_>>();
    let graph = proto::Graph {
        name: model.name().into(),
        input: input.iter().map(info).collect(),
        output: output.iter().map(info).collect(),
        node: builder.nodes,
        initializer: builder.initializers,
    };
    if cfg!(debug_assertions) {
        verify::verify(&graph)?;
    }
    Ok(proto::Model {
        ir_version: IR_VERSION,
        producer_name: "cornu".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        opset_import: vec![proto::OperatorSet { domain: String::new(), version: OPSET }],
        graph: Some(graph),
    })
}

/// Output names that no input has: a model may hand an input on.
fn distinct(inputs: &[String], mut outputs: Vec<String>) -> Vec<String> {
    for name in &mut outputs {
        while inputs.contains(name) {
            name.push_str("_output");
        }
    }
    outputs
}

/// Keras's names of the weights, `dense/kernel`, by the variables' ids.
fn weight_names(model: &Model) -> HashMap<u64, String> {
    let mut names = HashMap::new();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for layer in model.as_layer().flatten() {
        for weight in layer.own_weights() {
            let base = format!("{}/{}", layer.name(), weight.variable.name());
            let count = counts.entry(base.clone()).or_insert(0);
            // Layers of two nested models may have one name.
            let name = if *count == 0 { base } else { format!("{base}_{count}") };
            *count += 1;
            names.insert(weight.variable.id(), name);
        }
    }
    names
}

fn value_info(traces: &Traces, name: &str, shape: &[Dim], dtype: DType) -> proto::ValueInfo {
    let dim = |dim: &Dim| proto::Dimension {
        size: match dim {
            Dim::Known(n) => Some(proto::Size::Value(*n as i64)),
            open => traces.symbol_name(open).map(|name| proto::Size::Name(name.into())),
        },
    };
    let shape = proto::Shape { dim: shape.iter().map(dim).collect() };
    let tensor = proto::TensorType { elem_type: data_type(dtype), shape: Some(shape) };
    proto::ValueInfo { name: name.into(), kind: Some(proto::Type { tensor: Some(tensor) }) }
}
