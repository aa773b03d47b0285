"""Random streams: 100,000 draws of each function, the same bits as NumPy's."""

import numpy as np

from compare import exact

SEEDS = [0, 42, 2**40 + 7]
DRAWS = 100_000

# Function, arguments by NumPy's names, draws.
BOTH = [
    ("uniform", dict(low=-2.0, high=3.5)), ("normal", dict(loc=1.5, scale=2.0)), ("exponential", dict(scale=2.5)),
    ("poisson", dict(lam=3.5)), ("poisson", dict(lam=50.0)), ("poisson", dict(lam=0.0)),
    ("binomial", dict(n=10, p=0.7)), ("binomial", dict(n=10, p=0.1)), ("binomial", dict(n=100, p=0.29)),
    ("binomial", dict(n=100, p=0.31)), ("binomial", dict(n=1000, p=0.4)), ("binomial", dict(n=1000, p=0.95)),
    ("binomial", dict(n=5, p=0.0)), ("binomial", dict(n=5, p=1.0)),
    ("gamma", dict(shape=2.5, scale=1.5)), ("gamma", dict(shape=0.3, scale=1.0)), ("beta", dict(a=2.0, b=3.0)),
    ("beta", dict(a=0.4, b=0.7)),
]
ROWS = [("multinomial", dict(n=20, pvals=[0.3, 0.3, 0.4])), ("multinomial", dict(n=1000, pvals=[0.1, 0.2, 0.3, 0.4]))]


def fill(cases):
    for seed in SEEDS:
        generator(cases, seed)
        legacy(cases, seed % 2**32)


def stream(cases, kind, make, seed, name, given, size):
    """Two draws one after the other: what a call leaves behind counts, too."""

    def reference():
        rng = make(seed)
        return [getattr(rng, name)(**given, size=size), getattr(rng, name)(**given, size=3)]

    cases.add_as(f"{kind}.{name}", reference, [], exact, seed=seed, size=size, **given)


def generator(cases, seed):
    make = np.random.default_rng
    for name in ("random", "standard_normal", "standard_exponential"):
        stream(cases, "default_rng", make, seed, name, {}, DRAWS)
    for name, given in BOTH:
        stream(cases, "default_rng", make, seed, name, given, DRAWS)
    for name, given in ROWS:
        stream(cases, "default_rng", make, seed, name, given, DRAWS // 10)
    for low, high in ((0, 10), (0, 2), (-5, 1000), (0, 2**32), (0, 2**40), (-(2**62), 2**62)):
        stream(cases, "default_rng", make, seed, "integers", dict(low=low, high=high), DRAWS)
    numbers = np.arange(1000)
    for name in ("shuffle", "permutation"):
        common(cases, "default_rng", make, seed, name, numbers)
    choices(cases, "default_rng", make, seed)


def legacy(cases, seed):
    make = np.random.RandomState
    for name in ("random_sample", "standard_normal"):
        stream(cases, "RandomState", make, seed, name, {}, DRAWS)
    for name, given in BOTH:
        stream(cases, "RandomState", make, seed, name, given, DRAWS)
    for name, given in ROWS:
        stream(cases, "RandomState", make, seed, name, given, DRAWS // 10)
    for low, high in ((0, 10), (0, 2), (-5, 1000), (0, 2**31), (0, 2**40)):
        stream(cases, "RandomState", make, seed, "randint", dict(low=low, high=high), DRAWS)
    for name in ("shuffle", "permutation"):
        common(cases, "RandomState", make, seed, name, np.arange(1000))
    choices(cases, "RandomState", make, seed)


def common(cases, kind, make, seed, name, numbers):
    def reference(x):
        rng = make(seed)
        if name == "permutation":
            return rng.permutation(x)
        rng.shuffle(x := x.copy())
        return x

    cases.add_as(f"{kind}.{name}", reference, [numbers], exact, seed=seed)
    cases.add_as(f"{kind}.{name}", reference, [numbers.reshape(100, 10)], exact, seed=seed)


def choices(cases, kind, make, seed):
    p = [0.1, 0.2, 0.3, 0.15, 0.25]
    for given, size in ((dict(a=50), DRAWS), (dict(a=1000, replace=False), 20), (dict(a=1000, replace=False), 900),
                        (dict(a=20000, replace=False), 30), (dict(a=5, p=p), DRAWS), (dict(a=5, replace=False, p=p), 4)):
        stream_once(cases, kind, make, seed, given, size)


def stream_once(cases, kind, make, seed, given, size):
    cases.add_as(f"{kind}.choice", lambda: make(seed).choice(**given, size=size), [], exact, seed=seed, size=size, **given)
