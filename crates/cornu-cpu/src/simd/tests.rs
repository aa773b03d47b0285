//! Every operation on every instruction set of this machine, against plain Rust.

use super::*;
use crate::math::{self, Function};

const SAMPLES: [f64; 16] =
    [0.0, -0.0, 1.0, -1.5, 2.5, 3.5, -2.5, 1e-3, 7.0, -1e6, 0.5, -0.5, 123456.75, 1e9, -3.99, 42.0];

struct Check<T>(std::marker::PhantomData<T>);

fn lanes<V: Vector>(v: V) -> Vec<V::Elem> {
    let mut out = vec![V::Elem::default(); V::LANES];
    v.store(&mut out);
    out
}

impl<T: Real> Kernel for Check<T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let samples: Vec<T> = SAMPLES.iter().map(|&x| T::from_f64(x)).collect();
        for start in 0..samples.len() - T::Vec::<S>::LANES + 1 {
            let other: Vec<T> = samples.iter().rev().copied().collect();
            let a = T::Vec::<S>::load(s, &samples[start..]);
            let b = T::Vec::<S>::load(s, &other[start..]);
            let pairs: Vec<(f64, f64)> =
                lanes(a).iter().zip(lanes(b)).map(|(x, y)| (x.to_f64(), y.to_f64())).collect();
            let same = |name: &str, got: T::Vec<S>, want: fn(f64, f64) -> f64| {
                for (lane, &(x, y)) in lanes(got).iter().zip(&pairs) {
                    let want = T::from_f64(want(x, y)).to_f64();
                    let got = lane.to_f64();
                    assert!(
                        got == want || (got.is_nan() && want.is_nan()),
                        "{} {name}({x}, {y}) = {got}, not {want}",
                        S::NAME
                    );
                }
            };
            same("add", a + b, |x, y| x + y);
            same("sub", a - b, |x, y| x - y);
            same("mul", a * b, |x, y| x * y);
            same("div", a / b, |x, y| x / y);
            same("neg", -a, |x, _| -x);
            same("min", a.min(b), |x, y| if x < y { x } else { y });
            same("max", a.max(b), |x, y| if x > y { x } else { y });
            same("sqrt", a.abs().sqrt(), |x, _| x.abs().sqrt());
            same("round", a.round(), |x, _| x.round_ties_even());
            same("floor", a.floor(), |x, _| x.floor());
            same("ceil", a.ceil(), |x, _| x.ceil());
            same("trunc", a.trunc(), |x, _| x.trunc());
            // Exact in both precisions, so that one rounding and two agree.
            let (two, one) = (T::Vec::<S>::splat(s, T::from_f64(2.0)), a);
            same("mul_add", one.mul_add(two, a), |x, _| 3.0 * x);
            same("neg_mul_add", one.neg_mul_add(two, a), |x, _| -x);
            let pick = |mask| T::Vec::<S>::select(mask, a, b);
            same("lt", pick(a.lt(b)), |x, y| if x < y { x } else { y });
            same("le", pick(a.le(b)), |x, y| if x <= y { x } else { y });
            same("gt", pick(a.gt(b)), |x, y| if x > y { x } else { y });
            same("ge", pick(a.ge(b)), |x, y| if x >= y { x } else { y });
            same("eq", pick(a.eq(b)), |x, y| if x == y { x } else { y });
            same("ne", pick(a.ne(b)), |x, y| if x != y { x } else { y });
            same("bits", T::Vec::<S>::from_bits(a.to_bits()), |x, _| x);
            same("int", T::Vec::<S>::from_int(a.to_int()), |x, _| x.round_ties_even());
            assert_eq!(a.gt(b).any(), pairs.iter().any(|(x, y)| x > y));
            let max = pairs.iter().map(|p| p.0).fold(f64::NEG_INFINITY, f64::max);
            let min = pairs.iter().map(|p| p.0).fold(f64::INFINITY, f64::min);
            assert_eq!(a.reduce_max().to_f64(), max);
            assert_eq!(a.reduce_min().to_f64(), min);
        }
        let nan = T::Vec::<S>::splat(s, T::from_f64(f64::NAN));
        let one = T::Vec::<S>::splat(s, T::from_f64(1.0));
        assert_eq!(lanes(nan.max(one))[0].to_f64(), 1.0);
        assert!(lanes(one.max(nan))[0].to_f64().is_nan());
        assert!(nan.ne(nan).any() && !nan.eq(nan).any());
        let count: Vec<T> = (0..2 * MAX_LANES).map(|i| T::from_f64(i as f64)).collect();
        let n = T::Vec::<S>::LANES;
        let (low, high) = T::Vec::<S>::load(s, &count).zip(T::Vec::<S>::load(s, &count[n..]));
        let zipped: Vec<f64> = lanes(low).iter().chain(&lanes(high)).map(|x| x.to_f64()).collect();
        let turns: Vec<f64> = (0..2 * n).map(|i| (i / 2 + i % 2 * n) as f64).collect();
        assert_eq!(zipped, turns);
        let sum = T::Vec::<S>::load(s, &count).reduce_sum().to_f64();
        assert_eq!(sum, (n * (n - 1) / 2) as f64);
        for len in 0..=n {
            let v = T::Vec::<S>::load_partial(s, &count[..len]);
            let got: Vec<f64> = lanes(v).iter().map(|x| x.to_f64()).collect();
            let want: Vec<f64> = (0..n).map(|i| if i < len { i as f64 } else { 0.0 }).collect();
            assert_eq!(got, want);
            let mut part = vec![T::from_f64(-1.0); len];
            T::Vec::<S>::load(s, &count).store_partial(&mut part);
            assert_eq!(part, count[..len]);
        }
    }
}

