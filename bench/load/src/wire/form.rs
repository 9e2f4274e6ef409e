//! HTML forms, read the way a browser would submit them.

/// One `<form>` of a page.
#[derive(Default, Debug)]
pub struct Form {
    /// The `action` attribute, entities decoded; empty means the page's own address.
    pub action: String,
    /// The form is submitted with POST.
    pub post: bool,
    id: String,
    inputs: Vec<Control>,
    buttons: Vec<Control>,
}

#[derive(Default, Debug, Clone)]
struct Control {
    id: String,
    name: String,
    kind: String,
    value: String,
    checked: bool,
    form: String,
    action: Option<String>,
}

impl Form {
    /// Whether the form asks for a password.
    pub fn asks_for_password(&self) -> bool {
        self.inputs.iter().any(|input| input.kind == "password")
    }

    /// Whether a button of this id submits the form.
    pub fn has_button(&self, id: &str) -> bool {
        self.buttons.iter().any(|button| button.id == id)
    }

    /// Where pressing the button `id` sends the form.
    pub fn action_of(&self, id: &str) -> &str {
        self.button(id).and_then(|button| button.action.as_deref()).unwrap_or(&self.action)
    }

    /// The fields sent when `typed` is entered and the button `id` is pressed: hidden and prefilled inputs with their values,
    /// typed inputs with theirs, and the button's own name and value.
    pub fn fields(&self, typed: &[(&str, &str)], button_id: &str) -> Vec<(String, String)> {
        let sent =
            |input: &&Control| !input.name.is_empty() && (input.checked || !matches!(input.kind.as_str(), "checkbox" | "radio"));
        let value_of = |input: &Control| {
            let entered = typed.iter().find(|(name, _)| *name == input.name);
            entered.map_or_else(|| input.value.clone(), |(_, value)| (*value).to_owned())
        };
        let mut fields: Vec<_> = self.inputs.iter().filter(sent).map(|input| (input.name.clone(), value_of(input))).collect();
        if let Some(button) = self.button(button_id).filter(|button| !button.name.is_empty()) {
            fields.push((button.name.clone(), button.value.clone()));
        }
        fields
    }

    fn button(&self, id: &str) -> Option<&Control> {
        self.buttons.iter().find(|button| button.id == id)
    }

    fn add(&mut self, control: Control, is_button: bool) {
        if is_button { self.buttons.push(control) } else { self.inputs.push(control) }
    }
}

/// All forms of a page.
pub fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut outside = Vec::new();
    let mut inside = false;
    for tag in tags(html) {
        match tag.name.as_str() {
            "form" => {
                let method = tag.attribute("method").unwrap_or_default();
                let form = Form {
                    action: tag.attribute("action").unwrap_or_default(),
                    post: method.eq_ignore_ascii_case("post"),
                    id: tag.attribute("id").unwrap_or_default(),
                    ..Form::default()
                };
                forms.push(form);
                inside = true;
            }
            "/form" => inside = false,
            "input" | "button" => {
                let control = tag.control();
                let is_button = tag.name == "button" || control.kind == "submit";
                match forms.last_mut().filter(|_| inside && control.form.is_empty()) {
                    Some(form) => form.add(control, is_button),
                    None => outside.push((control, is_button)),
                }
            }
            _ => {}
        }
    }
    for (control, is_button) in outside {
        if let Some(form) = forms.iter_mut().find(|form| !form.id.is_empty() && form.id == control.form) {
            form.add(control, is_button);
        }
    }
    forms
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    fn control(&self) -> Control {
        Control {
            id: self.attribute("id").unwrap_or_default(),
            name: self.attribute("name").unwrap_or_default(),
            kind: self.attribute("type").unwrap_or_default().to_ascii_lowercase(),
            value: self.attribute("value").unwrap_or_default(),
            checked: self.attribute("checked").is_some(),
            form: self.attribute("form").unwrap_or_default(),
            action: self.attribute("formaction"),
        }
    }
}

fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, next)| next);
            continue;
        }
        let (tag, next) = read_tag(after);
        found.push(tag);
        rest = next;
    }
    found
}

/// Reads a tag after its `<` and returns it with what follows its `>`.
fn read_tag(text: &str) -> (Tag, &str) {
    let name_end = text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len());
    let (name, mut rest) = text.split_at_checked(name_end).unwrap_or((text, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            break;
        }
        if let Some(after) = rest.strip_prefix('>') {
            rest = after;
            break;
        }
        let key_end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
        let (key, after) = rest.split_at_checked(key_end.max(1)).unwrap_or((rest, ""));
        let (value, after) = read_value(after);
        attributes.push((key.to_ascii_lowercase(), decode_entities(value)));
        rest = after;
    }
    (Tag { name: name.to_ascii_lowercase(), attributes }, rest)
}

fn read_value(text: &str) -> (&str, &str) {
    let Some(value) = text.trim_start().strip_prefix('=').map(str::trim_start) else { return ("", text) };
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len());
    value.split_at_checked(end).unwrap_or((value, ""))
}

fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        if let Some((character, next)) = after.split_once(';').and_then(|(entity, next)| Some((character(entity)?, next))) {
            decoded.push(character);
            rest = next;
        } else {
            decoded.push('&');
            rest = after;
        }
    }
    decoded.push_str(rest);
    decoded
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGN_IN: &str = r#"<!doctype html><!-- <form action="/no"> --><title>a < b</title>
        <form method=POST action="/orgs/acme/sign-in?a=1&amp;b=&#x22;">
          <input type="hidden" name="csrf" value='t"ok&#39;en'><input name="identifier" autocomplete=username>
          <input type="PASSWORD" name="password"/><input type=checkbox name=stay value=1>
          <button id="sign-in" name="action" value="enter">Sign in</button>
        </form>
        <form id=f2 method="post"><input type="hidden" name="ticket" value="7"></form>
        <button form=f2 id="allow" name=decision value=allow formaction="/allow">Allow</button>"#;

    #[test]
    fn a_form_is_submitted_as_a_browser_would() {
        let forms = forms(SIGN_IN);
        let form = forms.iter().find(|form| form.asks_for_password()).unwrap();
        assert!(form.post);
        assert_eq!(form.action_of("sign-in"), "/orgs/acme/sign-in?a=1&b=\"");
        let fields = form.fields(&[("identifier", "ada@example.com"), ("password", "secret")], "sign-in");
        let expected = [("csrf", "t\"ok'en"), ("identifier", "ada@example.com"), ("password", "secret"), ("action", "enter")];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_button_outside_submits_the_form_it_names() {
        let forms = forms(SIGN_IN);
        assert_eq!(forms.len(), 2);
        let form = forms.iter().find(|form| form.has_button("allow")).unwrap();
        assert_eq!(form.action_of("allow"), "/allow");
        let expected = [("ticket", "7"), ("decision", "allow")];
        assert_eq!(form.fields(&[], "allow"), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn broken_markup_ends() {
        for html in ["<", "<form", "<form action=", "<form action=\"x", "<input =", "<!--", "< >", "<a/=/>", "&#xFFFFFFFF;<form>"]
        {
            assert!(forms(html).len() <= 1, "{html}");
        }
    }
}
