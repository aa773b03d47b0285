//! HDF5 files: groups of arrays and texts, as Keras keeps weights.

mod filters;
mod header;
mod read;
mod tree;
mod write;

use std::collections::BTreeMap;

use cornu_graph::Array;

pub(crate) use read::from_source;
pub use read::{from_bytes, from_bytes_within, read};
pub use write::{to_bytes, write};

/// A group: attributes and members by name, in the order of the names.
///
/// ```
/// use cornu::{Array, io::hdf5};
/// let mut file = hdf5::Group::default();
/// file.insert("layers/dense/vars/0", Array::scalar(1.5f32));
/// let again = hdf5::from_bytes("doc", hdf5::to_bytes(&file)?)?;
/// assert_eq!(again.array("layers/dense/vars/0").unwrap().item()?, 1.5);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// Texts that describe the group.
    pub attributes: BTreeMap<String, Attribute>,
    /// The groups inside.
    pub groups: BTreeMap<String, Group>,
    /// The arrays inside.
    pub arrays: BTreeMap<String, Array>,
}

/// An attribute: one text, or several. Attributes of other types are skipped when a file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// One text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
}

impl Group {
    /// The group at a path such as `"layers/dense"`; `""` is the group itself.
    pub fn group(&self, path: &str) -> Option<&Group> {
        let mut names = path.split('/').filter(|name| !name.is_empty());
        names.try_fold(self, |at, name| at.groups.get(name))
    }

    /// The group at a path; it and those on the way are made where they are missing.
    pub fn make_group(&mut self, path: &str) -> &mut Group {
        let names = path.split('/').filter(|name| !name.is_empty());
        names.fold(self, |at, name| at.groups.entry(name.into()).or_default())
    }

    /// The array at a path.
    pub fn array(&self, path: &str) -> Option<&Array> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.group(parent)?.arrays.get(name)
    }

    /// Puts an array at a path, and makes the groups on the way.
    pub fn insert(&mut self, path: &str, array: Array) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.make_group(parent).arrays.insert(name.into(), array);
    }

    /// The one text of an attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name)? {
            Attribute::Text(text) => Some(text),
            Attribute::Texts(texts) => match &texts[..] {
                [one] => Some(one),
                _ => None,
            },
        }
    }

    /// The texts of an attribute; one text is a list of one.
    pub fn texts(&self, name: &str) -> Option<&[String]> {
        match self.attributes.get(name)? {
            Attribute::Text(text) => Some(std::slice::from_ref(text)),
            Attribute::Texts(texts) => Some(texts),
        }
    }

    /// All arrays by their paths.
    pub fn into_arrays(self) -> BTreeMap<String, Array> {
        fn collect(group: Group, path: &str, out: &mut BTreeMap<String, Array>) {
            out.extend(
                group.arrays.into_iter().map(|(name, array)| (format!("{path}{name}"), array)),
            );
            for (name, inner) in group.groups {
                collect(inner, &format!("{path}{name}/"), out);
            }
        }
        let mut out = BTreeMap::new();
        collect(self, "", &mut out);
        out
    }
}

#[cfg(test)]
mod tests;
