//! Drawing: rectangles, lines, discs and text on white.

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

use super::{Image, font};
use crate::Result;

/// Red, green, blue.
pub(super) type Rgb = [u8; 3];

pub(super) const INK: Rgb = [38, 38, 38];
pub(super) const AXIS: Rgb = [120, 120, 120];
pub(super) const GRID: Rgb = [228, 228, 228];

/// Sizes at which the small letters of the font are a whole number of pixels high, which is sharper.
pub(super) const SMALL: f32 = 14.6;
pub(super) const NORMAL: f32 = 16.5;
pub(super) const LARGE: f32 = 22.0;

/// Ten colours that people with any colour vision can tell apart, for any number of classes.
///
/// Source: M. A. Petroff, "Accessible color sequences for data visualization", arXiv:2107.02270.
pub(super) fn color(class: i64) -> Rgb {
    const COLORS: [Rgb; 10] = [
        [63, 144, 218],
        [255, 169, 14],
        [189, 31, 1],
        [148, 164, 162],
        [131, 45, 182],
        [169, 107, 89],
        [231, 99, 0],
        [185, 172, 112],
        [113, 117, 129],
        [146, 218, 221],
    ];
    COLORS[class.rem_euclid(COLORS.len() as i64) as usize]
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

pub(super) struct Canvas {
    pixmap: Pixmap,
}

impl Canvas {
    /// A white canvas.
    pub(super) fn new(function: &str, width: f32, height: f32) -> Result<Canvas> {
        // The sizes of an image are checked in one place.
        let image = Image::filled(function, width as usize, height as usize, 1, 0)?;
        let mut pixmap = Pixmap::new(image.width as u32, image.height as u32).ok_or_else(|| {
            crate::Error::invalid(function, "size", "must fit in memory", image.width)
        })?;
        pixmap.fill(Color::WHITE);
        Ok(Canvas { pixmap })
    }

    /// A filled rectangle.
    pub(super) fn rectangle(&mut self, left: f32, top: f32, width: f32, height: f32, rgb: Rgb) {
        if let Some(rect) = Rect::from_xywh(left, top, width, height) {
            self.pixmap.fill_rect(rect, &paint(rgb, 1.0), Transform::identity(), None);
        }
    }

    /// A line through the points; `opacity` from 0 to 1.
    pub(super) fn line(&mut self, points: &[(f32, f32)], width: f32, rgb: Rgb, opacity: f32) {
        let mut path = PathBuilder::new();
        for (i, &(x, y)) in points.iter().enumerate() {
            if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        if let Some(path) = path.finish() {
            let paint = paint(rgb, opacity);
            self.pixmap.stroke_path(&path, &paint, &pen(width), Transform::identity(), None);
        }
    }

    /// A filled circle; `opacity` from 0 to 1.
    pub(super) fn disc(&mut self, x: f32, y: f32, radius: f32, rgb: Rgb, opacity: f32) {
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            let paint = paint(rgb, opacity);
            self.pixmap.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
        }
    }

    /// A line of text whose baseline touches (x, y), turned by `degrees` counter-clockwise.
    pub(super) fn text(
        &mut self,
        text: &str,
        (x, y): (f32, f32),
        size: f32,
        anchor: Anchor,
        degrees: f32,
        rgb: Rgb,
    ) {
        let Some(path) = font::outline(text, size) else { return };
        let shift = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => font::width(text, size) / -2.0,
            Anchor::End => -font::width(text, size),
        };
        let place = if degrees == 0.0 {
            // Whole pixels are sharper.
            Transform::from_translate((x + shift).round(), y.round())
        } else {
            Transform::from_translate(shift, 0.0)
                .post_rotate(-degrees)
                .post_translate(x.round(), y.round())
        };
        self.pixmap.fill_path(&path, &paint(rgb, 1.0), FillRule::Winding, place, None);
    }

    /// A line of text centred on (x, y), with a white rim that sets it off from what is behind.
    pub(super) fn text_with_rim(&mut self, text: &str, (x, y): (f32, f32), size: f32, rgb: Rgb) {
        let Some(path) = font::outline(text, size) else { return };
        let (left, down) = (font::width(text, size) / 2.0, size * font::CAPITAL / 2.0);
        let place = Transform::from_translate((x - left).round(), (y + down).round());
        self.pixmap.stroke_path(&path, &paint([255; 3], 0.9), &pen(5.0), place, None);
        self.pixmap.fill_path(&path, &paint(rgb, 1.0), FillRule::Winding, place, None);
    }

    /// The picture, with 3 channels.
    pub(super) fn finish(self) -> Result<Image> {
        let (width, height) = (self.pixmap.width() as usize, self.pixmap.height() as usize);
        // Everything is opaque, so premultiplied colours are plain ones.
        let pixels =
            self.pixmap.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
        Image::new(width, height, 3, pixels)
    }
}

