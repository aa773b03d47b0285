use super::*;
use crate::conv::Conv;
use crate::gemm::numbers;
use proptest::prelude::*;

fn convert<T: Real>(x: &[f64]) -> Vec<T> {
    x.iter().map(|&x| T::from_f64(x)).collect()
}

/// The largest difference, as a part of the largest value.
fn difference<T: Real>(got: &[T], want: &[T]) -> f64 {
    let size = want.iter().fold(0.0, |m: f64, x| m.max(x.to_f64().abs()));
    let errors = got.iter().zip(want).map(|(a, b)| (a.to_f64() - b.to_f64()).abs());
    errors.fold(0.0, f64::max) / size.max(1e-30)
}

/// Compares all three products with the direct ones.
fn check<T: Real>(isa: AnyIsa, pool: &Pool, shape: ConvShape, bound: f64) {
    let conv = Conv::direct(isa, shape).unwrap();
    let plan = Winograd::plan(isa, &shape).unwrap();
    let x: Vec<T> = convert(&numbers(shape.input_len(), 1));
    let w: Vec<T> = convert(&numbers(shape.kernel_len(), 2));
    let dy: Vec<T> = convert(&numbers(shape.output_len(), 3));
    let bias: Vec<T> = convert(&numbers(shape.out_c, 4));
    // What was there before must not matter.
    let fresh = |len: usize| vec![T::from_f64(7.5); len];
    let close = |name: &str, got: &[T], want: &[T]| {
        let error = difference(got, want);
        assert!(error < bound, "{name} on {isa:?} of {shape:?}: {error}");
    };
    let (mut got, mut want) = (fresh(dy.len()), fresh(dy.len()));
    let mut points = fresh(plan.points_len());
    plan.forward_points(pool, &w, &mut points);
    plan.forward(pool, &x, &points, Some(&bias), &mut got);
    conv.forward(pool, &x, &w, Some(&bias), &mut want).unwrap();
    close("forward", &got, &want);
    let (mut got, mut want) = (fresh(x.len()), fresh(x.len()));
    plan.backward_points(pool, &w, &mut points);
    plan.backward_data(pool, &dy, &points, &mut got);
    conv.backward_data(pool, &dy, &w, &mut want).unwrap();
    close("backward_data", &got, &want);
    let (mut got, mut want) = (fresh(w.len()), fresh(w.len()));
    plan.backward_filter(pool, &x, &dy, &mut got);
    conv.backward_filter(pool, &x, &dy, &mut want).unwrap();
    close("backward_filter", &got, &want);
}

/// A convolution with kernel and padding equal along both axes; a kernel of 4 x 4 has stride 2.
fn shape(batch: usize, size: [usize; 2], channels: [usize; 2], k: usize, pad: usize) -> ConvShape {
    uneven(batch, size, channels, k, [[pad; 2]; 2])
}

