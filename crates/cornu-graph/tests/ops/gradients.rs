//! Gradients of element-wise, movement and reduction ops against finite differences.

use cornu_graph::ops::*;
use cornu_graph::testing::{check_gradient, check_gradient_twice};
use cornu_graph::{Array, DType, Tensor, Variable, gradients};

use crate::{f, get, mixed};

/// Points inside the domain of a function, away from its kinks.
fn domain(kind: UnaryKind) -> Vec<f64> {
    use UnaryKind::*;
    match kind {
        Log | Log2 | Log10 | Sqrt | Rsqrt => vec![0.1, 0.7, 1.0, 3.5],
        Log1p => vec![-0.9, -0.3, 0.0, 2.5],
        Asin | Acos | Atanh => vec![-0.9, -0.2, 0.0, 0.8],
        Acosh => vec![1.2, 2.0, 5.0],
        Erfinv => vec![-0.999, -0.6, 0.0, 0.3, 0.95, 0.9999],
        Reciprocal => vec![-2.0, -0.5, 0.4, 3.0],
        Tan => vec![-1.2, -0.3, 0.5, 1.3],
        _ => vec![-2.3, -0.7, 0.4, 1.6, 3.1],
    }
}

#[test]
fn unary_functions_twice() {
    use UnaryKind::*;
    let flat = [Sign, Floor, Ceil, Round, Trunc];
    let tests = [IsNan, IsInf, IsFinite, SignBit, BitNot, Not];
    for &kind in UnaryKind::ALL.iter().filter(|k| !tests.contains(k)) {
        let points = domain(kind);
        let x = f(&[points.len()], &points);
        let apply = |x: &[Tensor]| Tensor::apply(Unary(kind), &[&x[0]]);
        let checked =
            if flat.contains(&kind) { check_gradient(apply, &[x]) } else { steep(kind, apply, x) };
        checked.unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
    }
}

/// In the far tails of `erfinv` the second slope is beyond what differences can resolve.
fn steep(
    kind: UnaryKind,
    apply: impl Fn(&[Tensor]) -> Tensor,
    x: Array,
) -> cornu_graph::Result<()> {
    if kind != UnaryKind::Erfinv {
        return check_gradient_twice(apply, &[x]);
    }
    let check = cornu_graph::testing::GradientCheck { step: 1e-8, ..Default::default() };
    check.run(&apply, &[x])?;
    check_gradient_twice(apply, &[f(&[3], &[-0.6, 0.0, 0.3])])
}

#[test]
fn binary_functions_twice() {
    let a = f(&[4], &[-1.7, 0.6, 2.3, -0.4]);
    let b = f(&[4], &[0.8, -1.1, 1.9, 2.6]);
    let positive = f(&[4], &[0.3, 0.6, 2.3, 1.4]);
    for &kind in BinaryKind::ALL.iter().filter(|k| k.has(DType::F64)) {
        let first = if kind == BinaryKind::Pow { &positive } else { &a };
        let apply = |x: &[Tensor]| Tensor::apply(Binary(kind), &[&x[0], &x[1]]);
        check_gradient_twice(apply, &[first.clone(), b.clone()])
            .unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
    }
}

#[test]
fn binary_broadcasts() {
    let (a, b) = (mixed(&[2, 1, 3]), mixed(&[4, 1]));
    check_gradient_twice(|x| &x[0] * &x[1] + &x[0] / (&x[1] + 3.0), &[a, b]).unwrap();
    check_gradient(|x| &x[0] * &x[1], &[mixed(&[]), mixed(&[2, 2])]).unwrap();
    check_gradient(|x| &x[0] * &x[1], &[mixed(&[0, 2]), mixed(&[2])]).unwrap();
}

fn slope(y: &Tensor, x: &Tensor) -> Vec<f64> {
    get(&gradients(&sum(y, &[], false), std::slice::from_ref(x)).unwrap()[0]).to_vec()
}

