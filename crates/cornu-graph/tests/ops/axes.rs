//! Shapes and axes, against NumPy's values.

use cornu_graph::ops::*;
use cornu_graph::testing::check_gradient_twice;
use cornu_graph::{DType, Tensor};

use crate::{counted, elements, message, mixed};

#[test]
fn open_sizes() {
    let x = counted(&[2, 6]);
    assert_eq!(reshape(&x, &[3, -1]).shape(), [3, 4]);
    assert_eq!(reshape(&x, &[-1]).shape(), [12]);
    assert_eq!(reshape(&x, &[-1i64, 12]).shape(), [1, 12]);
    assert_eq!(ravel(&x).shape(), [12]);
    assert_eq!(ravel(&Tensor::scalar(1.0)).shape(), [1]);
    assert_eq!(reshape(&zeros(&[0, 3], DType::F32), &[-1, 3]).shape(), [0, 3]);
    for (shape, rule) in [
        (&[5, -1][..], "must leave a whole size for -1"),
        (&[-1, -1], "at most one -1"),
        (&[-2, 6], "at most one -1"),
        (&[0, -1], "must leave a whole size"),
        (&[i64::MAX, i64::MAX, -1], "fits in memory"),
    ] {
        assert!(message(&reshape(&x, shape)).contains(rule), "{}", message(&reshape(&x, shape)));
    }
    let nothing = reshape(&zeros(&[0], DType::F32), &[0, -1]);
    assert!(message(&nothing).contains("must leave a whole size"));
}

#[test]
fn axes_of_size_one() {
    let x = counted(&[2, 3]);
    assert_eq!(expand_dims(&x, [0, -1]).shape(), [1, 2, 3, 1]);
    assert_eq!(expand_dims(&x, &[1, 2][..]).shape(), [2, 1, 1, 3]);
    assert_eq!(expand_dims(&x, 1).shape(), [2, 1, 3]);
    assert_eq!(expand_dims(&x, []).shape(), [2, 3]);
    assert!(message(&expand_dims(&x, [0, -4])).contains("distinct"));
    assert!(message(&expand_dims(&x, 3)).contains("axis=3"));
    assert_eq!(squeeze(&reshape(&x, &[1, 2, 1, 3]), &[0, -2]).shape(), [2, 3]);
    let shapes = |f: fn(&Tensor) -> Tensor| -> Vec<Vec<usize>> {
        [&[][..], &[2], &[2, 3], &[2, 3, 4], &[1, 2, 3, 4]]
            .iter()
            .map(|s| f(&zeros(s, DType::F32)).shape().to_vec())
            .collect()
    };
    assert_eq!(shapes(atleast_1d)[..2], [vec![1], vec![2]]);
    assert_eq!(shapes(atleast_2d)[..3], [vec![1, 1], vec![1, 2], vec![2, 3]]);
    assert_eq!(shapes(atleast_3d)[..3], [vec![1, 1, 1], vec![1, 2, 1], vec![2, 3, 1]]);
    assert_eq!(shapes(atleast_3d)[4], [1, 2, 3, 4]);
}

#[test]
fn moved_axes() {
    let x = counted(&[2, 3, 4]);
    assert_eq!(moveaxis(&x, &[0, 1], &[-1, 0]).shape(), [3, 4, 2]);
    assert_eq!(moveaxis(&x, &[], &[]).shape(), [2, 3, 4]);
    assert_eq!(swapaxes(&x, 0, -1).shape(), [4, 3, 2]);
    assert_eq!(elements(&swapaxes(&counted(&[2, 2]), 0, 1), &[2, 2]), [0.0, 2.0, 1.0, 3.0]);
    assert!(message(&moveaxis(&x, &[0, -3], &[1, 2])).contains("distinct"));
    assert!(message(&moveaxis(&x, &[0], &[1, 2])).contains("as many as source"));
    assert!(message(&moveaxis(&x, &[3], &[0])).contains("moveaxis: `axis`"));
    assert!(message(&swapaxes(&x, 0, 3)).contains("axis=3"));
    check_gradient_twice(|x| square(&moveaxis(&x[0], &[0], &[2])), &[mixed(&[2, 3, 2])]).unwrap();
}

#[test]
fn turned() {
    let x = counted(&[2, 3]);
    assert_eq!(elements(&rot90(&x, 1, (0, 1)), &[3, 2]), [2.0, 5.0, 1.0, 4.0, 0.0, 3.0]);
    assert_eq!(elements(&rot90(&x, -1, (0, 1)), &[3, 2]), [3.0, 0.0, 4.0, 1.0, 5.0, 2.0]);
    assert_eq!(elements(&rot90(&x, 6, (0, 1)), &[2, 3]), [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]);
    assert_eq!(elements(&rot90(&x, 4, (0, 1)), &[2, 3]), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let y = rot90(&counted(&[2, 1, 2]), 1, (2, 0));
    assert_eq!(elements(&y, &[2, 1, 2]), [2.0, 0.0, 3.0, 1.0]);
    assert!(message(&rot90(&x, 1, (0, -2))).contains("distinct"));
    assert_eq!(elements(&fliplr(&x), &[2, 3]), [2.0, 1.0, 0.0, 5.0, 4.0, 3.0]);
    assert_eq!(elements(&flipud(&x), &[2, 3]), [3.0, 4.0, 5.0, 0.0, 1.0, 2.0]);
    assert!(message(&fliplr(&ravel(&x))).contains("fliplr: `x` must have an axis 1"));
    check_gradient_twice(|x| square(&rot90(&x[0], 3, (1, 0))), &[mixed(&[2, 3])]).unwrap();
}
