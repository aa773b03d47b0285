"""Writes crates/cornu-cpu/tests/fixtures/elementary.txt: elementary functions at chosen points, correctly
rounded from mpmath (BSD licence), so that the test can count units in the last place.

Each line: function, dtype, then `x:y` or `a,b:y`, the bits of the numbers in hexadecimal.
Run with: python tools/math/elementary.py > crates/cornu-cpu/tests/fixtures/elementary.txt
"""

import math
import struct

import mpmath as mp
import numpy as np

mp.mp.prec = 2400  # sin of the largest double takes 1024 bits for its reduction
RNG = np.random.default_rng(7)
INF, NAN = math.inf, math.nan
KINDS = {"f32": (np.float32, "<f", "<I", 24, -149, 128), "f64": (np.float64, "<d", "<Q", 53, -1074, 1024)}


def rounded(y, kind):
    """The bits of the number of `kind` that is nearest to `y`, halves to even."""
    _, real, whole, digits, lowest, highest = KINDS[kind]
    if y == 0 or mp.isnan(y) or mp.isinf(y):
        return float(y)  # with the sign of zero, which mpmath does not keep
    y = mp.mpf(y)
    exponent = max(int(mp.floor(mp.log(abs(y), 2))) - digits + 1, lowest)
    with mp.workprec(4000):
        scaled = mp.nint(mp.ldexp(y, -exponent))
    value = mp.ldexp(scaled, exponent)
    if abs(value) >= mp.ldexp(1, highest):
        return math.copysign(INF, value)
    return math.copysign(float(value), float(mp.sign(y)))


def bits(x, kind):
    _, real, whole, *_ = KINDS[kind]
    return "nan" if x != x else f"{struct.unpack(whole, struct.pack(real, x))[0]:x}"


def odd_zero(f):
    """A function that keeps the sign of zero."""
    return lambda x: x if x == 0 else f(x)


def positive(f, at_zero):
    return lambda x: NAN if x < 0 else at_zero if x == 0 else f(x)


def inside(f):
    return lambda x: NAN if abs(x) > 1 else f(x)


def finite(f):
    return lambda x: NAN if math.isinf(x) else f(x)


def signed(at):
    """The value at infinities, by sign."""
    return lambda f: lambda x: math.copysign(at, x) if math.isinf(x) else f(x)


def ends(low, high):
    return lambda f: lambda x: (high if x > 0 else low) if math.isinf(x) else f(x)


def erfinv(x):
    if abs(x) == 1:
        return math.copysign(INF, x)
    with mp.workprec(400):
        return mp.erfinv(mp.mpf(x)) if abs(x) > 1e-30 else mp.mpf(x) * mp.sqrt(mp.pi) / 2


def short(f, precision=400):
    def g(x):
        with mp.workprec(precision):
            return f(mp.mpf(x))

    return g


HALF_PI = math.pi / 2
WIDE, UNIT, TRIG = "wide", "unit", "trig"
ONE = {
    "exp": (WIDE, ends(0.0, INF)(short(mp.exp))),
    "exp2": (WIDE, ends(0.0, INF)(short(lambda x: mp.power(2, x)))),
    "expm1": (WIDE, odd_zero(ends(-1.0, INF)(short(mp.expm1, 1500)))),
    "log": (WIDE, positive(signed(INF)(short(mp.log)), -INF)),
    "log1p": (WIDE, odd_zero(lambda x: NAN if x < -1 else -INF if x == -1 else INF if x == INF else short(mp.log1p, 1500)(x))),
    "log2": (WIDE, positive(signed(INF)(short(lambda x: mp.log(x, 2))), -INF)),
    "log10": (WIDE, positive(signed(INF)(short(mp.log10)), -INF)),
    "sqrt": (WIDE, lambda x: x if x == 0 else NAN if x < 0 else x if x == INF else short(mp.sqrt)(x)),
    "cbrt": (WIDE, odd_zero(signed(INF)(lambda x: mp.sign(x) * short(mp.cbrt)(abs(x))))),
    "rsqrt": (WIDE, lambda x: NAN if x < 0 else math.copysign(INF, x) if x == 0 else 0.0 if x == INF else short(lambda v: 1 / mp.sqrt(v))(x)),
    "reciprocal": (WIDE, lambda x: math.copysign(INF, x) if x == 0 else math.copysign(0.0, x) if math.isinf(x) else short(lambda v: 1 / v)(x)),
    "sin": (TRIG, odd_zero(finite(short(mp.sin, 2400)))),
    "cos": (TRIG, finite(short(mp.cos, 2400))),
    "tan": (TRIG, odd_zero(finite(short(mp.tan, 2400)))),
    "arcsin": (UNIT, odd_zero(inside(short(mp.asin)))),
    "arccos": (UNIT, inside(short(mp.acos))),
    "arctan": (WIDE, odd_zero(signed(HALF_PI)(short(mp.atan)))),
    "sinh": (WIDE, odd_zero(signed(INF)(short(mp.sinh, 1500)))),
    "cosh": (WIDE, lambda x: INF if math.isinf(x) else short(mp.cosh)(x)),
    "tanh": (WIDE, odd_zero(signed(1.0)(short(mp.tanh, 1500)))),
    "arcsinh": (WIDE, odd_zero(signed(INF)(short(mp.asinh, 1500)))),
    "arccosh": (WIDE, lambda x: NAN if x < 1 else INF if x == INF else 0.0 if x == 1 else short(mp.acosh)(x)),
    "arctanh": (UNIT, odd_zero(lambda x: NAN if abs(x) > 1 else math.copysign(INF, x) if abs(x) == 1 else short(mp.atanh, 1500)(x))),
    "sigmoid": (WIDE, ends(0.0, 1.0)(short(lambda x: 1 / (1 + mp.exp(-x))))),
    "erf": (WIDE, odd_zero(signed(1.0)(short(lambda x: mp.erf(x) if abs(x) < 30 else mp.sign(x))))),
    "erfc": (WIDE, ends(2.0, 0.0)(short(lambda x: mp.erfc(x) if abs(x) < 40 else mp.mpf(0 if x > 0 else 2)))),
    "erfinv": (UNIT, odd_zero(lambda x: NAN if abs(x) > 1 else erfinv(x))),
}
TWO = {"power": mp.power, "arctan2": mp.atan2, "hypot": mp.hypot}


