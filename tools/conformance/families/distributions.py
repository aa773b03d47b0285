"""Distributions: SciPy's numbers to 1e-12. `stats.py` beside this folder does the same for the far tails, with mpmath."""

import mpmath
import numpy as np
from scipy import stats

from compare import relative


mpmath.mp.dps = 40


class Gamma:
    """SciPy's, but for the density, which SciPy has to 1e-12 only."""

    def __init__(self, shape, scale):
        self.shape, self.scale, self.scipy = mpmath.mpf(shape), mpmath.mpf(scale), stats.gamma(shape, scale=scale)

    def __getattr__(self, name):
        return getattr(self.scipy, name)

    def logs(self, x):
        a, s = self.shape, self.scale
        for v in map(mpmath.mpf, x):
            yield (a - 1) * mpmath.log(v) - v / s - a * mpmath.log(s) - mpmath.loggamma(a)

    def logpdf(self, x):
        return np.array([float(v) for v in self.logs(x)])

    def pdf(self, x):
        return np.array([float(mpmath.exp(v)) for v in self.logs(x)])


def fill(cases):
    rng = cases.rng
    near = relative(1e-12)
    uniform = lambda a, b: float(rng.uniform(a, b))
    rows = {
        "Normal": (lambda: (uniform(-3, 3), 10 ** uniform(-2, 2)), lambda a, b: stats.norm(a, b)),
        "Uniform": (lambda: (uniform(-3, 0), uniform(0.1, 4)), lambda a, b: stats.uniform(a, b - a)),
        "Exponential": (lambda: (10 ** uniform(-2, 2),), lambda s: stats.expon(scale=s)),
        "Gamma": (lambda: (10 ** uniform(-1, 3), 10 ** uniform(-1, 1)), Gamma),
        "Beta": (lambda: (10 ** uniform(-1, 2), 10 ** uniform(-1, 2)), lambda a, b: stats.beta(a, b)),
        "StudentT": (lambda: (10 ** uniform(-0.3, 3),), lambda df: stats.t(df)),
        "Binomial": (lambda: (int(rng.integers(1, 200)), uniform(0.02, 0.98)), lambda n, p: stats.binom(n, p)),
        "Poisson": (lambda: (10 ** uniform(-1, 2.5),), lambda m: stats.poisson(m)),
        "Bernoulli": (lambda: (uniform(0.02, 0.98),), lambda p: stats.bernoulli(p)),
    }
    for name, (draw, make) in rows.items():
        for _ in range(cases.size):
            parameters = draw()
            truth = make(*parameters)
            discrete = name in ("Binomial", "Poisson", "Bernoulli")
            # Away from the far tails, where SciPy's own digits run out.
            p = rng.uniform(1e-4, 1 - 1e-4, 20)
            x = truth.ppf(p)
            if discrete:
                x = np.concatenate([x, [-1.0, 0.5, 1e6]])
            given = dict(distribution=name, parameters=list(parameters))
            density, log = ("pmf", "logpmf") if discrete else ("pdf", "logpdf")
            for function in (density, "cdf", "sf"):
                cases.add_as(f"stats.{function}", getattr(truth, function), [x], near, **given)
            # A logarithm near 0 has no relative digits.
            cases.add_as(f"stats.{log}", getattr(truth, log), [x], relative(1e-12, 1.0), **given)
            edges = np.array([0.0, 1.0, 0.5, np.nan, -0.1, 1.1])
            if not discrete:
                for function in ("ppf", "isf"):
                    cases.add_as(f"stats.{function}", getattr(truth, function), [p], relative(1e-11, 1e-3), **given)
                cases.add_as("stats.ppf", truth.ppf, [edges], relative(1e-11, 1e-3), **given)
            else:
                cases.add_as("stats.ppf", truth.ppf, [p], near, **given)
            moments = lambda: [np.float64(truth.mean()), np.float64(truth.var()), np.float64(truth.entropy())]
            cases.add_as("stats.moments", moments, [], relative(1e-9, 1e-3), **given)
