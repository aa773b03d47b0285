//! `cornu profile`.

mod subject;
mod table;
mod trace;

use std::path::PathBuf;

use clap::Args;
use cornu_cpu::profile;
use cornu_cpu::roofline::Roofline;

use crate::arguments::RunArgs;
use crate::{Failure, output};
use subject::Subject;
use table::Plans;

/// Show where the time of a training step goes
///
/// Runs a model on random data and lists the steps of its compiled plan by the time that they take: of the
/// training step where the model is compiled, else of the prediction.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu profile vae\n  cornu profile model.keras --batch-size 1 --trace trace.json\n\n\
                  GFLOP/s counts matrix products and convolutions, GB/s every operand once. The last column is the \
                  share of\nwhat the machine could do with both (its roofline, measured at the start); steps whose \
                  operands stay in\nthe cache can pass it. A trace opens in https://ui.perfetto.dev or \
                  chrome://tracing."
)]
pub struct Profile {
    /// The model: a .keras file, or one of those that `cornu train` builds: vae, gan, classifier
    #[arg(value_name = "MODEL|vae|gan|classifier")]
    model: String,

    /// Rows at once [default: 20 for gan, else 128]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: Option<u32>,

    /// How many steps to time; the medians are shown
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,

    /// Where to write all steps as a Chrome trace
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    #[command(flatten)]
    run: RunArgs,
}

impl Profile {
    pub fn run(self) -> Result<(), Failure> {
        self.run.apply()?;
        let threads = self.run.threads()?;
        let batch = self.batch_size.map(|n| n as usize);
        let Subject { what, mut step } = Subject::open(&self.model, batch, self.run.seed)?;
        let roofline = Roofline::measure(threads).map_err(Failure::input)?;
        // The first step compiles, the second finds the memory that the first has touched.
        step()?;
        step()?;
        let steps = self.steps as usize;
        let (done, runs) = profile::record(|| (0..steps).try_for_each(|_| step()));
        done?;
        output::line(format!(
            "{what}, {threads} threads, limits {:.0} GFLOP/s and {:.1} GB/s, medians of {steps}",
            roofline.flops * 1e-9,
            roofline.bandwidth * 1e-9
        ));
        Plans::new(&runs, steps).print(&roofline);
        if let Some(path) = &self.trace {
            trace::write(path, &runs)?;
            output::line(format!("\nWrote {}.", path.display()));
        }
        Ok(())
    }
}
