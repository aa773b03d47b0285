use super::*;
use crate::gemm::numbers;
use crate::testing::Guarded;
use proptest::prelude::*;

fn convert<T: Real>(x: &[f64]) -> Guarded<T> {
    Guarded::new(&x.iter().map(|&x| T::from_f64(x)).collect::<Vec<_>>())
}

/// Calls `visit` with the places (in x, w and y) of every product of the definition.
fn products(s: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    let (cg, ng) = (s.in_c / s.groups, s.out_c / s.groups);
    for b in 0..s.batch {
        for (oh, ow) in (0..s.out_h).flat_map(|h| (0..s.out_w).map(move |w| (h, w))) {
            for (kh, kw) in (0..s.k_h).flat_map(|h| (0..s.k_w).map(move |w| (h, w))) {
                let ih = (oh * s.stride[0] + kh * s.dilation[0]).wrapping_sub(s.pad_lo[0]);
                let iw = (ow * s.stride[1] + kw * s.dilation[1]).wrapping_sub(s.pad_lo[1]);
                if ih >= s.in_h || iw >= s.in_w {
                    continue;
                }
                for (o, c) in (0..s.out_c).flat_map(|o| (0..cg).map(move |c| (o, c))) {
                    let x = ((b * s.in_h + ih) * s.in_w + iw) * s.in_c + o / ng * cg + c;
                    let w = ((kh * s.k_w + kw) * cg + c) * s.out_c + o;
                    let y = ((b * s.out_h + oh) * s.out_w + ow) * s.out_c + o;
                    visit(x, w, y);
                }
            }
        }
    }
}

fn check<T: Real>(isa: AnyIsa, pool: &Pool, shape: ConvShape) {
    let conv = Conv::direct(isa, shape).unwrap();
    let x = numbers(shape.input_len(), 1);
    let w = numbers(shape.kernel_len(), 2);
    let dy = numbers(shape.output_len(), 3);
    let bias = numbers(shape.out_c, 4);
    let mut y: Vec<f64> = (0..shape.output_len()).map(|i| bias[i % shape.out_c]).collect();
    let (mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; w.len()]);
    products(&shape, |xi, wi, yi| {
        y[yi] += x[xi] * w[wi];
        dx[xi] += dy[yi] * w[wi];
        dw[wi] += x[xi] * dy[yi];
    });
    let (x, w, dy, bias) =
        (convert::<T>(&x), convert::<T>(&w), convert::<T>(&dy), convert::<T>(&bias));
    // What was there before must not matter.
    let fresh = |len: usize| Guarded::new(&vec![T::from_f64(7.5); len]);
    let same = |name: &str, got: &[T], want: &[f64]| {
        let got: Vec<f64> = got.iter().map(|x| x.to_f64()).collect();
        assert!(got == want, "{name} on {isa:?} of {shape:?}");
    };
    let mut got = fresh(y.len());
    conv.forward(pool, &x, &w, Some(&bias), &mut got).unwrap();
    same("forward", &got, &y);
    let mut got = fresh(dx.len());
    conv.backward_data(pool, &dy, &w, &mut got).unwrap();
    same("backward_data", &got, &dx);
    let mut got = fresh(dw.len());
    conv.backward_filter(pool, &x, &dy, &mut got).unwrap();
    same("backward_filter", &got, &dw);
    // Image by image, with a kernel that was packed once.
    let packed = |toward| match conv.packed_len::<T>(toward) {
        None => Guarded::new(&w),
        Some(len) => {
            let mut packed = fresh(len);
            conv.pack(pool, toward, &w, &mut packed).unwrap();
            packed
        }
    };
    let (single, forward, backward) =
        (conv.with_batch(1), packed(Toward::Output), packed(Toward::Input));
    let (x_len, y_len) = (x.len() / shape.batch.max(1), y.len() / shape.batch.max(1));
    let (mut got_y, mut got_dx) = (fresh(y.len()), fresh(dx.len()));
    for i in 0..shape.batch {
        let (xs, ys) = (i * x_len..(i + 1) * x_len, i * y_len..(i + 1) * y_len);
        let y = &mut got_y[ys.clone()];
        single.forward_packed(pool, &x[xs.clone()], &forward, Some(&bias), y).unwrap();
        single.backward_data_packed(pool, &dy[ys], &backward, &mut got_dx[xs]).unwrap();
    }
    same("forward_packed", &got_y, &y);
    same("backward_data_packed", &got_dx, &dx);
}

