//! Which way is up.

/// Whether a metric gets better as it grows or as it falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Larger is better.
    Up,
    /// Smaller is better.
    Down,
}

/// Keras's `_direction` of its classes; counts, sums and means have none.
pub(super) fn of_class(class_name: &str) -> Option<Direction> {
    match class_name {
        "AUC"
        | "Accuracy"
        | "BinaryAccuracy"
        | "BinaryIoU"
        | "CategoricalAccuracy"
        | "ConcordanceCorrelation"
        | "CosineSimilarity"
        | "F1Score"
        | "FBetaScore"
        | "IoU"
        | "MeanIoU"
        | "OneHotIoU"
        | "OneHotMeanIoU"
        | "PearsonCorrelation"
        | "Precision"
        | "PrecisionAtRecall"
        | "R2Score"
        | "Recall"
        | "RecallAtPrecision"
        | "SensitivityAtSpecificity"
        | "SparseCategoricalAccuracy"
        | "SparseTopKCategoricalAccuracy"
        | "SpecificityAtSensitivity"
        | "TopKCategoricalAccuracy" => Some(Direction::Up),
        "BinaryCrossentropy"
        | "CategoricalCrossentropy"
        | "CategoricalHinge"
        | "Hinge"
        | "KLDivergence"
        | "LogCoshError"
        | "MeanAbsoluteError"
        | "MeanAbsolutePercentageError"
        | "MeanSquaredError"
        | "MeanSquaredLogarithmicError"
        | "Poisson"
        | "RootMeanSquaredError"
        | "SparseCategoricalCrossentropy"
        | "SquaredHinge" => Some(Direction::Down),
        _ => None,
    }
}
