//! The page that applications frame to learn whether a session has changed (OpenID Connect Session Management 1.0 §3.2).
//!
//! It shows nothing. It is the only page that others may frame and the only one with its script inside, so that it stands alone.

/// Its script. The policy it is served with names the script by its hash.
pub const CHECK_SESSION_SCRIPT: &str = include_str!("../assets/check_session.js");

/// The document.
pub fn check_session() -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>LumoAuth</title>\n<script>{CHECK_SESSION_SCRIPT}</script>\n</head>\n<body></body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_keeps_to_es5_and_can_not_end_early() {
        for newer in ["=>", "`", "let ", "const ", "class ", "import ", "async ", "...", "fetch(", "eval(", "</", "<!--"] {
            assert!(!CHECK_SESSION_SCRIPT.contains(newer), "{newer}");
        }
        assert!(check_session().contains(&format!("<script>{CHECK_SESSION_SCRIPT}</script>")));
    }
}
