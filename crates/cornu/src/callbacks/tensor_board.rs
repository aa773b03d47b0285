//! Curves for TensorBoard.

use std::path::PathBuf;
use std::time::Instant;

use cornu_graph::Array;

use super::tensorboard::EventWriter;
use super::{Callback, Session, State};
use crate::models::Logs;
use crate::plot::Image;
use crate::{Error, Result};

/// Writes loss, metrics and learning rate of each epoch (or of every so many batches) for TensorBoard:
/// `log_dir/train` and `log_dir/validation`.
///
/// ```
/// use cornu::callbacks::TensorBoard;
/// let board = TensorBoard::new("logs").histogram_freq(1).write_images(true).update_freq(100);
/// ```
pub struct TensorBoard {
    log_dir: PathBuf,
    histogram_freq: usize,
    write_graph: bool,
    write_images: bool,
    write_steps_per_second: bool,
    update_freq: usize,
    profile_batch: usize,
    embeddings_freq: usize,
    train: Option<EventWriter>,
    validation: Option<EventWriter>,
    batches: u64,
    /// When the epoch began, and after how many steps.
    epoch: Option<(Instant, f64)>,
    step: Option<Instant>,
}

/// The writer of one of the two folders, made at its first use.
fn open<'w>(
    writer: &'w mut Option<EventWriter>,
    log_dir: &std::path::Path,
    name: &str,
) -> Result<&'w mut EventWriter> {
    let made = match writer.take() {
        Some(writer) => writer,
        None => EventWriter::new(log_dir.join(name))?,
    };
    Ok(writer.insert(made))
}

impl TensorBoard {
    /// Writes below a folder, which is made if need be. A path is taken as it is.
    pub fn new(log_dir: impl Into<PathBuf>) -> Self {
        TensorBoard {
            log_dir: log_dir.into(),
            histogram_freq: 0,
            write_graph: true,
            write_images: false,
            write_steps_per_second: false,
            update_freq: 0,
            profile_batch: 0,
            embeddings_freq: 0,
            train: None,
            validation: None,
            batches: 0,
            epoch: None,
            step: None,
        }
    }

    super::arguments! {
        /// Every how many epochs histograms of the weights are written. Default: never.
        histogram_freq: usize;
        /// Whether the model's layers are written, which TensorBoard shows as a conceptual graph. Default: true.
        write_graph: bool;
        /// Whether weights are written as pictures, too, with the histograms: values from 0 to 1 from black to white.
        /// Default: false.
        write_images: bool;
        /// Whether the steps per second are written, of epochs and, with `update_freq`, of batches. Default: false.
        write_steps_per_second: bool;
        /// Every how many batches the running values are written, beside those of the epochs. Default: never.
        update_freq: usize;
        /// Keras's batch to profile. Only 0 is possible: there is no profile that TensorBoard shows; `cornu profile` makes
        /// one. Default: 0.
        profile_batch: usize;
        /// Keras's frequency of embeddings. Only 0 is possible: TensorBoard reads them from TensorFlow's checkpoints.
        /// Default: 0.
        embeddings_freq: usize;
    }

    fn train(&mut self) -> Result<&mut EventWriter> {
        open(&mut self.train, &self.log_dir, "train")
    }

    fn validation(&mut self) -> Result<&mut EventWriter> {
        open(&mut self.validation, &self.log_dir, "validation")
    }

    /// Histograms and pictures of the weights.
    fn weights(&mut self, step: u64, session: &Session) -> Result<()> {
        for layer in session.model().as_layer().flatten() {
            for weight in layer.own_weights() {
                let (name, value) = (weight.variable.name(), weight.variable.value());
                let tag = format!("{}/{name}", layer.name());
                self.train()?.histogram(&format!("{tag}/histogram"), step, &value.to_vec())?;
                let images = if self.write_images { pictures(&value)? } else { Vec::new() };
                if !images.is_empty() {
                    self.train()?.images(&format!("{tag}/image"), step, &images)?;
                }
            }
        }
        Ok(())
    }
}

/// How many updates of the weights there were.
fn iterations(session: &Session) -> Result<f64> {
    session.model().with_optimizer(|optimizer| Ok(optimizer.iterations().value().item()?))
}

/// Weights as Keras shows them: vectors as columns, matrices lying, kernels of a convolution one by one. At most three, as
/// TensorFlow takes; of four dimensions only pictures in colour, not those with a channel for transparency.
fn pictures(weight: &Array) -> Result<Vec<Image>> {
    let shape: Vec<usize> = weight.shape().iter().copied().filter(|n| *n != 1).collect();
    let values = weight.to_vec::<f32>();
    // Pictures, rows, columns, channels, and the place of a value.
    let (sizes, strides) = match shape[..] {
        [n] => ([1, n, 1, 1], [0, 1, 0, 0]),
        [rows, columns] if rows > columns => ([1, columns, rows, 1], [0, 1, columns, 0]),
        [rows, columns] => ([1, rows, columns, 1], [0, columns, 1, 0]),
        [rows, columns, n] => ([n, rows, columns, 1], [1, columns * n, n, 0]),
        [n, rows, columns, channels @ 3] => {
            let row = columns * channels;
            ([n, rows, columns, channels], [rows * row, row, channels, 1])
        }
        _ => return Ok(Vec::new()),
    };
    let [n, rows, columns, channels] = sizes;
    let picture = |i: usize| {
        let mut bytes = Vec::with_capacity(rows * columns * channels);
        for r in 0..rows {
            for c in 0..columns {
                for channel in 0..channels {
                    let place =
                        [i, r, c, channel].iter().zip(strides).map(|(at, s)| at * s).sum::<usize>();
                    // TensorFlow's convert_image_dtype; a cast takes NaN to 0.
                    bytes.push((values[place] * 255.5).clamp(0.0, 255.0) as u8);
                }
            }
        }
        Image::new(columns, rows, channels, bytes)
    };
    (0..n.min(3)).map(picture).collect()
}

