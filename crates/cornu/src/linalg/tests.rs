//! Values against NumPy 2.4 and SciPy 1.17, identities where signs are free, gradients, errors.

use std::slice::from_ref;

use cornu_graph::ops::{broadcast_to, cast, matmul, ones, square, stack, sum};
use cornu_graph::testing::{check_gradient, check_gradient_twice, value};
use cornu_graph::{Array, DType, Result, Tensor};

use super::decomposition::{identity, transposed};
use super::*;

const A: [[f64; 3]; 3] = [[2.0, -1.0, 3.0], [4.0, 1.0, -2.0], [-3.0, 5.0, 1.0]];
const WIDE: [[f64; 4]; 2] = [[1.0, 2.0, 3.0, 4.0], [-2.0, 0.0, 1.0, 5.0]];
const SYMMETRIC: [[f64; 3]; 3] = [[4.0, 1.0, -2.0], [1.0, 3.0, 0.5], [-2.0, 0.5, 5.0]];
const SINGULAR: [[f64; 2]; 2] = [[1.0, 2.0], [2.0, 4.0]];

fn a() -> Tensor {
    A.into()
}

fn wide() -> Tensor {
    WIDE.into()
}

#[track_caller]
fn close(t: &Tensor, shape: &[usize], expected: &[f64]) {
    let found = value(t).unwrap();
    assert_eq!(found.shape(), shape);
    let found = found.to_vec::<f64>();
    let tolerance = if t.dtype() == DType::F32 { 1e-6 } else { 1e-13 };
    let near = |(x, y): (&f64, &f64)| x == y || (x - y).abs() <= tolerance * y.abs().max(1.0);
    assert!(found.iter().zip(expected).all(near), "{found:?} is not {expected:?}");
}

#[track_caller]
fn same(a: &Tensor, b: &Tensor) {
    let b = value(b).unwrap();
    close(a, b.shape(), &b.to_vec::<f64>());
}

fn message(t: &Tensor) -> String {
    value(t).unwrap_err().to_string()
}

#[test]
fn systems() -> Result<()> {
    let b = Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let x = [
        0.6067415730337078,
        0.8988764044943821,
        1.2921348314606742,
        1.6179775280898876,
        0.35955056179775285,
        0.6067415730337079,
    ];
    close(&solve(&a(), &b), &[3, 2], &x);
    close(&solve(&a(), &Tensor::from([1.0, 3.0, 5.0])), &[3], &[x[0], x[2], x[4]]);
    // Batches broadcast; types promote.
    let two = stack(&[a(), a() * 2.0], 0);
    close(&solve(&two, &b), &[2, 3, 2], &[x, x.map(|v| v / 2.0)].concat());
    let single = solve(&cast(&a(), DType::F32), &Tensor::from([1, 3, 5]));
    assert_eq!(single.dtype(), DType::F32);
    close(&single, &[3], &[x[0], x[2], x[4]]);
    close(&solve_triangular(&a(), &b, true), &[3, 2], &[0.5, 1.0, 1.0, 0.0, 1.5, 9.0]);
    close(&solve_triangular(&a(), &b, false), &[3, 2], &[-0.5, 0.0, 13.0, 16.0, 5.0, 6.0]);
    let vectors = solve_triangular(&two, &Tensor::from([[1.0, 3.0, 5.0], [2.0, 6.0, 10.0]]), true);
    close(&vectors, &[2, 3], &[0.5, 1.0, 1.5, 0.5, 1.0, 1.5]);
    same(&matmul(&inv(&two), &two), &broadcast_to(&identity(3, DType::F64), &[2, 3, 3]));
    let empty = Tensor::from(Array::zeros(&[0, 0], DType::F32)?);
    assert_eq!(value(&inv(&empty))?.shape(), [0, 0]);
    Ok(())
}

