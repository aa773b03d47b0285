//! Reverse-mode differentiation: gradients are more nodes.

use std::collections::{HashMap, HashSet};

use crate::ops::{self, Op, Operation, Vjp};
use crate::{Error, Result, Tensor};

/// What a gradient is accumulated for: reads of one variable are one thing.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum Key {
    Node(u64),
    Variable(u64),
}

fn key(tensor: &Tensor) -> Key {
    match tensor.op() {
        Some(Op::Parameter(p)) => Key::Variable(p.0.id()),
        _ => Key::Node(tensor.id()),
    }
}

/// The gradients of a scalar with respect to tensors or variables' reads.
///
/// `sources` that `target` does not depend on get zeros.
///
/// ```
/// use cornu_graph::{DType, Graph, Array, Tensor, gradients};
/// let x = Tensor::input(&[], DType::F64);
/// let slope = gradients(&(&x * &x), &[x.clone()])?;
/// let value = Graph::trace(&[x], &slope, &[])?.evaluate(&[&Array::scalar(3.0)])?;
/// assert_eq!(value[0].item()?, 6.0);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
///
/// # Errors
/// When `target` is not a floating-point scalar, or a path to a source leads through an op that has no
/// gradient.
pub fn gradients(target: &Tensor, sources: &[Tensor]) -> Result<Vec<Tensor>> {
    target.check()?;
    for source in sources {
        source.check()?;
    }
    if target.ndim() != 0 || !target.dtype().is_float() {
        return Err(Error::invalid(
            "gradients",
            "target",
            "must be a floating-point scalar",
            target.spec(),
        ));
    }
    let wanted: HashSet<Key> = sources.iter().map(key).collect();
    let order = Tensor::topological(std::slice::from_ref(target))?;

    // Only nodes on a path to a source need a gradient: a frozen layer's weights get none.
    let mut reached: HashSet<u64> = HashSet::new();
    for tensor in &order {
        let stops = matches!(tensor.op(), Some(Op::StopGradient(_)));
        let leads = !stops && tensor.inputs().iter().any(|t| reached.contains(&t.id()));
        if tensor.dtype().is_float() && (leads || wanted.contains(&key(tensor))) {
            reached.insert(tensor.id());
        }
    }

    let mut grads: HashMap<Key, Tensor> = HashMap::new();
    grads.insert(key(target), ops::ones_like(target));
    for tensor in order.iter().rev() {
        if !reached.contains(&tensor.id()) || tensor.inputs().is_empty() {
            continue;
        }
        let Some(dy) = grads.get(&key(tensor)).cloned() else { continue };
        let Some(op) = tensor.op() else { continue };
        let needs: Vec<bool> = tensor.inputs().iter().map(|t| reached.contains(&t.id())).collect();
        if !needs.contains(&true) {
            continue;
        }
        let vjp = Vjp { inputs: tensor.inputs(), output: tensor, dy: &dy, needs: &needs };
        let found = op.gradient(&vjp)?;
        if found.len() != needs.len() {
            let rule = format!("must be {}, one per input", needs.len());
            return Err(Error::invalid(op.name(), "gradients", rule, found.len()));
        }
        for ((input, grad), need) in tensor.inputs().iter().zip(found).zip(&needs) {
            let (Some(grad), true) = (grad, *need) else { continue };
            grad.check()?;
            if grad.spec() != input.spec() {
                let rule = format!("must be {}, as the input is", input.spec());
                return Err(Error::invalid(op.name(), "gradient", rule, grad.spec()));
            }
            let total = match grads.remove(&key(input)) {
                Some(sum) => sum + grad,
                None => grad,
            };
            grads.insert(key(input), total);
        }
    }
    let found = |source: &Tensor| grads.get(&key(source)).cloned();
    Ok(sources.iter().map(|s| found(s).unwrap_or_else(|| ops::zeros_like(s))).collect())
}
