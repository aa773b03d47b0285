"""Reference values of the distributions in cornu::stats.

    python tools/conformance/stats.py [--full] OUT.csv

Columns: law, two parameters, function, argument, value. A value is SciPy's where SciPy is right; mpmath
computes each one with 40 digits, and where the two differ by more than 2e-13 the value is mpmath's
(their number is printed by law and function). --full is the wide sweep, for measuring.

Needs numpy, scipy 1.17, mpmath.
"""

import collections
import csv
import sys

import numpy as np
from mpmath import mp, mpf
from scipy import stats

mp.dps = 40
FULL = "--full" in sys.argv
TAILS = [1e-300, 1e-100, 1e-20, 1e-8, 1e-3, 0.05, 0.3, 0.5, 0.7, 0.95]
if FULL:
    TAILS = sorted(TAILS + list(10.0 ** -np.arange(1, 300, 17)) + list(np.linspace(0.02, 0.98, 13)))


def gamma_tails(a, x):
    """P and Q by the series of P, or that of Legendre's fraction for Q, whichever is small."""
    a, x = mpf(a), mpf(x)
    weight = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1))
    if x < a + 1:
        total = term = mpf(1)
        n = a
        while term > total * mpf(10) ** -30:
            n += 1
            term *= x / n
            total += term
        return weight * total, 1 - weight * total
    b = x + 1 - a
    c, d, i = mpf(10) ** 300, 1 / b, 0
    h = d
    while True:
        i += 1
        b += 2
        d = 1 / (-i * (i - a) * d + b)
        c = b - i * (i - a) / c
        h *= c * d
        if abs(c * d - 1) < mpf(10) ** -30:
            break
    q = weight * a * h
    return 1 - q, q


def beta_tails(a, b, x):
    a, b, x = mpf(a), mpf(b), mpf(x)
    if x * (a + b) > a:
        return beta_tails(b, a, 1 - x)[::-1]
    weight = mp.exp(a * mp.log(x) + b * mp.log1p(-x) - mp.log(a) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b))
    # Euler's fraction of the hypergeometric series (DLMF 8.17.22), where the series itself is slow.
    tiny = mpf(10) ** -300
    c, d = mpf(1), 1 / (1 - (a + b) * x / (a + 1))
    total, m, factor = d, 0, mpf(0)
    while abs(factor - 1) > mpf(10) ** -30:
        m += 1
        factor = mpf(1)
        for v in [
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ]:
            d = 1 / ((1 + v * d) or tiny)
            c = (1 + v / c) or tiny
            factor *= c * d
        total *= factor
    return weight * total, 1 - weight * total


class Law:
    discrete = False
    light = False

    def grid(self):
        q = np.array(self.levels())
        x = np.concatenate([self.scipy.ppf(q), self.scipy.isf(q)])
        return np.unique(x[np.isfinite(x)])

    def levels(self):
        # mpmath takes seconds per value of a law with a large parameter.
        return TAILS if FULL or max(self.p) < 1e5 or self.light else [1e-100, 1e-8, 0.05, 0.5]

    def logdensity(self, x):
        raise NotImplementedError

    def tails(self, x):
        raise NotImplementedError

    def quantile(self, p, upper):
        """Newton's method on SciPy's quantile, with many digits."""
        x = mpf(float(self.scipy.isf(p) if upper else self.scipy.ppf(p)))
        for _ in range(4):
            if not mp.isfinite(x) or x == 0:
                return x
            tail = self.tails(x)[upper]
            density = mp.exp(self.logdensity(x))
            if density == 0 or tail <= 0:
                return None
            # On the logarithm of the tail.
            step = tail * mp.log(tail / mpf(p)) / density
            x *= mp.exp((step if upper else -step) / x)
            if abs(step) < abs(x) * mpf(10) ** -25:
                return x
        return None


class Normal(Law):
    params = [(0, 1), (-3, 0.01)] + ([(1e3, 50)] if FULL else [])

    def __init__(self, loc, scale):
        self.p, self.scipy = (loc, scale), stats.norm(loc, scale)

    def grid(self):
        loc, scale = self.p
        return loc + scale * np.array([-37, -30, -8, -3, -1, -0.5, 0, 0.01, 1, 2.5, 6, 20, 30, 37.0])

    def logdensity(self, x):
        return mp.log(mp.npdf(mpf(x), *map(mpf, self.p)))

    def tails(self, x):
        z = (mpf(x) - mpf(self.p[0])) / mpf(self.p[1])
        return mp.erfc(-z / mp.sqrt(2)) / 2, mp.erfc(z / mp.sqrt(2)) / 2


