//! Sizes, paddings and words that convolution, pooling and reshaping take as arguments.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// One whole number per spatial axis; one number alone stands for all axes, as in Keras.
///
/// ```
/// use cornu::nn::Size;
/// assert_eq!(Size::<2>::from(3), Size::from([3, 3]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Size<const N: usize>([usize; N]);

/// A size per spatial axis as a type: `Size<1>`, `Size<2>` or `Size<3>`.
pub trait Spatial:
    sealed::Sealed
    + std::ops::Deref<Target = [usize]>
    + From<usize>
    + std::fmt::Debug
    + Copy
    + Serialize
    + de::DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The number of spatial axes.
    const RANK: usize;
    /// Two numbers per axis: `Sides<1>`, `Sides<2>` or `Sides<3>`.
    type Sides: std::ops::Deref<Target = [(usize, usize)]>
        + From<usize>
        + std::fmt::Debug
        + Copy
        + Serialize
        + de::DeserializeOwned
        + Send
        + Sync
        + 'static;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! ranks {
    ($($rank:literal)*) => {$(
        impl sealed::Sealed for Size<$rank> {}
        impl Spatial for Size<$rank> {
            const RANK: usize = $rank;
            type Sides = Sides<$rank>;
        }
    )*};
}

ranks!(1 2 3);

impl<const N: usize> std::fmt::Debug for Size<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<const N: usize> std::ops::Deref for Size<N> {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl<const N: usize> From<usize> for Size<N> {
    fn from(size: usize) -> Self {
        Size([size; N])
    }
}

impl<const N: usize> From<[usize; N]> for Size<N> {
    fn from(sizes: [usize; N]) -> Self {
        Size(sizes)
    }
}

impl From<(usize, usize)> for Size<2> {
    fn from(sizes: (usize, usize)) -> Self {
        Size(sizes.into())
    }
}

impl From<(usize, usize, usize)> for Size<3> {
    fn from(sizes: (usize, usize, usize)) -> Self {
        Size(sizes.into())
    }
}

impl<const N: usize> Serialize for Size<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0)
    }
}

/// A number or one entry per axis.
#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a whole number or a list with an entry per spatial axis")]
enum OneOrMany<T> {
    One(usize),
    Many(Vec<T>),
}

impl<'de, const N: usize> Deserialize<'de> for Size<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(size) => Ok(Size([size; N])),
            OneOrMany::Many(sizes) => match sizes.try_into() {
                Ok(sizes) => Ok(Size(sizes)),
                Err(_) => Err(de::Error::custom(format!("must have {N} numbers"))),
            },
        }
    }
}

/// Two whole numbers per spatial axis: before the first element and after the last. One number per axis
/// stands for both, one number alone for all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sides<const N: usize>([(usize, usize); N]);

impl<const N: usize> std::fmt::Debug for Sides<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<const N: usize> std::ops::Deref for Sides<N> {
    type Target = [(usize, usize)];
    fn deref(&self) -> &[(usize, usize)] {
        &self.0
    }
}

impl<const N: usize> From<usize> for Sides<N> {
    fn from(size: usize) -> Self {
        Sides([(size, size); N])
    }
}

impl<const N: usize> From<[usize; N]> for Sides<N> {
    fn from(sizes: [usize; N]) -> Self {
        Sides(sizes.map(|size| (size, size)))
    }
}

impl<const N: usize> From<[(usize, usize); N]> for Sides<N> {
    fn from(sides: [(usize, usize); N]) -> Self {
        Sides(sides)
    }
}

impl From<(usize, usize)> for Sides<1> {
    fn from(pair: (usize, usize)) -> Self {
        Sides([pair])
    }
}

impl From<(usize, usize)> for Sides<2> {
    fn from((a, b): (usize, usize)) -> Self {
        Sides([(a, a), (b, b)])
    }
}

impl From<((usize, usize), (usize, usize))> for Sides<2> {
    fn from((a, b): ((usize, usize), (usize, usize))) -> Self {
        Sides([a, b])
    }
}

