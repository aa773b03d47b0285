//! Whatever the arguments: an error, never a panic.

use std::sync::Arc;

use cornu_graph::ops::{any, *};
use cornu_graph::{
    Array, DType, Error, Graph, Node, NodeId, Result, Spec, Tensor, Update, Variable,
    broadcast_shapes, gradients,
};
use proptest::prelude::*;

use crate::{f, message};

/// Sizes as people write them, and as attackers do.
fn any_size() -> impl Strategy<Value = usize> {
    prop_oneof![
        6 => 0usize..5,
        1 => Just(1 << 20),
        1 => Just(1 << 31),
        1 => Just(1 << 59),
        1 => Just(isize::MAX as usize),
        1 => Just(usize::MAX),
    ]
}

fn any_shape() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any_size(), 0..5)
}

fn any_axis() -> impl Strategy<Value = isize> {
    prop_oneof![8 => -5isize..5, 1 => Just(isize::MIN), 1 => Just(isize::MAX)]
}

fn any_dtype() -> impl Strategy<Value = DType> {
    prop::sample::select(DType::ALL.to_vec())
}

/// Of one spatial axis: sizes of image and kernel, stride, dilation, padding before and after.
fn any_window() -> impl Strategy<Value = [usize; 6]> {
    (0usize..6, 0usize..4, any_size(), any_size(), any_size(), any_size())
        .prop_map(|(size, kernel, s, d, before, after)| [size, kernel, s, d, before, after])
}

/// Parameters without any promise.
#[derive(Debug, Clone)]
struct Soup {
    sizes: [Vec<usize>; 4],
    pairs: Vec<(usize, usize)>,
    axes: Vec<isize>,
    number: usize,
    flags: [bool; 2],
    dtype: DType,
}

fn any_soup() -> impl Strategy<Value = Soup> {
    let pairs = prop::collection::vec((any_size(), any_size()), 0..5);
    let sizes = [any_shape(), any_shape(), any_shape(), any_shape()];
    let axes = prop::collection::vec(any_axis(), 0..4);
    let flags = [proptest::bool::ANY, proptest::bool::ANY];
    (sizes, pairs, axes, any_size(), flags, any_dtype()).prop_map(
        |(sizes, pairs, axes, number, flags, dtype)| Soup {
            sizes,
            pairs,
            axes,
            number,
            flags,
            dtype,
        },
    )
}

/// Every op with parameters from the soup.
fn all_ops(s: &Soup) -> Vec<Op> {
    let [a, b, c, d] = &s.sizes;
    let params = ConvParams {
        strides: a.clone(),
        padding: s.pairs.clone(),
        dilation: b.clone(),
        groups: s.number,
    };
    let pooling =
        |kind| Pool { kind, window: c.clone(), strides: a.clone(), padding: s.pairs.clone() };
    let spec = Spec::new(a.clone(), s.dtype);
    let mut list: Vec<Op> = vec![
        Iota { axis: s.number, spec: spec.clone() }.into(),
        Select.into(),
        Cast { dtype: s.dtype }.into(),
        Broadcast { shape: a.clone() }.into(),
        Reshape { shape: a.clone() }.into(),
        Transpose { axes: a.clone() }.into(),
        Slice { start: a.clone(), stop: b.clone(), step: c.clone() }.into(),
        Pad { low: a.clone(), high: b.clone(), interior: c.clone(), value: 0 }.into(),
        Concatenate { axis: s.number }.into(),
        Flip { axes: a.clone() }.into(),
        ArgSort { axis: s.number, descending: s.flags[0] }.into(),
        CumSum { axis: s.number, reverse: s.flags[0] }.into(),
        Gather { axis: s.number }.into(),
        ScatterAdd { axis: s.number, size: a.first().copied().unwrap_or(1) }.into(),
        MatMul { transpose_a: s.flags[0], transpose_b: s.flags[1] }.into(),
        Conv(params.clone()).into(),
        ConvInputGrad { params: params.clone(), size: d.clone() }.into(),
        ConvFilterGrad { params, size: d.clone() }.into(),
        StopGradient.into(),
        Random { distribution: Distribution::Normal, spec }.into(),
        RandomVariate { law: Law::LogGamma }.into(),
        RandomVariate { law: Law::Binomial }.into(),
    ];
    for kind in [ReduceKind::Sum, ReduceKind::Prod, ReduceKind::Max, ReduceKind::Min] {
        list.push(Reduce { kind, axes: a.clone() }.into());
        list.push(ArgReduce { kind, axis: s.number }.into());
    }
    for kind in [PoolKind::Max, PoolKind::Sum] {
        list.push(pooling(kind).into());
        list.push(PoolGrad { pool: pooling(kind), size: d.clone() }.into());
    }
    list.extend(UnaryKind::ALL.iter().map(|&k| Unary(k).into()));
    list.extend(BinaryKind::ALL.iter().map(|&k| Binary(k).into()));
    list.extend(CompareKind::ALL.iter().map(|&k| Compare(k).into()));
    list.extend(LogicalKind::ALL.iter().map(|&k| Logical(k).into()));
    list
}