struct CheckInt;

impl Kernel for CheckInt {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let a32: Vec<u32> = (0..16u32).map(|i| i.wrapping_mul(0x9E37_79B9) ^ 0x55).collect();
        let b32: Vec<u32> = (0..16u32).map(|i| (i + 3).wrapping_mul(0xBB67_AE85)).collect();
        let (a, b) = (S::U32::load(s, &a32), S::U32::load(s, &b32));
        let (high, low) = a.mul_wide(b);
        for i in 0..S::U32::LANES {
            let (x, y) = (a32[i], b32[i]);
            let wide = u64::from(x) * u64::from(y);
            assert_eq!(lanes(high)[i], (wide >> 32) as u32);
            assert_eq!(lanes(low)[i], wide as u32);
            assert_eq!(lanes(a + b)[i], x.wrapping_add(y));
            assert_eq!(lanes(a - b)[i], x.wrapping_sub(y));
            assert_eq!(lanes((a & b) ^ (a | !b))[i], (x & y) ^ (x | !y));
            assert_eq!(lanes((a << 7) + (b >> 9))[i], (x << 7).wrapping_add(y >> 9));
            assert_eq!(lanes(S::U32::select(a.eq(a), a, b))[i], x);
            assert_eq!(lanes(S::U32::select(a.eq(b), a, b))[i], y);
        }
        let table: [f32; 32] = std::array::from_fn(|i| i as f32);
        for (got, x) in lanes(s.lookup(&table, a)).iter().zip(&a32) {
            assert_eq!(*got, (x % 32) as f32);
        }
        let a64: Vec<u64> = a32.iter().map(|&x| u64::from(x) << 31 | 0x1234).collect();
        let b64: Vec<u64> = b32.iter().map(|&x| u64::from(x) << 20 | 0x77).collect();
        let (a, b) = (S::U64::load(s, &a64), S::U64::load(s, &b64));
        for i in 0..S::U64::LANES {
            let (x, y) = (a64[i], b64[i]);
            assert_eq!(lanes(a + b)[i], x.wrapping_add(y));
            assert_eq!(lanes(a - b)[i], x.wrapping_sub(y));
            assert_eq!(lanes((a & b) ^ (a | !b))[i], (x & y) ^ (x | !y));
            assert_eq!(lanes((a << 7) + (b >> 9))[i], (x << 7).wrapping_add(y >> 9));
            assert_eq!(lanes(S::U64::select(!a.eq(b), a, b))[i], x);
        }
    }
}

