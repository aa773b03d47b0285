//! How long it takes to trace, differentiate and simplify a training step of a convolutional network with
//! batch normalization and Adam: `cargo run --release -p cornu-graph --example build_speed`.

use std::slice::from_ref;
use std::time::{Duration, Instant};

use cornu_graph::ops::*;
use cornu_graph::{Array, DType, Graph, Result, Tensor, Variable, gradients, passes};

fn variable(name: &str, shape: &[usize]) -> Result<Variable> {
    Ok(Variable::new(name, Array::full(shape, 0.1f32)?))
}

/// A block: convolution, bias, batch normalization, leaky ReLU.
fn block(x: &Tensor, filters: usize, weights: &mut Vec<Variable>) -> Result<Tensor> {
    let channels = x.shape()[3];
    let kernel = variable("kernel", &[3, 3, channels, filters])?;
    let [bias, gamma, beta] = ["bias", "gamma", "beta"].map(|n| variable(n, &[filters]));
    let (bias, gamma, beta) = (bias?, gamma?, beta?);
    let params = ConvParams {
        strides: vec![1, 1],
        padding: vec![(1, 1), (1, 1)],
        dilation: vec![1, 1],
        groups: 1,
    };
    let y = conv(x, &kernel.read(), &params) + bias.read();
    let axes = [0, 1, 2];
    let scale = rsqrt(&(var(&y, &axes, 0, true) + 1e-3)) * gamma.read();
    let y = (&y - mean(&y, &axes, true)) * scale + beta.read();
    weights.extend([kernel, bias, gamma, beta]);
    Ok(maximum(&y, &(&y * 0.2)))
}

/// The loss, and the updates of Adam.
fn step(x: &Tensor, blocks: usize) -> Result<(Tensor, Vec<(Variable, Tensor)>)> {
    let mut weights = Vec::new();
    let mut y = x.clone();
    for _ in 0..blocks {
        y = block(&y, 16, &mut weights)?;
    }
    let loss = mean(&square(&y), &[], false);
    let reads: Vec<Tensor> = weights.iter().map(Variable::read).collect();
    let mut updates = Vec::new();
    let count = variable("iterations", &[])?;
    let t = count.read() + 1.0;
    let rate = sqrt(&(1.0 - power(&Tensor::scalar(0.999f32), &t)))
        / (1.0 - power(&Tensor::scalar(0.9f32), &t))
        * 1e-3;
    for ((weight, read), g) in weights.iter().zip(&reads).zip(gradients(&loss, &reads)?) {
        let (m, v) = (variable("m", weight.shape())?, variable("v", weight.shape())?);
        let next_m = m.read() + (&g - m.read()) * 0.1;
        let next_v = v.read() + (square(&g) - v.read()) * 0.001;
        let next = read - &rate * &next_m / (sqrt(&next_v) + 1e-7);
        updates.extend([(m, next_m), (v, next_v), (weight.clone(), next)]);
    }
    updates.push((count, t));
    Ok((loss, updates))
}

fn main() -> Result<()> {
    let best = |f: &mut dyn FnMut() -> Result<()>| -> Result<Duration> {
        let mut best = Duration::MAX;
        for _ in 0..20 {
            let start = Instant::now();
            f()?;
            best = best.min(start.elapsed());
        }
        Ok(best)
    };
    let x = Tensor::input(&[8, 16, 16, 16], DType::F32);
    let (loss, updates) = step(&x, 12)?;
    let graph = Graph::trace(from_ref(&x), from_ref(&loss), &updates)?;
    let small = passes::optimize(graph.clone())?;
    println!("{} nodes, {} after the passes", graph.nodes.len(), small.nodes.len());
    println!("describe and differentiate {:?}", best(&mut || step(&x, 12).map(drop))?);
    println!(
        "trace                      {:?}",
        best(&mut || Graph::trace(from_ref(&x), from_ref(&loss), &updates).map(drop))?
    );
    println!(
        "copy                       {:?}",
        best(&mut || {
            std::hint::black_box(graph.clone());
            Ok(())
        })?
    );
    println!("verify                     {:?}", best(&mut || graph.verify())?);
    println!(
        "optimize                   {:?}",
        best(&mut || passes::optimize(graph.clone()).map(drop))?
    );
    Ok(())
}
