//! The scale of an axis: its range, its ticks and their labels.

/// Values beyond this have no place on an axis: it leaves room to compute with them.
const LARGEST: f64 = 1e280;

/// How values become places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    /// Linear, with ticks at whole numbers only.
    Whole,
    /// The logarithm; values of 0, almost 0 and less have no place.
    Log,
}

impl Scale {
    /// Whether a value has a place on such an axis.
    pub(super) fn shows(self, value: f64) -> bool {
        value.abs() <= LARGEST && (self != Scale::Log || value >= 1.0 / LARGEST)
    }
}

/// A range of values with ticks at round numbers.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    /// Values and their labels.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis on which all `values` have a place, with a little room around them and about `count`
    /// ticks; from 0 to 1 if there are none.
    pub(super) fn around(values: impl Iterator<Item = f64>, scale: Scale, count: usize) -> Axis {
        let (low, high) = values
            .filter(|&v| scale.shows(v))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if scale == Scale::Log {
            return Axis::log(low, high, count);
        }
        let (low, high) = if low > high { (0.0, 1.0) } else { widened(low, high) };
        let room = (high - low) * 0.04;
        Axis::linear(low - room, high + room, scale, count)
    }

    /// An axis from exactly `low` to `high`, which must differ.
    pub(super) fn linear(low: f64, high: f64, scale: Scale, count: usize) -> Axis {
        let least = if scale == Scale::Whole { 1.0 } else { 0.0 };
        let ticks = linear_ticks(low, high, count, least);
        Axis { scale, low, high, ticks }
    }

    fn log(low: f64, high: f64, count: usize) -> Axis {
        let (low, high) = if low > high { (0.1, 1.0) } else { (low, high) };
        let decades = high.log10() - low.log10();
        let room = if decades < 1e-9 { 2.0 } else { 10f64.powf(decades * 0.04) };
        let (low, high) = (low / room, high * room);
        let ticks = if high.log10() - low.log10() < 1.0 {
            linear_ticks(low, high, count, 0.0)
        } else {
            log_ticks(low, high, count)
        };
        Axis { scale: Scale::Log, low, high, ticks }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end.
    pub(super) fn place(&self, value: f64) -> f32 {
        let part = match self.scale {
            Scale::Log => {
                let low = self.low.log10();
                (value.log10() - low) / (self.high.log10() - low)
            }
            Scale::Linear | Scale::Whole => (value - self.low) / (self.high - self.low),
        };
        part as f32
    }
}

/// A range that has a width even where all values are the same, or differ only by rounding.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if high - low > size * 1e-9 && high - low > 1e-290 {
        (low, high)
    } else if size > 1e-290 {
        (low - size * 0.1, high + size * 0.1)
    } else {
        (-1.0, 1.0)
    }
}

/// Ticks at multiples of 1, 2 or 5 times a power of ten, at most about `count`, with steps of
/// `least` or more.
fn linear_ticks(low: f64, high: f64, count: usize, least: f64) -> Vec<(f64, String)> {
    let raw = ((high - low) / count as f64).max(least);
    let mut exponent = raw.log10().floor() as i32;
    let mut digit = 10;
    for candidate in [1, 2, 5] {
        // Rounding must not turn a step of 1 into one of 2.
        if f64::from(candidate) * power(exponent) >= raw * (1.0 - 1e-9) {
            digit = candidate;
            break;
        }
    }
    if digit == 10 {
        (digit, exponent) = (1, exponent + 1);
    }
    let step = f64::from(digit) * power(exponent);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    // A range of 1e-9 of its size has at most 2e9 times its ticks before it: exact in a double.
    let values: Vec<f64> =
        (0..(last - first + 1.0).max(0.0) as usize).map(|i| (first + i as f64) * step).collect();
    let size = values.iter().fold(0f64, |m, v| m.max(v.abs()));
    values.into_iter().map(|v| (v, label(v, exponent, size))).collect()
}

fn power(exponent: i32) -> f64 {
    10f64.powi(exponent)
}

/// Ticks at powers of ten, and at 2 and 5 times these where there is room.
fn log_ticks(low: f64, high: f64, count: usize) -> Vec<(f64, String)> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let decades = high.log10() - low.log10();
    let every = (decades / count as f64).ceil().max(1.0) as i32;
    let digits: &[i32] = if decades <= 3.0 { &[1, 2, 5] } else { &[1] };
    // Either all labels are numbers or all are powers of ten.
    let plain = low >= 1e-4 && high < 1e6;
    let mut ticks = Vec::new();
    for exponent in (first..=last).filter(|e| e.rem_euclid(every) == 0) {
        for &digit in digits {
            let value = f64::from(digit) * power(exponent);
            if value >= low && value <= high {
                let label = if plain {
                    fixed(value, exponent)
                } else if digit == 1 {
                    format!("10{}", superscript(exponent))
                } else {
                    format!("{digit}×10{}", superscript(exponent))
                };
                ticks.push((value, label));
            }
        }
    }
    ticks
}

