//! What plots of points have in common: title, axes, grid and legend around an area to draw in.

use super::axis::Axis;
use super::canvas::{AXIS, Anchor, Canvas, GRID, INK, LARGE, NORMAL, Rgb, SMALL};
use super::{Image, font};
use crate::Result;

/// The distance between things that are not connected.
const PAD: f32 = 16.0;
/// The height of a legend's row.
const ROW: f32 = 24.0;
/// The widest entry of a legend beside the area, text only.
const ENTRY: f32 = 240.0;
/// The largest part of the height that a legend over the area takes.
const LEGEND: f32 = 0.25;
/// From a legend's mark to its text, and half the width of the mark.
const MARK: f32 = 13.0;

/// Where the legend goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Legend {
    /// In rows under the title, marked with lines.
    Above,
    /// In a column on the right, marked with dots.
    Right,
}

/// The words around the area.
pub(super) struct Words<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
}

/// A canvas with axes drawn, ready for points.
pub(super) struct Chart {
    pub(super) canvas: Canvas,
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
    x: Axis,
    y: Axis,
}

impl Chart {
    /// Draws everything but the points. Entries without a name stay out of the legend.
    pub(super) fn new(
        function: &str,
        (width, height): (f32, f32),
        words: &Words,
        (x, y): (Axis, Axis),
        legend: Legend,
        entries: &[(String, Rgb)],
    ) -> Result<Chart> {
        let mut canvas = Canvas::new(function, width, height)?;
        let mut entries: Vec<(String, Rgb)> =
            entries.iter().filter(|e| !e.0.is_empty()).cloned().collect();
        let widest = |texts: &mut dyn Iterator<Item = &String>| {
            texts.map(|t| font::width(t, SMALL)).fold(0.0, f32::max)
        };

        let y_label = if words.y.is_empty() { 0.0 } else { NORMAL + 14.0 };
        let left = PAD + y_label + widest(&mut y.ticks.iter().map(|t| &t.1)) + 10.0;
        let x_label = if words.x.is_empty() { 0.0 } else { NORMAL + 12.0 };
        let bottom = height - PAD - x_label - SMALL - 8.0;
        let mut top = PAD;
        if !words.title.is_empty() {
            top += LARGE + 10.0;
        }
        let mut right = width - PAD - 8.0;
        // A number at the end of the x axis may stand over the edge of the area, and the top of the
        // highest number beside the y axis too.
        let above = 10.0;
        if !entries.is_empty() {
            match legend {
                Legend::Above => {
                    let rows = (height * LEGEND / ROW) as usize;
                    top = rows_of_legend(&mut canvas, &entries, (left, right), top, rows);
                }
                Legend::Right => {
                    for (name, _) in &mut entries {
                        *name = font::fit_name(name, SMALL, ENTRY);
                    }
                    let (shown, more) = rows_that_fit(entries.len(), bottom - top - above);
                    let mut texts = entries[..shown].iter().map(|e| &e.0).chain(&more);
                    right -= widest(&mut texts) + 3.0 * MARK;
                }
            }
        }
        top += above;

        let middle = (left + right) / 2.0;
        let mut centred = |text: &str, y: f32, size: f32| {
            let text = font::fit(text, size, width - 2.0 * PAD);
            // Centred over the area where that fits, else moved inwards.
            let half = font::width(&text, size) / 2.0;
            let x = middle.clamp(PAD + half, (width - PAD - half).max(PAD + half));
            canvas.text(&text, (x, y), size, Anchor::Middle, 0.0, INK);
        };
        centred(words.title, PAD + LARGE * font::CAPITAL, LARGE);
        centred(words.x, height - PAD, NORMAL);
        let text = font::fit(words.y, NORMAL, bottom - top);
        let place = (PAD + NORMAL * font::CAPITAL, (top + bottom) / 2.0);
        canvas.text(&text, place, NORMAL, Anchor::Middle, 90.0, INK);

        let mut chart = Chart { canvas, left, top, right, bottom, x, y };
        chart.grid();
        if legend == Legend::Right {
            chart.column_of_legend(&entries);
        }
        Ok(chart)
    }

