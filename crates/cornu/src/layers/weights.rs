//! The weights of a layer while it is built.

use std::sync::Arc;

use cornu_graph::{Array, DType, Variable};

use crate::Result;
use crate::config::Choice;
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::random::SeedGenerator;
use crate::regularizers::Regularizer;

/// A variable of a layer with what belongs to it.
#[derive(Clone)]
pub struct Weight {
    /// The value.
    pub variable: Variable,
    /// Whether gradients change it, as long as its layer is trainable.
    pub trainable: bool,
    /// Its penalty.
    pub regularizer: Option<Arc<dyn Regularizer>>,
    /// Its projection after updates.
    pub constraint: Option<Arc<dyn Constraint>>,
}

/// The arguments of a new weight.
pub struct WeightArgs {
    initializer: Choice<dyn Initializer>,
    regularizer: Option<Choice<dyn Regularizer>>,
    constraint: Option<Choice<dyn Constraint>>,
    trainable: bool,
    dtype: DType,
}

impl WeightArgs {
    /// A trainable `float32` weight with an initializer.
    pub fn new(initializer: impl Into<Choice<dyn Initializer>>) -> Self {
        WeightArgs {
            initializer: initializer.into(),
            regularizer: None,
            constraint: None,
            trainable: true,
            dtype: DType::F32,
        }
    }

    /// With a penalty.
    pub fn regularizer(mut self, regularizer: &Option<Choice<dyn Regularizer>>) -> Self {
        self.regularizer = regularizer.clone();
        self
    }

    /// With a projection after updates.
    pub fn constraint(mut self, constraint: &Option<Choice<dyn Constraint>>) -> Self {
        self.constraint = constraint.clone();
        self
    }

    /// Whether gradients change it. Default: true.
    pub fn trainable(mut self, trainable: bool) -> Self {
        self.trainable = trainable;
        self
    }

    /// The dtype. Default: `float32`.
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = dtype;
        self
    }
}

/// The weights that a layer makes while it is built.
#[derive(Default)]
pub struct Weights {
    pub(super) weights: Vec<Weight>,
    pub(super) seeds: Vec<SeedGenerator>,
}

impl Weights {
    /// Makes a weight.
    ///
    /// # Errors
    /// When the initializer, regularizer or constraint is unknown, or the shape does not fit.
    pub fn add(&mut self, name: &str, shape: &[usize], args: WeightArgs) -> Result<Variable> {
        super::budget::spend_bytes(name, shape, args.dtype)?;
        let initializer = args.initializer.get()?;
        // Zeros cost nothing before they are touched; an orthogonal matrix can cost minutes.
        let value = match super::budget::is_filled() {
            true => Array::zeros(shape, args.dtype)?,
            false => initializer.call(shape, args.dtype)?,
        };
        let variable = Variable::new(name, value);
        self.weights.push(Weight {
            variable: variable.clone(),
            trainable: args.trainable,
            regularizer: args.regularizer.map(|r| r.get()).transpose()?,
            constraint: args.constraint.map(|c| c.get()).transpose()?,
        });
        Ok(variable)
    }

    /// Makes a seed generator; it is state, but no weight.
    pub fn seed_generator(&mut self, seed: Option<u64>) -> SeedGenerator {
        let generator = SeedGenerator::new(seed);
        self.seeds.push(generator.clone());
        generator
    }
}
