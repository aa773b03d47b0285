//! A convolutional autoencoder on real digits: it learns, and to the same bits on one thread and on two.

use std::sync::Arc;

use cornu::layers::{Conv2D, Conv2DTranspose, Dense, Flatten, Input, LayerExt, Reshape};
use cornu::models::{Compile, Fit, Model};
use cornu::{Array, Result, clear_session, datasets, set_backend, set_random_seed};

fn train(threads: usize, x: &Array) -> Result<(Vec<Array>, f64)> {
    set_backend(Arc::new(cornu_cpu::Cpu::new(threads)?));
    set_random_seed(4);
    clear_session();
    let input = Input([28, 28, 1]);
    let h = Conv2D::new(8, 3).strides(2).padding("same").activation("relu").apply(&input)?;
    let h = Dense::new(16).activation("relu").apply(Flatten::new().apply(&h)?)?;
    let h = Dense::new(14 * 14 * 4).activation("relu").apply(&h)?;
    let h = Reshape::new([14, 14, 4]).apply(&h)?;
    let h = Conv2DTranspose::new(8, 3).strides(2).padding("same").activation("relu").apply(&h)?;
    let y = Conv2D::new(1, 3).padding("same").activation("sigmoid").apply(&h)?;
    let model = Model::new(&input, &y)?;
    model.compile(Compile::new("adam").loss("binary_crossentropy"))?;
    let history = model.fit(x, x, Fit::new().epochs(16).batch_size(32).verbose(0))?;
    Ok((model.get_weights(), history.get("loss")[15]))
}

#[test]
fn an_autoencoder_learns_digits_to_the_same_bits_on_one_thread_and_two() -> Result<()> {
    let digits = datasets::digits()?.x_train.rows(0, 512)?;
    let pixels: Vec<f32> = digits.to_vec::<f32>().into_iter().map(|v| v / 255.0).collect();
    let x = Array::new(&[512, 28, 28, 1], pixels)?;
    let (one, loss) = train(1, &x)?;
    let (two, _) = train(2, &x)?;
    assert_eq!(one, two);
    // One grey for all pixels gives 0.4; a picture that is the same for all digits gives 0.27.
    assert!(loss < 0.25, "{loss}");
    Ok(())
}
