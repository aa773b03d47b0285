//! Integers of a range without bias.

use super::BitGenerator;

/// Draws of fewer than 32 bits take them from words of 32 in turn.
#[derive(Default)]
pub(super) struct Pieces {
    word: u32,
    left: u32,
}

impl Pieces {
    fn next(&mut self, bits: &mut impl BitGenerator, width: u32) -> u64 {
        if self.left == 0 {
            (self.word, self.left) = (bits.next_u32(), 32 / width - 1);
        } else {
            (self.word, self.left) = (self.word >> width, self.left - 1);
        }
        u64::from(self.word) & largest(width)
    }
}

fn largest(width: u32) -> u64 {
    u64::MAX >> (64 - width)
}

/// An integer from 0 to `max`, both included, drawn in the way that NumPy draws for a type of `width` bits (1, 8, 32
/// or 64): Lemire's multiplication (*Fast random integer generation in an interval*, 2019), or masks in legacy streams.
pub(super) fn bounded<B: BitGenerator>(
    bits: &mut B,
    max: u64,
    width: u32,
    pieces: &mut Pieces,
) -> u64 {
    if max == 0 {
        return 0;
    }
    let width = if width == 64 && max <= largest(32) { 32 } else { width };
    let mut next = || match width {
        64 => bits.next_u64(),
        32 => bits.next_u32().into(),
        _ => pieces.next(bits, width),
    };
    if max == largest(width) {
        next()
    } else if B::LEGACY {
        masked(max, next)
    } else {
        lemire(max, width, next)
    }
}

fn lemire(max: u64, width: u32, mut next: impl FnMut() -> u64) -> u64 {
    let count = max + 1;
    let mut draw = || u128::from(next()) * u128::from(count);
    let low = |product: u128| product as u64 & largest(width);
    let mut product = draw();
    if low(product) < count {
        let threshold = (largest(width) - max) % count;
        while low(product) < threshold {
            product = draw();
        }
    }
    (product >> width) as u64
}

fn masked(max: u64, mut next: impl FnMut() -> u64) -> u64 {
    let mask = u64::MAX >> max.leading_zeros();
    loop {
        let value = next() & mask;
        if value <= max {
            return value;
        }
    }
}

/// A place from 0 to `max`, both included, as every shuffle draws it.
pub(super) fn interval(bits: &mut impl BitGenerator, max: usize) -> usize {
    let max = max as u64;
    let place = match max {
        0 => 0,
        _ if max <= largest(32) => masked(max, || bits.next_u32().into()),
        _ => masked(max, || bits.next_u64()),
    };
    place as usize
}
