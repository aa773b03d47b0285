//! Arbitrary programs of shape functions and reductions, on small and on absurd shapes.
//!
//! Every call gives a tensor or an error. What is accepted and small is computed, has the promised shape, has
//! gradients with the shapes of the inputs, and comes out the same after the passes.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use cornu_graph::ops::{self, PadMode, Sections};
use cornu_graph::{Array, Backend, DType, Graph, Interpreter, Tensor, gradients, passes};
use libfuzzer_sys::fuzz_target;

/// Tensors with more elements are described, but not computed.
const MOST: usize = 2_000;

/// A size as people write it, or as attackers do.
#[derive(Debug, Clone, Copy)]
struct Size(usize);

impl<'a> Arbitrary<'a> for Size {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Size> {
        let absurd = [1 << 21, 1 << 31, 1 << 32, 1 << 59, isize::MAX as usize, 1 << 63, usize::MAX];
        Ok(Size(match u8::arbitrary(u)? {
            b @ 0..200 => b as usize % 7,
            b => absurd[b as usize % absurd.len()],
        }))
    }
}

/// An axis, an offset, an index: near 0, or absurd.
#[derive(Debug, Clone, Copy)]
struct Offset(isize);

impl<'a> Arbitrary<'a> for Offset {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Offset> {
        let absurd = [isize::MIN, isize::MIN + 1, isize::MAX, 1 << 31, -(1 << 31), 1 << 59];
        Ok(Offset(match i8::arbitrary(u)? {
            b @ -100..100 => b as isize % 6,
            b => absurd[b.unsigned_abs() as usize % absurd.len()],
        }))
    }
}

/// A list of up to seven.
#[derive(Debug)]
struct List<T>(Vec<T>);

impl<'a, T: Arbitrary<'a>> Arbitrary<'a> for List<T> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<List<T>> {
        let length = u8::arbitrary(u)? % 8;
        (0..length).map(|_| T::arbitrary(u)).collect::<Result<_>>().map(List)
    }
}

impl List<Size> {
    fn sizes(&self) -> Vec<usize> {
        self.0.iter().map(|s| s.0).collect()
    }
}