#[test]
fn powers() {
    let cube = [-3.0, 76.0, -40.0, -40.0, 9.0, 88.0, 128.0, -88.0, -11.0];
    let whole = cast(&a(), DType::I32);
    assert_eq!(matrix_power(&whole, 3).dtype(), DType::I32);
    close(&matrix_power(&whole, 3), &[3, 3], &cube);
    same(&matrix_power(&a(), -2), &matmul(&inv(&a()), &inv(&a())));
    same(&matrix_power(&a(), 0), &identity(3, DType::F64));
    assert_eq!(matrix_power(&whole, -1).dtype(), DType::F32);
}

#[test]
fn determinants() {
    close(&det(&a()), &[], &[89.0]);
    let (sign, log) = slogdet(&stack(&[a(), a() * -1.0], 0));
    close(&sign, &[2], &[1.0, -1.0]);
    close(&log, &[2], &[4.48863636973214; 2]);
    let (sign, log) = slogdet(&SINGULAR.into());
    close(&sign, &[], &[0.0]);
    close(&log, &[], &[f64::NEG_INFINITY]);
    close(&det(&SINGULAR.into()), &[], &[0.0]);
    let none = Tensor::from(Array::zeros(&[0, 0], DType::F64).unwrap());
    close(&det(&none), &[], &[1.0]);
    close(&slogdet(&none).1, &[], &[0.0]);
}

#[test]
fn pivots_are_lapacks() {
    let (lu, pivots) = lu_factor(&a());
    let third = 3.869565217391304;
    close(&lu, &[3, 3], &[4.0, 1.0, -2.0, -0.75, 5.75, -0.5, 0.5, -0.2608695652173913, third]);
    assert_eq!(value(&pivots).unwrap(), Array::from([1, 2, 2]));
    let (lu, pivots) = lu_factor(&wide());
    close(&lu, &[2, 4], &[-2.0, 0.0, 1.0, 5.0, -0.5, 2.0, 3.5, 6.5]);
    assert_eq!(value(&pivots).unwrap(), Array::from([1, 1]));
    let (lu, pivots) = lu_factor(&transposed(&wide()));
    let rest = [0.25, -3.25, 0.75, 0.8461538461538463, 0.5, 0.7692307692307693];
    close(&lu, &[4, 2], &[&[4.0, 5.0], &rest[..]].concat());
    assert_eq!(value(&pivots).unwrap(), Array::from([3, 3]));
}

#[test]
fn cholesky_reads_one_triangle() {
    let l =
        [2.0, 0.0, 0.0, 0.5, 1.6583123951777, 0.0, -1.0, 0.6030226891555273, 1.9069251784911847];
    close(&cholesky(&SYMMETRIC.into(), false), &[3, 3], &l);
    let mut half = SYMMETRIC;
    (half[0][1], half[0][2], half[1][2]) = (9.0, 9.0, 9.0);
    close(&cholesky(&half.into(), false), &[3, 3], &l);
    same(&cholesky(&transposed(&half.into()), true), &transposed(&cholesky(&half.into(), false)));
    let s = Tensor::from(SYMMETRIC);
    for upper in [false, true] {
        same(&cholesky_inverse(&cholesky(&s, upper), upper), &inv(&s));
    }
}

