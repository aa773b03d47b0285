//! Models: layers put together, trained and used.

mod compile;
mod data;
mod fit;
mod functional;
mod logs;
mod model;
mod predict;
mod sequential;
mod step;
mod summary;

pub use compile::Compile;
pub use data::Data;
pub use fit::{Fit, Validation, Verbose};
pub use functional::Functional;
pub use logs::{History, Logs};
pub use model::Model;
pub use predict::Batches;
pub use sequential::Sequential;
pub use summary::Summary;
