//! `cornu notes`.

use std::path::PathBuf;

use clap::Args;

use crate::{Failure, output};

#[path = "../../cornu/examples/notes/book/mod.rs"]
mod book;

/// Work through the mathematics of deep learning, every expression beside its value
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu notes                      all sections\n  cornu notes weighted-average     \
                  one of them\n\nThe code of each section is in crates/cornu/examples/notes/book."
)]
pub struct Notes {
    /// The sections to show; --list names them
    #[arg(value_name = "SECTION")]
    sections: Vec<String>,

    /// List the sections
    #[arg(long, conflicts_with = "sections")]
    list: bool,

    /// The folder for the pictures
    #[arg(long, default_value = "runs/notes", value_name = "FOLDER")]
    out: PathBuf,
}

impl Notes {
    pub fn run(self) -> Result<(), Failure> {
        if self.list {
            for section in book::SECTIONS {
                output::line(format!("{:<24}{}", section.name, section.title));
            }
            return Ok(());
        }
        let unknown = self.sections.iter().find(|name| book::find(name).is_none());
        if let Some(name) = unknown {
            let message = format!("there is no section named {name:?}");
            return Err(Failure::input(message).hint(format!("the sections: {}", book::names())));
        }
        for section in book::SECTIONS {
            if self.sections.is_empty() || self.sections.iter().any(|name| name == section.name) {
                output::line(section.page(&self.out)?);
            }
        }
        Ok(())
    }
}
