//! Confusion matrices.

use super::canvas::{Anchor, Canvas, INK, LARGE, NORMAL, Rgb, SMALL};
use super::{Image, font};
use crate::{Array, Error, Result};

const FUNCTION: &str = "plot::confusion_matrix";
const PAD: f32 = 16.0;
/// The room for a class's name.
const NAME: f32 = 240.0;
/// The scale on the right: its distance, its width, and the room for its numbers.
const SCALE: (f32, f32, f32) = (24.0, 18.0, 56.0);
/// The room that a title has, where the matrix is narrower.
const TITLE: f32 = 928.0;
/// The colour of a row of a class that has no samples: there is nothing of which a cell could be a part.
const EMPTY: Rgb = [236, 236, 236];
/// Words turned by this angle take less room.
const TURN: f32 = 45.0;

/// A heat map of how often each class was taken for which.
///
/// - `title`: words over the picture; "" for none.
/// - `counts`: shape (classes, classes); the row is the true class, the column the predicted one.
///   Any numeric type.
/// - `class_names`: as many names as classes, or none for numbers.
///
/// Each cell holds its count, and is shaded by its part of the row: of all that truly belong to the
/// class. The row of a class without samples is grey. With many classes the numbers, then some of the names, are left out.
///
/// # Errors
/// When `counts` is not square, has no classes or over 4096, holds a number that is negative or not
/// finite, or the number of names is wrong.
///
/// ```
/// use cornu::{Array, plot};
/// let counts = Array::new(&[2, 2], vec![48i64, 2, 5, 45])?;
/// plot::confusion_matrix("Test set", &counts, &["cat", "dog"])?;
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn confusion_matrix(title: &str, counts: &Array, class_names: &[&str]) -> Result<Image> {
    let invalid = |argument: &str, rule: &str, received: String| {
        Err(Error::invalid(FUNCTION, argument, rule, received))
    };
    let classes = match *counts.shape() {
        [rows, columns] if rows == columns && (1..=4096).contains(&rows) => rows,
        ref other => {
            let rule = "must have shape (classes, classes), for 1 to 4096 classes";
            return invalid("counts", rule, format!("shape {other:?}"));
        }
    };
    let values = counts.to_vec::<f64>();
    if let Some(bad) = values.iter().find(|v| !(v.is_finite() && **v >= 0.0)) {
        return invalid("counts", "must be finite and at least 0", bad.to_string());
    }
    if !class_names.is_empty() && class_names.len() != classes {
        let received = format!("{} names for {classes} classes", class_names.len());
        return invalid("class_names", "must have one name for each class, or none", received);
    }
    let names: Vec<String> = (0..classes)
        .map(|i| class_names.get(i).map_or_else(|| i.to_string(), |n| n.to_string()))
        .map(|name| font::fit_name(&name, SMALL, NAME))
        .collect();
    Layout::new(names, title).draw(title, &values)
}

/// Where things are; lengths are in pixels.
struct Layout {
    names: Vec<String>,
    cell: f32,
    /// The left and the upper end of the matrix, and its side.
    left: f32,
    top: f32,
    side: f32,
    turned: bool,
    width: f32,
    height: f32,
}

impl Layout {
    fn new(names: Vec<String>, title: &str) -> Layout {
        let widest = names.iter().map(|n| font::width(n, SMALL)).fold(0.0, f32::max);
        // As large as numbers in the cells need, but not more than a screen shows.
        let classes = names.len() as f32;
        let cell = (720.0 / classes).clamp((1000.0 / classes).min(36.0), 160.0).floor().max(1.0);
        let side = cell * names.len() as f32;
        // Numbers need no turn: where they get too wide, some are left out.
        let turned = widest > cell - 8.0 && names.iter().any(|n| n.parse::<f64>().is_err());
        let left = PAD + NORMAL + 14.0 + widest + 8.0;
        let top = PAD + if title.is_empty() { 0.0 } else { LARGE + 14.0 };
        let below = if turned { (widest + SMALL) * TURN.to_radians().sin() } else { SMALL };
        let title = font::width(&font::fit(title, LARGE, TITLE), LARGE);
        let width = (left + side + SCALE.0 + SCALE.1 + SCALE.2 + PAD).max(title + 2.0 * PAD);
        let height = top + side + 10.0 + below + 12.0 + NORMAL + PAD;
        Layout { names, cell, left, top, side, turned, width, height }
    }

