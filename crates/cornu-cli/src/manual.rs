//! `cornu completions` and `cornu man`.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::{Failure, output};

/// Print what a shell needs to complete the command's words
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu completions bash > ~/.local/share/bash-completion/completions/cornu\n  cornu \
                  completions zsh > ~/.zfunc/_cornu      with fpath+=~/.zfunc before compinit in ~/.zshrc\n  cornu \
                  completions fish > ~/.config/fish/completions/cornu.fish"
)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, mut command: Command) -> Result<(), Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command, "cornu", &mut text);
        output::print(String::from_utf8_lossy(&text));
        Ok(())
    }
}

/// Print the manual page, or write those of all commands into a folder
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu man | man -l -\n  cornu man ~/.local/share/man/man1     and then: man cornu-train"
)]
pub struct Man {
    /// The folder for cornu.1, cornu-train.1 and the others
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Man {
    pub fn run(self, command: Command) -> Result<(), Failure> {
        let Some(folder) = &self.folder else {
            let mut text = Vec::new();
            clap_mangen::Man::new(command).render(&mut text).map_err(Failure::run)?;
            output::print(String::from_utf8_lossy(&text));
            return Ok(());
        };
        let failed = |e| Failure::input(format!("{}: {e}", folder.display()));
        std::fs::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(command, folder).map_err(failed)?;
        output::line(format!("Wrote the manual pages into {}.", folder.display()));
        Ok(())
    }
}