fn pen(width: f32) -> Stroke {
    Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Default::default() }
}

fn paint([red, green, blue]: Rgb, opacity: f32) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Default::default() };
    paint.set_color_rgba8(red, green, blue, (opacity.clamp(0.0, 1.0) * 255.0) as u8);
    paint
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(draw: impl FnOnce(&mut Canvas)) -> Image {
        let mut canvas = Canvas::new("test", 60.0, 40.0).unwrap();
        draw(&mut canvas);
        canvas.finish().unwrap()
    }

    /// The box (left, top, right, bottom) of the pixels that are not white.
    fn ink(image: &Image) -> Option<(usize, usize, usize, usize)> {
        let marked = |x, y| image.pixel(x, y) != Some(&[255, 255, 255]);
        let columns: Vec<usize> =
            (0..image.width).filter(|&x| (0..image.height).any(|y| marked(x, y))).collect();
        let rows: Vec<usize> =
            (0..image.height).filter(|&y| (0..image.width).any(|x| marked(x, y))).collect();
        Some((*columns.first()?, *rows.first()?, *columns.last()?, *rows.last()?))
    }

    #[test]
    fn shapes_lie_where_they_are_put() {
        let image = drawn(|c| c.rectangle(10.0, 5.0, 20.0, 3.0, [1, 2, 3]));
        assert_eq!(ink(&image), Some((10, 5, 29, 7)));
        assert_eq!(image.pixel(10, 5), Some(&[1, 2, 3][..]));
        let image = drawn(|c| c.line(&[(5.0, 10.5), (50.0, 10.5)], 1.0, [0; 3], 1.0));
        assert_eq!(image.pixel(30, 10), Some(&[0, 0, 0][..]));
        assert_eq!(ink(&image).map(|b| (b.1, b.3)), Some((10, 10)));
        let image = drawn(|c| c.disc(20.0, 20.0, 5.0, [200, 0, 0], 0.5));
        assert_eq!(ink(&image), Some((15, 15, 24, 24)));
        assert_eq!(image.pixel(20, 20).map(|p| (p[0] > 200, p[1])), Some((true, 128)));
    }

    #[test]
    fn text_is_anchored_and_turned() {
        let at = |anchor, degrees| {
            ink(&drawn(|c| c.text("ll", (30.0, 20.0), 16.0, anchor, degrees, INK))).unwrap()
        };
        assert!(at(Anchor::Start, 0.0).0 >= 30);
        assert!(at(Anchor::End, 0.0).2 < 30);
        let (left, top, right, bottom) = at(Anchor::Middle, 0.0);
        assert!(left < 30 && right > 30 && bottom == 19 && top < 12);
        // Turned, it reads upwards, left of its baseline.
        let (left, top, right, bottom) = at(Anchor::Start, 90.0);
        assert!(right == 29 && left < 22 && bottom < 20 && top > 9);
        let (left, top, right, bottom) =
            ink(&drawn(|c| c.text_with_rim("H", (30.0, 20.0), 20.0, INK))).unwrap();
        assert!((57..=63).contains(&(left + right)), "{left} {right}");
        assert!((37..=42).contains(&(top + bottom)), "{top} {bottom}");
        assert_eq!(ink(&drawn(|c| c.text("", (9.0, 9.0), 16.0, Anchor::End, 0.0, INK))), None);
    }

    #[test]
    fn colors_repeat_after_ten() {
        assert_eq!(color(3), color(13));
        assert_eq!(color(-1), color(9));
        let all: std::collections::HashSet<Rgb> = (0..10).map(color).collect();
        assert_eq!(all.len(), 10);
    }
}
