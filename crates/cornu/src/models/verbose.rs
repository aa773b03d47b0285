//! How much is printed.

use crate::{Error, Result};

/// How much is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbose {
    /// Nothing.
    Silent,
    /// A progress bar (on a terminal it moves, elsewhere one line).
    #[default]
    Bar,
    /// One line per epoch, evaluation or prediction.
    Line,
    /// A number that Keras does not have: `fit`, `evaluate` and `predict` refuse it.
    Unknown(u8),
}

impl From<u8> for Verbose {
    /// Keras's numbers: 0, 1, 2.
    fn from(level: u8) -> Self {
        match level {
            0 => Verbose::Silent,
            1 => Verbose::Bar,
            2 => Verbose::Line,
            other => Verbose::Unknown(other),
        }
    }
}

impl Verbose {
    pub(super) fn check(self, function: &str) -> Result<()> {
        match self {
            Verbose::Unknown(level) => {
                Err(Error::invalid(function, "verbose", "must be 0, 1 or 2", level))
            }
            _ => Ok(()),
        }
    }
}
