//! The steps of plans, by the time that they take.

use std::sync::Arc;
use std::time::Duration;

use cornu_cpu::profile::{Run, StepInfo};
use cornu_cpu::roofline::Roofline;

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

    /// Prints a table per plan, and what they come to.
    pub fn print(&self, roofline: &Roofline) {
        let mut total = 0.0;
        for (i, plan) in self.plans.iter().enumerate() {
            if self.plans.len() > 1 {
                output::line(format!("\nplan {} of {}", i + 1, self.plans.len()));
            } else {
                output::line("");
            }
            total += print(plan, roofline);
        }
        if self.plans.len() > 1 {
            output::line(format!("\nall plans: {:.3} ms", total * 1e3));
        }
        if self.rest > Duration::ZERO {
            let rest = self.rest.as_secs_f64() * 1e3;
            output::line(format!("small computations beside them: {rest:.3} ms"));
        }
    }
}

/// Prints a plan; gives the seconds of a run.
fn print(runs: &[&Run], roofline: &Roofline) -> f64 {
    let plan = &runs[0].plan;
    let mut lines: Vec<Line> = (plan.iter().enumerate())
        .map(|(place, info)| {
            let times = runs.iter().filter_map(|run| run.steps.get(place)).map(|t| t.time);
            Line { info, place, time: median(times) }
        })
        .collect();
    // Sums run by run: what disturbs one step in each run is in no step's median, and still in all sums.
    let sum = |run: &Run| run.steps.iter().map(|t| t.time).sum::<Duration>();
    let steps = median(runs.iter().map(|run| sum(run)));
    let around = median(runs.iter().map(|run| run.whole.time.saturating_sub(sum(run))));
    let whole = median(runs.iter().map(|run| run.whole.time));
    lines.sort_by(|a, b| b.time.total_cmp(&a.time));
    let head = ["step", "kernel", "ms", "share", "GFLOP/s", "GB/s", "of limit"].map(String::from);
    let mut rows = vec![head];
    rows.extend(lines.iter().map(|line| {
        let name = shortened(&line.info.kernel);
        row(
            [&line.place.to_string(), &name],
            line.time,
            whole,
            (line.info.flops, line.info.bytes),
            roofline,
        )
    }));
    let flops = plan.iter().map(|step| step.flops).sum();
    let bytes = plan.iter().map(|step| step.bytes).sum();
    rows.push(row(["", "all steps"], steps, whole, (flops, bytes), roofline));
    rows.push(row(["", "around them"], around, whole, (0, 0), roofline));
    output::table(&rows, 2);
    whole
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
