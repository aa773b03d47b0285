//! Rows for training and rows for testing.

use cornu_graph::{Array, with_dtype};

use crate::random::numpy::{Choice, LegacySeed, RandomState, random_state};
use crate::{Error, Result};

/// Splits the rows of arrays, shuffled, into a training and a test part: a pair for each array.
///
/// `test_size`: the share of the rows that are for testing, rounded up. `stratify`: the class of each row, numbers of
/// shape `[n]` or `[n, 1]`; each class then has the same share in both parts. `seed`: where the order starts.
///
/// The rows are those of scikit-learn's `train_test_split(*arrays, test_size=..., stratify=..., random_state=seed)`, but
/// where it refuses small classes or leaves them out of a part: here each class of two rows or more has one in either
/// part, for which the test part may grow, and the row of a class of one is for training.
///
/// ```
/// use cornu::datasets::{iris, train_test_split};
/// let (x, y) = iris()?.all()?;
/// let y = y.unwrap();
/// let parts = train_test_split([&x, &y], 0.2, Some(&y), 0)?;
/// let [(x_train, x_test), (y_train, y_test)] = &parts[..] else { unreachable!() };
/// assert_eq!((x_train.shape(), x_test.shape()), ([120, 4].as_slice(), [30, 4].as_slice()));
/// assert_eq!(y_test.to_vec::<i32>().iter().filter(|&&class| class == 2).count(), 10);
/// assert_eq!(y_train.shape(), [120]);
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// When there is no array, the arrays have different numbers of rows, or fewer than two; `test_size` is not between 0
/// and 1, or leaves no row for training; `stratify` has another shape or holds NaN.
pub fn train_test_split<'a>(
    arrays: impl IntoIterator<Item = &'a Array>,
    test_size: f64,
    stratify: Option<&Array>,
    seed: u64,
) -> Result<Vec<(Array, Array)>> {
    let arrays: Vec<&Array> = arrays.into_iter().collect();
    let wrong = |argument: &str, rule: &str, received: String| {
        Error::invalid("train_test_split", argument, rule, received)
    };
    let counts: Vec<Option<usize>> =
        arrays.iter().copied().chain(stratify).map(|a| a.shape().first().copied()).collect();
    let shapes = || format!("{:?}", arrays.iter().map(|a| a.shape()).collect::<Vec<_>>());
    let &[Some(rows), ..] = &counts[..] else {
        return Err(wrong("arrays", "must be arrays with rows", shapes()));
    };
    if counts.iter().any(|&count| count != Some(rows)) {
        let rule = format!("must have a class for each of the {rows} rows");
        return Err(match stratify {
            Some(s) if s.shape().first() != Some(&rows) => {
                wrong("stratify", &rule, format!("shape={:?}", s.shape()))
            }
            _ => wrong("arrays", "must have the same number of rows", shapes()),
        });
    }
    if !(test_size > 0.0 && test_size < 1.0) {
        return Err(wrong("test_size", "must be between 0 and 1", test_size.to_string()));
    }
    let test = (test_size * rows as f64).ceil() as usize;
    if test >= rows {
        let received = format!("test_size={test_size}, rows={rows}");
        return Err(wrong("test_size", "must leave a row for training", received));
    }
    let mut rng = random_state(match u32::try_from(seed) {
        Ok(word) => LegacySeed::Word(word),
        Err(_) => LegacySeed::Words(vec![seed as u32, (seed >> 32) as u32]),
    })?;
    let (train, test) = match stratify {
        None => {
            let mut order: Vec<usize> = (0..rows).collect();
            rng.shuffle_slice(&mut order);
            let train = order.split_off(test);
            (train, order)
        }
        Some(classes) => by_class(&members(classes)?, rows, test, &mut rng)?,
    };
    let part = |a: &&Array| Ok((a.take_rows(&train)?, a.take_rows(&test)?));
    arrays.iter().map(part).collect()
}

