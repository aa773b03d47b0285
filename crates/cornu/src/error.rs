//! The error of every fallible function of the crate.

use std::path::PathBuf;

use crate::saving::MissingClasses;

/// The result of a fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in words that name the argument, the rule and the value received.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An invalid argument, a gradient that does not exist, or a backend's failure.
    #[error(transparent)]
    Graph(#[from] cornu_graph::Error),
    /// A model has layers of classes that are not known here.
    #[error("{what}: {missing}{hint}", hint = missing.hint())]
    MissingClasses {
        /// The file or object.
        what: String,
        /// The classes.
        missing: Box<MissingClasses>,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file or a configuration is not what it claims to be.
    #[error("{what}: {reason}")]
    Format {
        /// The file or object.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A callback left an evaluation or a prediction before its end, because the process is to end.
    #[error("{0} was interrupted")]
    Interrupted(String),
}

/// Reads as [`Display`](std::fmt::Display) does: `fn main() -> cornu::Result<()>` prints it.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Error {
    /// An argument that breaks a rule; see [`cornu_graph::Error::invalid`].
    pub fn invalid(
        function: impl Into<String>,
        argument: impl Into<String>,
        rule: impl Into<String>,
        received: impl std::fmt::Display,
    ) -> Self {
        cornu_graph::Error::invalid(function, argument, rule, received).into()
    }

    /// A file or configuration that is not what it claims to be.
    pub fn format(what: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Error::Format { what: what.into(), reason: reason.to_string() }
    }

    /// A file that could not be read or written.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Error::Io { path: path.into(), source }
    }
}
