//! Matrix products, convolutions and pooling: values by hand, gradients by finite differences.

use cornu_graph::ops::*;
use cornu_graph::testing::{check_gradient, check_gradient_twice};
use cornu_graph::{Array, DType, Tensor};

use crate::{elements, f, message, mixed};

#[test]
fn matmul_multiplies() {
    let a = Tensor::from(f(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let b = Tensor::from(f(&[3, 2], &[1.0, 0.0, 0.0, 1.0, 2.0, -1.0]));
    assert_eq!(elements(&matmul(&a, &b), &[2, 2]), [7.0, -1.0, 16.0, -1.0]);
    let v = Tensor::from(f(&[3], &[1.0, 1.0, 2.0]));
    assert_eq!(elements(&matmul(&a, &v), &[2]), [9.0, 21.0]);
    assert_eq!(elements(&matmul(&v, &b), &[2]), [5.0, -1.0]);
    assert_eq!(elements(&matmul(&v, &v), &[]), [6.0]);
    let none = Tensor::from(f(&[0], &[]));
    assert_eq!(elements(&matmul(&none, &none), &[]), [0.0]);
    // Beyond 2⁵³ a double would lose the last digit.
    let big = Tensor::from(Array::new(&[1], vec![(1i64 << 53) + 1]).unwrap());
    assert_eq!(
        crate::get(&matmul(&big, &Tensor::from(Array::new(&[1], vec![1i64]).unwrap()))).data(),
        Array::scalar((1i64 << 53) + 1).data()
    );
    assert!(message(&matmul(&a, &a)).contains("inner sizes"));
    assert!(message(&matmul(&a, &Tensor::scalar(1.0))).contains("at least one axis"));
}

#[test]
fn matmul_flags_and_batches() {
    let at = |s: &[usize], t: bool| {
        let mut s = s.to_vec();
        let r = s.len();
        if t {
            s.swap(r - 1, r - 2);
        }
        mixed(&s)
    };
    for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
        for batch in [&[][..], &[2]] {
            let (a, b) = (at(&[batch, &[3, 4]].concat(), ta), at(&[batch, &[4, 2]].concat(), tb));
            let product = |x: &[Tensor]| {
                Tensor::apply(MatMul { transpose_a: ta, transpose_b: tb }, &[&x[0], &x[1]])
            };
            check_gradient_twice(product, &[a.clone(), b.clone()]).unwrap();
            let swap = |t: &Tensor, yes: bool| {
                let mut axes: Vec<isize> = (0..t.ndim() as isize).collect();
                let r = axes.len();
                if yes {
                    axes.swap(r - 1, r - 2);
                }
                transpose(t, &axes)
            };
            let (a, b) = (Tensor::from(a), Tensor::from(b));
            let plain = matmul(&swap(&a, ta), &swap(&b, tb));
            let shape = [batch, &[3, 2]].concat();
            assert_eq!(elements(&product(&[a, b]), &shape), elements(&plain, &shape));
        }
    }
    let (a, b) = (mixed(&[2, 1, 3, 4]), mixed(&[5, 4, 2]));
    check_gradient(|x| matmul(&x[0], &x[1]), &[a.clone(), b]).unwrap();
    check_gradient(|x| matmul(&x[0], &x[1]), &[a, mixed(&[4])]).unwrap();
    let (a, b) = (mixed(&[2, 3, 4]), mixed(&[4, 5, 2]));
    check_gradient(|x| tensordot(&x[0], &x[1], &[2, 0], &[0, -1]), &[a, b]).unwrap();
    let outer = |x: &[Tensor]| tensordot(&x[0], &x[1], &[], &[]);
    check_gradient(outer, &[mixed(&[2]), mixed(&[3])]).unwrap();
}

#[test]
fn conv_by_hand() {
    let x = Tensor::from(f(&[1, 4, 1], &[1.0, 2.0, 3.0, 4.0]));
    let w = Tensor::from(f(&[2, 1, 1], &[10.0, 1.0]));
    let p = |stride, padding, dilation| ConvParams {
        strides: vec![stride],
        padding: vec![padding],
        dilation: vec![dilation],
        groups: 1,
    };
    let run = |q: ConvParams, n| elements(&conv(&x, &w, &q), &[1, n, 1]);
    assert_eq!(run(p(1, (0, 0), 1), 3), [12.0, 23.0, 34.0]);
    assert_eq!(run(p(2, (1, 0), 1), 2), [1.0, 23.0]);
    assert_eq!(run(p(1, (0, 0), 2), 2), [13.0, 24.0]);
    assert_eq!(run(p(1, (0, 1), 1), 4), [12.0, 23.0, 34.0, 40.0]);
    // Transposed: each element spreads the kernel; the last place of size 6 is out of reach.
    let dy = Tensor::from(f(&[1, 2, 1], &[1.0, 2.0]));
    let wide = conv_input_grad(&dy, &w, &[5], &p(3, (0, 0), 1));
    assert_eq!(elements(&wide, &[1, 5, 1]), [10.0, 1.0, 0.0, 20.0, 2.0]);
    let longer = conv_input_grad(&dy, &w, &[6], &p(3, (0, 0), 1));
    assert_eq!(elements(&longer, &[1, 6, 1]), [10.0, 1.0, 0.0, 20.0, 2.0, 0.0]);
    assert!(
        message(&conv_input_grad(&dy, &w, &[8], &p(3, (0, 0), 1))).contains("must have the shape")
    );
    // Two groups: each filter sees one channel.
    let x = Tensor::from(f(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]));
    let w = Tensor::from(f(&[1, 1, 2], &[10.0, 100.0]));
    let grouped = ConvParams { groups: 2, ..p(1, (0, 0), 1) };
    assert_eq!(elements(&conv(&x, &w, &grouped), &[1, 2, 2]), [10.0, 200.0, 30.0, 400.0]);
    assert!(message(&conv(&x, &w, &p(0, (0, 0), 1))).contains("must be an image"));
    assert!(
        message(&conv(&x, &w, &ConvParams { strides: vec![0], ..grouped })).contains("strides")
    );
}

