//! Timing calls.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Failure;

/// How long a measurement takes where nobody says how often to repeat.
const BUDGET: Duration = Duration::from_secs(2);

/// How long calls are warmed up, after the first: pages, caches and clocks settle.
const WARM_UP: Duration = Duration::from_millis(200);

/// Times calls and keeps what came out.
pub struct Stopwatch {
    repeat: Option<usize>,
    only: Option<String>,
    pub rows: Vec<Row>,
}

/// What the calls of one kind took.
#[derive(Debug, Serialize)]
pub struct Row {
    pub metric: String,
    pub batch_size: Option<usize>,
    pub calls: usize,
    pub median_ms: f64,
    pub min_ms: f64,
    pub p90_ms: f64,
    pub gflops: Option<f64>,
}

/// What is timed.
pub struct Metric<'a> {
    pub name: &'a str,
    pub batch_size: Option<usize>,
    /// Multiplications and additions of a call.
    pub flops: Option<f64>,
}

impl Stopwatch {
    /// `repeat`: how many calls to time; by default as many as fit into two seconds, from 5 to 200. `only`: what
    /// the names of the metrics that are timed have in them.
    pub fn new(repeat: Option<usize>, only: Option<String>) -> Stopwatch {
        Stopwatch { repeat, only, rows: Vec::new() }
    }

    /// Whether a metric of this name is timed.
    pub fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only))
    }

    /// Warms a call up and times it, if its metric is wanted.
    pub fn time(
        &mut self,
        metric: Metric,
        mut call: impl FnMut() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if !self.wants(metric.name) {
            return Ok(());
        }
        // The first call compiles.
        call()?;
        let start = Instant::now();
        while start.elapsed() < WARM_UP {
            call()?;
        }
        let start = Instant::now();
        let mut times = Vec::new();
        let done = |n: usize| match self.repeat {
            Some(repeat) => n >= repeat,
            None => n >= 200 || n >= 5 && start.elapsed() >= BUDGET,
        };
        while !done(times.len()) {
            let start = Instant::now();
            call()?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        self.rows.push(Row::new(metric, times));
        Ok(())
    }
}

impl Row {
    /// From the milliseconds of the calls.
    fn new(metric: Metric, mut times: Vec<f64>) -> Row {
        times.sort_by(f64::total_cmp);
        let n = times.len();
        let median = (times[(n - 1) / 2] + times[n / 2]) / 2.0;
        Row {
            metric: metric.name.into(),
            batch_size: metric.batch_size,
            calls: n,
            median_ms: median,
            min_ms: times[0],
            p90_ms: times[(n * 9).div_ceil(10) - 1],
            gflops: metric.flops.map(|flops| flops / median * 1e-6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_median_minimum_and_ninetieth_percentile() {
        let metric = || Metric { name: "step", batch_size: None, flops: Some(3e9) };
        let row = Row::new(metric(), (1..=20).rev().map(f64::from).collect());
        assert_eq!((row.min_ms, row.median_ms, row.p90_ms), (1.0, 10.5, 18.0));
        assert!((row.gflops.unwrap() - 3e9 / 10.5e-3 / 1e9).abs() < 1e-9);
        let row = Row::new(metric(), vec![4.0]);
        assert_eq!((row.min_ms, row.median_ms, row.p90_ms), (4.0, 4.0, 4.0));
    }

    #[test]
    fn calls_are_warmed_up_and_then_counted() {
        let (mut watch, mut calls) = (Stopwatch::new(Some(7), None), 0);
        let metric = Metric { name: "step", batch_size: Some(2), flops: None };
        let done = watch.time(metric, || {
            calls += 1;
            std::thread::sleep(Duration::from_millis(1));
            Ok(())
        });
        assert!(done.is_ok() && calls > 7);
        assert_eq!(watch.rows[0].calls, 7);
        assert!(watch.rows[0].min_ms >= 1.0);
    }
}
