//! How an organization looks: a name, a logo, a colour, and whatever else its pages and mails do differently.
//!
//! Nothing here is markup or style. Texts are escaped where they are written, colours become a sheet of our making (`sheet`), and
//! the rest is a choice among classes of the one style sheet.

use crate::colour::Colour;
use crate::moment::Zone;
use crate::sheet::Sheet;
use crate::words::Words;
use crate::{assets, link};

/// How an organization looks.
#[derive(Clone, Debug, Default)]
pub struct Brand {
    /// Its name as people know it.
    pub name: String,
    /// Its logo: an `https:` address, a path of this site, or a `data:image/` address. Others are not shown.
    pub logo_url: Option<String>,
    /// Its colour as `#rgb` or `#rrggbb`. Anything else is ignored; a colour that would be hard to read is adjusted.
    pub colour: Option<String>,
    /// Where people who need help turn to.
    pub help: Help,
    /// The time zone of what it says about times.
    pub zone: Zone,
    /// Everything else about its pages.
    pub look: Box<Look>,
}

/// Where people who need help turn to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// An address to write to.
    pub email: Option<String>,
    /// A place on the web.
    pub url: Option<String>,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// As the reader's device is set.
    #[default]
    Auto,
    Light,
    Dark,
}

/// What is behind the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// The plain ground.
    #[default]
    Plain,
    /// This colour, as `#rgb` or `#rrggbb`.
    Colour(String),
    /// Two colours that run into each other.
    Gradient([String; 2]),
    /// A picture, and how much the plain ground covers it, in per cent.
    Picture {
        /// Like [`Brand::logo_url`].
        url: String,
        veil: u8,
    },
}

/// The panel beside the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// Whether it is where reading ends, rather than where it begins.
    pub is_last: bool,
    pub title: Option<String>,
    pub text: Option<String>,
    /// Like [`Brand::logo_url`].
    pub picture_url: Option<String>,
}

/// What an organization's pages do differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub theme: Theme,
    pub ground: Ground,
    /// Classes of the style sheet: `inputs-pill`.
    pub classes: Vec<&'static str>,
    /// The picture on the browser's tab; like [`Brand::logo_url`].
    pub favicon_url: Option<String>,
    /// Whether the name stands beside the logo.
    pub shows_name: bool,
    /// Whether pages say which software this is.
    pub shows_maker: bool,
    /// The heading of the sign-in page.
    pub title: Option<String>,
    /// The line below it.
    pub subtitle: Option<String>,
    /// Whether the line below it names the organization if nothing else is said there.
    pub greets_by_name: bool,
    /// On the button that signs in.
    pub button: Option<String>,
    /// At the foot of every page.
    pub foot: Option<String>,
    pub panel: Option<Panel>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            ground: Ground::default(),
            classes: Vec::new(),
            favicon_url: None,
            shows_name: true,
            shows_maker: true,
            title: None,
            subtitle: None,
            greets_by_name: true,
            button: None,
            foot: None,
            panel: None,
        }
    }
}

impl Brand {
    /// A brand that is only a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
    /// The same organization, looking plain: its name, where help is, its time zone.
    #[must_use]
    pub fn plain(self) -> Self {
        Self { name: self.name, help: self.help, zone: self.zone, ..Self::default() }
    }
    pub(crate) fn logo(&self) -> Option<&str> {
        link::picture(self.logo_url.as_ref())
    }
    /// Without a logo of its own there must be a name.
    pub(crate) fn shows_name(&self) -> bool {
        self.look.shows_name || self.logo().is_none()
    }
    pub(crate) fn favicon(&self) -> Option<&str> {
        link::picture(self.look.favicon_url.as_ref())
    }
    /// The sheets that come after the style sheet, in order.
    pub(crate) fn sheet_paths(&self) -> Vec<String> {
        let theme = self.theme();
        let fixed = assets::theme(theme).map(|asset| asset.path.to_string());
        let sheet =
            Sheet { theme, accent: self.accent(), ground: self.ground_colour(), gradient: self.gradient(), veil: self.veil() };
        fixed.into_iter().chain(sheet.path()).collect()
    }
    /// The classes of the body of a narrow page.
    pub(crate) fn classes(&self) -> String {
        let ground = match &self.look.ground {
            Ground::Gradient(_) if self.gradient().is_some() => Some("ground-gradient decorated"),
            Ground::Picture { .. } if self.backdrop().is_some() => Some("ground-picture decorated"),
            _ => None,
        };
        let pattern = self.look.classes.iter().any(|class| class.starts_with("pattern-")).then_some("decorated");
        let panel = self.look.panel.as_ref().map(|panel| if panel.is_last { "split split-last" } else { "split" });
        let all = self.look.classes.iter().copied().chain(ground).chain(pattern).chain(panel);
        all.flat_map(|class| [" ", class]).collect()
    }
    /// The picture behind the form.
    pub(crate) fn backdrop(&self) -> Option<&str> {
        match &self.look.ground {
            Ground::Picture { url, .. } => link::picture(Some(url)),
            _ => None,
        }
    }
    pub(crate) fn panel_picture(&self) -> Option<&str> {
        link::picture(self.look.panel.as_ref()?.picture_url.as_ref())
    }
    pub(crate) fn help_url(&self) -> Option<&str> {
        link::web(self.help.url.as_ref())
    }
    pub(crate) fn help_mail(&self) -> Option<String> {
        self.help.email.as_deref().map(link::mail_to)
    }
    /// What mails say about help.
    pub(crate) fn help_line(&self, words: &Words) -> Option<String> {
        let places: Vec<&str> = self.help.email.as_deref().into_iter().chain(self.help_url()).collect();
        (!places.is_empty()).then(|| (words.mail.help)(&places.join(" · ")))
    }

    /// A ground that is light or dark makes the whole page so, unless the theme says otherwise.
    fn theme(&self) -> Theme {
        let of_ground = match (&self.look.theme, &self.look.ground) {
            (Theme::Auto, Ground::Colour(colour)) => Colour::parse(colour).map(Colour::theme_of_ground),
            _ => None,
        };
        of_ground.unwrap_or(self.look.theme)
    }
    fn accent(&self) -> Option<Colour> {
        self.colour.as_deref().and_then(Colour::parse)
    }
    /// Only one that text can be read on.
    fn ground_colour(&self) -> Option<Colour> {
        let Ground::Colour(colour) = &self.look.ground else { return None };
        Colour::parse(colour).filter(|colour| colour.carries(self.theme()))
    }
    fn gradient(&self) -> Option<[Colour; 2]> {
        let Ground::Gradient([from, to]) = &self.look.ground else { return None };
        Some([Colour::parse(from)?, Colour::parse(to)?])
    }
    fn veil(&self) -> Option<u8> {
        match &self.look.ground {
            Ground::Picture { veil, .. } => Some((*veil).min(100)),
            _ => None,
        }
    }
}
