//! Memory that a process uses while plans run.

use cornu_cpu::Cpu;
use cornu_graph::ops;
use cornu_graph::{Array, Backend, DType, Graph, Tensor, Variable};

/// The resident memory of this process in bytes, where the system tells.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split_whitespace().nth(1)?.parse::<usize>().ok()? * 4096)
}

/// The only test of this program: another one's memory would count here.
#[test]
fn a_thousand_runs_use_no_more_memory_than_ten() {
    let x = Tensor::input(&[64, 64], DType::F32);
    let v = Variable::new("v", Array::zeros(&[64, 64], DType::F32).unwrap());
    let h = ops::tanh(&ops::matmul(&x, &v.read()));
    let sums = ops::sum(&h, &[0], false);
    let next = v.read() * 0.5 + &x;
    let graph = Graph::trace(&[x], &[h, sums], &[(v, next)]).unwrap();
    // And one with a result of 1 MiB, whose memory is kept for the next run.
    let y = Tensor::input(&[512, 512], DType::F32);
    let large = Graph::trace(std::slice::from_ref(&y), &[&y * 2.0], &[]).unwrap();
    for (graph, side) in [(graph, 64), (large, 512)] {
        let plan = Cpu::new(2).unwrap().compile(&graph).unwrap();
        let given = Array::full(&[side, side], 0.5f32).unwrap();
        let run = |times: usize| {
            for _ in 0..times {
                plan.run(&[&given]).unwrap();
            }
            resident()
        };
        let (Some(before), Some(after)) = (run(10), run(1000)) else { return };
        // 16 KB of outputs in each run give 16 MB.
        assert!(after < before + (4 << 20), "{before} bytes grew to {after}");
    }
}
