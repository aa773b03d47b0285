//! Element-wise comparisons and logic.

use crate::ops::{Operation, Vjp, arity, cast, unify};
use crate::{Array, DType, Error, Result, Spec, Tensor};

/// An element-wise comparison of two tensors of one shape and dtype; the result is `bool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Compare(pub CompareKind);

/// Element-wise logic on two `bool` tensors of one shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Logical(pub LogicalKind);

macro_rules! pairs {
    ($enum:ident $what:literal $apply:ident: $($kind:ident $function:ident $doc:literal;)*) => {
        #[doc = $what]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $enum {
            $(#[doc = $doc] $kind),*
        }

        impl $enum {
            /// All of them.
            pub const ALL: &[$enum] = &[$($enum::$kind),*];

            /// The function's name.
            pub fn name(self) -> &'static str {
                match self { $($enum::$kind => stringify!($function)),* }
            }
        }

        $(#[doc = $doc]
        #[doc = ""]
        #[doc = "Shapes broadcast; the result is `bool`."]
        pub fn $function(a: &Tensor, b: &Tensor) -> Tensor {
            $apply($enum::$kind, a, b)
        })*
    };
}

pairs! { CompareKind "The comparisons." compare:
    Eq equal "Whether two elements are equal.";
    Ne not_equal "Whether two elements differ.";
    Lt less "Whether the first is less.";
    Le less_equal "Whether the first is less or equal.";
    Gt greater "Whether the first is greater.";
    Ge greater_equal "Whether the first is greater or equal.";
}

pairs! { LogicalKind "The logical functions." logical:
    And logical_and "Whether both are true.";
    Or logical_or "Whether one or both are true.";
    Xor logical_xor "Whether exactly one is true.";
}

fn compare(kind: CompareKind, a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        let (a, b) = unify(kind.name(), a, b, |d| d)?;
        Ok(Tensor::apply(Compare(kind), &[&a, &b]))
    })
}

fn logical(kind: LogicalKind, a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        let (a, b) = (cast(a, DType::Bool), cast(b, DType::Bool));
        let (a, b) = unify(kind.name(), &a, &b, |d| d)?;
        Ok(Tensor::apply(Logical(kind), &[&a, &b]))
    })
}

impl CompareKind {
    /// The comparison of two values.
    pub fn evaluate<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            CompareKind::Eq => a == b,
            CompareKind::Ne => a != b,
            CompareKind::Lt => a < b,
            CompareKind::Le => a <= b,
            CompareKind::Gt => a > b,
            CompareKind::Ge => a >= b,
        }
    }
}

impl LogicalKind {
    /// The function of two truth values.
    pub fn evaluate(self, a: bool, b: bool) -> bool {
        match self {
            LogicalKind::And => a && b,
            LogicalKind::Or => a || b,
            LogicalKind::Xor => a != b,
        }
    }
}

fn same(name: &str, inputs: &[&Spec]) -> Result<Spec> {
    let [a, b] = arity(name, inputs)?;
    if a != b {
        return Err(Error::invalid(
            name,
            "inputs",
            "must have one shape and dtype",
            format!("{a} and {b}"),
        ));
    }
    Ok(a.clone())
}

impl Operation for Compare {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        Ok(Spec { dtype: DType::Bool, ..same(self.name(), inputs)? })
    }
    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, None])
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        crate::with_dtype!(inputs[0].dtype(), T => {
            let pairs = inputs[0].as_slice::<T>()?.iter().zip(inputs[1].as_slice::<T>()?);
            Array::new(&spec.shape, pairs.map(|(a, b)| self.0.evaluate(*a, *b)).collect::<Vec<bool>>())
        })
    }
}

impl Operation for Logical {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let spec = same(self.name(), inputs)?;
        if spec.dtype != DType::Bool {
            return Err(Error::invalid(self.name(), "dtype", "must be bool", spec.dtype));
        }
        Ok(spec)
    }
    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, None])
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let pairs = inputs[0].as_slice::<bool>()?.iter().zip(inputs[1].as_slice::<bool>()?);
        Array::new(&spec.shape, pairs.map(|(&a, &b)| self.0.evaluate(a, b)).collect::<Vec<bool>>())
    }
}
