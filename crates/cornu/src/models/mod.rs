//! Models: layers put together, trained and used.

/// The builder methods that `fit`, `evaluate` and `predict` share.
macro_rules! run_arguments {
    () => {
        /// Rows per step; the last step takes what is left. Default 32.
        #[must_use]
        pub fn batch_size(mut self, rows: usize) -> Self {
            self.batch_size = rows;
            self
        }

        /// What is printed: 0, 1 or 2 as in Keras, or a [`Verbose`](crate::models::Verbose). Default 1.
        #[must_use]
        pub fn verbose(mut self, verbose: impl Into<crate::models::Verbose>) -> Self {
            self.verbose = verbose.into();
            self
        }

        /// Adds a callback; give `&mut` to look at it afterwards.
        #[must_use]
        pub fn callback(mut self, callback: impl crate::callbacks::Callback + 'a) -> Self {
            self.callbacks.push(Box::new(callback));
            self
        }
    };
}

mod backup;
mod compile;
mod data;
mod evaluate;
mod fit;
mod functional;
mod logs;
mod model;
mod predict;
mod rows;
mod sequential;
mod step;
mod summary;
mod verbose;

pub(crate) use backup::Backup;
pub(crate) use compile::of_output;
pub use compile::{Compile, Output};
pub use data::Data;
pub use evaluate::Evaluate;
pub use fit::{Fit, Validation};
pub use functional::Functional;
pub use logs::{History, Logs};
pub use model::Model;
pub use predict::{Batches, Predict};
pub use sequential::Sequential;
pub use summary::{LayerRow, Summary};
pub use verbose::Verbose;
