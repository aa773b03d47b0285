//! A learning rate per epoch.

use super::text::float;
use super::{Callback, Session};
use crate::Result;
use crate::models::Logs;

/// Sets the learning rate before each epoch to a function of the epoch and the rate so far; adds `learning_rate` to what is
/// reported.
///
/// ```
/// use cornu::callbacks::LearningRateScheduler;
/// let halve = LearningRateScheduler::new(|epoch, rate| if epoch < 10 { rate } else { rate * 0.5 });
/// ```
pub struct LearningRateScheduler<F> {
    schedule: F,
    verbose: u8,
}

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// A scheduler from a function of the epoch (from 0) and the rate.
    pub fn new(schedule: F) -> Self {
        LearningRateScheduler { schedule, verbose: 0 }
    }

    super::arguments! {
        /// 1 says what the rate is set to. Default 0.
        verbose: u8;
    }
}

impl<F: FnMut(usize, f64) -> f64> Callback for LearningRateScheduler<F> {
    fn on_epoch_begin(&mut self, epoch: usize, session: &mut Session) -> Result<()> {
        // The rate of an epoch that goes on was set when it began.
        if session.position().step > 0 {
            return Ok(());
        }
        let rate = session.model().with_optimizer(|optimizer| {
            let rate = (self.schedule)(epoch, optimizer.learning_rate()?);
            optimizer.set_learning_rate(rate).map(|()| rate)
        })?;
        if self.verbose > 0 {
            session.print(format!(
                "\nEpoch {}: LearningRateScheduler setting learning rate to {}.\n",
                epoch + 1,
                float(rate)
            ));
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        log_learning_rate(logs, session)
    }
}

/// Adds the learning rate to what is reported.
pub(super) fn log_learning_rate(logs: &mut Logs, session: &Session) -> Result<()> {
    let rate = session.model().with_optimizer(|optimizer| optimizer.learning_rate())?;
    logs.set("learning_rate", rate);
    Ok(())
}
