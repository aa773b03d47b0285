//! Arbitrary bytes as a `.keras` or `.h5` file: an error or a model, within the limits.
#![no_main]

use cornu::saving::Load;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Load::new().max_bytes(8 << 20).max_calls(500).read("fuzzed", bytes);
});
