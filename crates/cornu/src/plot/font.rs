//! The outlines of the characters that plots write: a part of DejaVu Sans, in `font.txt`.
//!
//! `tools/plot/make_font.py` makes that file and explains its format.

use std::collections::HashMap;
use std::sync::LazyLock;

use tiny_skia::{Path, PathBuilder, Transform};

static FONT: LazyLock<Font> = LazyLock::new(|| Font::parse(include_str!("font.txt")));

/// From the baseline to the top of a capital letter, for text of size 1.
pub(super) const CAPITAL: f32 = 0.729;

struct Font {
    em: f32,
    glyphs: HashMap<char, Glyph>,
}

#[derive(Default)]
struct Glyph {
    advance: f32,
    /// Absent for blanks.
    outline: Option<Path>,
}

impl Font {
    fn parse(text: &str) -> Font {
        let mut font = Font { em: 1.0, glyphs: HashMap::new() };
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
            if head == "em" {
                font.em = rest.parse().unwrap_or(1.0);
                continue;
            }
            let code = u32::from_str_radix(head, 16).ok().and_then(char::from_u32);
            let (advance, outline) = rest.split_once(' ').unwrap_or((rest, ""));
            if let (Some(code), Ok(advance)) = (code, advance.parse()) {
                font.glyphs.insert(code, Glyph { advance, outline: parse_outline(outline) });
            }
        }
        font
    }

    /// The character's glyph, or an empty box for one that the font does not have.
    fn glyph(&self, character: char) -> Option<&Glyph> {
        self.glyphs.get(&character).or_else(|| self.glyphs.get(&'\0'))
    }
}

/// Reads `m`, `l` and `q` with relative coordinates; y grows upwards.
fn parse_outline(text: &str) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (mut x, mut y) = (0.0, 0.0);
    let mut open = false;
    let mut rest = text;
    while let Some(command) = rest.chars().next() {
        let body = &rest[command.len_utf8()..];
        let end = body.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(body.len());
        let numbers: Vec<f32> =
            body[..end].split_whitespace().map(|n| n.parse().ok()).collect::<Option<_>>()?;
        match (command, &numbers[..]) {
            ('m', &[dx, dy]) => {
                if open {
                    path.close();
                }
                open = true;
                (x, y) = (x + dx, y + dy);
                path.move_to(x, y);
            }
            ('l', &[dx, dy]) => {
                (x, y) = (x + dx, y + dy);
                path.line_to(x, y);
            }
            ('q', &[cx, cy, dx, dy]) => {
                path.quad_to(x + cx, y + cy, x + dx, y + dy);
                (x, y) = (x + dx, y + dy);
            }
            _ => return None,
        }
        rest = &body[end..];
    }
    if open {
        path.close();
    }
    path.finish()
}

/// The width of a line of text.
pub(super) fn width(text: &str, size: f32) -> f32 {
    let font = &*FONT;
    text.chars().filter_map(|c| font.glyph(c)).map(|g| g.advance).sum::<f32>() * size / font.em
}

/// The text, cut with an ellipsis where it would be wider than `limit`.
pub(super) fn fit(text: &str, size: f32, limit: f32) -> String {
    if width(text, size) <= limit {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut = format!("{}…", kept.iter().collect::<String>().trim_end());
        if width(&cut, size) <= limit {
            return cut;
        }
    }
    String::new()
}

/// The outline of a line of text whose baseline starts at the origin, y downwards; `None` when there
/// is nothing to draw.
pub(super) fn outline(text: &str, size: f32) -> Option<Path> {
    let font = &*FONT;
    let scale = size / font.em;
    let mut path = PathBuilder::new();
    let mut x = 0.0;
    for glyph in text.chars().filter_map(|c| font.glyph(c)) {
        let place = Transform::from_row(scale, 0.0, 0.0, -scale, x, 0.0);
        if let Some(moved) = glyph.outline.clone().and_then(|o| o.transform(place)) {
            path.push_path(&moved);
        }
        x += glyph.advance * scale;
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_font_is_a_glyph() {
        let lines = include_str!("font.txt").lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(FONT.glyphs.len() + 1, lines);
        assert_eq!(FONT.em, 1024.0);
        for (character, glyph) in &FONT.glyphs {
            assert!(glyph.advance > 0.0, "{character:?}");
            assert!(glyph.outline.is_some() != character.is_whitespace(), "{character:?}");
        }
        for character in (' '..='~').chain("äßé×²⁻⁹₀μσ−…→≤".chars()) {
            assert!(FONT.glyphs.contains_key(&character), "{character:?}");
        }
    }

    #[test]
    fn a_capital_is_as_high_as_it_is_said() {
        let bounds = outline("H", 100.0).unwrap().bounds();
        assert!((bounds.top() + 100.0 * CAPITAL).abs() < 0.5 && bounds.bottom() == 0.0);
    }

    #[test]
    fn width_adds_up_and_fit_cuts() {
        assert!((width("ab", 20.0) - width("a", 20.0) - width("b", 20.0)).abs() < 1e-4);
        assert_eq!(fit("short", 20.0, 1000.0), "short");
        let cut = fit("a rather long name", 20.0, 100.0);
        assert!(cut.starts_with("a rat") && cut.ends_with('…') && width(&cut, 20.0) <= 100.0);
        assert_eq!(fit("name", 20.0, 1.0), "");
        // A character that the font lacks is a box, not nothing.
        assert!(outline("漢", 20.0).is_some());
        assert!(outline(" ", 20.0).is_none());
    }
}
