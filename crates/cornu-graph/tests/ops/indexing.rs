//! Elements read and written by index, against NumPy's values.

use cornu_graph::ops::*;
use cornu_graph::testing::{check_gradient, check_gradient_twice, value};
use cornu_graph::{Array, DType, Tensor, index};

use crate::{counted, elements, f, message, mixed};

#[test]
fn taken() {
    let x = counted(&[4]);
    let at = Tensor::from([-1, 2, -4]);
    assert_eq!(elements(&take(&x, &at, 0), &[3]), [3.0, 2.0, 0.0]);
    assert_eq!(elements(&take(&x, &Tensor::from([1u8, 3]), 0), &[2]), [1.0, 3.0]);
    let far = Tensor::from([-5i64, 9, i64::MIN, i64::MAX]);
    assert_eq!(elements(&take_mode(&x, &far, 0, IndexMode::Wrap), &[4]), [3.0, 1.0, 0.0, 3.0]);
    assert_eq!(elements(&take_mode(&x, &far, 0, IndexMode::Clip), &[4]), [0.0, 3.0, 0.0, 3.0]);
    for bad in [-5i64, 4, i64::MIN, i64::MAX] {
        let found = message(&take(&x, &Tensor::from([0, bad]), 0));
        assert!(
            found.contains("must be in [-4, 4)") && found.ends_with(&bad.to_string()),
            "{found}"
        );
    }
    let nothing = zeros(&[0], DType::F32);
    for mode in [IndexMode::Raise, IndexMode::Wrap, IndexMode::Clip] {
        assert!(message(&take_mode(&nothing, &at, 0, mode)).contains("must be in [-0, 0)"));
        assert_eq!(elements(&take_mode(&nothing, &zeros(&[0], DType::I32), 0, mode), &[0]), []);
    }
    check_gradient_twice(|x| square(&take(&x[0], &at, 1)), &[mixed(&[2, 4])]).unwrap();
}

#[test]
fn one_index_each() {
    let x = counted(&[2, 3]);
    let at = Tensor::from([[0, -1], [2, 1]]);
    assert_eq!(elements(&take_along_axis(&x, &at, 1), &[2, 2]), [0.0, 2.0, 5.0, 4.0]);
    // Either side broadcasts.
    assert_eq!(elements(&take_along_axis(&x, &Tensor::from([[1]]), 1), &[2, 1]), [1.0, 4.0]);
    let row = reshape(&counted(&[3]), &[1, 3]);
    assert_eq!(elements(&take_along_axis(&row, &at, 1), &[2, 2]), [0.0, 2.0, 2.0, 1.0]);
    let found = message(&take_along_axis(&x, &Tensor::from([[0], [3]]), 1));
    assert!(found.contains("must be in [-3, 3). Received: 3"), "{found}");
    assert!(message(&take_along_axis(&x, &Tensor::from([[-4]]), 1)).ends_with("-4"));
    assert!(message(&take_along_axis(&x, &Tensor::from([0]), 0)).contains("but for axis 0"));
    check_gradient_twice(|x| square(&take_along_axis(&x[0], &at, 1)), &[mixed(&[2, 3])]).unwrap();

    let put = put_along_axis(&x, &at, &Tensor::from([7.9]), 1);
    assert_eq!(elements(&put, &[2, 3]), [7.9, 1.0, 7.9, 3.0, 7.9, 7.9]);
    let put =
        put_along_axis(&x, &Tensor::from([[0], [-2], [0]]), &Tensor::from([[7], [8], [9]]), 0);
    assert_eq!(
        elements(&put, &[2, 3]),
        [9.0; 3].iter().chain(&[3.0, 4.0, 5.0]).copied().collect::<Vec<_>>()
    );
    assert!(message(&put_along_axis(&row, &at, &x, 1)).contains("but for axis 1"));
    assert!(message(&put_along_axis(&x, &at, &x, 1)).contains("broadcast"));
    assert!(message(&put_along_axis(&x, &Tensor::from([[3]]), &x, 1)).contains("broadcast"));
    let unit = Tensor::from([[1.0]]);
    assert!(message(&put_along_axis(&x, &Tensor::from([[3]]), &unit, 1)).contains("[-3, 3)"));
    let truth = put_along_axis(&zeros(&[1, 2], DType::Bool), &Tensor::from([[1]]), &unit, 1);
    assert_eq!(value(&truth).unwrap(), Array::from([[false, true]]));
    let f = |x: &[Tensor]| square(&put_along_axis(&x[0], &at, &x[1], 1));
    check_gradient_twice(f, &[mixed(&[2, 3]), mixed(&[2, 2])]).unwrap();
}

