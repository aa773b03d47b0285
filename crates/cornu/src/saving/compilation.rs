//! What becomes of the compilation that a file holds, and what is said of the parts that cannot be used.

use std::fmt;

use crate::models::{Compile, Model};

/// What becomes of the compilation in a file: optimizer, losses and metrics.
///
/// `true` is [`Saved`](Compilation::Saved), `false` is [`Skip`](Compilation::Skip).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compilation {
    /// The model is compiled as it was saved; what is not known is an error, as in Keras's `load_model`.
    #[default]
    Saved,
    /// The model is compiled as it was saved, if all of it is known. If not, it opens without: the notes of
    /// [`Opened`] say what is missing, and its `compilation` holds the rest. For inference, or to ask the user.
    Lenient,
    /// The compilation is not looked at: Keras's `compile=False`.
    Skip,
}

impl From<bool> for Compilation {
    fn from(compile: bool) -> Self {
        if compile { Compilation::Saved } else { Compilation::Skip }
    }
}

/// A model from a file, with what is to be said of it: see [`Load::open_with_notes`](super::Load::open_with_notes).
#[derive(Clone)]
#[non_exhaustive]
pub struct Opened {
    /// The model; it is compiled unless a note is about its optimizer, a loss or a metric.
    pub model: Model,
    /// The parts of the file's compilation that can be used; none where it has none, or it was skipped. Without
    /// a usable optimizer it has Keras's default, `"rmsprop"`.
    pub compilation: Option<Compile>,
    /// What of the file could not be used, for a warning.
    pub notes: Vec<Note>,
}

/// A part of a file that could not be used: its [`Display`](fmt::Display) form is a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// The part.
    pub about: About,
    /// Its name: `"dice_loss"`.
    pub name: String,
    /// Why it cannot be used.
    pub reason: String,
}

/// What a [`Note`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum About {
    /// The optimizer is not known.
    Optimizer,
    /// An argument of the optimizer that Keras 3 has no longer: training goes on without it.
    OptimizerArgument,
    /// The state of the optimizer does not fit the model: it starts anew.
    OptimizerState,
    /// A loss is not known.
    Loss,
    /// A metric is not known.
    Metric,
    /// The compilation as a whole: it does not fit the model, or an argument is wrong.
    Compilation,
}

impl Note {
    pub(super) fn new(about: About, name: impl Into<String>, reason: impl fmt::Display) -> Note {
        Note { about, name: name.into(), reason: reason.to_string() }
    }

    /// Whether the model can be compiled in spite of it.
    pub(super) fn compiles(&self) -> bool {
        matches!(self.about, About::OptimizerState | About::OptimizerArgument)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Note { about, name, reason } = self;
        match about {
            About::Optimizer | About::OptimizerArgument => {
                write!(f, "the optimizer {name:?} {reason}")
            }
            About::Loss => write!(f, "the loss {name:?} {reason}"),
            About::Metric => write!(f, "the metric {name:?} {reason}"),
            About::OptimizerState => write!(f, "the optimizer {name:?} starts anew: {reason}"),
            About::Compilation => write!(f, "the compilation: {reason}"),
        }
    }
}