/// Checks the three convolution ops, first and second order.
fn check_conv(image: &[usize], kernel: &[usize], params: ConvParams) {
    let rank = image.len() - 2;
    let (x, w) = (mixed(image), mixed(kernel));
    let y = conv(&Tensor::from(&x), &Tensor::from(&w), &params);
    y.check().unwrap();
    let dy = mixed(y.shape());
    let forward = |t: &[Tensor]| conv(&t[0], &t[1], &params);
    let size = image[1..=rank].to_vec();
    let input = |t: &[Tensor]| conv_input_grad(&t[0], &t[1], &size, &params);
    let taps = kernel[..rank].to_vec();
    let filter = |t: &[Tensor]| conv_filter_grad(&t[0], &t[1], &taps, &params);
    check_gradient_twice(forward, &[x.clone(), w.clone()]).unwrap();
    check_gradient_twice(input, &[dy.clone(), w]).unwrap();
    check_gradient_twice(filter, &[x, dy]).unwrap();
}

#[test]
fn conv_gradients_in_one_two_and_three_dimensions() {
    let p =
        |strides: &[usize], padding: &[(usize, usize)], dilation: &[usize], groups| ConvParams {
            strides: strides.to_vec(),
            padding: padding.to_vec(),
            dilation: dilation.to_vec(),
            groups,
        };
    check_conv(&[2, 5, 2], &[3, 2, 3], p(&[1], &[(1, 1)], &[1], 1));
    // A remainder of one: the last element is never read.
    check_conv(&[1, 6, 2], &[2, 1, 4], p(&[3], &[(0, 0)], &[1], 2));
    check_conv(&[1, 7, 1], &[3, 1, 2], p(&[2], &[(2, 0)], &[2], 1));
    check_conv(&[1, 4, 5, 2], &[2, 3, 2, 2], p(&[2, 1], &[(0, 1), (2, 1)], &[1, 2], 1));
    check_conv(&[1, 3, 3, 2], &[2, 2, 1, 2], p(&[1, 2], &[(1, 0), (0, 0)], &[1, 1], 2));
    check_conv(
        &[1, 3, 2, 3, 1],
        &[2, 1, 2, 1, 2],
        p(&[1, 1, 2], &[(0, 0), (0, 1), (1, 0)], &[2, 1, 1], 1),
    );
}

