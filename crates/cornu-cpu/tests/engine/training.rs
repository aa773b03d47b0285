//! Whole training steps, against the reference interpreter.

use cornu_graph::ops;
use cornu_graph::{Array, Backend, DType, Graph, Result, Tensor, Variable, gradients};

use crate::common::{CPUS, Rng, assert_close, same_bits};

/// A multi-layer perceptron with softmax, cross-entropy and Adam: its training step and its variables.
fn perceptron() -> Result<(Graph, Vec<Variable>)> {
    let mut rng = Rng(11);
    let (x, y) = (Tensor::input(&[16, 12], DType::F32), Tensor::input(&[16], DType::I32));
    let mut weights = Vec::new();
    let mut h = x.clone();
    for (i, (inputs, outputs)) in [(12, 32), (32, 24), (24, 5)].into_iter().enumerate() {
        let scale = 1.0 / (inputs as f64).sqrt();
        let values = (0..inputs * outputs).map(|_| (rng.unit() * scale) as f32).collect();
        let w = Variable::new(format!("kernel{i}"), Array::new(&[inputs, outputs], values)?);
        let b = Variable::new(format!("bias{i}"), Array::zeros(&[outputs], DType::F32)?);
        h = ops::matmul(&h, &w.read()) + b.read();
        if i < 2 {
            h = ops::relu(&h);
        }
        weights.extend([w, b]);
    }
    let shifted = &h - ops::max(&h, &[-1], true);
    let log_p = &shifted - ops::log(&ops::sum(&ops::exp(&shifted), &[-1], true));
    let classes = ops::iota(&[16, 5], 1, DType::I32);
    let hit = ops::cast(&ops::equal(&ops::expand_dims(&y, 1), &classes), DType::F32);
    let loss = -ops::mean(&ops::sum(&(hit * log_p), &[-1], false), &[], false);
    let accuracy =
        ops::mean(&ops::cast(&ops::equal(&ops::argmax(&h, -1), &y), DType::F32), &[], false);

    let reads: Vec<Tensor> = weights.iter().map(Variable::read).collect();
    let mut updates = Vec::new();
    let mut variables = weights.clone();
    let step = Variable::new("iterations", Array::scalar(0i64));
    let next = step.read() + 1.0;
    let t = ops::cast(&next, DType::F32);
    let rate = ops::sqrt(&(1.0 - ops::power(&Tensor::scalar(0.999f32), &t)))
        / (1.0 - ops::power(&Tensor::scalar(0.9f32), &t))
        * 0.01;
    for (w, g) in weights.iter().zip(gradients(&loss, &reads)?) {
        let zeros = || Array::zeros(w.shape(), DType::F32);
        let (m, v) = (Variable::new("m", zeros()?), Variable::new("v", zeros()?));
        let m_next = m.read() + (&g - m.read()) * 0.1;
        let v_next = v.read() + (ops::square(&g) - v.read()) * 0.001;
        let w_next = w.read() - &rate * &m_next / (ops::sqrt(&v_next) + 1e-7);
        updates.extend([(w.clone(), w_next), (m.clone(), m_next), (v.clone(), v_next)]);
        variables.extend([m, v]);
    }
    updates.push((step.clone(), next));
    variables.push(step);
    Ok((Graph::trace(&[x, y], &[loss, accuracy], &updates)?, variables))
}

#[test]
fn twenty_steps_follow_the_reference() {
    let mut rng = Rng(12);
    let batches: Vec<(Array, Array)> = (0..20)
        .map(|_| {
            let x = rng.array(&[16, 12], DType::F32);
            // A rule that can be learnt: the largest of the first five features.
            let rows = x.to_vec::<f32>();
            let label =
                |row: &[f32]| (0..5).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as i32;
            let y = rows.chunks(12).map(label).collect();
            (x, Array::new(&[16], y).unwrap())
        })
        .collect();
    let (graph, reference) = perceptron().unwrap();
    let expected: Vec<Vec<Array>> =
        batches.iter().map(|(x, y)| graph.evaluate(&[x, y]).unwrap()).collect();
    let losses: Vec<f64> = expected.iter().map(|v| v[0].item().unwrap()).collect();
    assert!(losses[19] < losses[0], "{losses:?}");

    let mut finals: Vec<Vec<Array>> = Vec::new();
    for cpu in CPUS.iter() {
        let (graph, variables) = perceptron().unwrap();
        let plan = cpu.compile(&graph).unwrap();
        for ((x, y), expected) in batches.iter().zip(&expected) {
            let values = plan.run(&[x, y]).unwrap();
            assert_close(&values[0], &expected[0], 1e-4);
            assert_eq!(values[1].item().unwrap(), expected[1].item().unwrap());
        }
        for (mine, theirs) in variables.iter().zip(&reference) {
            assert_close(&mine.value(), &theirs.value(), 1e-3);
        }
        finals.push(variables.iter().map(Variable::value).collect());
    }
    assert!(finals[0].iter().zip(&finals[1]).all(|(a, b)| same_bits(a, b)));
}

#[test]
fn a_plan_describes_itself() {
    let (graph, _) = perceptron().unwrap();
    let text = CPUS[0].compile(&graph).unwrap().describe();
    for word in ["step", "matmul", "kernel0", "float32[32, 24]", "arena", "iterations"] {
        assert!(text.contains(word), "no {word:?} in\n{text}");
    }
}
