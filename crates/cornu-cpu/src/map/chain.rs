//! Frequent chains of single-precision functions as one loop each: what they hand on stays in registers, where
//! loops of their own would write it to a tile and read it again. Every value is rounded as it would be there.

use cornu_graph::DType;
use cornu_graph::ops::{BinaryKind, CompareKind, UnaryKind};

use super::Register;
use super::compile::Action;
use super::step::{MAX_ARGS, Step, StepOp};
use crate::simd::{Float, Isa, Vector};

/// The shape of a chain.
pub(super) enum Pattern {
    /// What the chain reads, by number; the same number is the same register.
    Arg(usize),
    Unary(UnaryKind, &'static Pattern),
    Binary(BinaryKind, &'static Pattern, &'static Pattern),
    /// The third where the comparison of the first two holds, else the fourth.
    Where(CompareKind, [&'static Pattern; 4]),
}

/// A function of `N` vectors.
pub(super) trait Chained<const N: usize> {
    fn eval<S: Isa>(s: S, x: [S::F32; N]) -> S::F32;
}

/// An expression in prefix form as a value.
macro_rules! value {
    ($s:ident (+ $x:tt $y:tt)) => { value!($s $x) + value!($s $y) };
    ($s:ident (- $x:tt $y:tt)) => { value!($s $x) - value!($s $y) };
    ($s:ident (* $x:tt $y:tt)) => { value!($s $x) * value!($s $y) };
    ($s:ident (/ $x:tt $y:tt)) => { value!($s $x) / value!($s $y) };
    ($s:ident (square $x:tt)) => {{ let x = value!($s $x); x * x }};
    ($s:ident (abs $x:tt)) => { value!($s $x).abs() };
    ($s:ident (sqrt $x:tt)) => { value!($s $x).sqrt() };
    ($s:ident (rsqrt $x:tt)) => { S::F32::splat($s, 1.0) / value!($s $x).sqrt() };
    ($s:ident (if ($x:tt < $y:tt) $a:tt $b:tt)) => { select!($s lt $x $y $a $b) };
    ($s:ident (if ($x:tt <= $y:tt) $a:tt $b:tt)) => { select!($s le $x $y $a $b) };
    ($s:ident (if ($x:tt > $y:tt) $a:tt $b:tt)) => { select!($s gt $x $y $a $b) };
    ($s:ident (if ($x:tt >= $y:tt) $a:tt $b:tt)) => { select!($s ge $x $y $a $b) };
    ($s:ident $x:ident) => { $x };
}
macro_rules! select {
    ($s:ident $compare:ident $x:tt $y:tt $a:tt $b:tt) => {
        S::F32::select(value!($s $x).$compare(value!($s $y)), value!($s $a), value!($s $b))
    };
}

/// The same expression as a pattern.
macro_rules! pattern {
    ((+ $x:tt $y:tt)) => { Pattern::Binary(BinaryKind::Add, &pattern!($x), &pattern!($y)) };
    ((- $x:tt $y:tt)) => { Pattern::Binary(BinaryKind::Sub, &pattern!($x), &pattern!($y)) };
    ((* $x:tt $y:tt)) => { Pattern::Binary(BinaryKind::Mul, &pattern!($x), &pattern!($y)) };
    ((/ $x:tt $y:tt)) => { Pattern::Binary(BinaryKind::Div, &pattern!($x), &pattern!($y)) };
    ((square $x:tt)) => { Pattern::Unary(UnaryKind::Square, &pattern!($x)) };
    ((abs $x:tt)) => { Pattern::Unary(UnaryKind::Abs, &pattern!($x)) };
    ((sqrt $x:tt)) => { Pattern::Unary(UnaryKind::Sqrt, &pattern!($x)) };
    ((rsqrt $x:tt)) => { Pattern::Unary(UnaryKind::Rsqrt, &pattern!($x)) };
    ((if ($x:tt < $y:tt) $a:tt $b:tt)) => { choice!(Lt $x $y $a $b) };
    ((if ($x:tt <= $y:tt) $a:tt $b:tt)) => { choice!(Le $x $y $a $b) };
    ((if ($x:tt > $y:tt) $a:tt $b:tt)) => { choice!(Gt $x $y $a $b) };
    ((if ($x:tt >= $y:tt) $a:tt $b:tt)) => { choice!(Ge $x $y $a $b) };
    (a) => { Pattern::Arg(0) };
    (b) => { Pattern::Arg(1) };
    (c) => { Pattern::Arg(2) };
    (d) => { Pattern::Arg(3) };
    (e) => { Pattern::Arg(4) };
    (f) => { Pattern::Arg(5) };
}
macro_rules! choice {
    ($kind:ident $($x:tt)*) => { Pattern::Where(CompareKind::$kind, [$(&pattern!($x)),*]) };
}

macro_rules! chains {
    ($($(#[$doc:meta])* $name:ident($($x:ident)*) = $body:tt;)*) => {
        /// A chain with a loop of its own; its arguments are `a`, `b`, … in this order.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(super) enum Chain {
            $($(#[$doc])* $name,)*
        }

        $(
            struct $name;
            impl Chained<{ [$(stringify!($x)),*].len() }> for $name {
                #[inline(always)]
                fn eval<S: Isa>(_s: S, [$($x),*]: [S::F32; [$(stringify!($x)),*].len()]) -> S::F32 {
                    value!(_s $body)
                }
            }
        )*

        impl Chain {
            /// All chains; one that contains another comes before it.
            const ALL: &[(Chain, Pattern)] = &[$((Chain::$name, pattern!($body)),)*];

            #[inline(always)]
            pub fn run<S: Isa>(self, s: S, step: &Step) {
                match self {
                    $(Chain::$name => step.chain::<S, $name, { [$(stringify!($x)),*].len() }>(s),)*
                }
            }
        }
    };
}

chains! {
    /// Adam's step.
    AdamStep(a b c d e) = (- a (/ (* b c) (+ (sqrt d) e)));
    /// RMSprop's step.
    RmsStep(a b c d e) = (- a (* (* b c) (rsqrt (+ d e))));
    /// A moving average of squares, as Adam writes it, where what is too small counts as zero.
    SquareAverage(a b c d e) =
        (+ (if ((abs a) < d) e a) (* (- (square b) (if ((abs a) < d) e a)) c));
    /// A moving average, as Adam writes it, where what is too small counts as zero.
    Average(a b c d e) = (+ (if ((abs a) < d) e a) (* (- b (if ((abs a) < d) e a)) c));
    /// A moving average of squares, as RMSprop writes it, where what is too small counts as zero.
    WeightedSquare(a b c d e f) = (+ (* (if ((abs a) < e) f a) b) (* (square c) d));
    /// A sum of two products.
    Products(a b c d) = (+ (* a b) (* c d));
    /// Zero for what is too small.
    Settle(a b c) = (if ((abs a) < b) c a);
    /// A rectifier behind a bias.
    BiasRelu(a b c) = (if ((+ a b) <= c) c (+ a b));
    /// A choice by a comparison.
    Less(a b c d) = (if (a < b) c d);
    /// A choice by a comparison.
    LessEqual(a b c d) = (if (a <= b) c d);
    /// A choice by a comparison.
    Greater(a b c d) = (if (a > b) c d);
    /// A choice by a comparison.
    GreaterEqual(a b c d) = (if (a >= b) c d);
    /// A product and a sum.
    MultiplyAdd(a b c) = (+ (* a b) c);
    /// A product and a difference.
    MultiplySubtract(a b c) = (- (* a b) c);
    /// A difference from a product.
    NegativeMultiplyAdd(a b c) = (- a (* b c));
}

/// Puts chains in the place of steps whose results only the chain reads. The others stay where they are, without
/// readers. `actions` are one for every register, `outputs` the registers that others read.
pub(super) fn join(actions: &mut [Action], outputs: &[Register]) {
    let mut readers = vec![0usize; actions.len()];
    outputs.iter().for_each(|&r| readers[r] += 1);
    actions.iter().for_each(|a| operands(a).iter().for_each(|&r| readers[r] += 1));
    for root in (0..actions.len()).rev() {
        if readers[root] == 0 {
            operands(&actions[root]).iter().for_each(|&r| readers[r] -= 1);
            continue;
        }
        for (chain, pattern) in Chain::ALL {
            let mut found = Match { actions, args: [None; MAX_ARGS], inside: Vec::new() };
            if !found.at(pattern, root) {
                continue;
            }
            let Match { args, mut inside, .. } = found;
            inside.sort_unstable();
            inside.dedup();
            let within = |r: Register| -> usize {
                inside.iter().flat_map(|&i| operands(&actions[i])).filter(|&&x| x == r).count()
            };
            if !inside.iter().all(|&r| r == root || within(r) == readers[r]) {
                continue;
            }
            // Those inside lose their last readers, so the walk takes their own reads back when it comes to them.
            operands(&actions[root]).iter().for_each(|&r| readers[r] -= 1);
            let last = args.iter().flatten().last().copied().unwrap_or(root);
            let args = args.map(|arg| arg.unwrap_or(last));
            if let Action::Compute { op, args: old, .. } = &mut actions[root] {
                (*op, *old) = (StepOp::Chain(*chain), args);
            }
            operands(&actions[root]).iter().for_each(|&r| readers[r] += 1);
            break;
        }
    }
}

/// The registers that a step reads, one for each operand.
fn operands(action: &Action) -> &[Register] {
    match action {
        Action::Compute { op, args, .. } => &args[..op.arity()],
        _ => &[],
    }
}

struct Match<'a> {
    actions: &'a [Action],
    args: [Option<Register>; MAX_ARGS],
    /// The registers that the chain computes.
    inside: Vec<Register>,
}

impl Match<'_> {
    /// Whether what computes the register is of this shape; if not, what was found so far means nothing.
    fn at(&mut self, pattern: &Pattern, register: Register) -> bool {
        if let Pattern::Arg(k) = pattern {
            return *self.args[*k].get_or_insert(register) == register;
        }
        let Action::Compute { op, args, .. } = self.actions[register] else { return false };
        self.inside.push(register);
        match (pattern, op) {
            (Pattern::Unary(kind, x), StepOp::Unary(found, DType::F32)) => {
                *kind == found && self.at(x, args[0])
            }
            (Pattern::Binary(kind, x, y), StepOp::Binary(found, DType::F32)) if *kind == found => {
                let before = (self.args, self.inside.len());
                if self.at(x, args[0]) && self.at(y, args[1]) {
                    return true;
                }
                if !matches!(kind, BinaryKind::Add | BinaryKind::Mul) {
                    return false;
                }
                self.args = before.0;
                self.inside.truncate(before.1);
                self.at(x, args[1]) && self.at(y, args[0])
            }
            (Pattern::Where(kind, [x, y, a, b]), StepOp::Select(4)) => {
                let Action::Compute { op, args: compared, .. } = self.actions[args[0]] else {
                    return false;
                };
                self.inside.push(args[0]);
                op == StepOp::Compare(*kind, DType::F32)
                    && self.at(x, compared[0])
                    && self.at(y, compared[1])
                    && self.at(a, args[1])
                    && self.at(b, args[2])
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run_everywhere, same, values};
    use super::super::{Instr, Map, Operand, Program};
    use super::*;

    /// Appends the instructions of a pattern whose arguments are the program's inputs.
    fn write(pattern: &Pattern, p: &mut Program) -> Register {
        let instr = match pattern {
            Pattern::Arg(k) => return *k,
            Pattern::Unary(kind, x) => Instr::Unary(*kind, write(x, p)),
            Pattern::Binary(kind, x, y) => {
                let x = write(x, p);
                Instr::Binary(*kind, x, write(y, p))
            }
            Pattern::Where(kind, [x, y, a, b]) => {
                let x = write(x, p);
                let y = write(y, p);
                let (a, b) = (write(a, p), write(b, p));
                let condition = once(p, Instr::Compare(*kind, x, y));
                Instr::Select(condition, a, b)
            }
        };
        once(p, instr)
    }

    fn once(p: &mut Program, instr: Instr) -> Register {
        p.instrs.iter().position(|i| *i == instr).unwrap_or_else(|| p.push(instr))
    }

    fn program(pattern: &Pattern) -> Program {
        let instrs = (0..MAX_ARGS).map(Instr::Input).collect();
        let mut p = Program { instrs, outputs: Vec::new() };
        let root = write(pattern, &mut p);
        p.outputs.push(root);
        p
    }

    const COUNT: usize = 3000;

    fn chains(p: &Program) -> usize {
        let operand = Operand::broadcast(DType::F32, &[COUNT], &[COUNT]);
        let map = Map::new(p, &[COUNT], &vec![operand; MAX_ARGS]).unwrap();
        let chain = |a: &&Action| matches!(a, Action::Compute { op: StepOp::Chain(_), .. });
        let count = map.body.iter().filter(chain).count();
        let computes = |a: &&Action| matches!(a, Action::Compute { .. });
        assert!(count == 0 || count == map.body.iter().filter(computes).count());
        count
    }

    #[test]
    fn a_chain_has_the_bits_of_its_links() {
        let inputs: Vec<_> =
            (0..MAX_ARGS).map(|k| values(DType::F32, COUNT, 3 + k as u64)).collect();
        let inputs: Vec<_> = inputs.iter().collect();
        for (chain, pattern) in Chain::ALL {
            let joined = program(pattern);
            assert_eq!(chains(&joined), 1, "{chain:?}");
            // What somebody else reads is not handed on in a register.
            let mut apart = joined.clone();
            apart.outputs.extend(MAX_ARGS..joined.instrs.len() - 1);
            assert_eq!(chains(&apart), 0, "{chain:?}");
            let got = run_everywhere(&joined, &[COUNT], &inputs);
            for (got, want) in got.iter().zip(run_everywhere(&apart, &[COUNT], &inputs)) {
                assert!(same(&got[0], &want[0], 0.0), "{chain:?}");
            }
        }
    }

    #[test]
    fn operands_of_sums_and_products_may_change_places() {
        let mut p = Program { instrs: (0..MAX_ARGS).map(Instr::Input).collect(), outputs: vec![] };
        let product = p.push(Instr::Binary(BinaryKind::Mul, 1, 0));
        let sum = p.push(Instr::Binary(BinaryKind::Add, 2, product));
        p.outputs.push(sum);
        assert_eq!(chains(&p), 1);
    }
}
