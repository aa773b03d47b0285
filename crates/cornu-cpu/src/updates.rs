//! One step for all updates of variables.
//!
//! An optimizer's rule is an element-wise pass for each weight, and a model has dozens, most of them tiny: as
//! steps of their own each would be cut for the threads by itself. Together they are one list of pieces.

use std::collections::BTreeSet;

use crate::plan::{Origin, Program, Step, ValueId};
use crate::steps::Together;

/// Joins the element-wise steps that only write variables, if there are several.
pub(crate) fn join(mut program: Program) -> Program {
    let members = members(&program);
    if members.len() < 2 {
        return program;
    }
    let mut kernels = Vec::new();
    let (mut inputs, mut outputs, mut specs) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = Vec::new();
    for (i, step) in std::mem::take(&mut program.steps).into_iter().enumerate() {
        if members.contains(&i) {
            kernels.push((step.kernel, step.inputs.len(), step.outputs.len()));
            inputs.extend(step.inputs);
            outputs.extend(step.outputs);
            specs.extend(step.specs);
        } else {
            rest.push(step);
        }
    }
    // Nobody reads what they write, so the end is right for them.
    rest.push(Step { kernel: Box::new(Together::new(kernels)), inputs, outputs, specs });
    program.set_steps(rest);
    program
}

/// The steps to join.
fn members(program: &Program) -> BTreeSet<usize> {
    let readers = program.readers();
    let all: Vec<(usize, BTreeSet<usize>)> = (program.steps.iter().enumerate())
        .filter_map(|(i, step)| program.updates(step, &readers).map(|variables| (i, variables)))
        .collect();
    // A variable is written in place only after all who need its old value, so what the others read (a count of
    // the steps, for example) is written by a step of its own.
    let reads = |i: usize, variables: &BTreeSet<usize>| {
        let is_one = |&v: &ValueId| matches!(program.get(v).origin, Origin::Variable(variable) if variables.contains(&variable));
        program.steps[i].inputs.iter().any(is_one)
    };
    let apart = |(i, variables): &&(usize, BTreeSet<usize>)| {
        !all.iter().any(|(other, _)| other != i && reads(*other, variables))
    };
    all.iter().filter(apart).map(|(i, _)| *i).collect()
}

#[cfg(test)]
mod tests {
    use cornu_graph::{Array, Backend, DType, Graph, Tensor, Variable, ops};

    use crate::Cpu;

    /// Momentum on weights of several sizes, one of which also decays by another's old value, beside a count.
    #[test]
    fn joined_updates_have_the_interpreters_values() {
        let sizes = [3usize, 40_000, 1, 1024, 9000];
        let variable = |name: &str, n: usize| {
            let values = (0..n).map(|i| (i % 97) as f32 * 0.25 - 7.0).collect();
            Variable::new(name, Array::new::<f32>(&[n], values).unwrap())
        };
        let weights: Vec<_> = sizes.map(|n| (variable("w", n), variable("m", n))).into();
        let count = Variable::new("count", Array::scalar(0f32));
        let x = Tensor::input(&[], DType::F32);
        let rate = &x / (count.read() + 1.0);
        let mut updates = vec![(count.clone(), count.read() + 1.0)];
        for (w, m) in &weights {
            let slope = ops::square(&w.read()) * &x;
            let moved = m.read() * 0.9 + slope;
            updates.push((w.clone(), w.read() - &moved * &rate));
            updates.push((m.clone(), moved));
        }
        let first = weights[0].0.clone();
        let other = variable("other", 3);
        updates.push((other.clone(), other.read() + first.read()));
        let graph = Graph::trace(std::slice::from_ref(&x), &[], &updates).unwrap();
        let plan = Cpu::new(2).unwrap().compile(&graph).unwrap();
        let text = plan.describe();
        assert!(text.contains(" updates: "), "{text}");
        let values = || updates.iter().map(|(v, _)| v.value()).collect::<Vec<_>>();
        let before = values();
        let step = Array::scalar(0.01f32);
        (0..3).for_each(|_| drop(plan.run(&[&step]).unwrap()));
        let got = values();
        updates.iter().zip(before).for_each(|((v, _), value)| v.assign(value).unwrap());
        (0..3).for_each(|_| drop(graph.evaluate(&[&step]).unwrap()));
        for (got, want) in got.iter().zip(values()) {
            let (got, want) = (got.to_vec::<f64>(), want.to_vec::<f64>());
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-6 * b.abs().max(1.0);
            assert!(got.iter().zip(&want).all(near));
        }
    }
}
