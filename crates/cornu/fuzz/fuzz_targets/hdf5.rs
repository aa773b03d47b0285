//! Arbitrary bytes as an HDF5 file: an error, or arrays that are the same when they are written and read again.
#![no_main]

use cornu::io::hdf5;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = hdf5::from_bytes_within("fuzzed", bytes.to_vec(), 8 << 20) else { return };
    let Ok(written) = hdf5::to_bytes(&file) else { return };
    let again = hdf5::from_bytes("written", written).expect("what was written is read");
    // NaN differs from itself.
    assert_eq!(format!("{again:?}"), format!("{file:?}"));
});
