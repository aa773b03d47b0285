//! Integers of a range.

use std::ops::{Bound, RangeBounds};

use super::bounded::{Pieces, bounded};
use super::size::fill;
use super::{BitGenerator, Generator, RandomState, Size};
use crate::{Array, DType, Error, Result};

/// The first and the last integer of a range, checked against a type; without a start it begins at 0.
fn ends(function: &str, range: &impl RangeBounds<i64>, dtype: DType) -> Result<(i64, i64)> {
    let (least, greatest) = match dtype {
        DType::Bool => (0, 1),
        DType::U8 => (0, u8::MAX.into()),
        DType::I32 => (i32::MIN.into(), i32::MAX.into()),
        DType::I64 => (i64::MIN, i64::MAX),
        _ => {
            return Err(Error::invalid(
                function,
                "dtype",
                "must be an integer type or bool",
                dtype,
            ));
        }
    };
    let low = match range.start_bound() {
        Bound::Included(&low) => i128::from(low),
        Bound::Excluded(&low) => i128::from(low) + 1,
        Bound::Unbounded => 0,
    };
    let high = match range.end_bound() {
        Bound::Included(&high) => i128::from(high),
        Bound::Excluded(&high) => i128::from(high) - 1,
        Bound::Unbounded => i128::from(greatest),
    };
    if low > high {
        return Err(Error::invalid(
            function,
            "range",
            "must not be empty",
            format!("{low}..={high}"),
        ));
    }
    if low < i128::from(least) || high > i128::from(greatest) {
        let rule = format!("must be in {least}..={greatest} for {dtype}");
        return Err(Error::invalid(function, "range", rule, format!("{low}..={high}")));
    }
    Ok((low as i64, high as i64))
}

impl<B: BitGenerator> Generator<B> {
    fn bounded(
        &mut self,
        function: &str,
        range: impl RangeBounds<i64>,
        size: Size,
        dtype: DType,
    ) -> Result<Array> {
        let shape = size.shape();
        // NumPy looks at nothing when it has nothing to draw.
        if shape.contains(&0) {
            return Ok(Array::zeros(&shape, dtype)?);
        }
        let (low, high) = ends(function, &range, dtype)?;
        let max = high.wrapping_sub(low) as u64;
        let mut pieces = Pieces::default();
        let mut draw =
            |width| low.wrapping_add(bounded(&mut self.bits, max, width, &mut pieces) as i64);
        match dtype {
            DType::Bool => fill(&shape, || draw(1) != 0),
            DType::U8 => fill(&shape, || draw(8) as u8),
            DType::I32 => fill(&shape, || draw(32) as i32),
            _ => fill(&shape, || draw(64)),
        }
    }
}

impl Generator {
    /// Integers of a range: `0..10` for NumPy's `integers(0, 10)`, `0..=9` with its `endpoint=True`, `..10` for `integers(10)`.
    ///
    /// The type is part of the stream: `uint8` and `bool` take several values from one word.
    ///
    /// # Errors
    /// When the range is empty or leaves the type, or the type is a floating-point one.
    pub fn integers(
        &mut self,
        range: impl RangeBounds<i64>,
        size: impl Into<Size>,
        dtype: DType,
    ) -> Result<Array> {
        self.bounded("integers", range, size.into(), dtype)
    }
}

impl RandomState {
    /// Integers of a range: `0..10` for NumPy's `randint(0, 10)`, `..10` for `randint(10)`. NumPy's default type is `int64`.
    ///
    /// # Errors
    /// When the range is empty or leaves the type, or the type is a floating-point one.
    pub fn randint(
        &mut self,
        range: impl RangeBounds<i64>,
        size: impl Into<Size>,
        dtype: DType,
    ) -> Result<Array> {
        self.bounded("randint", range, size.into(), dtype)
    }
}
