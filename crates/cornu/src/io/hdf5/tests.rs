use std::time::Duration;

use super::*;
use crate::testing::processor_time;

fn sample() -> Group {
    let mut root = Group::default();
    root.insert(
        "layers/dense/vars/0",
        Array::new(&[2, 3], vec![1f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap(),
    );
    root.insert("layers/dense/vars/1", Array::new(&[3], vec![0.5f64, -1.0, 2.0]).unwrap());
    root.insert("flags", Array::new(&[2], vec![true, false]).unwrap());
    root.insert("count", Array::scalar(7i64));
    root.insert("small", Array::new(&[2, 1], vec![3i32, -4]).unwrap());
    root.insert("bytes", Array::new(&[1], vec![200u8]).unwrap());
    root.insert("none", Array::zeros(&[0, 3], cornu_graph::DType::F32).unwrap());
    root.make_group("layers/dropout/vars")
        .attributes
        .insert("name".into(), Attribute::Text("dröp".into()));
    let names = ["a", "long name", ""].map(String::from).to_vec();
    root.attributes.insert("names".into(), Attribute::Texts(names));
    root
}

#[test]
fn what_is_written_is_read() {
    let root = sample();
    let back = from_bytes("f", to_bytes(&root).unwrap()).unwrap();
    assert_eq!(back, root);
    assert_eq!(back.group("layers/dropout/vars").unwrap().text("name"), Some("dröp"));
    assert!(back.group("layers/none").is_none());
}

#[test]
fn long_texts_and_many_names_fit() {
    let mut root = Group::default();
    root.attributes.insert("model_config".into(), Attribute::Text("x".repeat(300_000)));
    let names = (0..3000).map(|i| format!("layer_{i}")).collect();
    root.attributes.insert("layer_names".into(), Attribute::Texts(names));
    assert_eq!(from_bytes("f", to_bytes(&root).unwrap()).unwrap(), root);
}

#[test]
fn damage_anywhere_is_an_error_or_harmless_and_soon_over() {
    let good = to_bytes(&sample()).unwrap();
    for at in 0..good.len() {
        for mask in [0x01, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] ^= mask;
            let (_, took) = processor_time(|| from_bytes("f", bytes));
            assert!(took < Duration::from_secs(1), "byte {at} ^ {mask}: {took:?}");
        }
    }
    for at in (0..good.len()).step_by(7) {
        let e = from_bytes("f", good[..at].to_vec()).unwrap_err().to_string();
        assert!(e.starts_with('f'), "{e}");
    }
}

#[test]
fn chunks_that_claim_more_than_the_file_are_refused_before_they_are_read() {
    let good = include_bytes!("../../../fuzz/seeds/hdf5/v108");
    assert!(from_bytes("f", good.to_vec()).is_ok());
    // The same with a chunk of 4 GB.
    let bad = include_bytes!("../../../fuzz/seeds/hdf5/chunk_size");
    let e = from_bytes("f", bad.to_vec()).unwrap_err().to_string();
    assert!(e.contains("claims a chunk of"), "{e}");
}

#[test]
fn numbers_that_claim_any_size_are_refused() {
    let bad = include_bytes!("../../../fuzz/seeds/hdf5/number_size");
    let e = from_bytes("f", bad.to_vec()).unwrap_err().to_string();
    assert!(e.contains("which is no number"), "{e}");
}

#[test]
fn chunks_outside_of_their_array_are_refused() {
    let bad = include_bytes!("../../../fuzz/seeds/hdf5/chunk_offset");
    let e = from_bytes("f", bad.to_vec()).unwrap_err().to_string();
    assert!(e.contains("claims a chunk at"), "{e}");
}

#[test]
fn claims_with_right_checksums_are_checked_as_well() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keras_files/growing.h5");
    let good = std::fs::read(path).unwrap();
    let arrays = from_bytes("growing", good.clone()).unwrap().arrays;
    // The blocks of trees and headers: their lengths are those at which their checksums fit.
    let mut blocks = Vec::new();
    for at in 0..good.len() - 4 {
        if !matches!(&good[at..at + 4], b"BTHD" | b"BTLF" | b"BTIN" | b"OHDR") {
            continue;
        }
        let fits = |length: &usize| {
            let end = at + length;
            let sum = good.get(end..end + 4).map(|s| u32::from_le_bytes(s.try_into().unwrap()));
            sum.is_some_and(|sum| sum == header::lookup3(&good[at..end]))
        };
        blocks.push((at, (8..2100).find(fits).unwrap()));
    }
    assert!(blocks.len() > 30);
    let mut refused = 0;
    for (k, &(at, length)) in blocks.iter().enumerate() {
        for place in (4..length).step_by(1 + length / 12) {
            let mut bytes = good.clone();
            bytes[at + place] = [0xff, 0, 0x7f, 1][(place + k) % 4];
            let sum = header::lookup3(&bytes[at..at + length]);
            bytes[at + length..at + length + 4].copy_from_slice(&sum.to_le_bytes());
            match from_bytes("growing", bytes) {
                Ok(group) => assert!(group.arrays.len() <= arrays.len()),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 80, "{refused}");
}