/// The rows of each class, the classes in order.
fn members(classes: &Array) -> Result<Vec<Vec<usize>>> {
    let wrong = |rule: &str| {
        let received = format!("dtype={}, shape={:?}", classes.dtype(), classes.shape());
        Error::invalid("train_test_split", "stratify", rule, received)
    };
    if !matches!(*classes.shape(), [_] | [_, 1]) {
        return Err(wrong("must be one class per row, of shape [n] or [n, 1]"));
    }
    let mut order: Vec<usize> = (0..classes.len()).collect();
    with_dtype!(classes.dtype(), T => {
        let values = classes.as_slice::<T>()?;
        #[allow(clippy::eq_op, reason = "NaN alone differs from itself")]
        if values.iter().any(|v| v != v) {
            return Err(wrong("must not hold NaN"));
        }
        order.sort_by(|&a, &b| values[a].partial_cmp(&values[b]).unwrap_or(std::cmp::Ordering::Equal));
        Ok(order.chunk_by(|&a, &b| values[a] == values[b]).map(<[usize]>::to_vec).collect())
    })
}

/// The rows of both parts, as scikit-learn's `StratifiedShuffleSplit` draws them.
fn by_class(
    members: &[Vec<usize>],
    rows: usize,
    test: usize,
    rng: &mut RandomState,
) -> Result<(Vec<usize>, Vec<usize>)> {
    let counts: Vec<usize> = members.iter().map(Vec::len).collect();
    let for_training = shares(&counts, rows - test, rng)?;
    let left: Vec<usize> = counts.iter().zip(&for_training).map(|(n, t)| n - t).collect();
    // All that is left is for testing; scikit-learn draws here, too.
    shares(&left, test, rng)?;
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (rows, share) in members.iter().zip(for_training) {
        let mut rows = rows.clone();
        rng.shuffle_slice(&mut rows);
        let most = rows.len().saturating_sub(1).max(1);
        test.extend(rows.split_off(share.clamp(1, most)));
        train.append(&mut rows);
    }
    rng.shuffle_slice(&mut train);
    rng.shuffle_slice(&mut test);
    Ok((train, test))
}

