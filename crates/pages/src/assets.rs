//! The style sheet, the script and the mark, under names made from their content, so that they may be kept for a year.

use crate::colour::Colour;
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

/// The file at a path: one of [`assets`], or the style sheet of a brand's colour (`/assets/brand-rrggbb.css`), which is made from
/// its name alone.
pub fn asset(path: &str) -> Option<Asset> {
    assets().iter().find(|asset| asset.path == path).cloned().or_else(|| brand_sheet(path))
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        named("style", "css", CSS, include_bytes!("../assets/style.css")),
        named("app", "js", "text/javascript; charset=utf-8", include_bytes!("../assets/app.js")),
        named("mark", "svg", "image/svg+xml", include_bytes!("../assets/mark.svg")),
    ]
});

pub(crate) fn style() -> &'static Asset {
    let [style, ..] = &*ASSETS;
    style
}

pub(crate) fn script() -> &'static Asset {
    let [_, script, _] = &*ASSETS;
    script
}

pub(crate) fn mark() -> &'static Asset {
    let [.., mark] = &*ASSETS;
    mark
}

/// Where the sheet of a colour lives: `/assets/brand-<rrggbb>-<fingerprint>.css`.
pub(crate) fn brand_path(colour: Colour) -> String {
    let digits = colour.to_string();
    format!("/assets/brand-{}-{:016x}.css", digits.trim_start_matches('#'), fingerprint(colour.sheet().as_bytes()))
}

fn brand_sheet(path: &str) -> Option<Asset> {
    let (digits, _) = path.strip_prefix("/assets/brand-")?.split_once('-')?;
    let colour = Colour::parse(&format!("#{digits}")).filter(|colour| brand_path(*colour) == path)?;
    Some(Asset { path: path.to_owned().into(), content_type: CSS, bytes: colour.sheet().into_bytes().into() })
}

const CSS: &str = "text/css; charset=utf-8";

fn named(stem: &str, extension: &str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    let path = format!("/assets/{stem}-{:016x}.{extension}", fingerprint(bytes));
    Asset { path: path.into(), content_type, bytes: bytes.into() }
}

/// FNV-1a, 64 bits: tells contents apart, which is all a name must do.
fn fingerprint(bytes: &[u8]) -> u64 {
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
    fn a_brand_sheet_is_found_under_the_name_pages_refer_to() {
        let path = brand_path(Colour::parse("#7a1fa2").unwrap());
        let sheet = asset(&path).unwrap();
        assert_eq!((sheet.path.as_ref(), sheet.content_type), (path.as_str(), CSS));
        assert!(String::from_utf8(sheet.bytes.into_owned()).unwrap().contains("--accent:#7a1fa2"));
        assert_eq!(asset(&path.replace("7a1fa2", "7a1fa3")), None);
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
