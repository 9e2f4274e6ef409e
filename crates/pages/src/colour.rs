//! An organization's colour, made readable.
//!
//! Contrast is WCAG 2.2 §1.4.3: 4.5 to 1 between text and what lies behind it.

use crate::brand::Theme;
use std::fmt;

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

const WHITE: Colour = Colour([255, 255, 255]);
const BLACK: Colour = Colour([0, 0, 0]);
/// `--sunk` of `style.css`, light and dark: the ground that coloured text has the hardest time on.
const LIGHT_GROUND: Colour = Colour([0xef, 0xec, 0xe6]);
const DARK_GROUND: Colour = Colour([0x23, 0x2a, 0x2f]);
/// `--ink` of `style.css`, light and dark.
const LIGHT_INK: Colour = Colour([0x1d, 0x24, 0x28]);
const DARK_INK: Colour = Colour([0xe9, 0xec, 0xec]);
/// `--muted` of `style.css`, light and dark.
const LIGHT_MUTED: Colour = Colour([0x5a, 0x64, 0x6a]);
const DARK_MUTED: Colour = Colour([0xa7, 0xb1, 0xb6]);
const READABLE: f64 = 4.5;

impl Colour {
    /// The accent of `style.css`, for mails.
    pub(crate) const ACCENT: Self = Self([0x0b, 0x6b, 0x66]);

