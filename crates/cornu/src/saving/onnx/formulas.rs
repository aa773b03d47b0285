//! Functions of numbers, element by element: ONNX's operators, and what is made of several of them.

use cornu_graph::DType;
use cornu_graph::ops::{BinaryKind, CompareKind, LogicalKind, UnaryKind};

use super::builder::{Builder, data_type};
use crate::Result;

/// Tensors of one dtype that broadcast, and the operators between them.
pub(super) struct Formula<'b, 'a> {
    builder: &'b mut Builder<'a>,
    dtype: DType,
}

impl<'b, 'a> Formula<'b, 'a> {
    pub fn new(builder: &'b mut Builder<'a>, dtype: DType) -> Self {
        Formula { builder, dtype }
    }

    fn op(&mut self, op_type: &str, inputs: &[&str]) -> String {
        self.builder.node(op_type, inputs, [])
    }

    fn number(&mut self, value: f64) -> Result<String> {
        self.builder.number(self.dtype, value)
    }

    /// An operator between a tensor and a number.
    pub fn with(&mut self, op_type: &str, x: &str, number: f64) -> Result<String> {
        let number = self.number(number)?;
        Ok(self.op(op_type, &[x, &number]))
    }

    pub fn cast(&mut self, x: &str, to: DType) -> String {
        self.builder.node("Cast", &[x], [("to", i64::from(data_type(to)).into())])
    }

    fn is_float(&self) -> bool {
        self.dtype.is_float()
    }

    fn choose(&mut self, condition: &str, a: &str, b: &str) -> String {
        self.op("Where", &[condition, a, b])
    }

    /// A choice between values of any dtype: runtimes have none between truth values.
    pub fn choose_any(&mut self, condition: &str, a: &str, b: &str) -> String {
        if self.dtype != DType::Bool {
            return self.choose(condition, a, b);
        }
        let first = self.op("And", &[condition, a]);
        let not = self.op("Not", &[condition]);
        let second = self.op("And", &[&not, b]);
        self.op("Or", &[&first, &second])
    }

    /// A function of one tensor; `None` where ONNX has nothing for it.
    pub fn unary(&mut self, kind: UnaryKind, x: &str) -> Result<Option<String>> {
        use UnaryKind::*;
        let simple = match kind {
            Neg => "Neg",
            Abs => "Abs",
            Sign => "Sign",
            Reciprocal => "Reciprocal",
            Exp => "Exp",
            Log => "Log",
            Sqrt => "Sqrt",
            Sin => "Sin",
            Cos => "Cos",
            Tan => "Tan",
            Asin => "Asin",
            Acos => "Acos",
            Atan => "Atan",
            Sinh => "Sinh",
            Cosh => "Cosh",
            Tanh => "Tanh",
            Asinh => "Asinh",
            Acosh => "Acosh",
            Atanh => "Atanh",
            Sigmoid => "Sigmoid",
            Erf => "Erf",
            Floor => "Floor",
            Ceil => "Ceil",
            Round => "Round",
            IsNan if self.is_float() => "IsNaN",
            IsInf if self.is_float() => "IsInf",
            BitNot => "BitwiseNot",
            Not => "Not",
            _ => "",
        };
        if !simple.is_empty() {
            return Ok(Some(self.op(simple, &[x])));
        }
        Ok(Some(match kind {
            Square => self.op("Mul", &[x, x]),
            Exp2 => {
                let two = self.number(2.0)?;
                self.op("Pow", &[&two, x])
            }
            Expm1 => self.expm1(x)?,
            Log1p => self.log1p(x)?,
            Log2 => self.logarithm(x, std::f64::consts::LN_2)?,
            Log10 => self.logarithm(x, std::f64::consts::LN_10)?,
            Cbrt => {
                let size = self.op("Abs", &[x]);
                let root = self.with("Pow", &size, 1.0 / 3.0)?;
                let sign = self.op("Sign", &[x]);
                self.op("Mul", &[&sign, &root])
            }
            Rsqrt => {
                let root = self.op("Sqrt", &[x]);
                self.op("Reciprocal", &[&root])
            }
            Erfc => {
                let erf = self.op("Erf", &[x]);
                let one = self.number(1.0)?;
                self.op("Sub", &[&one, &erf])
            }
            Trunc => {
                let size = self.op("Abs", &[x]);
                let whole = self.op("Floor", &[&size]);
                let sign = self.op("Sign", &[x]);
                self.op("Mul", &[&sign, &whole])
            }
            IsFinite if self.is_float() => {
                let (nan, inf) = (self.op("IsNaN", &[x]), self.op("IsInf", &[x]));
                let either = self.op("Or", &[&nan, &inf]);
                self.op("Not", &[&either])
            }
            // Integers are finite, and are themselves.
            IsNan | IsInf | IsFinite => {
                let same = self.op("Equal", &[x, x]);
                if kind == IsFinite { same } else { self.op("Not", &[&same]) }
            }
            SignBit => self.sign_bit(x)?,
            _ => return Ok(None),
        }))
    }

