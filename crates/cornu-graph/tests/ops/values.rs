//! Shapes, dtypes and values of element-wise, movement, reduction and indexing ops.

use cornu_graph::ops::*;
use cornu_graph::{Array, DType, Tensor};

use crate::{elements, f, get, message};

fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        let near =
            (a - b).abs() <= 4e-15 * b.abs().max(1.0) || a == b || (a.is_nan() && b.is_nan());
        assert!(near, "{found:?} is not {expected:?}");
    }
}

fn ints(values: &[i32]) -> Tensor {
    Array::new(&[values.len()], values.to_vec()).unwrap().into()
}

#[test]
fn unary_values() {
    use UnaryKind::*;
    let nan = f64::NAN;
    let inf = f64::INFINITY;
    // Digits from tables and from mpmath, not from this program.
    let cases: &[(UnaryKind, f64, f64)] = &[
        (Neg, 2.5, -2.5),
        (Abs, -2.5, 2.5),
        (Sign, -3.0, -1.0),
        (Sign, 0.0, 0.0),
        (Sign, nan, nan),
        (Square, -3.0, 9.0),
        (Reciprocal, 4.0, 0.25),
        (Exp, 2.0, 7.38905609893065),
        (Expm1, 1e-10, 1.00000000005e-10),
        (Log, 5.0, 1.6094379124341003),
        (Log, -1.0, nan),
        (Log1p, 1e-10, 9.9999999995e-11),
        (Log2, 8.0, 3.0),
        (Log10, 1000.0, 3.0),
        (Sqrt, 3.0, 1.7320508075688772),
        (Rsqrt, 4.0, 0.5),
        (Sin, 1.0, 0.8414709848078965),
        (Cos, 1.0, 0.5403023058681398),
        (Tan, 1.0, 1.5574077246549023),
        (Asin, 0.3, 0.3046926540153975),
        (Acos, 0.3, 1.266103672779499),
        (Atan, 2.0, 1.1071487177940904),
        (Sinh, 1.0, 1.1752011936438014),
        (Cosh, 1.0, 1.5430806348152437),
        (Tanh, 0.5, 0.46211715726000976),
        (Asinh, 1.0, 0.881373587019543),
        (Acosh, 2.0, 1.3169578969248168),
        (Atanh, 0.5, 0.5493061443340549),
        (Sigmoid, 1.0, 0.7310585786300049),
        (Sigmoid, -800.0, 0.0),
        (Erf, 0.5, 0.5204998778130465),
        (Erfinv, 0.5, 0.4769362762044699),
        (Erfinv, -0.9999, -2.75106390571208),
        (Erfinv, 1.0, inf),
        (Erfinv, 1.5, nan),
        (Floor, -1.5, -2.0),
        (Ceil, -1.5, -1.0),
        (Round, 2.5, 2.0),
        (Round, -3.5, -4.0),
        (Trunc, -1.7, -1.0),
    ];
    for &(kind, x, y) in cases {
        let found = elements(&Tensor::apply(Unary(kind), &[&f(&[], &[x]).into()]), &[]);
        assert!(
            found[0] == y
                || (y - found[0]).abs() <= 4e-15 * y.abs().max(1e-12)
                || (y.is_nan() && found[0].is_nan()),
            "{}({x}) gave {}",
            kind.name(),
            found[0]
        );
    }
    for y in [1e-300, 1e-12, 0.3, 0.999_999, 1.0 - 1e-15] {
        let x = elements(&erfinv(&Tensor::scalar(y)), &[])[0];
        let back = elements(&erf(&Tensor::scalar(x)), &[])[0];
        assert!((back - y).abs() <= 4e-16 * y.abs().max(1e-20), "erf(erfinv({y})) gave {back}");
    }
    let odd = Tensor::from(f(&[3], &[nan, -inf, 1.0]));
    assert_eq!(elements(&isnan(&odd), &[3]), [1.0, 0.0, 0.0]);
    assert_eq!(elements(&isinf(&odd), &[3]), [0.0, 1.0, 0.0]);
    assert_eq!(elements(&isfinite(&odd), &[3]), [0.0, 0.0, 1.0]);
    assert_eq!(elements(&logical_not(&ints(&[0, 3])), &[2]), [1.0, 0.0]);
}

