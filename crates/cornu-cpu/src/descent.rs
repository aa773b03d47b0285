//! Weights' updates joined to the matrix products that are their gradients.
//!
//! As steps of their own the product writes a gradient of the weight's size, and the update reads it again when the
//! cache has lost it, and waits for the weight's other values. Joined, a gradient is used while it is there and never
//! written, and the arithmetic of the product hides the time that the weight takes to come.

use cornu_graph::Result;

use crate::gemm::{Gemm, has_rows};
use crate::plan::{Program, Step};
use crate::steps::Descent;

/// Joins every element-wise step that only writes variables, and reads a product that nobody else reads, to it.
pub(crate) fn join(mut program: Program) -> Result<Program> {
    let readers = program.readers();
    let found: Vec<Option<Found>> =
        program.steps.iter().map(|step| find(&program, step, &readers)).collect();
    let mut steps: Vec<Option<Step>> =
        std::mem::take(&mut program.steps).into_iter().map(Some).collect();
    for (i, found) in found.into_iter().enumerate() {
        let Some(Found { producer, spec, gradient }) = found else { continue };
        let (Some(product), Some(update)) = (steps[producer].take(), steps[i].take()) else {
            continue;
        };
        let mut inputs = product.inputs;
        inputs.extend(
            update.inputs.iter().enumerate().filter(|(k, _)| *k != gradient).map(|(_, v)| *v),
        );
        let kernel = Box::new(Descent::new(product.kernel, spec, update.kernel, gradient)?);
        steps[i] = Some(Step { kernel, inputs, outputs: update.outputs, specs: update.specs });
    }
    program.set_steps(steps.into_iter().flatten().collect());
    Ok(program)
}

/// What an update may be joined to.
struct Found {
    /// The step that makes the gradient.
    producer: usize,
    /// The product that the step is.
    spec: Gemm,
    /// The input of the update that the gradient is.
    gradient: usize,
}

fn find(program: &Program, update: &Step, readers: &[usize]) -> Option<Found> {
    program.updates(update, readers)?;
    let elements = update.kernel.elements()?;
    update.inputs.iter().enumerate().find_map(|(gradient, &v)| {
        let value = program.get(v);
        let producer = program.producer(v)?;
        let product = &program.steps[producer];
        let spec = product.kernel.product()?;
        let operands: usize = product.inputs.iter().map(|&v| program.get(v).count).sum();
        // Read once, in order; and larger than the operands, which live for longer instead.
        let used_up = readers[v.0] == 1 && value.target.is_none() && value.count == elements;
        let in_order = (0..update.outputs.len()).any(|o| update.kernel.in_place(gradient, o));
        let pays = has_rows(&spec) && operands <= elements;
        (used_up && in_order && pays).then_some(Found { producer, spec, gradient })
    })
}

#[cfg(test)]
mod tests {
    use cornu_graph::{Array, Backend, DType, Graph, Tensor, Variable, ops};

    use crate::Cpu;

    /// Momentum on a weight of `n` columns; with `shown` the gradient is an output as well.
    fn check(n: usize, shown: bool) {
        let (rows, m) = (70, 301);
        let array = |shape: &[usize], step: usize| {
            let count = shape.iter().product::<usize>();
            let values = (0..count).map(|i| (i * step % 101) as f32 / 32.0 - 1.5).collect();
            Array::new::<f32>(shape, values).unwrap()
        };
        let (x, dy) =
            (Tensor::input(&[rows, m], DType::F32), Tensor::input(&[rows, n], DType::F32));
        let weight = Variable::new("weight", array(&[m, n], 7));
        let slot = Variable::new("slot", array(&[m, n], 3));
        let gradient = ops::matmul(&ops::transpose(&x, &[1, 0]), &dy);
        let moved = slot.read() * 0.9 + &gradient;
        let next = weight.read() - &moved * 0.01;
        let outputs = if shown { vec![gradient] } else { vec![] };
        let updates = [(slot.clone(), moved), (weight.clone(), next)];
        let graph = Graph::trace(&[x, dy], &outputs, &updates).unwrap();
        let inputs = [array(&[rows, m], 5), array(&[rows, n], 11)];
        let inputs = [&inputs[0], &inputs[1]];
        let start = [slot.value(), weight.value()];
        let run = |step: &dyn Fn()| -> Vec<Vec<f64>> {
            slot.assign(start[0].clone()).unwrap();
            weight.assign(start[1].clone()).unwrap();
            (0..3).for_each(|_| step());
            [&slot, &weight].map(|v| v.value().to_vec::<f64>()).into()
        };
        let want = run(&|| drop(graph.evaluate(&inputs).unwrap()));
        for threads in [1, 2] {
            let plan = Cpu::new(threads).unwrap().compile(&graph).unwrap();
            assert_eq!(plan.describe().contains(" → "), !shown && n > 250);
            let got = run(&|| drop(plan.run(&inputs).unwrap()));
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-4 * b.abs().max(1.0);
            assert!(got.concat().iter().zip(&want.concat()).all(near), "{n}, {threads} threads");
        }
    }

    #[test]
    fn joined_updates_have_the_interpreters_values() {
        for n in [256, 300, 20] {
            check(n, false);
        }
        check(256, true);
    }
}
