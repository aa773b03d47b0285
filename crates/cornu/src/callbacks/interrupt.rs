//! A clean end on Ctrl-C.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Callback, Session};
use crate::models::Logs;
use crate::{Error, Result};

static SIGNALS: AtomicUsize = AtomicUsize::new(0);

/// Leaves a run after the current step when the process is asked to end (SIGINT, SIGTERM, SIGHUP): see
/// [`Session::interrupt`]. What was learnt stays, and [`BackupAndRestore`](super::BackupAndRestore) lets the run go on
/// from there. A second signal ends the process at once.
///
/// The handler belongs to the process: a program with one of its own calls [`Session::interrupt`] from a callback
/// instead.
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

fn look(session: &mut Session) -> Result<()> {
    if Interrupt::happened() {
        session.interrupt();
    }
    Ok(())
}

impl Callback for Interrupt {
    fn on_train_batch_end(&mut self, _: usize, _: &Logs, session: &mut Session) -> Result<()> {
        look(session)
    }

    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, session: &mut Session) -> Result<()> {
        look(session)
    }

    fn on_test_batch_end(&mut self, _: usize, _: &Logs, session: &mut Session) -> Result<()> {
        look(session)
    }

    fn on_predict_batch_end(&mut self, _: usize, session: &mut Session) -> Result<()> {
        look(session)
    }
}
