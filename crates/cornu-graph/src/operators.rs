//! `+ - * /` and unary `-` on tensors and numbers.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::{Tensor, ops};

macro_rules! operator {
    ($trait:ident, $method:ident, $function:path) => {
        operator!(@pair $trait, $method, $function, Tensor, Tensor);
        operator!(@pair $trait, $method, $function, &Tensor, Tensor);
        operator!(@pair $trait, $method, $function, Tensor, &Tensor);
        operator!(@pair $trait, $method, $function, &Tensor, &Tensor);
        operator!(@number $trait, $method, $function, Tensor);
        operator!(@number $trait, $method, $function, &Tensor);
    };
    (@pair $trait:ident, $method:ident, $function:path, $a:ty, $b:ty) => {
        impl $trait<$b> for $a {
            type Output = Tensor;
            fn $method(self, other: $b) -> Tensor {
                $function(&self, &other)
            }
        }
    };
    (@number $trait:ident, $method:ident, $function:path, $a:ty) => {
        impl $trait<f64> for $a {
            type Output = Tensor;
            fn $method(self, number: f64) -> Tensor {
                $function(&self, &ops::number_like(&self, number))
            }
        }

        impl $trait<$a> for f64 {
            type Output = Tensor;
            fn $method(self, tensor: $a) -> Tensor {
                $function(&ops::number_like(&tensor, self), &tensor)
            }
        }
    };
}

operator!(Add, add, ops::add);
operator!(Sub, sub, ops::subtract);
operator!(Mul, mul, ops::multiply);
operator!(Div, div, ops::divide);

impl Neg for Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        ops::negative(&self)
    }
}

impl Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        ops::negative(self)
    }
}