/// With the padding before and behind the image.
fn uneven(
    batch: usize,
    size: [usize; 2],
    channels: [usize; 2],
    k: usize,
    pad: [[usize; 2]; 2],
) -> ConvShape {
    let stride = if k == 4 { 2 } else { 1 };
    let out = [0, 1].map(|i| (size[i] + pad[0][i] + pad[1][i] - k) / stride + 1);
    ConvShape {
        batch,
        in_h: size[0],
        in_w: size[1],
        in_c: channels[0],
        out_h: out[0],
        out_w: out[1],
        out_c: channels[1],
        k_h: k,
        k_w: k,
        stride: [stride; 2],
        pad_lo: pad[0],
        pad_hi: pad[1],
        dilation: [1, 1],
        groups: 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn agrees_with_the_direct_sum(
        batch in 1usize..4,
        size in [5usize..14, 5usize..14],
        channels in [1usize..4, 1usize..7],
        kernel in prop::sample::select(vec![3usize, 4, 5]),
        pad in [[0usize..7, 0usize..7], [0usize..7, 0usize..7]],
    ) {
        let shape = uneven(batch, size, channels.map(|c| 16 * c), kernel, pad);
        let pool = Pool::new(2).unwrap();
        for isa in AnyIsa::available() {
            check::<f32>(isa, &pool, shape, 2e-5);
            check::<f64>(isa, &pool, shape, 1e-13);
        }
    }
}

#[test]
fn large_sums_are_cut_into_blocks_and_chunks() {
    let pool = Pool::new(2).unwrap();
    for isa in AnyIsa::available() {
        check::<f32>(isa, &pool, shape(3, [12, 12], [400, 16], 3, 1), 2e-5);
        check::<f32>(isa, &pool, shape(9, [16, 16], [48, 80], 5, 2), 2e-5);
        // Panels of different widths.
        check::<f32>(isa, &pool, shape(2, [9, 11], [64, 160], 3, 1), 2e-5);
        check::<f32>(isa, &pool, shape(2, [9, 11], [128, 80], 5, 2), 2e-5);
        // The same with phases, whose channels are more than a product takes at once.
        check::<f32>(isa, &pool, shape(9, [22, 26], [32, 80], 4, 1), 2e-5);
        check::<f32>(isa, &pool, shape(2, [15, 17], [144, 80], 4, 1), 2e-5);
    }
}

#[test]
fn bits_do_not_depend_on_the_threads() {
    for (isa, kernel) in AnyIsa::available().into_iter().flat_map(|isa| [(isa, 3), (isa, 4)]) {
        let shape = shape(5, [14, 14], [32, 96], kernel, 1);
        let plan = Winograd::plan(isa, &shape).unwrap();
        let x: Vec<f32> = convert(&numbers(shape.input_len(), 1));
        let w: Vec<f32> = convert(&numbers(shape.kernel_len(), 2));
        let dy: Vec<f32> = convert(&numbers(shape.output_len(), 3));
        let results = [1, 2, 3].map(|threads| {
            let pool = Pool::new(threads).unwrap();
            let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
            let mut points = vec![0.0; plan.points_len()];
            plan.forward_points(&pool, &w, &mut points);
            plan.forward(&pool, &x, &points, None, &mut y);
            plan.backward_points(&pool, &w, &mut points);
            plan.backward_data(&pool, &dy, &points, &mut dx);
            plan.backward_filter(&pool, &x, &dy, &mut dw);
            (y, dx, dw)
        });
        assert!(results[0] == results[1] && results[0] == results[2], "{isa:?} {kernel}");
    }
}

#[test]
fn only_what_gains_is_planned() {
    let isa = AnyIsa::available()[0];
    // Forward, backward-data and backward-filter.
    let planned =
        |shape: ConvShape| Winograd::new(isa, &shape).map_or([false; 3], |plan| plan.gains);
    let (all, none) = ([true; 3], [false; 3]);
    assert_eq!(planned(shape(16, [14, 14], [64, 64], 3, 1)), all);
    assert_eq!(planned(shape(20, [32, 32], [256, 256], 5, 2)), all);
    assert_eq!(planned(shape(20, [32, 32], [256, 256], 4, 1)), all);
    assert_eq!(planned(shape(20, [30, 30], [128, 128], 4, 0)), all);
    // The image of 14 x 14 takes nine tiles of its phases, the result of 6 x 6 but four.
    assert_eq!(planned(shape(40, [14, 14], [128, 128], 4, 0)), [true, false, true]);
    // A tile is larger than the result.
    assert_eq!(planned(shape(40, [6, 6], [128, 128], 4, 0)), none);
    // Few tiles do not pay for bringing the weights to the points; few channels are all transform.
    assert_eq!(planned(shape(1, [14, 14], [32, 64], 3, 1))[..2], none[..2]);
    assert_eq!(planned(shape(1, [32, 32], [128, 128], 4, 1))[..2], none[..2]);
    assert_eq!(planned(shape(20, [32, 32], [3, 256], 3, 1)), none);
    let strided =
        ConvShape { stride: [2; 2], out_h: 7, out_w: 7, ..shape(16, [14, 14], [64, 64], 3, 1) };
    assert_eq!(planned(strided), none);
    assert_eq!(
        planned(ConvShape { stride: [1, 2], ..shape(20, [30, 30], [128, 128], 4, 0) }),
        none
    );
}

#[test]
fn direct_gradients_leave_out_taps_that_meet_padding() {
    // Of 4 taps at 4 places, one at each end is outside; at 3 places without padding none is.
    let work = |size, pad| direct(&shape(2, size, [16, 32], 4, pad)).map(|work| work / 1024.0);
    assert_eq!(work([8, 8], 1)[..2], [256.0, 196.0]);
    assert_eq!(work([9, 8], 0)[..2], [144.0, 144.0]);
    // One tap of the outermost places is inside, three of the next ones.
    assert_eq!(work([8, 8], 3)[..2], [36.0 * 16.0, 256.0]);
}