/// Evaluates what is small, and differentiates what can be.
fn exercise(y: &Tensor) {
    if y.check().is_err() {
        return;
    }
    if y.dtype().is_float() {
        let sources: Vec<Tensor> = y.inputs().to_vec();
        if let Ok(slopes) = gradients(&sum(y, &[], false), &sources) {
            for (slope, source) in slopes.iter().zip(&sources) {
                assert_eq!(slope.spec(), source.spec());
            }
        }
    }
    let small = |t: &Tensor| t.count() < 5_000;
    let order = Tensor::topological(std::slice::from_ref(y)).unwrap();
    // Windows may be large where results are not.
    let window = order.iter().filter_map(|t| match t.op() {
        Some(Op::Pool(p)) => Some(&p.window),
        Some(Op::PoolGrad(p)) => Some(&p.pool.window),
        _ => None,
    });
    let cells = |w: &Vec<usize>| w.iter().fold(1usize, |n, &d| n.saturating_mul(d));
    if order.iter().all(small) && window.map(cells).all(|n| n < 5_000) {
        let inputs: Vec<Tensor> =
            order.iter().filter(|t| matches!(t.op(), Some(Op::Input(_)))).cloned().collect();
        let arrays: Vec<Array> =
            inputs.iter().map(|t| Array::zeros(t.shape(), t.dtype()).unwrap()).collect();
        let graph = Graph::trace(&inputs, std::slice::from_ref(y), &[]).unwrap();
        if let Ok(values) = graph.evaluate(&arrays.iter().collect::<Vec<_>>()) {
            assert_eq!(values[0].spec(), *y.spec());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn raw_ops_never_panic(
        soup in any_soup(),
        shapes in prop::collection::vec(any_shape(), 0..4),
        dtype in any_dtype(),
    ) {
        let inputs: Vec<Tensor> = shapes.iter().map(|s| Tensor::input(s, dtype)).collect();
        let bare: Vec<Spec> = shapes.iter().map(|s| Spec::new(s.clone(), dtype)).collect();
        let key = Tensor::input(&[2], DType::I64);
        for op in all_ops(&soup) {
            // Specs that no tensor could have.
            let _ = op.infer(&bare.iter().collect::<Vec<_>>());
            for n in 0..=inputs.len() {
                exercise(&Tensor::apply(op.clone(), &inputs[..n].iter().collect::<Vec<_>>()));
            }
            exercise(&Tensor::apply(op.clone(), &[&key]));
            // Calls that no graph makes.
            let empty = Array::scalar(1.0);
            if soup_spec(&soup).count() < 5_000 {
 let _ = op.evaluate(&[&empty], &soup_spec(&soup));
            let _ = op.evaluate(&[], &soup_spec(&soup));
}
        }
    }

    #[test]
    fn small_shapes_work_all_the_way(
        shape in prop::collection::vec(0usize..4, 0..4),
        other in prop::collection::vec(0usize..4, 0..4),
        dtype in any_dtype(),
        soup in any_soup(),
    ) {
        let (x, y) = (Tensor::input(&shape, dtype), Tensor::input(&other, dtype));
        let index = Tensor::input(&other, DType::I32);
        let axis = soup.axes.first().copied().unwrap_or(0);
        let [a, b, c, _] = &soup.sizes;
        for t in [
            matmul(&x, &y), tensordot(&x, &y, &soup.axes, &soup.axes), where_(&x, &y, &x),
            take(&x, &index, axis), concatenate(&[x.clone(), y.clone()], axis),
            stack(&[x.clone(), y.clone()], axis), expand_dims(&x, axis),
            squeeze(&x, &soup.axes), transpose(&x, &soup.axes), flip(&x, &soup.axes),
            broadcast_to(&x, &other), reshape(&x, &other), slice(&x, a, b, c),
            slice_axis(&x, axis, soup.number, 3), pad(&x, &soup.pairs, 1.0),
            sum(&x, &soup.axes, soup.flags[0]), prod(&x, &soup.axes, soup.flags[0]),
            max(&x, &soup.axes, soup.flags[0]), mean(&x, &soup.axes, soup.flags[1]),
            var(&x, &soup.axes, 0, false), any(&x, &soup.axes, true), all(&x, &soup.axes, false),
            argmax(&x, axis), argmin(&x, axis), clip(&x, 0.5, 2.0), relu(&x),
            iota(&shape, axis, dtype), &x + &y, &x / &y, power(&x, &y), mod_(&x, &y),
            maximum(&x, &y), arctan2(&x, &y), equal(&x, &y), logical_xor(&x, &y),
            x.clone() * 2.5, zeros_like(&x), ones_like(&x), stop_gradient(&x),
            dot(&x, &y), vdot(&x, &y), inner(&x, &y), outer(&x, &y), kron(&x, &y),
            cross(&x, &y, axis), correlate(&x, &y, Overlap::Full), convolve(&x, &y, Overlap::Same),
            choose(&index, &[x.clone(), y.clone()], IndexMode::Wrap),
        ] {
            exercise(&t);
        }
    }

    #[test]
    fn shape_functions_never_panic(
        shape in any_shape(),
        other in prop::collection::vec(0usize..4, 0..4),
        dtype in any_dtype(),
        soup in any_soup(),
        offsets in prop::collection::vec(any_axis(), 5),
    ) {
        let [a, b, ..] = &soup.sizes;
        let (axes, flags, number) = (&soup.axes, soup.flags, soup.number);
        let [k, l, m, ..] = offsets[..] else { unreachable!("five were asked for") };
        for x in [Tensor::input(&shape, dtype), Tensor::input(&other, dtype)] {
            let mut found = vec![
                reshape(&x, &offsets[..2]), reshape(&x, &[k, -1]), ravel(&x), atleast_3d(&x),
                moveaxis(&x, axes, &offsets[..axes.len()]), swapaxes(&x, k, l), fliplr(&x),
                expand_dims(&x, axes), squeeze(&x, axes), rot90(&x, k, (l, m)),
                roll(&x, &offsets[..axes.len()], axes), roll(&x, axes, &[]), roll(&x, &[k], axes),
                tile(&x, a), repeat(&x, a, k), repeat(&x, &[number], k),
                diagonal(&x, k, l, m), diagonal(&x, k, 0, 1), trace(&x, k, l, m), diag(&x, k),
                diagflat(&x, k), tril(&x, k), triu(&x, k), cumsum(&x, k), cumprod(&x, k),
                eye(number, 3, k, dtype), tri(2, number, k, dtype),
                hstack(&[x.clone(), x.clone()]), vstack(&[x.clone(), x.clone()]),
                dstack(&[x.clone(), x.clone()]), column_stack(&[x.clone(), x.clone()]),
                take(&x, &Tensor::input(b, DType::I64), k), broadcast_to(&x, a),
            ];
            for mode in [PadMode::Edge, PadMode::Reflect, PadMode::Symmetric, PadMode::Wrap] {
                found.push(pad(&x, &soup.pairs, mode));
                found.push(pad(&x, &[(number, 2)], mode));
            }
            let cut = if flags[0] { split } else { array_split };
            // Parts that no axis has, but no million of them: each is a node.
            let parts = if number == 1 << 20 { number + 1 } else { number };
            for list in [
                cut(&x, Sections::Parts(parts), k), cut(&x, Sections::At(offsets.clone()), l),
                hsplit(&x, parts), vsplit(&x, [k, l]), dsplit(&x, 2usize),
            ] {
                found.extend(list.unwrap_or_default());
            }
            found.iter().for_each(exercise);
        }
    }

    #[test]
    fn subscripts_never_panic(
        subscripts in "[ijB]{0,3}(\\.{2,4})?[i ]?(,[ijk]{0,3}(\\.\\.\\.)?)?(->(\\.\\.\\.)?[ijk]{0,3})?",
        shapes in prop::collection::vec(prop::collection::vec(0usize..3, 0..4), 0..3),
    ) {
        let operands: Vec<Tensor> = shapes.iter().map(|s| Tensor::input(s, DType::F64)).collect();
        exercise(&einsum(&subscripts, &operands));
    }

    #[test]
    fn windows_never_panic(
        axes in prop::collection::vec(any_window(), 1..3),
        batch in 0usize..3,
        channels in 0usize..3,
        filters in 0usize..3,
        groups in 0usize..3,
    ) {
        let column = |i: usize| axes.iter().map(|a| a[i]).collect::<Vec<usize>>();
        let (size, kernel, strides, dilation) = (column(0), column(1), column(2), column(3));
        let padding: Vec<(usize, usize)> = axes.iter().map(|a| (a[4], a[5])).collect();
        let image = |size: &[usize], last| [&[batch][..], size, &[last]].concat();
        let x = Tensor::input(&image(&size, channels * groups), DType::F64);
        let w = [&kernel[..], &[channels, filters * groups]].concat();
        let w = Tensor::input(&w, DType::F64);
        let params = ConvParams { strides: strides.clone(), padding: padding.clone(), dilation, groups };
        let y = conv(&x, &w, &params);
        let dy = Tensor::input(y.shape(), DType::F64);
        for t in [
            y, conv_input_grad(&dy, &w, &size, &params), conv_filter_grad(&x, &dy, &kernel, &params),
            pool(&x, PoolKind::Max, &kernel, &strides, &padding),
            pool(&x, PoolKind::Sum, &kernel, &strides, &padding),
        ] {
            exercise(&t);
        }
    }

    #[test]
    fn broadcasting_follows_numpy(
        a in prop::collection::vec(0usize..4, 0..4),
        b in prop::collection::vec(0usize..4, 0..4),
    ) {
        let rank = a.len().max(b.len());
        let longer = |s: &[usize]| [vec![1; rank - s.len()], s.to_vec()].concat();
        let pairs: Vec<_> = longer(&a).into_iter().zip(longer(&b)).collect();
        let fits = pairs.iter().all(|&(x, y)| x == y || x == 1 || y == 1);
        let expected: Vec<usize> = pairs.iter().map(|&(x, y)| if x == 1 { y } else { x }).collect();
        match broadcast_shapes("test", &a, &b) {
            Ok(shape) => { prop_assert!(fits); prop_assert_eq!(shape, expected) }
            Err(_) => prop_assert!(!fits),
        }
    }

    #[test]
    fn slices_pick_what_indices_pick(
        n in 1usize..9, start in 0usize..9, stop in 0usize..9, step in 0usize..5,
    ) {
        let x = Tensor::from(f(&[n], &(0..n).map(|i| i as f64).collect::<Vec<_>>()));
        let y = slice(&x, &[start], &[stop], &[step]);
        if step == 0 || start > stop || stop > n {
            prop_assert!(y.check().is_err());
        } else {
            let expected: Vec<f64> = (start..stop).step_by(step).map(|i| i as f64).collect();
            prop_assert_eq!(crate::elements(&y, &[expected.len()]), expected);
        }
    }
}

fn soup_spec(soup: &Soup) -> Spec {
    Spec::new(soup.sizes[1].clone(), soup.dtype)
}

#[test]
fn arrays_refuse_what_does_not_fit() {
    assert!(Array::new(&[2, 2], vec![1.0; 3]).is_err());
    assert!(Array::zeros(&[usize::MAX, 2], DType::F32).is_err());
    assert!(Array::zeros(&[usize::MAX, usize::MAX, 0], DType::F32).is_err());
    // Countable, but more than any machine has.
    assert!(Array::zeros(&[1 << 59], DType::F64).is_err());
    assert!(Array::full(&[1 << 58], 1f32).is_err());
    let huge = full(&[1 << 59], 1.0);
    assert!(message(&huge).contains("must fit in memory"));
    let scalar = Array::scalar(1.0);
    assert!(scalar.rows(0, 0).is_err());
    assert!(scalar.rows(0, 1).is_err());
    assert!(scalar.take_rows(&[]).is_err());
    let a = f(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(a.rows(1, 2).unwrap(), f(&[1, 2], &[3.0, 4.0]));
    assert_eq!(a.take_rows(&[1, 1]).unwrap(), f(&[2, 2], &[3.0, 4.0, 3.0, 4.0]));
    assert!(a.rows(1, 3).is_err() && a.rows(2, 1).is_err() && a.take_rows(&[2]).is_err());
    assert!(a.item().is_err() && a.as_slice::<f32>().is_err());
    // A row of nothing, repeated without end.
    let nothing = Array::zeros(&[3, 0], DType::F32).unwrap();
    assert_eq!(nothing.take_rows(&[2, 0]).unwrap().shape(), [2, 0]);
}

/// An op that breaks its word.
#[derive(Debug)]
struct Liar;

impl Operation for Liar {
    fn name(&self) -> &'static str {
        "liar"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        inputs.first().map(|&s| s.clone()).ok_or_else(|| Error::Backend("liar: no input".into()))
    }
    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(Tensor::scalar(1.0))])
    }
    fn evaluate(&self, _: &[&Array], _: &Spec) -> Result<Array> {
        Ok(Array::scalar(1.0))
    }
}

