//! A clean end on Ctrl-C.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Callback, Session};
use crate::models::Logs;
use crate::{Error, Result};

static SIGNALS: AtomicUsize = AtomicUsize::new(0);

/// Ends a run after the current step when the process is interrupted; what was learnt stays. A second
/// interrupt ends the process at once.
///
/// The handler belongs to the process: a program with one of its own calls
/// [`Session::stop_training`] from a callback instead.
#[derive(Debug, Clone, Copy)]
pub struct Interrupt(());

impl Interrupt {
    /// Installs the handler, once per process.
    ///
    /// # Errors
    /// When the process has another handler already.
    pub fn new() -> Result<Interrupt> {
        static INSTALLED: OnceLock<std::result::Result<(), String>> = OnceLock::new();
        let install = || {
            ctrlc::set_handler(|| {
                if SIGNALS.fetch_add(1, Ordering::SeqCst) > 0 {
                    // What a shell reports for a process that SIGINT ended.
                    std::process::exit(130);
                }
            })
            .map_err(|e| e.to_string())
        };
        match INSTALLED.get_or_init(install) {
            Ok(()) => Ok(Interrupt(())),
            Err(reason) => Err(Error::format("Interrupt", reason)),
        }
    }

    /// Whether the process was interrupted.
    pub fn happened() -> bool {
        SIGNALS.load(Ordering::SeqCst) > 0
    }
}

impl Callback for Interrupt {
    fn on_train_batch_end(&mut self, _: usize, _: &Logs, session: &mut Session) -> Result<()> {
        if Interrupt::happened() {
            session.stop_training();
        }
        Ok(())
    }
}
