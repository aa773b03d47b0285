//! Stopping when the loss is no number.

use super::{Callback, Session};
use crate::Result;
use crate::models::Logs;

/// Stops a run when the loss becomes NaN or infinite.
#[derive(Debug, Clone, Copy, Default)]
pub struct TerminateOnNaN;

impl Callback for TerminateOnNaN {
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<()> {
        if logs.get("loss").is_some_and(|loss| !loss.is_finite()) {
            tracing::warn!("batch {batch}: invalid loss, terminating training");
            session.stop_training();
        }
        Ok(())
    }
}