#[test]
fn custom_ops_are_held_to_their_word() {
    let x = Tensor::from(f(&[2], &[1.0, 2.0]));
    let y = custom(Arc::new(Liar), &[&x]);
    assert!(message(&y).contains("liar: `value` must be float64[2]"));
    let error = gradients(&sum(&y, &[], false), &[x]).unwrap_err();
    assert!(error.to_string().contains("liar: `gradient` must be float64[2]"), "{error}");
}

#[test]
fn graphs_by_hand_are_verified() {
    let node = |op: Op, inputs: &[usize], spec: Spec| Node {
        op,
        inputs: inputs.iter().map(|&i| NodeId(i)).collect(),
        spec,
    };
    let scalar = || Constant(Arc::new(Array::scalar(1.0)));
    let spec = || Spec::new([], DType::F64);
    let with = |nodes: Vec<Node>, outputs: &[usize]| Graph {
        nodes,
        outputs: outputs.iter().map(|&i| NodeId(i)).collect(),
        ..Graph::default()
    };
    let good = with(vec![node(scalar().into(), &[], spec())], &[0]);
    assert_eq!(good.evaluate(&[]).unwrap()[0].item().unwrap(), 1.0);
    let missing = with(vec![node(scalar().into(), &[], spec())], &[1]);
    assert!(missing.evaluate(&[]).is_err());
    let looped = with(vec![node(StopGradient.into(), &[0], spec())], &[0]);
    assert!(looped.evaluate(&[]).is_err());
    let wrong = with(vec![node(scalar().into(), &[], Spec::new([3], DType::F64))], &[0]);
    assert!(wrong.evaluate(&[]).is_err());
    let mut fed = good.clone();
    fed.inputs.push(NodeId(0));
    assert!(fed.evaluate(&[&Array::scalar(1.0)]).is_err());
    let mut update = good;
    let variable = Variable::new("v", Array::scalar(1f32));
    update.updates.push(Update { variable, value: NodeId(0) });
    assert!(update.evaluate(&[]).is_err());
    let x = Tensor::input(&[], DType::F32);
    assert!(Graph::trace(&[], std::slice::from_ref(&x), &[]).is_err());
    assert!(Graph::trace(&[x.clone(), x.clone()], &[x], &[]).is_err());
}

#[test]
fn deep_graphs_do_not_overflow_the_stack() {
    let x = Tensor::input(&[], DType::F64);
    let mut y = x.clone();
    for _ in 0..50_000 {
        y = sin(&y);
    }
    let slope = gradients(&y, std::slice::from_ref(&x)).unwrap();
    let graph = Graph::trace(&[x], &slope, &[]).unwrap();
    assert!(graph.nodes.len() > 100_000);
}
