//! The distributions of Keras's functions, their edges and their errors.

use super::*;
use crate::layers::Context;
use crate::{Array, DType, Eval, Tensor, evaluate, ops};

const N: usize = 20_000;

fn values(x: Tensor) -> Vec<f64> {
    x.array().unwrap().to_vec()
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n)
}

/// Kolmogorov and Smirnov's distance from a distribution function, times √n: above 1.95 once in a thousand times.
fn distance(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let gap = |(i, &v): (usize, &f64)| {
        (cdf(v) - i as f64 / n).abs().max((cdf(v) - (i + 1) as f64 / n).abs())
    };
    values.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
}

/// Pearson's statistic of counts against probabilities.
fn chi_square(counts: &[f64], probabilities: &[f64]) -> f64 {
    let n: f64 = counts.iter().sum();
    counts.iter().zip(probabilities).map(|(c, p)| (c - n * p).powi(2) / (n * p)).sum()
}

fn count(values: &[f64], classes: usize) -> Vec<f64> {
    (0..classes).map(|k| values.iter().filter(|&&v| v == k as f64).count() as f64).collect()
}

fn message(x: &Tensor) -> String {
    x.check().unwrap_err().to_string()
}

#[test]
fn continuous_values_have_their_distributions() {
    let erf = |x: f64| ops::erf(&Tensor::scalar(x)).array().unwrap().item().unwrap();
    let cdf = |x: f64| 0.5 * (1.0 + erf(x / std::f64::consts::SQRT_2));
    // Few values: each asks the graph for an error function.
    let normal = values(normal(&[500], 2.0, 3.0, DType::F32, 1));
    assert!(distance(normal, |x| cdf((x - 2.0) / 3.0)) < 1.95);
    let truncated = values(truncated_normal(&[500], 1.0, 0.5, DType::F64, 1));
    assert!(truncated.iter().all(|v| (v - 1.0).abs() <= 1.0));
    let tail = cdf(-2.0);
    assert!(distance(truncated, |x| (cdf((x - 1.0) * 2.0) - tail) / (1.0 - 2.0 * tail)) < 1.95);
    let uniform = values(uniform(&[N], -1.0, 3.0, DType::F32, 1));
    assert!(distance(uniform, |x| (x + 1.0) / 4.0) < 1.95);
    assert!(distance(values(gamma(&[N], 1.0, DType::F32, 1)), |x| -(-x).exp_m1()) < 1.95);
    assert!(distance(values(beta(&[N], 2.0, 1.0, DType::F32, 1)), |x| x * x) < 1.95);
    let arcsine = |x: f64| 2.0 / std::f64::consts::PI * x.sqrt().asin();
    assert!(distance(values(beta(&[N], 0.5, 0.5, DType::F64, 1)), arcsine) < 1.95);
}

#[test]
fn small_shape_parameters_stay_finite() {
    let x = values(beta(&[N], 1e-4, 3e-4, DType::F32, 2));
    assert!(x.iter().all(|v| (0.0..=1.0).contains(v)));
    let (mean, _) = moments(&x);
    assert!((mean - 0.25).abs() < 0.015, "{mean}");
    let x = values(gamma(&[N], 1e-3, DType::F32, 2));
    assert!(x.iter().all(|v| v.is_finite()) && x.contains(&0.0));
    assert!(values(gamma(&[2], 0.0, DType::F32, 1))[0].is_nan());
}

#[test]
fn parameters_broadcast_to_the_shape() {
    let rates = Tensor::from([[1.0f32], [100.0]]);
    let x = values(gamma(&[2, N], &rates, DType::F32, 3));
    let (low, high) = (moments(&x[..N]), moments(&x[N..]));
    assert!((low.0 - 1.0).abs() < 0.04 && (high.0 - 100.0).abs() < 0.4, "{low:?} {high:?}");
    assert!((low.1 - 1.0).abs() < 0.1 && (high.1 - 100.0).abs() < 5.0, "{low:?} {high:?}");
    let x = binomial(
        &[3, 2],
        Tensor::from([10, 1000]),
        Tensor::from([[0.0], [0.5], [1.0]]),
        DType::F32,
        3,
    );
    let x = values(x);
    assert_eq!([x[0], x[1], x[4], x[5]], [0.0, 0.0, 10.0, 1000.0]);
    assert!((0.0..=10.0).contains(&x[2]) && (400.0..600.0).contains(&x[3]));
}

