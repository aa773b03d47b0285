//! Binomial counts, and the multinomial ones made of them.

use super::{BitGenerator, to_i64};

/// A binomial count: inversion where n·min(p, 1 - p) is at most 30, else BTPE.
pub(super) fn binomial<B: BitGenerator>(bits: &mut B, n: i64, p: f64) -> i64 {
    count(bits, n, p, B::LEGACY)
}

fn count(bits: &mut impl BitGenerator, n: i64, p: f64, legacy: bool) -> i64 {
    if !legacy && (n == 0 || p == 0.0) {
        return 0;
    }
    let rare = if p <= 0.5 { p } else { 1.0 - p };
    let count = if rare * n as f64 <= 30.0 {
        inversion(bits, n, rare, legacy)
    } else {
        Btpe::new(n, rare).draw(bits)
    };
    if p <= 0.5 { count } else { n - count }
}

/// Adds up the probabilities of 0, 1, 2, … until they exceed a uniform value.
fn inversion(bits: &mut impl BitGenerator, n: i64, p: f64, legacy: bool) -> i64 {
    let q = 1.0 - p;
    let (trials, mean) = (n as f64, n as f64 * p);
    let none = (trials * if legacy { q.ln() } else { (-p).ln_1p() }).exp();
    let far = mean + 10.0 * (mean * q + 1.0).sqrt();
    let bound = to_i64(if trials < far { trials } else { far });
    'draw: loop {
        let (mut count, mut mass, mut u) = (0, none, bits.next_f64());
        while u > mass {
            count += 1;
            if count > bound {
                continue 'draw;
            }
            u -= mass;
            mass = ((n - count + 1) as f64 * p * mass) / (count as f64 * q);
        }
        return count;
    }
}

/// The algorithm BTPE of Kachitvichyanukul and Schmeiser, *Binomial random variate generation* (1988): rejection from a
/// triangle, parallelograms beside it and exponential tails. Letters are the paper's.
struct Btpe {
    n: i64,
    r: f64,
    q: f64,
    m: i64,
    p1: f64,
    xm: f64,
    xl: f64,
    xr: f64,
    c: f64,
    laml: f64,
    lamr: f64,
    p2: f64,
    p3: f64,
    p4: f64,
    nrq: f64,
}

impl Btpe {
    fn new(n: i64, r: f64) -> Btpe {
        let q = 1.0 - r;
        let trials = n as f64;
        let fm = trials * r + r;
        let m = to_i64(fm.floor());
        let nrq = trials * r * q;
        let p1 = (2.195 * nrq.sqrt() - 4.6 * q).floor() + 0.5;
        let xm = m as f64 + 0.5;
        let (xl, xr) = (xm - p1, xm + p1);
        let c = 0.134 + 20.5 / (15.3 + m as f64);
        let slope = |a: f64| a * (1.0 + a / 2.0);
        let laml = slope((fm - xl) / (fm - xl * r));
        let lamr = slope((xr - fm) / (xr * q));
        let p2 = p1 * (1.0 + 2.0 * c);
        let p3 = p2 + c / laml;
        Btpe { n, r, q, m, p1, xm, xl, xr, c, laml, lamr, p2, p3, p4: p3 + c / lamr, nrq }
    }

    fn draw(&self, bits: &mut impl BitGenerator) -> i64 {
        loop {
            let u = bits.next_f64() * self.p4;
            let v = bits.next_f64();
            if u <= self.p1 {
                return to_i64((self.xm - self.p1 * v + u).floor());
            }
            if let Some((y, v)) = self.propose(u, v)
                && self.accepts(y, v)
            {
                return y;
            }
        }
    }

    /// A count and the height at which it was hit, outside the triangle.
    fn propose(&self, u: f64, v: f64) -> Option<(i64, f64)> {
        if u <= self.p2 {
            let x = self.xl + (u - self.p1) / self.c;
            let v = v * self.c + 1.0 - (self.m as f64 - x + 0.5).abs() / self.p1;
            (v <= 1.0).then(|| (to_i64(x.floor()), v))
        } else if u <= self.p3 {
            let y = to_i64((self.xl + v.ln() / self.laml).floor());
            (y >= 0 && v != 0.0).then_some((y, v * (u - self.p2) * self.laml))
        } else {
            let y = to_i64((self.xr - v.ln() / self.lamr).floor());
            (y <= self.n && v != 0.0).then_some((y, v * (u - self.p3) * self.lamr))
        }
    }

    fn accepts(&self, y: i64, v: f64) -> bool {
        let (n, m) = (self.n as f64, self.m as f64);
        let k = y.wrapping_sub(self.m).wrapping_abs();
        if k <= 20 || k as f64 >= self.nrq / 2.0 - 1.0 {
            let s = self.r / self.q;
            let a = s * self.n.wrapping_add(1) as f64;
            let ratio = |i: i64| a / i as f64 - s;
            let density = if self.m < y {
                (self.m + 1..=y).fold(1.0, |f, i| f * ratio(i))
            } else {
                (y + 1..=self.m).fold(1.0, |f, i| f / ratio(i))
            };
            return v <= density;
        }
        let (distance, nrq) = (k as f64, self.nrq);
        let rho = (distance / nrq)
            * ((distance * (distance / 3.0 + 0.625) + 0.166_666_666_666_666_66) / nrq + 0.5);
        // The square wraps around for huge n, as NumPy's does.
        let t = k.wrapping_neg().wrapping_mul(k) as f64 / (2.0 * nrq);
        let log_v = v.ln();
        if log_v < t - rho {
            return true;
        }
        if log_v > t + rho {
            return false;
        }
        let (x1, f1) = (y as f64 + 1.0, m + 1.0);
        let (z, w) = (n + 1.0 - m, n - y as f64 + 1.0);
        // NumPy's constant and signs up to version 2.4 and in `RandomState` for ever: the paper adds the last two terms, and
        // 13860 would be right. NumPy 2.5 corrects both in `Generator`.
        let stirling = |x: f64| {
            let s = x * x;
            (13680.0 - (462.0 - (132.0 - (99.0 - 140.0 / s) / s) / s) / s) / x / 166_320.0
        };
        let bound = self.xm * (f1 / x1).ln()
            + (self.n.wrapping_sub(self.m) as f64 + 0.5) * (z / w).ln()
            + y.wrapping_sub(self.m) as f64 * (w * self.r / (x1 * self.q)).ln()
            + stirling(f1)
            + stirling(z)
            + stirling(x1)
            + stirling(w);
        log_v <= bound
    }
}

/// Distributes `n` over `counts` with the given probabilities; the last takes the rest.
///
/// The binomial counts are those of `Generator` in legacy streams too, as in NumPy up to version 2.4.
pub(super) fn multinomial(
    bits: &mut impl BitGenerator,
    n: i64,
    probabilities: &[f64],
    counts: &mut [i64],
) {
    let Some((rest, counts)) = counts.split_last_mut() else { return };
    let (mut left, mut remaining) = (n, 1.0);
    for (part, p) in counts.iter_mut().zip(probabilities) {
        *part = count(bits, left, p / remaining, false);
        left -= *part;
        if left <= 0 {
            break;
        }
        remaining -= p;
    }
    *rest = left.max(0);
}