    fn draw(&self, title: &str, values: &[f64]) -> Result<Image> {
        let mut canvas = Canvas::new(FUNCTION, self.width.ceil(), self.height.ceil())?;
        let middle = self.left + self.side / 2.0;
        let title = font::fit(title, LARGE, self.width - 2.0 * PAD);
        let half = font::width(&title, LARGE) / 2.0;
        let x = middle.clamp(PAD + half, (self.width - PAD - half).max(PAD + half));
        let place = (x, PAD + LARGE * font::CAPITAL);
        canvas.text(&title, place, LARGE, Anchor::Middle, 0.0, INK);
        let place = (middle, self.height - PAD);
        canvas.text("predicted class", place, NORMAL, Anchor::Middle, 0.0, INK);
        let place = (PAD + NORMAL * font::CAPITAL, self.top + self.side / 2.0);
        canvas.text("true class", place, NORMAL, Anchor::Middle, 90.0, INK);
        self.draw_names(&mut canvas);
        self.draw_cells(&mut canvas, values);
        self.draw_scale(&mut canvas);
        canvas.finish()
    }

    fn draw_names(&self, canvas: &mut Canvas) {
        let widest = self.names.iter().map(|n| font::width(n, SMALL)).fold(0.0, f32::max);
        let needed = if self.turned { SMALL * 1.6 } else { widest.max(SMALL) + 8.0 };
        // Every class, or every second, fifth, tenth …
        let mut every = 1;
        while self.cell * (every as f32) < needed {
            every = if every.to_string().starts_with('2') { every / 2 * 5 } else { every * 2 };
        }
        let down = SMALL * font::CAPITAL;
        for (i, name) in self.names.iter().enumerate().step_by(every) {
            let place = (self.left - 8.0, self.centre(self.top, i) + down / 2.0);
            canvas.text(name, place, SMALL, Anchor::End, 0.0, INK);
        }
        for (i, name) in self.names.iter().enumerate().step_by(every) {
            let (x, y) = (self.centre(self.left, i), self.top + self.side + 10.0);
            if self.turned {
                let place = (x + down / 2.0, y + down / 2.0);
                canvas.text(name, place, SMALL, Anchor::End, TURN, INK);
            } else {
                canvas.text(name, (x, y + down), SMALL, Anchor::Middle, 0.0, INK);
            }
        }
    }

    fn draw_cells(&self, canvas: &mut Canvas, values: &[f64]) {
        let texts: Vec<String> = values.iter().map(|&v| number(v)).collect();
        let widest = texts.iter().map(|t| font::width(t, 1.0)).fold(0.0, f32::max);
        // One size for all, as large as the widest allows; none when that is too small to read.
        let size = ((self.cell - 6.0) / widest).min(self.cell * 0.5).min(NORMAL);
        for (row, line) in values.chunks(self.names.len()).enumerate() {
            let largest = line.iter().fold(0.0, |m, &v| f64::max(m, v));
            // Parts of the largest cannot overflow.
            let total: f64 = line.iter().map(|v| v / largest).sum();
            for (column, &value) in line.iter().enumerate() {
                let (x, y) = (
                    self.left.round() + self.cell * column as f32,
                    self.top.round() + self.cell * row as f32,
                );
                // Cells show their borders unless they are too small for that.
                let border = if self.cell >= 12.0 { 1.0 } else { 0.0 };
                let shade =
                    if largest > 0.0 { shade((value / largest / total) as f32) } else { EMPTY };
                canvas.rectangle(x, y, self.cell - border, self.cell - border, shade);
                if size >= 9.0 {
                    let baseline = y + (self.cell - 1.0 + size * font::CAPITAL) / 2.0;
                    let place = (x + (self.cell - 1.0) / 2.0, baseline);
                    let text = &texts[row * self.names.len() + column];
                    // Zeros step back, so that the mistakes stand out.
                    let ink = if value == 0.0 { [150, 160, 172] } else { ink_on(shade) };
                    canvas.text(text, place, size, Anchor::Middle, 0.0, ink);
                }
            }
        }
    }

    fn draw_scale(&self, canvas: &mut Canvas) {
        let left = self.left.round() + self.side + SCALE.0;
        let top = self.top.round();
        let rows = self.side as usize;
        for row in 0..rows {
            let part = 1.0 - row as f32 / (rows.max(2) - 1) as f32;
            canvas.rectangle(left, top + row as f32, SCALE.1, 1.0, shade(part));
        }
        for percent in [0u8, 25, 50, 75, 100] {
            let y = top + self.side * (1.0 - f32::from(percent) / 100.0);
            let place = (left + SCALE.1 + 6.0, y + SMALL * font::CAPITAL / 2.0);
            canvas.text(&format!("{percent} %"), place, SMALL, Anchor::Start, 0.0, INK);
        }
    }

    fn centre(&self, start: f32, i: usize) -> f32 {
        start + self.cell * (i as f32 + 0.5)
    }
}

