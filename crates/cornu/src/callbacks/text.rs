//! Numbers as Python writes them.

/// Python's `repr` of a float: the fewest digits that read as the same number, with an exponent below 1e-4 and from
/// 1e16 on.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if !value.is_finite() || value == 0.0 || (1e-4..1e16).contains(&value.abs()) {
        // `{:?}` writes `inf` and keeps the point of whole numbers.
        return format!("{value:?}");
    }
    exponent(&format!("{value:e}"))
}

/// As Python's `%.4e`.
pub(super) fn scientific(value: f64) -> String {
    exponent(&format!("{value:.4e}"))
}

/// With an exponent of two digits and a sign.
fn exponent(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.into() };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

#[cfg(test)]
mod tests {
    use super::float;

    #[test]
    fn floats_are_written_as_by_python() {
        // The right sides are Python's.
        for (value, text) in [
            (0.010000000149011612, "0.010000000149011612"),
            (1e-4, "0.0001"),
            (9.999e-5, "9.999e-05"),
            (1e-10 / 3.0, "3.3333333333333335e-11"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (-2.5e300, "-2.5e+300"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(float(value), text);
        }
    }
}
