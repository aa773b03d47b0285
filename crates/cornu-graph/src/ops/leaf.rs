//! Ops without inputs: arguments, variables, constants, counters.

use crate::ops::{Operation, SharedArray, Vjp, arity, attribute, check_axis};
use crate::{Array, DType, Element, Error, Result, Spec, Tensor, Variable, normalize_axis};

/// An argument of the computation, given at each run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Input {
    /// Tells inputs of one spec apart.
    pub id: u64,
    /// The shape and dtype.
    pub spec: Spec,
}

impl Operation for Input {
    fn name(&self) -> &'static str {
        "input"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity::<0>(self.name(), inputs)?;
        Ok(self.spec.clone())
    }
    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(Vec::new())
    }
    fn evaluate(&self, _: &[&Array], _: &Spec) -> Result<Array> {
        Err(Error::Backend("input: has no value outside a run".into()))
    }
}

/// The value of a variable when the run starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parameter(pub Variable);

impl Operation for Parameter {
    fn name(&self) -> &'static str {
        "parameter"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity::<0>(self.name(), inputs)?;
        Ok(Spec::new(self.0.shape(), self.0.dtype()))
    }
    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(Vec::new())
    }
    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("name", &self.0.name())]
    }
    fn evaluate(&self, _: &[&Array], _: &Spec) -> Result<Array> {
        Ok(self.0.value())
    }
}

/// A value known when the graph is built; equal scalars are equal, larger arrays only if shared.
#[derive(Clone)]
pub struct Constant(pub SharedArray);

impl Constant {
    /// The bits of a scalar's value; NaN and the sign of zero count.
    fn scalar_bits(&self) -> Option<u64> {
        (self.0.ndim() == 0).then(|| match self.0.data() {
            crate::Data::I64(v) => v[0] as u64,
            _ => self.0.item().map_or(0, f64::to_bits),
        })
    }
}

impl PartialEq for Constant {
    fn eq(&self, other: &Self) -> bool {
        std::sync::Arc::ptr_eq(&self.0, &other.0)
            || (self.0.dtype() == other.0.dtype()
                && self.scalar_bits().is_some()
                && self.scalar_bits() == other.scalar_bits())
    }
}

impl Eq for Constant {}

impl std::hash::Hash for Constant {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.dtype().hash(state);
        match self.scalar_bits() {
            Some(bits) => bits.hash(state),
            None => (std::sync::Arc::as_ptr(&self.0) as usize).hash(state),
        }
    }
}

/// A constant's value, or its first elements.
fn short(array: &Array) -> String {
    const SHOWN: usize = 4;
    crate::with_dtype!(array.dtype(), T => {
        let values = T::slice(array.data()).unwrap_or_default();
        let shown: Vec<String> = values.iter().take(SHOWN).map(|v| format!("{v:?}")).collect();
        match array.ndim() {
            0 => shown.concat(),
            _ if values.len() > SHOWN => format!("[{}, …]", shown.join(", ")),
            _ => format!("[{}]", shown.join(", ")),
        }
    })
}

impl std::fmt::Debug for Constant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.item() {
            Ok(value) if self.0.ndim() == 0 => write!(f, "Constant({value})"),
            _ => write!(f, "Constant"),
        }
    }
}

impl Operation for Constant {
    fn name(&self) -> &'static str {
        "constant"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity::<0>(self.name(), inputs)?;
        Ok(Spec::new(self.0.shape(), self.0.dtype()))
    }
    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(Vec::new())
    }
    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![("value", short(&self.0))]
    }
    fn evaluate(&self, _: &[&Array], _: &Spec) -> Result<Array> {
        Ok((*self.0).clone())
    }
}

/// The index along one axis: 0, 1, 2, …
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Iota {
    /// The axis that is counted.
    pub axis: usize,
    /// The result's shape and dtype.
    pub spec: Spec,
}

impl Operation for Iota {
    fn name(&self) -> &'static str {
        "iota"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity::<0>(self.name(), inputs)?;
        check_axis(self.name(), self.axis, self.spec.shape.len())?;
        Ok(self.spec.clone())
    }
    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(Vec::new())
    }
    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("axis", &self.axis)]
    }
    fn evaluate(&self, _: &[&Array], spec: &Spec) -> Result<Array> {
        let inner: usize = spec.shape[self.axis + 1..].iter().product();
        let at = |p: usize| ((p / inner) % spec.shape[self.axis]) as f64;
        crate::with_dtype!(spec.dtype, T => {
            Array::new::<T>(&spec.shape, (0..spec.count()).map(|p| T::from_f64(at(p))).collect())
        })
    }
}

/// The index along `axis` at every place of `shape`.
pub fn iota(shape: &[usize], axis: isize, dtype: DType) -> Tensor {
    match normalize_axis("iota", axis, shape.len()) {
        Ok(axis) => Tensor::apply(Iota { axis, spec: Spec::new(shape, dtype) }, &[]),
        Err(error) => Tensor::error(error),
    }
}

/// A scalar beside `x`: of the dtype of `x` where that can hold `number`, else `float32`.
pub fn number_like(x: &Tensor, number: f64) -> Tensor {
    let dtype = x.dtype();
    let held = dtype.is_float() || (dtype.is_integer() && number.fract() == 0.0);
    Array::scalar_of(if held { dtype } else { DType::F32 }, number).into()
}
