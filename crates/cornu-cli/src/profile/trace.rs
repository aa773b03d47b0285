//! Runs as a trace for Perfetto and Chrome.
//!
//! Format: "Trace Event Format", complete events (`ph` is `X`), times in microseconds.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use cornu_cpu::profile::{Run, Time};
use serde_json::{Value, json};

use crate::Failure;

pub fn write(path: &Path, runs: &[Run]) -> Result<(), Failure> {
    let document = json!({ "traceEvents": events(runs), "displayTimeUnit": "ms" });
    cornu::io::atomic_write(path, |file| Ok(writeln!(file, "{document}")?)).map_err(Failure::input)
}

/// Each run, and inside it each of its steps.
fn events(runs: &[Run]) -> Vec<Value> {
    let Some(begin) = runs.first().map(|run| run.whole.start) else {
        return Vec::new();
    };
    let mut events = Vec::new();
    for run in runs {
        let arguments = json!({ "steps": run.steps.len() });
        events.push(event(begin, "plan", &run.whole, arguments));
        for (info, time) in run.plan.iter().zip(&run.steps) {
            let arguments =
                json!({ "writes": info.writes, "flops": info.flops, "bytes": info.bytes });
            events.push(event(begin, &info.kernel, time, arguments));
        }
    }
    events
}

fn event(begin: Instant, name: &str, time: &Time, arguments: Value) -> Value {
    let us = |t: std::time::Duration| t.as_nanos() as f64 / 1e3;
    json!({
        "name": name,
        "ph": "X",
        "ts": us(time.start.saturating_duration_since(begin)),
        "dur": us(time.time),
        "pid": 1,
        "tid": 1,
        "args": arguments,
    })
}
