//! Convolutions and pooling. ONNX has the channels before the spatial axes, for which the values' own order is left
//! as it is: chains of these ops and of element-wise ones between them transpose once at each end.

use cornu_graph::ops::{ConvInputGrad, ConvParams, Op, Pool, PoolKind};

use super::builder::{Attr, Builder, Value};
use super::formulas::Formula;
use super::trace::{Dim, Node};
use crate::Result;

/// The batch, the channels, the spatial axes.
fn channels_first(rank: usize) -> Vec<usize> {
    [0, rank - 1].into_iter().chain(1..rank - 1).collect()
}

/// ONNX names what stands before all axes first.
fn pads(padding: &[(usize, usize)]) -> Attr {
    let (low, high) = (padding.iter().map(|p| p.0), padding.iter().map(|p| p.1));
    Attr::Ints(low.chain(high).map(|n| n as i64).collect())
}

impl Builder<'_> {
    /// What an op of windows says, if it is the same whatever the open sizes.
    fn settled(&self, node: &Node) -> Result<()> {
        let same = node.same(|op| match op {
            Op::Conv(op) => Some((op.0.clone(), Vec::new())),
            Op::ConvInputGrad(op) => Some((op.params.clone(), op.size.clone())),
            Op::Pool(op) => {
                let (strides, padding) = (op.strides.clone(), op.padding.clone());
                let params = ConvParams { strides, padding, dilation: Vec::new(), groups: 1 };
                Some((params, op.window.clone()))
            }
            _ => None,
        });
        match same {
            Some(_) => Ok(()),
            None => Err(self.refuse(node, "its padding depends on the inputs' open sizes")),
        }
    }

    /// An image with the channels first, and the order that says so.
    fn image(&mut self, at: usize) -> Result<(String, Vec<usize>)> {
        let value = self.full(at)?;
        let order = channels_first(value.rank());
        Ok((self.ordered(&value, &order)?, order))
    }

    /// A kernel as ONNX has it: filters, channels, spatial axes.
    fn kernel(&mut self, at: usize) -> Result<String> {
        let value = self.full(at)?;
        let rank = value.rank();
        let order: Vec<usize> = [rank - 1, rank - 2].into_iter().chain(0..rank - 2).collect();
        self.ordered(&value, &order)
    }

    pub(super) fn conv(&mut self, node: &Node, op: &ConvParams) -> Result<Value> {
        self.settled(node)?;
        let (x, order) = self.image(node.inputs[0])?;
        let w = self.kernel(node.inputs[1])?;
        let name = self.node(
            "Conv",
            &[&x, &w],
            [
                ("strides", op.strides[..].into()),
                ("pads", pads(&op.padding)),
                ("dilations", op.dilation[..].into()),
                ("group", op.groups.into()),
            ],
        );
        Ok(Value { order, ..Value::tensor(name, node.shape.clone()) })
    }

    pub(super) fn conv_input_grad(&mut self, node: &Node, op: &ConvInputGrad) -> Result<Value> {
        self.settled(node)?;
        let traces = self.traces;
        let known = |dim: &Dim| match dim {
            Dim::Known(n) => Ok(*n),
            Dim::Open(_) => Err(self.refuse(node, "its size depends on the inputs' open sizes")),
        };
        let [image, kernel] = [node.inputs[0], node.inputs[1]].map(|i| &traces.nodes[i].shape);
        // What the kernel reaches, and what the result has beyond that.
        let rest = (0..op.size.len()).map(|i| {
            let params = &op.params;
            let extent = (known(&kernel[i])? - 1) * params.dilation[i] + 1;
            let reached = (known(&image[i + 1])?.max(1) - 1) * params.strides[i] + extent;
            Ok((op.size[i] + params.padding[i].0 + params.padding[i].1).saturating_sub(reached))
        });
        let rest = rest.collect::<Result<Vec<usize>>>()?;
        let (x, order) = self.image(node.inputs[0])?;
        let w = self.kernel(node.inputs[1])?;
        let name = self.node(
            "ConvTranspose",
            &[&x, &w],
            [
                ("strides", op.params.strides[..].into()),
                ("pads", pads(&op.params.padding)),
                ("dilations", op.params.dilation[..].into()),
                ("group", op.params.groups.into()),
                ("output_padding", rest[..].into()),
            ],
        );
        Ok(Value { order, ..Value::tensor(name, node.shape.clone()) })
    }

    pub(super) fn pool(&mut self, node: &Node, op: &Pool) -> Result<Value> {
        self.settled(node)?;
        let (x, order) = self.image(node.inputs[0])?;
        let attributes = [
            ("kernel_shape", op.window[..].into()),
            ("strides", op.strides[..].into()),
            ("pads", pads(&op.padding)),
        ];
        let name = match op.kind {
            PoolKind::Max => self.node("MaxPool", &[&x], attributes),
            PoolKind::Sum => {
                let [window, strides, pads] = attributes;
                let all = ("count_include_pad", true.into());
                let mean = self.node("AveragePool", &[&x], [window, strides, pads, all]);
                let count = op.window.iter().product::<usize>() as f64;
                Formula::new(self, node.dtype).with("Mul", &mean, count)?
            }
        };
        Ok(Value { order, ..Value::tensor(name, node.shape.clone()) })
    }
}