#[test]
fn ties_share() {
    let a = Tensor::from(f(&[3], &[1.0, 2.0, 3.0]));
    let b = Tensor::from(f(&[3], &[1.0, 3.0, 2.0]));
    assert_eq!(slope(&maximum(&a, &b), &a), [0.5, 0.0, 1.0]);
    assert_eq!(slope(&minimum(&a, &b), &a), [0.5, 1.0, 0.0]);
    let c = Tensor::from(f(&[4], &[2.0, 5.0, 5.0, 1.0]));
    assert_eq!(slope(&max(&c, &[], false), &c), [0.0, 0.5, 0.5, 0.0]);
}

#[test]
fn power_at_zero() {
    let a = Tensor::from(f(&[4], &[0.0, 0.0, 0.0, 0.0]));
    let b = Tensor::from(f(&[4], &[0.0, 1.0, 2.0, 3.0]));
    assert_eq!(slope(&power(&a, &b), &a), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(slope(&power(&a, &b), &b), [0.0; 4]);
    let c = f(&[3], &[-1.5, -2.0, 3.0]);
    check_gradient_twice(|x| power_number(&x[0], 3.0), std::slice::from_ref(&c)).unwrap();
    check_gradient_twice(|x| power_number(&x[0], -2.0), &[c]).unwrap();
}

#[test]
fn choices_and_casts() {
    let (a, b) = (mixed(&[5]), f(&[5], &[1.0, 2.0, 3.0, 4.0, 5.0]));
    let pick = |x: &[Tensor]| where_(&greater(&x[0], &(&x[0] * 0.0)), &square(&x[0]), &x[1]);
    check_gradient_twice(pick, &[a.clone(), b]).unwrap();
    check_gradient(|x| relu(&x[0]) + clip(&x[0], -0.5, 0.5), std::slice::from_ref(&a)).unwrap();
    let single =
        cornu_graph::testing::GradientCheck { step: 1e-2, tolerance: 1e-3, ..Default::default() };
    single
        .run(|x| cast(&square(&cast(&x[0], DType::F32)), DType::F64), std::slice::from_ref(&a))
        .unwrap();
    single.run(|x| exp(&x[0]), &[a.cast(DType::F32)]).unwrap();
}

#[test]
fn movements_twice() {
    let x = mixed(&[3, 4, 2]);
    type Movement = fn(&Tensor) -> Tensor;
    let cases: [(&str, Movement); 12] = [
        ("reshape", |x| reshape(x, &[4, 6])),
        ("transpose", |x| transpose(x, &[2, 0, 1])),
        ("flip", |x| flip(x, &[0, 2])),
        ("broadcast", |x| broadcast_to(&expand_dims(x, 1), &[2, 3, 5, 4, 2])),
        ("slice", |x| slice(x, &[1, 0, 0], &[3, 4, 1], &[1, 3, 1])),
        ("slice with a step", |x| slice(x, &[0, 1, 0], &[3, 4, 2], &[2, 2, 1])),
        ("empty slice", |x| slice(x, &[1, 2, 0], &[1, 4, 2], &[1, 1, 1])),
        ("pad", |x| pad(x, &[(1, 0), (0, 2), (1, 1)], 3.0)),
        ("pad inside", |x| {
            let op = Pad {
                low: vec![0, 1, 0],
                high: vec![2, 0, 0],
                interior: vec![1, 0, 3],
                value: 0.5f64.to_bits(),
            };
            Tensor::apply(op, &[x])
        }),
        ("concatenate", |x| concatenate(&[x.clone(), slice_axis(x, 1, 1, 3), x.clone()], 1)),
        ("stack", |x| stack(&[x.clone(), x * 2.0], -1)),
        ("squeeze", |x| squeeze(&slice_axis(x, 1, 2, 3), &[1])),
    ];
    for (name, case) in cases {
        let f = |x: &[Tensor]| sin(&case(&square(&x[0])));
        check_gradient_twice(f, std::slice::from_ref(&x)).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn gathers_with_repeated_indices() {
    let indices = Array::new(&[2, 2], vec![2i32, 0, 2, 2]).unwrap();
    let take_exp = |axis: isize| move |x: &[Tensor]| exp(&take(&x[0], &x[1], axis));
    check_gradient_twice(take_exp(0), &[mixed(&[3, 2]), indices.clone()]).unwrap();
    check_gradient_twice(take_exp(-1), &[mixed(&[2, 3]), indices.clone()]).unwrap();
    let add =
        |x: &[Tensor]| square(&Tensor::apply(ScatterAdd { axis: 1, size: 4 }, &[&x[0], &x[1]]));
    check_gradient_twice(add, &[mixed(&[2, 2, 2, 3]), indices]).unwrap();
    let one = Array::scalar(1i64);
    check_gradient(|x| take(&x[0], &x[1], 0), &[mixed(&[3, 2]), one]).unwrap();
}

#[test]
fn reductions() {
    let x = mixed(&[3, 4, 2]);
    for keepdims in [false, true] {
        for axes in [&[][..], &[1], &[0, -1]] {
            let run = |f: &dyn Fn(&Tensor) -> Tensor| {
                check_gradient_twice(|x| f(&square(&x[0])), std::slice::from_ref(&x)).unwrap();
            };
            run(&|x| sum(x, axes, keepdims));
            run(&|x| mean(x, axes, keepdims));
            run(&|x| var(x, axes, 0, keepdims));
            run(&|x| max(x, axes, keepdims));
            run(&|x| min(x, axes, keepdims));
            run(&|x| prod(&(x + 0.3), axes, keepdims));
        }
    }
    check_gradient(|x| sum(&x[0], &[], false), &[mixed(&[])]).unwrap();
    check_gradient(|x| sum(&x[0], &[0], false), &[mixed(&[0, 3])]).unwrap();
    check_gradient(|x| prod(&x[0], &[1], false), &[mixed(&[2, 0])]).unwrap();
}

#[test]
fn products_with_zeros() {
    let x = f(&[3, 4], &[2.0, 0.0, 3.0, 0.5, 0.0, 0.0, 1.0, 2.0, 1.0, -2.0, 0.7, 3.0]);
    check_gradient(|x| prod(&x[0], &[1], false), std::slice::from_ref(&x)).unwrap();
    check_gradient(|x| prod(&x[0], &[0], true), std::slice::from_ref(&x)).unwrap();
    check_gradient(|x| prod(&x[0], &[], false), &[x]).unwrap();
}

#[test]
fn variables_count_as_one_however_often_read() {
    let w = Variable::new("w", mixed(&[3]));
    let f = |x: &[Tensor]| square(&w.read()) * &x[0] + w.read();
    let check = cornu_graph::testing::GradientCheck {
        variables: std::slice::from_ref(&w),
        ..Default::default()
    };
    check.run(f, &[mixed(&[2, 3])]).unwrap();
    let frozen = |x: &[Tensor]| stop_gradient(&w.read()) * &x[0];
    let error = check.run(frozen, &[mixed(&[2, 3])]).unwrap_err();
    assert!(error.to_string().contains("element 0 of variable `w`"), "{error}");
    assert_eq!(w.value(), mixed(&[3]));
}

#[test]
fn what_cannot_be_differentiated_says_so() {
    let x = Tensor::input(&[2], DType::F32);
    assert!(gradients(&x, std::slice::from_ref(&x)).is_err());
    let integer = sum(&cast(&x, DType::I32), &[], false);
    assert!(gradients(&integer, std::slice::from_ref(&x)).is_err());
    let broken = &x + Tensor::input(&[3], DType::F32);
    let y = sum(&x, &[], false);
    assert!(gradients(&y, &[broken]).unwrap_err().to_string().contains("broadcast"));
    // Not reached: zeros.
    let other = Tensor::input(&[2], DType::F32);
    assert_eq!(gradients(&y, &[other]).unwrap()[0].shape(), [2]);
}
