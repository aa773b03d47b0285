//! A learning rate per epoch.

use super::{Callback, Session};
use crate::Result;

/// Sets the learning rate before each epoch to a function of the epoch and the rate so far.
///
/// ```
/// use cornu::callbacks::LearningRateScheduler;
/// let halve = LearningRateScheduler::new(|epoch, rate| if epoch < 10 { rate } else { rate * 0.5 });
/// ```
pub struct LearningRateScheduler<F>(F);

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// A scheduler from a function of the epoch (from 0) and the rate.
    pub fn new(schedule: F) -> Self {
        LearningRateScheduler(schedule)
    }
}

impl<F: FnMut(usize, f64) -> f64> Callback for LearningRateScheduler<F> {
    fn on_epoch_begin(&mut self, epoch: usize, session: &mut Session) -> Result<()> {
        if session.position().step > 0 {
            return Ok(());
        }
        session.model().with_optimizer(|optimizer| {
            let rate = (self.0)(epoch, optimizer.learning_rate()?);
            optimizer.set_learning_rate(rate)
        })
    }
}
