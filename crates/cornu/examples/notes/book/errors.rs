//! Mean squared and mean absolute error, and what they are in the target's own unit.

use cornu::layers::{Dense, Input, LayerExt, Normalization};
use cornu::metrics::unscale_error;
use cornu::models::{Compile, Evaluate, Fit, Model};
use cornu::{Array, Error, Eval, Result, Tensor, datasets, losses, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text("The mean absolute error is the mean distance from the target, the mean squared error that of its square:");
    show!(page, let targets = Tensor::from([24.0, 21.5, 34.5, 33.5]));
    show!(page, let preds = Tensor::from([24.5, 21.0, 34.0, 34.0]));
    show!(page, let mae = ops::mean(&ops::abs(&(&preds - &targets)), &[], false));
    show!(page, ops::mean(&ops::square(&(&preds - &targets)), &[], false));
    show!(page, losses::mean_absolute_error(&targets, &preds));
    show!(page, losses::mean_squared_error(&targets, &preds));
    page.text("If these are prices in thousands of dollars, the predictions are off by so many dollars on average:");
    show!(page, mae * 1000.0);

    page.text(
        "A network learns best from standardised data: mean 0, standard deviation 1 in every column. Here are days with\n\
         a temperature in °C (column 0) and a pressure in hPa (column 1):",
    );
    show!(page, let train_data = Tensor::from([[12.0, 1013.0], [21.0, 1002.0], [3.0, 1021.0], [-4.0, 998.0]]));
    show!(page, let mean = ops::mean(&train_data, &[0], false));
    let train_data = train_data - mean;
    show!(page, let std = ops::std(&train_data, &[0], 0, false));
    let train_data = train_data / &std;
    show!(page, ops::std(&train_data, &[0], 0, false));
    page.text(
        "A network that predicts such temperatures with a mean absolute error of 0.29 is off by 0.29 standard deviations.\n\
         Times the standard deviation of the column that it predicts, the error is in °C again:",
    );
    show!(page, 0.29 * &std);
    let std = std.array()?.to_vec::<f64>();
    show!(page, unscale_error("mae", 0.29, std[0])?);

    page.text(
        "The same with a network. The houses of Boston: 12 numbers about a district, and the median price in thousands\n\
         of dollars, which the network is given standardised.",
    );
    let data = datasets::boston_housing()?;
    let column = |y: &Option<Array>| -> Result<Array> {
        let y = y.clone().ok_or_else(|| Error::format("boston_housing", "has no targets"))?;
        let rows = y.len();
        Ok(y.reshape(&[rows, 1])?)
    };
    let (x, y) = (&data.x_train, column(&data.y_train)?);
    let (x_test, y_test) = (&data.x_test, column(&data.y_test)?);
    show!(page, x.shape());
    show!(page, let mean = ops::mean(&Tensor::from(&y), &[0], false));
    show!(page, let std = ops::std(&Tensor::from(&y), &[0], 0, false));
    let standardise = |y: &Array| ((Tensor::from(y) - &mean) / &std).array();

    cornu::set_random_seed(0);
    let input = Input([12]);
    let h = Normalization::new().adapt(x)?.apply(&input)?;
    let h = Dense::new(64).activation("relu").apply(&h)?;
    let model = Model::new(&input, &Dense::new(1).apply(&h)?)?;
    model.compile(Compile::new("rmsprop").loss("mse").metrics(["mae"]))?;
    model.fit(x, &standardise(&y)?, Fit::new().epochs(40).verbose(0))?;
    page.text(
        "After 40 epochs, the mean absolute error on houses that the network has not seen, in standard deviations of the\n\
         price:",
    );
    let logs = model.evaluate(x_test, &standardise(&y_test)?, Evaluate::new().verbose(0))?;
    show!(page, let mae = logs.get("mae").unwrap_or(f64::NAN));
    page.text("Times the standard deviation it is in thousands of dollars again:");
    show!(page, unscale_error("mae", mae, std.array()?.item()?)?);
    page.text("Which is the error of the predictions once they are turned back into prices:");
    show!(page, let predicted = Tensor::from(&model.predict(&x_test.rows(0, 5)?, 5)?[0]));
    show!(page, let prices = &predicted * &std + &mean);
    let all = Tensor::from(&model.predict(x_test, 32)?[0]) * &std + &mean;
    show!(page, ops::mean(&ops::abs(&(&all - Tensor::from(&y_test))), &[], false));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_the_same_in_either_unit() {
        let (page, _) = Page::of("errors");
        page.assert("mae = ops::mean(&ops::abs(&(&preds - &targets)), &[], false)", &[0.5], 0.0);
        assert_eq!(page.printed("mae * 1000.0"), "500.0");
        page.assert("ops::mean(&ops::square(&(&preds - &targets)), &[], false)", &[0.25], 0.0);
        page.assert("losses::mean_absolute_error(&targets, &preds)", &[0.5], 0.0);
        page.assert("losses::mean_squared_error(&targets, &preds)", &[0.25], 0.0);
        // The temperatures' mean is 8; of their distances 4, 13, -5, -12 the squares sum to 354.
        let degrees = 0.29 * (354f64 / 4.0).sqrt();
        page.assert("unscale_error(\"mae\", 0.29, std[0])?", &[degrees], 1e-14);
        page.assert("ops::std(&train_data, &[0], 0, false)", &[1.0, 1.0], 1e-12);
        let number = |expression: &str| -> f64 {
            page.printed(expression).trim_matches(['[', ']']).parse().unwrap()
        };
        let (mae, scaled) = (number("mae = logs.get(\"mae\").unwrap_or(f64::NAN)"), number("unscale_error(\"mae\", mae, std.array()?.item()?)?"));
        let direct = number("ops::mean(&ops::abs(&(&all - Tensor::from(&y_test))), &[], false)");
        assert!((scaled - direct).abs() < 1e-4 * direct, "{scaled} {direct}");
        // Guessing the mean price is off by 6.5 thousand dollars on average.
        assert!(mae < 0.5 && direct < 4.0, "{mae} {direct}");
    }
}
