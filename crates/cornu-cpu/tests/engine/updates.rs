//! Variables: every read sees the value from before the run.

use std::sync::Arc;

use cornu_graph::ops::{self, CustomOp, Op, Operation, Vjp};
use cornu_graph::{Array, Backend, DType, Error, Graph, Result, Spec, Tensor, Variable};

use crate::common::CPUS;

fn variable(name: &str, values: &[f32]) -> Variable {
    Variable::new(name, Array::new(&[values.len()], values.to_vec()).unwrap())
}

fn values(v: &Variable) -> Vec<f32> {
    v.value().to_vec()
}

fn run(updates: &[(Variable, Tensor)], outputs: &[Tensor]) -> Vec<Vec<f32>> {
    let graph = Graph::trace(&[], outputs, updates).unwrap();
    let plan = CPUS[1].compile(&graph).unwrap();
    plan.run(&[]).unwrap().into_iter().map(Array::into_vec).collect()
}

#[test]
fn two_variables_swap() {
    let (a, b) = (variable("a", &[1.0, 2.0]), variable("b", &[3.0, 4.0]));
    let updates = [(a.clone(), b.read()), (b.clone(), a.read())];
    run(&updates, &[]);
    assert_eq!((values(&a), values(&b)), (vec![3.0, 4.0], vec![1.0, 2.0]));
    let graph = Graph::trace(&[], &[], &updates).unwrap();
    let plan = CPUS[0].compile(&graph).unwrap();
    for _ in 0..3 {
        plan.run(&[]).unwrap();
    }
    assert_eq!((values(&a), values(&b)), (vec![1.0, 2.0], vec![3.0, 4.0]));
}

#[test]
fn three_variables_rotate_through_arithmetic() {
    let [a, b, c] = [("a", 1.0), ("b", 10.0), ("c", 100.0)].map(|(n, x)| variable(n, &[x, -x]));
    run(
        &[
            (a.clone(), b.read() + c.read()),
            (b.clone(), c.read() * a.read()),
            (c.clone(), a.read() - b.read()),
        ],
        &[],
    );
    assert_eq!(values(&a), [110.0, -110.0]);
    assert_eq!(values(&b), [100.0, 100.0]);
    assert_eq!(values(&c), [-9.0, 9.0]);
}

#[test]
fn outputs_see_old_and_new_values() {
    let v = variable("v", &[1.0, 2.0, 3.0]);
    let old = v.read();
    let new = &old * 2.0;
    let flipped = ops::flip(&old, &[0]);
    let out =
        run(&[(v.clone(), new.clone())], &[old.clone(), new.clone(), flipped, &old + &new, new]);
    assert_eq!(out[0], [1.0, 2.0, 3.0]);
    assert_eq!(out[1], [2.0, 4.0, 6.0]);
    assert_eq!(out[2], [3.0, 2.0, 1.0]);
    assert_eq!(out[3], [3.0, 6.0, 9.0]);
    assert_eq!(out[4], [2.0, 4.0, 6.0]);
    assert_eq!(values(&v), [2.0, 4.0, 6.0]);
}

#[test]
fn an_update_may_permute_its_own_variable() {
    let v = Variable::new("v", Array::new(&[3, 3], (0..9).map(|i| i as f32).collect()).unwrap());
    run(&[(v.clone(), ops::transpose(&v.read(), &[]))], &[]);
    assert_eq!(values(&v), [0.0, 3.0, 6.0, 1.0, 4.0, 7.0, 2.0, 5.0, 8.0]);
    // A broadcast reads an element after others were written.
    let first = ops::slice_axis(&v.read(), 0, 0, 1);
    run(&[(v.clone(), v.read() + first)], &[]);
    assert_eq!(values(&v), [0.0, 6.0, 12.0, 1.0, 7.0, 13.0, 2.0, 8.0, 14.0]);
    let row = variable("row", &[1.0, 2.0, 3.0]);
    let sums = row.read() + ops::sum(&row.read(), &[0], true);
    run(&[(row.clone(), sums)], &[]);
    assert_eq!(values(&row), [7.0, 8.0, 9.0]);
}

#[test]
fn one_value_updates_several_variables() {
    let (a, b) = (variable("a", &[1.0, 2.0]), variable("b", &[0.0, 0.0]));
    let x = ops::square(&(a.read() + b.read()));
    let out = run(&[(a.clone(), x.clone()), (b.clone(), x.clone())], &[x]);
    assert_eq!(values(&a), [1.0, 4.0]);
    assert_eq!(values(&b), [1.0, 4.0]);
    assert_eq!(out[0], [1.0, 4.0]);
}

