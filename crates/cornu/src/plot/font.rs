//! The outlines of the characters that plots write: letters of DejaVu Sans, ideographs of Droid Sans Fallback.
//!
//! `tools/plot/make_font.py` makes both files and explains their format.

use std::collections::HashMap;
use std::io::Read;
use std::sync::LazyLock;

use tiny_skia::{Path, PathBuilder, Transform};

static LETTERS: LazyLock<Font> = LazyLock::new(|| Font::read(include_bytes!("letters.bin")));
/// Ten times as many bytes as the letters: unpacked when the first of these characters is drawn.
static IDEOGRAPHS: LazyLock<Font> = LazyLock::new(|| Font::read(include_bytes!("ideographs.bin")));

/// From the baseline to the top of a capital letter, for text of size 1.
pub(super) const CAPITAL: f32 = 0.729;

#[derive(Default)]
struct Font {
    /// Units per em.
    em: f32,
    commands: Vec<u8>,
    numbers: Vec<u8>,
    /// Where a character's commands and numbers start.
    places: HashMap<char, (usize, usize)>,
}

impl Font {
    fn read(file: &[u8]) -> Font {
        let mut bytes = Vec::new();
        let read = flate2::read::ZlibDecoder::new(file).read_to_end(&mut bytes);
        // The files are part of the program, and the tests read them: without one, all is boxes.
        read.ok().and_then(|_| Font::parse(&bytes)).unwrap_or_default()
    }

    fn parse(bytes: &[u8]) -> Option<Font> {
        let (head, rest) = bytes.split_at_checked(16)?;
        let mut head =
            head.chunks(4).map(|b| b.iter().rev().fold(0, |n, &b| n << 8 | usize::from(b)));
        let em = head.next()? as f32;
        let (codes, rest) = rest.split_at_checked(head.next()?)?;
        let (commands, numbers) = rest.split_at_checked(head.next()?)?;
        let (mut codes, mut values) = (Numbers(codes), Numbers(numbers));
        let (mut code, mut start) = (0, 0);
        let mut places = HashMap::new();
        for glyph in commands.split_inclusive(|c| *c == b'.') {
            code += codes.next()?;
            places.insert(char::from_u32(code as u32)?, (start, numbers.len() - values.0.len()));
            let count = glyph.iter().map(|c| count(*c)).sum::<usize>();
            // One more is the width.
            values.nth(count)?;
            start += glyph.len();
        }
        Some(Font { em, commands: commands.to_vec(), numbers: numbers.to_vec(), places })
    }

    /// The width of a character, in ems.
    fn advance(&self, character: char) -> Option<f32> {
        let (_, numbers) = self.places.get(&character)?;
        Some(Numbers(&self.numbers[*numbers..]).next()? as f32 / self.em)
    }

    /// The outline of a character, y upwards, in ems; `None` for one that is not there or is blank.
    fn outline(&self, character: char) -> Option<Path> {
        let &(commands, numbers) = self.places.get(&character)?;
        let mut numbers = Numbers(&self.numbers[numbers..]).skip(1).map(|n| n as f32 / self.em);
        let mut path = PathBuilder::new();
        let (mut x, mut y) = (0.0, 0.0);
        for command in self.commands[commands..].iter().take_while(|c| **c != b'.') {
            let mut next = || numbers.next();
            let control = if *command == b'q' { Some((x + next()?, y + next()?)) } else { None };
            match command {
                b'h' => x += next()?,
                b'v' => y += next()?,
                _ => (x, y) = (x + next()?, y + next()?),
            }
            match control {
                Some((cx, cy)) => path.quad_to(cx, cy, x, y),
                None if *command == b'm' => {
                    // A contour ends where the next one starts.
                    if !path.is_empty() {
                        path.close();
                    }
                    path.move_to(x, y);
                }
                None => path.line_to(x, y),
            }
        }
        if !path.is_empty() {
            path.close();
        }
        path.finish()
    }
}

/// How many numbers a command takes.
fn count(command: u8) -> usize {
    match command {
        b'm' | b'l' => 2,
        b'h' | b'v' => 1,
        b'q' => 4,
        _ => 0,
    }
}

/// Signed numbers, small ones in a byte.
struct Numbers<'a>(&'a [u8]);

impl Iterator for Numbers<'_> {
    type Item = i32;

    fn next(&mut self) -> Option<i32> {
        let mut tally = 0;
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            tally += i32::from(byte);
            if byte < u8::MAX {
                return Some(if tally % 2 == 0 { tally / 2 } else { -(tally + 1) / 2 });
            }
        }
    }
}

