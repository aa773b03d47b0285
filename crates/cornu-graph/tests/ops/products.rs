//! Products, Einstein sums and correlations against NumPy's values.

use std::slice::from_ref;

use cornu_graph::ops::*;
use cornu_graph::testing::{check_gradient_twice, value};
use cornu_graph::{Array, DType, Tensor};

use crate::{counted, elements, get, message, mixed};

#[test]
fn dots() {
    let (a, b) = (counted(&[2, 3]), counted(&[2, 3, 2]));
    let expected = [10.0, 13.0, 28.0, 31.0, 28.0, 40.0, 100.0, 112.0];
    assert_eq!(elements(&dot(&a, &b), &[2, 2, 2]), expected);
    assert_eq!(elements(&dot(&a, &Tensor::scalar(2)), &[2, 3])[5], 10.0);
    assert_eq!(elements(&dot(&counted(&[3]), &counted(&[3])), &[]), [5.0]);
    assert_eq!(elements(&dot(&counted(&[2]), &a), &[3]), [3.0, 4.0, 5.0]);
    assert_eq!(
        elements(&dot(&zeros(&[2, 0], DType::F32), &zeros(&[0], DType::F32)), &[2]),
        [0.0; 2]
    );
    assert_eq!(elements(&inner(&a, &a), &[2, 2]), [5.0, 14.0, 14.0, 50.0]);
    assert_eq!(elements(&inner(&Tensor::scalar(3), &a), &[2, 3])[1], 3.0);
    assert_eq!(elements(&vdot(&a, &counted(&[3, 2])), &[]), [55.0]);
    let found = elements(&outer(&counted(&[2, 2]), &counted(&[2])), &[4, 2]);
    assert_eq!(found, [0.0, 0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 3.0]);
    for (tensor, rule) in [
        (dot(&a, &a), "dot: `a, b` must have one size on axes -1 and -2. Received: float64[2, 3]"),
        (dot(&a, &counted(&[2])), "dot: `a, b` must have one size on axes -1 and -1"),
        (inner(&a, &counted(&[2])), "inner: `a, b` must have one size on axes -1 and -1"),
        (vdot(&a, &counted(&[2])), "vdot: `a, b` must have equally many elements"),
        (outer(&full(&[1 << 40], 1.0), &full(&[1 << 40], 1.0)), "outer: `shape`"),
    ] {
        assert!(message(&tensor).contains(rule), "{}", message(&tensor));
    }
    for function in [dot, |a: &Tensor, b: &Tensor| inner(a, &transpose(b, &[])), outer] {
        let f = |x: &[Tensor]| function(&x[0], &x[1]);
        check_gradient_twice(f, &[mixed(&[2, 3]), mixed(&[3, 2])]).unwrap();
    }
    check_gradient_twice(|x| vdot(&x[0], &x[1]), &[mixed(&[2, 3]), mixed(&[6])]).unwrap();
}

#[test]
fn truth_and_small_integers_stay_themselves() {
    let (t, u) = (Tensor::from([true, true, false]), Tensor::from([200u8, 100]));
    let yes = Array::scalar(true);
    for any_pair in
        [dot(&t, &t), vdot(&t, &t), matmul(&t, &t), einsum("i,i", &[t.clone(), t.clone()])]
    {
        assert_eq!(get(&any_pair), yes);
    }
    assert_eq!(get(&einsum("i->", from_ref(&t))), yes);
    assert_eq!(get(&correlate(&t, &t, Overlap::Valid)), Array::from([true]));
    assert_eq!(kron(&t, &t).dtype(), DType::Bool);
    // 256 true pairs are not false.
    let many = full(&[256], true);
    assert_eq!(get(&matmul(&many, &many)), yes);
    assert_eq!(get(&einsum("i,i,i->", &[many.clone(), many.clone(), many])), yes);
    assert_eq!(get(&einsum("i->", from_ref(&u))), Array::scalar(44u8));
    assert_eq!(get(&dot(&u, &u)), Array::scalar(80u8));
    assert_eq!(get(&convolve(&u, &u, Overlap::Full)), Array::from([64u8, 64, 16]));
    assert_eq!(dot(&u, &Tensor::from([1f32, 2.0])).dtype(), DType::F32);
    let large = Tensor::from([(1i64 << 53) + 1, 1]);
    assert_eq!(get(&correlate(&large, &Tensor::from([1]), Overlap::Valid)), get(&large));
}

