//! The engine as a whole: graphs in, values and updated variables out.

mod common;
mod elementary;
mod random_graphs;
mod slices;
mod training;
mod updates;