#[test]
fn discrete_values_have_their_distributions() {
    let x = randint(&[N], -3, 4, DType::I32, 4).array().unwrap();
    assert_eq!(x.dtype(), DType::I32);
    let shifted: Vec<f64> = x.to_vec::<f64>().iter().map(|v| v + 3.0).collect();
    // 22.46 and 13.82 are passed once in a thousand times.
    assert!(chi_square(&count(&shifted, 7), &[1.0 / 7.0; 7]) < 22.46);
    let logits = Tensor::from([[0.1f32.ln(), 0.6f32.ln(), 0.3f32.ln()], [0.0, 0.0, 0.0]]);
    let x = values(categorical(&logits, N, DType::I32, 4));
    assert!(chi_square(&count(&x[..N], 3), &[0.1, 0.6, 0.3]) < 13.82);
    assert!(chi_square(&count(&x[N..], 3), &[1.0 / 3.0; 3]) < 13.82);
    let x = values(binomial(&[N], 2, 0.3, DType::F32, 4));
    assert!(chi_square(&count(&x, 3), &[0.49, 0.42, 0.09]) < 13.82);
    let (mean, variance) = moments(&values(binomial(&[N], 1e9, 0.25, DType::F64, 4)));
    assert!((mean - 2.5e8).abs() < 4.0 * 13_693.0 / (N as f64).sqrt(), "{mean}");
    assert!((variance / 1.875e8 - 1.0).abs() < 0.05, "{variance}");
}

#[test]
fn edges_of_discrete_draws() {
    assert_eq!(values(binomial(&[4], 9, 1.0, DType::F32, 1)), [9.0; 4]);
    assert_eq!(values(binomial(&[4], 9, 0.0, DType::F32, 1)), [0.0; 4]);
    assert_eq!(values(binomial(&[4], 0, 0.5, DType::F32, 1)), [0.0; 4]);
    assert_eq!(values(randint(&[3], 5, 6, DType::U8, 1)), [5.0; 3]);
    let wide = randint(&[100], i64::MAX - 10, i64::MAX, DType::I64, 1).array().unwrap();
    assert!(wide.to_vec::<i64>().iter().all(|v| (i64::MAX - 10..i64::MAX).contains(v)));
    let one = Tensor::from([[f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY]]);
    assert_eq!(values(categorical(&one, 5, DType::I64, 1)), [1.0; 5]);
    let single = Tensor::from([[3.0f32], [1.0]]);
    assert_eq!(values(categorical(&single, 2, DType::I32, 1)), [0.0; 4]);
    assert_eq!(categorical(&single, 0, DType::I32, 1).array().unwrap().shape(), [2, 0]);
    for empty in [
        normal(&[0, 3], 0.0, 1.0, DType::F32, 1),
        gamma(&[0, 3], 1.0, DType::F32, 1),
        beta(&[0, 3], 1.0, 1.0, DType::F32, 1),
        binomial(&[0, 3], 1, 0.5, DType::F32, 1),
        randint(&[0, 3], 0, 1, DType::I32, 1),
    ] {
        assert_eq!(empty.array().unwrap().shape(), [0, 3]);
    }
}

#[test]
fn dropout_drops_the_share_and_scales_the_rest() {
    let x = ops::ones(&[100, 100], DType::F32);
    let y = values(dropout(&x, 0.25, None, 1));
    let (mean, _) = moments(&y);
    assert!(
        (mean - 1.0).abs() < 0.03 && y.iter().all(|&v| v == 0.0 || v == f64::from(1.0f32 / 0.75))
    );
    let rows = values(dropout(&x, 0.5, Some(&[None, Some(1)]), 1));
    assert!(rows.chunks(100).all(|row| row.iter().all(|v| *v == row[0])));
    assert_eq!(values(dropout(&x, 0.0, None, 1)), vec![1.0; 10_000]);
    assert_eq!(values(dropout(&x, 1.0, None, 1)), vec![0.0; 10_000]);
    let grad = crate::gradients(&ops::sum(&dropout(&x, 0.25, None, 1), &[], false), &[x]).unwrap();
    assert_eq!(values(grad[0].clone()), y);
}