#[test]
fn qr_has_lapacks_signs() {
    let (q, r) = qr(&a(), Mode::Reduced);
    let expected = [
        [-0.3713906763541037, 0.022482161860727094, 0.9282044591119509],
        [-0.7427813527082074, -0.6070183702396321, -0.28249700929494165],
        [0.5570860145311556, -0.7943697190790249, 0.2421402936813785],
    ];
    close(&q, &[3, 3], &expected.concat());
    let row = [-5.385164807134505, 2.414039396301674, 0.9284766908852591];
    let rest = [0.0, -4.601349127495483, 0.48711350698242084, 0.0, 0.0, 3.5917476896071148];
    close(&r, &[3, 3], &[&row, &rest[..]].concat());
    let (q, r) = qr(&wide(), Mode::Reduced);
    let (h, s) = (0.44721359549995787, 0.8944271909999157);
    close(&q, &[2, 2], &[-h, s, s, h]);
    let first = [-2.23606797749979, -s, -h, 2.6832815729997472];
    let second = [0.0, 1.7888543819998315, 3.1304951684997055, 5.813776741499454];
    close(&r, &[2, 4], &[first, second].concat());
    let tall = transposed(&wide());
    let (q, r) = qr(&tall, Mode::Complete);
    same(&matmul(&q, &r), &tall);
    let r = value(&r).unwrap();
    assert_eq!((q.shape(), r.shape()), (&[4, 4][..], &[4, 2][..]));
    assert!((r.to_vec::<f64>()[3] - 3.9115214431215892).abs() < 1e-12);
    same(&matmul(&transposed(&q), &q), &identity(4, DType::F64));
    // A column that needs no reflection keeps its sign.
    close(&qr(&identity(2, DType::F64), Mode::Reduced).1, &[2, 2], &[1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn eigenvalues_and_singular_values() {
    let s = Tensor::from(SYMMETRIC);
    let expected = [1.584206693092622, 3.8393364524664815, 6.576456854440895];
    close(&eigvalsh(&s), &[3], &expected);
    let (w, v) = eigh(&s);
    close(&w, &[3], &expected);
    same(&matmul(&s, &v), &(&v * &w));
    same(&matmul(&transposed(&v), &v), &identity(3, DType::F64));
    close(&svdvals(&wide()), &[2], &[7.141428428542851, 3.0]);
    for x in [wide(), transposed(&wide()), a()] {
        let (u, s, vt) = svd(&x, false);
        same(&matmul(&(u * &s), &vt), &x);
        let (u, s, vt) = svd(&x, true);
        let (m, n) = (x.shape()[0], x.shape()[1]);
        same(&matmul(&u, &transposed(&u)), &identity(m, DType::F64));
        same(&matmul(&vt, &transposed(&vt)), &identity(n, DType::F64));
        assert_eq!(s.shape(), [m.min(n)]);
    }
    let none = Tensor::from(Array::zeros(&[0, 3], DType::F64).unwrap());
    let (u, s, vt) = svd(&none, true);
    assert_eq!((u.shape(), s.shape()), (&[0, 0][..], &[0][..]));
    same(&vt, &identity(3, DType::F64));
}

#[test]
fn pseudo_inverses_and_least_squares() -> Result<()> {
    let expected = [
        0.1568627450980392,
        -0.1764705882352941,
        0.13071895424836596,
        -0.09150326797385618,
        0.15032679738562088,
        -0.0718954248366013,
        0.032679738562091436,
        0.1437908496732026,
    ];
    close(&pinv(&wide(), None), &[4, 2], &expected);
    let r = Tensor::from([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]);
    let row = [1.0 / 70.0, 2.0 / 70.0, 3.0 / 70.0];
    close(&pinv(&r, None), &[2, 3], &[row, row.map(|v| 2.0 * v)].concat());
    close(&matrix_rank(&stack(&[r.clone(), r.clone() * 0.0], 0), None), &[2], &[1.0, 0.0]);
    close(&matrix_rank(&wide(), Some(4.0)), &[], &[1.0]);
    let fit = lstsq(&r, &Tensor::from([1.0, 2.0, 4.0]), None);
    close(&fit.x, &[2], &[0.24285714285714274, 0.48571428571428565]);
    close(&fit.rank, &[], &[1.0]);
    let b = Tensor::from([[1.0, 0.0], [2.0, 1.0], [-1.0, 3.0], [0.0, 2.0]]);
    let fit = lstsq(&transposed(&wide()), &b, None);
    let x = [0.2679738562091502, 0.6470588235294117, -0.2875816993464051, -0.01960784313725489];
    close(&fit.x, &[2, 2], &x);
    close(&fit.residuals, &[2], &[4.601307189542483, 1.9607843137254901]);
    close(&fit.s, &[2], &[7.141428428542849, 3.0]);
    assert_eq!(value(&fit.rank)?, Array::scalar(2));
    let wide = lstsq(&wide(), &Tensor::from([1.0, 2.0]), None);
    assert_eq!(wide.residuals.shape(), [0]);
    Ok(())
}

#[test]
fn norms_of_vectors() {
    let x = Tensor::from([[1.0, -2.0, 0.0], [3.0, 4.0, -5.0]]);
    let cases: [(f64, [f64; 2], [f64; 3]); 8] = [
        (f64::INFINITY, [2.0, 5.0], [3.0, 4.0, 5.0]),
        (f64::NEG_INFINITY, [0.0, 3.0], [1.0, 2.0, 0.0]),
        (0.0, [2.0, 3.0], [2.0, 2.0, 1.0]),
        (1.0, [3.0, 12.0], [4.0, 6.0, 5.0]),
        (2.0, [2.23606797749979, 7.0710678118654755], [3.1622776601683795, 4.47213595499958, 5.0]),
        (3.0, [2.080083823051904, 6.0], [3.0365889718756622, 4.160167646103808, 5.0]),
        (-1.0, [0.0, 1.2765957446808514], [0.75, 1.3333333333333333, 0.0]),
        (0.5, [5.82842712474619, 35.6184418326895], [7.464101615137754, 11.65685424949238, 5.0]),
    ];
    for (p, rows, columns) in cases {
        close(&norm(&x, Some(p.into()), &[-1], false), &[2], &rows);
        close(&norm(&x, Some(p.into()), &[0], true), &[1, 3], &columns);
    }
    close(&norm(&x, None, &[], false), &[], &[7.416198487095663]);
    close(&norm(&cast(&x, DType::I32), None, &[], true), &[1, 1], &[7.416198487095663]);
    close(&norm(&Tensor::scalar(-2.0), None, &[], false), &[], &[2.0]);
    let none = Tensor::from(Vec::<f64>::new());
    close(&norm(&none, Some(f64::INFINITY.into()), &[], false), &[], &[0.0]);
}

#[test]
fn norms_of_matrices() {
    let x = Tensor::from([[1.0, -2.0, 0.0], [3.0, 4.0, -5.0]]);
    let cases = [
        (Order::Frobenius, 7.416198487095663),
        (Order::Nuclear, 9.219544457292887),
        (Order::P(f64::INFINITY), 12.0),
        (Order::P(f64::NEG_INFINITY), 3.0),
        (Order::P(1.0), 6.0),
        (Order::P(-1.0), 4.0),
        (Order::P(2.0), 7.1097722286464435),
        (Order::P(-2.0), 2.109772228646444),
    ];
    for (order, expected) in cases {
        close(&norm(&x, Some(order), &[], false), &[], &[expected]);
    }
    let y: Vec<f64> = (0..12).map(|i| f64::from(i - 5)).collect();
    let y = Tensor::from(Array::new(&[2, 3, 2], y).unwrap());
    close(&norm(&y, Some(Order::P(1.0)), &[2, 0], false), &[3], &[9.0, 7.0, 11.0]);
    close(&norm(&y, Some(Order::P(f64::INFINITY)), &[0, 2], true), &[1, 3, 1], &[9.0, 7.0, 11.0]);
    close(&norm(&y, None, &[], false), &[], &[12.083045973594572]);
    for (order, axes) in
        [(Order::P(3.0), &[0, 1][..]), (Order::Frobenius, &[0]), (Order::P(1.0), &[])]
    {
        assert!(norm(&y, Some(order), axes, false).check().is_err(), "{order:?}");
    }
    assert!(norm(&y, None, &[1, -2], false).check().is_err());
}

#[test]
fn gradients_of_solutions() -> Result<()> {
    let (x, y) = (Array::from(A), Array::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
    check_gradient_twice(|t| solve(&t[0], &t[1]), &[x.clone(), y.clone()])?;
    check_gradient(|t| inv(&t[0]), from_ref(&x))?;
    check_gradient_twice(|t| det(&t[0]), from_ref(&x))?;
    check_gradient(|t| det(&t[0]), &[SINGULAR.into()])?;
    check_gradient(|t| slogdet(&t[0]).1, from_ref(&x))?;
    check_gradient(|t| matrix_power(&t[0], -2), from_ref(&x))?;
    for lower in [false, true] {
        check_gradient(|t| solve_triangular(&t[0], &t[1], lower), &[x.clone(), y.clone()])?;
    }
    Ok(())
}

#[test]
fn gradients_of_decompositions() -> Result<()> {
    let s = Array::from(SYMMETRIC);
    check_gradient_twice(|t| cholesky(&t[0], false), from_ref(&s))?;
    check_gradient(|t| cholesky(&t[0], true), from_ref(&s))?;
    check_gradient(|t| eigvalsh(&t[0]), from_ref(&s))?;
    check_gradient(|t| eigh(&t[0]).1, from_ref(&s))?;
    // Where eigenvalues coincide, a function that does not tell them apart still has its slope.
    let traced = |t: &[Tensor]| sum(&square(&eigh(&t[0]).0), &[], false);
    check_gradient(traced, &[Array::from([[2.0, 0.0], [0.0, 2.0]])])?;
    // The rows of WIDE are equally long, so that the largest elements of its singular vectors tie.
    let wide = Tensor::from([[1.0, 2.0, 3.0, 4.0], [-2.0, 0.0, 1.0, 7.0]]);
    for x in [Array::from(A), value(&wide)?, value(&transposed(&wide))?] {
        check_gradient(|t| qr(&t[0], Mode::Reduced).0, from_ref(&x))?;
        check_gradient(|t| qr(&t[0], Mode::Reduced).1, from_ref(&x))?;
        for part in 0..3 {
            let of = |t: &[Tensor]| {
                let (u, s, vt) = svd(&t[0], false);
                [u, s, vt][part].clone()
            };
            check_gradient(of, from_ref(&x))?;
        }
        check_gradient(|t| svdvals(&t[0]), from_ref(&x))?;
        check_gradient(|t| pinv(&t[0], None), from_ref(&x))?;
        check_gradient(|t| norm(&t[0], Some(Order::Nuclear), &[], false), from_ref(&x))?;
    }
    // In a batch, with one result used twice.
    let both = |t: &[Tensor]| {
        let (q, r) = qr(&t[0], Mode::Complete);
        &q * &r + q
    };
    check_gradient(both, &[value(&stack(&[a(), a() + identity(3, DType::F64)], 0))?])
}

#[test]
fn what_has_no_answer_is_an_error() {
    let singular = Tensor::from(SINGULAR);
    let text = message(&solve(&singular, &Tensor::from([1.0, 2.0])));
    assert!(text.contains("solve: `a` must not be singular. Received: float64[2, 2]"), "{text}");
    let batch = stack(&[identity(2, DType::F64), singular.clone()], 0);
    let text = message(&inv(&batch));
    assert!(text.contains("inv: `a` must not be singular. Received: matrix 1 of"), "{text}");
    let text = message(&cholesky(&Tensor::from([[1.0, 2.0], [2.0, 1.0]]), false));
    assert!(text.contains("cholesky: `a` must be positive definite"), "{text}");
    let nan = singular * f64::NAN;
    assert!(message(&cholesky(&nan, false)).contains("positive definite"));
    assert!(message(&svdvals(&nan)).contains("finite"));
    assert!(message(&eigh(&nan).0).contains("finite"));
    assert!(value(&solve(&nan, &Tensor::from([1.0, 2.0]))).is_ok());
    let zero = ones(&[2, 2], DType::F32) * 0.0;
    assert!(message(&solve_triangular(&zero, &zero, true)).contains("singular"));

    assert!(message(&det(&wide())).contains("det: `a` must be square matrices"));
    assert!(message(&qr(&Tensor::from([1.0]), Mode::Reduced).0).contains("two axes"));
    assert!(message(&solve(&a(), &Tensor::from([1.0, 2.0]))).contains("3 rows"));
    assert!(message(&lstsq(&a(), &Tensor::from([1.0]), None).x).contains("as many rows"));
    assert!(message(&pinv(&a(), Some(-1.0))).contains("rcond"));
    let full = |t: &[Tensor]| svd(&t[0], true).0;
    assert!(check_gradient(full, &[WIDE.into()]).unwrap_err().to_string().contains("not square"));
    let lu = |t: &[Tensor]| lu_factor(&t[0]).0;
    assert!(check_gradient(lu, &[A.into()]).unwrap_err().to_string().contains("no gradient"));
}
