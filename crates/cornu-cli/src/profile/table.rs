//! The steps of plans, by the time that they take.

use std::sync::Arc;
use std::time::Duration;

use cornu_cpu::profile::{Run, StepInfo};
use cornu_cpu::roofline::Roofline;
use serde_json::{Value, json};

use crate::output;

/// The characters of a kernel's name that are shown.
const NAME: usize = 64;

/// The runs of the plans that make up a step.
pub struct Plans<'a> {
    plans: Vec<Vec<&'a Run>>,
    /// How long the runs of other plans took per step.
    rest: Duration,
}

/// A step of a plan with its median time.
struct Line<'a> {
    info: &'a StepInfo,
    place: usize,
    time: f64,
}

impl<'a> Plans<'a> {
    /// Plans that run in each of `steps` steps; what is computed once beside them is only added up.
    pub fn new(runs: &'a [Run], steps: usize) -> Plans<'a> {
        let mut plans: Vec<Vec<&Run>> = Vec::new();
        for run in runs {
            match plans.iter_mut().find(|p| Arc::ptr_eq(&p[0].plan, &run.plan)) {
                Some(plan) => plan.push(run),
                None => plans.push(vec![run]),
            }
        }
        let (plans, other): (Vec<_>, Vec<_>) = plans.into_iter().partition(|p| p.len() >= steps);
        let rest: Duration = other.iter().flatten().map(|run| run.whole.time).sum();
        Plans { plans, rest: rest / steps.max(1) as u32 }
    }

    /// The milliseconds of what runs beside the plans.
    pub fn rest_ms(&self) -> f64 {
        self.rest.as_secs_f64() * 1e3
    }

    /// Prints a table per plan, and what they come to.
    pub fn print(&self, roofline: &Roofline) {
        let mut total = 0.0;
        for (i, plan) in self.plans.iter().enumerate() {
            if self.plans.len() > 1 {
                output::line(format!("\nplan {} of {}", i + 1, self.plans.len()));
            } else {
                output::line("");
            }
            let plan = Times::new(plan);
            plan.print(roofline);
            total += plan.whole;
        }
        if self.plans.len() > 1 {
            output::line(format!("\nall plans: {:.3} ms", total * 1e3));
        }
        if self.rest > Duration::ZERO {
            output::line(format!("small computations beside them: {:.3} ms", self.rest_ms()));
        }
    }

    /// What `--json` prints of the plans.
    pub fn document(&self, roofline: &Roofline) -> Vec<Value> {
        self.plans.iter().map(|plan| Times::new(plan).document(roofline)).collect()
    }
}

/// The times of a plan's steps, the longest first, in seconds.
struct Times<'a> {
    lines: Vec<Line<'a>>,
    /// All steps.
    steps: f64,
    /// What the steps leave of a run.
    around: f64,
    whole: f64,
    flops: u64,
    bytes: usize,
}

impl<'a> Times<'a> {
    fn new(runs: &[&'a Run]) -> Times<'a> {
        let plan = &runs[0].plan;
        let mut lines: Vec<Line> = (plan.iter().enumerate())
            .map(|(place, info)| {
                let times = runs.iter().filter_map(|run| run.steps.get(place)).map(|t| t.time);
                Line { info, place, time: median(times) }
            })
            .collect();
        lines.sort_by(|a, b| b.time.total_cmp(&a.time));
        // Sums run by run: what disturbs one step in each run is in no step's median, and still in all sums.
        let sum = |run: &Run| run.steps.iter().map(|t| t.time).sum::<Duration>();
        Times {
            lines,
            steps: median(runs.iter().map(|run| sum(run))),
            around: median(runs.iter().map(|run| run.whole.time.saturating_sub(sum(run)))),
            whole: median(runs.iter().map(|run| run.whole.time)),
            flops: plan.iter().map(|step| step.flops).sum(),
            bytes: plan.iter().map(|step| step.bytes).sum(),
        }
    }

    fn print(&self, roofline: &Roofline) {
        let head =
            ["step", "kernel", "ms", "share", "GFLOP/s", "GB/s", "of limit"].map(String::from);
        let mut rows = vec![head];
        rows.extend(self.lines.iter().map(|line| {
            let name = shortened(&line.info.kernel);
            let amounts = (line.info.flops, line.info.bytes);
            row([&line.place.to_string(), &name], line.time, self.whole, amounts, roofline)
        }));
        let all = (self.flops, self.bytes);
        rows.push(row(["", "all steps"], self.steps, self.whole, all, roofline));
        rows.push(row(["", "around them"], self.around, self.whole, (0, 0), roofline));
        output::table(&rows, 2);
    }

    fn document(&self, roofline: &Roofline) -> Value {
        let step = |line: &Line| {
            let (flops, bytes, time) = (line.info.flops, line.info.bytes, line.time);
            // A clock that did not move in between gives no speed.
            let per = |amount: f64| (amount > 0.0 && time > 0.0).then(|| amount / time);
            json!({
                "step": line.place,
                "kernel": line.info.kernel,
                "ms": time * 1e3,
                "gflops": per(flops as f64 * 1e-9),
                "gbps": per(bytes as f64 * 1e-9),
                "of_limit": per(roofline.bound(flops, bytes)),
            })
        };
        json!({
            "steps": self.lines.iter().map(step).collect::<Vec<_>>(),
            "steps_ms": self.steps * 1e3,
            "around_ms": self.around * 1e3,
            "ms": self.whole * 1e3,
        })
    }
}

fn row(
    [place, name]: [&str; 2],
    time: f64,
    whole: f64,
    (flops, bytes): (u64, usize),
    roofline: &Roofline,
) -> [String; 7] {
    // A clock that did not move in between gives no speed.
    let speed = |amount: f64| match amount > 0.0 && time > 0.0 {
        true => format!("{:.1}", amount / time * 1e-9),
        false => String::new(),
    };
    let share = |part: f64, of: f64| match part > 0.0 && of > 0.0 {
        true => format!("{:.1}%", part / of * 100.0),
        false => String::new(),
    };
    [
        place.into(),
        name.into(),
        format!("{:.3}", time * 1e3),
        share(time, whole),
        speed(flops as f64),
        speed(bytes as f64),
        share(roofline.bound(flops, bytes), time),
    ]
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.into(),
    }
}

/// The median, in seconds; 0 of nothing.
fn median(times: impl Iterator<Item = Duration>) -> f64 {
    let mut times: Vec<f64> = times.map(|t| t.as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}
