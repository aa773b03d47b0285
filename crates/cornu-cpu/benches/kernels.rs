//! Speed of the matrix and convolution kernels: `cargo bench -p cornu-cpu --bench kernels [-- WORD]`
//! runs the lines whose name contains the word. Other programs on the machine disturb one thread
//! least: there only its own processor time counts.

use cornu_cpu::conv::{Conv, ConvShape, Toward};
use cornu_cpu::gemm::{Gemm, gemm};
use cornu_cpu::roofline::Roofline;
use cornu_cpu::runtime::Pool;
use cornu_cpu::simd::{AnyIsa, isa};
use std::time::Instant;

fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i % 23) as f32 * 0.1 - 1.0).collect()
}

/// The seconds that this thread has had a processor, where the system tells.
fn processor_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? * 1e-9)
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

impl Bench {
    /// Square images, kernels and strides; `pad` before and behind.
    #[allow(clippy::too_many_arguments)]
    fn conv(
        &self,
        name: &str,
        batch: usize,
        size: usize,
        [in_c, out_c]: [usize; 2],
        kernel: usize,
        stride: usize,
        pad: [usize; 2],
    ) {
        let out = (size + pad[0] + pad[1] - kernel) / stride + 1;
        let shape = ConvShape {
            batch,
            in_h: size,
            in_w: size,
            in_c,
            out_h: out,
            out_w: out,
            out_c,
            k_h: kernel,
            k_w: kernel,
            stride: [stride; 2],
            pad_lo: [pad[0]; 2],
            pad_hi: [pad[1]; 2],
            dilation: [1, 1],
            groups: 1,
        };
        self.directions(name, Conv::direct(self.isa, shape).unwrap());
        let conv = Conv::new(self.isa, shape).unwrap();
        if conv.is_winograd(Toward::Output) || conv.filter_is_winograd() {
            self.directions(&format!("{name} W"), conv);
        }
    }

    /// Counts what the direct sum multiplies, whatever the algorithm.
    fn directions(&self, name: &str, conv: Conv) {
        let shape = *conv.shape();
        let work = shape.output_len() * shape.k_h * shape.k_w * shape.in_c;
        let (mut x, mut w) = (numbers(shape.input_len()), numbers(shape.kernel_len()));
        let mut y = numbers(shape.output_len());
        self.line(&format!("conv {name} forward"), work, |pool| {
            conv.forward(pool, &x, &w, None, &mut y).unwrap();
        });
        self.line(&format!("conv {name} data"), work, |pool| {
            conv.backward_data(pool, &y, &w, &mut x).unwrap();
        });
        self.line(&format!("conv {name} filter"), work, |pool| {
            conv.backward_filter(pool, &x, &y, &mut w).unwrap();
        });
    }
}

fn main() {
    let wish = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let isa = isa().unwrap();
    let pools = [Pool::new(1).unwrap(), Pool::new(2).unwrap()];
    println!("{} on {}, 1 and 2 threads", env!("CARGO_PKG_NAME"), isa.name());
    let bench = Bench { isa, wish, pools };
    for threads in [1, 2] {
        let Roofline { flops, bandwidth } = Roofline::measure(threads).unwrap();
        let (flops, bandwidth) = (flops * 1e-9, bandwidth * 1e-9);
        println!("limits of {threads} threads: {flops:.1} GFLOP/s, {bandwidth:.1} GB/s copied");
    }
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
    bench.conv("128x28x28x1 -> 32 3x3", 128, 28, [1, 32], 3, 1, [1, 1]);
    bench.conv("128x28x28x32 -> 64 3x3 s2", 128, 28, [32, 64], 3, 2, [0, 1]);
    bench.conv("128x14x14x64 -> 64 3x3", 128, 14, [64, 64], 3, 1, [1, 1]);
    bench.conv("16x14x14x64 -> 64 3x3", 16, 14, [64, 64], 3, 1, [1, 1]);
    bench.conv("128x13x13x32 -> 64 3x3", 128, 13, [32, 64], 3, 1, [0, 0]);
    bench.conv("4x32x32x256 -> 256 5x5", 4, 32, [256, 256], 5, 1, [2, 2]);
    bench.conv("128x28x28x32 -> 1 3x3", 128, 28, [32, 1], 3, 1, [1, 1]);
    bench.conv("4x16x16x128 -> 256 5x5", 4, 16, [128, 256], 5, 1, [2, 2]);
    bench.conv("4x16x16x256 -> 256 4x4 s2", 4, 16, [256, 256], 4, 2, [1, 1]);
    bench.conv("4x32x32x256 -> 3 7x7", 4, 32, [256, 3], 7, 1, [3, 3]);
    bench.conv("4x32x32x3 -> 128 3x3", 4, 32, [3, 128], 3, 1, [1, 1]);
}
