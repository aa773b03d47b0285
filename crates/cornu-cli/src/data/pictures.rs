//! Pictures as a model wants them.

use cornu::io::image;
use cornu::layers::LayerRef;
use cornu::models::Model;
use cornu::{Array, DType};

use super::shapes::{Form, show};
use crate::Failure;

/// Where pictures come from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// What they are called.
    pub what: &'a str,
    /// Their largest level.
    pub white: f32,
    /// What black and white are for the model, if that was said.
    pub scale: Option<(f32, f32)>,
}

/// `uint8` pictures `[n, height, width]` or `[n, height, width, channels]` in the form of a model's input: size, channels and
/// scale. What was done is added to `notes`.
pub fn fit(
    Source { what, white, scale }: Source,
    pictures: &Array,
    model: &Model,
    form: &Form,
    notes: &mut Vec<String>,
) -> Result<Array, Failure> {
    let (shape, dtype) = form;
    let refuse = || {
        let message = format!(
            "{what}: pictures of shape {:?} cannot be made to fit the model's input {}",
            &pictures.shape()[1..],
            show(shape)
        );
        Failure::input(message)
    };
    let (count, from) = match *pictures.shape() {
        [n, h, w] => (n, (h, w, 1)),
        [n, h, w, c @ (1 | 3)] => (n, (h, w, c)),
        _ => return Err(refuse()),
    };
    let or = |size: Option<usize>, own: usize| size.unwrap_or(own);
    // Height, width and channels of what the model sees.
    let to = match shape[..] {
        [_, h, w, c] => (or(h, from.0), or(w, from.1), or(c, from.2)),
        [_, h, w] => (or(h, from.0), or(w, from.1), 1),
        [_, Some(size)] => flat(from, size).ok_or_else(refuse)?,
        _ => from,
    };
    if !matches!(to.2, 1 | 3) {
        return Err(refuse());
    }
    if to.2 != from.2 {
        let colours = if to.2 == 1 { "grey" } else { "in three channels" };
        notes.push(format!("{what}: pictures made {colours}, as the model wants them"));
    }
    if (to.0, to.1) != (from.0, from.1) {
        notes.push(format!(
            "{what}: pictures resized from {}x{} to {}x{} pixels (width x height)",
            from.1, from.0, to.1, to.0
        ));
    }
    let own = begins_by_scaling(model.as_layer());
    let (black, top) =
        scale.unwrap_or(if own || dtype.is_integer() { (0.0, 255.0) } else { (0.0, 1.0) });
    if scale.is_none() {
        let why = if own { ": the model begins by scaling them" } else { "" };
        notes.push(format!(
            "{what}: pixels go in as {black} to {top}{why} (--scale says otherwise)"
        ));
    }
    let levels: Vec<f32> =
        (0..=255).map(|level| black + level as f32 / white * (top - black)).collect();
    let all = pictures.as_slice::<u8>().map_err(Failure::input)?;
    let size = from.0 * from.1 * from.2;
    let mut values = Vec::new();
    values
        .try_reserve_exact(count * to.0 * to.1 * to.2)
        .map_err(|_| Failure::input(format!("{what}: the pictures do not fit in memory")))?;
    for picture in all.chunks_exact(size) {
        let picture = channels(picture, from.2, to.2);
        let picture = Array::new(&[from.0, from.1, to.2], picture).map_err(Failure::input)?;
        let picture = image::resize(&picture, (to.0, to.1)).map_err(Failure::input)?;
        let pixels = picture.as_slice::<u8>().map_err(Failure::input)?;
        values.extend(pixels.iter().map(|&level| levels[usize::from(level)]));
    }
    let rest = match shape[..] {
        [_, _, _, _] => vec![to.0, to.1, to.2],
        [_, _, _] => vec![to.0, to.1],
        [_, _] => vec![to.0 * to.1 * to.2],
        _ => pictures.shape()[1..].to_vec(),
    };
    let array = Array::new(&[&[count], &rest[..]].concat(), values).map_err(Failure::input)?;
    Ok(if *dtype == DType::F32 { array } else { array.cast(*dtype) })
}

