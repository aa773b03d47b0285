//! Shape functions of random arguments, against plain arithmetic on indices.

use cornu_graph::ops::*;
use cornu_graph::{Array, Tensor, testing::value};
use proptest::prelude::*;

use crate::{counted, elements, f};

fn any_shape() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0usize..5, 0..5)
}

/// A shape with an axis and numbers to make arguments of.
fn with_axis() -> impl Strategy<Value = (Vec<usize>, isize, Vec<usize>)> {
    let numbers = prop::collection::vec(0usize..1000, 6);
    (prop::collection::vec(0usize..5, 1..5), 0isize..1000, numbers).prop_map(
        |(shape, a, numbers)| {
            let rank = shape.len() as isize;
            (shape, a % (2 * rank) - rank, numbers)
        },
    )
}

/// The axis counted from the front.
fn front(axis: isize, rank: usize) -> usize {
    if axis < 0 { (axis + rank as isize) as usize } else { axis as usize }
}

/// All indices of a shape in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![vec![]], |found, &d| {
        found.iter().flat_map(|i| (0..d).map(|j| [&i[..], &[j]].concat())).collect()
    })
}

/// The element of [`counted`] at an index.
fn at(shape: &[usize], index: &[usize]) -> f64 {
    assert!(index.iter().zip(shape).all(|(i, d)| i < d));
    index.iter().zip(shape).fold(0, |p, (i, d)| p * d + i) as f64
}

/// `index` with another entry at `axis`.
fn moved(index: &[usize], axis: usize, to: usize) -> Vec<usize> {
    let mut index = index.to_vec();
    index[axis] = to;
    index
}

/// A permutation of `0..rank` from numbers without any order.
fn permutation(rank: usize, numbers: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rank).collect();
    order.sort_by_key(|&i| numbers[i]);
    order
}

/// Checks the shape, and every element against what `rule` says of its index.
fn check(y: &Tensor, shape: &[usize], rule: impl Fn(&[usize]) -> f64) {
    let expected: Vec<f64> = indices(shape).iter().map(|i| rule(i)).collect();
    assert_eq!(elements(y, shape), expected);
}

/// Checks that the elements are those of [`counted`] in the same order.
fn check_order(y: &Tensor, shape: &[usize]) {
    check(y, shape, |i| at(shape, i));
}

