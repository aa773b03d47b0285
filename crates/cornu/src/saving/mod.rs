//! Models as files.

mod config;

pub(crate) use config::{functional_config, sequential_config};
