//! Random graphs through the engine, against the ops' reference evaluations.

use crate::common::{Rng, assert_close, run_both};
use cornu_graph::ops::{
    self, BinaryKind, CompareKind, ConvParams, Distribution, PoolKind, UnaryKind,
};
use cornu_graph::{Array, DType, Graph, Tensor, Variable, gradients};
use proptest::prelude::*;

/// Builds graphs whose values stay near 1, so that rounding errors do too.
struct Builder {
    rng: Rng,
    inputs: Vec<(Tensor, Array)>,
    values: Vec<Tensor>,
}

impl Builder {
    fn new(seed: u64) -> Self {
        Builder { rng: Rng(seed), inputs: Vec::new(), values: Vec::new() }
    }

    fn shape(&mut self, rank: usize) -> Vec<usize> {
        (0..rank).map(|_| if self.rng.below(12) == 0 { 1 } else { 1 + self.rng.below(7) }).collect()
    }

    fn input(&mut self, shape: &[usize], dtype: DType) -> Tensor {
        let tensor = Tensor::input(shape, dtype);
        let array = self.rng.array(shape, dtype);
        self.inputs.push((tensor.clone(), array));
        tensor
    }

    fn any(&mut self) -> Tensor {
        self.values[self.rng.below(self.values.len())].clone()
    }

    fn float(&mut self, dtype: DType) -> Tensor {
        let x = self.any();
        if x.dtype() == dtype { x } else { ops::cast(&x, dtype) }
    }

    /// A tensor of the shape: an earlier one if there is one, else a new input.
    fn like(&mut self, x: &Tensor) -> Tensor {
        let fits: Vec<Tensor> =
            self.values.iter().filter(|t| t.spec() == x.spec()).cloned().collect();
        match self.rng.below(fits.len() + 1) {
            i if i < fits.len() => fits[i].clone(),
            _ => self.input(x.shape(), x.dtype()),
        }
    }

