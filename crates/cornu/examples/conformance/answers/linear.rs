//! `linalg` and `fft`, and the `ops` that count and search.

use cornu::Tensor;
use cornu::fft::{self, Transform};
use cornu::linalg::{self, Mode, Order};
use cornu::ops::{self, Side};

use super::{Answer, Arguments, values};

pub fn answer(function: &str, x: &[Tensor], given: &Arguments) -> Answer {
    counted(function, x, given)
        .or_else(|| several(function, x, given).map(values))
        .or_else(|| one(function, x, given).map(|t| values([t])))
}

fn counted(function: &str, x: &[Tensor], given: &Arguments) -> Answer {
    let minlength = given.find("minlength").unwrap_or(0);
    match (function, x) {
        ("ops.bincount", [x]) => Some(ops::bincount(x, None, minlength).map(|a| vec![a])),
        ("ops.bincount", [x, w]) => Some(ops::bincount(x, Some(w), minlength).map(|a| vec![a])),
        ("ops.unique", [x]) => {
            Some(ops::unique(x, None).map(|u| vec![u.values, u.index, u.inverse, u.counts]))
        }
        _ => None,
    }
}

fn several(function: &str, x: &[Tensor], given: &Arguments) -> Option<Vec<Tensor>> {
    let whole = Transform::default();
    let pair = |(a, b): (Tensor, Tensor)| vec![a, b];
    Some(match (function, x) {
        ("ops.histogram", [x]) => pair(ops::histogram(x, given.get::<usize>("bins"), None)),
        ("linalg.slogdet", [a]) => pair(linalg::slogdet(a)),
        ("linalg.qr", [a]) => {
            let complete = given.get::<String>("mode") == "complete";
            pair(linalg::qr(a, if complete { Mode::Complete } else { Mode::Reduced }))
        }
        ("fft.fft", [re, im]) => pair(fft::fft(re, im, &whole)),
        ("fft.ifft", [re, im]) => pair(fft::ifft(re, im, &whole)),
        ("fft.fft2", [re, im]) => pair(fft::fft2(re, im, fft::Norm::Backward)),
        ("fft.rfft", [x]) => pair(fft::rfft(x, &whole)),
        _ => return None,
    })
}

fn one(function: &str, x: &[Tensor], given: &Arguments) -> Option<Tensor> {
    Some(match (function, x) {
        ("ops.diff", [x]) => ops::diff(x, given.get("n"), given.axis()),
        ("ops.digitize", [x, bins]) => ops::digitize(x, bins, given.get("right")),
        ("ops.searchsorted", [sorted, x]) => {
            let left = given.get::<String>("side") == "left";
            ops::searchsorted(sorted, x, if left { Side::Left } else { Side::Right })
        }
        ("ops.histogram_edges", [x, edges]) => ops::histogram(x, edges, None).0,
        ("linalg.solve", [a, b]) => linalg::solve(a, b),
        ("linalg.inv", [a]) => linalg::inv(a),
        ("linalg.det", [a]) => linalg::det(a),
        ("linalg.cholesky", [a]) => linalg::cholesky(a, false),
        ("linalg.svdvals", [a]) => linalg::svdvals(a),
        ("linalg.svd_product", [a]) => {
            let (u, s, vt) = linalg::svd(a, false);
            ops::matmul(&(u * ops::expand_dims(&s, -2)), &vt)
        }
        ("linalg.eigvalsh", [a]) => linalg::eigvalsh(a),
        ("linalg.eigh_product", [a]) => {
            let (w, v) = linalg::eigh(a);
            ops::matmul(&(&v * ops::expand_dims(&w, -2)), &ops::swapaxes(&v, -1, -2))
        }
        ("linalg.matrix_power", [a]) => linalg::matrix_power(a, given.get("n")),
        ("linalg.solve_triangular", [a, b]) => linalg::solve_triangular(a, b, given.get("lower")),
        ("linalg.lstsq", [a, b]) => linalg::lstsq(a, b, None).x,
        ("linalg.norm", [x]) => {
            let order = given.find::<String>("ord").map(|name| order(&name));
            linalg::norm(x, order, &given.axes(), given.keepdims())
        }
        ("fft.irfft", [re, im]) => fft::irfft(re, im, &Transform::default()),
        _ => return None,
    })
}

fn order(name: &str) -> Order {
    match name {
        "fro" => Order::Frobenius,
        "nuc" => Order::Nuclear,
        number => Order::P(number.parse().expect("a number, as Python prints it")),
    }
}
