//! Rewriting of graphs: each pass takes a graph and gives one that computes the same with less.
//!
//! "The same" allows what rounding allows, and the sign of a zero; never a NaN more or less.

mod common;
mod dead;
mod fold;
mod rewrite;
mod simplify;
#[cfg(test)]
mod tests;

pub use common::common;
pub use dead::dead;
pub use fold::fold;
pub use simplify::simplify;

use crate::{Graph, Result};

/// How often the passes run at most; one round finds nearly all.
const ROUNDS: usize = 4;

/// Runs all passes until they find nothing more.
///
/// ```
/// use cornu_graph::{DType, Graph, Tensor, ops, passes};
/// let x = Tensor::input(&[8], DType::F32);
/// let y = ops::power_number(&(&x * 1.0 + 0.0), 2.0);
/// let graph = passes::optimize(Graph::trace(&[x], &[y], &[])?)?;
/// assert_eq!(graph.nodes.len(), 2); // the input and its square
/// # Ok::<(), cornu_graph::Error>(())
/// ```
///
/// # Errors
/// When the graph is not a valid one.
pub fn optimize(graph: Graph) -> Result<Graph> {
    graph.verify()?;
    let mut graph = common(dead(graph)?)?;
    for _ in 0..ROUNDS {
        let before = graph.clone();
        graph = dead(common(simplify(fold(graph)?)?)?)?;
        if graph.same_structure(&before) {
            break;
        }
    }
    Ok(graph)
}