#[test]
fn dtypes_promote_as_in_keras() {
    let of = |d| Tensor::input(&[2], d);
    for (a, b, sum, quotient) in [
        (DType::Bool, DType::Bool, DType::Bool, DType::F32),
        (DType::U8, DType::I32, DType::I32, DType::F32),
        (DType::I64, DType::F32, DType::F32, DType::F32),
        (DType::F32, DType::F64, DType::F64, DType::F64),
    ] {
        assert_eq!((of(a) + of(b)).dtype(), sum);
        assert_eq!((of(a) / of(b)).dtype(), quotient);
        assert_eq!(less(&of(a), &of(b)).dtype(), DType::Bool);
    }
    assert_eq!((of(DType::Bool) - of(DType::Bool)).dtype(), DType::U8);
    assert_eq!((of(DType::I32) * 2.0).dtype(), DType::I32);
    assert_eq!((of(DType::I32) * 2.5).dtype(), DType::F32);
    assert_eq!(exp(&of(DType::I64)).dtype(), DType::F32);
    assert_eq!(mean(&of(DType::I32), &[], false).dtype(), DType::F32);
    assert_eq!(sum(&of(DType::Bool), &[], false).dtype(), DType::I32);
    assert!(negative(&of(DType::Bool)).check().is_err());
    for kind in [BinaryKind::Div, BinaryKind::Atan2] {
        let raw = Tensor::apply(Binary(kind), &[&of(DType::I32), &of(DType::I32)]);
        assert!(raw.check().unwrap_err().to_string().contains("must be at least float32"));
    }
}

#[test]
fn binary_values() {
    let (a, b) = (f(&[4], &[-7.0, 7.0, -7.5, 2.0]), f(&[4], &[2.0, -2.0, 2.0, 0.5]));
    let (a, b) = (Tensor::from(a), Tensor::from(b));
    let run = |y: Tensor| elements(&y, &[4]);
    assert_eq!(run(floor_divide(&a, &b)), [-4.0, -4.0, -4.0, 4.0]);
    assert_eq!(run(mod_(&a, &b)), [1.0, -1.0, 0.5, 0.0]);
    close(&run(power(&a, &b)), &[49.0, 1.0 / 49.0, 56.25, std::f64::consts::SQRT_2]);
    assert_eq!(run(maximum(&a, &b)), [2.0, 7.0, 2.0, 2.0]);
    assert_eq!(run(minimum(&a, &b)), [-7.0, -2.0, -7.5, 0.5]);
    close(&run(arctan2(&a, &b))[..1], &[-1.2924966677897853]);
    let nan = Tensor::scalar(f64::NAN);
    assert!(run(maximum(&a, &nan)).iter().all(|x| x.is_nan()));
    assert!(run(minimum(&nan, &a)).iter().all(|x| x.is_nan()));

    let (a, b) = (ints(&[-7, 7, 5, i32::MIN, 3]), ints(&[2, -2, 0, -1, 40]));
    let run = |y: Tensor| get(&y).to_vec::<i32>();
    assert_eq!(run(floor_divide(&a, &b)), [-4, -4, 0, i32::MIN, 0]);
    assert_eq!(run(mod_(&a, &b)), [1, -1, 0, 0, 3]);
    assert_eq!(run(&a + &b), [-5, 5, 5, i32::MAX, 43]);
    // 3⁴⁰ modulo 2³².
    assert_eq!(run(power(&a, &b)), [49, 0, 1, 0, 3i64.pow(39).wrapping_mul(3) as i32]);
    let bytes = |v: Vec<u8>| Tensor::from(Array::new(&[2], v).unwrap());
    assert_eq!(get(&(bytes(vec![3, 200]) - bytes(vec![5, 100]))).to_vec::<u8>(), [254, 100]);
    let largest = Tensor::scalar(i64::MAX);
    assert_eq!(get(&(&largest - 1.0)).to_vec::<i64>(), [i64::MAX - 1]);
}

