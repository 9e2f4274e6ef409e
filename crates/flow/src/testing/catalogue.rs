//! The way from a path to its operation, as `edge` goes it in the product.

use crate::{Catalogue, Entry, Route};

/// The entry that serves a path, letter for letter where its route has no placeholder, and the parameters of the path.
///
/// # Panics
/// If nothing is mounted there: then the test asks for something that doesn't exist.
#[allow(clippy::panic, reason = "a test that asks for what isn't there should stop")]
pub fn find_entry<'a>(catalogue: &'a Catalogue, method: &str, path: &str) -> (&'a Entry, Vec<(String, String)>) {
    let serves = |entry: &'a Entry| {
        let params = entry.routes.iter().find_map(|route| matched(route, method, path))?;
        Some((entry, params))
    };
    catalogue.entries().iter().find_map(serves).unwrap_or_else(|| panic!("no route for {method} {path}"))
}

fn matched(route: &Route, method: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (pattern, actual): (Vec<&str>, Vec<&str>) = (route.path.split('/').collect(), path.split('/').collect());
    if route.method.as_str() != method || pattern.len() != actual.len() {
        return None;
    }
    let mut params = Vec::new();
    for (pattern, actual) in pattern.into_iter().zip(actual) {
        match pattern.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => params.push((name.to_owned(), actual.to_owned())),
            None if pattern == actual => {}
            None => return None,
        }
    }
    Some(params)
}
