//! Keras, native in Rust: models are defined, trained, saved and used with the API, the file format and the numbers of Keras 3.
//!
//! ```
//! use cornu::datasets;
//! use cornu::layers::{Conv2D, Dense, Flatten, Input, LayerExt, MaxPooling2D, Rescaling};
//! use cornu::models::{Compile, Fit, Model};
//!
//! # fn main() -> cornu::Result<()> {
//! let digits = datasets::digits()?;
//! let x = Input([28, 28, 1]);
//! let h = Rescaling::new(1.0 / 255.0).apply(&x)?;
//! let h = Conv2D::new(8, 3).activation("relu").apply(&h)?;
//! let h = Flatten::new().apply(MaxPooling2D::new(2).apply(&h)?)?;
//! let y = Dense::new(10).activation("softmax").apply(&h)?;
//! let model = Model::new(&x, &y)?;
//! model.compile(Compile::new("adam").loss("sparse_categorical_crossentropy").metrics(["accuracy"]))?;
//!
//! let (x, y) = (&digits.x_train, &digits.y_train); // 9,000 digits
//! # let (x, y) = (&x.rows(0, 512)?, &y.as_ref().unwrap().rows(0, 512)?);
//! let history = model.fit(x, y, Fit::new().epochs(1).validation_split(0.25))?;
//! assert!(history.epochs.len() == 1);
//!
//! let path = std::env::temp_dir().join("cornu-front-page.keras");
//! model.save(&path)?;
//! let again = cornu::saving::load_model(&path)?;
//! assert_eq!(again.predict(x, 32)?, model.predict(x, 32)?);
//! # std::fs::remove_file(path).unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//!
//! | | |
//! |---|---|
//! | [`layers`] [`models`] | what models are made of; how they are put together, compiled, trained, evaluated and used |
//! | [`losses`] [`metrics`] [`optimizers`] [`activations`] [`initializers`] [`regularizers`] [`constraints`] | what `compile` and layers take by Keras's name or as an object |
//! | [`callbacks`] | what happens around epochs: checkpoints, early stopping, logs, resuming |
//! | [`saving`] | Keras's files: `.keras`, `.weights.h5`, legacy `.h5`; ONNX export |
//! | [`datasets`] [`io`] | data that ships; npy, npz, CSV, PNG, JPEG, HDF5, safetensors |
//! | [`ops`] [`nn`] [`linalg`] [`fft`] [`random`] | functions of tensors by the names of `keras.ops` and NumPy |
//! | [`stats`] [`sampling`] [`ensemble`] [`boxes`] | distributions and averages; drawing from predictions; several models as one; boxes in images |
//! | [`plot`] | pictures: curves, scatter plots, confusion matrices, sheets of images |
//! | [`testing`] [`config`] | the contract of every layer, for custom ones; how classes become Keras's dicts and back |
//!
//! # Worth knowing
//!
//! - **Tensors are lazy.** A [`Tensor`] describes a computation; [`Eval::array`] computes it. An [`Array`] holds values.
//! - **Errors** name the argument, the rule and the value received. Functions of tensors never fail when they are called:
//!   a tensor carries its error to the place where it is evaluated or given to a model.
//! - **Seeds.** [`set_random_seed`] fixes all randomness: one seed gives the same bits, whatever the number of threads.
//! - **Threads.** A [`Model`](models::Model) can be shared between threads, which may predict at once.
//! - **Environment.** `CORNU_NUM_THREADS` (all cores), `CORNU_ISA` (`avx512`, `avx2`, `neon`, `scalar`: the best there is),
//!   `CORNU_CONV` (`auto`, or `direct`: convolutions as sums in the order of their definition), `CORNU_MAX_MEMORY` (the most
//!   bytes that a step may take, as in `4G`: what the system says is free).
//! - **Features.** `ndarray` (default): conversions of arrays from and to that crate's.
//! - **Unoptimised builds.** Kernels that are not optimised take a second a step. Put this into the `Cargo.toml` of your program:
//!
//! ```toml
//! [profile.dev.package.cornu-cpu]
//! opt-level = 3
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod activations;
mod backend;
pub mod boxes;
pub mod callbacks;
pub mod config;
pub mod constraints;
pub mod datasets;
pub mod ensemble;
mod error;
pub mod fft;
pub mod initializers;
pub mod io;
pub mod layers;
pub mod linalg;
pub mod losses;
pub mod metrics;
pub mod models;
pub mod nn;
pub mod ops;
pub mod optimizers;
pub mod plot;
pub mod random;
pub mod regularizers;
pub mod sampling;
pub mod saving;
mod session;
pub mod stats;
pub mod testing;

pub use backend::{Eval, backend, evaluate, set_backend};
pub use cornu_graph::{Array, DType, Data, Element, Tensor, Variable, gradients, memory};
pub use error::{Error, Result};
pub use session::{
    clear_session, next_seed, random_state, set_random_seed, set_random_state, snake_case,
};
