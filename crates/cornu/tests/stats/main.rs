//! `cornu::stats` against numbers of SciPy, mpmath and pandas (`tools/conformance/stats.py`).

mod distributions;
mod edges;
mod moving;
