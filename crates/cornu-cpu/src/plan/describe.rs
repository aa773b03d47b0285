//! A plan as a table for people.

use std::fmt::Write;
use std::sync::Arc;

use cornu_graph::Spec;

use super::Plan;
use super::execute::{Base, Operand, PlacedStep};
use crate::profile::StepInfo;

/// How many operands of a step are named.
const OPERANDS: usize = 6;

impl Plan {
    /// What the plan comes to, and then its steps, one a line: the kernel, what it writes, what it reads.
    pub(super) fn table(&self) -> String {
        let mut text = self.header();
        let mut rows =
            vec![["step", "kernel", "writes", "reads", "MFLOP", "bytes"].map(String::from)];
        rows.extend(self.steps.iter().enumerate().map(|(i, step)| self.row(i, step)));
        text += &aligned(&rows);
        for (from, place) in &self.copies {
            let name = self.variables[*place].name();
            let _ = writeln!(text, "at the end: {} -> variable `{name}`", self.operand(from));
        }
        text
    }

    fn header(&self) -> String {
        let flops: u64 = self.steps.iter().map(|s| s.kernel.flops()).sum();
        let elements: usize = self.variables.iter().map(|v| v.count()).sum();
        let bytes: usize = self.variables.iter().map(|v| v.count() * v.dtype().size()).sum();
        let updated = self.updated.iter().filter(|&&u| u).count();
        let list = |specs: &[Spec]| {
            let shown =
                specs.iter().take(OPERANDS).map(Spec::to_string).collect::<Vec<_>>().join(", ");
            let rest = if specs.len() > OPERANDS { ", …" } else { "" };
            format!("{} ({shown}{rest})", specs.len())
        };
        let rows = [
            ("nodes", format!("{}, {} after the passes", self.nodes.0, self.nodes.1)),
            ("steps", format!("{}, {:.1} MFLOP in products", self.steps.len(), flops as f64 / 1e6)),
            (
                "arena",
                format!(
                    "{}; {} if nothing were used twice, {} values written in place",
                    size(self.bytes),
                    size(self.bytes_unshared),
                    self.taken_over
                ),
            ),
            (
                "variables",
                format!(
                    "{} of {elements} elements, {}; {updated} updated, {} by a copy",
                    self.variables.len(),
                    size(bytes),
                    self.copies.len()
                ),
            ),
            ("inputs", list(&self.inputs)),
            ("outputs", list(&self.outputs)),
            ("compiled in", format!("{:.1} ms", self.compile_time.as_secs_f64() * 1e3)),
        ];
        rows.iter().map(|(name, value)| format!("{name:<12}{value}\n")).collect()
    }

    /// The steps in words and numbers, for profiles.
    pub(super) fn describe_steps(&self) -> Arc<[StepInfo]> {
        let info = |step: &PlacedStep| StepInfo {
            kernel: step.kernel.label(),
            writes: step.specs.iter().map(Spec::to_string).collect::<Vec<_>>().join(", "),
            flops: step.kernel.flops(),
            bytes: step.inputs.iter().chain(&step.outputs).map(Operand::bytes).sum(),
        };
        self.steps.iter().map(info).collect()
    }

    fn row(&self, i: usize, step: &PlacedStep) -> [String; 6] {
        let flops = step.kernel.flops();
        let written = step.outputs.iter().zip(&step.specs);
        let written = written.map(|(o, spec)| format!("{} {spec}", self.operand(o)));
        let mut read: Vec<String> = step.inputs.iter().map(|o| self.operand(o)).collect();
        if read.len() > OPERANDS {
            let more = read.len() - OPERANDS;
            read.truncate(OPERANDS);
            read.push(format!("and {more} more"));
        }
        let bytes: usize = step.outputs.iter().map(Operand::bytes).sum();
        [
            i.to_string(),
            step.kernel.label(),
            written.collect::<Vec<_>>().join(", "),
            read.join(" "),
            if flops == 0 { String::new() } else { format!("{:.2}", flops as f64 / 1e6) },
            size(bytes),
        ]
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
}

/// A number of bytes as people write it.
fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Rows with their columns below each other; the last two, numbers, to the right.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cell = |(c, cell): (usize, &String)| {
            let w = widths[c];
            if c + 2 < N { format!("{cell:<w$}") } else { format!("{cell:>w$}") }
        };
        let cells: Vec<String> = row.iter().enumerate().map(cell).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use cornu_graph::{Array, Backend, DType, Graph, Tensor, Variable, ops};

    #[test]
    fn a_plan_reads_as_a_header_and_a_line_per_step() {
        let x = Tensor::input(&[8, 300], DType::F32);
        let kernel = Variable::new("kernel", Array::zeros(&[300, 4], DType::F32).unwrap());
        let y = ops::tanh(&ops::matmul(&x, &kernel.read())) + 0.0;
        let next = kernel.read() * 0.5;
        let graph = Graph::trace(&[x], &[y], &[(kernel, next)]).unwrap();
        let text = crate::Cpu::new(1).unwrap().compile(&graph).unwrap().describe();
        let lines: Vec<&str> = text.lines().collect();
        let starts = ["nodes", "steps", "arena", "variables", "inputs", "outputs", "compiled in"];
        for (line, start) in lines.iter().zip(starts) {
            assert!(line.starts_with(start), "{text}");
        }
        assert!(lines[0].contains(" after the passes"), "{text}");
        assert!(lines[3].contains("1 of 1200 elements, 4.7 KiB; 1 updated"), "{text}");
        let head: Vec<&str> = lines[7].split_whitespace().collect();
        assert_eq!(head, ["step", "kernel", "writes", "reads", "MFLOP", "bytes"]);
        let steps = &lines[8..];
        assert!(lines[1].contains(&format!("{}, 0.0 MFLOP", steps.len())), "{text}");
        let product = steps.iter().find(|l| l.contains("matmul")).expect(&text);
        assert!(product.contains("float32[8, 4]") && product.contains("kernel"), "{text}");
        assert!(product.contains("0.02") && product.ends_with("128 B"), "{text}");
        let columns = |line: &str| line.chars().count();
        assert!(steps.iter().all(|l| columns(l) == columns(lines[7])), "{text}");
    }
}
