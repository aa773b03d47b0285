//! The loops over tiles: one per instruction and dtype.

use cornu_graph::DType;
use cornu_graph::ops::{BinaryKind, CompareKind, LogicalKind, UnaryKind};

use super::STRIP;
use super::chain::{Chain, Chained};
use super::lanes::*;
use crate::math::{self, Function};
use crate::simd::{Int32, Isa, Kernel, Scalar, Vector};

/// What a step computes; `DType` is that of its operands. `compile.rs` makes only supported pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum StepOp {
    Unary(UnaryKind, DType),
    Binary(BinaryKind, DType),
    Compare(CompareKind, DType),
    Logical(LogicalKind),
    /// By the size of an element.
    Select(usize),
    Cast(DType, DType),
    Chain(Chain),
}

/// The most operands of a step.
pub(super) const MAX_ARGS: usize = 6;

impl StepOp {
    /// The number of operands.
    pub fn arity(self) -> usize {
        match self {
            StepOp::Unary(..) | StepOp::Cast(..) => 1,
            StepOp::Binary(..) | StepOp::Compare(..) | StepOp::Logical(_) => 2,
            StepOp::Select(_) => 3,
            StepOp::Chain(_) => MAX_ARGS,
        }
    }

    /// Whether there is a loop for it.
    pub fn is_supported(self) -> bool {
        use DType::*;
        match self {
            StepOp::Unary(kind, dtype) => match kind {
                UnaryKind::IsNan | UnaryKind::IsInf | UnaryKind::IsFinite | UnaryKind::SignBit => {
                    true
                }
                UnaryKind::BitNot => dtype.is_integer(),
                UnaryKind::Not => dtype == Bool,
                UnaryKind::Neg | UnaryKind::Abs | UnaryKind::Sign | UnaryKind::Square => {
                    dtype != Bool
                }
                _ => dtype.is_float(),
            },
            StepOp::Binary(kind, dtype) => kind.has(dtype),
            _ => true,
        }
    }

    /// Whether its loop can write past the caches.
    pub fn streams(self) -> bool {
        matches!(
            self,
            StepOp::Unary(_, DType::F32) | StepOp::Binary(_, DType::F32) | StepOp::Chain(_)
        )
    }
}

/// A register in memory: a pointer, and the elements from one strip to the next (0 or [`STRIP`]).
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub ptr: *mut u8,
    pub step: usize,
}

/// One instruction on one tile.
///
/// Whoever makes one vouches that every operand that `op` reads holds `strips` strips of its dtype (one
/// strip, where the step is 0), that `out` has room for as many of the result's (for one strip, where there is a
/// `stream`), that all are aligned for their dtype, and that `out` overlaps no operand; only that of a chain may be
/// exactly an operand. A `stream` has room for all strips of the result, is aligned to 64 bytes, and overlaps nothing
/// else.
pub(super) struct Step {
    pub op: StepOp,
    pub args: [View; MAX_ARGS],
    pub out: *mut u8,
    /// Where strips go from `out`, past the caches; null if they stay there. Only for ops that
    /// [stream](StepOp::streams).
    pub stream: *mut u8,
    pub strips: usize,
}

impl Kernel for Step {
    type Output = ();
    // Single precision, logic and choices are compiled for every instruction set; the rest once.
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        match self.op {
            StepOp::Unary(kind, DType::F32) => self.unary_f32(s, kind),
            StepOp::Binary(kind, DType::F32) => self.binary_f32(s, kind),
            StepOp::Compare(kind, DType::F32) => self.compare_f32(s, kind),
            StepOp::Logical(LogicalKind::And) => self.two::<And, u8, u8>(s),
            StepOp::Logical(LogicalKind::Or) => self.two::<Or, u8, u8>(s),
            StepOp::Logical(LogicalKind::Xor) => self.two::<Xor, u8, u8>(s),
            StepOp::Select(1) => self.select::<u8>(),
            StepOp::Select(4) => self.select::<u32>(),
            StepOp::Select(_) => self.select::<u64>(),
            StepOp::Chain(chain) => chain.run(s, &self),
            StepOp::Cast(DType::Bool | DType::U8, DType::F32) => self.one::<ToF32, u8, f32>(s),
            StepOp::Cast(DType::I32, DType::F32) => self.one::<ToF32, i32, f32>(s),
            StepOp::Cast(DType::F32, DType::I32) => self.one::<ToI32, f32, i32>(s),
            _ => self.other(),
        }
    }
}

