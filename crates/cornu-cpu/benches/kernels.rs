//! Speed of the matrix and convolution kernels: `cargo bench -p cornu-cpu --bench kernels [-- WORD]`
//! runs the lines whose name contains the word. Each line is the median of several runs.

use cornu_cpu::gemm::{Gemm, gemm};
use cornu_cpu::runtime::Pool;
use cornu_cpu::simd::{AnyIsa, isa};
use std::time::Instant;

fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i % 23) as f32 * 0.1 - 1.0).collect()
}

struct Bench {
    isa: AnyIsa,
    wish: String,
    pools: [Pool; 2],
}

impl Bench {
    /// Prints the speed of `run` with one thread and with two.
    fn line(&self, name: &str, multiplications: usize, mut run: impl FnMut(&Pool)) {
        if !name.contains(&self.wish) {
            return;
        }
        let mut text = format!("{name:44}");
        for pool in &self.pools {
            run(pool);
            let start = Instant::now();
            let mut times = Vec::new();
            while times.len() < 5 || (start.elapsed().as_millis() < 300 && times.len() < 1000) {
                let start = Instant::now();
                run(pool);
                times.push(start.elapsed().as_secs_f64());
            }
            times.sort_by(f64::total_cmp);
            let seconds = times[times.len() / 2];
            let speed = 2e-9 * multiplications as f64 / seconds;
            text += &format!("{speed:8.1} GFLOP/s {:9.3} ms", seconds * 1e3);
        }
        println!("{text}");
    }

    fn gemm(&self, name: &str, spec: Gemm) {
        let a = numbers(spec.m * spec.k);
        let b = numbers(spec.k * spec.n);
        let mut c = vec![0.0; spec.m * spec.n];
        self.line(&format!("gemm {name}"), spec.m * spec.n * spec.k, |pool| {
            gemm(self.isa, pool, &spec, &a, &b, None, &mut c).unwrap();
        });
    }
}

fn main() {
    let wish = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let isa = isa().unwrap();
    let pools = [Pool::new(1).unwrap(), Pool::new(2).unwrap()];
    println!("{} on {}, 1 and 2 threads", env!("CARGO_PKG_NAME"), isa.name());
    let bench = Bench { isa, wish, pools };
    for n in [256, 512, 1024] {
        bench.gemm(&format!("{n}^3"), Gemm::new(n, n, n));
    }
    bench.gemm("512^3 AT", Gemm::new(512, 512, 512).transpose_a());
    bench.gemm("512^3 BT", Gemm::new(512, 512, 512).transpose_b());
    bench.gemm("128x512x784", Gemm::new(128, 512, 784));
    bench.gemm("784x512x128 AT (weights)", Gemm::new(784, 512, 128).transpose_a());
    bench.gemm("128x784x512 BT (inputs)", Gemm::new(128, 784, 512).transpose_b());
    bench.gemm("128x10x512", Gemm::new(128, 10, 512));
    bench.gemm("1x1024x1024", Gemm::new(1, 1024, 1024));
    bench.gemm("1x1024x1024 BT", Gemm::new(1, 1024, 1024).transpose_b());
}
