//! How long the steps of plans take.
//!
//! Plans that run inside [`record`] note the time of each step; all others pay one look at a thread's own
//! variable per run.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One run of a plan.
#[derive(Debug, Clone)]
pub struct Run {
    /// The plan's steps; runs of one plan share them.
    pub plan: Arc<[StepInfo]>,
    /// When the run began and how long it took, with what is done beside the steps.
    pub whole: Time,
    /// When each step began and how long it took.
    pub steps: Vec<Time>,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepInfo {
    /// The kernel and its parameters.
    pub kernel: String,
    /// Shapes and dtypes of the results.
    pub writes: String,
    /// Additions and multiplications of matrix products and convolutions; 0 for other kernels.
    pub flops: u64,
    /// The bytes of all operands, each read or written once.
    pub bytes: usize,
}

/// A span of time.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// When it began.
    pub start: Instant,
    /// How long it took.
    pub time: Duration,
}

thread_local! {
    static RUNS: RefCell<Option<Vec<Run>>> = const { RefCell::new(None) };
}

/// Does `work` and gives with its result the runs of plans that this thread made meanwhile, in their order.
/// A recording inside another takes the runs for itself.
///
/// ```
/// use cornu_cpu::{Cpu, profile};
/// use cornu_graph::{Array, Backend, DType, Graph, Tensor, ops};
/// let x = Tensor::input(&[4, 4], DType::F32);
/// let plan = Cpu::shared()?.compile(&Graph::trace(&[x.clone()], &[ops::matmul(&x, &x)], &[])?)?;
/// let ones = Array::new(&[4, 4], vec![1f32; 16])?;
/// let (result, runs) = profile::record(|| plan.run(&[&ones]));
/// assert_eq!(result?[0].as_slice::<f32>()?[0], 4.0);
/// assert_eq!(runs[0].plan[0].flops, 2 * 4 * 4 * 4);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn record<R>(work: impl FnOnce() -> R) -> (R, Vec<Run>) {
    let outer = Outer(RUNS.replace(Some(Vec::new())));
    let result = work();
    let runs = RUNS.take().unwrap_or_default();
    drop(outer);
    (result, runs)
}

/// Gives an outer recording back, even when the work of the inner one panics.
struct Outer(Option<Vec<Run>>);

impl Drop for Outer {
    fn drop(&mut self) {
        RUNS.set(self.0.take());
    }
}

/// The times of a run that is under way.
pub(crate) struct Timer {
    start: Instant,
    pub steps: Vec<Time>,
}

/// A timer for a run of some steps, if this thread is recording.
pub(crate) fn timer(steps: usize) -> Option<Timer> {
    let recording = RUNS.with_borrow(Option::is_some);
    recording.then(|| Timer { start: Instant::now(), steps: Vec::with_capacity(steps) })
}

impl Timer {
    /// Adds the run, which ends now, to the recording. A run that failed has fewer times than steps.
    pub fn keep(self, plan: Arc<[StepInfo]>) {
        let whole = Time { start: self.start, time: self.start.elapsed() };
        RUNS.with_borrow_mut(|runs| {
            if let Some(runs) = runs {
                runs.push(Run { plan, whole, steps: self.steps });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use cornu_graph::{Array, Backend, DType, Graph, Tensor, ops};

    use super::*;
    use crate::Cpu;

    #[test]
    fn runs_are_recorded_inside_only_and_share_their_plan() {
        let x = Tensor::input(&[8, 8], DType::F32);
        let y = ops::tanh(&ops::matmul(&x, &x));
        let graph = Graph::trace(&[x], &[y], &[]).unwrap();
        let plan = Cpu::new(2).unwrap().compile(&graph).unwrap();
        let ones = Array::new(&[8, 8], vec![1f32; 64]).unwrap();
        let run = || plan.run(&[&ones]).unwrap();
        let bare = run();
        let ((first, inner), runs) = record(|| (run(), record(run).1));
        assert_eq!(first, bare);
        assert_eq!((runs.len(), inner.len()), (1, 1));
        assert!(Arc::ptr_eq(&runs[0].plan, &inner[0].plan));
        assert_eq!(runs[0].steps.len(), runs[0].plan.len());
        let product = runs[0].plan.iter().find(|s| s.kernel.contains("matmul")).unwrap();
        assert_eq!((product.flops, product.bytes), (2 * 512, 3 * 64 * 4));
        assert_eq!(product.writes, "float32[8, 8]");
        let steps: Duration = runs[0].steps.iter().map(|t| t.time).sum();
        assert!(Duration::ZERO < steps && steps <= runs[0].whole.time);
        assert!(record(|| ()).1.is_empty());
    }

    #[test]
    fn a_panic_inside_gives_the_outer_recording_back() {
        let ((), runs) = record(|| {
            let inner = std::panic::catch_unwind(|| record(|| panic!("inside")));
            assert!(inner.is_err());
            Cpu::new(1)
                .and_then(|cpu| {
                    let graph = Graph::trace(&[], &[Tensor::scalar(1f32) + 1.0], &[])?;
                    cpu.compile(&graph)?.run(&[])
                })
                .unwrap();
        });
        assert_eq!(runs.len(), 1);
        assert!(timer(1).is_none());
    }
}