/// The `match` from kinds to loops that all integer types share.
macro_rules! integers {
    ($step:ident, $s:expr, $kind:expr, $t:ty) => {
        match $kind {
            BinaryKind::Add => $step.two::<AddInt, $t, $t>($s),
            BinaryKind::Sub => $step.two::<SubInt, $t, $t>($s),
            BinaryKind::Mul => $step.two::<MulInt, $t, $t>($s),
            BinaryKind::Max => $step.two::<MaxInt, $t, $t>($s),
            BinaryKind::Min => $step.two::<MinInt, $t, $t>($s),
            BinaryKind::FloorDiv => $step.two::<FloorDivInt, $t, $t>($s),
            BinaryKind::Mod => $step.two::<ModInt, $t, $t>($s),
            BinaryKind::Pow => $step.two::<PowInt, $t, $t>($s),
            BinaryKind::BitAnd => $step.two::<And, $t, $t>($s),
            BinaryKind::BitOr => $step.two::<Or, $t, $t>($s),
            BinaryKind::BitXor => $step.two::<Xor, $t, $t>($s),
            kind => {
                let f = |a, b| kind.evaluate_integer(a as i64, b as i64) as $t;
                $step.by_definition::<$t>($s, f);
            }
        }
    };
}

/// The `match` from comparisons to loops.
macro_rules! comparisons {
    ($step:ident, $s:expr, $kind:expr, $t:ty) => {
        match $kind {
            CompareKind::Eq => $step.two::<Eq, $t, u8>($s),
            CompareKind::Ne => $step.two::<Ne, $t, u8>($s),
            CompareKind::Lt => $step.two::<Lt, $t, u8>($s),
            CompareKind::Le => $step.two::<Le, $t, u8>($s),
            CompareKind::Gt => $step.two::<Gt, $t, u8>($s),
            CompareKind::Ge => $step.two::<Ge, $t, u8>($s),
        }
    };
}

impl Step {
    /// Where strip `i` of an operand begins.
    #[inline(always)]
    fn from<T>(&self, arg: usize, i: usize) -> *const T {
        let View { ptr, step } = self.args[arg];
        ptr.cast::<T>().wrapping_add(i * step)
    }

    /// Where strip `i` of the result begins.
    #[inline(always)]
    fn to<T>(&self, i: usize) -> *mut T {
        let i = if self.stream.is_null() { i } else { 0 };
        self.out.cast::<T>().wrapping_add(i * STRIP)
    }

    /// Strip `i` of an operand; not for chains.
    #[inline(always)]
    fn arg<T>(&self, arg: usize, i: usize) -> &[T; STRIP] {
        // SAFETY: the maker's promise (see `Step`): strip `i` is readable and aligned, and is not `out`.
        unsafe { &*self.from::<T>(arg, i).cast() }
    }

    /// Strip `i` of the result; not for chains. Called once per `i`, one at a time.
    #[allow(clippy::mut_from_ref)]
    #[inline(always)]
    fn out<T>(&self, i: usize) -> &mut [T; STRIP] {
        // SAFETY: the maker's promise (see `Step`): strip `i` is writable, aligned and not an operand.
        unsafe { &mut *self.to::<T>(i).cast() }
    }

    /// Sends strip `i` of the result on, if it is to be streamed.
    #[inline(always)]
    fn done<S: Isa, T>(&self, s: S, i: usize) {
        if self.stream.is_null() {
            return;
        }
        // Bytes, as vectors of 32-bit integers.
        let size = STRIP * size_of::<T>();
        for at in (0..size).step_by(4 * S::U32::LANES) {
            // SAFETY: the maker's promise (see `Step`): `out` has the strip, and `stream` room for it. A strip of
            // any type is a whole number of vectors, so these are aligned.
            unsafe {
                let v = S::U32::load_ptr(s, self.out.add(at).cast());
                v.stream_ptr(self.stream.add(i * size + at).cast());
            }
        }
    }

