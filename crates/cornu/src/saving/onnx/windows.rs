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

/// Where the windows of an op stand.
#[derive(Clone, PartialEq)]
struct Windows {
    extents: Vec<usize>,
    strides: Vec<usize>,
    padding: Vec<(usize, usize)>,
}

impl Windows {
    /// Whether the padding is that of `ceil(size / stride)` windows, an odd cell at the end.
    fn is_same(&self, sizes: &[usize]) -> bool {
        let axes = self.padding.iter().zip(sizes).enumerate();
        axes.into_iter().all(|(i, (&padding, &size))| {
            let reach =
                (size.div_ceil(self.strides[i]).max(1) - 1) * self.strides[i] + self.extents[i];
            let total = reach.saturating_sub(size);
            padding == (total / 2, total - total / 2)
        })
    }
}

impl Builder<'_> {
    /// The windows' padding as an attribute; where it depends on open sizes it must be Keras's `same`.
    fn pads(
        &self,
        node: &Node,
        windows: impl Fn(&Op, usize) -> Option<Windows>,
    ) -> Result<(&'static str, Attr)> {
        let all: Option<Vec<Windows>> =
            node.ops.iter().enumerate().map(|(trace, op)| windows(op, trace)).collect();
        let refuse = || self.refuse(node, "its windows depend on the inputs' open sizes");
        let all = all.ok_or_else(refuse)?;
        let first = all.first().ok_or_else(refuse)?;
        if all.iter().all(|w| w == first) {
            // ONNX names what stands before all axes first.
            let (low, high) =
                (first.padding.iter().map(|p| p.0), first.padding.iter().map(|p| p.1));
            return Ok(("pads", Attr::Ints(low.chain(high).map(|n| n as i64).collect())));
        }
        let image = &self.traces.nodes[node.inputs[0]].shape;
        let image = &image[1..image.len() - 1];
        let same = |(trace, w): (usize, &Windows)| {
            let sizes: Vec<usize> = image.iter().map(|size| size.at(trace)).collect();
            w.strides == first.strides && w.extents == first.extents && w.is_same(&sizes)
        };
        match all.iter().enumerate().all(same) {
            true => Ok(("auto_pad", Attr::Text("SAME_UPPER"))),
            false => Err(refuse()),
        }
    }

    /// The windows of a convolution with the kernel of `node`.
    fn conv_windows(&self, node: &Node, params: &ConvParams, trace: usize) -> Windows {
        let kernel = &self.traces.nodes[node.inputs[1]].shape;
        let extent = |(dilation, size): (&usize, &Dim)| (size.at(trace).max(1) - 1) * dilation + 1;
        Windows {
            extents: params.dilation.iter().zip(kernel).map(extent).collect(),
            strides: params.strides.clone(),
            padding: params.padding.clone(),
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
        let pads = self.pads(node, |op, trace| match op {
            Op::Conv(op) => Some(self.conv_windows(node, &op.0, trace)),
            _ => None,
        })?;
        let (x, order) = self.image(node.inputs[0])?;
        let w = self.kernel(node.inputs[1])?;
        let name = self.node(
            "Conv",
            &[&x, &w],
            [
                ("strides", op.strides[..].into()),
                pads,
                ("dilations", op.dilation[..].into()),
                ("group", op.groups.into()),
            ],
        );
        Ok(Value { order, ..Value::tensor(name, node.shape.clone()) })
    }

    pub(super) fn conv_input_grad(&mut self, node: &Node, op: &ConvInputGrad) -> Result<Value> {
        let image = &self.traces.nodes[node.inputs[0]].shape;
        // What the result has beyond what the kernel reaches.
        let rest = |(trace, op): (usize, &Op)| {
            let Op::ConvInputGrad(op) = op else { return None };
            let windows = self.conv_windows(node, &op.params, trace);
            let axes = windows.extents.iter().zip(&windows.strides).enumerate();
            let rest = axes.map(|(i, (extent, stride))| {
                let reached = (image[i + 1].at(trace).max(1) - 1) * stride + extent;
                (op.size[i] + op.params.padding[i].0 + op.params.padding[i].1)
                    .saturating_sub(reached)
            });
            Some((rest.collect::<Vec<usize>>(), op.params.padding.clone()))
        };
        let all: Vec<_> = node.ops.iter().enumerate().map(rest).collect();
        let found = all
            .first()
            .cloned()
            .flatten()
            .filter(|first| all.iter().all(|other| other.as_ref() == Some(first)));
        let (rest, _) = found
            .ok_or_else(|| self.refuse(node, "its windows depend on the inputs' open sizes"))?;
        let pads = self.pads(node, |_, trace| Some(self.conv_windows(node, &op.params, trace)))?;
        let (x, order) = self.image(node.inputs[0])?;
        let w = self.kernel(node.inputs[1])?;
        let name = self.node(
            "ConvTranspose",
            &[&x, &w],
            [
                ("strides", op.params.strides[..].into()),
                pads,
                ("dilations", op.params.dilation[..].into()),
                ("group", op.params.groups.into()),
                ("output_padding", rest[..].into()),
            ],
        );
        Ok(Value { order, ..Value::tensor(name, node.shape.clone()) })
    }

    pub(super) fn pool(&mut self, node: &Node, op: &Pool) -> Result<Value> {
        let pads = self.pads(node, |op, _| match op {
            Op::Pool(op) => Some(Windows {
                extents: op.window.clone(),
                strides: op.strides.clone(),
                padding: op.padding.clone(),
            }),
            _ => None,
        })?;
        let (x, order) = self.image(node.inputs[0])?;
        let window = ("kernel_shape", op.window[..].into());
        let attributes = [window, ("strides", op.strides[..].into()), pads];
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
