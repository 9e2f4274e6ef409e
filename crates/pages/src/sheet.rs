//! The style sheet of an organization's colours. It follows from its name alone, so nothing about it is kept anywhere, and nobody
//! can put anything but colours into it: `/assets/brand-dark.a0b6b66.g12171a-<fingerprint>.css`.

use crate::assets::{Asset, CSS, fingerprint};
use crate::brand::Theme;
use crate::colour::Colour;
use std::fmt::Write as _;

/// What a sheet sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sheet {
    /// For which themes it has to do.
    pub(crate) theme: Theme,
    /// Buttons and links.
    pub(crate) accent: Option<Colour>,
    /// The ground; it carries text of the theme.
    pub(crate) ground: Option<Colour>,
    /// Two colours behind the form.
    pub(crate) gradient: Option<[Colour; 2]>,
    /// How much of a picture behind the form is covered, in per cent.
    pub(crate) veil: Option<u8>,
}

const FOLDER: &str = "/assets/brand-";

impl Sheet {
    /// Where it is; `None` if it sets nothing.
    pub(crate) fn path(&self) -> Option<String> {
        let content = self.content();
        (!content.is_empty()).then(|| format!("{FOLDER}{}-{:016x}.css", self.name(), fingerprint(content.as_bytes())))
    }

    /// The sheet at a path.
    pub(crate) fn find(path: &str) -> Option<Asset> {
        let (name, _) = path.strip_prefix(FOLDER)?.split_once('-')?;
        let sheet = Self::parse(name).filter(|sheet| sheet.path().as_deref() == Some(path))?;
        Some(Asset { path: path.to_owned().into(), content_type: CSS, bytes: sheet.content().into_bytes().into() })
    }

    fn name(&self) -> String {
        let hex = |colour: Colour| colour.to_string().trim_start_matches('#').to_owned();
        let theme = match self.theme {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let parts = [
            Some(theme.to_owned()),
            self.accent.map(|colour| format!("a{}", hex(colour))),
            self.ground.map(|colour| format!("g{}", hex(colour))),
            self.gradient.map(|[from, to]| format!("f{}.t{}", hex(from), hex(to))),
            self.veil.map(|veil| format!("v{veil}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(".")
    }

    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('.');
        let theme = match parts.next()? {
            "auto" => Theme::Auto,
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => return None,
        };
        let mut sheet = Self { theme, accent: None, ground: None, gradient: None, veil: None };
        let mut from = None;
        for part in parts {
            let (kind, value) = part.split_at_checked(1)?;
            let colour = Colour::parse(&format!("#{value}"));
            match kind {
                "a" => sheet.accent = Some(colour?),
                "g" => sheet.ground = Some(colour?).filter(|ground| ground.carries(theme)),
                "f" => from = Some(colour?),
                "t" => sheet.gradient = Some([from?, colour?]),
                "v" => sheet.veil = Some(value.parse().ok().filter(|veil| *veil <= 100)?),
                _ => return None,
            }
        }
        Some(sheet)
    }

    /// The declarations; a light and a dark half where the reader's device decides.
    fn content(&self) -> String {
        let [light, dark] = [Theme::Light, Theme::Dark].map(|theme| self.colours(theme));
        let mut content = match (self.theme, light.is_empty()) {
            (_, true) => String::new(),
            (Theme::Auto, _) => format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"),
            (Theme::Light, _) => format!(":root{{{light}}}\n"),
            (Theme::Dark, _) => format!(":root{{{dark}}}\n"),
        };
        if let Some([from, to]) = self.gradient {
            let _ = writeln!(content, ":root{{--from:{from};--to:{to}}}");
        }
        if let Some(veil) = self.veil {
            let _ = writeln!(content, ":root{{--veil:{veil}%}}");
        }
        content
    }

    fn colours(&self, theme: Theme) -> String {
        let accent = self.accent.or(self.ground.map(|_| Colour::accent_of(theme)));
        let accent = accent.map(|accent| accent.tokens(theme, self.ground));
        let ground = self.ground.map(|ground| ground.ground_tokens(theme));
        accent.into_iter().chain(ground).collect::<Vec<_>>().join(";")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    fn sheets() -> Vec<Sheet> {
        let bare = Sheet { theme: Theme::Auto, accent: None, ground: None, gradient: None, veil: None };
        let accent = Some(colour("#7a1fa2"));
        vec![
            Sheet { accent, ..bare },
            Sheet { theme: Theme::Light, accent, ..bare },
            Sheet { theme: Theme::Dark, accent, ground: Some(colour("#101820")), ..bare },
            Sheet { theme: Theme::Light, ground: Some(colour("#fff8e7")), ..bare },
            Sheet { gradient: Some([colour("#0b6b66"), colour("#173f5f")]), ..bare },
            Sheet { accent, veil: Some(40), ..bare },
        ]
    }

    #[test]
    fn a_sheet_is_found_under_the_name_pages_refer_to_and_follows_from_it() {
        for sheet in sheets() {
            let path = sheet.path().unwrap();
            let found = Sheet::find(&path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!((found.path.as_ref(), found.bytes.as_ref()), (path.as_str(), sheet.content().as_bytes()));
            assert_eq!(Sheet::find(&path.replace(".css", "0.css")), None);
        }
        let path = sheets()[0].path().unwrap();
        assert_eq!(Sheet::find(&path.replace("7a1fa2", "7a1fa3")), None);
        for path in
            ["/assets/brand-auto.css", "/assets/brand-auto.axx-1.css", "/assets/brand-auto.v101-1.css", "/assets/brand--1.css"]
        {
            assert_eq!(Sheet::find(path), None, "{path}");
        }
        assert_eq!(Sheet { accent: None, ..sheets()[0] }.path(), None, "nothing to set");
    }

    #[test]
    fn a_sheet_is_made_of_colours_and_numbers_only() {
        for sheet in sheets() {
            let content = sheet.content();
            let rest = content.replace("@media (prefers-color-scheme:dark)", "").replace(":root", "");
            for declaration in rest.split(['{', '}', ';', '\n']).filter(|text| !text.is_empty()) {
                let (name, value) = declaration.split_once(':').unwrap_or_else(|| panic!("{declaration}"));
                let is_number = value.strip_suffix('%').is_some_and(|number| number.parse::<u8>().is_ok());
                assert!(name.starts_with("--") && (is_number || Colour::parse(value).is_some()), "{declaration}");
            }
        }
        let auto = sheets()[0].content();
        assert!(auto.contains("--accent:#7a1fa2") && auto.matches("--link:#").count() == 2, "{auto}");
        assert!(!sheets()[1].content().contains("@media"), "one theme needs no other");
    }
}