    #[inline(always)]
    fn one<O: Op1<T, U>, T: Copy, U>(&self, s: impl Isa) {
        for i in 0..self.strips {
            strip1::<O, T, U>(self.arg(0, i), self.out(i));
            self.done::<_, U>(s, i);
        }
    }

    #[inline(always)]
    fn two<O: Op2<T, U>, T: Copy, U>(&self, s: impl Isa) {
        for i in 0..self.strips {
            strip2::<O, T, U>(self.arg(0, i), self.arg(1, i), self.out(i));
            self.done::<_, U>(s, i);
        }
    }

    #[inline(always)]
    fn select<T: Bits>(&self) {
        for i in 0..self.strips {
            strip_select::<T>(self.arg(0, i), self.arg(1, i), self.arg(2, i), self.out(i));
        }
    }

    #[inline(always)]
    fn vectors<S: Isa, F: Function>(&self, s: S) {
        for i in 0..self.strips {
            let (x, y) = (self.arg::<f32>(0, i), self.out::<f32>(i));
            for j in (0..STRIP).step_by(S::F32::LANES) {
                F::eval(s, S::F32::load(s, &x[j..])).store(&mut y[j..]);
            }
            self.done::<_, f32>(s, i);
        }
    }

    #[inline(always)]
    pub fn chain<S: Isa, F: Chained<N>, const N: usize>(&self, s: S) {
        for i in 0..self.strips {
            let y = self.to::<f32>(i);
            let mut args = [std::ptr::null(); N];
            args.iter_mut().enumerate().for_each(|(k, arg)| *arg = self.from::<f32>(k, i));
            for j in (0..STRIP).step_by(S::F32::LANES) {
                let mut x = [S::F32::zero(s); N];
                // SAFETY: the maker's promise (see `Step`): strip `i` of every operand is readable, and that of the
                // result writable, whose vector may be one of these: they have been read by then.
                unsafe {
                    x.iter_mut()
                        .zip(&args)
                        .for_each(|(x, arg)| *x = S::F32::load_ptr(s, arg.add(j)));
                    F::eval(s, x).store_ptr(y.add(j));
                }
            }
            self.done::<_, f32>(s, i);
        }
    }

    /// As [`Step::one`], and again by `exact` where the fast function does not hold.
    #[inline(always)]
    fn circular<O: Op1<f32, f32>>(&self, s: impl Isa, exact: fn(f32) -> f32) {
        for i in 0..self.strips {
            let (x, y) = (self.arg::<f32>(0, i), self.out::<f32>(i));
            strip1::<O, f32, f32>(x, y);
            // Counting in a plain loop is vectorised; stopping early is not.
            let large = |x: f32| x.is_nan() | (x.abs() > math::TRIG_LIMIT);
            if x.iter().fold(false, |any, &x| any | large(x)) {
                for (y, &x) in y.iter_mut().zip(x).filter(|(_, x)| large(**x)) {
                    *y = exact(x);
                }
            }
            self.done::<_, f32>(s, i);
        }
    }

