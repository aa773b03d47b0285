//! The table of a model's layers, as Keras prints it.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Functional, Model};
use crate::layers::{InputLayer, LayerRef, Shape, show};

/// What `summary` shows beside the layers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Summary {
    /// The table's width in characters. Default: 88, or 108 with connections, or what the terminal has.
    pub line_length: Option<usize>,
    /// Whether the layers of models inside are listed. Default: false.
    pub expand_nested: bool,
    /// Whether a column says which layers are trained. Default: false.
    pub show_trainable: bool,
}

impl Model {
    /// Keras's table of the layers: names, output shapes, parameters, connections, and the totals.
    ///
    /// ```
    /// use cornu::{layers::Dense, models::Sequential};
    /// let model = Sequential::new().input([4]).add(Dense::new(2)).model()?;
    /// assert!(model.summary().contains("Total params: 10 (40.00 B)"));
    /// # Ok::<(), cornu::Error>(())
    /// ```
    pub fn summary(&self) -> String {
        self.summary_with(Summary::default())
    }

    /// As [`Model::summary`], with more to see.
    pub fn summary_with(&self, options: Summary) -> String {
        let linear = is_linear(self.as_layer());
        let mut positions = if linear { vec![0.45, 0.80, 1.0] } else { vec![0.3, 0.56, 0.74, 1.0] };
        let mut columns = vec![("Layer (type)", Align::Left), ("Output Shape", Align::Left)];
        columns.push(("Param #", Align::Right));
        let mut width = if linear { 88 } else { 108 };
        if !linear {
            columns.push(("Connected to", Align::Left));
        }
        if options.show_trainable {
            width += 12;
            positions.iter_mut().for_each(|p| *p *= 0.90);
            positions.push(1.0);
            columns.push(("Trainable", Align::Center));
        }
        let width = options.line_length.unwrap_or(width).max(40);
        let widths = column_widths(width, &positions);

        let row = |row: LayerRow| {
            let mut cells = vec![row.title(), row.shapes(), row.params()];
            if !linear {
                let from = row.connected_to.join(", ");
                cells.push(if from.is_empty() { "-".into() } else { from });
            }
            if options.show_trainable {
                cells.push(row.trainable.map_or("-", |yes| if yes { "Y" } else { "N" }).into());
            }
            cells
        };
        let rows: Vec<Vec<String>> =
            self.layer_rows(options.expand_nested).into_iter().map(row).collect();
        let mut out = format!("Model: \"{}\"\n", in_one_line(self.name()));
        out.push_str(&table(&columns, &widths, &rows));
        out.push_str(&self.totals());
        out
    }

    /// What `summary` shows of each layer, in order; those of the models inside follow these if `expand_nested` says so.
    ///
    /// ```
    /// use cornu::{layers::{Dense, LayerExt}, models::Sequential};
    /// let model = Sequential::new().input([4]).add(Dense::new(2).name("d")).model()?;
    /// let row = &model.layer_rows(false)[0];
    /// assert_eq!((row.name.as_str(), row.class_name.as_str(), row.params), ("d", "Dense", 10));
    /// assert_eq!(row.output_shapes, Some(vec![vec![None, Some(2)]]));
    /// # Ok::<(), cornu::Error>(())
    /// ```
    pub fn layer_rows(&self, expand_nested: bool) -> Vec<LayerRow> {
        let mut rows = Vec::new();
        add_rows(self.as_layer(), 0, expand_nested, &mut rows);
        rows
    }

    fn totals(&self) -> String {
        let size = |weights: Vec<crate::layers::Weight>| {
            let count: usize = weights.iter().map(|w| w.variable.count()).sum();
            let bytes: usize =
                weights.iter().map(|w| w.variable.count() * w.variable.dtype().size()).sum();
            (count, bytes)
        };
        let trainable = size(self.as_layer().trainable_weights());
        let fixed = size(self.as_layer().non_trainable_weights());
        let optimizer = self.optimizer_size();
        let (extra, extra_bytes) = optimizer.unwrap_or((0, 0));
        let total = (trainable.0 + fixed.0 + extra, trainable.1 + fixed.1 + extra_bytes);
        let line = |name: &str, (count, bytes): (usize, usize)| {
            format!(" {name} params: {} ({})\n", thousands(count), memory(bytes))
        };
        let mut out =
            line("Total", total) + &line("Trainable", trainable) + &line("Non-trainable", fixed);
        if let Some(size) = optimizer {
            out += &line("Optimizer", size);
        }
        out
    }
}

/// A layer as [`Model::summary`] shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerRow {
    /// The layer's name.
    pub name: String,
    /// Its class: `"Dense"`.
    pub class_name: String,
    /// In how many models of the model it is.
    pub depth: usize,
    /// The shapes of its outputs; none as long as it is not built.
    pub output_shapes: Option<Vec<Shape>>,
    /// The number of values in its weights.
    pub params: usize,
    /// Whether it is trained; none without weights.
    pub trainable: Option<bool>,
    /// What it is applied to in a functional model: `"conv2d[0][0]"`.
    pub connected_to: Vec<String>,
}

