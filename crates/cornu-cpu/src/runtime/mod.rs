//! What kernels run on: a pool of threads and memory that is reused.

mod arena;
pub(crate) mod budget;
mod pool;
mod shared;

pub(crate) use arena::advise_huge_pages;
pub use arena::{Arena, Pod, with_arena};
pub use pool::{Pool, default_threads};
pub use shared::SharedSlice;