/// A shape from its parts: (batch, groups), sizes, channels of a group, filters of a group, kernel, …
#[allow(clippy::too_many_arguments)]
fn shape(
    batch: usize,
    groups: usize,
    size: [usize; 2],
    channels: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    pad: [[usize; 2]; 2],
    dilation: [usize; 2],
) -> Option<ConvShape> {
    let out = |axis: usize| {
        let extent = (kernel[axis] - 1) * dilation[axis] + 1;
        let padded = size[axis] + pad[0][axis] + pad[1][axis];
        padded.checked_sub(extent).map(|room| room / stride[axis] + 1)
    };
    Some(ConvShape {
        batch,
        in_h: size[0],
        in_w: size[1],
        in_c: channels[0] * groups,
        out_h: out(0)?,
        out_w: out(1)?,
        out_c: channels[1] * groups,
        k_h: kernel[0],
        k_w: kernel[1],
        stride,
        pad_lo: pad[0],
        pad_hi: pad[1],
        dilation,
        groups,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn agrees_with_the_definition(
        batch in 1usize..9,
        groups in prop::sample::select(vec![1usize, 1, 1, 2, 3]),
        size in [1usize..12, 1usize..12],
        channels in [
            prop::sample::select(vec![1usize, 2, 3, 4, 8, 11, 16, 33]),
            prop::sample::select(vec![1usize, 2, 3, 4, 5, 8, 16, 19, 40])],
        kernel in [1usize..5, 1usize..5],
        stride in [1usize..4, 1usize..4],
        pad in [[0usize..4, 0usize..4], [0usize..4, 0usize..4]],
        dilation in [1usize..4, 1usize..3],
    ) {
        let shape = shape(batch, groups, size, channels, kernel, stride, pad, dilation);
        prop_assume!(shape.is_some());
        let pool = Pool::new(2).unwrap();
        for isa in AnyIsa::available() {
            check::<f32>(isa, &pool, shape.unwrap());
            check::<f64>(isa, &pool, shape.unwrap());
        }
    }

    #[test]
    fn depthwise_agrees_with_the_definition(
        batch in 1usize..11,
        groups in prop::sample::select(vec![2usize, 3, 8, 13, 32]),
        size in [1usize..10, 1usize..10],
        kernel in [1usize..5, 1usize..5],
        stride in [1usize..4, 1usize..4],
        pad in [[0usize..4, 0usize..4], [0usize..4, 0usize..4]],
        dilation in [1usize..4, 1usize..3],
    ) {
        let shape = shape(batch, groups, size, [1, 1], kernel, stride, pad, dilation);
        prop_assume!(shape.is_some());
        let pool = Pool::new(2).unwrap();
        for isa in AnyIsa::available() {
            check::<f32>(isa, &pool, shape.unwrap());
        }
    }
}

fn large() -> [ConvShape; 8] {
    let one = [1, 1];
    [
        // Several blocks of k, several panels, several bands; a part of the batch for each task.
        shape(10, 1, [28, 28], [1, 32], [3, 3], one, [one, one], one),
        shape(2, 1, [29, 30], [64, 50], [3, 3], [2, 2], [[0, 0], one], one),
        shape(1, 1, [20, 300], [5, 3], [7, 7], one, [[3, 3]; 2], one),
        shape(1, 1, [4, 4], [300, 130], [2, 2], [2, 2], [[0, 0]; 2], one),
        shape(1, 1, [9, 9], [130, 300], [4, 4], one, [[1, 2], [2, 1]], one),
        // Several images together; gradients that taps add to.
        shape(9, 1, [6, 6], [16, 40], [4, 4], [2, 2], [[0, 0]; 2], one),
        shape(6, 1, [13, 15], [70, 130], [4, 4], [2, 2], [[0, 1], [0, 0]], one),
        // Two groups whose filters are half a vector each.
        shape(3, 2, [9, 9], [20, 8], [3, 3], one, [one, one], one),
    ]
    .map(Option::unwrap)
}

#[test]
fn agrees_with_the_definition_beyond_one_block() {
    let pool = Pool::new(2).unwrap();
    for isa in AnyIsa::available() {
        for shape in large() {
            check::<f32>(isa, &pool, shape);
        }
    }
}

#[test]
fn gives_the_same_bits_whatever_the_number_of_threads() {
    for isa in AnyIsa::available() {
        let depthwise = shape(9, 16, [9, 9], [1, 1], [3, 3], [1, 1], [[1, 1]; 2], [1, 1]).unwrap();
        for shape in large().into_iter().chain([depthwise]) {
            let conv = Conv::new(isa, shape).unwrap();
            let wave = |len: usize| (0..len).map(|i| (i as f32).sin()).collect::<Vec<_>>();
            let (x, w) = (wave(shape.input_len()), wave(shape.kernel_len()));
            let dy = wave(shape.output_len());
            let run = |threads| {
                let pool = Pool::new(threads).unwrap();
                let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
                conv.forward(&pool, &x, &w, None, &mut y).unwrap();
                conv.backward_data(&pool, &dy, &w, &mut dx).unwrap();
                conv.backward_filter(&pool, &x, &dy, &mut dw).unwrap();
                let all = y.iter().chain(&dx).chain(&dw);
                all.map(|v| v.to_bits()).collect::<Vec<_>>()
            };
            assert!(run(1) == run(2), "{isa:?} {shape:?}");
        }
    }
}

#[test]
fn taps_add_to_gradients_where_phases_would_meet_many_zeros() {
    let sums = |shape: Option<ConvShape>| geometry::Sweep::backward(&shape.unwrap()).sums;
    let (one, none) = ([1, 1], [[0, 0]; 2]);
    assert!(sums(shape(20, 1, [6, 6], [128, 128], [4, 4], [2, 2], none, one)));
    assert!(sums(shape(20, 1, [30, 30], [128, 128], [4, 4], [2, 2], none, one)));
    assert!(!sums(shape(20, 1, [28, 28], [32, 64], [3, 3], [2, 2], [[0, 0], one], one)));
    // A single image is cut into bands; few channels are dot products.
    assert!(!sums(shape(1, 1, [6, 6], [128, 128], [4, 4], [2, 2], none, one)));
    assert!(!sums(shape(20, 1, [32, 32], [3, 128], [3, 3], one, none, one)));
}

#[test]
fn an_empty_batch_has_a_zero_gradient() {
    let (isa, pool) = (AnyIsa::available()[0], Pool::new(1).unwrap());
    for groups in [1, 2] {
        let shape = shape(0, groups, [4, 4], [1, 1], [3, 3], [1, 1], [[0, 0]; 2], [1, 1]).unwrap();
        check::<f32>(isa, &pool, shape);
    }
}

#[test]
fn refuses_shapes_and_slices_that_break_a_rule() {
    let good = shape(1, 1, [4, 4], [2, 2], [3, 3], [1, 1], [[0, 0]; 2], [1, 1]).unwrap();
    let isa = AnyIsa::available()[0];
    for (bad, word) in [
        (ConvShape { stride: [0, 1], ..good }, "strides"),
        (ConvShape { k_h: 0, ..good }, "sizes"),
        (ConvShape { groups: 3, ..good }, "groups"),
        (ConvShape { out_h: 3, ..good }, "output size"),
        (ConvShape { pad_lo: [usize::MAX, 0], ..good }, "output size"),
        (ConvShape { batch: usize::MAX / 2, ..good }, "memory"),
    ] {
        let error = Conv::new(isa, bad).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let conv = Conv::new(isa, good).unwrap();
    let (pool, zeros) = (Pool::new(1).unwrap(), |n: usize| vec![0.0f32; n]);
    let error = conv.forward(&pool, &zeros(31), &zeros(36), None, &mut zeros(8)).unwrap_err();
    assert!(error.to_string().contains("`x` must have 32 values"), "{error}");
}
