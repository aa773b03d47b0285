//! Matrix products, element-wise functions and reductions.

use cornu::{Array, DType, Eval, Tensor, Variable, ops, random};
use cornu_graph::{Executable, Graph};

use super::measure::{Metric, Stopwatch};
use super::models::uniform;
use crate::Failure;

/// The shape of W6's values: ten million.
const SHAPE: [usize; 2] = [10_000, 1_000];

type Function = fn(&Tensor) -> Tensor;

pub fn products(watch: &mut Stopwatch) -> Result<(), Failure> {
    for n in [256, 512, 1024, 2048, 4096] {
        let (a, b) = (input(&[n, n]), input(&[n, n]));
        let product = into_variable(&[a.clone(), b.clone()], ops::matmul(&a, &b))?;
        let values = [uniform(&[n, n])?, uniform(&[n, n])?];
        let (name, flops) = (format!("matmul_{n}"), 2.0 * (n as f64).powi(3));
        let metric = Metric { name: &name, batch_size: None, flops: Some(flops) };
        watch.time(metric, || run(&*product, &[&values[0], &values[1]]))?;
    }
    Ok(())
}

/// Element-wise functions both into a new array and (`_out`) into one that is there already, reductions.
pub fn functions(watch: &mut Stopwatch) -> Result<(), Failure> {
    // From 0.5 to 1.5, where all of them are defined; results of a plan, so they are in huge pages, as the peers' are.
    let values = random::uniform(&SHAPE, 0.5, 1.5, DType::F32, 2).array()?;
    let elementwise: [(&str, Function); 8] = [
        ("exp", ops::exp),
        ("log", ops::log),
        ("log2", ops::log2),
        ("log10", ops::log10),
        ("tanh", ops::tanh),
        ("sigmoid", ops::sigmoid),
        ("floor", ops::floor),
        ("chain", |x| ops::exp(&(-ops::square(x) / 2.0)) * 0.3989),
    ];
    let reductions: [(&str, Function); 3] = [
        ("sum", |x| ops::sum(x, &[], false)),
        ("mean_axis0", |x| ops::mean(x, &[0], false)),
        ("std_axis0", |x| ops::std(x, &[0], 0, false)),
    ];
    let mut time = |name: &str, plan: &dyn Executable| {
        let metric = Metric { name, batch_size: None, flops: None };
        watch.time(metric, || run(plan, &[&values]))
    };
    for (name, function) in elementwise.iter().chain(&reductions) {
        let x = input(&SHAPE);
        let graph =
            Graph::trace(std::slice::from_ref(&x), &[function(&x)], &[]).map_err(Failure::run)?;
        time(name, &*cornu::backend()?.compile(&graph).map_err(Failure::run)?)?;
    }
    for (name, function) in elementwise {
        let x = input(&SHAPE);
        time(&format!("{name}_out"), &*into_variable(std::slice::from_ref(&x), function(&x))?)?;
    }
    Ok(())
}

fn input(shape: &[usize]) -> Tensor {
    Tensor::input(shape, DType::F32)
}

/// A plan that writes its result where the last one was: what NumPy's `out=` does.
fn into_variable(inputs: &[Tensor], result: Tensor) -> Result<Box<dyn Executable>, Failure> {
    let updates = [(Variable::new("out", uniform(result.shape())?), result)];
    let graph = Graph::trace(inputs, &[], &updates).map_err(Failure::run)?;
    cornu::backend()?.compile(&graph).map_err(Failure::run)
}

fn run(plan: &dyn Executable, inputs: &[&Array]) -> Result<(), Failure> {
    plan.run(inputs).map(drop).map_err(Failure::run)
}
