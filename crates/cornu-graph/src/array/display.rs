//! Arrays as text, in NumPy's form: eight digits, columns aligned, long arrays abridged.

use std::fmt;

use crate::{Array, Data};

/// NumPy's print options: digits after the point, the width of a line, the size from which an array is
/// abridged, and how many items then stay at each end.
const PRECISION: usize = 8;
const LINE: usize = 75;
const THRESHOLD: usize = 1000;
const EDGE: usize = 3;

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shape().is_empty() {
            return f.write_str(&scalar(self));
        }
        if self.is_empty() {
            return f.write_str("[]");
        }
        let abridged = self.len() > THRESHOLD;
        let mut shown = Vec::new();
        select(self.shape(), 0, abridged, &mut shown);
        let items = format_items(self, &shown);
        let mut items = items.iter().map(String::as_str);
        f.write_str(&block(self.shape(), 0, abridged, &mut items))
    }
}

fn scalar(array: &Array) -> String {
    match array.data() {
        Data::Bool(v) => v.first().map_or_else(String::new, |b| text_of(*b).into()),
        Data::F32(v) => v.first().map_or_else(String::new, |x| shortest(format!("{x:?}"))),
        Data::F64(v) => v.first().map_or_else(String::new, |x| shortest(format!("{x:?}"))),
        _ => integers(array, &[0]).concat(),
    }
}

/// Rust's shortest form in NumPy's spelling.
fn shortest(text: String) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let mantissa = mantissa.strip_suffix(".0").unwrap_or(mantissa);
            let (sign, digits) = match exponent.strip_prefix('-') {
                Some(digits) => ('-', digits),
                None => ('+', exponent),
            };
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None if text == "NaN" => "nan".into(),
        None => text,
    }
}

/// The positions along an axis that are shown; `None` stands for the dots.
fn visible(size: usize, abridged: bool) -> Vec<Option<usize>> {
    if abridged && size > 2 * EDGE {
        let end = (size - EDGE..size).map(Some);
        return (0..EDGE).map(Some).chain([None]).chain(end).collect();
    }
    (0..size).map(Some).collect()
}

/// Appends the row-major positions of the items that are shown.
fn select(shape: &[usize], base: usize, abridged: bool, shown: &mut Vec<usize>) {
    let Some((&size, rest)) = shape.split_first() else {
        shown.push(base);
        return;
    };
    for i in visible(size, abridged).into_iter().flatten() {
        select(rest, base * size + i, abridged, shown);
    }
}

/// The brackets and lines of the axes from `depth` on.
fn block<'a>(
    shape: &[usize],
    depth: usize,
    abridged: bool,
    items: &mut impl Iterator<Item = &'a str>,
) -> String {
    let indent = " ".repeat(depth + 1);
    let parts = visible(shape[0], abridged);
    let mut out = String::from("[");
    if shape.len() == 1 {
        let mut line = String::new();
        for part in parts {
            let word = match part {
                Some(_) => items.next().unwrap_or_default(),
                None => "...",
            };
            let gap = usize::from(!line.is_empty());
            // A line leaves room for the brackets that close it.
            if gap == 1 && depth + 1 + line.len() + 1 + word.len() + depth + 1 > LINE {
                out += &format!("{}\n{indent}", line.trim_end());
                line.clear();
            } else if gap == 1 {
                line.push(' ');
            }
            line += word;
        }
        return out + &line + "]";
    }
    let between = format!("{}{indent}", "\n".repeat(shape.len() - 1));
    for (i, part) in parts.into_iter().enumerate() {
        if i > 0 {
            out += &between;
        }
        match part {
            Some(_) => out += &block(&shape[1..], depth + 1, abridged, items),
            None => out += "...",
        }
    }
    out + "]"
}

