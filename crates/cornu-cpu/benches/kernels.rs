//! Speed of the matrix and convolution kernels: `cargo bench -p cornu-cpu --bench kernels [-- WORD]`
//! runs the lines whose name contains the word. Other programs on the machine disturb one thread
//! least: there only its own processor time counts.

use cornu_cpu::gemm::{Gemm, gemm};
use cornu_cpu::runtime::Pool;
use cornu_cpu::simd::{AnyIsa, Float, Isa, Kernel, Vector, isa};
use std::time::Instant;

fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i % 23) as f32 * 0.1 - 1.0).collect()
}

/// The seconds that this thread has had a processor, where the system tells.
fn processor_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? * 1e-9)
}

/// Nothing but multiplications in registers: the speed that no kernel can pass.
struct Peak(usize);

impl Kernel for Peak {
    type Output = f32;
    #[inline(always)]
    fn run<S: Isa>(self, s: S) -> f32 {
        let (a, b) = (S::F32::splat(s, 0.999), S::F32::splat(s, std::hint::black_box(0.001)));
        let mut sums = [b; 12];
        for _ in 0..self.0 {
            for sum in &mut sums {
                *sum = sum.mul_add(a, b);
            }
        }
        sums.iter().fold(0.0, |total, sum| total + sum.reduce_sum())
    }
}

struct Lanes;

impl Kernel for Lanes {
    type Output = usize;
    #[inline(always)]
    fn run<S: Isa>(self, _: S) -> usize {
        S::F32::LANES
    }
}

struct Bench {
    isa: AnyIsa,
    wish: String,
    pools: [Pool; 2],
}

impl Bench {
    /// Prints the speed of `run` with one thread (by processor time) and with two (the best of some runs).
    fn line(&self, name: &str, multiplications: usize, mut run: impl FnMut(&Pool)) {
        if !name.contains(&self.wish) {
            return;
        }
        let mut text = format!("{name:44}");
        for pool in &self.pools {
            run(pool);
            let (start, busy) = (Instant::now(), processor_time());
            let (mut best, mut runs) = (f64::INFINITY, 0);
            while runs < 3 || start.elapsed().as_millis() < 300 {
                let start = Instant::now();
                run(pool);
                best = best.min(start.elapsed().as_secs_f64());
                runs += 1;
            }
            if let (1, Some(before), Some(after)) = (pool.threads(), busy, processor_time()) {
                best = (after - before) / f64::from(runs);
            }
            let speed = 2e-9 * multiplications as f64 / best;
            text += &format!("{speed:8.1} GFLOP/s {:9.3} ms", best * 1e3);
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
    bench.line("peak of one thread", 12 * 100_000 * isa.run(Lanes), |_| {
        std::hint::black_box(isa.run(Peak(100_000)));
    });
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
