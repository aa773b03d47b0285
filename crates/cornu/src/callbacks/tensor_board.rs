//! Curves for TensorBoard.

use std::path::PathBuf;
use std::time::Instant;

use cornu_graph::Array;

use super::tensorboard::EventWriter;
use super::tensorboard::projector::{self, Vectors};
use super::{Callback, Session, State};
use crate::layers::{Embedding, LayerRef};
use crate::models::Logs;
use crate::plot::Image;
use crate::{Error, Result};

/// Writes loss, metrics and learning rate of each epoch (or of every so many batches) for TensorBoard:
/// `log_dir/train` and `log_dir/validation`.
///
/// ```
/// use cornu::callbacks::TensorBoard;
/// let board = TensorBoard::new("logs").histogram_freq(1).write_images(true).update_freq(100);
/// // A model with embeddings: the projector shows their vectors.
/// let board = board.embeddings_freq(1).embeddings_metadata("words", "words.tsv");
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
    embeddings_metadata: Vec<(String, String)>,
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
            embeddings_metadata: Vec::new(),
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
        /// Every how many epochs the vectors of all [`Embedding`] layers are written for the projector. Default: never.
        embeddings_freq: usize;
    }

    /// What the vectors of an [`Embedding`] layer stand for: a table with a line for each, its path relative to `log_dir`.
    #[must_use]
    pub fn embeddings_metadata(mut self, layer: &str, path: &str) -> Self {
        self.embeddings_metadata.push((layer.into(), path.into()));
        self
    }

    /// The vectors of all embeddings.
    fn embeddings(&self, session: &Session) -> Vec<Vectors> {
        let layers = session.model().as_layer().flatten().into_iter();
        let layers = layers.filter(|layer| layer.with(|_: &Embedding| ()).is_some());
        let vectors = |layer: LayerRef| {
            let weight = layer.own_weights().into_iter().next()?.variable;
            let known = self.embeddings_metadata.iter().find(|(name, _)| name == layer.name());
            Some(Vectors {
                name: format!("{}/{}", layer.name(), weight.name()),
                values: weight.value(),
                metadata: known.map(|(_, path)| path.clone()),
            })
        };
        layers.filter_map(vectors).collect()
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
        if self.profile_batch > 0 {
            let rule =
                "must be 0: there is no profile that TensorBoard shows; `cornu profile` makes one";
            return Err(Error::invalid("TensorBoard", "profile_batch", rule, self.profile_batch));
        }
        let embeddings = self.embeddings(session);
        let layers: Vec<&str> =
            embeddings.iter().filter_map(|v| v.name.split('/').next()).collect();
        let unknown = self.embeddings_metadata.iter().find(|(name, _)| !layers.contains(&&**name));
        if let Some((name, _)) = unknown {
            let rule = format!("must be of one of the Embedding layers ({})", layers.join(", "));
            return Err(Error::invalid(
                "TensorBoard",
                "embeddings_metadata",
                rule,
                format!("{name:?}"),
            ));
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
        if self.embeddings_freq > 0 && epoch.is_multiple_of(self.embeddings_freq) {
            projector::write(&self.log_dir, &self.embeddings(session))?;
        }
        for writer in [&mut self.train, &mut self.validation].into_iter().flatten() {
            writer.flush()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tensorboard::tags;
    use super::*;
    use crate::DType;
    use crate::layers::{Conv2D, Dense, Flatten, LayerExt, input_with_dtype};
    use crate::models::{Compile, Fit, Model, Sequential};
    use crate::optimizers::SGD;

    #[test]
    fn what_keras_writes_is_written() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("cornu-board-{}", std::process::id()));
        let model = Sequential::new().input([4, 4, 1]).add(Conv2D::new(2, 3)).add(Flatten::new());
        let model = model.add(Dense::new(1)).model()?;
        model.compile(Compile::new("sgd").loss("mse").metrics(["mae"]))?;
        let (x, y) = (Array::full(&[8, 4, 4, 1], 0.5f32)?, Array::full(&[8, 1], 1f32)?);
        let board = TensorBoard::new(&folder).histogram_freq(1).write_images(true);
        let board = board.write_steps_per_second(true).update_freq(2);
        let args = Fit::new().epochs(2).batch_size(2).verbose(0).validation_data(&x, &y);
        model.fit(&x, &y, args.callback(board))?;

        // Tags and steps by the source of keras.callbacks.TensorBoard; four batches per epoch.
        let mut train = vec![("keras".to_string(), "graph_keras_model", 0)];
        for epoch in 0..2i64 {
            for batch in [4 * epoch + 2, 4 * epoch + 4] {
                for name in ["loss", "mae", "steps_per_second"] {
                    train.push((format!("batch_{name}"), "scalars", batch));
                }
            }
            for name in ["learning_rate", "loss", "mae", "steps_per_second"] {
                train.push((format!("epoch_{name}"), "scalars", epoch));
            }
            for layer in ["conv2d", "dense"] {
                for weight in ["kernel", "bias"] {
                    train.push((format!("{layer}/{weight}/histogram"), "histograms", epoch));
                    train.push((format!("{layer}/{weight}/image"), "images", epoch));
                }
            }
        }
        // A number is no picture.
        train.retain(|(tag, ..)| tag != "dense/bias/image");
        let mut validation = Vec::new();
        for epoch in 0..2i64 {
            for name in ["loss", "mae"] {
                validation.push((format!("epoch_{name}"), "scalars", epoch));
                let tag = format!("evaluation_{name}_vs_iterations");
                validation.push((tag, "scalars", 4 * (epoch + 1)));
            }
        }
        for (name, mut want) in [("train", train), ("validation", validation)] {
            let mut got = tags(&folder.join(name));
            // Layers of other tests of this thread may have taken the plain names.
            got.iter_mut().for_each(|(tag, ..)| {
                let number = |c: char| c == '_' || c.is_ascii_digit();
                if let Some((layer, rest)) = tag.split_once('/') {
                    let plain = if layer.starts_with("conv2d") {
                        "conv2d"
                    } else {
                        layer.trim_end_matches(number)
                    };
                    *tag = format!("{plain}/{rest}");
                }
            });
            got.sort();
            want.sort();
            let want: Vec<_> = want.into_iter().map(|(t, p, s)| (t, p.to_string(), s)).collect();
            assert_eq!(got, want, "{name}");
        }
        std::fs::remove_dir_all(&folder).unwrap();

        let labels = TensorBoard::new(&folder).embeddings_metadata("dense", "labels.tsv");
        for (board, said) in [
            (TensorBoard::new(&folder).profile_batch(2), "`profile_batch` must be 0"),
            (labels, "`embeddings_metadata` must be of one of the Embedding layers ()"),
        ] {
            let args = Fit::new().verbose(0).callback(board);
            let error = model.fit(&x, &y, args).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(!folder.exists(), "nothing is written before a refusal");
        Ok(())
    }

    #[test]
    fn embeddings_are_written_for_the_projector() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("cornu-vectors-{}", std::process::id()));
        let ids = input_with_dtype([2], DType::I32);
        let words =
            Embedding::new(3, 2).embeddings_initializer("ones").name("words").apply(&ids)?;
        let model = Model::new(&ids, Flatten::new().apply(&words)?)?;
        model.compile(Compile::new(SGD::new(0.0)).loss("mse"))?;
        let (x, y) = (Array::full(&[4, 2], 1i32)?, Array::full(&[4, 4], 1f32)?);
        let board = TensorBoard::new(&folder).embeddings_freq(1);
        let board = board.embeddings_metadata("words", "é \"w\".tsv");
        model.fit(&x, &y, Fit::new().verbose(0).callback(board))?;
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(read("embedding-0.tsv"), "1\t1\n1\t1\n1\t1\n");
        let want = "embeddings {\n  tensor_name: \"words/embeddings\"\n  tensor_path: \"embedding-0.tsv\"\n  \
                    metadata_path: \"\\303\\251 \\042w\\042.tsv\"\n}\n";
        assert_eq!(read("projector_config.pbtxt"), want);
        std::fs::remove_dir_all(&folder).unwrap();
        Ok(())
    }

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
