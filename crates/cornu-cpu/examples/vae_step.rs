//! Times a training step of a convolutional variational autoencoder on 28x28 images.
//!
//! ```text
//! cargo run --release -p cornu-cpu --example vae_step [BATCH] [THREADS] [plan | profile]
//! ```
//!
//! `plan` prints the compiled plan, `profile` the time of every step.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use cornu_cpu::Cpu;
use cornu_graph::ops::{self, ConvParams, Distribution};
use cornu_graph::{Array, Backend, DType, Graph, Result, Tensor, Variable, gradients};

/// Makes weights of the size that Glorot and Bengio (2010) advise.
struct Weights(Vec<Variable>, u64);

impl Weights {
    fn get(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let receptive: usize = shape[..shape.len() - 2].iter().product();
        let fans = receptive * (shape[shape.len() - 2] + shape[shape.len() - 1]);
        let limit = (6.0 / fans as f64).sqrt();
        let values = (0..shape.iter().product::<usize>()).map(|_| {
            self.1 = self.1.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (((self.1 >> 33) as f64 / (1u64 << 30) as f64 - 1.0) * limit) as f32
        });
        let kernel = Variable::new(name, Array::new(shape, values.collect())?);
        self.0.push(kernel.clone());
        Ok(kernel.read())
    }

    fn bias(&mut self, size: usize) -> Result<Tensor> {
        let bias = Variable::new("bias", Array::zeros(&[size], DType::F32)?);
        self.0.push(bias.clone());
        Ok(bias.read())
    }
}

/// 3x3 kernels, padding "same".
fn same(stride: usize) -> ConvParams {
    let low = if stride == 1 { 1 } else { 0 };
    ConvParams {
        strides: vec![stride; 2],
        padding: vec![(low, 1); 2],
        dilation: vec![1; 2],
        groups: 1,
    }
}

fn training_step(batch: usize) -> Result<(Graph, Array)> {
    let mut w = Weights(Vec::new(), 7);
    let x = Tensor::input(&[batch, 28, 28, 1], DType::F32);
    let mut h = x.clone();
    for (filters, stride) in [(32, 1), (64, 2), (64, 1), (64, 1)] {
        let channels = h.shape()[3];
        let kernel = w.get("conv", &[3, 3, channels, filters])?;
        h = ops::relu(&(ops::conv(&h, &kernel, &same(stride)) + w.bias(filters)?));
    }
    let inner = h.shape().to_vec();
    h = ops::reshape(&h, &[batch, inner[1..].iter().product()]);
    let dense = |h: &Tensor, size: usize, w: &mut Weights| -> Result<Tensor> {
        let kernel = w.get("dense", &[h.shape()[1], size])?;
        Ok(ops::matmul(h, &kernel) + w.bias(size)?)
    };
    h = ops::relu(&dense(&h, 32, &mut w)?);
    let (mean, log_var) = (dense(&h, 2, &mut w)?, dense(&h, 2, &mut w)?);
    let seed = Variable::new("seed", Array::new(&[2], vec![1i64, 0])?);
    let noise = ops::random(Distribution::Normal, &seed.read(), &[batch, 2], DType::F32);
    let z = &mean + ops::exp(&(&log_var * 0.5)) * noise;
    h = ops::relu(&dense(&z, inner[1..].iter().product(), &mut w)?);
    h = ops::reshape(&h, &inner);
    let kernel = w.get("conv_transpose", &[3, 3, 32, 64])?;
    h = ops::conv_input_grad(&h, &kernel, &[28, 28], &same(2));
    h = ops::relu(&(h + w.bias(32)?));
    let kernel = w.get("conv", &[3, 3, 32, 1])?;
    let y = ops::sigmoid(&(ops::conv(&h, &kernel, &same(1)) + w.bias(1)?));

    let p = ops::clip(&y, 1e-7, 1.0 - 1e-7);
    let entropy = -(&x * ops::log(&p) + (1.0 - &x) * ops::log(&(1.0 - &p)));
    let divergence = (1.0 + &log_var - ops::square(&mean) - ops::exp(&log_var)) * -5e-4;
    let loss = ops::mean(&entropy, &[], false) + ops::mean(&divergence, &[], false);

    let reads: Vec<Tensor> = w.0.iter().map(Variable::read).collect();
    let rate = Variable::new("learning_rate", Array::scalar(1e-3f32));
    let mut updates =
        vec![(seed.clone(), seed.read() + Tensor::from(Array::new(&[2], vec![0i64, 1])?))];
    for (weight, grad) in w.0.iter().zip(gradients(&loss, &reads)?) {
        let velocity = Variable::new("velocity", Array::zeros(weight.shape(), DType::F32)?);
        let next = velocity.read() * 0.9 + ops::square(&grad) * 0.1;
        let step = weight.read() - rate.read() * &grad / (ops::sqrt(&next) + 1e-7);
        updates.extend([(velocity, next), (weight.clone(), step)]);
    }
    let pixels = (0..batch * 784).map(|i| f32::from(u8::from((i / 7) % 5 == 0))).collect();
    let images = Array::new(&[batch, 28, 28, 1], pixels)?;
    Ok((Graph::trace(&[x], &[loss], &updates)?, images))
}

/// Collects the times that the engine reports at level "trace".
#[derive(Default)]
struct Profile(Mutex<BTreeMap<u64, (String, Vec<f64>)>>);

#[derive(Default)]
struct Event(u64, f64, String);

impl tracing::field::Visit for Event {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        if field.name() == "kernel" {
            self.2 = format!("{value:?}");
        }
    }
    fn record_u64(&mut self, _: &tracing::field::Field, value: u64) {
        self.0 = value;
    }
    fn record_f64(&mut self, _: &tracing::field::Field, value: f64) {
        self.1 = value;
    }
}

impl tracing::Subscriber for &'static Profile {
    fn enabled(&self, metadata: &tracing::Metadata) -> bool {
        metadata.target() == "plan" && *metadata.level() == tracing::Level::TRACE
    }
    fn new_span(&self, _: &tracing::span::Attributes) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event) {
        let mut found = Event::default();
        event.record(&mut found);
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.entry(found.0).or_insert((found.2, Vec::new())).1.push(found.1);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |i: usize, usual: usize| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(usual);
    let (batch, threads) = (number(0, 128), number(1, 2));
    let (graph, images) = training_step(batch)?;
    let start = Instant::now();
    let plan = Cpu::new(threads)?.compile(&graph)?;
    println!(
        "compiled {} nodes in {:.1} ms",
        graph.nodes.len(),
        start.elapsed().as_secs_f64() * 1e3
    );
    if arguments.iter().any(|a| a == "plan") {
        println!("{}", plan.describe());
    }
    static PROFILE: Profile = Profile(Mutex::new(BTreeMap::new()));
    let profile = arguments.iter().any(|a| a == "profile");
    if profile && tracing::subscriber::set_global_default(&PROFILE).is_err() {
        eprintln!("no profile: another subscriber is set");
    }
    let (mut times, mut losses) = (Vec::new(), Vec::new());
    for _ in 0..30 {
        let start = Instant::now();
        losses.push(plan.run(&[&images])?[0].item()?);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    println!("loss {:.4} to {:.4}", losses[0], losses[29]);
    println!("step of {batch} images on {threads} threads: {:.2} ms", median(&mut times));
    if profile {
        let mut steps = PROFILE.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (step, (kernel, times)) in steps.iter_mut() {
            println!("{step:4} {:10.1} µs  {kernel}", median(times));
        }
    }
    Ok(())
}
