//! Sums of products in Einstein's notation.

use std::collections::BTreeMap;

use super::axes::permute;
use crate::ops::{any, cast, diagonal, matmul, multiply, reshape, squeeze, sum};
use crate::{DType, Error, Result, Tensor, element_count};

/// What names an axis: a letter, or the place, counted from the last, among those that an ellipsis stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Letter(char),
    Rest(usize),
}

/// The labels of every operand's axes, and of the result's.
struct Subscripts {
    terms: Vec<Vec<Label>>,
    output: Vec<Label>,
}

fn wrong(rule: impl Into<String>, subscripts: &str, operands: &[Tensor]) -> Error {
    let shapes: Vec<&[usize]> = operands.iter().map(Tensor::shape).collect();
    Error::invalid("einsum", "subscripts", rule, format!("{subscripts:?} for shapes {shapes:?}"))
}

/// The labels of a term, whose ellipsis stands for as many axes as `rest` says, given how many letters there
/// are; `None` if it is no term.
fn labels(term: &str, rest: impl FnOnce(usize) -> Option<usize>) -> Option<Vec<Label>> {
    let (head, tail) = term.split_once("...").unwrap_or((term, ""));
    if !head.chars().chain(tail.chars()).all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let between = match term.contains("...") {
        true => rest(head.len() + tail.len())?,
        false => 0,
    };
    let places = (0..between).rev().map(Label::Rest);
    Some(
        head.chars()
            .map(Label::Letter)
            .chain(places)
            .chain(tail.chars().map(Label::Letter))
            .collect(),
    )
}

impl Subscripts {
    fn parse(subscripts: &str, operands: &[Tensor]) -> Result<Subscripts> {
        let wrong = |rule: &str| wrong(rule, subscripts, operands);
        let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
        let (inputs, output) = match text.split_once("->") {
            Some((inputs, output)) => (inputs, Some(output)),
            None => (&text[..], None),
        };
        let parts: Vec<&str> = inputs.split(',').collect();
        if parts.len() != operands.len() {
            return Err(wrong("must have one term per operand, with commas between"));
        }
        let mut terms = Vec::with_capacity(parts.len());
        for (part, x) in parts.iter().zip(operands) {
            let found = labels(part, |letters| x.ndim().checked_sub(letters));
            terms.push(found.filter(|f| f.len() == x.ndim()).ok_or_else(|| {
                wrong("must name every axis of its operand: by letters, and at most one ellipsis")
            })?);
        }
        let places = terms.iter().flatten().filter_map(|label| match label {
            Label::Rest(place) => Some(place + 1),
            Label::Letter(_) => None,
        });
        let widest = places.max().unwrap_or(0);
        let Some(output) = output else {
            let mut once: Vec<Label> = terms.concat();
            once.sort_unstable();
            let alone = once.chunk_by(|a, b| a == b).filter(|run| run.len() == 1);
            let letters = alone.map(|run| run[0]).filter(|l| matches!(l, Label::Letter(_)));
            let output = (0..widest).rev().map(Label::Rest).chain(letters).collect();
            return Ok(Subscripts { terms, output });
        };
        if widest > 0 && !output.contains("...") {
            return Err(wrong("must have an ellipsis in the output as in the inputs"));
        }
        let output = labels(output, |_| Some(widest))
            .ok_or_else(|| wrong("must have letters and at most one ellipsis as output"))?;
        let known = |l: &Label| terms.iter().any(|term| term.contains(l));
        if !output.iter().enumerate().all(|(i, l)| known(l) && !output[..i].contains(l)) {
            return Err(wrong("must have distinct letters of the inputs as output"));
        }
        Ok(Subscripts { terms, output })
    }

    /// The size of every label: axes of size 1 stretch to it.
    fn sizes(&self, operands: &[Tensor]) -> Option<BTreeMap<Label, usize>> {
        let mut sizes = BTreeMap::new();
        for (term, x) in self.terms.iter().zip(operands) {
            for (&label, &size) in term.iter().zip(x.shape()) {
                let known = sizes.entry(label).or_insert(size);
                if *known == 1 {
                    *known = size;
                }
                if size != 1 && size != *known {
                    return None;
                }
            }
        }
        Some(sizes)
    }
}

