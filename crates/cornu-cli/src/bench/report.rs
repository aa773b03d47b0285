//! What a bench prints.

use cornu_cpu::simd::isa;
use serde::Serialize;

use super::Workload;
use super::measure::Row;
use crate::{Failure, info, output};

/// The document of `--json`.
#[derive(Serialize)]
struct Document<'a> {
    cornu: &'a str,
    workload: String,
    processor: String,
    kernels: &'a str,
    threads: usize,
    /// The most memory that this process has had in use, in 10^6 bytes; nothing where the system does not say.
    peak_memory_mb: Option<f64>,
    results: &'a [Row],
}

pub fn print(workload: Workload, threads: usize, rows: &[Row], json: bool) -> Result<(), Failure> {
    let document = Document {
        cornu: env!("CARGO_PKG_VERSION"),
        workload: format!("{workload:?}"),
        processor: info::processor(),
        kernels: isa().map_err(Failure::input)?.name(),
        threads,
        peak_memory_mb: peak_memory().map(|bytes| bytes as f64 / 1e6),
        results: rows,
    };
    if json {
        output::line(serde_json::to_string_pretty(&document).map_err(Failure::run)?);
        return Ok(());
    }
    let Document { workload, processor, kernels, .. } = &document;
    let memory =
        document.peak_memory_mb.map_or(String::new(), |mb| format!(", {mb:.0} MB at most"));
    output::line(format!(
        "{workload} on {processor}, {kernels}, {threads} threads{memory}, times in ms\n"
    ));
    let head = ["metric", "batch", "calls", "median", "min", "p90", "GFLOP/s"].map(String::from);
    let cells = rows.iter().map(|row| {
        [
            row.metric.clone(),
            row.batch_size.map_or(String::new(), |n| n.to_string()),
            row.calls.to_string(),
            format!("{:.3}", row.median_ms),
            format!("{:.3}", row.min_ms),
            format!("{:.3}", row.p90_ms),
            row.gflops.map_or(String::new(), |g| format!("{g:.1}")),
        ]
    });
    let table: Vec<_> = std::iter::once(head).chain(cells).collect();
    output::table(&table, 1);
    Ok(())
}

/// The high-water mark of this process's resident memory in bytes, as Linux keeps it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}
