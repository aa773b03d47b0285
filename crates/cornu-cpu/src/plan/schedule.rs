//! The order of the steps: little memory, and updates after all who read the old values.

use std::collections::BTreeSet;

use super::{Origin, Program, Target};

/// Edges between steps.
struct Edges {
    /// The steps that must come before each.
    before: Vec<BTreeSet<usize>>,
    /// The steps that must come after each.
    after: Vec<BTreeSet<usize>>,
}

impl Edges {
    fn new(program: &Program) -> Edges {
        let n = program.steps.len();
        let mut edges = Edges { before: vec![BTreeSet::new(); n], after: vec![BTreeSet::new(); n] };
        for (i, step) in program.steps.iter().enumerate() {
            for producer in step.inputs.iter().filter_map(|&v| program.producer(v)) {
                edges.add(producer, i);
            }
        }
        edges
    }

    fn add(&mut self, first: usize, then: usize) {
        self.before[then].insert(first);
        self.after[first].insert(then);
    }

    fn leads(&self, from: usize, to: usize) -> bool {
        let mut seen = vec![false; self.after.len()];
        let mut stack = vec![from];
        while let Some(i) = stack.pop() {
            if i == to {
                return true;
            }
            if !std::mem::replace(&mut seen[i], true) {
                stack.extend(&self.after[i]);
            }
        }
        false
    }
}

/// An order of the steps in which each comes after what it needs.
///
/// Steps that write variables, and those that need them, come last: what can fail has then been
/// done before the first variable changes. Where it can be, all readers of a variable's old value come
/// before its writer, so that the writer can write in place. Within these rules the next step is the
/// one that makes the memory in use grow least, which computes a weight's gradient as soon as its operands
/// are there and so frees them.
pub(crate) fn schedule(program: &Program) -> Vec<usize> {
    let n = program.steps.len();
    let mut edges = Edges::new(program);
    let mut writers: Vec<Option<usize>> = vec![None; program.variables.len()];
    let mut late = vec![false; n];
    for (i, step) in program.steps.iter().enumerate() {
        late[i] = edges.before[i].iter().any(|&j| late[j]);
        for &v in &step.outputs {
            if let Some(Target::Variable(place)) = program.get(v).target {
                writers[place] = Some(i);
                late[i] = true;
            }
        }
    }
    for (i, step) in program.steps.iter().enumerate() {
        for &v in &step.inputs {
            let Origin::Variable(place) = program.get(v).origin else { continue };
            if let Some(writer) = writers[place].filter(|&w| w != i && !edges.leads(w, i)) {
                edges.add(i, writer);
            }
        }
    }
    let mut pending: Vec<usize> = edges.before.iter().map(BTreeSet::len).collect();
    let distinct = |step: &super::Step| -> Vec<usize> {
        step.inputs.iter().map(|v| v.0).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let inputs: Vec<Vec<usize>> = program.steps.iter().map(distinct).collect();
    let mut readers = vec![0usize; program.values.len()];
    inputs.iter().flatten().for_each(|&v| readers[v] += 1);
    let growth = |i: usize, readers: &[usize]| {
        let gained: i64 = program.steps[i].outputs.iter().map(|v| size(program, v.0)).sum();
        let last = inputs[i].iter().filter(|&&v| readers[v] == 1);
        gained - last.map(|&v| size(program, v)).sum::<i64>()
    };
    let mut ready: BTreeSet<usize> = (0..n).filter(|&i| pending[i] == 0).collect();
    let mut order = Vec::with_capacity(n);
    while let Some(next) = ready
        .iter()
        .copied()
        .min_by_key(|&i| (late[i], if late[i] { 0 } else { growth(i, &readers) }, i))
    {
        ready.remove(&next);
        order.push(next);
        inputs[next].iter().for_each(|&v| readers[v] -= 1);
        for &i in &edges.after[next] {
            pending[i] -= 1;
            if pending[i] == 0 {
                ready.insert(i);
            }
        }
    }
    order
}

/// The bytes of the arena that a value takes.
fn size(program: &Program, value: usize) -> i64 {
    let value = &program.values[value];
    match (&value.target, &value.origin) {
        (None, Origin::Step(_)) => value.bytes() as i64,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use cornu_graph::{Array, Graph, Tensor, Variable, ops};

    use super::*;

    #[test]
    fn writers_come_after_all_who_read_the_old_value() {
        let v = Variable::new("v", Array::new(&[2], vec![1f32, 2.0]).unwrap());
        let next = ops::add(&v.read(), &v.read());
        let reader = ops::exp(&v.read());
        let graph = Graph::trace(&[], &[reader], &[(v, next)]).unwrap();
        let program = crate::lower::lower(&graph).unwrap();
        let order = schedule(&program);
        let writer = |i: &usize| {
            let target = program.get(program.steps[*i].outputs[0]).target;
            target == Some(Target::Variable(0))
        };
        assert!(writer(order.last().unwrap()));
        assert_eq!(order.len(), program.steps.len());
    }

    #[test]
    fn what_frees_memory_goes_first() {
        // Two chains of large values: finishing one before the other begins needs half the memory.
        let chain = || {
            let big = ops::exp(&Tensor::input(&[1000], cornu_graph::DType::F32));
            (big.inputs()[0].clone(), ops::sum(&big, &[], false))
        };
        let ((a, x), (b, y)) = (chain(), chain());
        let graph = Graph::trace(&[a, b], &[ops::add(&x, &y)], &[]).unwrap();
        let program = crate::lower::lower(&graph).unwrap();
        let order = schedule(&program);
        let position = |i: usize| order.iter().position(|&j| j == i).unwrap();
        for (i, step) in program.steps.iter().enumerate() {
            for p in step.inputs.iter().filter_map(|&v| program.producer(v)) {
                assert!(position(p) < position(i));
            }
        }
        let first = &program.steps[order[1]];
        assert_eq!(first.inputs[0], program.steps[order[0]].outputs[0]);
    }
}