impl List<Offset> {
    fn offsets(&self) -> Vec<isize> {
        self.0.iter().map(|o| o.0).collect()
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Mode {
    Constant,
    Edge,
    Reflect,
    Symmetric,
    Wrap,
}

#[derive(Arbitrary, Debug)]
enum Cut {
    Parts(Size),
    At(List<Offset>),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Reduction {
    Sum,
    Prod,
    Max,
    Min,
    Any,
    All,
    CountNonzero,
    Mean,
    Var,
    Std,
    Median,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Along {
    ArgMax,
    ArgMin,
    CumSum,
    CumProd,
    Sort,
    ArgSort,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Reshape(List<Offset>),
    Transpose(List<Offset>),
    MoveAxis(List<Offset>, List<Offset>),
    SwapAxes(Offset, Offset),
    Squeeze(List<Offset>),
    ExpandDims(List<Offset>),
    AtLeast(u8),
    Flip(List<Offset>),
    Roll(List<Offset>, List<Offset>),
    Rot90(Offset, Offset, Offset),
    Tile(List<Size>),
    Repeat(List<Size>, Offset),
    Pad(List<(Size, Size)>, Mode),
    Split(Cut, Offset, bool),
    Unstack(Offset),
    Stack(List<u8>, Offset),
    Concatenate(List<u8>, Offset),
    BroadcastTo(List<Size>),
    BroadcastArrays(List<u8>),
    Diagonal(Offset, Offset, Offset),
    Trace(Offset, Offset, Offset),
    Diag(Offset),
    Triangle(bool, Offset),
    Take(List<Offset>, Offset),
    Slice(List<Size>, List<Size>, List<Size>),
    SliceAxis(Offset, Size, Size),
    Reduce(Reduction, List<Offset>, bool),
    Along(Along, Offset),
    TopK(Size),
}

impl Step {
    /// The results of the step on `x`; `of` finds other tensors of the program.
    fn apply(&self, x: &Tensor, of: impl Fn(&List<u8>) -> Vec<Tensor>) -> Vec<Tensor> {
        let parts = |result: cornu_graph::Result<Vec<Tensor>>| result.unwrap_or_default();
        vec![match self {
            Step::Reshape(shape) => ops::reshape(x, &shape.offsets()),
            Step::Transpose(axes) => ops::transpose(x, &axes.offsets()),
            Step::MoveAxis(from, to) => ops::moveaxis(x, &from.offsets(), &to.offsets()),
            Step::SwapAxes(a, b) => ops::swapaxes(x, a.0, b.0),
            Step::Squeeze(axes) => ops::squeeze(x, &axes.offsets()),
            Step::ExpandDims(axes) => ops::expand_dims(x, &axes.offsets()),
            Step::AtLeast(rank) => {
                [ops::atleast_1d, ops::atleast_2d, ops::atleast_3d][*rank as usize % 3](x)
            }
            Step::Flip(axes) => ops::flip(x, &axes.offsets()),
            Step::Roll(shifts, axes) => ops::roll(x, &shifts.offsets(), &axes.offsets()),
            Step::Rot90(k, a, b) => ops::rot90(x, k.0, (a.0, b.0)),
            Step::Tile(reps) => ops::tile(x, &reps.sizes()),
            Step::Repeat(repeats, axis) => ops::repeat(x, &repeats.sizes(), axis.0),
            Step::Pad(padding, mode) => {
                let padding: Vec<_> = padding.0.iter().map(|(a, b)| (a.0, b.0)).collect();
                let mode = match mode {
                    Mode::Constant => PadMode::Constant(2.0),
                    Mode::Edge => PadMode::Edge,
                    Mode::Reflect => PadMode::Reflect,
                    Mode::Symmetric => PadMode::Symmetric,
                    Mode::Wrap => PadMode::Wrap,
                };
                ops::pad(x, &padding, mode)
            }
            Step::Split(cut, axis, equal) => {
                let sections = match cut {
                    Cut::Parts(n) => Sections::Parts(n.0),
                    Cut::At(places) => Sections::At(places.offsets()),
                };
                let split = if *equal { ops::split } else { ops::array_split };
                return parts(split(x, sections, axis.0));
            }
            Step::Unstack(axis) => return parts(ops::unstack(x, axis.0)),
            Step::Stack(list, axis) => ops::stack(&of(list), axis.0),
            Step::Concatenate(list, axis) => ops::concatenate(&of(list), axis.0),
            Step::BroadcastTo(shape) => ops::broadcast_to(x, &shape.sizes()),
            Step::BroadcastArrays(list) => return ops::broadcast_arrays(&of(list)),
            Step::Diagonal(k, a, b) => ops::diagonal(x, k.0, a.0, b.0),
            Step::Trace(k, a, b) => ops::trace(x, k.0, a.0, b.0),
            Step::Diag(k) => ops::diag(x, k.0),
            Step::Triangle(lower, k) => (if *lower { ops::tril } else { ops::triu })(x, k.0),
            Step::Take(places, axis) => {
                let places: Vec<i64> = places.0.iter().map(|p| p.0 as i64).collect();
                ops::take(x, &Tensor::from(places), axis.0)
            }
            Step::Slice(start, stop, step) => {
                ops::slice(x, &start.sizes(), &stop.sizes(), &step.sizes())
            }
            Step::SliceAxis(axis, start, stop) => ops::slice_axis(x, axis.0, start.0, stop.0),
            Step::Reduce(what, axes, keepdims) => {
                let (axes, keepdims) = (&axes.offsets()[..], *keepdims);
                match what {
                    Reduction::Sum => ops::sum(x, axes, keepdims),
                    Reduction::Prod => ops::prod(x, axes, keepdims),
                    Reduction::Max => ops::max(x, axes, keepdims),
                    Reduction::Min => ops::min(x, axes, keepdims),
                    Reduction::Any => ops::any(x, axes, keepdims),
                    Reduction::All => ops::all(x, axes, keepdims),
                    Reduction::CountNonzero => ops::count_nonzero(x, axes, keepdims),
                    Reduction::Mean => ops::mean(x, axes, keepdims),
                    Reduction::Var => ops::var(x, axes, 1, keepdims),
                    Reduction::Std => ops::std(x, axes, 0, keepdims),
                    Reduction::Median => ops::median(x, axes, keepdims),
                }
            }
            Step::Along(what, axis) => match what {
                Along::ArgMax => ops::argmax(x, axis.0),
                Along::ArgMin => ops::argmin(x, axis.0),
                Along::CumSum => ops::cumsum(x, axis.0),
                Along::CumProd => ops::cumprod(x, axis.0),
                Along::Sort => ops::sort(x, axis.0, false),
                Along::ArgSort => ops::argsort(x, axis.0, true),
            },
            Step::TopK(k) => return <[Tensor; 2]>::from(ops::top_k(x, k.0)).into(),
        }]
    }

    /// Whether the data can be refused after the shapes were accepted.
    fn refuses_data(&self) -> bool {
        matches!(self, Step::Take(..))
    }

    /// Whether results on small whole numbers may be rounded.
    fn rounds(&self) -> bool {
        use Reduction::*;
        matches!(self, Step::Reduce(Mean | Var | Std | Median, ..))
    }
}

#[derive(Arbitrary, Debug)]
struct Program {
    inputs: List<(List<Size>, u8)>,
    steps: Vec<(u8, Step)>,
}

/// Whether nothing that leads to `x` has many elements.
fn is_small(x: &Tensor) -> bool {
    Tensor::topological(std::slice::from_ref(x))
        .is_ok_and(|order| order.iter().all(|t| t.count() <= MOST))
}

/// Small whole numbers, zeros and negative ones among them.
fn fill(x: &Tensor) -> Array {
    let values = (0..x.count()).map(|i| ((i * 7 + 3) % 11) as f64 - 4.0).collect();
    Array::new(x.shape(), values).expect("is small").cast(x.dtype())
}

/// Whether all values are whole numbers that every type but `uint8` holds.
fn whole(values: &[Array]) -> bool {
    let fits = |v: f64| v.fract() == 0.0 && v.abs() < 65_536.0;
    values.iter().all(|a| a.to_vec::<f64>().into_iter().all(fits))
}

fuzz_target!(|program: Program| {
    if program.steps.len() > 24 {
        return;
    }
    let mut inputs = Vec::new();
    for (shape, dtype) in program.inputs.0.iter().take(3) {
        let dtype = DType::ALL[*dtype as usize % DType::ALL.len()];
        inputs.push(Tensor::input(&shape.sizes(), dtype));
    }
    inputs.retain(|x| x.check().is_ok());
    let mut known = inputs.clone();
    let pick = |known: &[Tensor], i: u8| known.get(i as usize % known.len().max(1)).cloned();
    for (i, step) in &program.steps {
        let Some(x) = pick(&known, *i) else { return };
        let of = |list: &List<u8>| list.0.iter().filter_map(|&i| pick(&known, i)).collect();
        let results = step.apply(&x, of);
        known.extend(results.into_iter().filter(|t| t.check().is_ok()).take(8));
    }
    inputs.retain(is_small);
    known.retain(is_small);
    let refuses_data = program.steps.iter().any(|(_, step)| step.refuses_data());

    let arrays: Vec<Array> = inputs.iter().map(fill).collect();
    let arrays: Vec<&Array> = arrays.iter().collect();
    let run = |graph: &Graph, expected: &[Tensor]| -> Option<Vec<Array>> {
        let values = Interpreter.compile(graph).expect("a traced graph").run(&arrays);
        if refuses_data && values.is_err() {
            return None;
        }
        let values = values.expect("accepted shapes are computed");
        for (value, promised) in values.iter().zip(expected) {
            assert_eq!(value.spec(), *promised.spec());
        }
        Some(values)
    };
    let graph = Graph::trace(&inputs, &known, &[]).expect("tensors without errors");
    let values = run(&graph, &known);
    let optimized = passes::optimize(graph).expect("a valid graph");
    let again = run(&optimized, &known);
    if let (Some(values), Some(again)) = (values, again)
        && whole(&values)
        && !program.steps.iter().any(|(_, step)| step.rounds())
    {
        assert_eq!(values, again);
    }

    let floats = known.iter().filter(|t| t.dtype().is_float());
    let sums: Vec<Tensor> =
        floats.map(|t| ops::cast(&ops::sum(t, &[], false), DType::F64)).collect();
    let Some(total) = sums.into_iter().reduce(|a, b| a + b) else { return };
    let slopes = gradients(&total, &inputs).expect("shape functions have gradients");
    for (slope, x) in slopes.iter().zip(&inputs) {
        assert_eq!(slope.spec(), x.spec());
    }
    let small: Vec<Tensor> = slopes.into_iter().filter(is_small).collect();
    let graph = Graph::trace(&inputs, &small, &[]).expect("gradients without errors");
    run(&passes::optimize(graph).expect("a valid graph"), &small);
});
