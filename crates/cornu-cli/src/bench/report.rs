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
    results: &'a [Row],
}

pub fn print(workload: Workload, threads: usize, rows: &[Row], json: bool) -> Result<(), Failure> {
    let document = Document {
        cornu: env!("CARGO_PKG_VERSION"),
        workload: format!("{workload:?}"),
        processor: info::processor(),
        kernels: isa().map_err(Failure::input)?.name(),
        threads,
        results: rows,
    };
    if json {
        output::line(serde_json::to_string_pretty(&document).map_err(Failure::run)?);
        return Ok(());
    }
    let Document { workload, processor, kernels, .. } = &document;
    output::line(format!("{workload} on {processor}, {kernels}, {threads} threads, times in ms\n"));
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
