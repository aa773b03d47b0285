//! `cornu profile`.

mod subject;
mod table;
mod trace;

use std::path::PathBuf;

use clap::Args;
use cornu_cpu::profile;
use cornu_cpu::roofline::Roofline;
use serde_json::json;

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
                  chrome://tracing.\n\n--json prints: what, threads, steps, limits (gflops, gbps), plans (each with \
                  steps of step, kernel, ms, gflops, gbps,\nof_limit; steps_ms, around_ms and ms), rest_ms. What has no \
                  speed has null there."
)]
pub struct Profile {
    /// The model: a .keras or .h5 file, or one of those that `cornu train` builds: vae, gan, classifier
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

    /// Print a JSON document
    #[arg(long)]
    json: bool,

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
        let plans = Plans::new(&runs, steps);
        if self.json {
            let document = json!({
                "what": what,
                "threads": threads,
                "steps": steps,
                "limits": { "gflops": roofline.flops * 1e-9, "gbps": roofline.bandwidth * 1e-9 },
                "plans": plans.document(&roofline),
                "rest_ms": plans.rest_ms(),
            });
            output::line(format!("{document:#}"));
        } else {
            output::line(format!(
                "{what}, {threads} threads, limits {:.0} GFLOP/s and {:.1} GB/s, medians of {steps}",
                roofline.flops * 1e-9,
                roofline.bandwidth * 1e-9
            ));
            plans.print(&roofline);
        }
        if let Some(path) = &self.trace {
            trace::write(path, &runs)?;
            output::note(format!("wrote {}", path.display()));
        }
        Ok(())
    }
}
