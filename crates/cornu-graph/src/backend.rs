//! What an engine under the graph must offer.

use crate::{Array, Graph, Result};

/// An engine that compiles graphs: the CPU's, the reference interpreter, or a user's own.
pub trait Backend: Send + Sync {
    /// A short name for people.
    fn name(&self) -> &str;

    /// Compiles a graph.
    ///
    /// # Errors
    /// When the engine lacks something that the graph needs.
    fn compile(&self, graph: &Graph) -> Result<Box<dyn Executable>>;
}

/// A compiled graph.
pub trait Executable: Send + Sync {
    /// Runs once: reads `inputs` in the order of [`Graph::inputs`], updates the graph's variables, and
    /// returns the outputs. Every read of a variable sees its value from before the run.
    ///
    /// # Errors
    /// When an input's shape or dtype is not the graph's, or a kernel meets data that it must refuse
    /// (an index out of range).
    fn run(&self, inputs: &[&Array]) -> Result<Vec<Array>>;

    /// The plan in a form that a person can read.
    fn describe(&self) -> String;
}

/// The slow engine that runs each op's scalar reference evaluation: the oracle beside which others are tested.
///
/// ```
/// use cornu_graph::{Array, Backend, Graph, Interpreter, Tensor};
/// let y = Tensor::scalar(2.0f32) * 3.0;
/// let run = Interpreter.compile(&Graph::trace(&[], &[y], &[])?)?;
/// assert_eq!(run.run(&[])?[0].item()?, 6.0);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Interpreter;

impl Backend for Interpreter {
    fn name(&self) -> &str {
        "interpreter"
    }

    fn compile(&self, graph: &Graph) -> Result<Box<dyn Executable>> {
        graph.verify()?;
        Ok(Box::new(graph.clone()))
    }
}

impl Executable for Graph {
    fn run(&self, inputs: &[&Array]) -> Result<Vec<Array>> {
        self.evaluate(inputs)
    }

    fn describe(&self) -> String {
        self.to_string()
    }
}