/// Height and width of what a model with one input sees.
pub fn size(forms: &[Form]) -> Option<(usize, usize)> {
    match forms {
        [(shape, _)] => match shape[..] {
            [_, Some(height), Some(width), _] | [_, Some(height), Some(width)] => {
                Some((height, width))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The picture behind a flat input: as it is, grey, or square.
fn flat(
    (height, width, channels): (usize, usize, usize),
    size: usize,
) -> Option<(usize, usize, usize)> {
    if height * width * channels == size {
        return Some((height, width, channels));
    }
    if height * width == size {
        return Some((height, width, 1));
    }
    let square = |size: usize| Some(size.isqrt()).filter(|side| side * side == size && size > 1);
    let coloured = || (size.is_multiple_of(3) && channels == 3).then(|| square(size / 3)).flatten();
    coloured().map(|side| (side, side, 3)).or_else(|| square(size).map(|side| (side, side, 1)))
}

/// Grey pixels by the weights of ITU-R BT.601, as Pillow takes them, or grey ones three times.
fn channels(picture: &[u8], from: usize, to: usize) -> Vec<u8> {
    match (from, to) {
        (1, 3) => picture.iter().flat_map(|&grey| [grey; 3]).collect(),
        (3, 1) => {
            let grey = |[r, g, b]: &[u8; 3]| {
                let sum = u32::from(*r) * 19595 + u32::from(*g) * 38470 + u32::from(*b) * 7471;
                ((sum + 0x8000) >> 16) as u8
            };
            picture.as_chunks().0.iter().map(grey).collect()
        }
        _ => picture.to_vec(),
    }
}

/// Whether the first layer that sees the pictures brings them to its own scale.
fn begins_by_scaling(layer: &LayerRef) -> bool {
    let inner = layer.layers();
    match inner.iter().find(|layer| layer.class_name() != "InputLayer") {
        Some(first) => begins_by_scaling(first),
        None => matches!(
            layer.class_name().as_str(),
            "Rescaling" | "Normalization" | "BatchNormalization"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu::layers::{Flatten, Rescaling};
    use cornu::models::Sequential;

    fn through(pictures: &Array, model: &Model, scale: Option<(f32, f32)>) -> (Array, Vec<String>) {
        let mut notes = Vec::new();
        let form = super::super::shapes::inputs(model).remove(0);
        let fitted =
            fit(Source { what: "p", white: 255.0, scale }, pictures, model, &form, &mut notes);
        (fitted.unwrap(), notes)
    }

    #[test]
    fn size_channels_and_scale_follow_the_model() {
        // Pillow: Image.new("RGB", (1, 1), (200, 100, 50)).convert("L") is 124.
        let colour = Array::new(&[1, 1, 1, 3], vec![200u8, 100, 50]).unwrap();
        let grey = Sequential::new().input([2, 2, 1]).add(Flatten::new()).model().unwrap();
        let (x, notes) = through(&colour, &grey, None);
        assert_eq!(
            (x.shape(), x.to_vec::<f32>()),
            ([1, 2, 2, 1].as_slice(), vec![124.0 / 255.0; 4])
        );
        assert!(
            notes[0].contains("made grey") && notes[1].contains("from 1x1 to 2x2"),
            "{notes:?}"
        );
        assert!(notes[2].contains("as 0 to 1 "), "{notes:?}");
        let (x, notes) = through(&colour, &grey, Some((-1.0, 1.0)));
        assert_eq!((x.to_vec::<f32>()[0], notes.len()), (-1.0 + 124.0 / 255.0 * 2.0, 2));

        let level = Array::new(&[2, 2, 2], vec![0u8, 51, 102, 255, 0, 0, 0, 0]).unwrap();
        let own =
            Sequential::new().input([2, 2, 3]).add(Rescaling::new(1.0 / 255.0)).model().unwrap();
        let (x, notes) = through(&level, &own, None);
        assert_eq!(x.to_vec::<f32>()[..6], [0.0, 0.0, 0.0, 51.0, 51.0, 51.0]);
        assert!(notes[1].contains("0 to 255: the model begins by scaling"), "{notes:?}");

        let row = Sequential::new().input([4]).add(Flatten::new()).model().unwrap();
        assert_eq!(through(&level, &row, None).0.to_vec::<f32>()[..4], [0.0, 0.2, 0.4, 1.0]);
    }

    #[test]
    fn flat_inputs_are_pictures() {
        assert_eq!(flat((28, 28, 1), 784), Some((28, 28, 1)));
        assert_eq!(flat((28, 28, 3), 784), Some((28, 28, 1)));
        assert_eq!(flat((60, 48, 3), 32 * 32 * 3), Some((32, 32, 3)));
        assert_eq!(flat((64, 48, 3), 784), Some((28, 28, 1)));
        assert_eq!(flat((28, 28, 1), 10), None);
    }
}
