//! The passes on random graphs: the same values as before.

use proptest::prelude::*;

use super::*;
use crate::ops::{self, *};
use crate::{Array, DType, Tensor};

/// How to grow a graph by one node: which op, and two operands among the nodes before.
#[derive(Debug, Clone)]
struct Growth {
    op: usize,
    a: usize,
    b: usize,
    n: usize,
}

fn any_growth() -> impl Strategy<Value = Vec<Growth>> {
    let one = (0usize..64, 0usize..100, 0usize..100, 0usize..100);
    prop::collection::vec(one.prop_map(|(op, a, b, n)| Growth { op, a, b, n }), 1..40)
}

/// Numbers to which rules apply, and some to which none does.
const NUMBERS: [f64; 10] = [0.0, 1.0, -1.0, 2.0, 0.5, -4.0, 3.0, 0.3, -0.0, 1.7];

/// A tensor made of earlier ones; values stay moderate, so that rounding stays small.
fn grow(nodes: &[Tensor], g: &Growth) -> Tensor {
    let (x, y) = (&nodes[g.a % nodes.len()], &nodes[g.b % nodes.len()]);
    let float = x.dtype().is_float();
    // Single precision would round too much, so integers stay among themselves.
    let number = NUMBERS[g.n % NUMBERS.len()];
    let number = ops::number_like(x, if float { number } else { number.trunc() });
    let rank = x.ndim();
    let axis = (g.n % rank.max(1)) as isize;
    // A contraction: differences in rounding must not grow.
    let calm = |t: Tensor| if t.dtype().is_float() { tanh(&t) } else { t };
    match g.op % 44 {
        0 => x + y,
        1 => x - y,
        2 => calm(x * y),
        3 => x + &number,
        4 => &number - x,
        5 => x - &number,
        6 => calm(x * &number),
        7 => calm(&number * x),
        8 if float => x / ((&number + 0.0) * 2.0 + 1.0),
        9 if float => calm(square(x) / 4.0),
        10 => -x,
        11 => abs(x),
        12 => calm(square(x)),
        13 if float => tanh(x),
        14 if float => reciprocal(&sqrt(&(square(x) + 1.0))),
        15 if float => {
            calm(power_number(&(abs(x) + 1.0), [0.5, -0.5, -1.0, 2.0, 3.0, 1.0, 0.0][g.n % 7]))
        }
        15 => power_number(x, (g.n % 4) as f64),
        16 => maximum(x, y),
        17 => minimum(x, x),
        18 => where_(&greater(x, y), x, y),
        19 => where_(&logical_not(&equal(x, y)), x, y),
        20 => where_(&logical_and(&less(x, y), &logical_or(&isnan(x), &equal(x, x))), &number, y),
        21 => where_(&Tensor::scalar(g.n < 50), x, y),
        22 => cast(&cast(x, DType::ALL[g.n % 6]), x.dtype()),
        23 => cast(&cast(&cast(x, DType::ALL[g.n % 6]), DType::ALL[g.b % 6]), x.dtype()),
        24 => reshape(x, &[x.count()]),
        25 => reshape(&reshape(x, &[x.count(), 1]), x.shape()),
        26 => transpose(x, &[]),
        27 => expand_dims(x, axis),
        28 => broadcast_to(x, &[&[2], x.shape()].concat()),
        29 => broadcast_to(&expand_dims(x, -1), &[x.shape(), &[3]].concat()),
        30 if float => full(x.shape(), NUMBERS[g.n % NUMBERS.len()]) + cast(x, DType::F64),
        31 if rank > 0 && x.shape()[axis as usize] > 1 => {
            slice_axis(x, axis, 1, x.shape()[axis as usize])
        }
        32 if rank > 0 => {
            let mut step = vec![1; rank];
            step[axis as usize] = 2;
            slice(x, &vec![0; rank], x.shape(), &step)
        }
        33 if rank > 0 => {
            let mut padding = vec![(0, 0); rank];
            padding[axis as usize] = (g.b % 3, g.n % 2);
            pad(x, &padding, NUMBERS[g.n % NUMBERS.len()])
        }
        34 => flip(x, &[]),
        35 if rank > 0 => concatenate(&[x.clone(), x * 2.0], axis),
        36 if rank > 0 => sum(x, &[axis], g.n < 50),
        37 => sum(x, &[], false),
        38 if rank > 0 => max(x, &[axis], g.n < 50),
        39 if float => mean(x, &[], true),
        40 if rank == 2 => calm(matmul(x, &transpose(x, &[]))),
        41 if rank == 2 => calm(transpose(&matmul(&transpose(x, &[]), x), &[])),
        42 => stop_gradient(x),
        43 => x + ones_like(x) * 0.0,
        _ => x.clone(),
    }
}

/// Whether two doubles are one up to rounding.
fn near(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn check(
    growth: &[Growth],
    seed: Array,
    differentiate: bool,
) -> std::result::Result<(), TestCaseError> {
    let x = Tensor::input(seed.shape(), seed.dtype());
    let unused = Tensor::input(&[2], DType::F32);
    let mut nodes = vec![x.clone(), Tensor::from(&seed) + 1.0, Tensor::scalar(2.0)];
    nodes[2] = cast(&nodes[2], seed.dtype());
    for g in growth {
        let grown = grow(&nodes, g);
        // Operands that do not fit each other are no node.
        if grown.check().is_ok() && grown.count() <= 400 && grown.ndim() < 6 {
            nodes.push(grown);
        }
    }
    let mut outputs: Vec<Tensor> = nodes.iter().rev().take(3).cloned().collect();
    if differentiate && outputs[0].dtype().is_float() {
        outputs.extend(
            crate::gradients(&sum(&outputs[0], &[], false), std::slice::from_ref(&x)).unwrap(),
        );
    }
    let graph = Graph::trace(&[unused, x], &outputs, &[]).unwrap();
    let optimised = optimize(graph.clone()).unwrap();
    // What is read twice may be merged twice; nothing may explode.
    let work = |g: &Graph| {
        g.nodes
            .iter()
            .filter(|n| !matches!(n.op, Op::Broadcast(_) | Op::Reshape(_) | Op::Constant(_)))
            .count()
    };
    prop_assert!(work(&optimised) <= 2 * work(&graph));
    let spare = Array::zeros(&[2], DType::F32).unwrap();
    let (before, after) =
        (graph.evaluate(&[&spare, &seed]).unwrap(), optimised.evaluate(&[&spare, &seed]).unwrap());
    for (a, b) in before.iter().zip(&after) {
        prop_assert_eq!(a.spec(), b.spec());
        let same = a.to_vec::<f64>().into_iter().zip(b.to_vec::<f64>()).all(|(a, b)| near(a, b));
        prop_assert!(same, "{:?} became {:?} in\n{}\nfrom\n{}", a, b, optimised, graph);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn doubles_keep_their_values(growth in any_growth()) {
        check(&growth, Array::new(&[2, 3], vec![0.4, -1.3, 2.2, 0.9, -0.6, 0.1]).unwrap(), true)?;
        check(&growth, Array::new(&[1, 2], vec![0.4, -1.3]).unwrap(), true)?;
    }

    #[test]
    fn integers_keep_their_values(growth in any_growth()) {
        check(&growth, Array::new(&[2, 2], vec![3i32, -1, 0, 70_000]).unwrap(), false)?;
        check(&growth, Array::new(&[3], vec![3u8, 0, 200]).unwrap(), false)?;
        check(&growth, Array::new(&[3], vec![1i64 << 53, -1, 7]).unwrap(), false)?;
    }
}