    fn step(&mut self, float: DType) -> Tensor {
        let x = self.any();
        let axis = |rng: &mut Rng, x: &Tensor| rng.below(x.ndim().max(1)) as isize;
        match self.rng.below(20) {
            0 => {
                use UnaryKind::*;
                let smooth = [Neg, Abs, Square, Exp, Sin, Cos, Tanh, Sigmoid, Erf, Atan, Asinh];
                let kind = smooth[self.rng.below(smooth.len())];
                let x = ops::clip(&self.float(float), -2.0, 2.0);
                Tensor::apply(ops::Unary(kind), &[&x])
            }
            1 | 2 => {
                use BinaryKind::*;
                let kind = [Add, Sub, Mul, Max, Min][self.rng.below(5)];
                let x = if x.dtype() == DType::Bool { ops::cast(&x, float) } else { x };
                let x = if x.dtype().is_float() { ops::clip(&x, -2.0, 2.0) } else { x };
                let y = self.like(&x);
                Tensor::apply(ops::Binary(kind), &[&x, &y])
            }
            3 => {
                // Rows, columns and scalars broadcast.
                let x = ops::tanh(&self.float(float));
                let shape: Vec<usize> =
                    x.shape().iter().map(|&d| if self.rng.below(2) == 0 { 1 } else { d }).collect();
                let skip = self.rng.below(shape.len() + 1);
                x * self.input(&shape[skip..], float)
            }
            4 => {
                let kind = CompareKind::ALL[self.rng.below(6)];
                let y = self.like(&x);
                // Rounding must not decide: integers compare exactly.
                let (a, b) = (ops::cast(&x, DType::I32), ops::cast(&y, DType::I32));
                if x.dtype().is_float() { x } else { Tensor::apply(ops::Compare(kind), &[&a, &b]) }
            }
            5 => {
                let c = ops::greater(&self.input(x.shape(), float), &Tensor::scalar(0f32));
                let y = self.like(&x);
                ops::where_(&c, &x, &y)
            }
            6 => {
                let exact = !x.dtype().is_float();
                let dtype = if exact { DType::ALL[self.rng.below(6)] } else { float };
                ops::cast(&x, dtype)
            }
            7 if x.ndim() > 0 => {
                let axis = axis(&mut self.rng, &x);
                let x = if x.dtype().is_float() { ops::clip(&x, -2.0, 2.0) } else { x };
                let empty = x.shape()[axis as usize] == 0;
                match if empty { 3 } else { self.rng.below(4) } {
                    0 => ops::max(&x, &[axis], true),
                    1 => ops::min(&x, &[axis], false),
                    2 => ops::mean(&ops::cast(&x, float), &[axis], true),
                    _ => ops::sum(&x, &[axis], false),
                }
            }
            8 => ops::mean(&ops::cast(&ops::clip(&x, -2.0, 2.0), float), &[], false),
            9 => ops::transpose(&x, &[]),
            10 if x.ndim() > 0 => ops::flip(&x, &[axis(&mut self.rng, &x)]),
            11 if x.ndim() > 0 => {
                let axis = axis(&mut self.rng, &x);
                let n = x.shape()[axis as usize];
                let start = self.rng.below(n + 1);
                ops::slice_axis(&x, axis, start, start + self.rng.below(n - start + 1))
            }
            12 => {
                let padding: Vec<(usize, usize)> =
                    x.shape().iter().map(|_| (self.rng.below(3), self.rng.below(3))).collect();
                ops::pad(&x, &padding, 0.5)
            }
            13 if x.ndim() > 0 => {
                let axis = axis(&mut self.rng, &x);
                let y = self.like(&x);
                ops::concatenate(&[x, y], axis)
            }
            14 => ops::reshape(&x, &[x.count()]),
            15 => ops::tanh(&self.float(float)) * 0.5,
            16 if x.ndim() == 2 && x.dtype().is_float() => {
                let n = 1 + self.rng.below(9);
                let w = self.input(&[x.shape()[1], n], x.dtype());
                ops::tanh(&ops::matmul(&ops::clip(&x, -1.0, 1.0), &w))
            }
            17 if x.ndim() == 2 => {
                let n = x.shape()[0].max(1);
                if x.shape()[0] == 0 {
                    return x;
                }
                let indices: Vec<i32> = (0..5).map(|_| self.rng.below(n) as i32).collect();
                ops::take(&x, &Tensor::from(Array::new(&[5], indices).unwrap()), 0)
            }
            18 => {
                let shape = self.shape(2);
                ops::iota(&shape, 1, DType::I32)
            }
            _ => {
                let key = Tensor::from(Array::new(&[2], vec![7i64, 9]).unwrap());
                let shape = self.shape(2);
                ops::random(Distribution::Uniform, &key, &shape, float)
            }
        }
    }

