//! Curves: series of points joined by lines, and functions.

use super::Image;
use super::axis::{Axis, Scale};
use super::canvas::{Rgb, color};
use super::chart::{Chart, Legend, Words};
use crate::{Error, Result};

const SIZE: (f32, f32) = (960.0, 640.0);
/// Up to this many points, each gets a dot.
const DOTS: usize = 30;

/// With more points than this, noise would paint over the curves: they become pale, and bold curves
/// through the means of [`BLOCKS`] blocks lie over them.
const CROWDED: usize = 1500;
const BLOCKS: usize = 100;

/// A named curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What the legend calls it; a curve without a name stays out of the legend.
    pub name: String,
    /// Where the points are, in the order in which lines join them.
    pub xs: Vec<f64>,
    /// Their values; the line has a gap where one is not finite.
    pub ys: Vec<f64>,
}

impl Series {
    /// A curve through the points (`xs[i]`, `ys[i]`).
    pub fn new(name: impl Into<String>, xs: &[f64], ys: &[f64]) -> Series {
        Series { name: name.into(), xs: xs.to_vec(), ys: ys.to_vec() }
    }

    /// A curve through one value for each epoch, counted from 1.
    ///
    /// ```
    /// use cornu::plot::Series;
    /// assert_eq!(Series::by_epoch("loss", &[0.5, 0.25]), Series::new("loss", &[1.0, 2.0], &[0.5, 0.25]));
    /// ```
    pub fn by_epoch(name: impl Into<String>, ys: &[f64]) -> Series {
        let xs = (1..=ys.len()).map(|epoch| epoch as f64).collect();
        Series { name: name.into(), xs, ys: ys.to_vec() }
    }
}

/// Learning curves and other lines, 960 x 640 pixels.
///
/// - `title`, `x_label`, `y_label`: words around the picture; "" for none.
/// - `series`: the curves, at least one, each with at least one point. Points that are not finite
///   leave gaps. If all the x are whole numbers (epochs), so are the ticks.
///
/// If a curve has over 1500 points, the curves are pale and bold lines show the means of about 100
/// blocks of each; the x label then says so.
///
/// # Errors
/// When there is no series, one has no points, or its `xs` and `ys` have different lengths.
///
/// ```
/// use cornu::plot::{self, Series};
/// let train = Series::by_epoch("training", &[0.9, 0.5, 0.3]);
/// let validation = Series::by_epoch("validation", &[0.8, 0.6, 0.5]);
/// let picture = plot::lines("Loss", "epoch", "loss", &[train, validation])?;
/// assert_eq!((picture.width, picture.height), (960, 640));
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn lines(title: &str, x_label: &str, y_label: &str, series: &[Series]) -> Result<Image> {
    draw("plot::lines", &Words { title, x: x_label, y: y_label }, series, Scale::Linear)
}

/// [`lines`] with a logarithmic y axis; values of 0 and less leave gaps.
///
/// # Errors
/// As [`lines`].
///
/// ```
/// use cornu::plot::{self, Series};
/// let losses: Vec<f64> = (0..50).map(|epoch| 0.8f64.powi(epoch)).collect();
/// plot::semilogy("Loss", "epoch", "loss", &[Series::by_epoch("training", &losses)])?;
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn semilogy(title: &str, x_label: &str, y_label: &str, series: &[Series]) -> Result<Image> {
    draw("plot::semilogy", &Words { title, x: x_label, y: y_label }, series, Scale::Log)
}