    fn grid(&mut self) {
        let Chart { left, top, right, bottom, .. } = *self;
        let down = SMALL * font::CAPITAL;
        // Lines are drawn one after the other: the grid must not cross the axes.
        for (value, _) in &self.x.ticks {
            let x = self.x_at(*value).round();
            self.canvas.rectangle(x, top, 1.0, bottom - top, GRID);
        }
        for (value, _) in &self.y.ticks {
            let y = self.y_at(*value).round();
            self.canvas.rectangle(left, y, right - left, 1.0, GRID);
        }
        for (value, label) in &self.x.ticks {
            let x = self.x_at(*value).round();
            self.canvas.rectangle(x, bottom, 1.0, 5.0, AXIS);
            let place = (x, bottom + 9.0 + down);
            self.canvas.text(label, place, SMALL, Anchor::Middle, 0.0, INK);
        }
        for (value, label) in &self.y.ticks {
            let y = self.y_at(*value).round();
            self.canvas.rectangle(left - 5.0, y, 5.0, 1.0, AXIS);
            let place = (left - 9.0, y + down / 2.0);
            self.canvas.text(label, place, SMALL, Anchor::End, 0.0, INK);
        }
        self.canvas.rectangle(left.round(), top, 1.0, bottom - top, AXIS);
        self.canvas.rectangle(left, bottom.round(), right - left, 1.0, AXIS);
    }

    fn column_of_legend(&mut self, entries: &[(String, Rgb)]) {
        let (shown, more) = rows_that_fit(entries.len(), self.bottom - self.top);
        let x = self.right + 1.5 * MARK;
        let mut y = self.top + ROW / 2.0;
        for (name, rgb) in &entries[..shown] {
            self.canvas.disc(x, y, 6.0, *rgb, 1.0);
            self.legend_text(name, x, y);
            y += ROW;
        }
        if let Some(more) = more {
            self.legend_text(&more, x, y);
        }
    }

    fn legend_text(&mut self, text: &str, x: f32, y: f32) {
        let place = (x + MARK, y + SMALL * font::CAPITAL / 2.0);
        self.canvas.text(text, place, SMALL, Anchor::Start, 0.0, INK);
    }

    /// The column of a value of x.
    pub(super) fn x_at(&self, value: f64) -> f32 {
        self.left + (self.right - self.left) * self.x.place(value)
    }

    /// The row of a value of y.
    pub(super) fn y_at(&self, value: f64) -> f32 {
        self.bottom - (self.bottom - self.top) * self.y.place(value)
    }

    /// Says in the middle of the area why it is empty.
    pub(super) fn note(&mut self, text: &str) {
        let middle = ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0);
        self.canvas.text(text, middle, NORMAL, Anchor::Middle, 0.0, AXIS);
    }

    pub(super) fn finish(self) -> Result<Image> {
        self.canvas.finish()
    }
}

/// How many entries of a legend fit into a column, and the row that counts the others.
fn rows_that_fit(entries: usize, height: f32) -> (usize, Option<String>) {
    let room = (height / ROW) as usize;
    if entries <= room {
        return (entries, None);
    }
    let shown = room.saturating_sub(1);
    (shown, Some(format!("+ {} more", entries - shown)))
}

/// Draws the legend in rows from `left` to `right`, at most so many, and returns the row of pixels under it. What
/// has no place in them is counted in one more.
fn rows_of_legend(
    canvas: &mut Canvas,
    entries: &[(String, Rgb)],
    (left, right): (f32, f32),
    top: f32,
    rows: usize,
) -> f32 {
    let mark = 2.0 * MARK + 8.0;
    let (mut x, mut y) = (left, top + ROW / 2.0);
    let mut row = 1;
    for (i, (name, rgb)) in entries.iter().enumerate() {
        let name = font::fit_name(name, SMALL, right - left - mark);
        let width = mark + font::width(&name, SMALL);
        let down = SMALL * font::CAPITAL / 2.0;
        if x + width > right && x > left {
            (x, y, row) = (left, y + ROW, row + 1);
        }
        if row > rows {
            let more = format!("+ {} more", entries.len() - i);
            canvas.text(&more, (x + mark, y + down), SMALL, Anchor::Start, 0.0, INK);
            break;
        }
        canvas.line(&[(x + 2.0, y), (x + 2.0 * MARK, y)], 3.5, *rgb, 1.0);
        canvas.text(&name, (x + mark, y + down), SMALL, Anchor::Start, 0.0, INK);
        x += width + 24.0;
    }
    y + ROW / 2.0
}
