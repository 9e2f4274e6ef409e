//! How pages look, and what they offer.

use super::section::section;
use super::setting::{Setting, Taking};
use super::values::{Colour, Line, Number, PictureUrl, Sentence, WebUrl, choices};
use serde_json::{Map, Value, json};

choices! {
    /// Light or dark.
    Theme {
        /// As the reader's device is set.
        Auto = "auto",
        /// Always light.
        Light = "light",
        /// Always dark.
        Dark = "dark",
    }
    /// Where the form stands.
    Layout {
        /// In the middle.
        Centered = "centered",
        /// Beside a panel on its left.
        SplitLeft = "split-left",
        /// Beside a panel on its right.
        SplitRight = "split-right",
    }
    /// What is behind the form.
    BackgroundType {
        /// A colour.
        Solid = "solid",
        /// Colours that run into each other.
        Gradient = "gradient",
        /// A picture.
        Image = "image",
        /// A pattern.
        Pattern = "pattern",
    }
    /// A pattern.
    PatternStyle {
        /// Hexagons.
        Hexagonal = "hexagonal",
        /// Diamonds.
        Diamond = "diamond",
        /// Crossing lines.
        Crosshatch = "crosshatch",
        /// Cubes.
        Isometric = "isometric",
        /// Rings.
        Concentric = "concentric",
    }
    /// The shape of input fields.
    InputStyle {
        /// Round corners.
        Rounded = "rounded",
        /// Sharp corners.
        Square = "square",
        /// Round ends.
        Pill = "pill",
    }
    /// The shape of buttons.
    ButtonStyle {
        /// Filled with the colour.
        Filled = "filled",
        /// A line in the colour.
        Outline = "outline",
        /// Filled, with round ends.
        Pill = "pill",
    }
    /// The look of the card the form stands on.
    CardStyle {
        /// With a shadow.
        Card = "card",
        /// Without.
        Flat = "flat",
        /// Half transparent.
        Glass = "glass",
    }
}

/// Style sheets and markup of one's own are not taken: they could cover a page, or send what is typed somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCode;

impl Setting for NoCode {
    const TAKES_NULL: bool = true;

    fn schema() -> Value {
        json!({ "type": "null" })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        if sent.is_null() || sent == "" {
            return Some(Self);
        }
        taking.refuse("is not taken: use the colours, texts and styles of these settings")
    }
    fn store(&self) -> Value {
        Value::Null
    }
    fn load(_: &Value) -> Option<Self> {
        Some(Self)
    }
}

