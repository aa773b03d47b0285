//! A computation as kernels that are bound but not yet ordered or placed in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use cornu_graph::{Array, DType, Spec, Variable};

use super::Kernel;

/// The index of a value in [`Program::values`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ValueId(pub usize);

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// The caller's array with this number.
    Input(usize),
    /// The value before the run of [`Program::variables`] with this number.
    Variable(usize),
    /// A constant, at its own place.
    Constant(Arc<Array>),
    /// The step with this number.
    Step(usize),
}

/// Where a computed value should end up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The output array with this number.
    Output(usize),
    /// The variable with this number.
    Variable(usize),
}

/// Elements in memory. Reshapes share one value, so it has no shape.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    /// The number of elements.
    pub count: usize,
    /// Their type.
    pub dtype: DType,
    /// Where they come from.
    pub origin: Origin,
    /// Where they should end up, if not just anywhere.
    pub target: Option<Target>,
}

impl Value {
    /// The number of bytes.
    pub fn bytes(&self) -> usize {
        self.count * self.dtype.size()
    }
}

/// A kernel and the values that it reads and writes.
pub(crate) struct Step {
    /// The machine code.
    pub kernel: Box<dyn Kernel>,
    /// What it reads.
    pub inputs: Vec<ValueId>,
    /// What it writes.
    pub outputs: Vec<ValueId>,
    /// Shape and dtype of the outputs, for the plan's table.
    pub specs: Vec<Spec>,
}

/// A whole computation. Steps come after the steps whose values they read.
#[derive(Default)]
pub(crate) struct Program {
    /// Every value.
    pub values: Vec<Value>,
    /// Every step.
    pub steps: Vec<Step>,
    /// The variables, by id.
    pub variables: Vec<Variable>,
    /// Whether each variable changes.
    pub updated: Vec<bool>,
    /// What the caller gives.
    pub inputs: Vec<Spec>,
    /// What the caller gets.
    pub outputs: Vec<Spec>,
}

impl Program {
    /// Adds a value.
    pub fn value(&mut self, spec: &Spec, origin: Origin) -> ValueId {
        self.values.push(Value { count: spec.count(), dtype: spec.dtype, origin, target: None });
        ValueId(self.values.len() - 1)
    }

    /// Adds a step with fresh outputs of the given specs.
    pub fn step(
        &mut self,
        kernel: Box<dyn Kernel>,
        inputs: Vec<ValueId>,
        specs: Vec<Spec>,
    ) -> Vec<ValueId> {
        let origin = Origin::Step(self.steps.len());
        let outputs: Vec<ValueId> =
            specs.iter().map(|spec| self.value(spec, origin.clone())).collect();
        self.steps.push(Step { kernel, inputs, outputs: outputs.clone(), specs });
        outputs
    }

    /// Puts other steps in the place of all.
    pub fn set_steps(&mut self, steps: Vec<Step>) {
        for (i, step) in steps.iter().enumerate() {
            step.outputs.iter().for_each(|v| self.values[v.0].origin = Origin::Step(i));
        }
        self.steps = steps;
    }

    /// How many operands of steps each value is.
    pub fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.values.len()];
        self.steps.iter().flat_map(|s| &s.inputs).for_each(|v| readers[v.0] += 1);
        readers
    }

    /// The variables that an element-wise step writes, if that is all that it does: nobody reads its results.
    pub fn updates(&self, step: &Step, readers: &[usize]) -> Option<BTreeSet<usize>> {
        let variable = |v: &ValueId| match self.get(*v).target {
            Some(Target::Variable(variable)) if readers[v.0] == 0 => Some(variable),
            _ => None,
        };
        step.kernel.elements().and_then(|_| step.outputs.iter().map(variable).collect())
    }

    /// The value with an id.
    pub fn get(&self, id: ValueId) -> &Value {
        &self.values[id.0]
    }

    /// The step that computes a value, if one does.
    pub fn producer(&self, id: ValueId) -> Option<usize> {
        match self.get(id).origin {
            Origin::Step(step) => Some(step),
            _ => None,
        }
    }
}