#[test]
fn inputs_constants_and_reshapes_can_be_assigned_and_returned() {
    let v = Variable::new("v", Array::zeros(&[4], DType::F32).unwrap());
    let w = Variable::new("w", Array::zeros(&[2], DType::F32).unwrap());
    let x = Tensor::input(&[2, 2], DType::F32);
    let constant = Tensor::from(Array::new(&[2], vec![8f32, 9.0]).unwrap());
    let flat = ops::reshape(&x, &[4]);
    let graph = Graph::trace(
        std::slice::from_ref(&x),
        &[x.clone(), constant.clone(), flat.clone(), v.read()],
        &[(v.clone(), flat), (w.clone(), constant)],
    )
    .unwrap();
    let given = Array::new(&[2, 2], vec![1f32, 2.0, 3.0, 4.0]).unwrap();
    let plan = CPUS[0].compile(&graph).unwrap();
    let out = plan.run(&[&given]).unwrap();
    assert_eq!(out[0], given);
    assert_eq!(out[1].to_vec::<f32>(), [8.0, 9.0]);
    assert_eq!((out[2].shape(), out[2].to_vec::<f32>()), (&[4][..], vec![1.0, 2.0, 3.0, 4.0]));
    assert_eq!(out[3].to_vec::<f32>(), [0.0; 4]);
    assert_eq!(values(&v), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(values(&w), [8.0, 9.0]);
}

#[test]
fn a_run_that_fails_changes_no_variable() {
    let v = variable("v", &[1.0, 2.0]);
    let index = Tensor::input(&[1], DType::I32);
    let table = variable("table", &[5.0, 6.0, 7.0]);
    let picked = ops::take(&table.read(), &index, 0);
    let graph = Graph::trace(
        std::slice::from_ref(&index),
        &[picked],
        &[(v.clone(), v.read() * 2.0), (table.clone(), table.read() + 1.0)],
    )
    .unwrap();
    let plan = CPUS[0].compile(&graph).unwrap();
    let error = plan.run(&[&Array::new(&[1], vec![3i32]).unwrap()]).unwrap_err();
    assert!(error.to_string().contains("[-3, 3)"), "{error}");
    assert_eq!(values(&v), [1.0, 2.0]);
    assert_eq!(values(&table), [5.0, 6.0, 7.0]);
    let out = plan.run(&[&Array::new(&[1], vec![2i32]).unwrap()]).unwrap();
    assert_eq!(out[0].to_vec::<f32>(), [7.0]);
    assert_eq!(values(&table), [6.0, 7.0, 8.0]);
}

#[test]
fn inputs_that_do_not_fit_are_errors() {
    let x = Tensor::input(&[2], DType::F32);
    let graph = Graph::trace(std::slice::from_ref(&x), &[&x + 1.0], &[]).unwrap();
    let plan = CPUS[0].compile(&graph).unwrap();
    for wrong in [Array::zeros(&[3], DType::F32).unwrap(), Array::zeros(&[2], DType::F64).unwrap()]
    {
        assert!(plan.run(&[&wrong]).unwrap_err().to_string().contains("float32[2]"));
    }
    assert!(plan.run(&[]).is_err());
}

#[test]
fn a_variable_whose_array_was_replaced_is_an_error() {
    let v = variable("v", &[1.0, 2.0]);
    let graph = Graph::trace(&[], &[v.read() + 1.0], &[]).unwrap();
    let plan = CPUS[0].compile(&graph).unwrap();
    *v.lock_mut() = Array::scalar(1f32);
    assert!(plan.run(&[]).unwrap_err().to_string().contains('v'));
}

#[test]
fn plans_on_several_threads_do_not_wait_for_each_other_forever() {
    let (a, b) = (variable("a", &[0.0; 64]), variable("b", &[0.0; 64]));
    let one = Graph::trace(&[], &[], &[(a.clone(), a.read() + 1.0 + b.read() * 0.0)]).unwrap();
    let two = Graph::trace(&[], &[], &[(b.clone(), b.read() + 1.0 + a.read() * 0.0)]).unwrap();
    std::thread::scope(|s| {
        for graph in [&one, &two, &one, &two] {
            s.spawn(move || {
                let plan = CPUS[1].compile(graph).unwrap();
                (0..200).for_each(|_| drop(plan.run(&[]).unwrap()));
            });
        }
    });
    assert_eq!((values(&a), values(&b)), (vec![400.0; 64], vec![400.0; 64]));
}

/// The sum of squares of two tensors of one shape, as a user may write it.
#[derive(Debug)]
struct Norm;

impl Operation for Norm {
    fn name(&self) -> &'static str {
        "norm"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        Ok(inputs[0].clone())
    }
    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, None])
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let (a, b) = (inputs[0].as_slice::<f32>()?, inputs[1].as_slice::<f32>()?);
        if a.contains(&0.0) {
            return Err(Error::invalid("norm", "x", "must not contain 0", "0"));
        }
        Array::new(&spec.shape, a.iter().zip(b).map(|(a, b)| a.hypot(*b)).collect())
    }
}

#[test]
fn ops_of_users_run() {
    let (x, y) = (Tensor::input(&[2], DType::F32), Tensor::input(&[2], DType::F32));
    let op: Arc<dyn CustomOp> = Arc::new(Norm);
    let norm = Tensor::apply(Op::Custom(ops::Custom(op)), &[&(&x + 1.0), &y]) * 2.0;
    let graph = Graph::trace(&[x, y], &[norm], &[]).unwrap();
    let plan = CPUS[0].compile(&graph).unwrap();
    let pair = |a: f32, b: f32| Array::new(&[2], vec![a, b]).unwrap();
    let out = plan.run(&[&pair(2.0, 4.0), &pair(4.0, 12.0)]).unwrap();
    assert_eq!(out[0].to_vec::<f32>(), [10.0, 26.0]);
    assert!(plan.run(&[&pair(-1.0, 4.0), &pair(4.0, 12.0)]).is_err());
    assert!(plan.run(&[&pair(1.0, 4.0), &pair(4.0, 12.0)]).is_ok());
}
