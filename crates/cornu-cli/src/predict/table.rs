//! Predictions on a terminal.

use super::Predictions;
use super::write::{best, width};
use crate::output;

/// How many rows are shown.
const ROWS: usize = 20;
/// How many numbers of a row are shown.
const NUMBERS: usize = 8;

impl Predictions {
    /// Prints the first rows: the likeliest classes where the output is probabilities, else the numbers.
    pub fn print(&self) {
        for (name, array) in &self.outputs {
            let (count, width) = (self.count(), width(array));
            let values = array.to_vec::<f32>();
            let rows: Vec<&[f32]> = values.chunks(width.max(1)).take(ROWS).collect();
            output::line(format!("{name}: {:?}", array.shape()));
            let title = if self.rows.is_empty() { "row" } else { "file" };
            let row_name = |i: usize| self.rows.get(i).cloned().unwrap_or_else(|| i.to_string());
            if array.ndim() == 2 && width > 1 && rows.iter().all(|row| are_probabilities(row)) {
                let head = [title, "class", "probability", "next", "probability"].map(String::from);
                let line = |(i, row): (usize, &&[f32])| {
                    let first = best(row);
                    let mut rest = row.to_vec();
                    rest[first] = -1.0;
                    let next = best(&rest);
                    let p = |class: usize| format!("{:.4}", row[class]);
                    [row_name(i), self.class(first), p(first), self.class(next), p(next)]
                };
                let lines = std::iter::once(head).chain(rows.iter().enumerate().map(line));
                output::table(&lines.collect::<Vec<_>>(), 2);
            } else {
                let line = |(i, row): (usize, &&[f32])| {
                    let shown: Vec<String> =
                        row.iter().take(NUMBERS).map(|v| format!("{v:>10.4}")).collect();
                    let more = if row.len() > NUMBERS { " …" } else { "" };
                    [row_name(i), format!("{}{more}", shown.join(" "))]
                };
                output::table(&rows.iter().enumerate().map(line).collect::<Vec<_>>(), 1);
            }
            if count > ROWS {
                output::line(format!("… {} more rows; --output FILE.csv writes all", count - ROWS));
            }
        }
    }

    fn class(&self, place: usize) -> String {
        let name = self.class_names().and_then(|names| names.get(place));
        name.cloned().unwrap_or_else(|| place.to_string())
    }
}

fn are_probabilities(row: &[f32]) -> bool {
    row.iter().all(|&p| (0.0..=1.0).contains(&p)) && (row.iter().sum::<f32>() - 1.0).abs() < 1e-3
}