#[test]
fn tuples() {
    let x = counted(&[2, 3]);
    let at = Tensor::from([[0, 1], [-1, -1]]);
    assert_eq!(elements(&gather_nd(&x, &at), &[2]), [1.0, 5.0]);
    assert_eq!(elements(&gather_nd(&x, &Tensor::from([[1]])), &[1, 3]), [3.0, 4.0, 5.0]);
    assert_eq!(
        elements(&gather_nd(&x, &zeros(&[2, 0], DType::I32)), &[2, 2, 3])[6..],
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    );
    // (0, 3) must not be read as (1, 0).
    let found = message(&gather_nd(&x, &Tensor::from([[0, 3]])));
    assert!(found.contains("must be in [-3, 3). Received: 3"), "{found}");
    assert!(
        message(&gather_nd(&x, &Tensor::from([[0, 0, 0]]))).contains("a last axis of 2 at most")
    );
    assert!(message(&gather_nd(&x, &Tensor::scalar(0))).contains("gather_nd: `indices`"));
    assert!(message(&gather_nd(&x, &x)).contains("must be integers"));

    let twice = Tensor::from([[1], [1], [-3]]);
    let sums = scatter(&twice, &Tensor::from([1, 2, 4]), &[3]);
    assert_eq!(elements(&sums, &[3]), [4.0, 3.0, 0.0]);
    assert_eq!(sums.dtype(), DType::I32);
    assert_eq!(
        elements(&scatter(&twice, &Tensor::from([1, 2]), &[3, 2]), &[3, 2]),
        [1.0, 2.0, 2.0, 4.0, 0.0, 0.0]
    );
    assert!(message(&scatter(&twice, &Tensor::from([1, 2]), &[3])).contains("broadcast"));
    assert!(
        message(&scatter(&twice, &Tensor::from([1]), &[usize::MAX, 2])).contains("fits in memory")
    );

    let new = Tensor::from([10.0, 20.0, f64::NAN]);
    let set = |how| scatter_update(&counted(&[3]), &Tensor::from([[2], [2], [0]]), &new, how);
    let replaced = elements(&set(Scattering::Replace), &[3]);
    assert!(replaced[0].is_nan());
    assert_eq!(replaced[1..], [1.0, 20.0]);
    assert_eq!(elements(&set(Scattering::Add), &[3])[1..], [1.0, 32.0]);
    let negative = scatter_update(
        &zeros(&[2], DType::I64),
        &Tensor::from([[1], [-1]]),
        &Tensor::from([i64::MIN, i64::MAX]),
        Scattering::Replace,
    );
    assert_eq!(value(&negative).unwrap(), Array::from([0, i64::MAX]));
    let none = scatter_update(
        &x,
        &zeros(&[0, 2], DType::I32),
        &zeros(&[0], DType::F32),
        Scattering::Replace,
    );
    assert_eq!(elements(&none, &[2, 3]), elements(&x, &[2, 3]));
    let rows =
        scatter_update(&x, &Tensor::from([[1]]), &Tensor::from([7, 8, 9]), Scattering::Replace);
    assert_eq!(elements(&rows, &[2, 3]), [0.0, 1.0, 2.0, 7.0, 8.0, 9.0]);
    for how in [Scattering::Replace, Scattering::Add] {
        let f = |x: &[Tensor]| square(&scatter_update(&x[0], &twice, &x[1], how));
        check_gradient_twice(f, &[mixed(&[3, 2]), mixed(&[3, 2])]).unwrap();
    }
    check_gradient_twice(|x| square(&gather_nd(&x[0], &at)), &[mixed(&[2, 3])]).unwrap();
    check_gradient_twice(|x| square(&scatter(&twice, &x[0], &[4])), &[mixed(&[3])]).unwrap();
}

