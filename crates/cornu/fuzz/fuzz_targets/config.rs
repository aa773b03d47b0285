//! Arbitrary text as the `config.json` of an archive without weights. A model that comes out describes itself in
//! a config from which the same model comes.
#![no_main]

use std::io::{Cursor, Write};

use cornu::io::hdf5;
use cornu::saving::Load;
use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn archive(config: &[u8]) -> Vec<u8> {
    let weights = hdf5::to_bytes(&hdf5::Group::default()).expect("an empty file");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in [("config.json", config), ("model.weights.h5", &weights)] {
        zip.start_file(name, options).expect("a new entry");
        zip.write_all(content).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

fuzz_target!(|config: &[u8]| {
    let load = Load::new().max_bytes(8 << 20).max_calls(500);
    let Ok(model) = load.read("fuzzed", &archive(config)) else { return };
    let Ok(config) = model.to_config() else { return };
    let text = serde_json::to_vec(&config).expect("a JSON value");
    let again = load.read("written", &archive(&text)).expect("what was saved opens");
    assert_eq!(again.summary(), model.summary());
});
