//! What is profiled: a model with data for it.

use std::path::Path;

use cornu::models::{Compile, Model};
use cornu::{Array, DType, Eval, random};

use crate::data::model_inputs;
use crate::train::gan_models::{self, Draw};
use crate::train::{classifier, vae};
use crate::{Failure, arguments, suggest};

/// What sizes of an input that a model leaves open, but for the batch, count as.
const OPEN: usize = 16;

/// A step, and what it is in words.
pub struct Subject {
    pub what: String,
    pub step: Box<dyn FnMut() -> Result<(), Failure>>,
}

impl Subject {
    /// A model of `cornu train` by its name, or else one from a file.
    pub fn open(model: &str, batch: Option<usize>, seed: u64) -> Result<Subject, Failure> {
        let batch_or = |usual: usize| batch.unwrap_or(usual);
        match model {
            "vae" => {
                let x = uniform(&[batch_or(128), 28, 28, 1])?;
                let vae = vae::Models::build(x.shape(), 2)?.vae;
                training("vae", vae, x, None)
            }
            "classifier" => {
                let x = uniform(&[batch_or(128), 28, 28, 1])?;
                let model = classifier::network(x.shape(), 10)?;
                model.compile(Compile::new("adam").loss("sparse_categorical_crossentropy"))?;
                let y = zeros(&x.shape()[..1], DType::I32)?;
                training("classifier", model, x, Some(y))
            }
            "gan" => {
                let batch = batch_or(20);
                let real = uniform(&[batch, 32, 32, 3])?;
                let models = gan_models::Models::build(32)?;
                let mut draw = Draw { seed, step: 0, shape: [batch, 32] };
                let step = move || {
                    draw.step += 1;
                    models.step(&real, &draw).map(drop)
                };
                Ok(Subject { what: format!("gan: step with {batch} rows"), step: Box::new(step) })
            }
            path => file(path, batch_or(128)),
        }
    }
}

fn training(name: &str, model: Model, x: Array, y: Option<Array>) -> Result<Subject, Failure> {
    let what = format!("{name}: training step with {} rows", x.shape()[0]);
    let step = move || Ok(model.train_on_batch(&x, &y).map(drop)?);
    Ok(Subject { what, step: Box::new(step) })
}

fn file(path: &str, batch: usize) -> Result<Subject, Failure> {
    if !Path::new(path).exists()
        && let Some(name) = suggest::nearest(path, ["vae", "gan", "classifier"])
    {
        return Err(Failure::input(format!("{path}: no such file. Did you mean {name:?}?")));
    }
    let model = arguments::model(Path::new(path))
        .map_err(|e| e.hint("a .keras file is needed, or one of vae, gan and classifier"))?;
    let inputs = model_inputs(&model);
    let x: Vec<Array> = inputs
        .into_iter()
        .map(|(shape, dtype)| {
            let sizes = shape.iter().skip(1).map(|size| size.unwrap_or(OPEN));
            let shape: Vec<usize> = std::iter::once(batch).chain(sizes).collect();
            match dtype {
                DType::F32 | DType::F64 => Ok(uniform(&shape)?.cast(dtype)),
                other => zeros(&shape, other),
            }
        })
        .collect::<Result<_, Failure>>()?;
    if x.is_empty() {
        return Err(Failure::input(format!("{path}: the shape of the model's input is not known")));
    }
    let outputs = model.predict_on_batch(&x).map_err(Failure::input)?;
    if model.compiled().is_none() {
        let what = format!("{path}: prediction of {batch} rows (the model is not compiled)");
        let step = move || Ok(model.predict_on_batch(&x).map(drop)?);
        return Ok(Subject { what, step: Box::new(step) });
    }
    let y = targets(&model, &x, &outputs)?;
    let what = format!("{path}: training step with {batch} rows");
    let step = move || Ok(model.train_on_batch(&x, &y).map(drop)?);
    Ok(Subject { what, step: Box::new(step) })
}

/// Targets that the model's losses take: none, numbers like the outputs, or classes.
fn targets(model: &Model, x: &[Array], outputs: &[Array]) -> Result<Vec<Array>, Failure> {
    let numbers = outputs.iter().map(|y| uniform(y.shape())).collect::<Result<_, _>>()?;
    let class = |y: &Array| zeros(&y.shape()[..y.ndim().saturating_sub(1)], DType::I32);
    let classes = outputs.iter().map(class).collect::<Result<_, _>>()?;
    let mut refused = None;
    for y in [Vec::new(), numbers, classes] {
        match model.train_on_batch(x, &y) {
            Ok(_) => return Ok(y),
            Err(error) => refused = Some(error),
        }
    }
    let reason = refused.map_or(String::new(), |error| error.to_string());
    Err(Failure::input(format!("no targets fit all losses of the model: {reason}")))
}

fn uniform(shape: &[usize]) -> Result<Array, Failure> {
    Ok(random::uniform(shape, 0.0, 1.0, DType::F32, 2).array()?)
}

fn zeros(shape: &[usize], dtype: DType) -> Result<Array, Failure> {
    Array::zeros(shape, dtype).map_err(Failure::run)
}