    #[inline(always)]
    fn unary_f32<S: Isa>(&self, s: S, kind: UnaryKind) {
        match kind {
            UnaryKind::Neg => self.one::<Neg, f32, f32>(s),
            UnaryKind::Abs => self.one::<Abs, f32, f32>(s),
            UnaryKind::Sign => self.one::<Sign, f32, f32>(s),
            UnaryKind::Square => self.one::<Square, f32, f32>(s),
            UnaryKind::Reciprocal => self.one::<Reciprocal, f32, f32>(s),
            UnaryKind::Sqrt => self.one::<Sqrt, f32, f32>(s),
            UnaryKind::Rsqrt => self.one::<Rsqrt, f32, f32>(s),
            UnaryKind::Floor => self.one::<Floor, f32, f32>(s),
            UnaryKind::Ceil => self.one::<Ceil, f32, f32>(s),
            UnaryKind::Round => self.one::<Round, f32, f32>(s),
            UnaryKind::Trunc => self.one::<Trunc, f32, f32>(s),
            UnaryKind::IsNan => self.one::<IsNan, f32, u8>(s),
            UnaryKind::IsInf => self.one::<IsInf, f32, u8>(s),
            UnaryKind::IsFinite => self.one::<IsFinite, f32, u8>(s),
            UnaryKind::SignBit => self.one::<SignBit, f32, u8>(s),
            UnaryKind::Exp => self.vectors::<S, math::Exp>(s),
            UnaryKind::Expm1 => self.vectors::<S, math::Expm1>(s),
            UnaryKind::Log => self.vectors::<S, math::Log>(s),
            UnaryKind::Log1p => self.vectors::<S, math::Log1p>(s),
            UnaryKind::Log2 => self.vectors::<S, math::Log2>(s),
            UnaryKind::Log10 => self.vectors::<S, math::Log10>(s),
            UnaryKind::Tanh => self.vectors::<S, math::Tanh>(s),
            UnaryKind::Sigmoid => self.vectors::<S, math::Sigmoid>(s),
            UnaryKind::Erf => self.vectors::<S, math::Erf>(s),
            UnaryKind::Sin => self.circular::<Sin>(s, libm::sinf),
            UnaryKind::Cos => self.circular::<Cos>(s, libm::cosf),
            UnaryKind::Tan => self.circular::<Tan>(s, libm::tanf),
            _ => self.by_definition_f32(s, kind),
        }
    }

    #[inline(always)]
    fn binary_f32(&self, s: impl Isa, kind: BinaryKind) {
        match kind {
            BinaryKind::Add => self.two::<Add, f32, f32>(s),
            BinaryKind::Sub => self.two::<Sub, f32, f32>(s),
            BinaryKind::Mul => self.two::<Mul, f32, f32>(s),
            BinaryKind::Div => self.two::<Div, f32, f32>(s),
            BinaryKind::FloorDiv => self.two::<FloorDiv32, f32, f32>(s),
            BinaryKind::Mod => self.two::<Mod, f32, f32>(s),
            BinaryKind::Pow => self.two::<Pow32, f32, f32>(s),
            BinaryKind::Max => self.two::<Max, f32, f32>(s),
            BinaryKind::Min => self.two::<Min, f32, f32>(s),
            BinaryKind::Atan2 => self.two::<Atan2, f32, f32>(s),
            BinaryKind::CopySign => self.two::<CopySign, f32, f32>(s),
            BinaryKind::NextAfter => self.two::<NextAfter, f32, f32>(s),
            kind => self.by_definition::<f32>(s, |a, b| kind.evaluate(a.into(), b.into()) as f32),
        }
    }

    /// A function of two numbers that no loop is made for.
    #[inline(never)]
    fn by_definition<T: Copy>(&self, s: impl Isa, f: impl Fn(T, T) -> T) {
        for i in 0..self.strips {
            let pairs = self.arg::<T>(0, i).iter().zip(self.arg::<T>(1, i));
            for (y, (&a, &b)) in self.out::<T>(i).iter_mut().zip(pairs) {
                *y = f(a, b);
            }
            self.done::<_, T>(s, i);
        }
    }

    #[inline(always)]
    fn compare_f32(&self, s: impl Isa, kind: CompareKind) {
        comparisons!(self, s, kind, f32);
    }

    /// Functions without a loop of their own: the graph's definition, in double precision.
    #[inline(never)]
    fn by_definition_f32(&self, s: impl Isa, kind: UnaryKind) {
        for i in 0..self.strips {
            for (y, &x) in self.out::<f32>(i).iter_mut().zip(self.arg::<f32>(0, i)) {
                *y = kind.evaluate(x.into()) as f32;
            }
            self.done::<_, f32>(s, i);
        }
    }

    #[inline(never)]
    fn other(&self) {
        match self.op {
            StepOp::Unary(kind, DType::F64) => self.unary_f64(kind),
            StepOp::Unary(kind, dtype) => self.unary_integer(kind, dtype),
            StepOp::Binary(kind, dtype) => self.binary(kind, dtype),
            StepOp::Compare(kind, DType::F64) => comparisons!(self, Scalar, kind, f64),
            StepOp::Compare(kind, DType::I32) => comparisons!(self, Scalar, kind, i32),
            StepOp::Compare(kind, DType::I64) => comparisons!(self, Scalar, kind, i64),
            StepOp::Compare(kind, _) => comparisons!(self, Scalar, kind, u8),
            StepOp::Cast(from, to) => self.cast(from, to),
            StepOp::Logical(_) | StepOp::Select(_) | StepOp::Chain(_) => {}
        }
    }