#[test]
fn shuffle_moves_whole_parts() {
    let x = Tensor::from(Array::new(&[50, 2], (0..100i32).collect()).unwrap());
    let y = shuffle(&x, 0, 1).array().unwrap().to_vec::<i32>();
    assert!(y.chunks(2).all(|row| row[0] % 2 == 0 && row[1] == row[0] + 1));
    let mut firsts: Vec<i32> = y.iter().step_by(2).copied().collect();
    assert!(!firsts.is_sorted());
    firsts.sort_unstable();
    assert_eq!(firsts, (0..100).step_by(2).collect::<Vec<_>>());
    let columns = shuffle(&x, -1, 3).array().unwrap().to_vec::<i32>();
    assert!(columns.chunks(2).all(|row| (row[0] < row[1]) == (columns[0] < columns[1])));
    let places: Vec<f64> = (0..3000)
        .flat_map(|seed| values(shuffle(&Tensor::from([0, 1, 2]), 0, seed))[..1].to_vec())
        .collect();
    assert!(chi_square(&count(&places, 3), &[1.0 / 3.0; 3]) < 13.82);
}

#[test]
fn seeds_repeat_and_generators_go_on() {
    let draw = |seed: Seed| values(beta(&[5], 2.0, 0.5, DType::F32, seed.0));
    assert_eq!(draw(3.into()), draw(3.into()));
    assert_ne!(draw(3.into()), draw(4.into()));
    let seeds = SeedGenerator::new(Some(3));
    let (first, second) = (draw((&seeds).into()), draw((&seeds).into()));
    assert_eq!(first, draw(3.into()));
    assert_ne!(first, second);
    assert_eq!(seeds.state().value().to_vec::<i64>(), [3, 2]);
    // A layer's draws go on from there.
    let key = seeds.next(&mut Context::new(true));
    assert_eq!(values(key), [3.0, 2.0]);
    crate::set_random_seed(1);
    let a = draw(None.into());
    crate::set_random_seed(1);
    assert_eq!(a, draw(None.into()));
    assert_ne!(a, draw(None.into()));
}

#[test]
fn the_engine_draws_what_the_reference_says() {
    use cornu_graph::{Backend, Graph, Interpreter};
    let draws = [
        gamma(&[1000], 0.7, DType::F64, 1),
        binomial(&[1000], 100, 0.4, DType::F64, 1),
        randint(&[1000], 0, 1 << 40, DType::I64, 1),
    ];
    let engine = evaluate(&draws).unwrap();
    let graph = Graph::trace(&[], &draws, &[]).unwrap();
    let reference = Interpreter.compile(&graph).unwrap().run(&[]).unwrap();
    // The engine's exponential function may round otherwise.
    for (a, b) in engine[0].to_vec::<f64>().iter().zip(reference[0].to_vec::<f64>()) {
        assert!((a - b).abs() <= 1e-14 * b, "{a} {b}");
    }
    assert_eq!(engine[1..], reference[1..]);
}

#[test]
fn wrong_arguments_are_named() {
    let logits = Tensor::from([1.0f32, 2.0]);
    let ones = ops::ones(&[2, 3], DType::F32);
    for (tensor, parts) in [
        (uniform(&[2], 0.0, 1.0, DType::I32, 1), ["dtype", "int32"]),
        (truncated_normal(&[2], 0.0, 1.0, DType::I32, 1), ["truncated_normal: `dtype`", "int32"]),
        (gamma(&[2], 1.0, DType::I64, 1), ["gamma: `dtype`", "int64"]),
        (randint(&[2], 5, 5, DType::I32, 1), ["minval", "maxval=5"]),
        (randint(&[2], 0, 300, DType::U8, 1), ["must fit uint8", "maxval=300"]),
        (randint(&[2], 0, 3, DType::F32, 1), ["must be an integer type", "float32"]),
        (randint(&[2], i64::MIN, i64::MAX, DType::I64, 1), ["2^53", "minval"]),
        (categorical(&logits, 3, DType::I32, 1), ["logits", "[2]"]),
        (categorical(&ops::ones(&[2, 0], DType::F32), 3, DType::I32, 1), ["logits", "[2, 0]"]),
        (binomial(&[2], Tensor::from([1, 2, 3]), 0.5, DType::F32, 1), ["broadcast", "[3]"]),
        (beta(&[2], 1.0, Tensor::from([1.0, 2.0, 3.0]), DType::F32, 1), ["broadcast", "[3]"]),
        (dropout(&ones, 1.5, None, 1), ["rate", "1.5"]),
        (dropout(&ones, 0.5, Some(&[Some(2)]), 1), ["noise_shape", "Some(2)"]),
        (dropout(&ops::ones(&[2], DType::I32), 0.5, None, 1), ["dropout: `dtype`", "int32"]),
        (shuffle(&ones, 2, 1), ["axis=2", "rank 2"]),
    ] {
        let error = message(&tensor);
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
}