impl<const N: usize> Serialize for Sides<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Keras's 1D layers have one pair, not a list of one pair.
        match self.0.as_slice() {
            [pair] => pair.serialize(serializer),
            pairs => pairs.serialize(serializer),
        }
    }
}

impl<'de, const N: usize> Deserialize<'de> for Sides<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pair = |side: OneOrMany<usize>| match side {
            OneOrMany::One(size) => Ok((size, size)),
            OneOrMany::Many(pair) => match pair[..] {
                [before, after] => Ok((before, after)),
                _ => Err(de::Error::custom("must have two numbers per spatial axis")),
            },
        };
        let sides: Vec<OneOrMany<usize>> = match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(size) => return Ok(Sides([(size, size); N])),
            OneOrMany::Many(sides) => sides,
        };
        let sides = match (N, sides.as_slice()) {
            (1, &[OneOrMany::One(before), OneOrMany::One(after)]) => vec![(before, after)],
            _ => sides.into_iter().map(pair).collect::<Result<_, D::Error>>()?,
        };
        match sides.try_into() {
            Ok(sides) => Ok(Sides(sides)),
            Err(_) => Err(de::Error::custom(format!("must have {N} entries"))),
        }
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $first:ident = $first_word:literal $first_doc:literal
        $(, $variant:ident = $word:literal $variant_doc:literal)* $(,)? })*) => {$(
        $(#[$doc])*
        ///
        /// A word that is none of these is refused when it is used.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub enum $name {
            #[doc = $first_doc]
            #[default]
            $first,
            $(#[doc = $variant_doc]
            $variant,)*
            /// An unknown word.
            Unknown(String),
        }

        impl $name {
            /// Keras's word.
            pub fn name(&self) -> &str {
                match self {
                    $name::$first => $first_word,
                    $($name::$variant => $word,)*
                    $name::Unknown(word) => word,
                }
            }

            /// Checks that the word is known.
            ///
            /// # Errors
            /// When it is not; the message lists what there is.
            pub fn check(&self, layer: &str, argument: &str) -> Result<()> {
                match self {
                    $name::Unknown(word) => {
                        let known = [$first_word $(, $word)*].join(", ");
                        let rule = format!("must be one of {known}");
                        Err(Error::invalid(layer, argument, rule, format!("{word:?}")))
                    }
                    _ => Ok(()),
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word.to_ascii_lowercase().as_str() {
                    $first_word => $name::$first,
                    $($word => $name::$variant,)*
                    _ => $name::Unknown(word.into()),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = Option::<String>::deserialize(deserializer)?;
                let value = word.map_or_else($name::default, |w| $name::from(w.as_str()));
                value.check(stringify!($name), "value").map_err(de::Error::custom)?;
                Ok(value)
            }
        }
    )*};
}

words! {
    /// Where windows may lie on an image.
    Padding {
        Valid = "valid" "Inside the image only.",
        Same = "same" "Over its edges too: `ceil(size / stride)` windows; an odd cell is added at the end.",
        Causal = "causal" "Over the first edge only, so that nothing looks ahead; 1D convolutions alone."
    }
    /// Which axis holds the channels.
    DataFormat {
        ChannelsLast = "channels_last" "The last.",
        ChannelsFirst = "channels_first" "The one after the batch."
    }
    /// How values between pixels are found.
    Interpolation {
        Nearest = "nearest" "The nearest pixel's value.",
        Bilinear = "bilinear" "On the lines between the centres of neighbours."
    }
}

impl Padding {
    /// How far windows reach over the two ends of one axis.
    pub(super) fn amounts(
        &self,
        size: usize,
        window: usize,
        stride: usize,
        dilation: usize,
    ) -> Result<(usize, usize)> {
        let extent = window.saturating_sub(1).saturating_mul(dilation).saturating_add(1);
        match self {
            Padding::Valid => Ok((0, 0)),
            Padding::Causal => Ok((extent - 1, 0)),
            Padding::Same if stride > 0 => {
                let last = (size.div_ceil(stride)).saturating_sub(1).saturating_mul(stride);
                let total = last.saturating_add(extent).saturating_sub(size);
                Ok((total / 2, total - total / 2))
            }
            Padding::Same => {
                Err(Error::invalid("padding", "strides", "must be at least 1", "strides=0"))
            }
            Padding::Unknown(_) => self.check("padding", "padding").map(|()| (0, 0)),
        }
    }
}

/// Takes a table of `count` numbers from what a model from a file may use.
///
/// # Errors
/// When it may not.
pub(super) fn afford(name: &str, count: usize) -> cornu_graph::Result<()> {
    let spent = crate::layers::budget::spend_bytes(name, &[count], cornu_graph::DType::F64);
    spent.map_err(|e| cornu_graph::Error::Backend(e.to_string()))
}

/// An image with its channels on the last axis, from one in `format`.
pub(crate) fn channels_last(x: &Tensor, format: &DataFormat) -> Tensor {
    let rank = x.ndim() as isize;
    match format {
        DataFormat::ChannelsFirst if rank > 2 => {
            let axes: Vec<isize> = std::iter::once(0).chain(2..rank).chain([1]).collect();
            ops::transpose(x, &axes)
        }
        DataFormat::Unknown(_) => unknown(format),
        _ => x.clone(),
    }
}

/// The reverse of [`channels_last`].
pub(super) fn channels_first(x: &Tensor, format: &DataFormat) -> Tensor {
    let rank = x.ndim() as isize;
    match format {
        DataFormat::ChannelsFirst if rank > 2 => {
            let axes: Vec<isize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
            ops::transpose(x, &axes)
        }
        DataFormat::Unknown(_) => unknown(format),
        _ => x.clone(),
    }
}

fn unknown(format: &DataFormat) -> Tensor {
    let rule = "must be one of channels_last, channels_first";
    Tensor::error(cornu_graph::Error::invalid("image", "data_format", rule, format.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_read_numbers_and_lists() {
        let read = |v| serde_json::from_value::<Size<2>>(v);
        assert_eq!(read(json!(3)).unwrap(), Size([3, 3]));
        assert_eq!(read(json!([3, 1])).unwrap(), Size([3, 1]));
        assert_eq!(json!(Size::<2>::from((3, 1))), json!([3, 1]));
        for bad in [json!([1, 2, 3]), json!(-1), json!("3"), json!([1.5, 2])] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn sides_read_what_keras_accepts() {
        let read = |v| serde_json::from_value::<Sides<2>>(v).unwrap();
        assert_eq!(read(json!(2)), Sides([(2, 2), (2, 2)]));
        assert_eq!(read(json!([1, 2])), Sides([(1, 1), (2, 2)]));
        assert_eq!(read(json!([[1, 0], [2, 3]])), Sides([(1, 0), (2, 3)]));
        assert_eq!(json!(Sides::<2>::from(1)), json!([[1, 1], [1, 1]]));
        assert!(serde_json::from_value::<Sides<2>>(json!([[1, 0, 1], [2, 3]])).is_err());
        assert_eq!(json!(Sides::<1>::from([(1, 2)])), json!([1, 2]));
        assert_eq!(serde_json::from_value::<Sides<1>>(json!([1, 2])).unwrap(), Sides([(1, 2)]));
    }

    #[test]
    fn unknown_words_name_what_there_is() {
        assert_eq!(Padding::from("SAME"), Padding::Same);
        let error = Padding::from("full").check("Conv2D", "padding").unwrap_err().to_string();
        assert!(error.contains("valid, same, causal") && error.contains("\"full\""), "{error}");
        assert!(serde_json::from_value::<DataFormat>(json!("channels")).is_err());
        assert_eq!(
            serde_json::from_value::<DataFormat>(json!(null)).unwrap(),
            DataFormat::ChannelsLast
        );
    }

    #[test]
    fn same_padding_puts_the_odd_cell_at_the_end() {
        let same = |size, window, stride| Padding::Same.amounts(size, window, stride, 1).unwrap();
        assert_eq!(same(5, 2, 2), (0, 1));
        assert_eq!(same(6, 3, 2), (0, 1));
        assert_eq!(same(5, 3, 1), (1, 1));
        assert_eq!(same(5, 1, 3), (0, 0));
    }
}
