//! The style sheet, the script and the mark, under names made from their content, so that they may be kept for a year.

use crate::brand::Theme;
use crate::sheet::Sheet;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A file that pages refer to. Its path changes whenever its content does: serve it with
/// `Cache-Control: public, max-age=31536000, immutable` and `X-Content-Type-Options: nosniff`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Absolute path: `/assets/style-0123456789abcdef.css`.
    pub path: Cow<'static, str>,
    pub content_type: &'static str,
    pub bytes: Cow<'static, [u8]>,
}

/// The fixed files.
pub fn assets() -> &'static [Asset] {
    &*ASSETS
}

/// The file at a path: one of [`assets`], or the style sheet of a brand's colours (`/assets/brand-….css`), which is made from its
/// name alone.
pub fn asset(path: &str) -> Option<Asset> {
    assets().iter().find(|asset| asset.path == path).cloned().or_else(|| Sheet::find(path))
}

static ASSETS: LazyLock<[Asset; 5]> = LazyLock::new(|| {
    let (light, dark) = token_sheets();
    [
        named("style", "css", CSS, &include_bytes!("../assets/style.css")[..]),
        named("app", "js", "text/javascript; charset=utf-8", &include_bytes!("../assets/app.js")[..]),
        named("mark", "svg", "image/svg+xml", &include_bytes!("../assets/mark.svg")[..]),
        named("light", "css", CSS, light),
        named("dark", "css", CSS, dark),
    ]
});

/// The tokens of `style.css` for pages that are always light or always dark.
fn token_sheets() -> (Vec<u8>, Vec<u8>) {
    let css = include_str!("../assets/style.css");
    let block = |after: &str| {
        let from = css.split_once(after).map_or("", |(_, rest)| rest);
        from.split_once('}').map_or("", |(block, _)| block).replace("color-scheme: light dark;", "")
    };
    let light = format!(":root {{ color-scheme: light;{}}}\n", block(":root {"));
    let dark = format!(":root {{ color-scheme: dark;{}}}\n", block("@media (prefers-color-scheme: dark) {\n  :root {"));
    // The device may ask for darkness all the same.
    (format!("{light}@media (prefers-color-scheme: dark) {{\n{light}}}\n").into_bytes(), dark.into_bytes())
}

/// The sheet that fixes a theme.
pub(crate) fn theme(theme: Theme) -> Option<&'static Asset> {
    let [_, _, _, light, dark] = &*ASSETS;
    match theme {
        Theme::Auto => None,
        Theme::Light => Some(light),
        Theme::Dark => Some(dark),
    }
}

pub(crate) fn style() -> &'static Asset {
    let [style, ..] = &*ASSETS;
    style
}

pub(crate) fn script() -> &'static Asset {
    let [_, script, ..] = &*ASSETS;
    script
}

pub(crate) fn mark() -> &'static Asset {
    let [_, _, mark, ..] = &*ASSETS;
    mark
}

pub(crate) const CSS: &str = "text/css; charset=utf-8";

fn named(stem: &str, extension: &str, content_type: &'static str, bytes: impl Into<Cow<'static, [u8]>>) -> Asset {
    let bytes = bytes.into();
    let path = format!("/assets/{stem}-{:016x}.{extension}", fingerprint(&bytes));
    Asset { path: path.into(), content_type, bytes }
}

/// FNV-1a, 64 bits: tells contents apart, which is all a name must do.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_under_its_own_name_and_nowhere_else() {
        for file in assets() {
            assert_eq!(asset(&file.path).as_ref(), Some(file));
            assert!(!file.bytes.is_empty());
        }
        for path in
            ["/assets/style.css", "/assets/", "/assets/../Cargo.toml", "/assets/brand-0b6b66.css", "/assets/brand-xx-1.css"]
        {
            assert_eq!(asset(path), None, "{path}");
        }
    }

    #[test]
    fn the_sheet_of_a_theme_has_all_tokens_of_the_style_sheet_and_no_others() {
        let css = include_str!("../assets/style.css");
        let names = |css: &str| -> std::collections::BTreeSet<String> {
            css.lines()
                .filter_map(|line| line.trim().strip_prefix("--")?.split_once(':'))
                .map(|(name, _)| name.to_owned())
                .collect()
        };
        let (light, dark) = token_sheets();
        let (light, dark) = (String::from_utf8(light).unwrap(), String::from_utf8(dark).unwrap());
        let (first, rest) = css.split_once("@media (prefers-color-scheme: dark)").unwrap();
        assert_eq!(names(&light), names(first));
        assert_eq!(names(&dark), names(rest.split_once("/* ---- Ground").unwrap().0));
        assert!(light.contains("--paper: #f7f5f1;") && light.contains("color-scheme: light;") && !light.contains("light dark"));
        assert!(dark.contains("--paper: #12171a;") && dark.contains("color-scheme: dark;") && !dark.contains("@media"));
    }

    #[test]
    fn the_script_keeps_to_es5() {
        let script = String::from_utf8(script().bytes.to_vec()).unwrap();
        for newer in ["=>", "`", "let ", "const ", "class ", "import ", "async ", "...", "fetch(", "eval("] {
            assert!(!script.contains(newer), "{newer}");
        }
    }

    #[test]
    fn fingerprints_are_fnv_1a() {
        assert_eq!(fingerprint(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
