//! From settings to what pages and mails look like.

use super::branding::{BackgroundType, Branding, ButtonStyle, CardStyle, InputStyle, Layout, PatternStyle, Theme};
use super::values::{Address, Line, PictureUrl, Sentence, WebUrl};
use super::{General, Settings};
use pages::{Brand, Ground, Help, Look, Panel};
use store::Org;

impl Settings {
    /// How the organization's pages and mails look.
    pub fn brand(&self, org: &Org) -> Brand {
        let branding = &self.branding;
        let brand = Brand { help: self.general.help(), zone: self.general.zone(), ..Brand::named(self.general.shown_name(org)) };
        if !branding.enabled {
            return brand;
        }
        Brand {
            logo_url: text(branding.logo_url.as_ref(), PictureUrl::as_str),
            colour: branding.primary_color.as_ref().map(|colour| colour.as_str().to_owned()),
            look: Box::new(branding.look()),
            ..brand
        }
    }
}

impl General {
    /// Where people who need help turn to.
    fn help(&self) -> Help {
        Help { email: text(self.support_email.as_ref(), Address::as_str), url: text(self.support_url.as_ref(), WebUrl::as_str) }
    }
}

impl Branding {
    fn look(&self) -> Look {
        let line = |line: &Option<Line>| text(line.as_ref(), Line::as_str);
        let sentence = |sentence: &Option<Sentence>| text(sentence.as_ref(), Sentence::as_str);
        Look {
            theme: match self.theme {
                Theme::Auto => pages::Theme::Auto,
                Theme::Light => pages::Theme::Light,
                Theme::Dark => pages::Theme::Dark,
            },
            ground: self.ground(),
            classes: self.classes(),
            favicon_url: text(self.favicon_url.as_ref(), PictureUrl::as_str),
            shows_name: self.show_tenant_name,
            shows_maker: self.show_powered_by,
            title: line(&self.welcome_title),
            subtitle: sentence(&self.welcome_subtitle),
            greets_by_name: self.show_tenant_in_subtitle,
            button: line(&self.button_text),
            foot: sentence(&self.footer_text),
            panel: self.panel(),
        }
    }

    fn ground(&self) -> Ground {
        match (self.background_type, &self.background_gradient, &self.background_image_url) {
            (BackgroundType::Gradient, Some(gradient), _) => {
                Ground::Gradient(gradient.colours().map(|colour| colour.as_str().to_owned()))
            }
            (BackgroundType::Image, _, Some(url)) => Ground::Picture {
                url: url.as_str().to_owned(),
                veil: u8::try_from(self.background_overlay_opacity.value()).unwrap_or(100),
            },
            _ => self.background_color.as_ref().map_or(Ground::Plain, |colour| Ground::Colour(colour.as_str().to_owned())),
        }
    }

    fn classes(&self) -> Vec<&'static str> {
        let inputs = match self.input_style {
            InputStyle::Rounded => None,
            InputStyle::Square => Some("inputs-square"),
            InputStyle::Pill => Some("inputs-pill"),
        };
        let buttons = match self.button_style {
            ButtonStyle::Filled => None,
            ButtonStyle::Outline => Some("buttons-outline"),
            ButtonStyle::Pill => Some("buttons-pill"),
        };
        let card = match self.form_card_style {
            CardStyle::Card => None,
            CardStyle::Flat => Some("card-flat"),
            CardStyle::Glass => Some("card-glass"),
        };
        let has_pattern = self.show_background_pattern || self.background_type == BackgroundType::Pattern;
        let pattern = has_pattern.then_some(match self.background_pattern_style {
            PatternStyle::Hexagonal => "pattern-hexagonal",
            PatternStyle::Diamond => "pattern-diamond",
            PatternStyle::Crosshatch => "pattern-crosshatch",
            PatternStyle::Isometric => "pattern-isometric",
            PatternStyle::Concentric => "pattern-concentric",
        });
        [inputs, buttons, card, pattern].into_iter().flatten().collect()
    }

    fn panel(&self) -> Option<Panel> {
        (self.layout != Layout::Centered).then(|| Panel {
            is_last: self.layout == Layout::SplitRight,
            title: text(self.split_panel_title.as_ref(), Line::as_str),
            text: text(self.split_panel_subtitle.as_ref(), Sentence::as_str),
            picture_url: text(self.split_panel_image_url.as_ref(), PictureUrl::as_str),
        })
    }
}

fn text<T>(value: Option<&T>, as_str: fn(&T) -> &str) -> Option<String> {
    value.map(|value| as_str(value).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn look(branding: &Value) -> Look {
        Settings::read(&json!({ "branding": branding }).to_string()).branding.look()
    }

    #[test]
    fn every_style_is_a_class_of_the_style_sheet() {
        let assets = pages::assets();
        let sheet = assets.iter().find(|asset| asset.path.starts_with("/assets/style-")).unwrap();
        let css = String::from_utf8(sheet.bytes.to_vec()).unwrap();
        for (member, choices) in [
            ("input_style", InputStyle::ALL.iter().map(|style| style.as_str()).collect::<Vec<_>>()),
            ("button_style", ButtonStyle::ALL.iter().map(|style| style.as_str()).collect()),
            ("form_card_style", CardStyle::ALL.iter().map(|style| style.as_str()).collect()),
            ("background_pattern_style", PatternStyle::ALL.iter().map(|style| style.as_str()).collect()),
        ] {
            let found: Vec<_> =
                choices.iter().map(|choice| look(&json!({ member: choice, "show_background_pattern": true })).classes).collect();
            for (at, classes) in found.iter().enumerate() {
                assert!(
                    classes.iter().all(|class| css.contains(&format!(".{class} ")) || css.contains(&format!(".{class}::"))),
                    "{classes:?}"
                );
                assert!(!found.iter().take(at).any(|earlier| earlier == classes), "{member}: two choices look alike");
            }
        }
    }

    #[test]
    fn the_ground_is_what_the_settings_say_and_plain_where_something_lacks() {
        let gradient =
            json!({ "background_type": "gradient", "background_gradient": "#0b6b66 #173f5f", "background_color": "#fff" });
        assert_eq!(look(&gradient).ground, Ground::Gradient(["#0b6b66".into(), "#173f5f".into()]));
        let picture = json!({ "background_type": "image", "background_image_url": "https://a.example/p.png", "background_overlay_opacity": 15 });
        assert_eq!(look(&picture).ground, Ground::Picture { url: "https://a.example/p.png".into(), veil: 15 });
        assert_eq!(look(&json!({ "background_color": "#fff8e7" })).ground, Ground::Colour("#fff8e7".into()));
        assert_eq!(look(&json!({ "background_type": "image" })).ground, Ground::Plain);
        assert_eq!(look(&json!({})), Look::default());
        let split = look(&json!({ "layout": "split-right", "split_panel_title": "Hello" })).panel.unwrap();
        assert_eq!((split.is_last, split.title.as_deref()), (true, Some("Hello")));
    }
}