/// A tensor with a label for every axis, all different.
struct Factor {
    value: Tensor,
    labels: Vec<Label>,
}

impl Factor {
    /// An operand: on its diagonal where a label repeats, and without axes of size 1 that would stretch.
    fn new(x: &Tensor, term: &[Label], sizes: &BTreeMap<Label, usize>) -> Option<Factor> {
        let (mut value, mut labels) = (x.clone(), term.to_vec());
        while let Some((i, j)) = repeated(&labels) {
            if value.shape()[i] != value.shape()[j] {
                return None;
            }
            value = diagonal(&value, 0, i as isize, j as isize);
            labels.remove(j);
            let label = labels.remove(i);
            labels.push(label);
        }
        let stretched = |i: &usize| value.shape()[*i] != sizes[&labels[*i]];
        let axes: Vec<isize> = (0..labels.len()).filter(stretched).map(|i| i as isize).collect();
        if !axes.is_empty() {
            value = squeeze(&value, &axes);
            let mut at = 0..;
            labels.retain(|_| at.next().is_some_and(|i| !axes.contains(&i)));
        }
        Some(Factor { value, labels })
    }

    fn has(&self, label: &Label) -> bool {
        self.labels.contains(label)
    }

    fn count(&self) -> f64 {
        self.value.count() as f64
    }

    /// The tensor with its axes in the order of `groups`, each group as one axis (of size 1 if empty).
    fn arranged(&self, groups: &[&[Label]], sizes: &BTreeMap<Label, usize>) -> Tensor {
        let order: Vec<usize> = groups
            .iter()
            .flat_map(|group| group.iter())
            .filter_map(|label| self.labels.iter().position(|l| l == label))
            .collect();
        let size = |group: &&[Label]| group.iter().map(|label| sizes[label]).product();
        let shape: Vec<usize> = groups.iter().map(size).collect();
        reshape(&permute(&self.value, &order), &shape)
    }

    /// The sum over the axes whose labels are not `needed`.
    fn summed(self, needed: impl Fn(&Label) -> bool) -> Factor {
        let at = self.labels.iter().enumerate();
        let axes: Vec<isize> =
            at.filter(|(_, label)| !needed(label)).map(|(i, _)| i as isize).collect();
        Factor {
            value: total(&self.value, &axes),
            labels: self.labels.into_iter().filter(needed).collect(),
        }
    }
}

/// The sum over `axes`, in the dtype of `x`; of `bool`: whether any is true.
fn total(x: &Tensor, axes: &[isize]) -> Tensor {
    match x.dtype() {
        _ if axes.is_empty() => x.clone(),
        DType::Bool => any(x, axes, false),
        dtype => cast(&sum(x, axes, false), dtype),
    }
}

/// The first two places of a label that has several.
fn repeated(labels: &[Label]) -> Option<(usize, usize)> {
    let places =
        |(j, label): (usize, &Label)| Some((labels[..j].iter().position(|l| l == label)?, j));
    labels.iter().enumerate().find_map(places)
}

/// The labels of the product of two factors, and those over which it sums.
fn split(a: &Factor, b: &Factor, needed: &dyn Fn(&Label) -> bool) -> [Vec<Label>; 4] {
    let pick = |of: &Factor, keep: &dyn Fn(&Label) -> bool| {
        of.labels.iter().copied().filter(|l| keep(l)).collect::<Vec<_>>()
    };
    [
        pick(a, &|l| b.has(l) && needed(l)),
        pick(a, &|l| !b.has(l)),
        pick(b, &|l| !a.has(l)),
        pick(a, &|l| b.has(l) && !needed(l)),
    ]
}

