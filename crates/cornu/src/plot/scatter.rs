//! Points in a plane.

use std::collections::BTreeSet;

use super::axis::{Axis, Scale};
use super::canvas::{INK, NORMAL, Rgb, color};
use super::chart::{Chart, Legend, Words};
use super::{Image, font};
use crate::{Error, Result};

const SIZE: (f32, f32) = (960.0, 800.0);

/// Up to this many classes, each has its name written where its points are …
const NAMED: usize = 20;
/// … if classes have this many points, of which a name hides only some.
const CLOUD: usize = 50;

/// Points in a plane, for [`scatter`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Points<'a> {
    /// Coordinates to the right.
    pub xs: &'a [f64],
    /// Coordinates upwards, as many.
    pub ys: &'a [f64],
    /// The class of each point, which gives its colour; `None` for one colour.
    pub labels: Option<&'a [i32]>,
    /// The name of class 0, of class 1, …; a class without a name is called by its number.
    pub class_names: &'a [&'a str],
}

/// Points as translucent dots, coloured by class: a latent space, for example. 960 x 800 pixels.
///
/// Up to 20 classes of 50 points and more (on average) also have their names written at their median
/// points, so that nobody depends on the colours.
///
/// - `title`, `x_label`, `y_label`: words around the picture; "" for none.
/// - `points`: the dots, at least one. Those with a coordinate that is not finite are left out.
///
/// # Errors
/// When there are no points, or `xs`, `ys` and `labels` have different lengths.
///
/// ```
/// use cornu::plot::{self, Points};
/// let points = Points {
///     xs: &[0.1, -1.2, 0.7],
///     ys: &[0.3, 0.8, -0.5],
///     labels: Some(&[0, 1, 0]),
///     class_names: &["cat", "dog"],
/// };
/// let picture = plot::scatter("Latent space", "z[0]", "z[1]", &points)?;
/// assert_eq!((picture.width, picture.height), (960, 800));
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn scatter(title: &str, x_label: &str, y_label: &str, points: &Points) -> Result<Image> {
    let invalid = |argument: &str, rule: &str, received: String| {
        Err(Error::invalid("plot::scatter", argument, rule, received))
    };
    let Points { xs, ys, labels, class_names } = *points;
    if xs.is_empty() || xs.len() != ys.len() {
        let rule = "must hold at least one coordinate and as many as `ys`";
        return invalid("xs", rule, format!("{} xs, {} ys", xs.len(), ys.len()));
    }
    if let Some(labels) = labels.filter(|l| l.len() != xs.len()) {
        let received = format!("{} labels for {} points", labels.len(), xs.len());
        return invalid("labels", "must have one class for each point", received);
    }
    let classes: BTreeSet<i32> = labels.unwrap_or_default().iter().copied().collect();
    let entries: Vec<(String, Rgb)> = classes
        .iter()
        .map(|&class| {
            let name = usize::try_from(class).ok().and_then(|c| class_names.get(c));
            (name.map_or_else(|| class.to_string(), |n| n.to_string()), color(class.into()))
        })
        .collect();

    let shows = |v: f64| Scale::Linear.shows(v);
    let shown: Vec<usize> = (0..xs.len()).filter(|&i| shows(xs[i]) && shows(ys[i])).collect();
    let x = Axis::around(shown.iter().map(|&i| xs[i]), Scale::Linear, 8);
    let y = Axis::around(shown.iter().map(|&i| ys[i]), Scale::Linear, 8);
    let words = Words { title, x: x_label, y: y_label };
    let mut chart = Chart::new("plot::scatter", SIZE, &words, (x, y), Legend::Right, &entries)?;
    let (radius, opacity) = match shown.len() {
        0..200 => (5.0, 0.85),
        200..2000 => (4.0, 0.7),
        2000..20_000 => (3.0, 0.55),
        _ => (2.2, 0.4),
    };
    // In the order of the points, not of the classes, so that no class hides another.
    for &i in &shown {
        let rgb = color(labels.map_or(0, |l| l[i].into()));
        let (x, y) = (chart.x_at(xs[i]), chart.y_at(ys[i]));
        chart.canvas.disc(x, y, radius, rgb, opacity);
    }
    let named = (2..=NAMED).contains(&classes.len()) && shown.len() >= CLOUD * classes.len();
    if let Some(labels) = labels.filter(|_| named) {
        for (class, (name, _)) in classes.iter().zip(&entries) {
            let of_class = || shown.iter().filter(|&&i| labels[i] == *class);
            let (x, y) = (median(of_class().map(|&i| xs[i])), median(of_class().map(|&i| ys[i])));
            if let (Some(x), Some(y)) = (x, y) {
                let place = (chart.x_at(x), chart.y_at(y));
                chart.canvas.text_with_rim(
                    &font::fit_name(name, NORMAL, 120.0),
                    place,
                    NORMAL,
                    INK,
                );
            }
        }
    }
    if shown.is_empty() {
        chart.note("no finite points to draw");
    }
    chart.finish()
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points<'a>(xs: &'a [f64], ys: &'a [f64], labels: Option<&'a [i32]>) -> Points<'a> {
        Points { xs, ys, labels, class_names: &[] }
    }

    /// The mean place of the pixels that have about the colour of a class, left of the legend.
    fn centre(image: &Image, class: i64) -> Option<(f64, f64)> {
        let near = |p: &[u8]| p.iter().zip(color(class)).all(|(a, b)| a.abs_diff(b) < 40);
        let all = (0..895).flat_map(|x| (60..image.height).map(move |y| (x, y)));
        let found: Vec<_> = all.filter(|&(x, y)| image.pixel(x, y).is_some_and(near)).collect();
        let n = found.len() as f64;
        let sum = found.iter().fold((0, 0), |s, p| (s.0 + p.0, s.1 + p.1));
        (n > 0.0).then(|| (sum.0 as f64 / n, sum.1 as f64 / n))
    }

    #[test]
    fn classes_lie_where_their_points_are() {
        let (xs, ys) = ([-1.0, 1.0, 1.0], [-1.0, -1.0, 1.0]);
        let image = scatter("t", "x", "y", &points(&xs, &ys, Some(&[0, 1, 2]))).unwrap();
        let [a, b, c] = [0, 1, 2].map(|k| centre(&image, k).unwrap());
        assert!((a.1 - b.1).abs() < 2.0 && b.0 - a.0 > 500.0, "{a:?} {b:?}");
        assert!((c.0 - b.0).abs() < 2.0 && b.1 - c.1 > 500.0, "{b:?} {c:?}");
        let image = scatter("t", "x", "y", &points(&xs, &ys, None)).unwrap();
        assert!(centre(&image, 1).is_none() && centre(&image, 0).is_some());
    }

    #[test]
    fn a_cloud_has_its_name_in_the_middle() {
        let spread = |i: usize| (i % 10) as f64 / 10.0;
        let xs: Vec<f64> = (0..200).map(|i| spread(i) + 5.0 * (i / 100) as f64).collect();
        let ys: Vec<f64> = (0..200).map(|i| spread(i / 10)).collect();
        let labels: Vec<i32> = (0..200).map(|i| i / 100).collect();
        // Left of the legend and under the title.
        let dark = |image: &Image| {
            let all = (0..800).flat_map(|x| (100..700).map(move |y| (x, y)));
            all.filter(|&(x, y)| image.pixel(x, y).is_some_and(|p| *p == INK)).count()
        };
        let draw = |names: &[&str]| {
            let points = Points { xs: &xs, ys: &ys, labels: Some(&labels), class_names: names };
            dark(&scatter("t", "x", "y", &points).unwrap())
        };
        assert!(draw(&["HHH", "HHH"]) > draw(&["", ""]) + 20);
    }

    #[test]
    fn degenerate_points_are_drawn() {
        let nan = f64::NAN;
        for (x, y) in [(0.0, 0.0), (nan, 1.0), (1.0, f64::INFINITY), (f64::MAX, 1e-320)] {
            let labels = Some(&[i32::MIN][..]);
            let image = scatter("t", "x", "y", &points(&[x], &[y], labels)).unwrap();
            assert_eq!((image.width, image.height, image.channels), (960, 800, 3));
        }
        let many: Vec<i32> = (0..500).collect();
        let zeros = vec![0.0; 500];
        let image = scatter("", "", "", &points(&zeros, &zeros, Some(&many))).unwrap();
        // The legend ends before the picture does, with the number of the classes that it leaves out.
        assert!((0..image.height).all(|y| image.pixel(955, y) == Some(&[255; 3][..])));
    }

    #[test]
    fn what_does_not_fit_together_is_an_error() {
        assert!(scatter("t", "x", "y", &points(&[], &[], None)).is_err());
        assert!(scatter("t", "x", "y", &points(&[1.0], &[], None)).is_err());
        let error = scatter("t", "x", "y", &points(&[1.0], &[1.0], Some(&[]))).unwrap_err();
        assert!(error.to_string().contains("0 labels for 1 points"), "{error}");
    }
}
