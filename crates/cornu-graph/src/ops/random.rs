//! Counter-based random numbers.

use crate::ops::{Operation, Vjp, arity};
use crate::{Array, DType, Error, Result, Spec, Tensor};

/// How random values are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Uniform in `[0, 1)`.
    Uniform,
    /// Normal with mean 0 and standard deviation 1.
    Normal,
}

/// Random values: a pure function of the key (`int64[2]`: seed and stream) and the element's place.
///
/// Philox4x32-10 (Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, 2011): the key is the low
/// halves of the two words of the key tensor; the counter is `[block, block >> 32, high half of word 0,
/// high half of word 1]`. A block gives four words `w`:
///
/// - uniform `float32`: elements `4·block + i` are `(w[i] >> 8) · 2⁻²⁴`;
/// - uniform `float64`: elements `2·block + i` are `((w[2i] >> 5) · 2²⁶ + (w[2i+1] >> 6)) · 2⁻⁵³`;
/// - normal: with uniforms `u, v` of elements `2j` and `2j + 1`, these elements are
///   `√(-2 ln(1 - u)) · cos(2πv)` and `… · sin(2πv)` (Box and Muller, 1958).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Random {
    /// The distribution.
    pub distribution: Distribution,
    /// The result's shape and floating-point dtype.
    pub spec: Spec,
}

/// One block of Philox4x32-10.
pub fn philox(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    let (mut k, mut c) = (key, counter);
    for _ in 0..10 {
        let p0 = u64::from(c[0]) * 0xD251_1F53;
        let p1 = u64::from(c[2]) * 0xCD9E_8D57;
        c = [
            (p1 >> 32) as u32 ^ c[1] ^ k[0],
            p1 as u32,
            (p0 >> 32) as u32 ^ c[3] ^ k[1],
            p0 as u32,
        ];
        k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
    }
    c
}

/// The uniform value of element `i`, as the documentation of [`Random`] defines it.
fn uniform_at(key: &[i64], i: usize, dtype: DType) -> f64 {
    let (lanes, lane) = if dtype == DType::F64 { (2, i % 2) } else { (4, i % 4) };
    let block = (i / lanes) as u64;
    let high = |w: i64| ((w as u64) >> 32) as u32;
    let counter = [block as u32, (block >> 32) as u32, high(key[0]), high(key[1])];
    let w = philox([key[0] as u32, key[1] as u32], counter);
    if dtype == DType::F64 {
        let (a, b) = (w[2 * lane] >> 5, w[2 * lane + 1] >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    } else {
        f64::from(w[lane] >> 8) / 16_777_216.0
    }
}

impl Operation for Random {
    fn name(&self) -> &'static str {
        match self.distribution {
            Distribution::Uniform => "random_uniform",
            Distribution::Normal => "random_normal",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [key] = arity(self.name(), inputs)?;
        if *key != Spec::new([2], DType::I64) {
            return Err(Error::invalid(self.name(), "key", "must be int64[2]", key));
        }
        if !self.spec.dtype.is_float() {
            return Err(Error::invalid(
                self.name(),
                "dtype",
                "must be a floating-point type",
                self.spec.dtype,
            ));
        }
        Ok(self.spec.clone())
    }

    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let key = inputs[0].as_slice::<i64>()?;
        let uniform = |i| uniform_at(key, i, spec.dtype);
        let normal = |i: usize| {
            let first = i & !1;
            let radius = (-2.0 * (1.0 - uniform(first)).ln()).sqrt();
            let angle = 2.0 * std::f64::consts::PI * uniform(first + 1);
            radius * if i == first { angle.cos() } else { angle.sin() }
        };
        let values: Vec<f64> = match self.distribution {
            Distribution::Uniform => (0..spec.count()).map(uniform).collect(),
            Distribution::Normal => (0..spec.count()).map(normal).collect(),
        };
        Ok(Array::new(&spec.shape, values)?.cast(spec.dtype))
    }
}

/// Random values from a key tensor (`int64[2]`).
pub fn random(distribution: Distribution, key: &Tensor, shape: &[usize], dtype: DType) -> Tensor {
    Tensor::apply(Random { distribution, spec: Spec::new(shape, dtype) }, &[key])
}

#[cfg(test)]
mod tests {
    use super::philox;

    #[test]
    fn philox_gives_the_published_answers() {
        // kat_vectors of Random123.
        assert_eq!(philox([0; 2], [0; 4]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(
            philox([u32::MAX; 2], [u32::MAX; 4]),
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        );
        assert_eq!(
            philox([0xa4093822, 0x299f31d0], [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }
}
