//! What must hold of a graph before it is written: checked in debug builds, as passes check theirs.

use std::collections::HashSet;

use super::proto::Graph;
use crate::{Error, Result};

/// Checks that every name has one source, which comes before its readers, and that initializers have as many bytes
/// as they claim.
///
/// # Errors
/// What is wrong, with the name.
pub(super) fn verify(graph: &Graph) -> Result<()> {
    let wrong =
        |what: &str, name: &str| Err(Error::format("ONNX graph", format!("{name:?} {what}")));
    let mut known: HashSet<&str> = HashSet::new();
    let inputs = graph.input.iter().map(|i| &i.name);
    for name in inputs.chain(graph.initializer.iter().map(|i| &i.name)) {
        if !known.insert(name) {
            return wrong("is defined twice", name);
        }
    }
    let mut nodes = HashSet::new();
    for node in &graph.node {
        if let Some(name) = node.input.iter().find(|name| !known.contains(name.as_str())) {
            return wrong("is read before it is made", name);
        }
        if let Some(name) = node.output.iter().find(|name| !known.insert(name)) {
            return wrong("is defined twice", name);
        }
        if !nodes.insert(&node.name) {
            return wrong("is the name of two nodes", &node.name);
        }
    }
    if let Some(output) = graph.output.iter().find(|o| !known.contains(o.name.as_str())) {
        return wrong("is an output that nothing makes", &output.name);
    }
    for tensor in &graph.initializer {
        let count: i64 = tensor.dims.iter().product();
        let size = match tensor.data_type {
            1 | 6 => 4,
            7 | 11 => 8,
            _ => 1,
        };
        if tensor.raw_data.len() as i64 != count * size {
            return wrong("has not as many bytes as its shape says", &tensor.name);
        }
    }
    Ok(())
}