#[test]
fn pooling_by_hand() {
    let x = Tensor::from(f(&[1, 5, 1], &[1.0, 3.0, 2.0, 5.0, 4.0]));
    let go = |kind, window, stride, padding| pool(&x, kind, &[window], &[stride], &[padding]);
    assert_eq!(elements(&go(PoolKind::Max, 2, 2, (0, 0)), &[1, 2, 1]), [3.0, 5.0]);
    assert_eq!(elements(&go(PoolKind::Max, 3, 2, (1, 1)), &[1, 3, 1]), [3.0, 5.0, 5.0]);
    assert_eq!(elements(&go(PoolKind::Sum, 3, 2, (1, 1)), &[1, 3, 1]), [4.0, 10.0, 9.0]);
    // Padding never wins over negative numbers; a window of padding alone has nothing.
    let low = Tensor::from(f(&[1, 1, 1], &[-7.0]));
    let padded = pool(&low, PoolKind::Max, &[2], &[1], &[(1, 2)]);
    assert_eq!(elements(&padded, &[1, 3, 1]), [-7.0, -7.0, f64::NEG_INFINITY]);
    let nan = Tensor::from(f(&[1, 2, 1], &[f64::NAN, 1.0]));
    assert!(elements(&pool(&nan, PoolKind::Max, &[2], &[1], &[(0, 0)]), &[1, 1, 1])[0].is_nan());
    assert!(message(&go(PoolKind::Max, 0, 1, (0, 0))).contains("at least 1"));
    assert!(message(&go(PoolKind::Max, 6, 1, (0, 0))).contains("must not exceed"));
}

#[test]
fn pooling_gradients() {
    let x = mixed(&[2, 4, 5, 2]);
    let pooled = |kind, x: &Tensor| pool(x, kind, &[2, 3], &[1, 2], &[(0, 1), (1, 1)]);
    check_gradient_twice(|x| pooled(PoolKind::Max, &square(&x[0])), std::slice::from_ref(&x))
        .unwrap();
    check_gradient_twice(|x| pooled(PoolKind::Sum, &square(&x[0])), std::slice::from_ref(&x))
        .unwrap();
    let line = mixed(&[2, 7, 2]);
    let max = |x: &[Tensor]| pool(&sin(&x[0]), PoolKind::Max, &[3], &[3], &[(0, 0)]);
    check_gradient_twice(max, &[line]).unwrap();
    let cube = mixed(&[1, 3, 2, 3, 1]);
    let max = |x: &[Tensor]| pool(&exp(&x[0]), PoolKind::Max, &[2; 3], &[1; 3], &[(0, 0); 3]);
    check_gradient_twice(max, &[cube]).unwrap();
    // Ties: the first maximum takes all, in both directions.
    let tied = Tensor::from(f(&[1, 4, 1], &[2.0, 2.0, 1.0, 2.0]));
    let dy = Tensor::from(f(&[1, 2, 1], &[1.0, 10.0]));
    let back =
        Pool { kind: PoolKind::Max, window: vec![2], strides: vec![2], padding: vec![(0, 0)] };
    let back = Tensor::apply(PoolGrad { pool: back, size: vec![4] }, &[&tied, &dy]);
    assert_eq!(elements(&back, &[1, 4, 1]), [1.0, 0.0, 0.0, 10.0]);
    let weights = Tensor::from(f(&[1, 4, 1], &[3.0, 5.0, 7.0, 11.0]));
    let slope = cornu_graph::gradients(&sum(&(back * weights), &[], false), &[dy]).unwrap();
    assert_eq!(elements(&slope[0], &[1, 2, 1]), [3.0, 11.0]);
    let integers = Tensor::input(&[1, 4, 1], DType::I32);
    assert!(pool(&integers, PoolKind::Sum, &[2], &[2], &[(0, 0)]).check().is_err());
}
