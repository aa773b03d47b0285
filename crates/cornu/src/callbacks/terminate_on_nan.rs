//! Stopping when training diverges.

use super::{Callback, Position, Session};
use crate::models::Logs;
use crate::{Error, Result};

/// Stops a run when the loss becomes NaN or infinite, or larger than a bound.
///
/// ```
/// use cornu::callbacks::TerminateOnNaN;
/// let mut watch = TerminateOnNaN::new().max_loss(1e6);
/// // … `Fit::new().callback(&mut watch)`, and after it:
/// if let Some(position) = watch.diverged() {
///     eprintln!("training diverged in step {} of epoch {}", position.step, position.epoch + 1);
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TerminateOnNaN {
    raise_error: bool,
    max_loss: Option<f64>,
    diverged: Option<Position>,
}

impl TerminateOnNaN {
    /// Stops training as [`Session::stop_training`] does.
    pub fn new() -> Self {
        TerminateOnNaN::default()
    }

    super::arguments! {
        /// Whether `fit` ends at once with an error, so that nothing that comes at its end is done: what a
        /// [`BackupAndRestore`](super::BackupAndRestore) holds stays. Default: false.
        raise_error: bool;
    }

    super::arguments! { optional
        /// Also stops when the size of the loss, or of `val_loss` after an epoch, is above this: a loss that explodes
        /// may take many epochs to become infinite. Keras has no such bound. Default: none.
        max_loss: f64;
    }

    /// After which step the loss was no number or too large, if it was.
    pub fn diverged(&self) -> Option<Position> {
        self.diverged
    }

    fn too_large(&self, loss: f64) -> bool {
        self.max_loss.is_some_and(|bound| loss.abs() > bound)
    }

    fn stop(&mut self, text: String, session: &mut Session) -> Result<()> {
        self.diverged = Some(session.position());
        if self.raise_error {
            return Err(Error::format("TerminateOnNaN", text));
        }
        session.print(format!("{text}, terminating training\n"));
        session.stop_training();
        Ok(())
    }
}

impl Callback for TerminateOnNaN {
    fn on_train_begin(&mut self, _: &mut Session) -> Result<()> {
        self.diverged = None;
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<()> {
        let loss = logs.loss();
        if logs.get("loss").is_some() && !loss.is_finite() {
            let epoch = session.position().epoch + 1;
            return match self.raise_error {
                true => self.stop(
                    format!("the loss is {loss} after batch {batch} of epoch {epoch}"),
                    session,
                ),
                false => self.stop(format!("Batch {batch}: Invalid loss"), session),
            };
        }
        match self.too_large(loss) {
            true => self.stop(format!("Batch {batch}: loss {loss} is above max_loss"), session),
            false => Ok(()),
        }
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        match logs.get("val_loss").filter(|loss| self.too_large(*loss)) {
            Some(loss) => self
                .stop(format!("Epoch {}: val_loss {loss} is above max_loss", epoch + 1), session),
            None => Ok(()),
        }
    }
}