class Gamma(Law):
    params = [(1e-3, 1), (0.3, 2), (1, 1), (7.5, 0.1), (1e5, 1)] + ([(1e-6, 1), (0.9, 1), (2, 1), (50, 3), (2000, 1), (9.9e4, 1), (1e6, 1)] if FULL else [])

    def __init__(self, shape, scale):
        self.p, self.scipy = (shape, scale), stats.gamma(shape, scale=scale)

    def logdensity(self, x):
        a, s = map(mpf, self.p)
        x = mpf(x) / s
        return (a - 1) * mp.log(x) - x - mp.loggamma(a) - mp.log(s)

    def tails(self, x):
        return gamma_tails(self.p[0], mpf(x) / mpf(self.p[1]))


class Exponential(Law):
    params = [(1, 0), (0.2, 0)]

    def __init__(self, scale, _):
        self.p, self.scipy = (scale, 0), stats.expon(scale=scale)

    def logdensity(self, x):
        return -mpf(x) / mpf(self.p[0]) - mp.log(mpf(self.p[0]))

    def tails(self, x):
        z = mpf(x) / mpf(self.p[0])
        return -mp.expm1(-z), mp.exp(-z)


class Uniform(Law):
    params = [(0, 1), (-2, 5)]

    def __init__(self, low, high):
        self.p, self.scipy = (low, high), stats.uniform(low, high - low)

    def logdensity(self, x):
        return -mp.log(mpf(self.p[1]) - mpf(self.p[0]))

    def tails(self, x):
        low, high = map(mpf, self.p)
        return (mpf(x) - low) / (high - low), (high - mpf(x)) / (high - low)


class Beta(Law):
    params = [(0.01, 300), (0.5, 0.5), (1, 1), (2, 5), (300, 0.01), (1e4, 3e4)] + ([(1e-3, 1e-3), (1, 3), (20, 0.3), (0.2, 1e5), (1e5, 1e5), (3, 1e6), (5e5, 2e5)] if FULL else [])

    def __init__(self, a, b):
        self.p, self.scipy = (a, b), stats.beta(a, b)

    def grid(self):
        x = super().grid()
        return x[(x > 0) & (x < 1)]

    def logdensity(self, x):
        a, b, x = *map(mpf, self.p), mpf(x)
        return (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - mp.loggamma(a) - mp.loggamma(b) + mp.loggamma(a + b)

    def tails(self, x):
        return beta_tails(*self.p, x)


class StudentT(Law):
    params = [(0.5, 0), (1, 0), (4, 0), (33.3, 0), (1e6, 0)] + ([(0.1, 0), (2, 0), (2.5, 0), (200, 0), (1e4, 0)] if FULL else [])

    def __init__(self, df, _):
        self.p, self.scipy = (df, 0), stats.t(df)

    def grid(self):
        x = super().grid()
        return np.unique(np.concatenate([x[abs(x) < 1e150], [1e-9, 0.1, -0.3]]))

    def logdensity(self, x):
        v, x = mpf(self.p[0]), mpf(x)
        return mp.loggamma((v + 1) / 2) - mp.loggamma(v / 2) - mp.log(v * mp.pi) / 2 - (v + 1) / 2 * mp.log1p(x * x / v)

    def tails(self, x):
        v, x = mpf(self.p[0]), mpf(x)
        if x == 0:
            return mpf(1) / 2, mpf(1) / 2
        if x * x < 1:
            # By the probability of the centre.
            centre = beta_tails(mpf(1) / 2, v / 2, x * x / (v + x * x))[0] / 2
            small, large = mpf(1) / 2 - centre, mpf(1) / 2 + centre
        else:
            small = beta_tails(v / 2, mpf(1) / 2, v / (v + x * x))[0] / 2
            large = 1 - small
        return (small, large) if x < 0 else (large, small)


class Whole(Law):
    discrete = True

    def quantile(self, p, upper):
        """SciPy's neighbourhood, searched by the definition."""
        k = float(self.scipy.isf(p) if upper else self.scipy.ppf(p))
        top = max(self.p) * 2 + 2000
        k = k if 0 <= k < top else 0.0

        def reached(j):
            if j < 0:
                return False
            lower, above = self.tails(j)
            # Ties, up to mpmath's own rounding.
            return above <= mpf(p) * (1 + mpf(10) ** -25) if upper else lower >= mpf(p) * (1 - mpf(10) ** -25)
        # SciPy's isf of a tiny p is the end of the support: halving, not steps of one.
        low, high = (k - 2, k + 1) if reached(k + 1) and not reached(k - 2) else (-1, top)

        while high - low > 1:
            k = (low + high) // 2
            low, high = (low, k) if reached(k) else (k, high)
        k = high
        return mpf(k)

    def grid(self):
        x = super().grid()
        return np.unique(np.concatenate([x[x >= 0], [0.0]]))


class Poisson(Whole):
    params = [(0.01, 0), (3.5, 0), (200, 0), (1e6, 0)] + ([(30, 0), (5000, 0)] if FULL else [])

    def __init__(self, lam, _):
        self.p, self.scipy = (lam, 0), stats.poisson(lam)

    def logdensity(self, k):
        k, lam = mpf(float(k)), mpf(self.p[0])
        return k * mp.log(lam) - lam - mp.loggamma(k + 1)

    def tails(self, k):
        return gamma_tails(mpf(float(k)) + 1, self.p[0])[::-1]


class Binomial(Whole):
    params = [(10, 0.7), (1000, 0.001), (1000000, 0.3), (1000000, 1e-5)] + ([(1, 0.5), (50, 0.999), (100000, 0.5), (1000000, 0.9)] if FULL else [])

    def __init__(self, n, p):
        self.p, self.scipy = (n, p), stats.binom(n, p)

    def grid(self):
        x = super().grid()
        return np.unique(np.concatenate([x[x <= self.p[0]], [self.p[0]]]))

    def logdensity(self, k):
        n, p = map(mpf, self.p)
        k = mpf(float(k))
        return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1) + k * mp.log(p) + (n - k) * mp.log1p(-p)

    def tails(self, k):
        k = mpf(float(k))
        n, p = map(mpf, self.p)
        if k >= n:
            return mpf(1), mpf(0)
        return beta_tails(k + 1, n - k, p)[::-1]


