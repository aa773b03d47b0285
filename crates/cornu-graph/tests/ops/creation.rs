//! Tensors from numbers, diagonals and triangles, against NumPy's values.

use cornu_graph::ops::*;
use cornu_graph::testing::{check_gradient, check_gradient_twice};
use cornu_graph::{DType, Tensor};

use crate::{counted, elements, f, get, message, mixed};

fn near(found: &[f64], expected: &[f64], bound: f64) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= bound * b.abs().max(1.0), "{found:?} is not {expected:?}");
    }
}

#[test]
fn filled_like_another() {
    let x = Tensor::input(&[2, 0], DType::U8);
    assert_eq!(full_like(&x, 2.7).spec(), x.spec());
    assert_eq!(get(&full_like(&Tensor::scalar(1u8), 2.7)).to_vec::<u8>(), [2]);
    assert_eq!(get(&full_like(&Tensor::scalar(0i64), i64::MAX)).to_vec::<i64>(), [i64::MAX]);
    assert_eq!(elements(&ones_like(&Tensor::scalar(true)), &[]), [1.0]);
    assert_eq!(empty(&[2, 3], DType::I32).shape(), [2, 3]);
    assert_eq!(empty_like(&x).spec(), x.spec());
    let wrong = Tensor::scalar(1.0) + Tensor::input(&[2], DType::F32) + counted(&[3]);
    assert!(message(&full_like(&wrong, 1.0)).contains("broadcast"));
}

