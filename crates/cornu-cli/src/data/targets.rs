//! Targets as a model's loss wants them.

use cornu::models::Model;
use cornu::{Array, DType};

use super::shapes;
use crate::Failure;

/// What classes and columns of targets are called, where that is known.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub classes: &'a [String],
    pub columns: &'a [String],
}

/// The targets of rows for a model: classes as numbers or one-hot, numbers as columns. `x`: the inputs, which are the targets
/// of a model that paints what it sees. What was done is added to `notes`.
pub fn fit(
    what: &str,
    y: &Array,
    Names { classes: names, columns }: Names,
    x: &[Array],
    model: &Model,
    notes: &mut Vec<String>,
) -> Result<Vec<Array>, Failure> {
    let outputs = model.output_names();
    let shapes = shapes::outputs(model);
    let losses: Vec<Option<String>> = match model.compiled() {
        None => vec![None; outputs.len()],
        Some(compile) => {
            let name = |(i, output): (usize, &String)| compile.loss_name(i, output);
            outputs
                .iter()
                .enumerate()
                .map(name)
                .collect::<Result<_, _>>()
                .map_err(Failure::input)?
        }
    };
    if model.compiled().is_some() && losses.iter().all(Option::is_none) {
        notes
            .push(format!("{what}: the targets are not used, as the model's layers make its loss"));
        return Ok(Vec::new());
    }
    let ([shape], [loss]) = (&shapes[..], &losses[..]) else {
        return several(what, y, columns, &outputs);
    };
    let rows = y.shape()[0];
    let fails = |e: cornu::Error| Failure::input(format!("{what}: {e}"));
    if let [only] = x
        && only.ndim() > 2
        && shape.len() == only.ndim()
        && shape[1..].iter().zip(&only.shape()[1..]).all(|(a, b)| a.is_none_or(|a| a == *b))
    {
        notes.push(format!(
            "{what}: the inputs are the targets, as the model gives what has their shape"
        ));
        return Ok(vec![only.clone()]);
    }
    if y.ndim() != 1 {
        return Ok(vec![y.clone()]);
    }
    let width = shape.last().copied().flatten().filter(|_| shape.len() == 2);
    let loss = loss.as_deref().unwrap_or_default();
    let sparse = loss.starts_with("Sparse");
    let one_hot = ["Categorical", "KLDivergence"].iter().any(|start| loss.starts_with(start));
    let is_class = y.dtype().is_integer();
    if sparse || width.is_some_and(|n| n > 1) && (is_class || one_hot) {
        let classes = classes(what, y, names, width)?;
        if sparse {
            return Ok(vec![Array::new(&[rows], classes).map_err(|e| fails(e.into()))?]);
        }
        let width = width.unwrap_or(1);
        let mut hot = vec![0f32; rows * width];
        for (row, class) in hot.chunks_mut(width).zip(classes) {
            row[class as usize] = 1.0;
        }
        notes.push(format!("{what}: classes one-hot, as the model's loss wants them"));
        return Ok(vec![Array::new(&[rows, width], hot).map_err(|e| fails(e.into()))?]);
    }
    if is_class && loss.starts_with("Binary") && names.len() > 2 {
        let message = format!(
            "{what}: the model tells two classes apart, the data has {}: {}",
            names.len(),
            names.join(", ")
        );
        return Err(Failure::input(message));
    }
    Ok(vec![y.cast(DType::F32).reshape(&[rows, 1]).map_err(|e| fails(e.into()))?])
}

/// Whole numbers from 0 on, below the number of the model's classes.
fn classes(
    what: &str,
    y: &Array,
    names: &[String],
    width: Option<usize>,
) -> Result<Vec<i32>, Failure> {
    if let Some(width) = width.filter(|&width| !names.is_empty() && names.len() != width) {
        let message =
            format!("{what}: the model tells {width} classes apart, the data has {}", names.len());
        return Err(Failure::input(message).hint(format!("the data's classes: {}", some(names))));
    }
    let most = width.unwrap_or(i32::MAX as usize) as f64;
    let values = y.to_vec::<f64>();
    match values.iter().find(|&&v| v.fract() != 0.0 || !(0.0..most).contains(&v)) {
        Some(bad) => {
            let rule = width.map_or("0 on".into(), |n| format!("0 to {}", n.saturating_sub(1)));
            let message =
                format!("{what}: classes must be whole numbers from {rule}. Received: {bad}");
            Err(Failure::input(message))
        }
        None => Ok(values.into_iter().map(|v| v as i32).collect()),
    }
}

/// A name as one short line.
pub fn short(name: &str) -> String {
    let line = name.replace(['\n', '\r'], " ");
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The first names, and how many more there are.
pub fn some(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(12).map(|name| short(name)).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{}, {more} more", shown.join(", ")),
    }
}

/// Columns for the outputs that are called so, or one for each output in turn.
fn several(
    what: &str,
    y: &Array,
    names: &[String],
    outputs: &[String],
) -> Result<Vec<Array>, Failure> {
    let &[rows, width] = y.shape() else {
        let message =
            format!("{what}: the model has {} outputs, the data one target", outputs.len());
        return Err(Failure::input(message)
            .hint(format!("a .npz file holds an array for each of {}", outputs.join(", "))));
    };
    if width != outputs.len() {
        let message =
            format!("{what}: the model has {} outputs, the data {width} targets", outputs.len());
        return Err(Failure::input(message).hint(format!("the outputs: {}", outputs.join(", "))));
    }
    let all = y.to_vec::<f32>();
    let by_name = outputs.iter().all(|output| names.contains(output));
    let column = |(i, output): (usize, &String)| {
        let named = || names.iter().position(|name| name == output);
        let place = if by_name { named().unwrap_or(i) } else { i };
        let values = all.chunks(width).map(|row| row[place]).collect();
        Array::new(&[rows, 1], values).map_err(Failure::input)
    };
    outputs.iter().enumerate().map(column).collect()
}
