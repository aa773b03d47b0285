//! Values in memory: a shape and its elements in row-major order.

use crate::{DType, Error, Result, Spec, element_count};

mod convert;
mod display;
#[cfg(feature = "ndarray")]
mod ndarray;
pub(crate) mod recycle;

/// Runs a body with a type alias bound to the Rust type of a [`DType`](crate::DType).
#[macro_export]
macro_rules! with_dtype {
    ($dtype:expr, $alias:ident => $body:expr) => {
        match $dtype {
            $crate::DType::Bool => {
                type $alias = bool;
                $body
            }
            $crate::DType::U8 => {
                type $alias = u8;
                $body
            }
            $crate::DType::I32 => {
                type $alias = i32;
                $body
            }
            $crate::DType::I64 => {
                type $alias = i64;
                $body
            }
            $crate::DType::F32 => {
                type $alias = f32;
                $body
            }
            $crate::DType::F64 => {
                type $alias = f64;
                $body
            }
        }
    };
}

/// The elements of an [`Array`], one vector per type.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Data {
    Bool(Vec<bool>),
    U8(Vec<u8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// A Rust type that can be an array's element.
pub trait Element:
    Copy + Send + Sync + PartialEq + PartialOrd + std::fmt::Debug + Default + 'static
{
    /// The element type's name at run time.
    const DTYPE: DType;
    /// Wraps a vector of this type.
    fn wrap(values: Vec<Self>) -> Data;
    /// The vector of this type inside `data`, if it holds this type.
    fn unwrap(data: Data) -> Option<Vec<Self>>;
    /// The elements of this type inside `data`, if it holds this type.
    fn slice(data: &Data) -> Option<&[Self]>;
    /// The elements of this type inside `data`, to change.
    fn slice_mut(data: &mut Data) -> Option<&mut [Self]>;
    /// The vector of this type inside `data`, if it holds this type, to change.
    fn vec_mut(data: &mut Data) -> Option<&mut Vec<Self>>;
    /// The element as a double (`true` is 1).
    fn to_f64(self) -> f64;
    /// The nearest element to a double: saturating for integers, non-zero for `bool`.
    fn from_f64(value: f64) -> Self;
}

macro_rules! elements {
    ($($variant:ident $t:ty, $to:expr, $from:expr;)*) => {
        $(impl Element for $t {
            const DTYPE: DType = DType::$variant;
            fn wrap(values: Vec<Self>) -> Data { Data::$variant(values) }
            fn unwrap(data: Data) -> Option<Vec<Self>> {
                match data { Data::$variant(v) => Some(v), _ => None }
            }
            fn slice(data: &Data) -> Option<&[Self]> {
                match data { Data::$variant(v) => Some(v), _ => None }
            }
            fn slice_mut(data: &mut Data) -> Option<&mut [Self]> {
                match data { Data::$variant(v) => Some(v), _ => None }
            }
            fn vec_mut(data: &mut Data) -> Option<&mut Vec<Self>> {
                match data { Data::$variant(v) => Some(v), _ => None }
            }
            fn to_f64(self) -> f64 { ($to)(self) }
            fn from_f64(value: f64) -> Self { ($from)(value) }
        })*

        impl Data {
            /// The type of the elements.
            pub fn dtype(&self) -> DType {
                match self { $(Data::$variant(_) => DType::$variant),* }
            }

            /// The number of elements.
            pub fn len(&self) -> usize {
                match self { $(Data::$variant(v) => v.len()),* }
            }

            /// The bytes that are allocated.
            fn capacity_bytes(&self) -> usize {
                match self { $(Data::$variant(v) => v.capacity() * size_of::<$t>()),* }
            }

            fn zeros(dtype: DType, count: usize) -> Data {
                match dtype { $(DType::$variant => Data::$variant(vec![<$t>::default(); count])),* }
            }
        }
    };
}

elements! {
    Bool bool, |v| f64::from(u8::from(v)), |v| v != 0.0;
    U8 u8, f64::from, |v| v as u8;
    I32 i32, f64::from, |v| v as i32;
    I64 i64, |v| v as f64, |v| v as i64;
    F32 f32, f64::from, |v| v as f32;
    F64 f64, |v| v, |v| v;
}

impl Data {
    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A value in memory: a shape and its elements in row-major order.
///
/// ```
/// use cornu_graph::Array;
/// let a = Array::new(&[2, 3], vec![1f32, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!(a.shape(), [2, 3]);
/// assert_eq!(a.as_slice::<f32>()?[4], 5.0);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    data: Data,
}

impl Array {
    /// An array of the given shape; `values` are its elements in row-major order.
    ///
    /// # Errors
    /// When the number of values is not the shape's element count.
    pub fn new<T: Element>(shape: &[usize], values: Vec<T>) -> Result<Array> {
        Array::from_data(shape, T::wrap(values))
    }

    /// An array of the given shape around typed elements.
    ///
    /// # Errors
    /// When the number of elements is not the shape's element count.
    pub fn from_data(shape: &[usize], data: Data) -> Result<Array> {
        if element_count("Array", shape)? != data.len() {
            return Err(Error::invalid(
                "Array",
                "values",
                format!("must have as many elements as shape {shape:?}"),
                format!("{} values", data.len()),
            ));
        }
        Ok(Array { shape: shape.to_vec(), data })
    }

    /// An array of zeros (`false` for `bool`).
    ///
    /// # Errors
    /// When the shape does not fit in memory.
    pub fn zeros(shape: &[usize], dtype: DType) -> Result<Array> {
        let count = check_memory("Array::zeros", shape, dtype)?;
        Ok(Array { shape: shape.to_vec(), data: Data::zeros(dtype, count) })
    }

    /// An array of elements of any value: zeros, or what a dropped array of this type left (see
    /// [`memory`](crate::memory)). For what is overwritten whole.
    ///
    /// ```
    /// use cornu_graph::{Array, DType};
    /// let mut a = Array::unspecified(&[2], DType::F32)?;
    /// a.as_slice_mut::<f32>()?.copy_from_slice(&[1.0, 2.0]);
    /// assert_eq!(a.to_vec::<f64>(), [1.0, 2.0]);
    /// # Ok::<(), cornu_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shape does not fit in memory.
    pub fn unspecified(shape: &[usize], dtype: DType) -> Result<Array> {
        match recycle::take(dtype, element_count("Array::unspecified", shape)?) {
            Some(data) => Ok(Array { shape: shape.to_vec(), data }),
            None => Array::zeros(shape, dtype),
        }
    }

    /// An array in which every element is `value`.
    ///
    /// # Errors
    /// When the shape does not fit in memory.
    pub fn full<T: Element>(shape: &[usize], value: T) -> Result<Array> {
        let count = check_memory("Array::full", shape, T::DTYPE)?;
        Ok(Array { shape: shape.to_vec(), data: T::wrap(vec![value; count]) })
    }

    /// An array of rank 0.
    pub fn scalar<T: Element>(value: T) -> Array {
        Array { shape: Vec::new(), data: T::wrap(vec![value]) }
    }

    /// An array of rank 0 with the given type, from a double.
    pub fn scalar_of(dtype: DType, value: f64) -> Array {
        crate::with_dtype!(dtype, T => Array::scalar(T::from_f64(value)))
    }

    /// The sizes of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The shape and dtype.
    pub fn spec(&self) -> Spec {
        Spec::new(&self.shape[..], self.dtype())
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// The typed elements.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The typed elements, to change in place.
    pub fn data_mut(&mut self) -> &mut Data {
        &mut self.data
    }

    /// The elements as a slice of `T`.
    ///
    /// # Errors
    /// When the elements have another type; see [`Array::to_vec`] for a conversion.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        T::slice(&self.data).ok_or_else(|| wrong_dtype::<T>(self.dtype()))
    }

    /// The elements as a slice of `T`, to change in place.
    ///
    /// # Errors
    /// When the elements have another type.
    pub fn as_slice_mut<T: Element>(&mut self) -> Result<&mut [T]> {
        let dtype = self.dtype();
        T::slice_mut(&mut self.data).ok_or_else(|| wrong_dtype::<T>(dtype))
    }

    /// The elements converted to `T` (see [`Array::cast`]).
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        T::unwrap(self.cast(T::DTYPE).take_data()).unwrap_or_default()
    }

    /// The elements as a vector, without a copy where they have type `T` already.
    pub fn into_vec<T: Element>(mut self) -> Vec<T> {
        if self.dtype() == T::DTYPE {
            T::unwrap(self.take_data()).unwrap_or_default()
        } else {
            self.to_vec()
        }
    }

    /// The only element, as a double.
    ///
    /// # Errors
    /// When the array does not have exactly one element.
    pub fn item(&self) -> Result<f64> {
        if self.len() != 1 {
            return Err(Error::invalid(
                "Array::item",
                "self",
                "must have exactly one element",
                format!("shape={:?}", self.shape),
            ));
        }
        Ok(
            crate::with_dtype!(self.dtype(), T => T::slice(&self.data).map_or(0.0, |s| s[0].to_f64())),
        )
    }

    /// The same elements under another shape.
    ///
    /// # Errors
    /// When the element counts differ.
    pub fn reshape(mut self, shape: &[usize]) -> Result<Array> {
        Array::from_data(shape, self.take_data())
    }

    /// Leaves no elements behind.
    fn take_data(&mut self) -> Data {
        std::mem::replace(&mut self.data, Data::U8(Vec::new()))
    }

    /// The elements converted to another type as NumPy's `astype` does: truncating towards zero
    /// (saturating at the ends of the range), non-zero is `true`.
    pub fn cast(&self, dtype: DType) -> Array {
        if dtype == self.dtype() {
            return self.clone();
        }
        // Integers up to 64 bits do not all fit in a double, so they convert among themselves.
        let data = match (&self.data, dtype) {
            (Data::I64(v), DType::I32) => Data::I32(v.iter().map(|&x| x as i32).collect()),
            (Data::I64(v), DType::U8) => Data::U8(v.iter().map(|&x| x as u8).collect()),
            (Data::I32(v), DType::U8) => Data::U8(v.iter().map(|&x| x as u8).collect()),
            (Data::I64(v), DType::F32) => Data::F32(v.iter().map(|&x| x as f32).collect()),
            _ => crate::with_dtype!(self.dtype(), S => {
                let from = S::slice(&self.data).unwrap_or_default();
                crate::with_dtype!(dtype, D => D::wrap(from.iter().map(|&v| D::from_f64(v.to_f64())).collect()))
            }),
        };
        Array { shape: self.shape.clone(), data }
    }

    /// Rows `start..end` along the first axis.
    ///
    /// # Errors
    /// When the array has no axis or the range leaves it.
    pub fn rows(&self, start: usize, end: usize) -> Result<Array> {
        let Some((&n, rest)) = self.shape.split_first() else {
            return Err(Error::invalid("Array::rows", "self", "must have an axis", "a scalar"));
        };
        if start > end || end > n {
            return Err(Error::invalid(
                "Array::rows",
                "range",
                format!("must lie in 0..{n}"),
                format!("{start}..{end}"),
            ));
        }
        let width = rest.iter().product::<usize>();
        let shape = [&[end - start], rest].concat();
        let mut rows = Array::unspecified(&shape, self.dtype())?;
        crate::with_dtype!(self.dtype(), T => {
            let from = &T::slice(&self.data).unwrap_or_default()[start * width..end * width];
            rows.as_slice_mut::<T>()?.copy_from_slice(from);
        });
        Ok(rows)
    }

    /// The rows with the given indices along the first axis, in that order.
    ///
    /// # Errors
    /// When the array has no axis or an index leaves it.
    pub fn take_rows(&self, indices: &[usize]) -> Result<Array> {
        let Some((&n, rest)) = self.shape.split_first() else {
            return Err(Error::invalid(
                "Array::take_rows",
                "self",
                "must have an axis",
                "a scalar",
            ));
        };
        if let Some(&bad) = indices.iter().find(|&&i| i >= n) {
            return Err(Error::invalid(
                "Array::take_rows",
                "indices",
                format!("must be less than {n}"),
                bad,
            ));
        }
        let width = rest.iter().product::<usize>();
        let shape = [&[indices.len()], rest].concat();
        check_memory("Array::take_rows", &shape, self.dtype())?;
        let mut rows = Array::unspecified(&shape, self.dtype())?;
        crate::with_dtype!(self.dtype(), T => {
            let from = T::slice(&self.data).unwrap_or_default();
            let to = rows.as_slice_mut::<T>()?;
            for (place, &i) in indices.iter().enumerate() {
                to[place * width..][..width].copy_from_slice(&from[i * width..][..width]);
            }
        });
        Ok(rows)
    }
}