/// How many of `wanted` rows come from each class: its share rounded down, and one more for the largest remainders,
/// drawn where remainders are equal.
fn shares(counts: &[usize], wanted: usize, rng: &mut RandomState) -> Result<Vec<usize>> {
    let rows: usize = counts.iter().sum();
    let exact: Vec<f64> = counts.iter().map(|&n| n as f64 / rows as f64 * wanted as f64).collect();
    let mut shares: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
    let mut missing = wanted.saturating_sub(shares.iter().sum());
    let remainder = |i: usize| exact[i] - exact[i].floor();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)));
    let how = Choice { replace: false, ..Choice::default() };
    for equal in order.chunk_by(|&a, &b| remainder(a) == remainder(b)) {
        if missing == 0 {
            break;
        }
        let now = missing.min(equal.len());
        for place in rng.choice(equal.len() as i64, now, &how)?.to_vec::<i64>() {
            shares[equal[place as usize]] += 1;
        }
        missing -= now;
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(n: i64) -> Array {
        Array::from((0..n).collect::<Vec<i64>>())
    }

    fn split(classes: &[i64], test_size: f64, seed: u64) -> (Vec<i64>, Vec<i64>) {
        let rows = count(classes.len() as i64);
        let classes = Array::from(classes.to_vec());
        let mut parts = train_test_split([&rows], test_size, Some(&classes), seed).unwrap();
        let (train, test) = parts.remove(0);
        (train.to_vec(), test.to_vec())
    }

    #[test]
    fn rows_are_those_of_scikit_learn() {
        // scikit-learn 1.9.1: train_test_split(np.arange(n), test_size=..., random_state=..., stratify=...)
        let parts = train_test_split([&count(11)], 0.3, None, 5).unwrap();
        assert_eq!(parts[0].0.to_vec::<i64>(), [4, 7, 1, 0, 9, 6, 3]);
        assert_eq!(parts[0].1.to_vec::<i64>(), [5, 8, 2, 10]);
        let classes = [2, 0, 1, 0, 1, 2, 0, 0, 1, 2, 2, 0, 1, 0, 0, 2, 1];
        for (test_size, seed, train, test) in [
            (0.25, 0, vec![3, 11, 7, 15, 14, 5, 4, 6, 10, 9, 16, 12], vec![2, 0, 13, 8, 1]),
            (0.4, 1, vec![0, 6, 13, 10, 4, 14, 5, 3, 12, 8], vec![1, 9, 11, 16, 2, 7, 15]),
            (0.3, 42, vec![1, 4, 5, 3, 0, 12, 13, 10, 6, 11, 8], vec![2, 9, 15, 7, 16, 14]),
            (0.5, 7, vec![13, 8, 1, 5, 12, 10, 16, 6], vec![3, 9, 7, 15, 14, 2, 0, 4, 11]),
        ] {
            assert_eq!(split(&classes, test_size, seed), (train, test), "{test_size}, seed {seed}");
        }
    }

    #[test]
    fn small_classes_are_in_both_parts_where_they_can_be() {
        // 40 rows of class 7; 2 of class 1; 1 of class 9.
        let classes: Vec<i64> = [vec![7; 40], vec![1, 1, 9]].concat();
        for seed in 0..20 {
            let (train, test) = split(&classes, 0.1, seed);
            let of = |part: &[i64], class| {
                part.iter().filter(|&&i| classes[i as usize] == class).count()
            };
            assert_eq!((of(&train, 1), of(&test, 1)), (1, 1), "{seed}");
            assert_eq!((of(&train, 9), of(&test, 9)), (1, 0), "{seed}");
            let mut all = [train, test].concat();
            all.sort();
            assert_eq!(all, (0..43).collect::<Vec<_>>());
        }
    }

    #[test]
    fn rows_stay_together_and_classes_of_any_type_count() {
        let x = Array::new(&[6, 2], (0..12).map(|v| v as f32).collect()).unwrap();
        let y = Array::new(&[6, 1], vec![false, true, false, true, false, true]).unwrap();
        let parts = train_test_split([&x, &y], 1.0 / 3.0, Some(&y), u64::MAX).unwrap();
        let (x_test, y_test) = (&parts[0].1, &parts[1].1);
        assert_eq!((x_test.shape(), y_test.shape()), ([2, 2].as_slice(), [2, 1].as_slice()));
        for (row, class) in x_test.to_vec::<f32>().chunks(2).zip(y_test.to_vec::<f32>()) {
            assert_eq!((row[1] - row[0], (row[0] / 2.0) % 2.0), (1.0, class));
        }
        let floats = y.cast(crate::DType::F64);
        assert_eq!(train_test_split([&x, &y], 1.0 / 3.0, Some(&floats), u64::MAX).unwrap(), parts);
    }

    #[test]
    fn what_cannot_be_split_says_why() {
        let (x, y) = (count(10), count(10));
        let message = |arrays: &[&Array], size, classes: Option<&Array>| {
            train_test_split(arrays.iter().copied(), size, classes, 0).unwrap_err().to_string()
        };
        assert!(message(&[], 0.5, None).contains("`arrays` must be arrays with rows"));
        assert!(message(&[&Array::scalar(1i64)], 0.5, None).contains("with rows"));
        assert!(message(&[&x, &count(9)], 0.5, None).contains("the same number of rows"));
        assert!(
            message(&[&x], 0.5, Some(&count(9)))
                .contains("`stratify` must have a class for each of the 10")
        );
        for size in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(message(&[&x], size, None).contains("`test_size` must be between 0 and 1"));
        }
        assert!(message(&[&count(1)], 0.5, None).contains("leave a row for training"));
        let wide = Array::full(&[10, 2], 1i64).unwrap();
        assert!(message(&[&x], 0.5, Some(&wide)).contains("one class per row"));
        let nan = Array::full(&[10], f32::NAN).unwrap();
        assert!(message(&[&x, &y], 0.5, Some(&nan)).contains("NaN"));
    }
}
