//! The progress of `fit`, printed.

use super::Callback;
use crate::Result;
use crate::callbacks::Session;
use crate::models::{Logs, Verbose};

/// Prints the progress of a run as Keras does.
pub struct ProgbarLogger {
    verbose: Verbose,
    started: std::time::Instant,
}

impl ProgbarLogger {
    /// A printer at a level.
    pub fn new(verbose: Verbose) -> Self {
        ProgbarLogger { verbose, started: std::time::Instant::now() }
    }
}

impl Callback for ProgbarLogger {
    fn on_epoch_begin(&mut self, epoch: usize, session: &mut Session) -> Result<()> {
        self.started = std::time::Instant::now();
        if self.verbose != Verbose::Silent {
            println!("Epoch {}/{}", epoch + 1, session.params().epochs);
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, _: usize, logs: &Logs, session: &mut Session) -> Result<()> {
        if self.verbose != Verbose::Silent {
            let steps = session.params().steps;
            let seconds = self.started.elapsed().as_secs_f64();
            let values: Vec<String> = logs.iter().map(|(n, v)| format!(" - {n}: {v:.4}")).collect();
            println!("{steps}/{steps} - {seconds:.0}s{}", values.concat());
        }
        Ok(())
    }
}