#[test]
fn comparisons_and_choices() {
    let (a, b) = (f(&[3], &[1.0, 2.0, f64::NAN]), f(&[3], &[1.0, 3.0, 1.0]));
    let (a, b) = (Tensor::from(a), Tensor::from(b));
    let run = |y: Tensor| elements(&y, &[3]);
    assert_eq!(run(equal(&a, &b)), [1.0, 0.0, 0.0]);
    assert_eq!(run(not_equal(&a, &b)), [0.0, 1.0, 1.0]);
    assert_eq!(run(less(&a, &b)), [0.0, 1.0, 0.0]);
    assert_eq!(run(less_equal(&a, &b)), [1.0, 1.0, 0.0]);
    assert_eq!(run(greater(&a, &b)), [0.0, 0.0, 0.0]);
    assert_eq!(run(greater_equal(&a, &b)), [1.0, 0.0, 0.0]);
    let (p, q) = (ints(&[0, 0, 2]), ints(&[0, 5, 2]));
    assert_eq!(run(logical_and(&p, &q)), [0.0, 0.0, 1.0]);
    assert_eq!(run(logical_or(&p, &q)), [0.0, 1.0, 1.0]);
    assert_eq!(run(logical_xor(&p, &q)), [0.0, 1.0, 0.0]);
    let chosen = where_(&q, &ints(&[1, 2, 3]), &Tensor::from(f(&[2, 1], &[7.5, 8.5])));
    assert_eq!(elements(&chosen, &[2, 3]), [7.5, 2.0, 3.0, 8.5, 2.0, 3.0]);
    // Whole numbers that doubles cannot tell apart.
    let big = Tensor::scalar((1i64 << 53) + 1);
    assert_eq!(elements(&equal(&big, &Tensor::scalar(1i64 << 53)), &[]), [0.0]);
}

#[test]
fn casts_follow_numpy() {
    let x = f(&[5], &[-1.7, 0.0, 2.9, 1e12, f64::NAN]);
    assert_eq!(x.cast(DType::I32).to_vec::<i32>(), [-1, 0, 2, i32::MAX, 0]);
    assert_eq!(x.cast(DType::Bool).to_vec::<bool>(), [true, false, true, true, true]);
    let i = Array::new(&[2], vec![i64::MAX, 257]).unwrap();
    assert_eq!(i.cast(DType::U8).to_vec::<u8>(), [255, 1]);
    assert_eq!(i.cast(DType::I32).to_vec::<i32>(), [-1, 257]);
    assert_eq!(i.cast(DType::Bool).to_vec::<u8>(), [1, 1]);
}

