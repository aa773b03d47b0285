//! Closures as callbacks.

use super::{Callback, Session};
use crate::Result;
use crate::models::Logs;

type Hook<'a> = Box<dyn FnMut(&mut Session) -> Result<()> + 'a>;
type Indexed<'a> = Box<dyn FnMut(usize, &Logs, &mut Session) -> Result<()> + 'a>;
type EpochEnd<'a> = Box<dyn FnMut(usize, &mut Logs, &mut Session) -> Result<()> + 'a>;

/// A callback out of closures.
///
/// ```
/// use cornu::callbacks::LambdaCallback;
/// let mut losses = Vec::new();
/// let callback = LambdaCallback::new().on_epoch_end(|_, logs, _| {
///     losses.push(logs.loss());
///     Ok(())
/// });
/// ```
#[derive(Default)]
pub struct LambdaCallback<'a> {
    train_begin: Option<Hook<'a>>,
    train_end: Option<Hook<'a>>,
    epoch_begin: Option<Indexed<'a>>,
    epoch_end: Option<EpochEnd<'a>>,
    batch_end: Option<Indexed<'a>>,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $field:ident ($($arg:ty),*);)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(mut self, hook: impl FnMut($($arg),*) -> Result<()> + 'a) -> Self {
            self.$field = Some(Box::new(hook));
            self
        })*
    };
}

impl<'a> LambdaCallback<'a> {
    /// Does nothing yet.
    pub fn new() -> Self {
        LambdaCallback::default()
    }

    setters! {
        /// Before the first epoch.
        on_train_begin: train_begin(&mut Session);
        /// After the last epoch.
        on_train_end: train_end(&mut Session);
        /// Before an epoch; the logs are empty.
        on_epoch_begin: epoch_begin(usize, &Logs, &mut Session);
        /// After an epoch.
        on_epoch_end: epoch_end(usize, &mut Logs, &mut Session);
        /// After a training step.
        on_train_batch_end: batch_end(usize, &Logs, &mut Session);
    }
}

impl Callback for LambdaCallback<'_> {
    fn on_train_begin(&mut self, session: &mut Session) -> Result<()> {
        self.train_begin.as_mut().map_or(Ok(()), |hook| hook(session))
    }
    fn on_train_end(&mut self, session: &mut Session) -> Result<()> {
        self.train_end.as_mut().map_or(Ok(()), |hook| hook(session))
    }
    fn on_epoch_begin(&mut self, epoch: usize, session: &mut Session) -> Result<()> {
        self.epoch_begin.as_mut().map_or(Ok(()), |hook| hook(epoch, &Logs::default(), session))
    }
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        self.epoch_end.as_mut().map_or(Ok(()), |hook| hook(epoch, logs, session))
    }
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<()> {
        self.batch_end.as_mut().map_or(Ok(()), |hook| hook(batch, logs, session))
    }
}
