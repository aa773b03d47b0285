//! What can go wrong while a graph is built, compiled or run.

/// The result of a fallible graph function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in words that name the argument, the rule and the value received.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument breaks a rule of the function that received it.
    #[error("{function}: `{argument}` {rule}. Received: {received}")]
    InvalidArgument {
        /// The function, op or layer that was called.
        function: String,
        /// The argument's name.
        argument: String,
        /// The rule that it breaks, as the end of a sentence: "must be at least 1".
        rule: String,
        /// The value received, ready for printing.
        received: String,
    },
    /// The op has no gradient with respect to one of its inputs.
    #[error("{op} has no gradient{reason}")]
    NotDifferentiable {
        /// The op's name.
        op: String,
        /// Why, starting with a separator, or empty.
        reason: String,
    },
    /// A backend could not compile or run a graph.
    #[error("{0}")]
    Backend(String),
}

/// Reads as [`Display`](std::fmt::Display) does: a program's `main` prints it.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Error {
    /// An [`Error::InvalidArgument`].
    pub fn invalid(
        function: impl Into<String>,
        argument: impl Into<String>,
        rule: impl Into<String>,
        received: impl std::fmt::Display,
    ) -> Self {
        Error::InvalidArgument {
            function: function.into(),
            argument: argument.into(),
            rule: rule.into(),
            received: received.to_string(),
        }
    }
}
