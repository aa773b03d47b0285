//! Parameters that broadcast to the shape of a result.

/// For each element of a result of shape `to`, in order, the place of the element of `from` that broadcasts to it. The
/// shapes must broadcast and the result fit in memory.
pub(super) fn positions(from: &[usize], to: &[usize]) -> impl Iterator<Item = usize> {
    let strides = cornu_graph::strides(from);
    // The stride per axis of the result: none where the parameter repeats.
    let missing = to.len() - from.len();
    let steps: Vec<usize> = (0..to.len())
        .map(|axis| match axis.checked_sub(missing) {
            Some(own) if from[own] != 1 => strides[own],
            _ => 0,
        })
        .collect();
    let (to, count) = (to.to_vec(), to.iter().product::<usize>());
    let single = steps.iter().all(|&step| step == 0);
    (0..count).map(move |mut place| {
        let mut position = 0;
        if !single {
            for (&size, &step) in to.iter().zip(&steps).rev() {
                position += place % size * step;
                place /= size;
            }
        }
        position
    })
}

#[cfg(test)]
mod tests {
    use super::positions;

    #[test]
    fn repeated_axes_keep_their_place() {
        let at = |from: &[usize], to: &[usize]| positions(from, to).collect::<Vec<_>>();
        assert_eq!(at(&[], &[2, 2]), [0; 4]);
        assert_eq!(at(&[2, 3], &[2, 3]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(at(&[2, 1], &[2, 3]), [0, 0, 0, 1, 1, 1]);
        assert_eq!(at(&[3], &[2, 3]), [0, 1, 2, 0, 1, 2]);
        assert!(at(&[1], &[0, 3]).is_empty());
    }
}