fn format_items(array: &Array, shown: &[usize]) -> Vec<String> {
    match array.data() {
        Data::Bool(v) => right(shown.iter().map(|&i| text_of(v[i]).to_string()).collect()),
        Data::F32(v) => floats(&shown.iter().map(|&i| v[i]).collect::<Vec<_>>()),
        Data::F64(v) => floats(&shown.iter().map(|&i| v[i]).collect::<Vec<_>>()),
        _ => right(integers(array, shown)),
    }
}

fn integers(array: &Array, shown: &[usize]) -> Vec<String> {
    let text = |i: usize| match array.data() {
        Data::U8(v) => v[i].to_string(),
        Data::I32(v) => v[i].to_string(),
        Data::I64(v) => v[i].to_string(),
        _ => String::new(),
    };
    shown.iter().map(|&i| text(i)).collect()
}

fn text_of(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}

fn right(words: Vec<String>) -> Vec<String> {
    let width = words.iter().map(String::len).max().unwrap_or(0);
    words.into_iter().map(|w| format!("{w:>width$}")).collect()
}

/// What the two float types share here.
trait Float: Copy + Into<f64> + fmt::Display + fmt::LowerExp {}
impl Float for f32 {}
impl Float for f64 {}

fn floats<T: Float>(values: &[T]) -> Vec<String> {
    let sizes = values.iter().map(|&v| v.into().abs()).filter(|v| v.is_finite() && *v != 0.0);
    let (min, max) = sizes.fold((f64::INFINITY, 0.0f64), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let scientific = max > 0.0 && (max >= 1e8 || min < 1e-4 || max / min > 1000.0);
    let words: Vec<Word> =
        values.iter().map(|&v| if scientific { Word::power(v) } else { Word::plain(v) }).collect();
    let widest =
        |size: fn(&Word) -> usize| words.iter().filter(|w| w.finite).map(size).max().unwrap_or(0);
    let (whole, part, power) =
        (widest(|w| w.whole.len()), widest(|w| w.part.len()), widest(|w| w.power.len()));
    let join = |w: &Word| {
        let (left, digits) = (&w.whole, &w.part);
        if !w.finite {
            return left.clone();
        }
        if !scientific {
            return format!("{left:>whole$}.{digits:<part$}");
        }
        let (sign, exponent) = w.power.split_at(1);
        let wide = power - 1;
        format!("{left:>whole$}.{digits:0<part$}e{sign}{exponent:0>wide$}")
    };
    right(words.iter().map(join).collect())
}

/// A number taken apart.
struct Word {
    whole: String,
    part: String,
    /// Sign and at least two digits.
    power: String,
    finite: bool,
}

impl Word {
    fn odd<T: Float>(value: T) -> Option<Word> {
        let v: f64 = value.into();
        let whole = match v {
            v if v.is_nan() => "nan",
            f64::INFINITY => "inf",
            f64::NEG_INFINITY => "-inf",
            _ => return None,
        };
        let empty = String::new;
        Some(Word { whole: whole.into(), part: empty(), power: empty(), finite: false })
    }

    fn split(digits: &str) -> (String, String) {
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let part = if part.len() > PRECISION { "" } else { part };
        (whole.into(), part.trim_end_matches('0').into())
    }

    fn plain<T: Float>(value: T) -> Word {
        Word::odd(value).unwrap_or_else(|| {
            let short = value.to_string();
            let long = short.split_once('.').is_some_and(|(_, part)| part.len() > PRECISION);
            let text = if long { format!("{value:.PRECISION$}") } else { short };
            let (whole, part) = Word::split(&text);
            Word { whole, part, power: String::new(), finite: true }
        })
    }

    fn power<T: Float>(value: T) -> Word {
        Word::odd(value).unwrap_or_else(|| {
            let short = format!("{value:e}");
            let digits = |s: &str| s.split_once('e').map(|(m, e)| (m.to_string(), e.to_string()));
            let (mantissa, _) = digits(&short).unwrap_or_default();
            let long = mantissa.split_once('.').is_some_and(|(_, part)| part.len() > PRECISION);
            let text = if long { format!("{value:.PRECISION$e}") } else { short };
            let (mantissa, exponent) = digits(&text).unwrap_or_default();
            let (whole, part) = Word::split(&mantissa);
            let power = match exponent.strip_prefix('-') {
                Some(e) => format!("-{e:0>2}"),
                None => format!("+{exponent:0>2}"),
            };
            Word { whole, part, power, finite: true }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts are `str(…)` of NumPy 2.4.
    #[test]
    fn arrays_print_as_numpy_prints_them() {
        let shows = |array: Array, text: &str| assert_eq!(array.to_string(), text);
        shows(Array::from([1.0, 2.5, 3.25]), "[1.   2.5  3.25]");
        shows(Array::from([[1.0, 2.0], [3.0, 4.0]]), "[[1. 2.]\n [3. 4.]]");
        shows(Array::from([1e8, 1.0]), "[1.e+08 1.e+00]");
        shows(Array::from([1e7, 1234.5]), "[1.0000e+07 1.2345e+03]");
        shows(Array::from([1e100, 1.0]), "[1.e+100 1.e+000]");
        let ends = [-1.64485363e+00, -1.39145821e-16];
        shows(Array::from(ends), "[-1.64485363e+00 -1.39145821e-16]");
        let thirds = [0.1, 0.123456789012, 1.0 / 3.0];
        shows(Array::from(thirds), "[0.1        0.12345679 0.33333333]");
        shows(Array::from([1f32 / 3.0, 2.0 / 3.0]), "[0.33333334 0.6666667 ]");
        shows(Array::from([f64::NAN, 1.0, f64::NEG_INFINITY]), "[ nan   1. -inf]");
        shows(Array::from([f64::NAN, f64::INFINITY]), "[nan inf]");
        shows(Array::from([f64::NAN, 1e-9]), "[   nan 1.e-09]");
        shows(Array::from([1, -20, 300]), "[  1 -20 300]");
        shows(Array::from([true, false]), "[ True False]");
        shows(Array::from([0.0, 0.0]), "[0. 0.]");
        shows(Array::from([0.001, 1.5]), "[1.0e-03 1.5e+00]");
        shows(Array::from([[0f32; 0]; 2]), "[]");
    }

    #[test]
    fn single_values_print_whole() {
        let shows = |array: Array, text: &str| assert_eq!(array.to_string(), text);
        shows(Array::from(std::f64::consts::E), "2.718281828459045");
        shows(Array::from(std::f32::consts::E), "2.7182817");
        shows(Array::from(1e16), "1e+16");
        shows(Array::from(1e-5), "1e-05");
        shows(Array::from(3.0), "3.0");
        shows(Array::from(f32::NAN), "nan");
        shows(Array::from(7i64), "7");
        shows(Array::from(true), "True");
    }

    #[test]
    fn long_arrays_wrap_and_are_abridged() {
        let count = |n: i64| Array::from((0..n).collect::<Vec<_>>());
        assert_eq!(count(2000).to_string(), "[   0    1    2 ... 1997 1998 1999]");
        let even: Vec<f64> = (0..15).map(|i| 0.05 + i as f64 * (0.9 / 14.0)).collect();
        let text = "[0.05       0.11428571 0.17857143 0.24285714 0.30714286 0.37142857\n 0.43571429 \
                    0.5        0.56428571 0.62857143 0.69285714 0.75714286\n 0.82142857 0.88571429 0.95      ]";
        assert_eq!(Array::from(even).to_string(), text);
        let zeros = Array::zeros(&[40, 40], crate::DType::F64).unwrap().to_string();
        assert_eq!(zeros.lines().count(), 7);
        assert_eq!(zeros.lines().nth(3), Some(" ..."));
        assert_eq!(zeros.lines().nth(1), Some(" [0. 0. 0. ... 0. 0. 0.]"));
        let cube = count(24).reshape(&[2, 3, 4]).unwrap().to_string();
        assert!(
            cube.ends_with("]]\n\n [[12 13 14 15]\n  [16 17 18 19]\n  [20 21 22 23]]]"),
            "{cube}"
        );
    }
}