#[test]
fn kronecker() {
    let expected = [0.0, 1.0, 0.0, 2.0, 2.0, 3.0, 4.0, 6.0];
    let a = counted(&[2]) + 1.0;
    assert_eq!(elements(&kron(&a, &counted(&[2, 2])), &[2, 4]), expected);
    assert_eq!(elements(&kron(&reshape(&a, &[1, 2]), &counted(&[2, 2])), &[2, 4]), expected);
    assert_eq!(elements(&kron(&a, &Tensor::scalar(3)), &[2]), [3.0, 6.0]);
    assert_eq!(kron(&zeros(&[0, 2], DType::F32), &a).shape(), [0, 4]);
    let wide = full(&[1 << 40], 1.0);
    assert!(
        message(&kron(&wide, &wide)).contains("kron: `shape` must describe an array that fits")
    );
    check_gradient_twice(|x| kron(&x[0], &x[1]), &[mixed(&[2, 1]), mixed(&[2, 3])]).unwrap();
}

#[test]
fn cross_products() {
    let y = cross(&counted(&[2, 3]), &Tensor::from([[1, 0, 2]]), -1);
    assert_eq!(elements(&y, &[2, 3]), [2.0, 2.0, -1.0, 8.0, -1.0, -4.0]);
    let (two, three) = (Tensor::from([1, 2]), Tensor::from([4, 5, 6]));
    assert_eq!(get(&cross(&two, &three, -1)), Array::from([12, -6, -3]));
    assert_eq!(get(&cross(&three, &two, 0)), Array::from([-12, 6, 3]));
    let y = cross(&Tensor::from([[1, 2], [3, 5]]), &Tensor::from([4, 5]), -1);
    assert_eq!(get(&y), Array::from([-3, -5]));
    let x = counted(&[3, 2]);
    assert_eq!(
        elements(&cross(&x, &flip(&x, &[1]), 0), &[3, 2]),
        [-2.0, 2.0, 4.0, -4.0, -2.0, 2.0]
    );
    let far = cross(&Tensor::from([1.0, 2.0]), &Tensor::from([f64::INFINITY, 5.0, 6.0]), -1);
    assert_eq!(elements(&far, &[3]), [12.0, -6.0, f64::NEG_INFINITY]);
    assert!(message(&cross(&x, &counted(&[4]), -1)).contains("2 or 3 components along axis -1"));
    assert!(message(&cross(&x, &Tensor::scalar(1), -1)).starts_with("cross: `axis`"));
    assert!(message(&cross(&x, &x, 2)).starts_with("cross: `axis`"));
    let truth = Tensor::from([true, false]);
    assert!(message(&cross(&truth, &truth, -1)).contains("must be numbers"));
    for (n, m) in [(3, 3), (2, 3), (3, 2), (2, 2)] {
        let f = |x: &[Tensor]| cross(&x[0], &x[1], -1);
        check_gradient_twice(f, &[mixed(&[2, n]), mixed(&[m])]).unwrap();
    }
}

