//! QR codes (ISO/IEC 18004) as pictures in a page, for whoever has a phone at hand.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// Light squares around the code, without which cameras don't see where it ends (§6.3.8).
const MARGIN: usize = 4;

/// A QR code. What it says stands on the page as text too, so to a reader of the page it is decoration. It has no `Debug`: what it says may
/// let people in.
#[derive(Clone)]
pub struct Qr {
    extent: usize,
    path: String,
}

impl Qr {
    /// The code that says this text; `None` if that is too long for one.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let squares = code.to_colors();
        let mut path = String::new();
        for (y, row) in squares.chunks(width).enumerate() {
            let mut x = 0;
            // One stroke for all dark squares in a row.
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&Color::Dark) {
                    write!(path, "M{} {}h{}v1h-{}z", x + MARGIN, y + MARGIN, run.len(), run.len()).ok()?;
                }
                x += run.len();
            }
        }
        Some(Self { extent: width + 2 * MARGIN, path })
    }
    /// Width and height in squares, margin included.
    pub(crate) fn extent(&self) -> usize {
        self.extent
    }
    /// The dark squares, as the path of an SVG.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The squares a path fills.
    fn squares(path: &str) -> BTreeSet<(usize, usize)> {
        let mut found = BTreeSet::new();
        for stroke in path.split('z').filter(|stroke| !stroke.is_empty()) {
            let (start, length) = stroke.strip_prefix('M').unwrap().split_once('h').unwrap();
            let (x, y) = start.split_once(' ').unwrap();
            let (length, back) = length.split_once("v1h-").unwrap();
            assert_eq!(length, back);
            let (x, y, length): (usize, usize, usize) = (x.parse().unwrap(), y.parse().unwrap(), length.parse().unwrap());
            assert!((x..x + length).all(|x| found.insert((x, y))), "a square is filled once");
        }
        found
    }

    #[test]
    fn the_picture_is_the_code_with_its_three_corners_and_a_margin() {
        let text = "https://id.example/orgs/acme/api/v1/oauth/device?user_code=WDJB-MJHT";
        let (qr, code) = (Qr::of(text).unwrap(), QrCode::with_error_correction_level(text, EcLevel::M).unwrap());
        let drawn = squares(qr.path());
        assert_eq!(qr.extent(), code.width() + 8);
        for x in 0..code.width() {
            for y in 0..code.width() {
                assert_eq!(drawn.contains(&(x + 4, y + 4)), code[(x, y)] == Color::Dark, "{x} {y}");
            }
        }
        assert!(drawn.iter().all(|(x, y)| (4..qr.extent() - 4).contains(x) && (4..qr.extent() - 4).contains(y)));
        let far = qr.extent() - 5;
        for corner in [(4, 4), (far, 4), (4, far)] {
            assert!(drawn.contains(&corner));
        }
        assert!(!drawn.contains(&(5, 5)), "the ring inside a corner is light");
    }

    #[test]
    fn what_is_too_long_has_none() {
        assert!(Qr::of(&"x".repeat(3000)).is_none());
        assert!(Qr::of("").is_some());
    }
}
