//! Steps that run on parts of a batch, against the reference.

use cornu_graph::ops::{self, ConvParams, PoolKind};
use cornu_graph::{Array, Backend, DType, Graph, Result, Tensor, gradients};

use crate::common::{CPUS, Rng, run_both};

/// A convolution with bias, activation and pooling, what is made of its result image by image, and the
/// gradients.
fn block(rows: usize, dtype: DType) -> Result<(Graph, Vec<Array>)> {
    let mut rng = Rng(rows as u64);
    let shapes: [&[usize]; 4] = [&[rows, 24, 24, 2], &[3, 3, 2, 16], &[16], &[rows, 1, 1, 1]];
    let inputs: Vec<Tensor> = shapes.iter().map(|shape| Tensor::input(shape, dtype)).collect();
    let [x, w, bias, scale] = &inputs[..] else { unreachable!() };
    let params = ConvParams {
        strides: vec![1, 1],
        padding: vec![(0, 0); 2],
        dilation: vec![1, 1],
        groups: 1,
    };
    let h = ops::relu(&(ops::conv(x, w, &params) + bias));
    let pool = |kind| ops::pool(&h, kind, &[2, 2], &[2, 2], &[(0, 0); 2]);
    let mix = ops::tanh(&(pool(PoolKind::Max) * scale)) + pool(PoolKind::Sum) * 0.1;
    let means = ops::mean(&mix, &[1, 2], false);
    let loss = ops::mean(&ops::square(&means), &[], false);
    let mut outputs = vec![loss.clone(), means, ops::max(&h, &[1, 2, 3], false)];
    outputs.extend(gradients(&loss, &inputs)?);
    let values = shapes.iter().map(|shape| rng.array(shape, dtype)).collect();
    Ok((Graph::trace(&inputs, &outputs, &[])?, values))
}

#[test]
fn parts_of_a_batch_agree_with_the_reference_and_leave_no_trace_of_threads() {
    for (rows, dtype, cut) in [
        (32, DType::F32, true),
        (33, DType::F32, true),
        (24, DType::F64, true),
        // A prime number, and so little that it stays in the cache.
        (67, DType::F32, false),
        (4, DType::F32, false),
    ] {
        let (graph, inputs) = block(rows, dtype).unwrap();
        let text = CPUS[0].compile(&graph).unwrap().describe();
        assert_eq!(text.contains(" × [conv2d 3×3, 2 → 16 channels | add"), cut, "{text}");
        run_both(&graph, &inputs.iter().collect::<Vec<_>>(), 2e-4);
    }
}
