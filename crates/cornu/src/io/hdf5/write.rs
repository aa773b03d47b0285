//! Writing.

use std::path::Path;

use cornu_graph::{Array, Data};
use hdf5_pure::{
    AttrValue, DatasetBuilder, EnumTypeBuilder, FileBuilder, FinishedGroup, GroupBuilder,
    make_i8_type,
};

use super::{Attribute, Group};
use crate::{Error, Result};

/// Writes an HDF5 file, whole or not at all.
///
/// # Errors
/// When the file cannot be written, or a name or attribute does not fit the format.
pub fn write(path: impl AsRef<Path>, root: &Group) -> Result<()> {
    let bytes = to_bytes(root)?;
    crate::io::atomic_write(path, |file| std::io::Write::write_all(file, &bytes))
}

/// The contents of an HDF5 file.
///
/// # Errors
/// When a name or attribute does not fit the format.
pub fn to_bytes(root: &Group) -> Result<Vec<u8>> {
    let failed = |e: hdf5_pure::Error| Error::format("hdf5::write", e);
    let mut file = FileBuilder::new();
    for (name, value) in &root.attributes {
        file.set_attr(name, attribute(value));
    }
    for (name, inner) in &root.groups {
        let made = group(file.create_group(name), inner)?;
        file.add_group(made);
    }
    for (name, value) in &root.arrays {
        array(file.create_dataset(name), value)?;
    }
    file.finish().map_err(failed)
}

fn group(mut builder: GroupBuilder, group: &Group) -> Result<FinishedGroup> {
    for (name, value) in &group.attributes {
        builder.set_attr(name, attribute(value));
    }
    for (name, inner) in &group.groups {
        let made = self::group(builder.create_group(name), inner)?;
        builder.add_group(made);
    }
    for (name, value) in &group.arrays {
        array(builder.create_dataset(name), value)?;
    }
    Ok(builder.finish())
}

fn attribute(value: &Attribute) -> AttrValue {
    match value {
        Attribute::Text(text) => AttrValue::VarLenString(text.clone()),
        Attribute::Texts(texts) => AttrValue::VarLenStringArray(texts.clone()),
    }
}

fn array(builder: &mut DatasetBuilder, array: &Array) -> Result<()> {
    match array.data() {
        Data::Bool(values) => {
            // What h5py writes for NumPy's bool.
            let datatype = EnumTypeBuilder::with_base(make_i8_type())
                .raw_value("FALSE", &[0])
                .raw_value("TRUE", &[1])
                .build()
                .map_err(|e| Error::format("hdf5::write", e))?;
            let bytes = values.iter().map(|&b| u8::from(b)).collect();
            builder.with_raw_data(datatype, bytes, values.len() as u64);
        }
        Data::U8(values) => drop(builder.with_u8_data(values)),
        Data::I32(values) => drop(builder.with_i32_data(values)),
        Data::I64(values) => drop(builder.with_i64_data(values)),
        Data::F32(values) => drop(builder.with_f32_data(values)),
        Data::F64(values) => drop(builder.with_f64_data(values)),
    }
    let shape: Vec<u64> = array.shape().iter().map(|&n| n as u64).collect();
    builder.with_shape(&shape);
    Ok(())
}