/// The font that has a character.
fn font(character: char) -> Option<&'static Font> {
    let has = |font: &'static Font| font.places.contains_key(&character).then_some(font);
    has(&LETTERS).or_else(|| has(&IDEOGRAPHS))
}

/// Whether a character is a mark for those who lay out text, and nothing to see: joiners, directions, variants.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// The width of a character, in ems. One that no font has is a box with its code.
fn advance(character: char) -> f32 {
    match font(character) {
        Some(font) => font.advance(character).unwrap_or(0.0),
        None if is_invisible(character) => 0.0,
        None => CodeBox::of(character).width + 2.0 * CodeBox::ROOM,
    }
}

/// A box for a character that no font has: its code in hexadecimal digits, in two rows. Lengths are in ems.
struct CodeBox {
    rows: [String; 2],
    width: f32,
}

impl CodeBox {
    /// The size of the digits, the width of the frame's line, and the distance from it to the digits.
    const SIZE: f32 = 0.55;
    const LINE: f32 = 0.05;
    const GAP: f32 = 0.06;
    /// The distance to the characters beside the box, and down from the baseline.
    const ROOM: f32 = 0.06;
    const BELOW: f32 = 0.18;

    fn of(character: char) -> CodeBox {
        let code = format!("{:04X}", u32::from(character));
        let (upper, lower) = code.split_at(code.len().div_ceil(2));
        let digits = upper.len() as f32 * CodeBox::digit();
        CodeBox {
            rows: [upper.to_string(), lower.to_string()],
            width: digits + 2.0 * (CodeBox::LINE + CodeBox::GAP),
        }
    }

    /// The room of a digit: the letters among them are wider, but not by much.
    fn digit() -> f32 {
        LETTERS.advance('D').unwrap_or(0.0) * CodeBox::SIZE
    }

    fn outline(&self) -> Option<Path> {
        let (line, capital) = (CodeBox::LINE, CodeBox::SIZE * CAPITAL);
        let (left, bottom) = (CodeBox::ROOM, -CodeBox::BELOW);
        let (right, top) =
            (left + self.width, bottom + 2.0 * capital + 3.0 * CodeBox::GAP + 2.0 * line);
        let mut path = PathBuilder::new();
        // Two rectangles, the inner one the other way round: a frame.
        for corners in [
            [(left, bottom), (right, bottom), (right, top), (left, top)],
            [
                (left + line, bottom + line),
                (left + line, top - line),
                (right - line, top - line),
                (right - line, bottom + line),
            ],
        ] {
            path.move_to(corners[0].0, corners[0].1);
            corners[1..].iter().for_each(|(x, y)| path.line_to(*x, *y));
            path.close();
        }
        let lower = bottom + line + CodeBox::GAP;
        let baselines = [lower + capital + CodeBox::GAP, lower];
        for (row, baseline) in self.rows.iter().zip(baselines) {
            let mut x = (left + right - row.len() as f32 * CodeBox::digit()) / 2.0;
            for digit in row.chars() {
                let inside = (CodeBox::digit() - LETTERS.advance(digit)? * CodeBox::SIZE) / 2.0;
                let size = CodeBox::SIZE;
                let place = Transform::from_row(size, 0.0, 0.0, size, x + inside, baseline);
                path.push_path(&LETTERS.outline(digit)?.transform(place)?);
                x += CodeBox::digit();
            }
        }
        path.finish()
    }
}

/// The width of a line of text.
pub(super) fn width(text: &str, size: f32) -> f32 {
    text.chars().map(advance).sum::<f32>() * size
}

/// The text, cut with an ellipsis at its end where it would be wider than `limit`.
pub(super) fn fit(text: &str, size: f32, limit: f32) -> String {
    cut(text, size, limit, 1.0)
}

/// The text, cut with an ellipsis in its middle: long names often differ only at their ends.
pub(super) fn fit_name(text: &str, size: f32, limit: f32) -> String {
    cut(text, size, limit, 0.5)
}

/// The text, with an ellipsis for as much of it as `limit` demands; `before` is the part of the room before it.
fn cut(text: &str, size: f32, limit: f32, before: f32) -> String {
    let mut total = 0.0;
    let fits = text.chars().all(|c| {
        total += advance(c) * size;
        total <= limit
    });
    if fits {
        return text.to_owned();
    }
    let room = limit - advance('…') * size;
    if room < 0.0 {
        return String::new();
    }
    let start: String = within(text.chars(), size, room * before).collect();
    let rest = if before < 1.0 { room - width(&start, size) } else { 0.0 };
    let end: Vec<char> = within(text.chars().rev(), size, rest).collect();
    let end: String = end.into_iter().rev().collect();
    format!("{}…{}", start.trim_end(), end.trim_start())
}

