//! Rolled, repeated, padded, joined and split tensors, against NumPy's values.

use cornu_graph::ops::*;
use cornu_graph::testing::check_gradient_twice;
use cornu_graph::{DType, Result, Tensor};

use crate::{counted, elements, message, mixed};

#[test]
fn rolled() {
    let (v, x) = (counted(&[6]), counted(&[2, 3]));
    assert_eq!(elements(&roll(&v, &[2], &[0]), &[6]), [4.0, 5.0, 0.0, 1.0, 2.0, 3.0]);
    assert_eq!(elements(&roll(&v, &[-1], &[0]), &[6])[..2], [1.0, 2.0]);
    // One shift for all axes, one axis for all shifts, no axis.
    assert_eq!(elements(&roll(&x, &[1], &[0, 1]), &[2, 3]), [5.0, 3.0, 4.0, 2.0, 0.0, 1.0]);
    assert_eq!(elements(&roll(&x, &[1, 2], &[0, 1]), &[2, 3]), [4.0, 5.0, 3.0, 1.0, 2.0, 0.0]);
    assert_eq!(elements(&roll(&x, &[1, 1], &[-1]), &[2, 3]), [1.0, 2.0, 0.0, 4.0, 5.0, 3.0]);
    assert_eq!(elements(&roll(&x, &[1, 2], &[]), &[2, 3]), [3.0, 4.0, 5.0, 0.0, 1.0, 2.0]);
    assert_eq!(roll(&zeros(&[2, 0], DType::F32), &[isize::MIN], &[1]).shape(), [2, 0]);
    assert_eq!(elements(&roll(&v, &[isize::MAX, isize::MAX], &[0]), &[6])[2], 0.0);
    assert!(message(&roll(&x, &[1, 2, 3], &[0, 1])).contains("one per axis"));
    assert!(message(&roll(&x, &[1], &[2])).contains("roll: `axis`"));
    check_gradient_twice(|x| square(&roll(&x[0], &[1, -1], &[0, 1])), &[mixed(&[2, 3])]).unwrap();
}

#[test]
fn repeated() {
    let x = counted(&[2, 2]);
    let tiled = [0.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 3.0];
    assert_eq!(elements(&tile(&x, &[2]), &[2, 4]), tiled);
    assert_eq!(elements(&tile(&counted(&[2]), &[2, 1, 2]), &[2, 1, 4]), [&tiled[..4]; 2].concat());
    assert_eq!(elements(&tile(&x, &[0, 1]), &[0, 2]), []);
    assert_eq!(elements(&tile(&x, &[]), &[2, 2]), [0.0, 1.0, 2.0, 3.0]);
    assert!(message(&tile(&x, &[usize::MAX, 2])).contains("fits in memory"));
    assert!(tile(&x, &[1 << 40, 1 << 40]).check().is_err());
    assert_eq!(elements(&repeat(&x, &[2], 0), &[4, 2]), [0.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 3.0]);
    assert_eq!(elements(&repeat(&x, &[1, 2], -1), &[2, 3]), [0.0, 1.0, 1.0, 2.0, 3.0, 3.0]);
    assert_eq!(elements(&repeat(&x, &[0, 1], 1), &[2, 1]), [1.0, 3.0]);
    assert_eq!(elements(&repeat(&x, &[0], 1), &[2, 0]), []);
    assert!(message(&repeat(&x, &[1, 2, 3], 1)).contains("one for each of the 2 slices"));
    assert!(message(&repeat(&x, &[1, usize::MAX], 1)).contains("memory"));
    assert!(message(&repeat(&x, &[usize::MAX], 1)).contains("memory"));
    assert!(message(&repeat(&Tensor::scalar(1), &[2], 0)).contains("repeat: `axis`"));
    check_gradient_twice(|x| square(&tile(&x[0], &[2, 1, 3])), &[mixed(&[2, 2])]).unwrap();
    check_gradient_twice(|x| square(&repeat(&x[0], &[2, 0, 1], 1)), &[mixed(&[2, 3])]).unwrap();
}

