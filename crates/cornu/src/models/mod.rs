//! Models: layers put together, trained and used.

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

pub(crate) use compile::of_output;
pub use compile::{Compile, Output};
pub use data::Data;
pub use evaluate::Evaluate;
pub use fit::{Fit, Validation, Verbose};
pub use functional::Functional;
pub use logs::{History, Logs};
pub use model::Model;
pub use predict::{Batches, Predict};
pub use sequential::Sequential;
pub use summary::Summary;