/// The curve of a function between two numbers.
///
/// `f` is evaluated at 481 places from `low` to `high`; where it is not finite, the curve has a gap.
///
/// # Errors
/// When `low` is not less than `high`, or one of them is not finite.
///
/// ```
/// use cornu::plot;
/// plot::curve("Sigmoid", "x", "sigmoid(x)", |x| 1.0 / (1.0 + (-x).exp()), -6.0, 6.0)?;
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn curve(
    title: &str,
    x_label: &str,
    y_label: &str,
    f: impl Fn(f64) -> f64,
    low: f64,
    high: f64,
) -> Result<Image> {
    if !(low < high && low.is_finite() && high.is_finite()) {
        let rule = "must be finite and less than `high`";
        return Err(Error::invalid("plot::curve", "low", rule, format!("{low}, high={high}")));
    }
    let xs: Vec<f64> =
        (0..=480).map(|i| f64::from(i) / 480.0).map(|t| low * (1.0 - t) + high * t).collect();
    let ys = xs.iter().map(|&x| f(x)).collect();
    let series = Series { name: String::new(), xs, ys };
    draw("plot::curve", &Words { title, x: x_label, y: y_label }, &[series], Scale::Linear)
}

fn draw(function: &str, words: &Words, series: &[Series], y_scale: Scale) -> Result<Image> {
    if series.is_empty() {
        return Err(Error::invalid(function, "series", "must hold at least one curve", "none"));
    }
    for Series { name, xs, ys } in series {
        if xs.len() != ys.len() || xs.is_empty() {
            let rule = "must have as many xs as ys, at least one";
            let received = format!("`{name}` with {} xs and {} ys", xs.len(), ys.len());
            return Err(Error::invalid(function, "series", rule, received));
        }
    }
    let whole = series.iter().flat_map(|s| &s.xs).all(|x| x.fract() == 0.0);
    let x_scale = if whole { Scale::Whole } else { Scale::Linear };
    let shows = |&(x, y): &(f64, f64)| x_scale.shows(x) && y_scale.shows(y);
    let points =
        || series.iter().flat_map(|s| s.xs.iter().copied().zip(s.ys.iter().copied())).filter(shows);
    let x = Axis::around(points().map(|p| p.0), x_scale, 10);
    let y = Axis::around(points().map(|p| p.1), y_scale, 8);
    let entries: Vec<(String, Rgb)> =
        series.iter().enumerate().map(|(i, s)| (legend(s, shows), color(i as i64))).collect();
    let longest = series.iter().map(|s| s.xs.len()).max().unwrap_or(0);
    let block = if longest > CROWDED { longest / BLOCKS } else { 1 };
    let x_label = match block {
        1 => words.x.to_owned(),
        _ => format!("{} (bold: means of {block} points)", words.x).trim().to_owned(),
    };
    let words = Words { x: &x_label, ..*words };
    let mut chart = Chart::new(function, SIZE, &words, (x, y), Legend::Above, &entries)?;
    if block > 1 {
        for (series, (_, rgb)) in series.iter().zip(&entries) {
            for piece in pieces(series, shows) {
                chart.canvas.line(&places(&chart, &piece), 1.0, *rgb, 0.15);
            }
        }
    }
    for (i, (curve, (_, rgb))) in series.iter().zip(&entries).enumerate() {
        // A curve that lies under an equal one shows as its rim.
        let equal = |other: &Series| (&other.xs, &other.ys) == (&curve.xs, &curve.ys);
        let rim = if series[i + 1..].iter().any(equal) { 2.0 } else { 0.0 };
        for piece in pieces(curve, shows) {
            let places = places(&chart, &means(&piece, block));
            if block > 1 {
                // A white rim sets the bold line off from the pale one.
                chart.canvas.line(&places, 6.0, [255; 3], 0.8);
            }
            chart.canvas.line(&places, 2.4 + 2.0 * rim, *rgb, 1.0);
            if longest <= DOTS || places.len() == 1 {
                for (x, y) in places {
                    chart.canvas.disc(x, y, 4.0 + rim, *rgb, 1.0);
                }
            }
        }
    }
    if points().next().is_none() {
        chart.note("no finite values to draw");
    }
    chart.finish()
}

/// What the legend says of a curve.
fn legend(series: &Series, shows: impl Fn(&(f64, f64)) -> bool) -> String {
    if series.name.is_empty() || !pieces(series, shows).is_empty() {
        return series.name.clone();
    }
    format!("{} (no finite values)", series.name)
}