    fn unary_f64(&self, kind: UnaryKind) {
        match kind {
            UnaryKind::Neg => self.one::<Neg, f64, f64>(Scalar),
            UnaryKind::Abs => self.one::<Abs, f64, f64>(Scalar),
            UnaryKind::Sign => self.one::<Sign, f64, f64>(Scalar),
            UnaryKind::Square => self.one::<Square, f64, f64>(Scalar),
            UnaryKind::Reciprocal => self.one::<Reciprocal, f64, f64>(Scalar),
            UnaryKind::Sqrt => self.one::<Sqrt, f64, f64>(Scalar),
            UnaryKind::Rsqrt => self.one::<Rsqrt, f64, f64>(Scalar),
            UnaryKind::Floor => self.one::<Floor, f64, f64>(Scalar),
            UnaryKind::Ceil => self.one::<Ceil, f64, f64>(Scalar),
            UnaryKind::Round => self.one::<Round, f64, f64>(Scalar),
            UnaryKind::Trunc => self.one::<Trunc, f64, f64>(Scalar),
            UnaryKind::IsNan => self.one::<IsNan, f64, u8>(Scalar),
            UnaryKind::IsInf => self.one::<IsInf, f64, u8>(Scalar),
            UnaryKind::IsFinite => self.one::<IsFinite, f64, u8>(Scalar),
            UnaryKind::SignBit => self.one::<SignBit, f64, u8>(Scalar),
            _ => {
                for i in 0..self.strips {
                    for (y, &x) in self.out::<f64>(i).iter_mut().zip(self.arg::<f64>(0, i)) {
                        *y = kind.evaluate(x);
                    }
                }
            }
        }
    }

    fn unary_integer(&self, kind: UnaryKind, dtype: DType) {
        match (kind, dtype) {
            (UnaryKind::Neg, DType::I32) => self.one::<NegInt, i32, i32>(Scalar),
            (UnaryKind::Neg, DType::I64) => self.one::<NegInt, i64, i64>(Scalar),
            (UnaryKind::Neg, _) => self.one::<NegInt, u8, u8>(Scalar),
            (UnaryKind::Abs, DType::I32) => self.one::<AbsInt, i32, i32>(Scalar),
            (UnaryKind::Abs, DType::I64) => self.one::<AbsInt, i64, i64>(Scalar),
            (UnaryKind::Abs, _) => self.one::<Same, u8, u8>(Scalar),
            (UnaryKind::Sign, DType::I32) => self.one::<SignInt, i32, i32>(Scalar),
            (UnaryKind::Sign, DType::I64) => self.one::<SignInt, i64, i64>(Scalar),
            (UnaryKind::Sign, _) => self.one::<SignByte, u8, u8>(Scalar),
            (UnaryKind::Square, DType::I32) => self.one::<SquareInt, i32, i32>(Scalar),
            (UnaryKind::Square, DType::I64) => self.one::<SquareInt, i64, i64>(Scalar),
            (UnaryKind::Square, _) => self.one::<SquareInt, u8, u8>(Scalar),
            (UnaryKind::BitNot, DType::I32) => self.one::<BitNot, i32, i32>(Scalar),
            (UnaryKind::BitNot, DType::I64) => self.one::<BitNot, i64, i64>(Scalar),
            (UnaryKind::BitNot, _) => self.one::<BitNot, u8, u8>(Scalar),
            (UnaryKind::SignBit, DType::I32) => self.one::<Negative, i32, u8>(Scalar),
            (UnaryKind::SignBit, DType::I64) => self.one::<Negative, i64, u8>(Scalar),
            (UnaryKind::Not, _) => self.one::<Not, u8, u8>(Scalar),
            // IsNan, IsInf, IsFinite: integers are finite. SignBit: what has no sign.
            (kind, _) => {
                let answer = u8::from(kind == UnaryKind::IsFinite);
                (0..self.strips).for_each(|i| *self.out(i) = [answer; STRIP]);
            }
        }
    }