def points(domain, kind):
    dtype, *_ = KINDS[kind]
    info = np.finfo(dtype)
    one = dtype(1)
    x = [0.0, INF, NAN, info.smallest_subnormal, info.tiny * dtype(0.37), info.tiny, info.max]
    x += [1.0, np.nextafter(one, dtype(0)), np.nextafter(one, dtype(2)), 0.5, 0.1, info.eps, math.sqrt(info.eps)]
    if domain == UNIT:
        x += list(RNG.uniform(0, 1, 12)) + list(10.0 ** RNG.uniform(-12, 0, 6)) + [1.5]
        x += [1 - 10.0**-k for k in range(2, 7)]
    elif domain == TRIG:
        x += [math.pi * k / 4 for k in (1, 2, 3, 4, 8, 100, 12345)]
        x += list(10.0 ** RNG.uniform(-3, 3, 10)) + [1e5, 6e5, 1e7, 3.3e15, 1e22, 1e30, 1.2e36]
    else:
        edges = (87.5, 88.7, 89.0, 103.0, 104.5) if kind == "f32" else (708.0, 709.7, 710.0, 744.0, 746.0)
        x += list(edges) + ([127.9, 128, 149, 150] if kind == "f32" else [1023.9, 1024, 1074, 1076])
        x += list(RNG.uniform(0, 10, 8)) + list(10.0 ** RNG.uniform(-10, 6, 8)) + [0.9, 1.1, 26.0, 2.0]
    x = [float(dtype(v)) for v in x]
    return sorted({bits(s * v, kind): s * v for v in x for s in (1, -1)}.values(), key=lambda v: (v != v, v, math.copysign(1, v)))


def pairs(name, kind):
    dtype, *_ = KINDS[kind]
    top = 127 if kind == "f32" else 1020
    out = []
    for _ in range(40):
        a, b = 10.0 ** RNG.uniform(-6, 6, 2) if name == "arctan2" else 2.0 ** RNG.uniform(-top / 3, top / 3, 2)
        if name == "power":
            a = 2.0 ** RNG.uniform(-20, 20)
            b = RNG.uniform(-1.0, 1.0) * top / abs(math.log2(a))
        else:
            a, b = a * RNG.choice([-1, 1]), b * RNG.choice([-1, 1])
        out.append((float(dtype(a)), float(dtype(b))))
    with mp.workprec(400):
        yield from (((a, b), TWO[name](mp.mpf(a), mp.mpf(b))) for a, b in out)


def main():
    for kind in KINDS:
        for name, (domain, function) in ONE.items():
            x = points(domain, kind)
            values = [(v, v if v != v else rounded(function(v), kind)) for v in x]
            print(name, kind, *(f"{bits(v, kind)}:{bits(y, kind)}" for v, y in values))
        for name in TWO:
            print(name, kind, *(f"{bits(a, kind)},{bits(b, kind)}:{bits(rounded(y, kind), kind)}" for (a, b), y in pairs(name, kind)))


main()
