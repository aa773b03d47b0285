//! The arrays that a model is given.

use std::borrow::Cow;

use cornu_graph::Array;

use crate::{Error, Result};

/// One or several arrays, by position or by the names of inputs or outputs; `()` stands for none.
#[derive(Debug, Clone, Default)]
pub struct Data<'a>(Vec<(Option<&'a str>, Cow<'a, Array>)>);

impl<'a> Data<'a> {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The arrays in the order of `names`.
    ///
    /// # Errors
    /// When their number is not that of the names, or a name is unknown.
    pub(crate) fn in_order(self, what: &str, names: &[String]) -> Result<Vec<Cow<'a, Array>>> {
        let given = self.0.len();
        if given != names.len() {
            let rule = format!("must be {} arrays ({})", names.len(), names.join(", "));
            return Err(Error::invalid("model", what, rule, format!("{given}")));
        }
        let mut places: Vec<Option<Cow<'a, Array>>> = vec![None; given];
        for (i, (name, array)) in self.0.into_iter().enumerate() {
            let place = match name {
                None => Some(i),
                Some(name) => names.iter().position(|n| n == name),
            };
            match place.and_then(|p| places.get_mut(p)) {
                Some(slot) if slot.is_none() => *slot = Some(array),
                _ => {
                    let rule = format!("must name each of {} once", names.join(", "));
                    let received = name.unwrap_or("an array without a name");
                    return Err(Error::invalid("model", what, rule, received));
                }
            }
        }
        Ok(places.into_iter().flatten().collect())
    }

    /// Weights of rows, one array for each of `names`, or none: one array by position counts for all, and a name that
    /// is left out has ones.
    ///
    /// # Errors
    /// When a name is unknown or given twice, or the arrays by position are neither one nor as many as the names.
    pub(crate) fn weights(self, names: &[String], rows: usize) -> Result<Vec<Cow<'a, Array>>> {
        let by_name = self.0.iter().any(|(name, _)| name.is_some());
        match &self.0[..] {
            [] => return Ok(Vec::new()),
            [(None, one)] => return Ok(vec![one.clone(); names.len().max(1)]),
            _ if !by_name => return self.in_order("sample_weight", names),
            _ => {}
        }
        let mut places: Vec<Option<Cow<'a, Array>>> = vec![None; names.len()];
        for (name, array) in self.0 {
            let place = names.iter().position(|n| Some(n.as_str()) == name);
            match place.map(|p| &mut places[p]) {
                Some(slot) if slot.is_none() => *slot = Some(array),
                _ => {
                    let rule = format!("must name each of {} at most once", names.join(", "));
                    let received = name.unwrap_or("an array without a name");
                    return Err(Error::invalid("model", "sample_weight", rule, received));
                }
            }
        }
        let ones = Array::full(&[rows], 1f32)?;
        Ok(places.into_iter().map(|p| p.unwrap_or_else(|| Cow::Owned(ones.clone()))).collect())
    }
}

impl From<()> for Data<'_> {
    fn from((): ()) -> Self {
        Data::default()
    }
}

impl From<Array> for Data<'_> {
    fn from(array: Array) -> Self {
        Data(vec![(None, Cow::Owned(array))])
    }
}

impl<'a> From<&'a Array> for Data<'a> {
    fn from(array: &'a Array) -> Self {
        Data(vec![(None, Cow::Borrowed(array))])
    }
}

impl<'a> From<&'a Option<Array>> for Data<'a> {
    /// None are none: a data set without targets.
    fn from(array: &'a Option<Array>) -> Self {
        array.as_ref().map_or_else(Data::default, Data::from)
    }
}

impl<'a> From<&'a [Array]> for Data<'a> {
    fn from(arrays: &'a [Array]) -> Self {
        Data(arrays.iter().map(|a| (None, Cow::Borrowed(a))).collect())
    }
}

impl<'a> From<&'a Vec<Array>> for Data<'a> {
    fn from(arrays: &'a Vec<Array>) -> Self {
        arrays.as_slice().into()
    }
}

impl From<Vec<Array>> for Data<'_> {
    fn from(arrays: Vec<Array>) -> Self {
        Data(arrays.into_iter().map(|a| (None, Cow::Owned(a))).collect())
    }
}

impl<'a, const N: usize> From<[&'a Array; N]> for Data<'a> {
    fn from(arrays: [&'a Array; N]) -> Self {
        Data(arrays.into_iter().map(|a| (None, Cow::Borrowed(a))).collect())
    }
}

impl<'a, const N: usize> From<[(&'a str, &'a Array); N]> for Data<'a> {
    fn from(arrays: [(&'a str, &'a Array); N]) -> Self {
        Data(arrays.into_iter().map(|(name, a)| (Some(name), Cow::Borrowed(a))).collect())
    }
}

/// The number of rows that all arrays have.
///
/// # Errors
/// When they differ, or an array has no axis.
pub(crate) fn row_count<'a>(arrays: impl Iterator<Item = &'a Array>) -> Result<usize> {
    let mut count = None;
    for array in arrays {
        let rows = array.shape().first().copied();
        if rows.is_none() || count.is_some_and(|c| Some(c) != rows) {
            let rule = "must all have the same number of rows (first axis)";
            let received = match count {
                Some(count) => format!("{:?} beside {count} rows", array.shape()),
                None => format!("{:?}", array.shape()),
            };
            return Err(Error::invalid("model", "arrays", rule, received));
        }
        count = rows;
    }
    count.ok_or_else(|| Error::invalid("model", "x", "must not be empty", "no arrays"))
}

/// Refuses no rows: there is nothing to learn from them, and means over them are no numbers.
///
/// # Errors
/// When there are none.
pub(crate) fn some_rows(function: &str, count: usize) -> Result<()> {
    match count {
        0 => Err(Error::invalid(function, "x", "must have at least one row", "0 rows")),
        _ => Ok(()),
    }
}