/// Subscripts, operands, and the result's shape and elements.
type Case = (&'static str, Vec<Tensor>, &'static [usize], &'static [f64]);

#[test]
fn einstein_sums() {
    let c = counted;
    let cases: [Case; 25] = [
        ("ij,jk", vec![c(&[2, 3]), c(&[3, 2])], &[2, 2], &[10.0, 13.0, 28.0, 40.0]),
        ("ba", vec![c(&[2, 3])], &[3, 2], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
        ("aB", vec![c(&[2, 3])], &[3, 2], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
        ("ii", vec![c(&[3, 3])], &[], &[12.0]),
        ("ii->i", vec![c(&[3, 3])], &[3], &[0.0, 4.0, 8.0]),
        ("iji->ji", vec![c(&[2, 3, 2])], &[3, 2], &[0.0, 7.0, 2.0, 9.0, 4.0, 11.0]),
        ("iii->i", vec![c(&[2, 2, 2])], &[2], &[0.0, 7.0]),
        (
            "...ij,...jk->...ik",
            vec![c(&[2, 1, 2, 3]), c(&[2, 3, 2])],
            &[2, 2, 2, 2],
            &[
                10.0, 13.0, 28.0, 40.0, 28.0, 31.0, 100.0, 112.0, 46.0, 67.0, 64.0, 94.0, 172.0,
                193.0, 244.0, 274.0,
            ],
        ),
        ("...ij,jk", vec![c(&[2, 2, 3]), c(&[3, 1])], &[2, 2, 1], &[5.0, 14.0, 23.0, 32.0]),
        ("i...->...", vec![c(&[2, 3])], &[3], &[3.0, 5.0, 7.0]),
        ("...,...", vec![c(&[2, 1]), c(&[3])], &[2, 3], &[0.0, 0.0, 0.0, 0.0, 1.0, 2.0]),
        ("ij,ij->", vec![c(&[2, 3]), c(&[2, 3])], &[], &[55.0]),
        ("ij,ij->j", vec![c(&[2, 3]), c(&[1, 3]) + 1.0], &[3], &[3.0, 10.0, 21.0]),
        ("b i, b i -> b", vec![c(&[2, 3]), c(&[2, 3])], &[2], &[5.0, 50.0]),
        ("i,j->ji", vec![c(&[2]), c(&[3]) + 1.0], &[3, 2], &[0.0, 1.0, 0.0, 2.0, 0.0, 3.0]),
        (
            "ab,bc,cd,a->d",
            vec![c(&[2, 3]), c(&[3, 2]), c(&[2, 3]), c(&[2])],
            &[3],
            &[120.0, 188.0, 256.0],
        ),
        ("i,i,i->i", vec![c(&[3]), c(&[3]), c(&[3]) + 1.0], &[3], &[0.0, 2.0, 12.0]),
        ("i,ij->j", vec![c(&[0]), c(&[0, 2])], &[2], &[0.0, 0.0]),
        (
            "bqhd,bkhd->bhqk",
            vec![c(&[1, 2, 2, 2]), c(&[1, 2, 2, 2])],
            &[1, 2, 2, 2],
            &[1.0, 5.0, 5.0, 41.0, 13.0, 33.0, 33.0, 85.0],
        ),
        ("a,b,c->", vec![c(&[2]) + 1.0, c(&[3]), c(&[2])], &[], &[9.0]),
        ("ij->", vec![c(&[2, 3])], &[], &[15.0]),
        ("", vec![Tensor::scalar(3.0)], &[], &[3.0]),
        (",->", vec![Tensor::scalar(3.0), Tensor::scalar(2)], &[], &[6.0]),
        ("ij->...ij", vec![c(&[1, 2])], &[1, 2], &[0.0, 1.0]),
        ("...i->i", vec![c(&[2])], &[2], &[0.0, 1.0]),
    ];
    for (subscripts, operands, shape, expected) in cases {
        assert_eq!(elements(&einsum(subscripts, &operands), shape), expected, "{subscripts}");
    }
}

#[test]
fn einstein_sums_that_do_not_fit() {
    let x = counted(&[2, 3]);
    let one = |subscripts: &str| message(&einsum(subscripts, from_ref(&x)));
    for subscripts in ["i", "ijk", "i1", "i...j...", "i.j", "...ijk", "ij-", "i>j", "\u{e9}j"] {
        assert!(one(subscripts).contains("must name every axis of its operand"), "{subscripts}");
    }
    for subscripts in ["ij->ii", "ij->k", "ij->ijk"] {
        assert!(one(subscripts).contains("distinct letters of the inputs"), "{subscripts}");
    }
    for subscripts in ["ij->1", "ij->ij->", "...->......"] {
        assert!(one(subscripts).contains("at most one ellipsis as output"), "{subscripts}");
    }
    assert!(one("...i->i").contains("an ellipsis in the output"));
    assert!(one("i,j").contains("one term per operand"));
    assert!(message(&einsum("", &[])).contains("one term per operand"));
    assert_eq!(
        one("ii"),
        "einsum: `subscripts` must have one size for every letter, or 1 in another term. \
         Received: \"ii\" for shapes [[2, 3]]"
    );
    // NumPy stretches no diagonal.
    let found = message(&einsum("ii", &[counted(&[1, 3])]));
    assert!(found.contains("must repeat a letter on axes of one size"), "{found}");
    let two = |a: &[usize], b: &[usize]| message(&einsum("i,i", &[counted(a), counted(b)]));
    assert!(two(&[2], &[3]).contains("one size for every letter"));
    assert!(two(&[0], &[3]).contains("one size for every letter"));
    let wide = full(&[1 << 40], 1.0);
    let found = message(&einsum("i,j->ij", &[wide.clone(), wide]));
    assert!(
        found.contains("einsum: `shape` must describe an array that fits in memory"),
        "{found}"
    );
}

#[test]
fn einstein_sums_have_slopes() {
    for (subscripts, shapes) in [
        ("ij,jk->ki", &[&[2, 3][..], &[3, 2]][..]),
        ("iij->j", &[&[2, 2, 3]]),
        ("i...,...->...", &[&[2, 1, 3], &[2, 1]]),
        ("bi,bi,ij->bj", &[&[2, 3], &[1, 3], &[3, 2]]),
        ("...ab,...cb->...ac", &[&[2, 2, 3], &[2, 3]]),
        ("a,b,c->ca", &[&[2], &[2], &[3]]),
    ] {
        let inputs: Vec<Array> = shapes.iter().map(|s| mixed(s)).collect();
        check_gradient_twice(|x| einsum(subscripts, x), &inputs).unwrap();
    }
}

/// A chain whose full product has 10^8 elements, which no step may make.
#[test]
fn einstein_sums_contract_in_pairs() {
    let x = full(&[100, 100], 0.5);
    let chain = einsum("ab,bc,cd->ad", &[x.clone(), x.clone(), x]);
    let order = Tensor::topological(from_ref(&chain)).unwrap();
    assert!(order.iter().all(|t| t.count() <= 10_000));
    assert_eq!(
        order.iter().filter(|t| t.op().is_some_and(|op| matches!(op, Op::MatMul(_)))).count(),
        2
    );
    // The thin factor first: 20 numbers between, not 10 000.
    let thin = [counted(&[100, 2]), counted(&[2, 100]), counted(&[100, 1])];
    let order = Tensor::topological(&[einsum("ab,bc,cd->ad", &thin)]).unwrap();
    assert!(order.iter().all(|t| t.count() <= 200));
}

#[test]
fn sequences() {
    let (a, v) = (Tensor::from([1, 2, 3, -4, 5]), Tensor::from([2, 0, 1, 7]));
    let short = Tensor::from([2, 0, 1]);
    // Correlated and convolved with a sequence of even length, then with one of odd length.
    let cases: [(Overlap, [&[i32]; 4]); 3] = [
        (Overlap::Valid, [&[-23, 35], &[1, 27], &[5, 0, 11], &[7, -6, 13]]),
        (
            Overlap::Same,
            [&[15, 23, -23, 35, 11], &[4, 7, 1, 27, 17], &[2, 5, 0, 11, -8], &[4, 7, -6, 13, -4]],
        ),
        (
            Overlap::Full,
            [
                &[7, 15, 23, -23, 35, 11, -8, 10],
                &[2, 4, 7, 1, 27, 17, -23, 35],
                &[1, 2, 5, 0, 11, -8, 10],
                &[2, 4, 7, -6, 13, -4, 5],
            ],
        ),
    ];
    for (mode, [even, even_convolved, odd, odd_convolved]) in cases {
        let back = |x: &[i32]| x.iter().rev().copied().collect::<Vec<_>>();
        for dtype in [DType::I32, DType::I64, DType::F32, DType::F64] {
            let typed = |t: &Tensor| cast(t, dtype);
            let ints = |t: &Tensor| {
                assert_eq!(t.dtype(), dtype);
                value(t).unwrap().to_vec::<i32>()
            };
            let (a, v, short) = (typed(&a), typed(&v), typed(&short));
            assert_eq!(ints(&correlate(&a, &v, mode)), even);
            assert_eq!(ints(&correlate(&v, &a, mode)), back(even));
            assert_eq!(ints(&convolve(&a, &v, mode)), even_convolved);
            assert_eq!(ints(&convolve(&v, &a, mode)), even_convolved);
            assert_eq!(ints(&correlate(&a, &short, mode)), odd);
            assert_eq!(ints(&correlate(&short, &a, mode)), back(odd));
            assert_eq!(ints(&convolve(&a, &short, mode)), odd_convolved);
        }
        let slopes = |f: fn(&Tensor, &Tensor, Overlap) -> Tensor| {
            for (n, m) in [(4, 3), (2, 3), (1, 1)] {
                check_gradient_twice(|x| f(&x[0], &x[1], mode), &[mixed(&[n]), mixed(&[m])])
                    .unwrap();
            }
        };
        slopes(correlate);
        slopes(convolve);
    }
    assert_eq!(
        get(&convolve(&Tensor::scalar(3), &Tensor::from([1, 2]), Overlap::Full)),
        Array::from([3, 6])
    );
    let none = zeros(&[0], DType::F32);
    for (tensor, function) in [
        (correlate(&none, &a, Overlap::Valid), "correlate"),
        (correlate(&Tensor::scalar(3), &a, Overlap::Valid), "correlate"),
        (convolve(&a, &none, Overlap::Full), "convolve"),
        (convolve(&counted(&[2, 3]), &a, Overlap::Full), "convolve"),
    ] {
        let rule = format!("{function}: `a, v` must have one axis that is not empty");
        assert!(message(&tensor).contains(&rule), "{}", message(&tensor));
    }
    let mixed_types = convolve(&a, &Tensor::from([0.5f32]), Overlap::Full);
    assert_eq!(get(&mixed_types), Array::from([0.5f32, 1.0, 1.5, -2.0, 2.5]));
}
