//! Trains a small network on the shipped digits and saves it.

use cornu::datasets;
use cornu::layers::{Conv2D, Dense, Flatten, Input, LayerExt, MaxPooling2D, Rescaling};
use cornu::models::{Compile, Fit, Model};

fn main() -> cornu::Result<()> {
    let digits = datasets::digits()?;
    let x = Input([28, 28, 1]);
    let h = Rescaling::new(1.0 / 255.0).apply(&x)?;
    let h = Conv2D::new(32, 3).activation("relu").apply(&h)?;
    let h = Flatten::new().apply(MaxPooling2D::new(2).apply(&h)?)?;
    let y = Dense::new(10).activation("softmax").apply(&h)?;
    let model = Model::new(&x, &y)?;
    println!("{}", model.summary());
    model.compile(
        Compile::new("adam").loss("sparse_categorical_crossentropy").metrics(["accuracy"]),
    )?;
    let fit = Fit::new().epochs(3).batch_size(128).validation_split(0.1);
    model.fit(&digits.x_train, &digits.y_train, fit)?;
    model.save("digits.keras")
}
