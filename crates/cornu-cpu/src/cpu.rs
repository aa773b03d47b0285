//! The backend.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use cornu_graph::ops::Op;
use cornu_graph::{Backend, Executable, Graph, Result, Spec, passes};

use crate::lower::lower;
use crate::plan::{Arenas, Plan, layout, schedule};
use crate::runtime::{Pool, budget, default_threads};
use crate::{descent, slices, updates};

/// This machine's processor as a [`Backend`]: compiles graphs to plans of kernels.
///
/// ```
/// use cornu_cpu::Cpu;
/// use cornu_graph::{Array, Backend, DType, Graph, Tensor};
/// let x = Tensor::input(&[3], DType::F32);
/// let graph = Graph::trace(&[x.clone()], &[&x * 2.0 + 1.0], &[])?;
/// let plan = Cpu::shared()?.compile(&graph)?;
/// let y = plan.run(&[&Array::new(&[3], vec![1f32, 2.0, 3.0])?])?;
/// assert_eq!(y[0].as_slice::<f32>()?, [3.0, 5.0, 7.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cpu {
    pool: Arc<Pool>,
    arenas: Arc<Arenas>,
}

impl Cpu {
    /// A backend with its own pool of `threads` threads, the caller's included. Results do not depend on
    /// their number.
    ///
    /// # Errors
    /// When `threads` is 0 or too large, or the system starts no more threads.
    pub fn new(threads: usize) -> Result<Cpu> {
        Ok(Cpu { pool: Arc::new(Pool::new(threads)?), arenas: Arc::default() })
    }

    /// The backend that the whole process shares, with `CORNU_NUM_THREADS` threads, or as many as the
    /// machine has.
    ///
    /// # Errors
    /// When `CORNU_NUM_THREADS` is not a number of threads, or the system starts no more threads.
    pub fn shared() -> Result<&'static Cpu> {
        static SHARED: OnceLock<Result<Cpu>> = OnceLock::new();
        let made = SHARED.get_or_init(|| default_threads().and_then(Cpu::new));
        made.as_ref().map_err(Clone::clone)
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    fn plan(&self, graph: &Graph) -> Result<Plan> {
        let start = Instant::now();
        check_memory(graph)?;
        let optimized = passes::optimize(graph.clone())?;
        let program = updates::join(descent::join(slices::merge(lower(&optimized)?))?);
        let order = schedule(&program);
        let layout = layout(&program, &order);
        let mut plan = Plan::new(
            program,
            &order,
            layout,
            (graph.nodes.len(), optimized.nodes.len()),
            Arc::clone(&self.pool),
            Arc::clone(&self.arenas),
        );
        plan.set_compile_time(start.elapsed());
        tracing::debug!(target: "plan", "\n{}", plan.describe());
        Ok(plan)
    }
}

/// Refuses a graph before anything is made for it if what it certainly holds at once is more than the memory there is:
/// its results, or the image of a convolution for one sample.
fn check_memory(graph: &Graph) -> Result<()> {
    let bytes = |spec: &Spec| {
        let sizes = spec.shape.iter().copied();
        sizes.fold(spec.dtype.size(), usize::saturating_mul)
    };
    let results = graph.outputs.iter().map(|&id| bytes(&graph.node(id).spec));
    budget::check(results.fold(0, usize::saturating_add))?;
    for node in &graph.nodes {
        if matches!(node.op, Op::Conv(_) | Op::ConvInputGrad(_)) {
            let samples = node.spec.shape.first().copied().unwrap_or(1);
            budget::check(bytes(&node.spec) / samples.max(1))?;
        }
    }
    Ok(())
}

impl Backend for Cpu {
    fn name(&self) -> &str {
        "cpu"
    }

    fn compile(&self, graph: &Graph) -> Result<Box<dyn Executable>> {
        Ok(Box::new(self.plan(graph)?))
    }
}
