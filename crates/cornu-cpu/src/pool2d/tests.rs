//! Against the definition, on every instruction set.

use super::*;
use crate::gemm::numbers;
use proptest::prelude::*;

/// Calls `visit(input, output)` for every cell of every window, windows in order.
fn cells(s: &PoolShape, mut visit: impl FnMut(usize, usize)) {
    for i in 0..s.output_len() {
        let (c, pixel) = (i % s.channels, i / s.channels);
        let (ow, oh, b) = (pixel % s.out_w, pixel / s.out_w % s.out_h, pixel / s.out_w / s.out_h);
        for (kh, kw) in (0..s.window[0]).flat_map(|h| (0..s.window[1]).map(move |w| (h, w))) {
            let ih = (oh * s.stride[0] + kh).wrapping_sub(s.pad_lo[0]);
            let iw = (ow * s.stride[1] + kw).wrapping_sub(s.pad_lo[1]);
            if ih < s.in_h && iw < s.in_w {
                visit(((b * s.in_h + ih) * s.in_w + iw) * s.channels + c, i);
            }
        }
    }
}

fn check<T: Real>(isa: AnyIsa, threads: usize, shape: PoolShape, special: bool) {
    let mut x = numbers(shape.input_len(), 1);
    // Ties abound already; NaN and minus infinity are the other hard cases.
    for i in (0..x.len()).step_by(11).filter(|_| special) {
        x[i] = if i % 2 == 0 { f64::NEG_INFINITY } else { f64::NAN };
    }
    let dy = numbers(shape.output_len(), 2);
    let mut winners = vec![None; dy.len()];
    let (mut sums, mut sum_grad) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
    let finite: Vec<f64> = x.iter().map(|x| if x.is_finite() { *x } else { 0.0 }).collect();
    cells(&shape, |xi, yi| {
        sums[yi] += finite[xi];
        sum_grad[xi] += dy[yi];
        let better =
            winners[yi].is_none_or(|w: usize| x[xi] > x[w] || (x[xi].is_nan() && !x[w].is_nan()));
        if better {
            winners[yi] = Some(xi);
        }
    });
    let mut max_grad = vec![0.0; x.len()];
    for (winner, dy) in winners.iter().zip(&dy) {
        if let Some(winner) = winner {
            max_grad[*winner] += dy;
        }
    }
    let max: Vec<f64> = winners.iter().map(|w| w.map_or(f64::NEG_INFINITY, |w| x[w])).collect();
    let convert = |v: &[f64]| v.iter().map(|&x| T::from_f64(x)).collect::<Vec<T>>();
    let same = |name: &str, got: &[T], want: &[f64]| {
        let equal = |(a, b): (&T, &f64)| a.to_f64() == *b || (a.to_f64().is_nan() && b.is_nan());
        assert!(got.iter().zip(want).all(equal), "{name} on {isa:?} of {shape:?}");
    };
    let (pooling, pool) = (Pool2d::new(isa, shape).unwrap(), Pool::new(threads).unwrap());
    let fresh = |len: usize| vec![T::from_f64(7.5); len];
    let (mut y, mut dx) = (fresh(dy.len()), fresh(x.len()));
    pooling.max(&pool, &convert(&x), &mut y).unwrap();
    same("max", &y, &max);
    pooling.max_grad(&pool, &convert(&x), &convert(&dy), &mut dx).unwrap();
    same("max_grad", &dx, &max_grad);
    pooling.sum(&pool, &convert(&finite), &mut y).unwrap();
    same("sum", &y, &sums);
    pooling.sum_grad(&pool, &convert(&dy), &mut dx).unwrap();
    same("sum_grad", &dx, &sum_grad);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn agrees_with_the_definition(
        batch in 0usize..4,
        size in [1usize..10, 1usize..10],
        channels in prop::sample::select(vec![1usize, 3, 8, 13, 32]),
        window in [1usize..5, 1usize..5],
        stride in [1usize..4, 1usize..4],
        pad_lo in [0usize..5, 0usize..5],
        pad_hi in [0usize..5, 0usize..5],
    ) {
        let out = |axis: usize| {
            (size[axis] + pad_lo[axis] + pad_hi[axis])
                .checked_sub(window[axis])
                .map(|room| room / stride[axis] + 1)
        };
        prop_assume!(out(0).is_some() && out(1).is_some());
        let shape = PoolShape {
            batch,
            in_h: size[0],
            in_w: size[1],
            channels,
            out_h: out(0).unwrap(),
            out_w: out(1).unwrap(),
            window,
            stride,
            pad_lo,
            pad_hi,
        };
        for isa in AnyIsa::available() {
            for special in [false, true] {
                check::<f32>(isa, 2, shape, special);
                check::<f64>(isa, 1, shape, special);
            }
        }
    }
}

#[test]
fn refuses_sizes_that_break_a_rule() {
    let good = PoolShape {
        batch: 1,
        in_h: 4,
        in_w: 4,
        channels: 2,
        out_h: 2,
        out_w: 2,
        window: [2, 2],
        stride: [2, 2],
        pad_lo: [0, 0],
        pad_hi: [0, 0],
    };
    let isa = AnyIsa::available()[0];
    for bad in [
        PoolShape { stride: [0, 1], ..good },
        PoolShape { out_h: 3, ..good },
        PoolShape { window: [5, 2], ..good },
        PoolShape { pad_lo: [usize::MAX, 0], ..good },
        PoolShape { batch: usize::MAX, ..good },
    ] {
        assert!(Pool2d::new(isa, bad).is_err(), "{bad:?}");
    }
    let pool = Pool::new(1).unwrap();
    let error = Pool2d::new(isa, good).unwrap().max(&pool, &[0f32; 31], &mut [0f32; 8]);
    assert!(error.unwrap_err().to_string().contains("`x` must have 32 values"));
}
