//! How weights follow their gradients.
//!
//! An optimizer is a pure description: the rule that turns a variable, its gradient and its slots (momentum
//! and the like) into their next values. What all share — clipping, weight decay, averaging, constraints,
//! the count of iterations — is in [`State`], which the trainer keeps.
//!
//! ```
//! use cornu::optimizers::{Adam, Optimizer};
//! let optimizer = Adam::new(3e-4).beta_1(0.5).clipnorm(1.0);
//! assert_eq!(optimizer.common().clipnorm, Some(1.0));
//! ```

use std::sync::{Arc, OnceLock};

use cornu_graph::{Array, Spec, Tensor};

use crate::config::{Choice, Family, Object, Registry};
use crate::{Result, entry};

mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod common;
mod define;
mod ftrl;
mod lamb;
mod learning_rate;
mod lion;
mod nadam;
mod rmsprop;
pub mod schedules;
mod sgd;
mod state;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use common::Common;
pub use ftrl::Ftrl;
pub use lamb::Lamb;
pub use learning_rate::LearningRate;
pub use lion::Lion;
pub use nadam::Nadam;
pub use rmsprop::RMSprop;
pub use sgd::SGD;
pub use state::State;

/// What the rule of an optimizer is given for one variable.
pub struct Step<'a> {
    /// The variable's value.
    pub variable: &'a Tensor,
    /// Its gradient, clipped.
    pub gradient: &'a Tensor,
    /// Its slots, in the order of [`Optimizer::slots`].
    pub slots: &'a [Tensor],
    /// What the rule remembers beside the variables, already advanced.
    pub globals: &'a [Tensor],
    /// The learning rate: a scalar of the variable's dtype.
    pub learning_rate: &'a Tensor,
    /// How many updates went before: a scalar of the variable's dtype, 0 at the first.
    pub iteration: &'a Tensor,
}

/// A rule by which weights follow their gradients.
pub trait Optimizer: Object {
    /// The learning rate or its schedule.
    fn learning_rate(&self) -> &LearningRate;

    /// Clipping, decay, averaging and accumulating.
    fn common(&self) -> Common;

    /// The first values of what the rule remembers of a variable, with their names.
    ///
    /// # Errors
    /// When a slot does not fit in memory.
    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>>;

    /// How many of the first slots stand together, variable by variable, in Keras's files; of the others
    /// each stands for all variables before the next. Default: 1.
    fn slots_together(&self) -> usize {
        1
    }

    /// The first values of what the rule remembers beside the variables, with their names. Default: nothing.
    fn globals(&self) -> Vec<(&'static str, Array)> {
        Vec::new()
    }

    /// The globals' next values; the steps of all variables see these. `iteration` is a `float32` scalar.
    fn advance(&self, globals: &[Tensor], iteration: &Tensor) -> Vec<Tensor> {
        let _ = iteration;
        globals.to_vec()
    }

    /// The variable's next value, and its slots'.
    ///
    /// # Errors
    /// When an argument of the optimizer is out of its range.
    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)>;
}

crate::config::register!(Optimizer);

impl Family for dyn Optimizer {
    const MODULE: &'static str = "keras.optimizers";
    const KIND: &'static str = "optimizer";

    fn registry() -> &'static Registry<dyn Optimizer> {
        static REGISTRY: OnceLock<Registry<dyn Optimizer>> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            Registry::new(vec![
                entry!(Adadelta),
                entry!(Adagrad),
                entry!(Adam),
                entry!(AdamW),
                entry!(Adamax),
                entry!(Ftrl),
                entry!(Lamb),
                entry!(Lion),
                entry!(Nadam),
                entry!(RMSprop),
                entry!(SGD),
            ])
        })
    }
}

impl<O: Optimizer + 'static> From<O> for Choice<dyn Optimizer> {
    fn from(optimizer: O) -> Self {
        Choice::Object(Arc::new(optimizer))
    }
}

/// A slot that starts with a number.
fn filled(variable: &Spec, value: f64) -> Result<Array> {
    Ok(cornu_graph::with_dtype!(variable.dtype, T => {
        Array::full(&variable.shape, <T as cornu_graph::Element>::from_f64(value))
    })?)
}
