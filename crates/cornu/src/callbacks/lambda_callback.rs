//! Closures as callbacks.

use super::{Callback, Session};
use crate::Result;
use crate::models::Logs;

type Hook<'a> = Box<dyn FnMut(&mut Session) -> Result<()> + 'a>;
type Numbered<'a> = Box<dyn FnMut(usize, &mut Session) -> Result<()> + 'a>;
type Reported<'a> = Box<dyn FnMut(&Logs, &mut Session) -> Result<()> + 'a>;
type Indexed<'a> = Box<dyn FnMut(usize, &Logs, &mut Session) -> Result<()> + 'a>;
type EpochEnd<'a> = Box<dyn FnMut(usize, &mut Logs, &mut Session) -> Result<()> + 'a>;

/// Defines the struct with a closure per hook, the builder methods and the hooks.
macro_rules! hooks {
    ($($(#[$doc:meta])* $name:ident: $hook:ident ($($arg:ident: $type:ty),*);)*) => {
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
            $($name: Option<$hook<'a>>,)*
        }

        impl<'a> LambdaCallback<'a> {
            /// Does nothing yet.
            pub fn new() -> Self {
                LambdaCallback::default()
            }

            $($(#[$doc])*
            #[must_use]
            pub fn $name(mut self, hook: impl FnMut($($type),*) -> Result<()> + 'a) -> Self {
                self.$name = Some(Box::new(hook));
                self
            })*
        }

        impl Callback for LambdaCallback<'_> {
            $(fn $name(&mut self, $($arg: $type),*) -> Result<()> {
                self.$name.as_mut().map_or(Ok(()), |hook| hook($($arg),*))
            })*
        }
    };
}

hooks! {
    /// Before the first epoch.
    on_train_begin: Hook(session: &mut Session);
    /// After the last epoch.
    on_train_end: Hook(session: &mut Session);
    /// When training is left because the process is to end.
    on_interrupt: Hook(session: &mut Session);
    /// Before an epoch.
    on_epoch_begin: Numbered(epoch: usize, session: &mut Session);
    /// After an epoch.
    on_epoch_end: EpochEnd(epoch: usize, logs: &mut Logs, session: &mut Session);
    /// Before a training step.
    on_train_batch_begin: Numbered(batch: usize, session: &mut Session);
    /// After a training step.
    on_train_batch_end: Indexed(batch: usize, logs: &Logs, session: &mut Session);
    /// Before an evaluation.
    on_test_begin: Hook(session: &mut Session);
    /// After an evaluation.
    on_test_end: Reported(logs: &Logs, session: &mut Session);
    /// Before a step of an evaluation.
    on_test_batch_begin: Numbered(batch: usize, session: &mut Session);
    /// After a step of an evaluation.
    on_test_batch_end: Indexed(batch: usize, logs: &Logs, session: &mut Session);
    /// Before a prediction.
    on_predict_begin: Hook(session: &mut Session);
    /// After a prediction.
    on_predict_end: Hook(session: &mut Session);
    /// Before a step of a prediction.
    on_predict_batch_begin: Numbered(batch: usize, session: &mut Session);
    /// After a step of a prediction.
    on_predict_batch_end: Numbered(batch: usize, session: &mut Session);
}
