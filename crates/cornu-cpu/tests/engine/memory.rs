//! Memory that a process uses while plans run.

use cornu_graph::ops;
use cornu_graph::{Array, Backend, DType, Graph, Tensor, Variable};

use crate::common::CPUS;

/// The resident memory of this process in bytes, where the system tells.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split_whitespace().nth(1)?.parse::<usize>().ok()? * 4096)
}

#[test]
fn a_thousand_runs_use_no_more_memory_than_ten() {
    let x = Tensor::input(&[64, 64], DType::F32);
    let v = Variable::new("v", Array::zeros(&[64, 64], DType::F32).unwrap());
    let h = ops::tanh(&ops::matmul(&x, &v.read()));
    let sums = ops::sum(&h, &[0], false);
    let next = v.read() * 0.5 + &x;
    let graph = Graph::trace(&[x], &[h, sums], &[(v, next)]).unwrap();
    let plan = CPUS[1].compile(&graph).unwrap();
    let given = Array::full(&[64, 64], 0.5f32).unwrap();
    let run = |times: usize| {
        for _ in 0..times {
            plan.run(&[&given]).unwrap();
        }
        resident()
    };
    let (Some(before), Some(after)) = (run(10), run(1000)) else { return };
    // Other tests run beside this one: what they use is far below what a leak of 1,000 runs would be
    // (16 KB of outputs alone give 16 MB).
    assert!(after < before + (12 << 20), "{before} bytes grew to {after}");
}