/// As many characters as there is room for.
fn within(
    text: impl Iterator<Item = char>,
    size: f32,
    mut room: f32,
) -> impl Iterator<Item = char> {
    text.take_while(move |c| {
        room -= advance(*c) * size;
        room >= 0.0
    })
}

/// The outline of a line of text whose baseline starts at the origin, y downwards; `None` when there
/// is nothing to draw.
pub(super) fn outline(text: &str, size: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    let mut x = 0.0;
    for character in text.chars() {
        let glyph = match font(character) {
            Some(font) => font.outline(character),
            None if is_invisible(character) => None,
            None => CodeBox::of(character).outline(),
        };
        let place = Transform::from_row(size, 0.0, 0.0, -size, x, 0.0);
        if let Some(moved) = glyph.and_then(|o| o.transform(place)) {
            path.push_path(&moved);
        }
        x += advance(character) * size;
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_of_the_fonts_can_be_drawn() {
        assert_eq!((LETTERS.em, IDEOGRAPHS.em), (1024.0, 256.0));
        for (font, count) in [(&*LETTERS, 800), (&*IDEOGRAPHS, 9000)] {
            assert!(font.places.len() >= count, "{}", font.places.len());
            for &character in font.places.keys() {
                let advance = font.advance(character).unwrap();
                let accent = ('\u{300}'..='\u{36f}').contains(&character);
                assert!(advance > 0.0 || accent, "{character:?}");
                let drawn = font.outline(character).is_some();
                assert!(drawn != character.is_whitespace(), "{character:?}");
            }
        }
    }

    #[test]
    fn the_scripts_of_names_are_there() {
        let latin = "äßéžőęñ ǎǐǒǔǜ Việt Nam";
        let others = "αβγδέώΩ ЁЖщюѓ ½×²⁻⁹₀μσ−…→≤ ①★℃№";
        // The first and the last of GB 2312's two levels, then traditional and Japanese.
        let ideographs = "啊座亍齄 漢字圖畫 とカタカナ画像，。、《》「」（）Ａ１";
        let shown = |c: char| c.is_whitespace() || font(c).is_some();
        for character in (' '..='~').chain([latin, others, ideographs].concat().chars()) {
            assert!(shown(character), "{character:?}");
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
        assert!(outline(" ", 20.0).is_none());
        let name = fit_name("a rather long name 17", 20.0, 120.0);
        assert!(name.starts_with("a r") && name.ends_with("e 17") && name.contains('…'), "{name}");
        assert!(width(&name, 20.0) <= 120.0);
        assert_eq!(fit_name("", 20.0, 0.0), "");
        // However long: no time is lost on what is not shown.
        let long = "名".repeat(10_000_000);
        assert_eq!(fit(&long, 20.0, 100.0), "名名名名…");
    }

    #[test]
    fn ideographs_are_an_em_wide_and_drawn_in_it() {
        assert_eq!(width("横条", 20.0), 40.0);
        let bounds = outline("国", 100.0).unwrap().bounds();
        assert!(
            bounds.left() >= 0.0 && bounds.right() <= 100.0 && bounds.width() > 75.0,
            "{bounds:?}"
        );
        assert!(bounds.top() > -95.0 && bounds.bottom() < 15.0, "{bounds:?}");
    }

    #[test]
    fn what_no_font_has_is_a_box_with_its_code() {
        for character in ['\u{1f600}', '\n', '\u{e000}', '\u{10ffff}', 'ก'] {
            assert!(font(character).is_none());
            let text = character.to_string();
            let bounds = outline(&text, 100.0).unwrap().bounds();
            assert!(bounds.right() <= width(&text, 100.0) && bounds.width() > 80.0, "{bounds:?}");
        }
        // Different codes, different boxes; marks for the layout of text leave nothing.
        assert_ne!(outline("\u{e000}", 20.0), outline("\u{e001}", 20.0));
        assert_eq!((outline("\u{200d}", 20.0), width("\u{fe0f}", 20.0)), (None, 0.0));
    }

    #[test]
    fn accents_of_their_own_stand_over_their_letter() {
        // As file systems decompose names: e and U+0301.
        assert_eq!(width("e\u{301}", 20.0), width("e", 20.0));
        let (plain, accented) = (outline("e", 100.0).unwrap(), outline("e\u{301}", 100.0).unwrap());
        assert!(accented.bounds().top() < plain.bounds().top() - 15.0);
        assert!(accented.bounds().right() <= plain.bounds().right());
    }
}
