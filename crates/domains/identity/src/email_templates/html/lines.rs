//! The text part of a mail, line by line.

/// Lines in the making.
#[derive(Default)]
pub(super) struct Lines {
    done: Vec<String>,
    pub(super) current: String,
}

impl Lines {
    pub(super) fn add(&mut self, text: &str) {
        for word in text.split_inclusive(char::is_whitespace) {
            let blank = self.current.is_empty() || self.current.ends_with(' ');
            let (word, ends) = (word.trim_end(), word.ends_with(char::is_whitespace));
            self.current.push_str(word);
            if ends && !(word.is_empty() && blank) {
                self.current.push(' ');
            }
        }
    }
    pub(super) fn end_with(&mut self, tag: &str) {
        match tag {
            "td" | "th" => self.add(" "),
            "br" | "li" | "tr" => self.end(false),
            "p" | "div" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "hr" | "table" | "ul" | "ol" | "blockquote" | "section"
            | "header" | "footer" | "article" | "main" | "pre" | "address" | "center" => self.end(true),
            _ => {}
        }
    }
    fn end(&mut self, is_block: bool) {
        let line = std::mem::take(&mut self.current).trim().to_owned();
        let after_gap = self.done.last().is_none_or(String::is_empty);
        let is_empty = line.is_empty();
        if !is_empty {
            self.done.push(line);
        }
        if is_block && !(is_empty && after_gap) {
            self.done.push(String::new());
        }
    }
    pub(super) fn finish(mut self) -> String {
        self.end(false);
        format!("{}\n", self.done.join("\n").trim())
    }
}