/// A tick's label; `exponent` is that of the step, `size` the largest tick.
fn label(value: f64, exponent: i32, size: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if (1e-4..1e6).contains(&size) {
        return fixed(value, exponent);
    }
    let own = value.abs().log10().floor() as i32;
    // Powers of ten below 1e-308 are not exact, but no axis has such steps.
    let digits = (own - exponent).max(0) as usize;
    let text = format!("{value:.digits$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent = exponent.parse().unwrap_or(0);
    format!("{}×10{}", mantissa.replace('-', "−"), superscript(exponent))
}

/// A number with as many decimals as a step of this power of ten needs.
fn fixed(value: f64, exponent: i32) -> String {
    let decimals = (-exponent).max(0) as usize;
    format!("{value:.decimals$}").replace('-', "−")
}

fn superscript(number: i32) -> String {
    number
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => char::from_u32('⁰' as u32 + (digit as u32 - '0' as u32)).unwrap_or(digit),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(values: &[f64], scale: Scale) -> Vec<String> {
        let axis = Axis::around(values.iter().copied(), scale, 6);
        axis.ticks.into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        let linear = |a, b| labels(&[a, b], Scale::Linear);
        assert_eq!(linear(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(zero));
        assert_eq!(linear(-1.0, 1.0), ["−1.0", "−0.5", "0", "0.5", "1.0"]);
        assert_eq!(linear(0.0, 9100.0), ["0", "2000", "4000", "6000", "8000"]);
        assert_eq!(linear(0.0, 3e7), ["0", "1×10⁷", "2×10⁷", "3×10⁷"]);
        assert_eq!(linear(0.0, 2.5e-7).last().map(String::as_str), Some("2.5×10⁻⁷"));
        assert_eq!(linear(0.99990, 0.99991)[..2], ["0.999900", "0.999902"]);
        assert_eq!(labels(&[1.0, 3.0], Scale::Whole), ["1", "2", "3"]);
        assert_eq!(labels(&[1.0, 10_000.0], Scale::Whole)[..2], ["0", "2000"]);
        assert_eq!(labels(&[4.0], Scale::Whole), ["4"]);
    }

    fn zero(text: &str) -> &str {
        if text == "0.0" { "0" } else { text }
    }

    #[test]
    fn log_ticks_are_powers_of_ten() {
        assert_eq!(labels(&[1e-3, 1e2], Scale::Log), ["0.001", "0.01", "0.1", "1", "10", "100"]);
        assert_eq!(labels(&[0.02, 0.9], Scale::Log), ["0.02", "0.05", "0.1", "0.2", "0.5", "1"]);
        assert_eq!(labels(&[1e-12, 1.0], Scale::Log)[..2], ["10⁻¹²", "10⁻⁹"]);
        assert_eq!(
            labels(&[1e-5, 1.0], Scale::Log),
            ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]
        );
        // Less than a decade has linear ticks.
        assert_eq!(labels(&[0.2, 0.5], Scale::Log), ["0.2", "0.3", "0.4", "0.5"]);
        // Values that have no logarithm are passed over.
        assert_eq!(
            labels(&[0.0, -5.0, 1.0, 1000.0, f64::NAN], Scale::Log),
            ["1", "10", "100", "1000"]
        );
    }

    #[test]
    fn places_go_from_0_to_1() {
        let axis = Axis::linear(10.0, 20.0, Scale::Linear, 5);
        assert_eq!([10.0, 15.0, 20.0].map(|v| axis.place(v)), [0.0, 0.5, 1.0]);
        let axis = Axis::log(1.0, 100.0, 5);
        assert!((axis.place(10.0) - 0.5).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn every_axis_has_ticks_and_holds_its_values(
            a in prop_oneof![proptest::num::f64::ANY, -10.0..10.0, Just(0.0), Just(1e300)],
            b in prop_oneof![proptest::num::f64::ANY, -10.0..10.0],
            equal in any::<bool>(),
            scale in prop_oneof![Just(Scale::Linear), Just(Scale::Whole), Just(Scale::Log)],
        ) {
            let values = [a, if equal { a } else { b }];
            let axis = Axis::around(values.into_iter(), scale, 6);
            prop_assert!(!axis.ticks.is_empty() || scale == Scale::Whole, "{axis:?}");
            prop_assert!(axis.ticks.len() <= 13, "{axis:?}");
            for value in values.into_iter().filter(|&v| scale.shows(v)) {
                let place = axis.place(value);
                prop_assert!((0.0..=1.0).contains(&place), "{value:e} at {place} on {axis:?}");
            }
            for (value, label) in &axis.ticks {
                let place = axis.place(*value);
                prop_assert!((-1e-6..=1.000001).contains(&place), "{label} at {place} on {axis:?}");
            }
            let mut unique: Vec<_> = axis.ticks.iter().map(|t| &t.1).collect();
            unique.dedup();
            prop_assert_eq!(unique.len(), axis.ticks.len());
        }
    }
}
