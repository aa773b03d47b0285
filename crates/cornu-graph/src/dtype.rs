//! Element types and their promotion.

use serde::{Deserialize, Serialize};

/// The type of a tensor's elements.
///
/// The order of the variants is the order of promotion: the result of mixing two types is the later
/// one, as in Keras (where `int64` with `float32` gives `float32`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DType {
    /// Truth values, one byte each.
    #[serde(rename = "bool")]
    Bool,
    /// Unsigned 8-bit integers.
    #[serde(rename = "uint8")]
    U8,
    /// Signed 32-bit integers.
    #[serde(rename = "int32")]
    I32,
    /// Signed 64-bit integers.
    #[serde(rename = "int64")]
    I64,
    /// IEEE single precision: the default.
    #[serde(rename = "float32")]
    F32,
    /// IEEE double precision.
    #[serde(rename = "float64")]
    F64,
}

impl DType {
    /// All types, in the order of promotion.
    pub const ALL: [DType; 6] =
        [DType::Bool, DType::U8, DType::I32, DType::I64, DType::F32, DType::F64];

    /// Keras's name: `"float32"`.
    pub fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::U8 => "uint8",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::F32 => "float32",
            DType::F64 => "float64",
        }
    }

    /// The type with Keras's name `name`, if there is one.
    pub fn from_name(name: &str) -> Option<DType> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }

    /// Bytes per element.
    pub fn size(self) -> usize {
        match self {
            DType::Bool | DType::U8 => 1,
            DType::I32 | DType::F32 => 4,
            DType::I64 | DType::F64 => 8,
        }
    }

    /// Whether the type is `float32` or `float64`.
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// Whether the type is an integer type; `bool` is not.
    pub fn is_integer(self) -> bool {
        matches!(self, DType::U8 | DType::I32 | DType::I64)
    }

    /// The type that results from mixing `self` and `other`.
    pub fn promote(self, other: DType) -> DType {
        self.max(other)
    }

    /// The type of a real-valued function of this type: itself if floating, else `float32`.
    pub fn to_float(self) -> DType {
        self.max(DType::F32)
    }
}

impl std::fmt::Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
