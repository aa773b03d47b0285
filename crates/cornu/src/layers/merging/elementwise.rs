//! Joins element by element.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::{Context, Layer};
use crate::{Error, Result};

macro_rules! elementwise {
    ($($(#[$doc:meta])* $layer:ident |$inputs:ident| $join:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// Inputs: two or more; shapes broadcast, and where a rank is smaller, axes of size 1 come after the
            /// batch. Output: the shape to which they broadcast.
            #[derive(Debug, Clone, Default, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $layer {}

            impl $layer {
                /// The layer; it has no arguments.
                pub fn new() -> Self {
                    $layer {}
                }
            }

            impl Layer for $layer {
                fn class_name(&self) -> &str {
                    stringify!($layer)
                }
                fn config(&self) -> Result<Config> {
                    to_config(stringify!($layer), self)
                }
                fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
                    let $inputs = align(stringify!($layer), inputs)?;
                    Ok(vec![$join])
                }
            }
        )*
    };
}

elementwise! {
    /// The sum.
    ///
    /// ```
    /// use cornu::layers::{Add, Input, LayerExt};
    /// let y = Add::new().apply([&Input([2, 3]), &Input([1, 3])])?;
    /// assert_eq!(y.shape(), [None, Some(2), Some(3)]);
    /// # Ok::<(), cornu::Error>(())
    /// ```
    Add |x| fold(&x, ops::add);
    /// The product.
    Multiply |x| fold(&x, ops::multiply);
    /// The mean.
    Average |x| fold(&x, ops::add) / x.len() as f64;
    /// The largest, element by element.
    Maximum |x| fold(&x, ops::maximum);
    /// The smallest, element by element.
    Minimum |x| fold(&x, ops::minimum);
    /// The difference of exactly two inputs.
    Subtract |x| match &x[..] {
        [a, b] => a - b,
        _ => {
            let received = format!("{} inputs", x.len());
            return Err(Error::invalid("Subtract", "inputs", "must be exactly two", received));
        }
    };
}

/// Inputs of one rank.
fn align(layer: &str, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    if inputs.len() < 2 {
        let received = format!("{} inputs", inputs.len());
        return Err(Error::invalid(layer, "inputs", "must be two or more", received));
    }
    let rank = inputs.iter().map(Tensor::ndim).max().unwrap_or(0);
    let raise = |x: &Tensor| {
        let mut shape = x.shape().to_vec();
        if let (Some(&batch), true) = (shape.first(), shape.len() < rank) {
            let missing = rank - shape.len();
            shape.splice(0..1, std::iter::once(batch).chain(std::iter::repeat_n(1, missing)));
        }
        ops::reshape(x, &shape)
    };
    Ok(inputs.iter().map(raise).collect())
}

fn fold(inputs: &[Tensor], join: fn(&Tensor, &Tensor) -> Tensor) -> Tensor {
    let (first, rest) = (&inputs[0], &inputs[1..]);
    rest.iter().fold(first.clone(), |all, x| join(&all, x))
}