/// The number of elements of a new array, after a check that the system grants its memory: a failed
/// allocation would end the process.
pub(crate) fn check_memory(function: &str, shape: &[usize], dtype: DType) -> Result<usize> {
    // Smaller requests are not worth a question to the system.
    const ASKED: usize = 1 << 26;
    let count = element_count(function, shape)?;
    let bytes = count * dtype.size();
    if bytes > ASKED && Vec::<u8>::new().try_reserve_exact(bytes).is_err() {
        let received = format!("{bytes} bytes for {dtype}{shape:?}");
        return Err(Error::invalid(function, "shape", "must fit in memory", received));
    }
    Ok(count)
}

fn wrong_dtype<T: Element>(received: DType) -> Error {
    Error::invalid("Array", "dtype", format!("must be {} here", T::DTYPE), received)
}

/// Memory of large arrays is kept for later ones; see [`memory`](crate::memory).
impl Drop for Array {
    fn drop(&mut self) {
        recycle::give(&mut self.data);
    }
}

impl std::fmt::Debug for Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Array({:?}, {}", self.shape, self.dtype())?;
        crate::with_dtype!(self.dtype(), T => {
            let values = T::slice(&self.data).unwrap_or_default();
            let shown = &values[..values.len().min(16)];
            write!(f, ", {shown:?}{})", if values.len() > 16 { "…" } else { "" })
        })
    }
}
