//! Predicts house prices from standardised columns, and reports the mean error in thousands of dollars.

use cornu::datasets;
use cornu::layers::{Dense, Input, LayerExt, Normalization};
use cornu::metrics::Unscaled;
use cornu::models::{Compile, Fit, Model};
use cornu::{Array, Error, Result};

fn column(values: Option<Array>) -> Result<Array> {
    let values = values.ok_or_else(|| Error::format("boston_housing", "has no prices"))?;
    let rows = values.len();
    Ok(values.reshape(&[rows, 1])?)
}

/// The rows of `data` through a layer.
fn through(layer: &Normalization, data: &Array) -> Result<Array> {
    let x = Input([data.shape()[1]]);
    Ok(Model::new(&x, layer.clone().apply(&x)?)?.predict(data, 512)?.remove(0))
}

fn main() -> Result<()> {
    cornu::set_random_seed(1);
    let data = datasets::boston_housing()?;
    let (prices, test_prices) = (column(data.y_train)?, column(data.y_test)?);
    // What the test rows are scaled by is known from the training rows alone.
    let scaler = Normalization::new().adapt(&prices)?;

    let x = Input([data.x_train.shape()[1]]);
    let h = Normalization::new().adapt(&data.x_train)?.apply(&x)?;
    let h = Dense::new(64).activation("relu").apply(&h)?;
    let h = Dense::new(64).activation("relu").apply(&h)?;
    let model = Model::new(&x, Dense::new(1).apply(&h)?)?;
    let dollars = Unscaled::by("mae", &scaler)?;
    model.compile(Compile::new("rmsprop").loss("mse").metrics([dollars]))?;
    let fit = Fit::new().epochs(80).batch_size(16).verbose(0);
    let history = model.fit(&data.x_train, &through(&scaler, &prices)?, fit)?;
    let last = history.get("mae").last().copied().unwrap_or(f64::NAN);
    println!("training: off by ${last:.2}k on average");

    // The same by hand: predictions turned back by the inverse layer.
    let scaled = model.predict(&data.x_test, 32)?.remove(0);
    let found = through(&scaler.inverse()?, &scaled)?.to_vec::<f64>();
    let truth = test_prices.to_vec::<f64>();
    let errors = found.iter().zip(&truth).map(|(p, t)| (p - t).abs());
    println!("test: off by ${:.2}k on average", errors.sum::<f64>() / truth.len() as f64);
    Ok(())
}
