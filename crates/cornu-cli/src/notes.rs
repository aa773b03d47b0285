//! `cornu notes`.

use std::path::PathBuf;

use clap::Args;

use crate::{Failure, output, suggest};

#[path = "../../cornu/examples/notes/book/mod.rs"]
mod book;

/// Work through the mathematics of deep learning: code, and the value of every expression
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu notes                      all sections\n  cornu notes weighted-average     \
                  one of them\n\nThe code of a section can be pasted into a program; what stands behind // is the \
                  value of its line.\nThe files are in crates/cornu/examples/notes/book, and docs/notes.md says \
                  which row of the study notes is where."
)]
pub struct Notes {
    /// The sections to show; --list names them
    #[arg(value_name = "SECTION")]
    sections: Vec<String>,

    /// List the sections, in the order in which to read them
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
            let names = book::SECTIONS.iter().map(|s| s.name);
            let meant = suggest::nearest(name, names).map(|n| format!(". Did you mean {n:?}?"));
            let message = format!("there is no section {name:?}{}", meant.unwrap_or_default());
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