class Bernoulli(Binomial):
    params = [(0.3, 0), (0.999, 0)]

    def __init__(self, p, _):
        super().__init__(1, p)
        self.shown = (p, 0)
        self.scipy = stats.bernoulli(p)


def main():
    out = [a for a in sys.argv[1:] if not a.startswith("-")][0]
    rows, theirs = [], collections.Counter()
    for law in [Normal, Uniform, Exponential, Gamma, Beta, StudentT, Bernoulli, Binomial, Poisson]:
        for params in law.params:
            d = law(*params)
            name = law.__name__

            def add(function, x, scipy, exact):
                scipy = float(scipy)
                if exact is None:
                    return
                value = float(exact)
                if not np.isfinite(value) or abs(value) < 1e-290 and (value or function not in ["cdf", "sf"]):
                    return  # nothing to compare, or so small that digits are lost
                error = abs(scipy - value) / abs(value) if value else abs(scipy)
                if not error <= 2e-13 and scipy != value:
                    theirs[name, function] += 1
                    if FULL and error > 1e-9:
                        print("SciPy", name, params, function, x, scipy, value)
                else:
                    value = scipy if value and error < 1e-15 else value
                rows.append([name, *params, function, repr(float(x)), repr(value)])

            density = "pmf" if d.discrete else "pdf"
            for x in d.grid():
                log = d.logdensity(x)
                lower, upper = d.tails(x) if d.discrete or x != 0 or law is Normal else (None, None)
                with np.errstate(all="ignore"):
                    add(density, x, getattr(d.scipy, density)(x), mp.exp(log))
                    add("log" + density, x, getattr(d.scipy, "log" + density)(x), log)
                    if lower is None:
                        continue
                    add("cdf", x, d.scipy.cdf(x), lower)
                    add("sf", x, d.scipy.sf(x), upper)
                    if lower > 1e-290:
                        add("logcdf", x, d.scipy.logcdf(x), mp.log(lower))
                    if upper > 1e-290:
                        add("logsf", x, d.scipy.logsf(x), mp.log(upper))
            for p in d.levels():
                with np.errstate(all="ignore"):
                    add("ppf", p, d.scipy.ppf(p), d.quantile(p, False))
                    add("isf", p, d.scipy.isf(p), d.quantile(p, True))
            for moment in ["mean", "var", "entropy"]:
                value = float(getattr(d.scipy, moment)())
                if moment == "entropy":
                    value = float(entropy(d) or value)
                if np.isfinite(value):
                    rows.append([name, *params, moment, 0.0, repr(value)])
            print(name, params, len(rows), flush=True)
    with open(out, "w", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows(rows)
    for key, count in sorted(theirs.items()):
        print("SciPy off by more than 2e-13:", *key, count)


def entropy(d):
    """The closed forms whose terms cancel, with many digits."""
    a, b = (mpf(v) for v in d.p)
    if isinstance(d, Poisson) and a > 1e5:  # SciPy's sum does not converge
        return mp.log(2 * mp.pi * mp.e * a) / 2 - 1 / (12 * a) - 1 / (24 * a**2)
    if isinstance(d, Gamma):
        return a + mp.log(b) + mp.loggamma(a) + (1 - a) * mp.digamma(a)
    if isinstance(d, Beta):
        ln_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
        return ln_beta - (a - 1) * mp.digamma(a) - (b - 1) * mp.digamma(b) + (a + b - 2) * mp.digamma(a + b)
    if isinstance(d, StudentT):
        c, h = (a + 1) / 2, a / 2
        ln_beta = mp.loggamma(h) + mp.loggamma(mpf(1) / 2) - mp.loggamma(c)
        return c * (mp.digamma(c) - mp.digamma(h)) + mp.log(a) / 2 + ln_beta
    return None


main()