section! {
    /// Branding settings.
    pub struct Branding {
        /// Whether these settings are used; otherwise pages look plain.
        enabled: bool = true,
        /// The logo.
        logo_url: Option<PictureUrl> = None,
        /// The picture on the browser's tab.
        favicon_url: Option<PictureUrl> = None,
        /// The colour of the ground. Text must be readable on it.
        background_color: Option<Colour> = None,
        /// The colour of buttons and links. It is adjusted where it would be hard to read.
        primary_color: Option<Colour> = None,
        /// The words on the button that signs in.
        button_text: Option<Line> = None,
        /// Whether the organization's name stands on the page.
        show_tenant_name: bool = true,
        /// Not taken.
        custom_css: NoCode = NoCode,
        /// Not taken.
        custom_html: NoCode = NoCode,
        /// Light or dark.
        theme: Theme = Theme::Auto,
        /// Whether people may make their own account. Left out, they may on development servers only.
        self_registration_enabled: Option<bool> = None,
        /// Where the form stands.
        layout: Layout = Layout::Centered,
        /// What is behind the form.
        background_type: BackgroundType = BackgroundType::Solid,
        /// A picture behind the form.
        background_image_url: Option<PictureUrl> = None,
        /// Two colours that run into each other: `#0b6b66 #173f5f`.
        background_gradient: Option<Gradient> = None,
        /// How much the ground covers the picture, in per cent.
        background_overlay_opacity: Number<0, 100> = Number::of(40),
        /// Whether there is a pattern behind the form.
        show_background_pattern: bool = false,
        /// Which one.
        background_pattern_style: PatternStyle = PatternStyle::Hexagonal,
        /// The heading above the form.
        welcome_title: Option<Line> = None,
        /// The line below it.
        welcome_subtitle: Option<Sentence> = None,
        /// Whether the line below the heading names the organization.
        show_tenant_in_subtitle: bool = true,
        /// The heading of the panel beside the form.
        split_panel_title: Option<Line> = None,
        /// The text of that panel.
        split_panel_subtitle: Option<Sentence> = None,
        /// The picture of that panel.
        split_panel_image_url: Option<PictureUrl> = None,
        /// Terms of use.
        terms_url: Option<WebUrl> = None,
        /// Privacy policy.
        privacy_url: Option<WebUrl> = None,
        /// A line at the foot of every page.
        footer_text: Option<Sentence> = None,
        /// Whether pages say which software this is.
        show_powered_by: bool = true,
        /// The shape of input fields.
        input_style: InputStyle = InputStyle::Rounded,
        /// The shape of buttons.
        button_style: ButtonStyle = ButtonStyle::Filled,
        /// The look of the card the form stands on.
        form_card_style: CardStyle = CardStyle::Card,
        /// Whether all this also holds for the registration page.
        apply_to_registration: bool = true,
        /// Whether all this also holds for the consent page.
        apply_to_consent: bool = true,
        /// Whether people may have a link that signs them in mailed to them.
        magic_link_enabled: bool = false,
        /// Whether that is the only way.
        magic_link_only: bool = false,
        /// Seconds such a link is good for.
        magic_link_expiry: Number<60, 3600> = Number::of(900),
    }
    settled by settle
}

fn settle(taken: &mut Branding, sent: &Map<String, Value>, _: &Branding, taking: &mut Taking<'_>) {
    let colour = |colour: &Option<Colour>| colour.as_ref().and_then(|colour| pages::Colour::parse(colour.as_str()));
    if let Some(ground) = colour(&taken.background_color)
        && sent.contains_key("background_color")
        && !ground.is_readable_ground()
    {
        taking.refuse_member("background_color", "neither dark nor light text can be read on it: take a lighter or a darker one");
    }
    if let Some(ground) = colour(&taken.background_color)
        && (sent.contains_key("background_color") || sent.contains_key("theme"))
        && ((taken.theme == Theme::Light && !ground.carries(pages::Theme::Light))
            || (taken.theme == Theme::Dark && !ground.carries(pages::Theme::Dark)))
    {
        taking.refuse_member("theme", "its text can't be read on background_color: take the theme auto, or another colour");
    }
    if taken.magic_link_only && !taken.magic_link_enabled {
        taking.refuse_member("magic_link_only", "needs magic_link_enabled");
    }
    if taken.background_type == BackgroundType::Image && taken.background_image_url.is_none() {
        taking.refuse_member("background_type", "needs background_image_url");
    }
    if taken.background_type == BackgroundType::Gradient && taken.background_gradient.is_none() {
        taking.refuse_member("background_type", "needs background_gradient");
    }
}

/// Two colours that run into each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gradient(Colour, Colour);

impl Gradient {
    /// `#0b6b66 #173f5f`
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.trim().split_once([' ', ','])?;
        Some(Self(Colour::parse(from).ok()?, Colour::parse(to).ok()?))
    }
    /// Where it begins and where it ends.
    pub fn colours(&self) -> [&Colour; 2] {
        [&self.0, &self.1]
    }
}

impl Setting for Gradient {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^#[0-9a-fA-F]{3,6} #[0-9a-fA-F]{3,6}$", "examples": ["#0b6b66 #12171a"] })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        sent.as_str().and_then(Self::parse).or_else(|| taking.refuse("must be two colours like #0b6b66 #173f5f"))
    }
    fn store(&self) -> Value {
        json!(format!("{} {}", self.0.as_str(), self.1.as_str()))
    }
    fn load(stored: &Value) -> Option<Self> {
        stored.as_str().and_then(Self::parse)
    }
}
