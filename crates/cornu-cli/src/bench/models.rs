//! Training steps and predictions of models.

use cornu::layers::{Dense, Dropout};
use cornu::models::{Compile, Fit, Model, Sequential};
use cornu::{Array, DType, Eval, random};

use super::measure::{Metric, Stopwatch};
use crate::Failure;
use crate::train::gan_models::{self, Draw};
use crate::train::{classifier, vae};

/// The rows of an epoch of W3e.
const EPOCH: usize = 60_000;

pub fn autoencoder_step(watch: &mut Stopwatch, batch: Option<usize>) -> Result<(), Failure> {
    for batch in batch.map_or(vec![16, 128], |n| vec![n]) {
        let x = uniform(&[batch, 28, 28, 1])?;
        let vae = vae::Models::build(x.shape(), 2)?.vae;
        watch.time(metric("train_step", batch), || Ok(vae.train_on_batch(&x, ()).map(drop)?))?;
    }
    Ok(())
}

pub fn decode(watch: &mut Stopwatch, batch: Option<usize>) -> Result<(), Failure> {
    let points = batch.unwrap_or(225);
    let z = random::normal(&[points, 2], 0.0, 1.0, DType::F32, 1).array()?;
    let decoder = vae::Models::build(&[1, 28, 28, 1], 2)?.decoder;
    watch.time(metric("decode", points), || Ok(decoder.predict_on_batch(&z).map(drop)?))
}

pub fn gan_step(watch: &mut Stopwatch, batch: Option<usize>, seed: u64) -> Result<(), Failure> {
    let batch = batch.unwrap_or(20);
    let real = uniform(&[batch, 32, 32, 3])?;
    let models = gan_models::Models::build(32)?;
    let mut draw = Draw { seed, step: 0, shape: [batch, 32] };
    watch.time(metric("gan_step", batch), || {
        draw.step += 1;
        models.step(&real, &draw).map(drop)
    })
}

pub fn perceptron_step(watch: &mut Stopwatch, batch: Option<usize>) -> Result<(), Failure> {
    let batch = batch.unwrap_or(128);
    let (model, x, y) = (perceptron()?, uniform(&[batch, 784])?, labels(batch)?);
    watch.time(metric("train_step", batch), || Ok(model.train_on_batch(&x, &y).map(drop)?))
}

pub fn perceptron_epoch(watch: &mut Stopwatch, batch: Option<usize>) -> Result<(), Failure> {
    let batch = batch.unwrap_or(128);
    let (model, x, y) = (perceptron()?, uniform(&[EPOCH, 784])?, labels(EPOCH)?);
    watch.time(metric("epoch", batch), || {
        Ok(model.fit(&x, &y, Fit::new().batch_size(batch).verbose(0)).map(drop)?)
    })
}

fn perceptron() -> Result<Model, Failure> {
    let hidden = || Dense::new(512).activation("relu");
    let model = Sequential::new().input([784]).add(hidden()).add(Dropout::new(0.2)).add(hidden());
    let model = model.add(Dropout::new(0.2)).add(Dense::new(10).activation("softmax")).model()?;
    compile(&model)?;
    Ok(model)
}

/// The network of W4, W7 and W9.
pub fn convnet() -> Result<Model, Failure> {
    classifier::network(&[1, 28, 28, 1], 10)
}

pub fn convnet_step(watch: &mut Stopwatch, batch: Option<usize>) -> Result<(), Failure> {
    let batch = batch.unwrap_or(128);
    let model = convnet()?;
    compile(&model)?;
    let (x, y) = (uniform(&[batch, 28, 28, 1])?, labels(batch)?);
    watch.time(metric("train_step", batch), || Ok(model.train_on_batch(&x, &y).map(drop)?))
}

pub fn convnet_latency(watch: &mut Stopwatch, batch: Option<usize>) -> Result<(), Failure> {
    let batch = batch.unwrap_or(1);
    let (model, x) = (convnet()?, uniform(&[batch, 28, 28, 1])?);
    watch.time(metric("latency", batch), || Ok(model.predict_on_batch(&x).map(drop)?))
}

/// Numbers from 0 to 1.
pub fn uniform(shape: &[usize]) -> Result<Array, Failure> {
    Ok(random::uniform(shape, 0.0, 1.0, DType::F32, 2).array()?)
}

/// Ten classes in turn.
fn labels(rows: usize) -> Result<Array, Failure> {
    Array::new(&[rows], (0..rows as i32).map(|i| i % 10).collect()).map_err(Failure::run)
}

fn compile(model: &Model) -> Result<(), Failure> {
    Ok(model.compile(Compile::new("adam").loss("sparse_categorical_crossentropy"))?)
}

fn metric(name: &str, batch: usize) -> Metric<'_> {
    Metric { name, batch_size: Some(batch), flops: None }
}