    /// `exp(x) - 1`; near 0 by `2t / (1 - t)` with `t = tanh(x / 2)`, which loses nothing there.
    fn expm1(&mut self, x: &str) -> Result<String> {
        let exp = self.op("Exp", &[x]);
        let far = self.with("Sub", &exp, 1.0)?;
        let half = self.with("Mul", x, 0.5)?;
        let t = self.op("Tanh", &[&half]);
        let (twice, one) = (self.with("Mul", &t, 2.0)?, self.number(1.0)?);
        let rest = self.op("Sub", &[&one, &t]);
        let near = self.op("Div", &[&twice, &rest]);
        let size = self.op("Abs", &[x]);
        let small = self.with("Less", &size, 0.5)?;
        Ok(self.choose(&small, &near, &far))
    }

    /// `log(1 + x)`; near 0 by `log(u) x / (u - 1)` with `u = 1 + x` as it is rounded (Kahan).
    fn log1p(&mut self, x: &str) -> Result<String> {
        let u = self.with("Add", x, 1.0)?;
        let log = self.op("Log", &[&u]);
        let rounded = self.with("Sub", &u, 1.0)?;
        let ratio = self.op("Div", &[x, &rounded]);
        let near = self.op("Mul", &[&log, &ratio]);
        let same = self.with("Equal", &u, 1.0)?;
        let near = self.choose(&same, x, &near);
        let size = self.op("Abs", &[x]);
        let small = self.with("Less", &size, 0.5)?;
        Ok(self.choose(&small, &near, &log))
    }

    fn logarithm(&mut self, x: &str, of_base: f64) -> Result<String> {
        let log = self.op("Log", &[x]);
        self.with("Div", &log, of_base)
    }

    fn sign_bit(&mut self, x: &str) -> Result<String> {
        let below = self.with("Less", x, 0.0)?;
        if !self.is_float() {
            return Ok(below);
        }
        // 1 / -0 is minus infinity.
        let zero = self.with("Equal", x, 0.0)?;
        let inverse = self.op("Reciprocal", &[x]);
        let under = self.with("Less", &inverse, 0.0)?;
        let negative_zero = self.op("And", &[&zero, &under]);
        Ok(self.op("Or", &[&below, &negative_zero]))
    }

    /// A function of two tensors; `None` where ONNX has nothing for it.
    pub fn binary(&mut self, kind: BinaryKind, a: &str, b: &str) -> Result<Option<String>> {
        use BinaryKind::*;
        let truth = self.dtype == DType::Bool;
        let simple = match kind {
            Add | Max if truth => "Or",
            Mul | Min if truth => "And",
            Add => "Add",
            Sub => "Sub",
            Mul => "Mul",
            Div => "Div",
            Pow => "Pow",
            Max => "Max",
            Min => "Min",
            BitAnd => "BitwiseAnd",
            BitOr => "BitwiseOr",
            BitXor => "BitwiseXor",
            _ => "",
        };
        if !simple.is_empty() {
            return Ok(Some(self.op(simple, &[a, b])));
        }
        Ok(Some(match kind {
            FloorDiv if self.is_float() => self.floor_divide(a, b)?,
            FloorDiv | Mod | Fmod if !self.is_float() => self.divide_integers(kind, a, b)?,
            Mod => {
                let rest = self.remainder(a, b);
                let (below, sum) = (self.crosses(&rest, b)?, self.op("Add", &[&rest, b]));
                self.choose(&below, &sum, &rest)
            }
            Fmod => self.remainder(a, b),
            Atan2 => self.atan2(a, b)?,
            Hypot => {
                let (x, y) = (self.op("Abs", &[a]), self.op("Abs", &[b]));
                let (large, small) = (self.op("Max", &[&x, &y]), self.op("Min", &[&x, &y]));
                let none = self.with("Equal", &large, 0.0)?;
                let one = self.number(1.0)?;
                let safe = self.choose(&none, &one, &large);
                let ratio = self.op("Div", &[&small, &safe]);
                let square = self.op("Mul", &[&ratio, &ratio]);
                let sum = self.with("Add", &square, 1.0)?;
                let root = self.op("Sqrt", &[&sum]);
                self.op("Mul", &[&large, &root])
            }
            CopySign => {
                let (size, negative) = (self.op("Abs", &[a]), self.sign_bit(b)?);
                let opposite = self.op("Neg", &[&size]);
                self.choose(&negative, &opposite, &size)
            }
            Ldexp => {
                let (places, two) = (self.unary(UnaryKind::Trunc, b)?, self.number(2.0)?);
                let power = self.op("Pow", &[&two, places.as_deref().unwrap_or(b)]);
                self.op("Mul", &[a, &power])
            }
            _ => return Ok(None),
        }))
    }

