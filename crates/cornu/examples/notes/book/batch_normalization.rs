//! The moving averages inside batch normalization.

use cornu::layers::{BatchNormalization, Input, LayerExt};
use cornu::models::{Compile, Fit, Model};
use cornu::random::numpy::random_state;
use cornu::{Array, DType, Result};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "In training, batch normalization takes mean and variance of the batch. For later it keeps exponentially weighted\n\
         moving averages of them: moving = moving · momentum + batch · (1 - momentum), from 0 for the mean and 1 for the\n\
         variance, and without a correction of the bias.",
    );
    let x = Input([1]);
    let model = Model::new(&x, &BatchNormalization::new().momentum(0.9).apply(&x)?)?;
    model.compile(Compile::new("sgd").loss("mse"))?;
    let moving = |model: &Model| -> Result<Vec<f64>> {
        let weights = model.get_weights();
        Ok(vec![weights[2].item()?, weights[3].item()?])
    };
    show!(page, moving(&model)?);
    page.text("One batch with a mean of 5 and a variance of 4 moves them a tenth of the way:");
    let batch = Array::new(&[4, 1], vec![3f32, 3.0, 7.0, 7.0])?;
    model.train_on_batch(&batch, &batch)?;
    show!(page, moving(&model)?);
    page.text("After t such batches the mean is 5 (1 - 0.9^t):");
    for _ in 0..9 {
        model.train_on_batch(&batch, &batch)?;
    }
    show!(page, moving(&model)?);
    show!(page, 5.0 * (1.0 - 0.9f64.powi(10)));
    page.text("Later, single values are normalised by what was kept: (x - mean) / sqrt(variance + 0.001), times gamma, plus beta.");
    let noise = random_state(0)?.normal(5.0, 2.0, [4000, 1])?.cast(DType::F32);
    model.fit(&noise, &noise, Fit::new().epochs(2).batch_size(100).shuffle(false).verbose(0))?;
    show!(page, moving(&model)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_move_as_keras_moves_them() {
        let (page, _) = Page::of("batch-normalization");
        let numbers: Vec<Vec<f64>> = page
            .all("moving(&model)?")
            .iter()
            .map(|text| text.trim_matches(['[', ']']).split_whitespace().map(|w| w.parse().unwrap()).collect())
            .collect();
        let kept = 0.9f64.powi(10);
        let wanted = [[0.0, 1.0], [0.5, 1.3], [5.0 * (1.0 - kept), 4.0 - 3.0 * kept], [5.0, 4.0]];
        for (i, (got, wanted)) in numbers.iter().zip(wanted).enumerate() {
            let tolerance = if i == 3 { 0.25 } else { 1e-5 };
            let near = got.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= tolerance);
            assert!(near, "{got:?}, not {wanted:?}");
        }
    }
}