    fn graph(mut self, float: DType) -> (Graph, Vec<Array>) {
        for rank in [0, 1, 2, 3] {
            let shape = self.shape(rank);
            let dtype = DType::ALL[self.rng.below(6)];
            let (x, y) = (self.input(&shape, dtype), self.input(&shape, float));
            self.values.extend([x, y]);
        }
        for _ in 0..12 {
            let value = self.step(float);
            value.check().unwrap();
            self.values.push(value);
        }
        let outputs: Vec<Tensor> =
            (0..4).map(|i| self.values[self.values.len() - 1 - i * 3 % 11].clone()).collect();
        let (tensors, arrays): (Vec<Tensor>, Vec<Array>) = self.inputs.into_iter().unzip();
        (Graph::trace(&tensors, &outputs, &[]).unwrap(), arrays)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn random_graphs_agree_with_the_reference(seed in any::<u64>(), double in any::<bool>()) {
        let float = if double { DType::F64 } else { DType::F32 };
        let (graph, inputs) = Builder::new(seed).graph(float);
        run_both(&graph, &inputs.iter().collect::<Vec<_>>(), 2e-5);
    }
}

#[test]
fn every_unary_function_agrees_on_every_dtype() {
    let mut rng = Rng(1);
    for &kind in UnaryKind::ALL {
        for dtype in DType::ALL {
            let x = Tensor::input(&[3, 37], dtype);
            let y = Tensor::apply(ops::Unary(kind), &[&x]);
            if y.check().is_ok() {
                let graph = Graph::trace(&[x], &[y], &[]).unwrap();
                run_both(&graph, &[&rng.array(&[3, 37], dtype)], 2e-5);
            }
        }
    }
}

#[test]
fn every_binary_function_agrees_on_every_dtype() {
    let mut rng = Rng(2);
    for dtype in DType::ALL {
        let (x, y) = (Tensor::input(&[3, 37], dtype), Tensor::input(&[3, 37], dtype));
        let arithmetic = BinaryKind::ALL.iter().map(|&k| ops::Op::Binary(ops::Binary(k)));
        let comparison = CompareKind::ALL.iter().map(|&k| ops::Op::Compare(ops::Compare(k)));
        let logic = ops::LogicalKind::ALL.iter().map(|&k| ops::Op::Logical(ops::Logical(k)));
        for op in arithmetic.chain(comparison).chain(logic) {
            let z = Tensor::apply(op, &[&x, &y]);
            if z.check().is_ok() {
                let graph = Graph::trace(&[x.clone(), y.clone()], &[z], &[]).unwrap();
                let (a, b) = (rng.array(&[3, 37], dtype), rng.array(&[3, 37], dtype));
                run_both(&graph, &[&a, &b], 2e-5);
            }
        }
    }
}

#[test]
fn every_cast_agrees() {
    let mut rng = Rng(3);
    for from in DType::ALL {
        let x = Tensor::input(&[101], from);
        let casts: Vec<Tensor> = DType::ALL.iter().map(|&to| ops::cast(&x, to)).collect();
        let graph = Graph::trace(&[x], &casts, &[]).unwrap();
        run_both(&graph, &[&rng.array(&[101], from)], 0.0);
    }
}

#[test]
fn kernels_and_their_gradients_agree() {
    let mut rng = Rng(4);
    for dtype in [DType::F32, DType::F64] {
        for (stride, dilation, groups, same) in
            [(1, 1, 1, true), (2, 1, 1, true), (1, 2, 1, false), (1, 1, 2, true), (2, 1, 4, false)]
        {
            let x = Tensor::input(&[2, 9, 8, 4], dtype);
            let w = Tensor::input(&[3, 3, 4 / groups, 8], dtype);
            let pad = if same { (dilation, dilation) } else { (0, 0) };
            let params = ConvParams {
                strides: vec![stride; 2],
                padding: vec![pad; 2],
                dilation: vec![dilation; 2],
                groups,
            };
            let y = ops::tanh(&ops::conv(&x, &w, &params));
            let loss = ops::mean(&ops::square(&y), &[], false);
            let mut outputs = gradients(&loss, &[x.clone(), w.clone()]).unwrap();
            outputs.extend([y, loss]);
            let graph = Graph::trace(&[x.clone(), w.clone()], &outputs, &[]).unwrap();
            let (a, b) = (rng.array(x.shape(), dtype), rng.array(w.shape(), dtype));
            run_both(&graph, &[&a, &b], 2e-5);
        }
        for kind in [PoolKind::Max, PoolKind::Sum] {
            let x = Tensor::input(&[2, 7, 6, 5], dtype);
            let y = ops::pool(&x, kind, &[3, 2], &[2, 2], &[(1, 1), (0, 0)]);
            let loss = ops::mean(&ops::sin(&y), &[], false);
            let mut outputs = gradients(&loss, std::slice::from_ref(&x)).unwrap();
            outputs.push(y);
            let graph = Graph::trace(std::slice::from_ref(&x), &outputs, &[]).unwrap();
            run_both(&graph, &[&rng.array(x.shape(), dtype)], 2e-5);
        }
    }
}

#[test]
fn movements_and_lookups_agree_on_every_dtype() {
    let mut rng = Rng(6);
    for dtype in DType::ALL {
        let x = Tensor::input(&[5, 6, 7], dtype);
        let indices = Tensor::from(Array::new(&[2, 2], vec![4i64, 0, 4, 3]).unwrap());
        let interior = ops::Pad {
            low: vec![1, 0, 2],
            high: vec![0, 1, 1],
            interior: vec![0, 2, 1],
            value: 2f64.to_bits(),
        };
        let mut outputs = vec![
            ops::transpose(&x, &[2, 0, 1]),
            ops::flip(&x, &[0, 2]),
            ops::slice(&x, &[1, 0, 2], &[5, 6, 7], &[2, 1, 3]),
            Tensor::apply(interior, &[&x]),
            ops::concatenate(&[x.clone(), ops::flip(&x, &[1]), x.clone()], 1),
            ops::take(&x, &indices, 0),
            ops::take(&x, &ops::cast(&indices, DType::I32), 2),
            ops::broadcast_to(&ops::slice_axis(&x, 1, 2, 3), &[3, 5, 4, 7]),
        ];
        if dtype != DType::Bool {
            let scatter = ops::ScatterAdd { axis: 1, size: 6 };
            let updates = ops::take(&x, &indices, 1);
            outputs.push(Tensor::apply(scatter, &[&updates, &indices]));
        }
        let graph = Graph::trace(std::slice::from_ref(&x), &outputs, &[]).unwrap();
        run_both(&graph, &[&rng.array(&[5, 6, 7], dtype)], 1e-6);
    }
}

#[test]
fn products_of_all_orientations_agree() {
    let mut rng = Rng(5);
    for dtype in [DType::F32, DType::F64, DType::I32, DType::I64, DType::U8] {
        for batch in [vec![], vec![3]] {
            for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
                let side = |t: bool, a: usize, b: usize| {
                    [batch.clone(), if t { vec![b, a] } else { vec![a, b] }].concat()
                };
                let a = Tensor::input(&side(ta, 13, 9), dtype);
                let b = Tensor::input(&side(tb, 9, 17), dtype);
                let op = ops::MatMul { transpose_a: ta, transpose_b: tb };
                let c = Tensor::apply(op, &[&a, &b]);
                let graph = Graph::trace(&[a.clone(), b.clone()], &[c], &[]).unwrap();
                let (x, y) = (rng.array(a.shape(), dtype), rng.array(b.shape(), dtype));
                run_both(&graph, &[&x, &y], 2e-5);
            }
        }
    }
}

#[test]
fn random_numbers_are_the_documented_ones() {
    for dtype in [DType::F32, DType::F64] {
        for distribution in [Distribution::Uniform, Distribution::Normal] {
            let seeds = Variable::new("seed", Array::new(&[2], vec![5i64 << 33 | 3, 1]).unwrap());
            let y = ops::random(distribution, &seeds.read(), &[1001], dtype);
            let graph = Graph::trace(&[], &[y], &[]).unwrap();
            run_both(&graph, &[], 1e-5);
        }
    }
}

#[test]
fn empty_tensors_pass() {
    let x = Tensor::input(&[0, 3], DType::F32);
    let w = Tensor::input(&[3, 2], DType::F32);
    let y = ops::exp(&ops::matmul(&x, &w));
    let total = ops::sum(&y, &[], false);
    let none = ops::concatenate(&[x.clone(), x.clone()], 0);
    let graph = Graph::trace(&[x, w], &[y, total, none], &[]).unwrap();
    let (a, b) = (Array::zeros(&[0, 3], DType::F32).unwrap(), Array::full(&[3, 2], 1f32).unwrap());
    let values = run_both(&graph, &[&a, &b], 0.0);
    assert_close(&values[1], &Array::scalar(0f32), 0.0);
}