/// The product of two factors, summed over the labels that both have and that are not needed any more.
fn contract(
    a: &Factor,
    b: &Factor,
    [batch, left, right, inner]: [Vec<Label>; 4],
    sizes: &BTreeMap<Label, usize>,
) -> Result<Factor> {
    let labels = [&batch[..], &left, &right].concat();
    let shape: Vec<usize> = labels.iter().map(|label| sizes[label]).collect();
    element_count("einsum", &shape)?;
    let (x, y) = if inner.is_empty() || (left.is_empty() && right.is_empty()) {
        // Element by element: a matrix product would be of single rows and columns.
        let x = a.arranged(&[&batch, &left, &[], &inner], sizes);
        let y = b.arranged(&[&batch, &[], &right, &inner], sizes);
        let product = multiply(&x, &y);
        return Ok(Factor { value: reshape(&total(&product, &[3]), &shape), labels });
    } else if batch.is_empty() {
        (a.arranged(&[&left, &inner], sizes), b.arranged(&[&inner, &right], sizes))
    } else {
        let x = a.arranged(&[&batch, &left, &inner], sizes);
        (x, b.arranged(&[&batch, &inner, &right], sizes))
    };
    Ok(Factor { value: reshape(&matmul(&x, &y), &shape), labels })
}

/// The sum of the products of the operands' elements in Einstein's notation: letters name axes, and what the
/// output does not name is summed over.
///
/// # Arguments
/// - `subscripts`: a term per operand with commas between, then `->` and the output's axes: `"ij,jk->ik"`. Without `->`,
///   the output has the letters that occur once, in the order of ASCII. An ellipsis stands for all axes that
///   have no letters; these broadcast and come first in an output without `->`. A letter that repeats in a
///   term takes the diagonal. Spaces do not matter.
/// - `operands`: their dtypes promote; axes of size 1 stretch to the size that their letter has elsewhere.
///
/// Of `bool`: whether any product is true. Several operands are multiplied in pairs: always the two next that
/// leave the fewest elements (G. Smith and J. Gray, *opt_einsum*, 2018, "greedy").
///
/// Errors when a term does not fit its operand, sizes differ, or the output names what the inputs do not.
pub fn einsum(subscripts: &str, operands: &[Tensor]) -> Tensor {
    Tensor::compose(&operands.iter().collect::<Vec<_>>(), || {
        let wrong = |rule| wrong(rule, subscripts, operands);
        let parsed = Subscripts::parse(subscripts, operands)?;
        let one_size = "must have one size for every letter, or 1 in another term";
        let sizes = parsed.sizes(operands).ok_or_else(|| wrong(one_size))?;
        let dtype = operands.iter().map(Tensor::dtype).fold(DType::Bool, DType::promote);
        let mut factors = Vec::with_capacity(operands.len());
        for (x, term) in operands.iter().zip(&parsed.terms) {
            let factor = Factor::new(&cast(x, dtype), term, &sizes);
            factors.push(factor.ok_or_else(|| wrong("must repeat a letter on axes of one size"))?);
        }
        let output = &parsed.output;
        // How many of the factors, and the output, still have a label.
        let mut uses: BTreeMap<Label, usize> = output.iter().map(|&l| (l, 1)).collect();
        for label in factors.iter().flat_map(|f| &f.labels) {
            *uses.entry(*label).or_default() += 1;
        }
        factors = factors.into_iter().map(|f| f.summed(|l| uses[l] > 1)).collect();
        while factors.len() > 1 {
            let growth = |a: &Factor, b: &Factor| {
                let [batch, left, right, _] = split(a, b, &|l| uses[l] > 2);
                let kept = [batch, left, right].concat();
                kept.iter().map(|l| sizes[l] as f64).product::<f64>() - a.count() - b.count()
            };
            let pairs = (1..factors.len()).flat_map(|j| (0..j).map(move |i| (i, j)));
            let cost = |&(i, j): &(usize, usize)| growth(&factors[i], &factors[j]);
            let Some((i, j)) = pairs.min_by(|p, q| cost(p).total_cmp(&cost(q))) else { break };
            let b = factors.remove(j);
            let a = factors.remove(i);
            let parts = split(&a, &b, &|l| uses[l] > 2);
            for label in a.labels.iter().filter(|l| b.has(l)) {
                uses.entry(*label).and_modify(|n| *n -= 1);
            }
            factors.push(contract(&a, &b, parts, &sizes)?);
        }
        let last = &factors[0];
        let order: Vec<usize> =
            output.iter().filter_map(|label| last.labels.iter().position(|l| l == label)).collect();
        Ok(permute(&last.value, &order))
    })
}