/// The parts of a curve between its gaps.
fn pieces(series: &Series, shows: impl Fn(&(f64, f64)) -> bool) -> Vec<Vec<(f64, f64)>> {
    let points: Vec<(f64, f64)> =
        series.xs.iter().copied().zip(series.ys.iter().copied()).collect();
    points.split(|p| !shows(p)).filter(|p| !p.is_empty()).map(<[_]>::to_vec).collect()
}

/// The mean points of blocks of `block` points.
fn means(points: &[(f64, f64)], block: usize) -> Vec<(f64, f64)> {
    let mean = |values: &[(f64, f64)]| {
        let n = values.len() as f64;
        let (x, y) = values.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
        (x / n, y / n)
    };
    points.chunks(block).map(mean).collect()
}

fn places(chart: &Chart, points: &[(f64, f64)]) -> Vec<(f32, f32)> {
    points.iter().map(|&(x, y)| (chart.x_at(x), chart.y_at(y))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    /// The pixels in the colour of a curve below the legend, sorted by column.
    fn inked(image: &Image, curve: i64) -> Vec<(usize, usize)> {
        let rgb = color(curve);
        let all = (0..image.width).flat_map(|x| (80..image.height).map(move |y| (x, y)));
        all.filter(|&(x, y)| image.pixel(x, y) == Some(&rgb[..])).collect()
    }

    fn one(ys: &[f64]) -> Image {
        lines("t", "x", "y", &[Series::by_epoch("a", ys)]).unwrap()
    }

    #[test]
    fn a_rising_curve_rises_from_left_to_right() {
        let ys: Vec<f64> = (0..100).map(f64::from).collect();
        let ink = inked(&one(&ys), 0);
        let (first, last) = (ink[0], ink[ink.len() - 1]);
        assert!(last.0 - first.0 > 700 && first.1 - last.1 > 400, "{first:?} {last:?}");
        // It is straight: the middle lies in the middle.
        let middle = ink[ink.len() / 2];
        assert!(middle.1.abs_diff((first.1 + last.1) / 2) < 6, "{middle:?}");
        let falling: Vec<f64> = (0..100).map(|i| 0.7f64.powi(i)).collect();
        let image = semilogy("t", "x", "y", &[Series::by_epoch("a", &falling)]).unwrap();
        let ink = inked(&image, 0);
        let (first, middle, last) = (ink[0], ink[ink.len() / 2], ink[ink.len() - 1]);
        assert!(middle.1.abs_diff((first.1 + last.1) / 2) < 6, "{first:?} {middle:?} {last:?}");
    }

    #[test]
    fn values_that_are_not_finite_leave_gaps() {
        let whole = inked(&one(&[1.0, 1.0, 1.0, 1.0, 1.0]), 0);
        let gap = inked(&one(&[1.0, 1.0, NAN, 1.0, 1.0]), 0);
        let (left, right) = (whole[0].0, whole[whole.len() - 1].0);
        let at = |ink: &[(usize, usize)], part: f64| {
            let column = left + ((right - left) as f64 * part) as usize;
            ink.iter().any(|p| p.0 == column)
        };
        for part in [0.1, 0.4, 0.5, 0.6, 0.9] {
            assert!(at(&whole, part));
            assert_eq!(at(&gap, part), !(0.3..0.7).contains(&part), "{part}");
        }
        // A point between gaps is seen although no line touches it.
        assert!(!inked(&one(&[NAN, 1.0, NAN]), 0).is_empty());
        let long: Vec<f64> = (0..50).map(|i| if i == 7 { 1.0 } else { NAN }).collect();
        assert!(!inked(&one(&long), 0).is_empty());
    }

    #[test]
    fn every_curve_has_its_colour() {
        let series: Vec<Series> =
            (0..3).map(|k| Series::by_epoch(format!("s{k}"), &[k.into(), 3.0])).collect();
        let image = lines("t", "x", "y", &series).unwrap();
        assert!((0..3).all(|k| !inked(&image, k).is_empty()) && inked(&image, 3).is_empty());
        assert_eq!(image, lines("t", "x", "y", &series).unwrap());
    }

    #[test]
    fn an_equal_curve_does_not_hide_the_one_before() {
        let series = ["training", "validation"].map(|name| Series::by_epoch(name, &[1.0; 5]));
        let image = lines("t", "x", "y", &series).unwrap();
        // Under the legend, both have the whole width.
        let right = |k| inked(&image, k).iter().filter(|p| p.1 > 200).map(|p| p.0).max();
        assert!(right(0).is_some_and(|x| x > 900) && right(1).is_some_and(|x| x > 900));
    }

    #[test]
    fn names_in_the_legend_are_whole_where_there_is_room() {
        let draw =
            |name: &str| lines("t", "x", "y", &[Series::by_epoch(name, &[1.0, 2.0])]).unwrap();
        let name = "a rather long name: mean 0, standard deviation";
        assert_ne!(draw(&format!("{name} 1 of it")), draw(&format!("{name} 2 of it")));
        // Very many names leave the curves their place.
        let many: Vec<Series> =
            (0..500).map(|i| Series::by_epoch(format!("{name} {i}"), &[0.0, 1.0])).collect();
        let image = lines("t", "x", "y", &many).unwrap();
        assert!(inked(&image, 499).iter().filter(|p| p.1 > 250).count() > 300);
    }

    #[test]
    fn the_legend_says_which_curve_has_nothing_to_show() {
        let shows = |p: &(f64, f64)| p.1.is_finite();
        assert_eq!(legend(&Series::by_epoch("a", &[NAN, 1.0]), shows), "a");
        assert_eq!(legend(&Series::by_epoch("a", &[NAN]), shows), "a (no finite values)");
        assert_eq!(legend(&Series::by_epoch("", &[NAN]), shows), "");
    }

    #[test]
    fn crowded_curves_become_their_means() {
        // 1 and 3 by turns: the bold line is at 2, half way up.
        let ys: Vec<f64> = (0..1600).map(|i| 1.0 + 2.0 * f64::from(i % 2)).collect();
        let ink = inked(&one(&ys), 0);
        let (low, high) = ink.iter().fold((640, 0), |(low, high), p| (p.1.min(low), p.1.max(high)));
        assert!(ink.len() > 700 && high - low < 4, "{} {low} {high}", ink.len());
    }

    #[test]
    fn degenerate_curves_are_drawn() {
        for ys in [
            &[0.5][..],
            &[NAN],
            &[NAN, f64::INFINITY, f64::NEG_INFINITY],
            &[0.0, 0.0],
            &[-7.0, -7.0],
            &[f64::MAX, -f64::MAX, 1.0],
            &[1e-320, 0.0],
            &[1.0, 1.0 + f64::EPSILON],
        ] {
            let series = [Series::by_epoch("a", ys)];
            assert_eq!(lines("", "", "", &series).unwrap().width, 960);
            assert_eq!(semilogy("t", "x", "y", &series).unwrap().height, 640);
        }
        let words = "漢字 \u{0} \n ".repeat(50);
        let series = vec![Series::new(words.as_str(), &[NAN, 1.0], &[1.0, NAN]); 40];
        lines(&words, &words, &words, &series).unwrap();
        curve("t", "x", "y", |_| NAN, -f64::MAX, f64::MAX).unwrap();
    }

    #[test]
    fn what_is_no_curve_is_an_error() {
        assert!(lines("t", "x", "y", &[]).is_err());
        assert!(lines("t", "x", "y", &[Series::by_epoch("a", &[])]).is_err());
        let error = semilogy("t", "x", "y", &[Series::new("a", &[1.0], &[])]).unwrap_err();
        assert!(error.to_string().contains("`a` with 1 xs and 0 ys"), "{error}");
        for (low, high) in [(1.0, 1.0), (2.0, 1.0), (NAN, 1.0), (0.0, f64::INFINITY)] {
            assert!(curve("t", "x", "y", |x| x, low, high).is_err());
        }
    }
}
