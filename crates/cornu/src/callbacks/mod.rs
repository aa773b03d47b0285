//! What happens around epochs and batches.

/// Builder methods named as Keras's arguments; `optional` ones set an `Option`.
macro_rules! arguments {
    (optional $($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = Some($name);
            self
        })*
    };
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = $name;
            self
        })*
    };
}

/// The builder methods of what watches a value.
macro_rules! monitor_arguments {
    ($default:literal) => {
        /// By how much a value must be better to count.
        #[doc = $default]
        #[must_use]
        pub fn min_delta(mut self, min_delta: f64) -> Self {
            self.monitor.min_delta = min_delta;
            self
        }

        /// Whether smaller or larger is better. Default: as the metric says.
        #[must_use]
        pub fn mode(mut self, mode: Mode) -> Self {
            self.monitor.mode = mode;
            self
        }
    };
}

use {arguments, monitor_arguments};

mod backup_and_restore;
mod csv_logger;
mod early_stopping;
mod interrupt;
mod lambda_callback;
mod learning_rate_scheduler;
mod model_checkpoint;
mod monitor;
mod path_pattern;
mod progbar;
mod progress;
mod reduce_lr_on_plateau;
mod session;
mod state;
mod tensor_board;
pub mod tensorboard;
mod terminate_on_nan;
mod text;

pub use backup_and_restore::BackupAndRestore;
pub use csv_logger::CSVLogger;
pub use early_stopping::EarlyStopping;
pub use interrupt::Interrupt;
pub use lambda_callback::LambdaCallback;
pub use learning_rate_scheduler::LearningRateScheduler;
pub use model_checkpoint::ModelCheckpoint;
pub use monitor::Mode;
pub use progress::ProgbarLogger;
pub use reduce_lr_on_plateau::ReduceLROnPlateau;
pub use session::{Params, Position, Session};
pub use state::State;
pub use tensor_board::TensorBoard;
pub use terminate_on_nan::TerminateOnNaN;

use crate::models::Logs;
use crate::{Error, Result};

/// Hooks around training, evaluation and prediction; all do nothing by default.
///
/// ```
/// use cornu::Result;
/// use cornu::callbacks::{Callback, Session};
/// use cornu::models::Logs;
///
/// /// Stops when the loss is good enough.
/// struct Enough(f64);
///
/// impl Callback for Enough {
///     fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
///         if logs.loss() < self.0 {
///             session.stop_training();
///         }
///         Ok(())
///     }
/// }
/// ```
#[allow(unused_variables)]
pub trait Callback {
    /// Before the first epoch.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_train_begin(&mut self, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// After the last epoch.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_train_end(&mut self, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// When training is left because the process is to end (see [`Session::interrupt`]), in the place of
    /// `on_train_end`.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_interrupt(&mut self, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// What the callback must remember so that a run that is resumed (see [`BackupAndRestore`]) goes on as if it
    /// had not stopped. Default: nothing.
    ///
    /// # Errors
    /// An error ends the run.
    fn state(&self) -> Result<State> {
        Ok(State::default())
    }
    /// Sets what [`Callback::state`] gave, after `on_train_begin`. Default: no state is accepted.
    ///
    /// # Errors
    /// When the state is not that of this callback; the run does not begin.
    fn restore(&mut self, state: &State) -> Result<()> {
        Err(Error::format("state", "this callback remembers nothing"))
    }
    /// Before an epoch; the first is 0. Also before the rest of an epoch that was interrupted: then
    /// `session.position().step` is not 0.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_epoch_begin(&mut self, epoch: usize, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// After an epoch and its validation. Values that are added to `logs` are seen by the callbacks that follow,
    /// and stand in the history.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// Before a training step; the first of an epoch is 0.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_train_batch_begin(&mut self, batch: usize, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// After a training step, with the running means.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<()> {
        Ok(())
    }
    /// Before an evaluation, which may be the validation within `fit`.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_test_begin(&mut self, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// Before a step of an evaluation.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_test_batch_begin(&mut self, batch: usize, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// After a step of an evaluation.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_test_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<()> {
        Ok(())
    }
    /// After an evaluation.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_test_end(&mut self, logs: &Logs, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// Before a prediction.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_predict_begin(&mut self, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// Before a step of a prediction.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_predict_batch_begin(&mut self, batch: usize, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// After a step of a prediction.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_predict_batch_end(&mut self, batch: usize, session: &mut Session) -> Result<()> {
        Ok(())
    }
    /// After a prediction.
    ///
    /// # Errors
    /// An error of any hook ends the run.
    fn on_predict_end(&mut self, session: &mut Session) -> Result<()> {
        Ok(())
    }
}

macro_rules! forward {
    ($type:ty) => {
        impl<C: Callback + ?Sized> Callback for $type {
            fn on_train_begin(&mut self, session: &mut Session) -> Result<()> {
                (**self).on_train_begin(session)
            }
            fn on_train_end(&mut self, session: &mut Session) -> Result<()> {
                (**self).on_train_end(session)
            }
            fn on_interrupt(&mut self, session: &mut Session) -> Result<()> {
                (**self).on_interrupt(session)
            }
            fn state(&self) -> Result<State> {
                (**self).state()
            }
            fn restore(&mut self, state: &State) -> Result<()> {
                (**self).restore(state)
            }
            fn on_epoch_begin(&mut self, epoch: usize, session: &mut Session) -> Result<()> {
                (**self).on_epoch_begin(epoch, session)
            }
            fn on_epoch_end(
                &mut self,
                epoch: usize,
                logs: &mut Logs,
                session: &mut Session,
            ) -> Result<()> {
                (**self).on_epoch_end(epoch, logs, session)
            }
            fn on_train_batch_begin(&mut self, batch: usize, session: &mut Session) -> Result<()> {
                (**self).on_train_batch_begin(batch, session)
            }
            fn on_train_batch_end(
                &mut self,
                batch: usize,
                logs: &Logs,
                session: &mut Session,
            ) -> Result<()> {
                (**self).on_train_batch_end(batch, logs, session)
            }
            fn on_test_begin(&mut self, session: &mut Session) -> Result<()> {
                (**self).on_test_begin(session)
            }
            fn on_test_batch_begin(&mut self, batch: usize, session: &mut Session) -> Result<()> {
                (**self).on_test_batch_begin(batch, session)
            }
            fn on_test_batch_end(
                &mut self,
                batch: usize,
                logs: &Logs,
                session: &mut Session,
            ) -> Result<()> {
                (**self).on_test_batch_end(batch, logs, session)
            }
            fn on_test_end(&mut self, logs: &Logs, session: &mut Session) -> Result<()> {
                (**self).on_test_end(logs, session)
            }
            fn on_predict_begin(&mut self, session: &mut Session) -> Result<()> {
                (**self).on_predict_begin(session)
            }
            fn on_predict_batch_begin(
                &mut self,
                batch: usize,
                session: &mut Session,
            ) -> Result<()> {
                (**self).on_predict_batch_begin(batch, session)
            }
            fn on_predict_batch_end(&mut self, batch: usize, session: &mut Session) -> Result<()> {
                (**self).on_predict_batch_end(batch, session)
            }
            fn on_predict_end(&mut self, session: &mut Session) -> Result<()> {
                (**self).on_predict_end(session)
            }
        }
    };
}

forward!(&mut C);
forward!(Box<C>);