#[test]
fn matrices_of_ones_and_zeros() {
    let eye24 = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    assert_eq!(elements(&eye(2, 4, 1, DType::F32), &[2, 4]), eye24);
    assert_eq!(elements(&identity(2, DType::Bool), &[2, 2]), [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(elements(&tri(3, 2, -1, DType::I64), &[3, 2]), [0.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
    assert_eq!(elements(&eye(2, 2, isize::MIN, DType::F32), &[2, 2]), [0.0; 4]);
    assert_eq!(elements(&tri(2, 2, isize::MAX, DType::F32), &[2, 2]), [1.0; 4]);
    assert_eq!(elements(&eye(0, 3, 0, DType::F32), &[0, 3]), []);
    assert!(message(&eye(usize::MAX, 2, 0, DType::F32)).contains("fits in memory"));
}

#[test]
fn counting() {
    let ints = |t: &Tensor| get(t).to_vec::<i64>();
    assert_eq!(ints(&arange(5, 0, -2)), [5, 3, 1]);
    assert_eq!(ints(&arange(-3i64, -10, -3)), [-3, -6, -9]);
    assert_eq!(ints(&arange(3u8, 10, 3)), [3, 6, 9]);
    assert_eq!(ints(&arange(3, 3, 1)), [0i64; 0]);
    assert_eq!(ints(&arange(3, 0, 1)), [0i64; 0]);
    let edge = (1i64 << 53) + 1;
    assert_eq!(ints(&arange(edge, edge + 3, 2)), [edge, edge + 2]);
    assert_eq!(ints(&arange(i64::MIN, i64::MAX, i64::MAX)), [i64::MIN, -1, i64::MAX - 1]);
    assert_eq!(arange(0u8, 3, 1).dtype(), DType::U8);
    assert_eq!(elements(&arange(0.0, 1.0, 0.3), &[4]), [0.0, 0.3, 0.6, 0.8999999999999999]);
    // The quotient is a little over 3: NumPy has four elements.
    near(&elements(&arange(1.0, 1.3, 0.1), &[4]), &[1.0, 1.1, 1.2, 1.3], 4e-16);
    assert_eq!(elements(&arange(2f32, 1.0, -0.25), &[4]), [2.0, 1.75, 1.5, 1.25]);
    for wrong in
        [arange(0.0, 1.0, 0.0), arange(0.0, f64::INFINITY, 1.0), arange(f64::NAN, 1.0, 1.0)]
    {
        assert!(message(&wrong).contains("arange: `start, stop, step` must be finite"));
    }
    assert!(arange(0, 1, 0).check().is_err() && arange(false, true, true).check().is_err());
    // Countable, but more than any machine has.
    assert!(message(&arange(0i64, 1 << 60, 1)).contains("memory"));
    assert!(message(&arange(0i64, 1 << 59, 1)).contains("memory"));
}

#[test]
fn spaced() {
    assert_eq!(elements(&linspace(0.0, 1.0, 3, false), &[3]), [0.0, 1.0 / 3.0, 2.0 / 3.0]);
    assert_eq!(elements(&linspace(1.0, 2.0, 1, true), &[1]), [1.0]);
    assert_eq!(elements(&linspace(1.0, 2.0, 0, true), &[0]), []);
    let grid = linspace([0, 1], [2, 5], 3, true);
    assert_eq!(grid.dtype(), DType::F32);
    assert_eq!(elements(&grid, &[3, 2]), [0.0, 1.0, 1.0, 3.0, 2.0, 5.0]);
    // The last is the end, whatever the steps add up to.
    for n in 2..60 {
        let last = *elements(&linspace(0.1, 0.7, n, true), &[n]).last().unwrap();
        assert_eq!(last, 0.7);
    }
    near(&elements(&logspace(0.0, 2.0, 3, true, 3.0), &[3]), &[1.0, 3.0, 9.0], 4e-16);
    let found = elements(&geomspace(-1.0, -1000.0, 4, true), &[4]);
    near(&found, &[-1.0, -10.0, -100.0, -1000.0], 4e-15);
    assert_eq!((found[0], found[3]), (-1.0, -1000.0));
    near(&elements(&geomspace(1.0, 256.0, 4, false), &[4]), &[1.0, 4.0, 16.0, 64.0], 4e-15);
    let found = elements(&geomspace(-1.0, 1.0, 3, true), &[3]);
    assert!(found[1].is_nan() && (found[0], found[2]) == (-1.0, 1.0));
    let zero = "geomspace: `start, stop` must not be 0";
    assert!(message(&geomspace(0.0, 1.0, 3, true)).contains(zero));
    assert!(message(&geomspace([1.0, 2.0], [4.0, 0.0], 3, false)).contains(zero));
    assert!(message(&linspace([1.0, 2.0], [1.0, 2.0, 3.0], 4, true)).contains("linspace"));
    let ends = [f(&[2], &[0.5, 1.5]), f(&[2], &[2.0, 3.5])];
    check_gradient_twice(|x| square(&linspace(&x[0], &x[1], 4, true)), &ends).unwrap();
    check_gradient_twice(|x| geomspace(&x[0], &x[1], 4, true), &ends).unwrap();
    check_gradient_twice(|x| logspace(&x[0], &x[1], 3, false, 2.0), &ends).unwrap();
}

#[test]
fn powers_of_a_vector() {
    let x = Tensor::from([2, 3, 5]);
    let expected = [4.0, 2.0, 1.0, 9.0, 3.0, 1.0, 25.0, 5.0, 1.0];
    assert_eq!(elements(&vander(&x, 3, false), &[3, 3]), expected);
    assert_eq!(elements(&vander(&x, 2, true), &[3, 2]), [1.0, 2.0, 1.0, 3.0, 1.0, 5.0]);
    assert_eq!(elements(&vander(&x, 0, true), &[3, 0]), []);
    assert!(message(&vander(&counted(&[2, 2]), 2, true)).contains("must be a vector"));
    check_gradient(|x| vander(&x[0], 4, false), &[f(&[3], &[0.5, -2.0, 0.0])]).unwrap();
    check_gradient_twice(|x| vander(&x[0], 4, true), &[f(&[2], &[0.5, -2.0])]).unwrap();
}

#[test]
fn windows() {
    near(&elements(&bartlett(4, DType::F64), &[4]), &[0.0, 2.0 / 3.0, 2.0 / 3.0, 0.0], 4e-16);
    near(&elements(&hanning(5, DType::F64), &[5]), &[0.0, 0.5, 1.0, 0.5, 0.0], 4e-16);
    near(&elements(&hamming(4, DType::F64), &[4]), &[0.08, 0.77, 0.77, 0.08], 4e-16);
    near(&elements(&blackman(4, DType::F64), &[4]), &[0.0, 0.63, 0.63, 0.0], 4e-16);
    let kaiser5 = [KAISER[0], KAISER[1], 1.0, KAISER[1], KAISER[0]];
    near(&elements(&kaiser(5, 8.6, DType::F64), &[5]), &kaiser5, 4e-16);
    assert_eq!(elements(&kaiser(3, 0.0, DType::F32), &[3]), [1.0; 3]);
    for window in [bartlett, hanning, hamming, blackman] {
        assert_eq!(elements(&window(1, DType::F32), &[1]), [1.0]);
        assert_eq!(elements(&window(0, DType::F32), &[0]), []);
        assert!(message(&window(1 << 59, DType::F32)).contains("memory"));
    }
    assert_eq!(elements(&kaiser(1, 2.0, DType::F32), &[1]), [1.0]);
    assert!(message(&kaiser(1 << 59, 2.0, DType::F32)).contains("memory"));
    assert!(message(&kaiser(4, f64::NAN, DType::F32)).contains("must be in [-700, 700]"));
}

/// From NumPy: `np.kaiser(5, 8.6)[:2]`.
const KAISER: [f64; 2] = [0.00133251399790242, 0.34039362244018856];

#[test]
fn diagonals() {
    let x = counted(&[2, 3, 4]);
    assert_eq!(elements(&diagonal(&x, 1, 1, 2), &[2, 3]), [1.0, 6.0, 11.0, 13.0, 18.0, 23.0]);
    assert_eq!(elements(&diagonal(&x, -1, 2, 0), &[3, 2]), [1.0, 14.0, 5.0, 18.0, 9.0, 22.0]);
    assert_eq!(elements(&diagonal(&x, 9, 0, 1), &[4, 0]), []);
    assert_eq!(elements(&diagonal(&x, isize::MIN, 0, 1), &[4, 0]), []);
    assert_eq!(elements(&trace(&x, 0, 0, 2), &[3]), [13.0, 21.0, 29.0]);
    assert!(message(&diagonal(&x, 0, 1, -2)).contains("two different axes"));
    assert!(message(&trace(&x, 0, 0, 3)).contains("trace: `axis`"));
    assert_eq!(
        elements(&diag(&Tensor::from([1, 2]), -1), &[3, 3])[3..],
        [1.0, 0.0, 0.0, 0.0, 2.0, 0.0]
    );
    assert_eq!(elements(&diag(&counted(&[2, 3]), 1), &[2]), [1.0, 5.0]);
    assert_eq!(elements(&diagflat(&counted(&[2, 1]), 0), &[2, 2]), [0.0, 0.0, 0.0, 1.0]);
    assert_eq!(elements(&diag(&zeros(&[0], DType::F64), 2), &[2, 2]), [0.0; 4]);
    assert!(message(&diag(&Tensor::from([1, 2]), isize::MAX)).contains("fits in memory"));
    assert!(message(&diag(&x, 0)).contains("must be a vector or a matrix"));
    for (shape, offset, a, b) in
        [(&[3, 4][..], 1, 0, 1), (&[2, 3, 2], -1, 1, 2), (&[2, 2], 5, 0, 1)]
    {
        check_gradient_twice(|x| square(&diagonal(&x[0], offset, a, b)), &[mixed(shape)]).unwrap();
        check_gradient_twice(|x| square(&trace(&x[0], offset, a, b)), &[mixed(shape)]).unwrap();
    }
    check_gradient_twice(|x| square(&diag(&x[0], -2)), &[mixed(&[3])]).unwrap();
}

#[test]
fn triangles() {
    let x = counted(&[2, 2, 3]) + 1.0;
    let low = [0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0];
    assert_eq!(elements(&tril(&x, -1), &[2, 2, 3]), low);
    let high = [0.0, 2.0, 3.0, 0.0, 0.0, 6.0, 0.0, 8.0, 9.0, 0.0, 0.0, 12.0];
    assert_eq!(elements(&triu(&x, 1), &[2, 2, 3]), high);
    assert_eq!(elements(&triu(&x, isize::MIN), &[2, 2, 3]), elements(&x, &[2, 2, 3]));
    let rows = elements(&tril(&Tensor::from([1, 2, 3]), 0), &[3, 3]);
    assert_eq!(rows, [1.0, 0.0, 0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0]);
    assert!(elements(&tril(&full(&[2, 2], f64::NAN), 0), &[2, 2])[1] == 0.0);
    assert!(message(&triu(&Tensor::scalar(1.0), 0)).contains("must have an axis"));
    check_gradient_twice(|x| square(&triu(&x[0], 0)), &[mixed(&[2, 3])]).unwrap();
    check_gradient_twice(|x| square(&tril(&x[0], 0)), &[mixed(&[3])]).unwrap();
}

#[test]
fn grids() {
    let (x, y) = (Tensor::from([1, 2, 3]), Tensor::from([4, 5]));
    let found = meshgrid(&[x.clone(), y.clone()], Indexing::Xy);
    assert_eq!(elements(&found[0], &[2, 3]), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    assert_eq!(elements(&found[1], &[2, 3]), [4.0, 4.0, 4.0, 5.0, 5.0, 5.0]);
    let found = meshgrid(&[x.clone(), y.clone(), counted(&[2, 2])], Indexing::Ij);
    assert_eq!(found[2].shape(), [3, 2, 4]);
    assert_eq!(elements(&found[1], &[3, 2, 4])[..5], [4.0, 4.0, 4.0, 4.0, 5.0]);
    assert_eq!(meshgrid(&[x.clone(), y, counted(&[4])], Indexing::Xy)[0].shape(), [2, 3, 4]);
    assert!(meshgrid(&[], Indexing::Xy).is_empty());
    let broken = meshgrid(&[x, full(&[usize::MAX], 1.0)], Indexing::Xy);
    assert!(broken.iter().all(|t| t.check().is_err()));
}