impl LayerRow {
    fn title(&self) -> String {
        let indent = match self.depth {
            0 => String::new(),
            depth => format!("{}└ ", "   ".repeat(depth)),
        };
        format!("{indent}{} ({})", self.name, self.class_name)
    }

    fn shapes(&self) -> String {
        match self.output_shapes.as_deref() {
            None => "?".to_string(),
            Some([one]) => show(one),
            Some(many) => {
                format!("[{}]", many.iter().map(|s| show(s)).collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn params(&self) -> String {
        match self.output_shapes {
            Some(_) => thousands(self.params),
            None => "0 (unbuilt)".into(),
        }
    }
}

/// Whether each layer feeds only the next: then connections need no column.
fn is_linear(root: &LayerRef) -> bool {
    let chain = |f: &Functional| {
        let calls: Vec<_> = f.nodes.iter().filter(|n| !n.inputs.is_empty()).collect();
        let mut layers: Vec<u64> = calls.iter().map(|n| n.layer.id()).collect();
        layers.sort_unstable();
        let shared = layers.windows(2).any(|w| w[0] == w[1]);
        let mut sources: Vec<_> = calls.iter().flat_map(|n| &n.inputs).map(|t| t.node.id).collect();
        sources.sort_unstable();
        let forks = sources.windows(2).any(|w| w[0] == w[1]);
        let joins = calls.iter().any(|n| n.inputs.len() > 1);
        !shared && !forks && !joins && f.inputs.len() == 1 && f.outputs.len() == 1
    };
    root.with(chain).unwrap_or(true)
}

fn add_rows(root: &LayerRef, depth: usize, nested: bool, rows: &mut Vec<LayerRow>) {
    let sequential = root.with(|_: &Functional| ()).is_none();
    let mut known: Option<(Shape, cornu_graph::DType)> = None;
    for layer in root.layers() {
        let input = layer.with(|l: &InputLayer| (l.shape().clone(), l.dtype()));
        let shapes: Option<Vec<Shape>> = if let Some(input) = input {
            known = Some(input.clone());
            Some(vec![input.0])
        } else if sequential {
            // A chain that was built says with which shape it starts.
            let start = layer.input_shapes().and_then(|s| s.first().cloned());
            let from = known.clone().or(start.map(|s| (s, cornu_graph::DType::F32)));
            let next = from.filter(|_| layer.is_built()).and_then(|from| layer.infer(&[from]).ok());
            known = next.as_ref().and_then(|n| n.first().cloned());
            next.map(|n| n.into_iter().map(|(shape, _)| shape).collect())
        } else {
            root.with(|f: &Functional| {
                let node = f.nodes.iter().find(|n| n.layer.id() == layer.id());
                node.map(|n| n.outputs.iter().map(|(shape, _)| shape.clone()).collect())
            })
            .flatten()
        };
        if sequential && layer.with(|_: &InputLayer| ()).is_some() {
            continue;
        }
        rows.push(LayerRow {
            name: in_one_line(layer.name()),
            class_name: in_one_line(&layer.class_name()),
            depth,
            params: if shapes.is_some() { layer.count_params() } else { 0 },
            output_shapes: shapes,
            trainable: (!layer.weights().is_empty()).then(|| layer.trainable()),
            connected_to: if depth == 0 { connections(root, &layer) } else { Vec::new() },
        });
        if nested && !layer.layers().is_empty() {
            add_rows(&layer, depth + 1, nested, rows);
        }
    }
}

/// What a layer is applied to: `conv2d[0][0]`.
fn connections(root: &LayerRef, layer: &LayerRef) -> Vec<String> {
    let places = root.with(|f: &Functional| {
        let calls = f.nodes.iter().filter(|n| n.layer.id() == layer.id());
        let place = |t: &crate::layers::KerasTensor| {
            let same = f.nodes.iter().filter(|n| n.layer.id() == t.node.layer.id());
            let index = same.take_while(|n| n.id != t.node.id).count();
            format!("{}[{index}][{}]", in_one_line(t.layer().name()), t.index)
        };
        calls.flat_map(|n| &n.inputs).map(place).collect()
    });
    places.unwrap_or_default()
}

/// Column widths, padding included, that fill `width` with the borders: each gives up an equal part of
/// what the padding takes.
fn column_widths(width: usize, positions: &[f64]) -> Vec<usize> {
    let ends: Vec<usize> = positions.iter().map(|p| (width as f64 * p) as usize).collect();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let wanted: Vec<usize> = ends.iter().zip(starts).map(|(end, start)| end - start + 2).collect();
    let room = width - (wanted.len() + 1);
    let mut excess = wanted.iter().sum::<usize>().saturating_sub(room);
    let count = wanted.len();
    let shrink = |(i, w): (usize, usize)| {
        let part = (excess as f64 / (count - i) as f64).round_ties_even() as usize;
        excess -= part;
        w.saturating_sub(part).max(4)
    };
    wanted.into_iter().enumerate().map(shrink).collect()
}

#[derive(Clone, Copy)]
enum Align {
    Left,
    Right,
    Center,
}

fn table(columns: &[(&str, Align)], widths: &[usize], rows: &[Vec<String>]) -> String {
    let rule = |left: char, fill: char, middle: char, right: char| {
        let parts: Vec<String> = widths.iter().map(|&w| fill.to_string().repeat(w)).collect();
        format!("{left}{}{right}\n", parts.join(&middle.to_string()))
    };
    let line = |cells: &[String], bar: char| {
        let wrapped: Vec<Vec<String>> =
            cells.iter().zip(widths).map(|(cell, w)| wrap(cell, w - 2)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
        let mut out = String::new();
        for i in 0..height {
            out.push(bar);
            for ((cell, w), (_, align)) in wrapped.iter().zip(widths).zip(columns) {
                let text = cell.get(i).map_or("", String::as_str);
                let width = w - 2;
                let room = width.saturating_sub(text.width());
                let before = match align {
                    Align::Left => 0,
                    Align::Right => room,
                    Align::Center => room / 2,
                };
                let (before, after) = (" ".repeat(before), " ".repeat(room - before));
                out.push_str(&format!(" {before}{text}{after} {bar}"));
            }
            out.push('\n');
        }
        out
    };
    let header: Vec<String> = columns.iter().map(|(name, _)| name.to_string()).collect();
    let mut out = rule('┏', '━', '┳', '┓') + &line(&header, '┃') + &rule('┡', '━', '╇', '┩');
    for (i, row) in rows.iter().enumerate() {
        if i > 0 {
            out.push_str(&rule('├', '─', '┼', '┤'));
        }
        out.push_str(&line(row, '│'));
    }
    out + &rule('└', '─', '┴', '┘')
}

/// Lines of at most `width` columns of a terminal, broken at spaces; a longer word stands on a line of its own, cut
/// short by an ellipsis.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    // Words with the spaces after them; those before the first belong to it.
    for word in text.split_inclusive(' ') {
        let room = width.saturating_sub(line.width());
        if !line.trim().is_empty() && word.trim_end().width() > room {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(word);
    }
    lines.push(line);
    let cut = |line: String| {
        let line = line.trim_end();
        if line.width() <= width {
            return line.to_string();
        }
        let mut room = width.saturating_sub(1);
        let mut start = String::new();
        for c in line.chars() {
            let Some(rest) = room.checked_sub(c.width().unwrap_or(0)) else { break };
            start.push(c);
            room = rest;
        }
        // Half of an ideograph is a blank.
        format!("{start}{}…", " ".repeat(room))
    };
    lines.into_iter().map(cut).collect()
}

/// `1,234,567`.
fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1.89 MB`.
fn memory(bytes: usize) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KB", "MB", "GB", "TB"] {
        if value < 1024.0 {
            return format!("{value:.2} {unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.2} PB")
}

/// A name without what ends a line or moves a cursor: those of files may hold anything.
fn in_one_line(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Dense, LayerExt};
    use crate::models::Sequential;

    #[test]
    fn widths_are_those_of_keras() {
        assert_eq!(column_widths(88, &[0.45, 0.80, 1.0]), [38, 29, 17]);
        assert_eq!(column_widths(108, &[0.3, 0.56, 0.74, 1.0]), [31, 27, 17, 28]);
        assert_eq!(column_widths(80, &[0.3, 0.56, 0.74, 1.0]), [23, 19, 13, 20]);
        assert_eq!(column_widths(120, &[0.27, 0.504, 0.666, 0.9, 1.0]), [31, 27, 18, 27, 11]);
    }

    #[test]
    fn cells_break_at_spaces_and_cut_long_words() {
        assert_eq!(wrap("   └ first (Dense)", 14), ["   └ first", "(Dense)"]);
        assert_eq!(wrap("a_name_that_is_long (Dense)", 8), ["a_name_…", "(Dense)"]);
        assert_eq!(wrap("a[0][0], b[0][0], c[0][0]", 17), ["a[0][0], b[0][0],", "c[0][0]"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn a_name_cannot_forge_a_line_of_the_table() {
        assert_eq!(in_one_line("a\nTotal params: 0\u{1b}[A"), "a\\nTotal params: 0\\u{1b}[A");
        let model = Sequential::new().input([2]).add(Dense::new(1).name("a\nb")).model().unwrap();
        assert!(model.summary().contains("a\\nb"));
    }

    #[test]
    fn ideographs_are_two_columns_wide() {
        assert_eq!(wrap("卷积层 (Dense)", 8), ["卷积层", "(Dense)"]);
        assert_eq!(wrap("一个很长的名字 (Dense)", 8), ["一个很 …", "(Dense)"]);
        let rows =
            vec![vec!["卷积层 (Dense)".to_string(), "16".into()], vec!["a".into(), "层".into()]];
        let text = table(&[("Layer", Align::Left), ("#", Align::Right)], &[20, 8], &rows);
        assert!(text.lines().all(|line| line.width() == 20 + 8 + 3), "{text}");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(12), "12");
        assert_eq!(memory(494_244 * 4), "1.89 MB");
        assert_eq!(memory(0), "0.00 B");
    }
}