    /// What division towards zero leaves.
    fn remainder(&mut self, a: &str, b: &str) -> String {
        self.builder.node("Mod", &[a, b], [("fmod", 1i64.into())])
    }

    /// Whether a remainder has another sign than the divisor.
    fn crosses(&mut self, rest: &str, b: &str) -> Result<String> {
        let zero = self.with("Equal", rest, 0.0)?;
        let some = self.op("Not", &[&zero]);
        let (down, negative) = (self.with("Less", rest, 0.0)?, self.with("Less", b, 0.0)?);
        let differ = self.op("Xor", &[&down, &negative]);
        Ok(self.op("And", &[&some, &differ]))
    }

    /// By the remainder: the quotient itself may round up to an integer that it does not reach.
    fn floor_divide(&mut self, a: &str, b: &str) -> Result<String> {
        let rest = self.remainder(a, b);
        let whole = self.op("Sub", &[a, &rest]);
        let quotient = self.op("Div", &[&whole, b]);
        let below = self.crosses(&rest, b)?;
        let one_less = self.with("Sub", &quotient, 1.0)?;
        let quotient = self.choose(&below, &one_less, &quotient);
        Ok(self.op("Round", &[&quotient]))
    }

    /// Of integers: by zero they give 0.
    fn divide_integers(&mut self, kind: BinaryKind, a: &str, b: &str) -> Result<String> {
        let (none, zero, one) = (self.with("Equal", b, 0.0)?, self.number(0.0)?, self.number(1.0)?);
        let safe = self.choose(&none, &one, b);
        let value = match kind {
            BinaryKind::Mod => self.op("Mod", &[a, &safe]),
            BinaryKind::Fmod => self.remainder(a, &safe),
            _ => {
                let quotient = self.op("Div", &[a, &safe]);
                let rest = self.remainder(a, &safe);
                let below = self.crosses(&rest, &safe)?;
                let one_less = self.op("Sub", &[&quotient, &one]);
                self.choose(&below, &one_less, &quotient)
            }
        };
        Ok(self.choose(&none, &zero, &value))
    }

    /// The angle of the point `(x, y)`: the arc tangent, turned where `x` is not positive.
    fn atan2(&mut self, y: &str, x: &str) -> Result<String> {
        use std::f64::consts::{FRAC_PI_2, PI};
        let up = self.with("GreaterOrEqual", y, 0.0)?;
        let turn = |f: &mut Self, angle: f64| -> Result<String> {
            let (plus, minus) = (f.number(angle)?, f.number(-angle)?);
            Ok(f.choose(&up, &plus, &minus))
        };
        let (half, quarter, zero) = (turn(self, PI)?, turn(self, FRAC_PI_2)?, self.number(0.0)?);
        let flat = self.with("Equal", y, 0.0)?;
        let quarter = self.choose(&flat, &zero, &quarter);
        let vertical = self.with("Equal", x, 0.0)?;
        let one = self.number(1.0)?;
        let safe = self.choose(&vertical, &one, x);
        let ratio = self.op("Div", &[y, &safe]);
        let angle = self.op("Atan", &[&ratio]);
        let turned = self.op("Add", &[&angle, &half]);
        let left = self.with("Less", x, 0.0)?;
        let angle = self.choose(&left, &turned, &angle);
        Ok(self.choose(&vertical, &quarter, &angle))
    }

    pub fn compare(&mut self, kind: CompareKind, a: &str, b: &str) -> String {
        let (op_type, negate) = match kind {
            CompareKind::Eq => ("Equal", false),
            CompareKind::Ne => ("Equal", true),
            CompareKind::Lt => ("Less", false),
            CompareKind::Le => ("LessOrEqual", false),
            CompareKind::Gt => ("Greater", false),
            CompareKind::Ge => ("GreaterOrEqual", false),
        };
        // Small types have no order in ONNX.
        let small = self.dtype < DType::I32;
        let result = if small {
            let (a, b) = (self.cast(a, DType::I32), self.cast(b, DType::I32));
            self.op(op_type, &[&a, &b])
        } else {
            self.op(op_type, &[a, b])
        };
        if negate { self.op("Not", &[&result]) } else { result }
    }

    pub fn logical(&mut self, kind: LogicalKind, a: &str, b: &str) -> String {
        let op_type = match kind {
            LogicalKind::And => "And",
            LogicalKind::Or => "Or",
            LogicalKind::Xor => "Xor",
        };
        self.op(op_type, &[a, b])
    }
}