    fn binary(&self, kind: BinaryKind, dtype: DType) {
        match dtype {
            DType::Bool => match kind {
                BinaryKind::Add | BinaryKind::Max => self.two::<Or, u8, u8>(Scalar),
                _ => self.two::<And, u8, u8>(Scalar),
            },
            DType::U8 => integers!(self, Scalar, kind, u8),
            DType::I32 => integers!(self, Scalar, kind, i32),
            DType::I64 => integers!(self, Scalar, kind, i64),
            DType::F32 => self.binary_f32(Scalar, kind),
            DType::F64 => match kind {
                BinaryKind::Add => self.two::<Add, f64, f64>(Scalar),
                BinaryKind::Sub => self.two::<Sub, f64, f64>(Scalar),
                BinaryKind::Mul => self.two::<Mul, f64, f64>(Scalar),
                BinaryKind::Div => self.two::<Div, f64, f64>(Scalar),
                BinaryKind::Mod => self.two::<Mod, f64, f64>(Scalar),
                BinaryKind::Pow => self.two::<Pow, f64, f64>(Scalar),
                BinaryKind::Max => self.two::<Max, f64, f64>(Scalar),
                BinaryKind::Min => self.two::<Min, f64, f64>(Scalar),
                BinaryKind::Atan2 => self.two::<Atan2, f64, f64>(Scalar),
                BinaryKind::CopySign => self.two::<CopySign, f64, f64>(Scalar),
                kind => self.by_definition::<f64>(Scalar, |a, b| kind.evaluate(a, b)),
            },
        }
    }

    fn cast(&self, from: DType, to: DType) {
        use DType::*;
        match (from, to) {
            (F32, Bool) => self.one::<ToBool, f32, u8>(Scalar),
            (F64, Bool) => self.one::<ToBool, f64, u8>(Scalar),
            (I32, Bool) => self.one::<ToBool, i32, u8>(Scalar),
            (I64, Bool) => self.one::<ToBool, i64, u8>(Scalar),
            (U8, Bool) => self.one::<ToBool, u8, u8>(Scalar),
            (F64, F32) => self.one::<ToF32, f64, f32>(Scalar),
            (I32, F32) => self.one::<ToF32, i32, f32>(Scalar),
            (I64, F32) => self.one::<ToF32, i64, f32>(Scalar),
            (U8 | Bool, F32) => self.one::<ToF32, u8, f32>(Scalar),
            (F32, F64) => self.one::<ToF64, f32, f64>(Scalar),
            (I32, F64) => self.one::<ToF64, i32, f64>(Scalar),
            (I64, F64) => self.one::<ToF64, i64, f64>(Scalar),
            (U8 | Bool, F64) => self.one::<ToF64, u8, f64>(Scalar),
            (F32, I32) => self.one::<ToI32, f32, i32>(Scalar),
            (F64, I32) => self.one::<ToI32, f64, i32>(Scalar),
            (I64, I32) => self.one::<ToI32, i64, i32>(Scalar),
            (U8 | Bool, I32) => self.one::<ToI32, u8, i32>(Scalar),
            (F32, I64) => self.one::<ToI64, f32, i64>(Scalar),
            (F64, I64) => self.one::<ToI64, f64, i64>(Scalar),
            (I32, I64) => self.one::<ToI64, i32, i64>(Scalar),
            (U8 | Bool, I64) => self.one::<ToI64, u8, i64>(Scalar),
            (F32, U8) => self.one::<ToU8, f32, u8>(Scalar),
            (F64, U8) => self.one::<ToU8, f64, u8>(Scalar),
            (I32, U8) => self.one::<ToU8, i32, u8>(Scalar),
            (I64, U8) => self.one::<ToU8, i64, u8>(Scalar),
            (Bool | U8, U8) | (Bool, Bool) => self.one::<Same, u8, u8>(Scalar),
            (I32, I32) | (F32, F32) => self.one::<Same, u32, u32>(Scalar),
            (I64, I64) | (F64, F64) => self.one::<Same, u64, u64>(Scalar),
        }
    }
}