#[test]
fn padded() {
    let x = counted(&[3]);
    let run =
        |mode: PadMode, low, high| elements(&pad(&x, &[(low, high)], mode), &[3 + low + high]);
    use PadMode::*;
    // Narrower than the axis, and wider: from `np.pad`.
    assert_eq!(run(Edge, 2, 1), [0.0, 0.0, 0.0, 1.0, 2.0, 2.0]);
    assert_eq!(run(Reflect, 2, 1), [2.0, 1.0, 0.0, 1.0, 2.0, 1.0]);
    assert_eq!(run(Reflect, 5, 0), [1.0, 0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0]);
    assert_eq!(run(Symmetric, 2, 1), [1.0, 0.0, 0.0, 1.0, 2.0, 2.0]);
    assert_eq!(run(Symmetric, 0, 5), [0.0, 1.0, 2.0, 2.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(run(Wrap, 4, 1), [2.0, 0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0]);
    assert_eq!(run(Constant(7.0), 1, 0), [7.0, 0.0, 1.0, 2.0]);
    // Of one element.
    assert_eq!(elements(&pad(&counted(&[1]), &[(1, 2)], Reflect), &[4]), [0.0; 4]);
    // A pair for all axes; other axes stay.
    let y = counted(&[2, 2]);
    let wide = elements(&pad(&y, &[(1, 0)], Edge), &[3, 3]);
    assert_eq!(wide, [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 2.0, 2.0, 3.0]);
    assert_eq!(pad(&y, &[(1, 0)], 2.0).shape(), [3, 3]);
    assert_eq!(pad(&zeros(&[0, 2], DType::F32), &[(0, 0), (1, 1)], Wrap).shape(), [0, 4]);
    let empty = pad(&zeros(&[0, 2], DType::F32), &[(0, 1), (1, 1)], Wrap);
    assert!(message(&empty).contains("pad: `padding` must leave axis 0"));
    assert!(message(&pad(&y, &[(1, 1); 3], Edge)).contains("must name every axis"));
    assert!(message(&pad(&y, &[(usize::MAX, 1)], Edge)).contains("fits in memory"));
    for mode in [Edge, Reflect, Symmetric, Wrap] {
        let f = |x: &[Tensor]| square(&pad(&x[0], &[(1, 4), (2, 0)], mode));
        check_gradient_twice(f, &[mixed(&[2, 3])]).unwrap();
    }
}

#[test]
fn stacked() {
    let (v, w, x) = (counted(&[2]), Tensor::from([7, 8]), counted(&[2, 2]));
    assert_eq!(elements(&hstack(&[v.clone(), w.clone()]), &[4]), [0.0, 1.0, 7.0, 8.0]);
    assert_eq!(elements(&hstack(&[x.clone(), x.clone()]), &[2, 4])[..4], [0.0, 1.0, 0.0, 1.0]);
    assert_eq!(elements(&hstack(&[Tensor::scalar(1), Tensor::scalar(2)]), &[2]), [1.0, 2.0]);
    assert_eq!(elements(&vstack(&[v.clone(), x.clone()]), &[3, 2]), [0.0, 1.0, 0.0, 1.0, 2.0, 3.0]);
    assert_eq!(elements(&dstack(&[v.clone(), w.clone()]), &[1, 2, 2]), [0.0, 7.0, 1.0, 8.0]);
    let columns = column_stack(&[v.clone(), x.clone(), w.clone()]);
    assert_eq!(elements(&columns, &[2, 4]), [0.0, 0.0, 1.0, 7.0, 1.0, 2.0, 3.0, 8.0]);
    assert_eq!(elements(&append(&v, &w, 0), &[4]), [0.0, 1.0, 7.0, 8.0]);
    assert_eq!(append(&v, &w, 0).dtype(), DType::F64);
    for empty in [hstack(&[]), vstack(&[]), dstack(&[]), column_stack(&[])] {
        assert!(message(&empty).contains("must not be empty"));
    }
    assert!(message(&hstack(&[v.clone(), x.clone()])).contains("must agree"));
    let found = broadcast_arrays(&[reshape(&v, &[2, 1]), w.clone(), Tensor::scalar(1)]);
    assert_eq!(elements(&found[0], &[2, 2]), [0.0, 0.0, 1.0, 1.0]);
    assert_eq!(elements(&found[2], &[2, 2]), [1.0; 4]);
    let wrong = broadcast_arrays(&[v, counted(&[3])]);
    assert!(wrong.iter().all(|t| message(t).contains("broadcast_arrays")));
}

#[test]
fn split_apart() -> Result<()> {
    let (v, x) = (counted(&[6]), counted(&[2, 4]));
    let sizes = |parts: Vec<Tensor>| -> Vec<usize> { parts.iter().map(Tensor::count).collect() };
    assert_eq!(elements(&split(&x, 2, 1)?[1], &[2, 2]), [2.0, 3.0, 6.0, 7.0]);
    // From `np.split`: cuts may go back, and beyond both ends.
    let parts = split(&v, [2, 1], 0)?;
    assert_eq!(elements(&parts[2], &[5]), [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(sizes(parts), [2, 0, 5]);
    assert_eq!(sizes(split(&v, [-2, 9], 0)?), [4, 2, 0]);
    assert_eq!(sizes(split(&v, [isize::MIN, isize::MAX], 0)?), [0, 6, 0]);
    assert_eq!(sizes(array_split(&v, 4, 0)?), [2, 2, 1, 1]);
    assert_eq!(sizes(array_split(&v, 7, 0)?), [1, 1, 1, 1, 1, 1, 0]);
    assert_eq!(split(&zeros(&[0, 2], DType::F32), 3, 0)?.len(), 3);
    assert_eq!(hsplit(&x, 4)?[0].shape(), [2, 1]);
    assert_eq!(hsplit(&v, 2)?[0].shape(), [3]);
    assert_eq!(vsplit(&x, 2)?[0].shape(), [1, 4]);
    assert_eq!(dsplit(&counted(&[1, 2, 4]), 2)?[1].shape(), [1, 2, 2]);
    assert_eq!(elements(&unstack(&x, -1)?[3], &[2]), [3.0, 7.0]);
    assert_eq!(unstack(&x, 0)?.len(), 2);
    assert!(unstack(&zeros(&[2, 0], DType::F32), 1)?.is_empty());
    let refused = |r: Result<Vec<Tensor>>| r.unwrap_err().to_string();
    assert!(refused(split(&x, 3, 1)).contains("must divide 4, the size of axis 1"));
    assert!(refused(split(&x, 0, 1)).contains("must divide"));
    assert!(refused(array_split(&x, 0, 1)).contains("must be at least 1"));
    assert!(refused(array_split(&x, usize::MAX, 1)).contains("must be at most"));
    assert!(refused(unstack(&full(&[1 << 40], 1.0), 0)).contains("must be at most"));
    assert!(refused(vsplit(&v, 2)).contains("vsplit: `x` must have 2 axes"));
    assert!(refused(dsplit(&x, 2)).contains("3 axes"));
    assert!(refused(hsplit(&Tensor::scalar(1), 1)).contains("hsplit: `axis`"));
    let rejoined = |x: &[Tensor]| match split(&x[0], [1], 1) {
        Ok(parts) => square(&concatenate(&[parts[1].clone(), parts[0].clone()], 1)),
        Err(error) => Tensor::error(error),
    };
    check_gradient_twice(rejoined, &[mixed(&[2, 3])])
}