    /// Reads `#rgb` or `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> =
            text.strip_prefix('#')?.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
        match *digits.as_slice() {
            [r, g, b] => Some(Self([r * 17, g * 17, b * 17])),
            [r, r2, g, g2, b, b2] => Some(Self([r * 16 + r2, g * 16 + g2, b * 16 + b2])),
            _ => None,
        }
    }

    /// Whether dark or light text can be read on it, so that it can be the ground of a page.
    pub fn is_readable_ground(self) -> bool {
        self.contrast(LIGHT_INK) >= READABLE || self.contrast(DARK_INK) >= READABLE
    }

    /// Which theme a page on this ground has.
    pub(crate) fn theme_of_ground(self) -> Theme {
        if self.contrast(LIGHT_INK) >= self.contrast(DARK_INK) { Theme::Light } else { Theme::Dark }
    }
    /// Whether text of a theme can be read on it.
    pub fn carries(self, theme: Theme) -> bool {
        match theme {
            Theme::Auto => false,
            Theme::Light => self.contrast(LIGHT_INK) >= READABLE,
            Theme::Dark => self.contrast(DARK_INK) >= READABLE,
        }
    }
    /// The accent of `style.css`.
    pub(crate) fn accent_of(theme: Theme) -> Self {
        if theme == Theme::Dark { Self([0x6f, 0xd3, 0xc8]) } else { Self::ACCENT }
    }

    /// The accent tokens for a theme, and for a ground besides.
    pub(crate) fn tokens(self, theme: Theme, under: Option<Self>) -> String {
        let (ground, ink) = if theme == Theme::Dark { (DARK_GROUND, WHITE) } else { (LIGHT_GROUND, BLACK) };
        let text = self.readable_on(ground, ink);
        let text = under.map_or(text, |under| text.readable_on(under, ink));
        // In the dark a bright fill is softer on the eyes than the organization's, perhaps very dark, own.
        let fill = if theme == Theme::Dark { text } else { self };
        let on_fill = fill.text_upon();
        let pressed = fill.mixed(ink, 14);
        let soft = if theme == Theme::Dark { ground } else { WHITE }.mixed(text, 12);
        format!("--accent:{fill};--accent-pressed:{pressed};--on-accent:{on_fill};--link:{text};--accent-soft:{soft}")
    }

    /// The tokens of a page whose ground this colour is.
    pub(crate) fn ground_tokens(self, theme: Theme) -> String {
        let (muted, ink) = if theme == Theme::Dark { (DARK_MUTED, WHITE) } else { (LIGHT_MUTED, BLACK) };
        format!("--paper:{self};--glow:{self};--muted:{}", muted.readable_on(self, ink))
    }

    /// White or black, whichever can be read on this colour; one of them always can.
    pub(crate) fn text_upon(self) -> Self {
        if self.contrast(WHITE) >= READABLE { WHITE } else { BLACK }
    }

    /// This colour moved towards `ink` until it can be read on `ground`.
    fn readable_on(self, ground: Self, ink: Self) -> Self {
        (0..=100).step_by(4).map(|share| self.mixed(ink, share)).find(|mixed| mixed.contrast(ground) >= READABLE).unwrap_or(ink)
    }

    /// `share` per cent of `other`, the rest of this colour.
    fn mixed(self, other: Self, share: u32) -> Self {
        let (Self([r, g, b]), Self([r2, g2, b2])) = (self, other);
        let mix = |a: u8, b: u8| u8::try_from((u32::from(a) * (100 - share) + u32::from(b) * share) / 100).unwrap_or(u8::MAX);
        Self([mix(r, r2), mix(g, g2), mix(b, b2)])
    }

    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance, WCAG 2.2.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let Self([r, g, b]) = self;
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([r, g, b]) = self;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn colours_are_read_strictly() {
        assert_eq!(Colour::parse("#0aF"), Some(Colour([0, 0xaa, 0xff])));
        assert_eq!(Colour::parse("#0B6b66"), Some(Colour([0x0b, 0x6b, 0x66])));
        for bad in ["", "#", "0b6b66", "#0b6b6", "red", "#0b6b66;}", "#éé1", "#+1+1+1"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn contrast_agrees_with_the_definition() {
        assert!((WHITE.contrast(BLACK) - 21.0).abs() < 0.001);
        assert!((Colour::parse("#767676").unwrap().contrast(WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn every_colour_becomes_readable_text_and_a_readable_button() {
        for level in 0..=8u8 {
            for other in 0..=8u8 {
                let colour = Colour([level.saturating_mul(32), other.saturating_mul(32), 255 - level.saturating_mul(30)]);
                for (ground, ink) in [(LIGHT_GROUND, BLACK), (DARK_GROUND, WHITE)] {
                    let text = colour.readable_on(ground, ink);
                    assert!(text.contrast(ground) >= READABLE, "{colour} on {ground}");
                    assert!(text.contrast(WHITE) >= READABLE || text.contrast(BLACK) >= READABLE);
                }
            }
        }
    }

    /// The tokens of the style sheet, light first.
    fn tokens() -> [HashMap<&'static str, Colour>; 2] {
        let css = include_str!("../assets/style.css");
        let (light, rest) = css.split_once("@media (prefers-color-scheme: dark)").unwrap();
        let (dark, _) = rest.split_once("/* ---- Ground").unwrap();
        [light, dark].map(|part| {
            let declarations =
                part.lines().filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": "));
            declarations.filter_map(|(name, value)| Some((name, Colour::parse(value)?))).collect()
        })
    }

    #[test]
    fn the_style_sheet_is_readable_in_light_and_dark() {
        let text = [
            ("ink", &["paper", "surface", "sunk", "glow", "accent-soft"][..]),
            ("muted", &["paper", "surface", "sunk", "glow"]),
            ("link", &["paper", "surface", "sunk", "glow", "accent-soft"]),
            ("on-accent", &["accent", "accent-pressed"]),
            ("good", &["good-soft"]),
            ("warn", &["warn-soft"]),
            ("bad", &["bad-soft"]),
        ];
        let borders = [("edge", &["paper", "surface"][..]), ("bad", &["paper", "surface"]), ("link", &["paper", "surface"])];
        for tokens in tokens() {
            for (pairs, least) in [(&text[..], READABLE), (&borders[..], 3.0)] {
                for (front, grounds) in pairs {
                    for ground in *grounds {
                        let contrast = tokens[front].contrast(tokens[ground]);
                        assert!(contrast >= least, "{front} on {ground}: {contrast:.2}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_colours_known_here_are_those_of_the_style_sheet() {
        let [light, dark] = tokens();
        assert_eq!((light["sunk"], dark["sunk"], light["accent"]), (LIGHT_GROUND, DARK_GROUND, Colour::ACCENT));
        assert_eq!((light["ink"], dark["ink"]), (LIGHT_INK, DARK_INK));
        assert_eq!((light["muted"], dark["muted"]), (LIGHT_MUTED, DARK_MUTED));
        assert_eq!(dark["accent"], Colour::accent_of(Theme::Dark));
    }

    #[test]
    fn links_and_muted_text_can_be_read_on_every_ground_of_their_theme() {
        for ground in ["#ffffff", "#fff8e7", "#c8d6e5", "#000000", "#101820", "#3b1d5a"] {
            let ground = Colour::parse(ground).unwrap();
            let theme = ground.theme_of_ground();
            assert!(ground.carries(theme), "{ground}");
            for accent in ["#d6336c", "#ffe600", "#0b6b66", "#101820"] {
                let sheet =
                    format!("{};{}", Colour::parse(accent).unwrap().tokens(theme, Some(ground)), ground.ground_tokens(theme));
                for name in ["link", "muted"] {
                    let value = sheet.split(';').find_map(|part| part.strip_prefix(&format!("--{name}:"))).unwrap();
                    let contrast = Colour::parse(value).unwrap().contrast(ground);
                    assert!(contrast >= READABLE, "{name} for {accent} on {ground}: {contrast:.2}");
                }
            }
        }
    }
}
