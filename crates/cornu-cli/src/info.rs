//! `cornu info`.

use clap::Args;
use cornu_cpu::simd::{AnyIsa, isa};
use serde_json::json;

use crate::{Failure, output};

/// Show the processor, the kernels and the threads in use
#[derive(Args)]
#[command(
    after_help = "--json prints: cornu (the version), processor, architecture, system, cores, threads, instructions (a \
                  list), kernels."
)]
pub struct Info {
    /// Print a JSON document
    #[arg(long)]
    json: bool,
}

impl Info {
    pub fn run(self) -> Result<(), Failure> {
        let used = isa().map_err(Failure::input)?;
        let threads = cornu_cpu::runtime::default_threads().map_err(Failure::input)?;
        let found: Vec<&str> = AnyIsa::available().iter().map(|i| i.name()).collect();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (version, architecture) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
        if self.json {
            let document = json!({
                "cornu": version,
                "processor": processor(),
                "architecture": architecture,
                "system": std::env::consts::OS,
                "cores": cores,
                "threads": threads,
                "instructions": found,
                "kernels": used.name(),
            });
            output::line(format!("{document:#}"));
            return Ok(());
        }
        output::line(format!("cornu          {version}"));
        output::line(format!("processor      {}", processor()));
        output::line(format!("architecture   {architecture} ({})", std::env::consts::OS));
        output::line(format!("cores          {cores}"));
        output::line(format!("threads        {threads}"));
        output::line(format!("instructions   {}", found.join(", ")));
        output::line(format!("kernels        {}", used.name()));
        Ok(())
    }
}

/// The processor's name, where the system tells it.
pub fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with("model name"));
    let name = line.and_then(|l| l.split_once(':')).map(|(_, name)| name.trim().to_string());
    name.unwrap_or_else(|| "unknown".into())
}