struct CheckParts;

impl Kernel for CheckParts {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let (tiny, nan) = (f32::from_bits(3), f32::NAN);
        for x in [1.0, 0.75, 1.5, 1.499_999_9, 0.749_999_9, 1e30, 1e-30, tiny, f32::MAX] {
            let (e, m) = s.split(S::F32::splat(s, x));
            let (e, m) = (f64::from(lanes(e)[0]), f64::from(lanes(m)[0]));
            assert!((0.75..1.5).contains(&m) && m * e.exp2() == f64::from(x), "{x}: {e}, {m}");
        }
        for (x, power) in [(0.0, -1.0), (-0.0, -1.0), (f32::INFINITY, 1.0)] {
            let (e, m) = s.split(S::F32::splat(s, x));
            assert_eq!(lanes(e)[0], power * f32::INFINITY, "{} {x}", S::NAME);
            assert!(lanes(m)[0].is_finite());
        }
        for x in [nan, -1.0, -tiny, f32::NEG_INFINITY] {
            assert!(lanes(s.split(S::F32::splat(s, x)).1)[0].is_nan(), "{} {x}", S::NAME);
        }
        for (x, n) in [(1.25, 3.0), (1.999, -149.0), (0.75, 128.0), (1.5, -130.0), (1.0, 128.0)] {
            let got = lanes(s.scale(S::F32::splat(s, x), S::F32::splat(s, n)))[0];
            assert_eq!(got, (f64::from(x) * f64::from(n).exp2()) as f32, "{} {x}, {n}", S::NAME);
        }
        for (a, b) in [(1f32, 3f32), (1.0, 1.1), (0.0, 2.0), (1e-42, 1.5), (5.0, 7.0)] {
            let got = lanes(s.ratio(S::F32::splat(s, a), S::F32::splat(s, b)))[0];
            assert!((got - a / b).abs() <= 1.2e-7 * (a / b), "{} {a} / {b} = {got}", S::NAME);
        }
        let mut values = vec![0; 4 * MAX_LANES];
        let first = values.as_ptr().align_offset(4 * MAX_LANES);
        let end = first + S::U32::LANES;
        assert!(end <= values.len());
        // SAFETY: aligned to the largest vector, and the lanes are inside.
        unsafe { S::U32::splat(s, 7).stream_ptr(values.as_mut_ptr().add(first)) };
        end_streams();
        assert!(values.iter().enumerate().all(|(i, &x)| (x == 7) == (first..end).contains(&i)));
    }
}

#[test]
fn every_operation_agrees_with_plain_rust() {
    for isa in AnyIsa::available() {
        isa.run(Check::<f32>(std::marker::PhantomData));
        isa.run(Check::<f64>(std::marker::PhantomData));
        isa.run(CheckInt);
        isa.run(CheckParts);
    }
}

#[test]
fn square_roots_are_rounded_correctly() {
    struct Root;
    impl Function for Root {
        #[inline(always)]
        fn eval<S: Isa>(_: S, x: S::F32) -> S::F32 {
            x.sqrt()
        }
    }
    let check = |x: &[f32]| {
        for isa in AnyIsa::available() {
            let mut roots = vec![0.0; x.len()];
            math::apply::<Root>(isa, x, &mut roots);
            for (x, root) in x.iter().zip(roots) {
                let same =
                    root.to_bits() == x.sqrt().to_bits() || root.is_nan() && x.sqrt().is_nan();
                assert!(same, "{}: sqrt({x:e}) = {root:e}", isa.name());
            }
        }
    };
    math::testing::numbers(check);
    // Every mantissa with an even and an odd exponent: others give the same digits.
    let [start, end] = [1f32, 4.0].map(f32::to_bits);
    for start in (start..end).step_by(1 << 20) {
        check(&(start..start + (1 << 20)).map(f32::from_bits).collect::<Vec<_>>());
    }
}