/// Where a walk of one step at a time from `at` is, if it turns around or jumps at the ends of `0..size`.
fn walk(mode: PadMode, mut at: isize, size: usize) -> usize {
    let last = size as isize - 1;
    while !(0..=last).contains(&at) {
        at = match mode {
            PadMode::Wrap => at - (last + 1) * at.signum(),
            PadMode::Symmetric => {
                if at < 0 {
                    -1 - at
                } else {
                    2 * last + 1 - at
                }
            }
            PadMode::Reflect if last > 0 => {
                if at < 0 {
                    -at
                } else {
                    2 * last - at
                }
            }
            _ => at.clamp(0, last),
        };
    }
    at as usize
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn axes_of_size_one_come_and_go(shape in any_shape(), numbers in prop::collection::vec(0usize..9, 3)) {
        let (x, n) = (counted(&shape), shape.iter().product::<usize>());
        let rank = shape.len() + 2;
        let (a, b) = (numbers[0] % rank, numbers[1] % rank);
        let wide = expand_dims(&x, [a as isize, b as isize - rank as isize]);
        if a == b {
            prop_assert!(wide.check().is_err());
        } else {
            let mut expected = shape.clone();
            expected.insert(a.min(b), 1);
            expected.insert(a.max(b), 1);
            check_order(&wide, &expected);
            check_order(&squeeze(&wide, &[b as isize, a as isize]), &shape);
        }
        let kept: Vec<usize> = shape.iter().copied().filter(|&d| d != 1).collect();
        check_order(&squeeze(&x, &[]), &kept);
        for (axis, &d) in shape.iter().enumerate() {
            prop_assert_eq!(squeeze(&x, &[axis as isize]).check().is_ok(), d == 1);
            // Any one size can be left open, if the others leave it no choice.
            let mut open: Vec<isize> = shape.iter().map(|&d| d as isize).collect();
            open[axis] = -1;
            let y = reshape(&x, &open);
            match shape.iter().enumerate().all(|(i, &d)| i == axis || d != 0) {
                true => check_order(&y, &shape),
                false => prop_assert!(y.check().is_err()),
            }
        }
        let y = reshape(&x, &[-1, numbers[2] as isize]);
        match n.checked_rem(numbers[2]) {
            Some(0) => check_order(&y, &[n / numbers[2], numbers[2]]),
            _ => prop_assert!(y.check().is_err()),
        }
    }

    #[test]
    fn axes_change_places((shape, axis, numbers) in with_axis()) {
        let (x, rank) = (counted(&shape), shape.len());
        let order = permutation(rank, &numbers);
        let through = |order: &[usize], y: &Tensor| {
            let expected: Vec<usize> = order.iter().map(|&a| shape[a]).collect();
            check(y, &expected, |index| {
                let mut from = vec![0; rank];
                order.iter().zip(index).for_each(|(&a, &i)| from[a] = i);
                at(&shape, &from)
            });
        };
        // Some of the axes counted from the end.
        let signed = |(i, &a): (usize, &usize)| a as isize - if numbers[i] % 2 == 0 { rank as isize } else { 0 };
        let axes: Vec<isize> = order.iter().enumerate().map(signed).collect();
        through(&order, &transpose(&x, &axes));
        through(&(0..rank).rev().collect::<Vec<_>>(), &transpose(&x, &[]));
        let (a, b) = (front(axis, rank), numbers[5] % rank);
        let mut swapped: Vec<usize> = (0..rank).collect();
        swapped.swap(a, b);
        through(&swapped, &swapaxes(&x, axis, b as isize));
        let mut shifted: Vec<usize> = (0..rank).filter(|&i| i != a).collect();
        shifted.insert(b, a);
        through(&shifted, &moveaxis(&x, &[axis], &[b as isize]));
        // All axes at once: what `transpose` does with the order, `moveaxis` undoes.
        let all: Vec<isize> = (0..rank as isize).collect();
        through(&order, &moveaxis(&x, &axes, &all));
    }

    #[test]
    fn turns_and_rolls((shape, axis, numbers) in with_axis(), k in -9isize..9) {
        let (x, rank) = (counted(&shape), shape.len());
        let (a, b) = (front(axis, rank), numbers[0] % rank);
        let flipped = |i: &[usize], a: usize| moved(i, a, shape[a] - 1 - i[a]);
        check(&flip(&x, &[axis]), &shape, |i| at(&shape, &flipped(i, a)));
        let all = |i: &[usize]| (0..rank).fold(i.to_vec(), |i, a| flipped(&i, a));
        check(&flip(&x, &[]), &shape, |i| at(&shape, &all(i)));
        // Python's remainder.
        let back = |i: usize, shift: isize, d: usize| (i as isize - shift).rem_euclid(d as isize) as usize;
        check(&roll(&x, &[k], &[axis]), &shape, |i| at(&shape, &moved(i, a, back(i[a], k, shape[a]))));
        let n: usize = shape.iter().product();
        check(&roll(&x, &[k], &[]), &shape, |i| back(at(&shape, i) as usize, k, n) as f64);
        let both = roll(&roll(&x, &[k], &[axis]), &[3], &[b as isize]);
        prop_assert_eq!(elements(&roll(&x, &[k, 3], &[axis, b as isize]), &shape), elements(&both, &shape));
        let y = rot90(&x, k, (axis, b as isize));
        if a == b {
            prop_assert!(y.check().is_err());
        } else {
            // Turning once takes the last of axis b to the first place along axis a.
            let mut size = shape.clone();
            if k % 2 != 0 {
                size.swap(a, b);
            }
            check(&y, &size, |index| {
                let (mut from, mut within) = (index.to_vec(), size.clone());
                for _ in 0..k.rem_euclid(4) {
                    let (i, j) = (from[a], from[b]);
                    (from[a], from[b]) = (j, within[a] - 1 - i);
                    within.swap(a, b);
                }
                at(&shape, &from)
            });
        }
    }

    #[test]
    fn repetitions((shape, axis, numbers) in with_axis()) {
        let (x, rank) = (counted(&shape), shape.len());
        let a = front(axis, rank);
        let reps: Vec<usize> = numbers[..1 + numbers[5] % 5].iter().map(|n| n % 3).collect();
        let wide = rank.max(reps.len());
        let long = |s: &[usize]| [vec![1; wide - s.len()], s.to_vec()].concat();
        let size: Vec<usize> = long(&shape).iter().zip(long(&reps)).map(|(d, r)| d * r).collect();
        check(&tile(&x, &reps), &size, |i| {
            let i: Vec<usize> = i[wide - rank..].iter().zip(&shape).map(|(i, d)| i % d).collect();
            at(&shape, &i)
        });
        // Each slice as often as its number says, and all equally often.
        let each: Vec<usize> = numbers[..shape[a]].iter().map(|n| n % 4).collect();
        for repeats in [each, vec![numbers[4] % 4; shape[a]]] {
            let places: Vec<usize> = (0..shape[a]).flat_map(|i| vec![i; repeats[i]]).collect();
            let rule = |i: &[usize]| at(&shape, &moved(i, a, places[i[a]]));
            let size = moved(&shape, a, places.len());
            if shape[a] != 1 {
                check(&repeat(&x, &repeats, axis), &size, rule);
            }
            if repeats.windows(2).all(|w| w[0] == w[1]) && !repeats.is_empty() {
                check(&repeat(&x, &repeats[..1], axis), &size, rule);
            }
        }
        let target = [&[numbers[0] % 3][..], &shape].concat();
        check(&broadcast_to(&x, &target), &target, |i| at(&shape, &i[1..]));
        let ones: Vec<usize> = shape.iter().zip(&numbers).map(|(&d, n)| if n % 2 == 0 { 1 } else { d }).collect();
        check(&broadcast_to(&counted(&ones), &shape), &shape, |i| {
            at(&ones, &i.iter().zip(&ones).map(|(&i, &d)| if d == 1 { 0 } else { i }).collect::<Vec<_>>())
        });
    }

    #[test]
    fn paddings(shape in any_shape(), widths in prop::collection::vec((0usize..9, 0usize..9), 4)) {
        let x = counted(&shape);
        let widths = &widths[..shape.len()];
        let size: Vec<usize> = shape.iter().zip(widths).map(|(d, (l, h))| d + l + h).collect();
        // Thousands of elements teach nothing that hundreds do not.
        prop_assume!(size.iter().product::<usize>() < 3_000);
        let grows = |(&d, &w): (&usize, &(usize, usize))| d == 0 && w != (0, 0);
        let refused = shape.iter().zip(widths).any(grows);
        use PadMode::*;
        for mode in [Edge, Reflect, Symmetric, Wrap] {
            let y = pad(&x, widths, mode);
            if refused {
                prop_assert!(y.check().is_err());
                continue;
            }
            check(&y, &size, |i| {
                let place = |a: usize| walk(mode, i[a] as isize - widths[a].0 as isize, shape[a]);
                at(&shape, &(0..shape.len()).map(place).collect::<Vec<_>>())
            });
        }
        check(&pad(&x, widths, Constant(-1.0)), &size, |i| {
            let from = |a: usize| i[a].checked_sub(widths[a].0).filter(|&i| i < shape[a]);
            let from: Option<Vec<usize>> = (0..shape.len()).map(from).collect();
            from.map_or(-1.0, |i| at(&shape, &i))
        });
    }

    #[test]
    fn parts_and_wholes((shape, axis, numbers) in with_axis(), cuts in prop::collection::vec(-7isize..7, 0..4)) {
        let (x, a) = (counted(&shape), front(axis, shape.len()));
        let n = shape[a];
        let part = |y: &Tensor, start: usize, stop: usize| {
            check(y, &moved(&shape, a, stop - start), |i| at(&shape, &moved(i, a, i[a] + start)));
        };
        let parts = 1 + numbers[0] % 7;
        let found = array_split(&x, parts, axis).unwrap();
        prop_assert_eq!(found.len(), parts);
        let mut start = 0;
        for (i, y) in found.iter().enumerate() {
            let stop = start + n / parts + usize::from(i < n % parts);
            part(y, start, stop);
            start = stop;
        }
        check_order(&concatenate(&found, axis), &shape);
        match split(&x, parts, axis) {
            Ok(equal) => {
                prop_assert_eq!(n % parts, 0);
                equal.iter().enumerate().for_each(|(i, y)| part(y, i * n / parts, (i + 1) * n / parts));
            }
            Err(_) => prop_assert_ne!(n % parts, 0),
        }
        // Places as in a Python slice.
        let place = |p: isize| (if p < 0 { p + n as isize } else { p }).clamp(0, n as isize) as usize;
        let found = split(&x, &cuts[..], axis).unwrap();
        prop_assert_eq!(found.len(), cuts.len() + 1);
        for (i, y) in found.iter().enumerate() {
            let start = if i == 0 { 0 } else { place(cuts[i - 1]) };
            let stop = cuts.get(i).map_or(n, |&p| place(p));
            part(y, start, stop.max(start));
        }
        let slices = unstack(&x, axis).unwrap();
        prop_assert_eq!(slices.len(), n);
        let rest: Vec<usize> = (0..shape.len()).filter(|&i| i != a).map(|i| shape[i]).collect();
        for (k, y) in slices.iter().enumerate() {
            check(y, &rest, |i| at(&shape, &[&i[..a], &[k], &i[a..]].concat()));
        }
        if n > 0 {
            check_order(&stack(&slices, axis), &shape);
        }
        let (start, stop) = (numbers[1] % 6, numbers[2] % 6);
        let y = slice_axis(&x, axis, start, stop);
        match start <= stop && stop <= n {
            true => part(&y, start, stop),
            false => prop_assert!(y.check().is_err()),
        }
    }

    #[test]
    fn slices_along_every_axis(shape in any_shape(), numbers in prop::collection::vec((0usize..9, 0usize..9, 1usize..4), 4)) {
        let list = |of: fn(usize, (usize, usize, usize)) -> usize| -> Vec<usize> {
            shape.iter().zip(&numbers).map(|(&d, &n)| of(d, n)).collect()
        };
        let start = list(|d, n| n.0 % (d + 1));
        let stop = list(|d, n| (n.0 % (d + 1)).max(n.1 % (d + 1)));
        let step = list(|_, n| n.2);
        let size = |a: usize| (start[a]..stop[a]).step_by(step[a]).count();
        let size: Vec<usize> = (0..shape.len()).map(size).collect();
        check(&slice(&counted(&shape), &start, &stop, &step), &size, |i| {
            at(&shape, &(0..shape.len()).map(|a| start[a] + i[a] * step[a]).collect::<Vec<_>>())
        });
    }

    #[test]
    fn elements_by_index((shape, axis, numbers) in with_axis(), of in prop::collection::vec(0usize..4, 0..3)) {
        let (x, a) = (counted(&shape), front(axis, shape.len()));
        let count: usize = of.iter().product();
        let places: Vec<i64> = (0..count).map(|i| ((i * 7 + numbers[0]) % shape[a].max(1)) as i64).collect();
        let index = Tensor::from(Array::new(&of, places.clone()).unwrap());
        let size = [&shape[..a], &of, &shape[a + 1..]].concat();
        let y = take(&x, &index, axis);
        if size.contains(&0) || shape[a] > 0 {
            check(&y, &size, |i| {
                let (place, after) = (at(&of, &i[a..a + of.len()]) as usize, &i[a + of.len()..]);
                at(&shape, &[&i[..a], &[places[place] as usize], after].concat())
            });
        }
        if !size.contains(&0) {
            let beyond = Tensor::from(Array::full(&of, shape[a] as i64).unwrap());
            prop_assert!(value(&take(&x, &beyond, axis)).is_err());
        }
    }

    #[test]
    fn diagonals((shape, axis, numbers) in with_axis(), k in -6isize..6) {
        let (x, rank) = (counted(&shape), shape.len());
        let (a, b) = (front(axis, rank), numbers[0] % rank);
        // Row and column of a place on the diagonal.
        let place = |i: usize| (i + k.min(0).unsigned_abs(), i + k.max(0).unsigned_abs());
        let length = |n, m| (0..).take_while(|&i| place(i).0 < n && place(i).1 < m).count();
        let y = diagonal(&x, k, axis, b as isize);
        if a == b {
            prop_assert!(y.check().is_err());
        } else {
            let rest: Vec<usize> = (0..rank).filter(|&i| i != a && i != b).collect();
            let mut size: Vec<usize> = rest.iter().map(|&i| shape[i]).collect();
            size.push(length(shape[a], shape[b]));
            check(&y, &size, |i| {
                let mut from = vec![0; rank];
                rest.iter().zip(i).for_each(|(&a, &i)| from[a] = i);
                (from[a], from[b]) = place(i[i.len() - 1]);
                at(&shape, &from)
            });
        }
        let vector = counted(&shape[..1]);
        let size = shape[0] + k.unsigned_abs();
        check(&diag(&vector, k), &[size, size], |i| {
            let on = i[1] as isize - i[0] as isize == k;
            if on { i[0].min(i[1]) as f64 } else { 0.0 }
        });
        if rank == 1 {
            return Ok(());
        }
        let below = |i: &[usize]| i[rank - 1] as isize - i[rank - 2] as isize <= k;
        check(&tril(&x, k), &shape, |i| if below(i) { at(&shape, i) } else { 0.0 });
        let above = |i: &[usize]| i[rank - 1] as isize - i[rank - 2] as isize >= k;
        check(&triu(&x, k), &shape, |i| if above(i) { at(&shape, i) } else { 0.0 });
    }
}

#[test]
fn lengths_that_are_claims_are_left_to_the_run() {
    let x = f(&[2], &[1.0, 2.0]).into();
    // Petabytes of indices: described, but not yet counted.
    let y = repeat(&x, &[1 << 50, 1], 0);
    assert_eq!(y.shape(), [(1 << 50) + 1]);
    assert_eq!(slice_axis(&y, 0, 0, 3).shape(), [3]);
}
