//! How a command ends when it cannot do its work.

use std::fmt::Display;
use std::process::ExitCode;

use crate::output;

/// A sentence for standard error, perhaps a hint, and an exit code.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// The command or a file cannot be used: exit code 2.
    pub fn input(message: impl Display) -> Failure {
        Failure { code: 2, message: message.to_string(), hint: None }
    }

    /// The run itself failed: exit code 1.
    pub fn run(message: impl Display) -> Failure {
        Failure { code: 1, message: message.to_string(), hint: None }
    }

    /// With what the user may do about it.
    pub fn hint(mut self, hint: impl Display) -> Failure {
        self.hint = Some(hint.to_string());
        self
    }

    /// Prints the failure and gives the exit code.
    pub fn report(self) -> ExitCode {
        // Where this cannot be written there is nowhere else to say it; the exit code stays.
        output::say(format!("error: {}", output::message(&self.message)));
        if let Some(hint) = self.hint {
            output::say(format!("hint: {}", output::message(&hint)));
        }
        ExitCode::from(self.code)
    }
}

impl From<cornu::Error> for Failure {
    /// What goes wrong in the library once the inputs are known to be good.
    fn from(error: cornu::Error) -> Failure {
        Failure::run(error)
    }
}