/// A count as text: whole numbers without decimals, and large ones short.
fn number(value: f64) -> String {
    if value >= 1e7 {
        format!("{value:.1e}")
    } else if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

/// From almost white over blue to dark blue.
fn shade(part: f32) -> Rgb {
    const STOPS: [[f32; 3]; 4] =
        [[243.0, 246.0, 250.0], [158.0, 198.0, 236.0], [46.0, 118.0, 196.0], [10.0, 44.0, 98.0]];
    let at = part.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let stop = (at as usize).min(STOPS.len() - 2);
    let t = at - stop as f32;
    std::array::from_fn(|c| (STOPS[stop][c] * (1.0 - t) + STOPS[stop + 1][c] * t).round() as u8)
}

/// Black or white, whichever has more contrast.
///
/// Source: relative luminance and contrast of the Web Content Accessibility Guidelines 2.1.
fn ink_on(background: Rgb) -> Rgb {
    let lightness = luminance(background) + 0.05;
    if lightness * lightness > (luminance(INK) + 0.05) * 1.05 { INK } else { [255; 3] }
}

fn luminance(rgb: Rgb) -> f32 {
    let [r, g, b] = rgb.map(|v| {
        let v = f32::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(classes: usize, values: Vec<f64>) -> Array {
        Array::new(&[classes, classes], values).unwrap()
    }

    /// The colour near the upper left corner of a cell, where no number is.
    fn background(image: &Image, layout: &Layout, row: usize, column: usize) -> Rgb {
        let at = |start: f32, i: usize| (start.round() + layout.cell * i as f32) as usize + 2;
        let pixel = image.pixel(at(layout.left, column), at(layout.top, row));
        pixel.and_then(|p| p.try_into().ok()).unwrap()
    }

    #[test]
    fn cells_are_shaded_by_their_part_of_the_row() {
        let counts = matrix(3, vec![8.0, 2.0, 0.0, 0.0, 1.0, 3.0, 0.0, 0.0, 0.0]);
        let image = confusion_matrix("t", &counts, &["a", "b", "c"]).unwrap();
        let layout = Layout::new(["a", "b", "c"].map(String::from).to_vec(), "t");
        let parts = [[0.8, 0.2, 0.0], [0.0, 0.25, 0.75]];
        for (row, line) in parts.iter().enumerate() {
            for (column, &part) in line.iter().enumerate() {
                let found = background(&image, &layout, row, column);
                assert_eq!(found, shade(part), "row {row}, column {column}");
            }
        }
        // No sample is of the third class.
        assert!((0..3).all(|column| background(&image, &layout, 2, column) == EMPTY));
        assert_eq!(image, confusion_matrix("t", &counts, &["a", "b", "c"]).unwrap());
    }

    #[test]
    fn numbers_can_be_read_on_every_shade() {
        let contrast = |a: Rgb, b: Rgb| {
            let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
            a.max(b) / a.min(b)
        };
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-3);
        for percent in 0..=100 {
            let background = shade(percent as f32 / 100.0);
            let ratio = contrast(background, ink_on(background));
            // 3 is the guidelines' least for graphics and large text, 4.5 for small text.
            assert!(ratio >= 3.8, "{percent} %: {ratio}");
        }
    }

    #[test]
    fn titles_and_names_have_room() {
        let title = "Test set: a title that is longer than the matrix is wide";
        let image = confusion_matrix(title, &matrix(1, vec![1.0]), &[]).unwrap();
        assert!(image.width as f32 >= font::width(title, LARGE));
        // Long names that differ only at their ends are not cut to the same.
        let name = "国家一级保护野生动物大熊猫及其栖息地类别";
        let draw = |end: &str| {
            let names = [format!("{name}{end}"), "x".into()];
            confusion_matrix("", &matrix(2, vec![1.0; 4]), &names.each_ref().map(String::as_str))
        };
        assert_ne!(draw("一").unwrap(), draw("二").unwrap());
    }

    #[test]
    fn any_number_of_classes_is_drawn() {
        for classes in [1, 2, 9, 30, 150] {
            let counts = matrix(classes, vec![123.0; classes * classes]);
            for names in [vec![], vec!["a long name of a class"; classes]] {
                let image = confusion_matrix("", &counts, &names).unwrap();
                assert!((200..1500).contains(&image.width), "{classes}: {}", image.width);
            }
        }
        for value in [0.0, 1e-300, 1e12, f64::MAX] {
            confusion_matrix("t", &matrix(2, vec![value; 4]), &[]).unwrap();
        }
        let counts = Array::new(&[2, 2], vec![1i64, 2, 3, 4]).unwrap();
        confusion_matrix("t", &counts, &[]).unwrap();
    }

    #[test]
    fn what_is_no_confusion_matrix_is_an_error() {
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(confusion_matrix("t", &matrix(1, vec![bad]), &[]).is_err());
        }
        for shape in [&[][..], &[4], &[2, 3], &[0, 0], &[1, 1, 1], &[5000, 5000]] {
            let counts = Array::zeros(shape, crate::DType::U8).unwrap();
            let error = confusion_matrix("t", &counts, &[]).unwrap_err().to_string();
            assert!(error.contains("`counts` must have shape"), "{error}");
        }
        let error = confusion_matrix("t", &matrix(1, vec![1.0]), &["a", "b"]).unwrap_err();
        assert!(error.to_string().contains("2 names for 1 classes"), "{error}");
    }
}
