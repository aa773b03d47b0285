//! A plan as a table for people.

use std::fmt::Write;

use cornu_graph::Spec;

use super::Plan;
use super::execute::{Base, Operand};

impl Plan {
    /// The steps, one a line, and what they come to.
    pub(super) fn table(&self) -> String {
        let mut rows = vec![
            ["step", "kernel", "output", "operands", "place", "MFLOP"].map(str::to_string).to_vec(),
        ];
        for (i, step) in self.steps.iter().enumerate() {
            let list = |items: Vec<String>| items.join(" ");
            let flops = step.kernel.flops();
            rows.push(vec![
                i.to_string(),
                step.kernel.label(),
                list(step.specs.iter().map(Spec::to_string).collect()),
                list(step.inputs.iter().map(|o| self.operand(o)).collect()),
                list(step.outputs.iter().map(|o| self.place(o)).collect()),
                if flops == 0 { String::new() } else { format!("{:.2}", flops as f64 / 1e6) },
            ]);
        }
        let mut text = aligned(&rows);
        for (from, place) in &self.copies {
            let name = self.variables[*place].name();
            let _ = writeln!(text, "at the end: {} -> variable `{name}`", self.operand(from));
        }
        let flops: u64 = self.steps.iter().map(|s| s.kernel.flops()).sum();
        let parameters: usize = self.variables.iter().map(|v| v.count() * v.dtype().size()).sum();
        let _ = writeln!(
            text,
            "{} steps from {} nodes, {:.1} MFLOP in kernels; arena {} ({} if nothing were used twice, \
             {} values written in place); {} variables of {}, {} updated, {} by a copy; compiled in {:.1} ms",
            self.steps.len(),
            self.nodes,
            flops as f64 / 1e6,
            size(self.bytes),
            size(self.bytes_unshared),
            self.taken_over,
            self.variables.len(),
            size(parameters),
            self.updated.iter().filter(|&&u| u).count(),
            self.copies.len(),
            self.compile_time.as_secs_f64() * 1e3,
        );
        text
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand.base {
            Base::Arena(_) => format!("%{}", operand.id.0),
            Base::Input(k) => format!("input{k}"),
            Base::Constant(_) => format!("constant{}", operand.id.0),
            Base::Variable(k) => self.variables[k].name().to_string(),
            Base::Output(k) => format!("output{k}"),
        }
    }

    fn place(&self, operand: &Operand) -> String {
        let bytes = operand.count * operand.dtype.size();
        match operand.base {
            Base::Arena(offset) => format!("%{} @{offset:#x}+{}", operand.id.0, size(bytes)),
            _ => self.operand(operand),
        }
    }
}

/// A number of bytes as people write it.
fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Rows with their columns below each other.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0).min(60);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, &w)| format!("{cell:<w$}"));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}