#[test]
fn movement_values() {
    let x = Tensor::from(f(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    assert_eq!(elements(&transpose(&x, &[]), &[3, 2]), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    assert_eq!(elements(&flip(&x, &[1]), &[2, 3]), [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
    assert_eq!(elements(&flip(&x, &[]), &[2, 3]), [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
    assert_eq!(elements(&slice(&x, &[0, 0], &[2, 3], &[1, 2]), &[2, 2]), [1.0, 3.0, 4.0, 6.0]);
    assert_eq!(elements(&slice_axis(&x, -1, 1, 2), &[2, 1]), [2.0, 5.0]);
    assert_eq!(elements(&slice(&x, &[1, 3], &[1, 3], &[1, 1]), &[0, 0]), []);
    let padded = pad(&x, &[(1, 0), (0, 1)], 9.0);
    let expected = [9.0, 9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 9.0, 4.0, 5.0, 6.0, 9.0];
    assert_eq!(elements(&padded, &[3, 4]), expected);
    let v = Tensor::from(f(&[3], &[1.0, 2.0, 3.0]));
    let op = Pad { low: vec![1], high: vec![2], interior: vec![1], value: 0 };
    let spread = elements(&Tensor::apply(op, &[&v]), &[8]);
    assert_eq!(spread, [0.0, 1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 0.0]);
    let joined = concatenate(&[x.clone(), ints(&[7, 8]).pipe(|t| reshape(&t, &[2, 1]))], 1);
    assert_eq!(elements(&joined, &[2, 4]), [1.0, 2.0, 3.0, 7.0, 4.0, 5.0, 6.0, 8.0]);
    assert_eq!(
        elements(&stack(&[v.clone(), v.clone()], 1), &[3, 2]),
        [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    );
    assert_eq!(elements(&broadcast_to(&v, &[2, 3]), &[2, 3]), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    assert_eq!(
        elements(&broadcast_to(&reshape(&v, &[3, 1]), &[3, 2]), &[3, 2]),
        [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    );
    assert_eq!(expand_dims(&x, -1).shape(), [2, 3, 1]);
    assert_eq!(squeeze(&reshape(&x, &[1, 6, 1]), &[]).shape(), [6]);
    assert_eq!(squeeze(&reshape(&x, &[1, 6, 1]), &[-1]).shape(), [1, 6]);
    assert!(message(&squeeze(&x, &[0])).contains("must name axes of size 1"));
    assert!(message(&reshape(&x, &[4])).contains("must have the 6 elements"));
    assert!(message(&transpose(&x, &[0, 0])).contains("permutation"));
    assert!(message(&slice_axis(&x, 0, 1, 3)).contains("start <= stop"));
    assert!(message(&concatenate(&[x.clone(), v], 0)).contains("must agree"));
    assert!(message(&concatenate(&[], 0)).contains("must not be empty"));
    assert!(message(&broadcast_to(&x, &[3])).contains("broadcasts to"));
}

/// Reads left to right.
trait Pipe: Sized {
    fn pipe<R>(self, f: impl FnOnce(Self) -> R) -> R {
        f(self)
    }
}

impl Pipe for Tensor {}

#[test]
fn reduction_values() {
    let x = Tensor::from(f(&[2, 3], &[1.0, -2.0, 3.0, 4.0, 5.0, -6.0]));
    assert_eq!(elements(&sum(&x, &[], false), &[]), [5.0]);
    assert_eq!(elements(&sum(&x, &[0], false), &[3]), [5.0, 3.0, -3.0]);
    assert_eq!(elements(&sum(&x, &[-1], true), &[2, 1]), [2.0, 3.0]);
    assert_eq!(elements(&prod(&x, &[1], false), &[2]), [-6.0, -120.0]);
    assert_eq!(elements(&max(&x, &[1], false), &[2]), [3.0, 5.0]);
    assert_eq!(elements(&min(&x, &[0], true), &[1, 3]), [1.0, -2.0, -6.0]);
    close(&elements(&mean(&x, &[0], false), &[3]), &[2.5, 1.5, -1.5]);
    close(&elements(&var(&x, &[0], 0, false), &[3]), &[2.25, 12.25, 20.25]);
    assert_eq!(elements(&argmax(&x, 1), &[2]), [2.0, 1.0]);
    assert_eq!(elements(&argmin(&x, 0), &[3]), [0.0, 0.0, 1.0]);
    let ties = ints(&[3, 5, 5, 3]);
    assert_eq!(elements(&argmax(&ties, 0), &[]), [1.0]);
    assert_eq!(elements(&argmin(&ties, -1), &[]), [0.0]);
    let nan = Tensor::from(f(&[3], &[1.0, f64::NAN, 5.0]));
    assert!(elements(&max(&nan, &[], false), &[])[0].is_nan());
    assert_eq!(elements(&argmax(&nan, 0), &[]), [1.0]);
    let truth = greater(&x, &Tensor::scalar(0.0));
    assert_eq!(elements(&any(&truth, &[1], false), &[2]), [1.0, 1.0]);
    assert_eq!(elements(&all(&truth, &[0], false), &[3]), [1.0, 0.0, 0.0]);
    assert_eq!(elements(&sum(&truth, &[], false), &[]), [4.0]);
    // Whole numbers stay whole: past 2⁵³, and past 2³¹ they wrap.
    let big = Tensor::from(Array::new(&[2], vec![1i64 << 53, 1]).unwrap());
    assert_eq!(get(&sum(&big, &[], false)).to_vec::<i64>(), [(1 << 53) + 1]);
    assert_eq!(get(&sum(&ints(&[i32::MAX, 1]), &[], false)).to_vec::<i32>(), [i32::MIN]);
    assert!(message(&sum(&x, &[0, 0], false)).contains("distinct"));
    assert!(message(&sum(&x, &[2], false)).contains("axis=2"));
}

#[test]
fn reductions_of_nothing() {
    let empty = Tensor::from(f(&[2, 0], &[]));
    assert_eq!(elements(&sum(&empty, &[1], false), &[2]), [0.0, 0.0]);
    assert_eq!(elements(&prod(&empty, &[1], true), &[2, 1]), [1.0, 1.0]);
    assert_eq!(elements(&sum(&empty, &[0], false), &[0]), []);
    assert!(elements(&mean(&empty, &[1], false), &[2]).iter().all(|x| x.is_nan()));
    assert_eq!(elements(&any(&cast(&empty, DType::Bool), &[1], false), &[2]), [0.0, 0.0]);
    assert_eq!(elements(&all(&cast(&empty, DType::Bool), &[], false), &[]), [1.0]);
    assert!(message(&max(&empty, &[1], false)).contains("must not be empty"));
    assert_eq!(elements(&max(&empty, &[0], false), &[0]), []);
    assert!(argmax(&empty, 1).check().is_err());
    // Rank 0.
    let one = Tensor::scalar(3.0);
    assert_eq!(elements(&sum(&one, &[], true), &[]), [3.0]);
    assert_eq!(elements(&flip(&one, &[]), &[]), [3.0]);
    assert_eq!(elements(&transpose(&one, &[]), &[]), [3.0]);
    assert_eq!(elements(&pad(&slice(&one, &[], &[], &[]), &[], 0.0), &[]), [3.0]);
    assert_eq!(elements(&expand_dims(&one, 0), &[1]), [3.0]);
}

#[test]
fn indexing_values() {
    let x = Tensor::from(f(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    assert_eq!(elements(&take(&x, &ints(&[2, 0, 2]), 0), &[3, 2]), [5.0, 6.0, 1.0, 2.0, 5.0, 6.0]);
    let table = reshape(&ints(&[1, 0]), &[1, 2]);
    assert_eq!(elements(&take(&x, &table, 1), &[3, 1, 2]), [2.0, 1.0, 4.0, 3.0, 6.0, 5.0]);
    assert_eq!(elements(&take(&x, &Tensor::scalar(1i64), 0), &[2]), [3.0, 4.0]);
    assert!(message(&take(&x, &ints(&[3]), 0)).contains("must be in [-3, 3)"));
    assert!(message(&take(&x, &ints(&[-4]), 0)).contains("-4"));
    assert!(message(&take(&x, &x, 0)).contains("must be integers"));
    let add = |size| Tensor::apply(ScatterAdd { axis: 0, size }, &[&x, &ints(&[2, 0, 2])]);
    assert_eq!(elements(&add(4), &[4, 2]), [3.0, 4.0, 0.0, 0.0, 6.0, 8.0, 0.0, 0.0]);
    assert!(message(&add(2)).contains("must be in [-2, 2)"));
    let whole = Tensor::from(Array::new(&[2], vec![1i64 << 53, 1]).unwrap());
    let one = Tensor::apply(ScatterAdd { axis: 0, size: 1 }, &[&whole, &ints(&[0, 0])]);
    assert_eq!(get(&one).to_vec::<i64>(), [(1 << 53) + 1]);
    assert_eq!(elements(&iota(&[2, 3], 1, DType::I32), &[2, 3]), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
    assert_eq!(elements(&iota(&[2, 2], 0, DType::F32), &[2, 2]), [0.0, 0.0, 1.0, 1.0]);
    assert!(iota(&[], 0, DType::I32).check().is_err());
}

#[test]
fn random_values_have_their_moments_and_repeat() {
    let key = |a: i64| Tensor::from(Array::new(&[2], vec![a, 7i64]).unwrap());
    for dtype in [DType::F32, DType::F64] {
        for (kind, mean, variance) in
            [(Distribution::Uniform, 0.5, 1.0 / 12.0), (Distribution::Normal, 0.0, 1.0)]
        {
            let draw = |a, n| elements(&random(kind, &key(a), &[n], dtype), &[n]);
            let n = 20_001;
            let values = draw(1, n);
            let m = values.iter().sum::<f64>() / n as f64;
            let v = values.iter().map(|x| (x - m).powi(2)).sum::<f64>() / n as f64;
            // Five standard errors.
            assert!((m - mean).abs() < 5.0 * (variance / n as f64).sqrt(), "mean {m}");
            assert!(
                (v - variance).abs() < 5.0 * variance * (2.0 / n as f64).sqrt(),
                "variance {v}"
            );
            assert_eq!(draw(1, n), values);
            assert_eq!(draw(1, 5), values[..5]);
            assert_ne!(draw(2, 5), values[..5]);
            assert_ne!(draw(1 + (1 << 40), 5), values[..5]);
        }
    }
    let x = Tensor::input(&[2], DType::I32);
    assert!(random(Distribution::Uniform, &x, &[1], DType::F32).check().is_err());
    assert!(random(Distribution::Uniform, &key(0), &[1], DType::I32).check().is_err());
}
