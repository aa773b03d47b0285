//! The `cornu` command.
#![forbid(unsafe_code)]

mod arguments;
mod bench;
mod classes;
mod convert;
mod data;
mod datasets;
mod diff;
mod evaluate;
mod failure;
mod info;
mod logging;
mod manual;
mod notes;
mod output;
mod predict;
mod profile;
mod suggest;
mod summary;
mod train;
mod weights;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use failure::Failure;

/// Train Keras models and use them, without Python.
#[derive(Parser)]
#[command(
    name = "cornu",
    max_term_width = 100,
    version,
    about,
    long_about = "Train Keras models and use them, without Python.\n\nNew here? `cornu train vae` trains a \
                  variational autoencoder on handwritten digits that ship with the program and writes what \
                  it learnt as pictures into runs/vae.",
    after_help = "\
Environment:
  CORNU_NUM_THREADS  how many threads to use (all cores)
  CORNU_ISA          the instruction set: avx512, avx2, neon, scalar (the best)
  CORNU_CONV         convolutions: direct (sums as they are defined), auto (with
                     fewer multiplications where that is faster)
  CORNU_MAX_MEMORY   the most bytes that a step may take, as in 500M or 4G
                     (what the system says is free)
  CORNU_LOG          what to report on standard error: warn (also without it),
                     plan (and what a step compiles to), debug, off
  NO_COLOR           progress bars without colours

Exit codes: 0 done, 1 the run failed, 2 the command or a file cannot be used."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(Box<train::Train>),
    Summary(summary::Summary),
    Convert(convert::Convert),
    Diff(diff::Diff),
    Predict(predict::Predict),
    Evaluate(evaluate::Evaluate),
    Datasets(datasets::Datasets),
    Bench(bench::Bench),
    Profile(profile::Profile),
    Info(info::Info),
    Notes(notes::Notes),
    Completions(manual::Completions),
    Man(manual::Man),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help, a version, or a usage error.
        Err(said) => {
            let code = said.exit_code();
            let failed = said.print().err().filter(|e| e.kind() != std::io::ErrorKind::BrokenPipe);
            return ExitCode::from(if failed.is_some() { 1 } else { code as u8 });
        }
    };
    let done = logging::init().and_then(|()| {
        match cli.command {
            Command::Diff(command) => return command.run(),
            Command::Train(command) => command.run(),
            Command::Summary(command) => command.run(),
            Command::Convert(command) => command.run(),
            Command::Predict(command) => command.run(),
            Command::Evaluate(command) => command.run(),
            Command::Datasets(command) => command.run(),
            Command::Bench(command) => command.run(),
            Command::Profile(command) => command.run(),
            Command::Info(command) => command.run(),
            Command::Notes(command) => command.run(),
            Command::Completions(command) => command.run(Cli::command()),
            Command::Man(command) => command.run(Cli::command()),
        }?;
        Ok(ExitCode::SUCCESS)
    });
    match (done, output::outcome()) {
        (Ok(_), Some(failed)) => Failure::run(failed).report(),
        (Ok(code), None) => code,
        (Err(failure), _) => failure.report(),
    }
}