impl Callback for TensorBoard {
    fn on_train_begin(&mut self, session: &mut Session) -> Result<()> {
        let refused = [
            (
                "profile_batch",
                self.profile_batch,
                "there is no profile that TensorBoard shows; `cornu profile` makes one",
            ),
            (
                "embeddings_freq",
                self.embeddings_freq,
                "TensorBoard reads embeddings from TensorFlow's checkpoints",
            ),
        ];
        if let Some((name, value, why)) = refused.into_iter().find(|(_, value, _)| *value > 0) {
            return Err(Error::invalid("TensorBoard", name, format!("must be 0: {why}"), value));
        }
        self.batches = 0;
        if self.write_graph {
            match session.model().to_config() {
                Ok(config) => self.train()?.keras_model("keras", 0, &config.to_string())?,
                // As in Keras.
                Err(error) => tracing::warn!("TensorBoard: the model has no graph: {error}"),
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::default();
        state.set("batches", self.batches as f64);
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        self.batches = state.count("batches")? as u64;
        Ok(())
    }

    fn on_epoch_begin(&mut self, _: usize, session: &mut Session) -> Result<()> {
        self.epoch = match self.write_steps_per_second {
            true => Some((Instant::now(), iterations(session)?)),
            false => None,
        };
        Ok(())
    }

    fn on_train_batch_begin(&mut self, _: usize, _: &mut Session) -> Result<()> {
        self.step = self.write_steps_per_second.then(Instant::now);
        Ok(())
    }

    fn on_train_batch_end(&mut self, _: usize, logs: &Logs, _: &mut Session) -> Result<()> {
        self.batches += 1;
        let step = self.batches;
        if self.update_freq == 0 || !step.is_multiple_of(self.update_freq as u64) {
            return Ok(());
        }
        if let Some(begun) = self.step {
            let rate = 1.0 / begun.elapsed().as_secs_f64();
            self.train()?.scalar("batch_steps_per_second", step, rate)?;
        }
        for (name, value) in logs.iter() {
            self.train()?.scalar(&format!("batch_{name}"), step, value)?;
        }
        Ok(())
    }

    fn on_test_end(&mut self, logs: &Logs, session: &mut Session) -> Result<()> {
        let step = iterations(session)? as u64;
        for (name, value) in logs.iter() {
            let tag = format!("evaluation_{name}_vs_iterations");
            self.validation()?.scalar(&tag, step, value)?;
        }
        self.validation.as_mut().map_or(Ok(()), EventWriter::flush)
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        let step = epoch as u64;
        let mut shown = logs.clone();
        super::learning_rate_scheduler::log_learning_rate(&mut shown, session)?;
        if let Some((begun, before)) = self.epoch {
            let steps = iterations(session)? - before;
            shown.set("steps_per_second", steps / begun.elapsed().as_secs_f64());
        }
        for (name, value) in shown.iter() {
            match name.strip_prefix("val_") {
                Some(name) => self.validation()?.scalar(&format!("epoch_{name}"), step, value)?,
                None => self.train()?.scalar(&format!("epoch_{name}"), step, value)?,
            }
        }
        if self.histogram_freq > 0 && epoch.is_multiple_of(self.histogram_freq) {
            self.weights(step, session)?;
        }
        for writer in [&mut self.train, &mut self.validation].into_iter().flatten() {
            writer.flush()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_shown_as_keras_shows_them() {
        let weight = |shape: &[usize]| {
            let count = shape.iter().product::<usize>();
            Array::new(shape, (0..count).map(|i| i as f32 / 10.0 - 0.1).collect()).unwrap()
        };
        let sizes = |shape: &[usize]| {
            let images = pictures(&weight(shape)).unwrap();
            (images.len(), images.first().map(|i| (i.height, i.width)))
        };
        // The shapes of the sheets that keras.callbacks.TensorBoard hands to tf.summary.image.
        assert_eq!(sizes(&[5]), (1, Some((5, 1))));
        assert_eq!(sizes(&[4, 3]), (1, Some((3, 4))));
        assert_eq!(sizes(&[3, 4]), (1, Some((3, 4))));
        assert_eq!(sizes(&[3, 3, 1, 8]), (3, Some((3, 3))));
        assert_eq!(sizes(&[2, 2, 2, 8]), (0, None));
        assert_eq!(sizes(&[2, 2, 2, 3]), (2, Some((2, 2))));
        assert_eq!(sizes(&[1, 1]), (0, None));
        // -0.1, 0, 0.1 … : black below 0; a tall matrix lies.
        let image = &pictures(&weight(&[3, 2])).unwrap()[0];
        assert_eq!(image.pixels, [0, 25, 76, 0, 51, 102]);
        // The second kernel: values 0.0, 0.2, 0.4, 0.6.
        let image = &pictures(&weight(&[2, 2, 2])).unwrap()[1];
        assert_eq!(image.pixels, [0, 51, 102, 153]);
    }
}