#[test]
fn blocks() {
    let x = counted(&[2, 3]);
    let y = slice_update(&x, &[1, 1], &Tensor::from([[8.5, 9.0]]));
    assert_eq!(elements(&y, &[2, 3]), [0.0, 1.0, 2.0, 3.0, 8.5, 9.0]);
    assert_eq!(elements(&slice_update(&x, &[2, 0], &zeros(&[0, 3], DType::F32)), &[2, 3])[5], 5.0);
    for start in [&[1, 2][..], &[0], &[usize::MAX, 1]] {
        assert!(
            message(&slice_update(&x, start, &zeros(&[1, 2], DType::F32)))
                .contains("inside [2, 3]")
        );
    }
    let f = |x: &[Tensor]| square(&slice_update(&x[0], &[0, 1], &x[1]));
    check_gradient_twice(f, &[mixed(&[2, 3]), mixed(&[2, 1])]).unwrap();
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "they go backwards, or end at the last element")]
fn square_brackets() {
    let x = counted(&[3, 4]);
    assert_eq!(elements(&get_item(&x, &index![1]), &[4]), [4.0, 5.0, 6.0, 7.0]);
    assert_eq!(elements(&get_item(&x, &index![-1, -1]), &[]), [11.0]);
    assert_eq!(
        elements(&get_item(&x, &index![.., 1..3]), &[3, 2]),
        [1.0, 2.0, 5.0, 6.0, 9.0, 10.0]
    );
    assert_eq!(elements(&get_item(&x, &index![0, (.., -2)]), &[2]), [3.0, 1.0]);
    assert_eq!(elements(&get_item(&x, &index![(2..0, -1), 0]), &[2]), [8.0, 4.0]);
    assert_eq!(
        elements(&get_item(&x, &index![Index::Ellipsis, 3..=-1]), &[3, 1]),
        [3.0, 7.0, 11.0]
    );
    assert_eq!(get_item(&x, &index![Index::NewAxis, .., Index::NewAxis]).shape(), [1, 3, 1, 4]);
    assert_eq!(get_item(&x, &index![Index::Ellipsis, Index::NewAxis]).shape(), [3, 4, 1]);
    assert_eq!(get_item(&x, &[]).shape(), [3, 4]);
    assert_eq!(get_item(&x, &index![5.., ..-9]).shape(), [0, 0]);
    assert_eq!(get_item(&Tensor::scalar(1), &index![Index::Ellipsis]).shape(), [] as [usize; 0]);
    for (key, rule) in [
        (&index![3][..], "must hold indices in [-3, 3) for axis 0"),
        (&index![0, -5], "must hold indices in [-4, 4) for axis 1"),
        (&index![isize::MIN], "for axis 0"),
        (&index![0, 0, 0], "must name at most the 2 axes"),
        (&index![Index::Ellipsis, Index::Ellipsis], "at most one ellipsis"),
        (&index![(.., 0)], "a step of 0"),
    ] {
        assert!(message(&get_item(&x, key)).contains(rule), "{}", message(&get_item(&x, key)));
    }
    let f = |x: &[Tensor]| square(&get_item(&x[0], &index![(.., -2), 1]));
    check_gradient_twice(f, &[mixed(&[4, 2])]).unwrap();
}

#[test]
fn first_true_condition() {
    let x = counted(&[5]);
    let when = [less(&x, &Tensor::scalar(2.0)), greater(&x, &Tensor::scalar(0.5))];
    let y = select(&when, &[-&x, square(&x)], &Tensor::scalar(42));
    assert_eq!(elements(&y, &[5]), [0.0, -1.0, 4.0, 9.0, 16.0]);
    assert!(message(&select(&when, std::slice::from_ref(&x), &x)).contains("as many as choices"));
    assert!(message(&select(&[], &[], &x)).contains("one at least"));
    let pick = |x: &[Tensor]| select(&when, &[square(&x[0]), sin(&x[0])], &x[0]);
    check_gradient(pick, &[f(&[5], &[0.1, 0.2, 0.3, 0.4, 0.5])]).unwrap();
}

#[test]
fn numbered_choices() {
    let at = Tensor::from([[0, 1], [2, 0]]);
    let choices = [Tensor::from([10, 11]), Tensor::from([20, 21]), Tensor::from([[30.5], [31.5]])];
    let y = choose(&at, &choices, IndexMode::Raise);
    assert_eq!(elements(&y, &[2, 2]), [10.0, 21.0, 31.5, 11.0]);
    assert_eq!(y.dtype(), DType::F64);
    let far = Tensor::from([-1, 4, 1]);
    let of = |mode| choose(&far, &[1, 2, 3].map(Tensor::scalar), mode);
    assert_eq!(value(&of(IndexMode::Wrap)).unwrap(), Array::from([3, 2, 2]));
    assert_eq!(value(&of(IndexMode::Clip)).unwrap(), Array::from([1, 3, 2]));
    assert!(message(&of(IndexMode::Raise)).contains("must be in [-3, 3). Received: 4"));
    let truth = choose(&Tensor::from([true, false]), &choices[..2], IndexMode::Raise);
    assert_eq!(value(&truth).unwrap(), Array::from([20, 11]));
    assert!(message(&choose(&at, &[], IndexMode::Raise)).contains("choose: `choices` must be one"));
    assert!(message(&choose(&choices[2], &choices, IndexMode::Raise)).contains("must be integers"));
    let wide = counted(&[3]);
    assert!(message(&choose(&at, &[wide], IndexMode::Raise)).contains("choose: `shapes`"));
    let pick =
        |x: &[Tensor]| choose(&at, &[square(&x[0]), x[1].clone(), sin(&x[1])], IndexMode::Raise);
    check_gradient_twice(pick, &[mixed(&[2]), mixed(&[2, 2])]).unwrap();
}
