//! Graphs as text.

use std::fmt::{Display, Formatter, Result};

use crate::ops::{Op, Operation};
use crate::{Graph, Node, NodeId};

/// One line per node, then the updates and the outputs:
///
/// ```
/// use cornu_graph::{Array, DType, Graph, Tensor, Variable, ops};
/// let w = Variable::new("kernel", Array::zeros(&[3, 2], DType::F32)?);
/// let x = Tensor::input(&[4, 3], DType::F32);
/// let y = ops::sum(&ops::matmul(&x, &w.read()), &[0], false);
/// assert_eq!(Graph::trace(&[x], &[y], &[])?.to_string(), "\
/// %0 = input : float32[4, 3]
/// %1 = parameter {name: \"kernel\"} : float32[3, 2]
/// %2 = matmul(%0, %1) : float32[4, 2]
/// %3 = sum(%2) {axes: [0]} : float32[2]
/// return %3
/// ");
/// # Ok::<(), cornu_graph::Error>(())
/// ```
impl Display for Graph {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (i, node) in self.nodes.iter().enumerate() {
            writeln!(f, "%{i} = {node} : {}", node.spec)?;
        }
        for update in &self.updates {
            writeln!(f, "{:?} <- %{}", update.variable.name(), update.value.0)?;
        }
        writeln!(f, "return {}", list(&self.outputs))
    }
}

/// The op, its inputs and its parameters: `conv(%3, %5) {strides: [2, 2]}`.
impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.op.name())?;
        if !self.inputs.is_empty() || matches!(self.op, Op::Custom(_)) {
            write!(f, "({})", list(&self.inputs))?;
        }
        let attributes = self.op.attributes();
        if attributes.is_empty() {
            return Ok(());
        }
        let shown: Vec<String> = attributes.iter().map(|(k, v)| format!("{k}: {v}")).collect();
        write!(f, " {{{}}}", shown.join(", "))
    }
}

fn list(ids: &[NodeId]) -> String {
    ids.iter().map(|id| format!("%{}", id.0)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::ops::*;
    use crate::{Array, DType, Graph, Tensor, Variable};

    #[test]
    fn every_parameter_is_shown() {
        let x = Tensor::input(&[1, 6, 2], DType::F32);
        let bias = Variable::new("bias", Array::zeros(&[2], DType::F32).unwrap());
        let w = Tensor::from(Array::new(&[2, 1, 2], vec![1f32, 2.0, 3.0, 4.5]).unwrap());
        let params =
            ConvParams { strides: vec![2], padding: vec![(0, 1)], dilation: vec![1], groups: 2 };
        let y = conv(&x, &w, &params) + bias.read();
        let y =
            pool(&pad(&y, &[(0, 0), (1, 0), (0, 0)], 0.5), PoolKind::Max, &[2], &[1], &[(0, 0)]);
        let y = matmul(&slice_axis(&y, 1, 0, 2), &transpose(&y, &[0, 2, 1]));
        let key = Tensor::from(Array::new(&[2], vec![7i64, 1]).unwrap());
        let noise = random(Distribution::Normal, &key, &[2], DType::F32);
        let next =
            where_(&greater(&noise, &bias.read()), &cast(&argmax(&y, 2), DType::F32), &noise);
        let next = reshape(&next, &[2]);
        let graph = Graph::trace(&[x], &[y], &[(bias, next)]).unwrap();
        let expected = r#"%0 = input : float32[1, 6, 2]
%1 = constant {value: [1.0, 2.0, 3.0, 4.5]} : float32[2, 1, 2]
%2 = conv(%0, %1) {strides: [2], padding: [(0, 1)], groups: 2} : float32[1, 3, 2]
%3 = parameter {name: "bias"} : float32[2]
%4 = broadcast_to(%3) : float32[1, 3, 2]
%5 = add(%2, %4) : float32[1, 3, 2]
%6 = pad(%5) {low: [0, 1, 0], high: [0, 0, 0], value: 0.5} : float32[1, 4, 2]
%7 = max_pool(%6) {window: [2], strides: [1]} : float32[1, 3, 2]
%8 = slice(%7) {start: [0, 0, 0], stop: [1, 2, 2]} : float32[1, 2, 2]
%9 = transpose(%7) {axes: [0, 2, 1]} : float32[1, 2, 3]
%10 = matmul(%8, %9) : float32[1, 2, 3]
"#;
        let text = graph.to_string();
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains("random_normal(%11) : float32[2]"), "{text}");
        assert!(text.ends_with("\"bias\" <- %20\nreturn %10\n"), "{text}");
    }
}
