//! What Keras keeps per session: automatic names and the stream of seeds. Each thread has its own.

use std::cell::RefCell;
use std::collections::HashMap;

#[derive(Default)]
struct Session {
    names: HashMap<String, usize>,
    seed: Option<u64>,
    drawn: u64,
}

thread_local! {
    static SESSION: RefCell<Session> = RefCell::default();
}

/// Forgets the automatic names of this thread: the next `Dense` is `dense` again.
pub fn clear_session() {
    SESSION.with_borrow_mut(|s| s.names.clear());
}

/// Makes all that is random in this thread follow from `seed`: initial weights, dropout, shuffling.
///
/// Without a call the seed is taken from the clock, once per thread.
pub fn set_random_seed(seed: u64) {
    SESSION.with_borrow_mut(|s| (s.seed, s.drawn) = (Some(seed), 0));
}

/// The next seed of the thread's stream.
pub fn next_seed() -> u64 {
    SESSION.with_borrow_mut(|s| {
        let seed = *s.seed.get_or_insert_with(clock_seed);
        s.drawn = s.drawn.wrapping_add(1);
        mix(seed.wrapping_add(s.drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15))) >> 1
    })
}

/// Where the thread's stream of seeds stands: its seed and how many were drawn. [`set_random_state`] goes on from there.
pub fn random_state() -> [u64; 2] {
    SESSION.with_borrow_mut(|s| [*s.seed.get_or_insert_with(clock_seed), s.drawn])
}

/// Lets the thread's stream of seeds go on from a place that [`random_state`] gave.
///
/// ```
/// use cornu::{next_seed, random_state, set_random_state};
/// let state = random_state();
/// let drawn = next_seed();
/// set_random_state(state);
/// assert_eq!(next_seed(), drawn);
/// ```
pub fn set_random_state([seed, drawn]: [u64; 2]) {
    SESSION.with_borrow_mut(|s| (s.seed, s.drawn) = (Some(seed), drawn));
}

/// The output function of SplitMix64 (Steele et al., 2014): neighbouring words give unrelated ones.
pub(crate) fn mix(word: u64) -> u64 {
    let z = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn clock_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| d.as_nanos() as u64)
}

/// A name that no other object of this thread has: `dense`, `dense_1`, …
pub(crate) fn unique_name(base: &str) -> String {
    SESSION.with_borrow_mut(|s| {
        let count = s.names.entry(base.into()).or_insert(0);
        *count += 1;
        if *count == 1 { base.into() } else { format!("{base}_{}", *count - 1) }
    })
}

/// Keras's snake case of a class name: `Conv2DTranspose` is `conv2d_transpose`, `ReLU` is `re_lu`.
pub fn snake_case(class_name: &str) -> String {
    let chars: Vec<char> = class_name.chars().collect();
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let before_lower = chars.get(i + 1).is_some_and(char::is_ascii_lowercase);
        let after_lower = i > 0 && chars[i - 1].is_ascii_lowercase();
        if i > 0 && c.is_ascii_uppercase() && (before_lower || after_lower) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_is_that_of_keras() {
        for (class, name) in [
            ("Dense", "dense"),
            ("ReLU", "re_lu"),
            ("PReLU", "p_re_lu"),
            ("ELU", "elu"),
            ("Conv2D", "conv2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("MaxPooling2D", "max_pooling2d"),
            ("DepthwiseConv2D", "depthwise_conv2d"),
            ("UpSampling2D", "up_sampling2d"),
            ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("RMSprop", "rm_sprop"),
            ("BatchNormalization", "batch_normalization"),
            ("InputLayer", "input_layer"),
        ] {
            assert_eq!(snake_case(class), name);
        }
    }

    #[test]
    fn seeds_repeat_after_set_random_seed() {
        set_random_seed(7);
        let first = [next_seed(), next_seed()];
        set_random_seed(7);
        assert_eq!(first, [next_seed(), next_seed()]);
        assert_ne!(first[0], first[1]);
    }

    #[test]
    fn names_count_up() {
        clear_session();
        assert_eq!([unique_name("a"), unique_name("a"), unique_name("b")], ["a", "a_1", "b"]);
    }
}
