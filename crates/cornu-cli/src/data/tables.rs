//! Rows of a table as a model wants them.

use cornu::Array;

use super::shapes::{Form, show};
use super::targets::some;
use crate::Failure;

/// The columns of a table, `[rows, columns]`, for a model's inputs: all for one input, by name for inputs of one number each that
/// are called like columns, else one after the other. What was done is added to `notes`.
pub fn fit(
    what: &str,
    table: &Array,
    columns: &[String],
    names: &[String],
    forms: &[Form],
    notes: &mut Vec<String>,
) -> Result<Vec<Array>, Failure> {
    let &[rows, width] = table.shape() else {
        return Ok(vec![table.clone()]);
    };
    // How many numbers an input takes from a row; none where it takes any number.
    let sizes: Vec<Option<usize>> =
        forms.iter().map(|(shape, _)| shape[1..].iter().copied().product()).collect();
    let by_name = names.len() > 1
        && names.iter().all(|name| columns.contains(name))
        && sizes.iter().all(|&size| size == Some(1));
    let needed: Option<usize> = sizes.iter().copied().sum();
    if !by_name && (forms.len() > 1 || needed.is_some()) && needed != Some(width) {
        let needed = needed.map_or("another number of".into(), |n| n.to_string());
        let message =
            format!("{what}: the model takes {needed} numbers a row, the data has {width}");
        let shown = if columns.is_empty() { String::new() } else { format!(": {}", some(columns)) };
        let hint = format!(
            "--drop leaves a column out, --target names one that is no input; taken as inputs now: \
             {width} columns{shown}"
        );
        return Err(Failure::input(message).hint(hint));
    }
    let all = table.to_vec::<f32>();
    let cut = |from: usize, to: usize| -> Vec<f32> {
        all.chunks(width.max(1)).flat_map(|row| row[from..to].iter().copied()).collect()
    };
    let mut start = 0;
    let mut inputs = Vec::new();
    for (((shape, dtype), size), name) in forms.iter().zip(&sizes).zip(names) {
        let size = size.unwrap_or(width);
        let from = match columns.iter().position(|column| column == name) {
            Some(place) if by_name => place,
            _ => start,
        };
        let mut to_shape = vec![rows];
        to_shape.extend(shape[1..].iter().map(|n| n.unwrap_or(size)));
        if names.len() > 1 {
            let columns: Vec<String> = (from..from + size)
                .map(|i| columns.get(i).cloned().unwrap_or_else(|| (i + 1).to_string()))
                .collect();
            notes.push(format!("{what}: input {name} takes {}", some(&columns)));
        } else if shape.len() > 2 {
            notes.push(format!("{what}: rows of {width} numbers as {}", show(shape)));
        }
        let array = Array::new(&to_shape, cut(from, from + size)).map_err(Failure::input)?;
        inputs.push(array.cast(*dtype));
        start += size;
    }
    Ok(if inputs.is_empty() { vec![table.clone()] } else { inputs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu::DType;

    #[test]
    fn columns_go_to_inputs() {
        let table = Array::new(&[2, 3], vec![1f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let strings =
            |names: &[&str]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
        let through = |inputs: &[(&str, &[Option<usize>])]| {
            let names: Vec<&str> = inputs.iter().map(|input| input.0).collect();
            let forms: Vec<Form> =
                inputs.iter().map(|(_, rest)| ([&[None], *rest].concat(), DType::F32)).collect();
            let mut notes = Vec::new();
            let fitted =
                fit("t", &table, &strings(&["a", "b", "c"]), &strings(&names), &forms, &mut notes);
            fitted.map(|arrays| (arrays, notes))
        };
        for any in [Some(3), None] {
            assert_eq!(through(&[("x", &[any])]).unwrap(), (vec![table.clone()], vec![]));
        }
        let (arrays, notes) = through(&[("x", &[Some(3), Some(1)])]).unwrap();
        assert_eq!((arrays[0].shape(), notes.len()), ([2, 3, 1].as_slice(), 1));
        // One after the other, or by name.
        let (arrays, notes) = through(&[("x", &[Some(1)]), ("y", &[Some(2)])]).unwrap();
        let values: Vec<Vec<f32>> = arrays.iter().map(Array::to_vec).collect();
        assert_eq!(values, [vec![1.0, 4.0], vec![2.0, 3.0, 5.0, 6.0]]);
        assert!(notes[1].ends_with("input y takes b, c"), "{notes:?}");
        let (arrays, _) = through(&[("c", &[Some(1)]), ("a", &[Some(1)])]).unwrap();
        let values: Vec<Vec<f32>> = arrays.iter().map(Array::to_vec).collect();
        assert_eq!(values, [vec![3.0, 6.0], vec![1.0, 4.0]]);
        let said = format!("{:?}", through(&[("x", &[Some(2)])]).unwrap_err());
        assert!(
            said.contains("takes 2 numbers a row, the data has 3") && said.contains("a, b, c"),
            "{said}"
        );
    }
}
