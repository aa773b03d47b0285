//! What a stream is made of.

/// A source of random bits with the two distributions that NumPy's generators draw in ways of their own.
pub trait BitGenerator {
    /// Whether draws follow NumPy's `RandomState`, whose streams are frozen, where `Generator` draws otherwise.
    const LEGACY: bool;

    /// 32 random bits.
    fn next_u32(&mut self) -> u32;

    /// 64 random bits.
    fn next_u64(&mut self) -> u64;

    /// A uniform value in `[0, 1)`, a multiple of 2⁻⁵³.
    fn next_f64(&mut self) -> f64;

    /// A uniform value in `[0, 1)`, a multiple of 2⁻²⁴.
    fn next_f32(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// A standard normal value.
    fn next_normal(&mut self) -> f64;

    /// A standard exponential value.
    fn next_exponential(&mut self) -> f64;
}
