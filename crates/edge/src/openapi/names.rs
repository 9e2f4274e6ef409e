//! The names of the published API: which tag and `operationId` an operation has for clients that were made from it.

use flow::{Entry, Method, Route};

/// Method, path, tag and `operationId`, separated by tabs. What isn't served yet stands there too.
const NAMES: &str = include_str!("names.tsv");

/// How an operation is called at one of its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) tag: String,
    pub(super) operation_id: String,
}

/// The published name of a route, whatever its placeholders are called.
pub(super) fn published(route: Route) -> Option<Name> {
    NAMES.lines().find_map(|line| {
        let mut cells = line.split('\t');
        let (method, path) = (cells.next()?, cells.next()?);
        let name = Name { tag: cells.next()?.to_owned(), operation_id: cells.next()?.to_owned() };
        (method == route.method.as_str() && is_same_place(path, route.path)).then_some(name)
    })
}

/// The tag of what was published at the same place, whatever the method.
fn tag_at(route: Route) -> Option<String> {
    NAMES.lines().find_map(|line| {
        let mut cells = line.split('\t').skip(1);
        let (path, tag) = (cells.next()?, cells.next()?);
        is_same_place(path, route.path).then(|| tag.to_owned())
    })
}

/// The name of an entry's place number `index`. What was never published is called by its id and stands under the tag of its kin.
pub(super) fn of(entries: &[Entry], entry: &Entry, index: usize, route: Route) -> Name {
    published(route).unwrap_or_else(|| {
        let kin = kind(entry.id);
        let of_kin = || entries.iter().filter(|other| kind(other.id) == kin).flat_map(|other| other.routes.iter().copied());
        let own = entry.routes.iter().copied();
        let tag = own.chain(of_kin()).find_map(tag_at).unwrap_or_else(|| capitalized(&camel(kin)));
        Name { tag, operation_id: own_id(entry, index, route) }
    })
}

/// `audit_logs.prove` is `auditLogsProve`; another method or another place of the same operation says so.
fn own_id(entry: &Entry, index: usize, route: Route) -> String {
    let id = camel(entry.id);
    let is_alone = |method: Method| entry.routes.iter().filter(|other| other.method == method).count() == 1;
    match index {
        0 => id,
        _ if is_alone(route.method) => format!("{}{}", route.method.as_str().to_ascii_lowercase(), capitalized(&id)),
        _ => format!("{id}At{}", index + 1),
    }
}

fn kind(id: &'static str) -> &'static str {
    id.split('.').next().unwrap_or(id)
}

fn is_same_place(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('/'), other.split('/'));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || a.starts_with('{') && b.starts_with('{') => {}
            _ => return false,
        }
    }
}

fn camel(text: &str) -> String {
    let mut words = text.split(['.', '_']);
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &capitalized(word))
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_its_published_name_whatever_its_placeholders_are_called() {
        let name = |route| published(route).map(|name| (name.tag, name.operation_id));
        let users = "AdminUsers".to_owned();
        assert_eq!(name(Route::get("/orgs/{slug}/api/v1/admin/users")), Some((users.clone(), "listUsers".to_owned())));
        assert_eq!(name(Route::post("/orgs/{org}/api/v1/admin/users/{who}/block")), Some((users, "blockUser".to_owned())));
        assert_eq!(name(Route::get("/orgs/{org}/api/v1/admin/nothing")), None);
    }

    #[test]
    fn every_published_name_is_whole_and_stands_once() {
        let mut names: Vec<&str> = NAMES.lines().filter_map(|line| line.split('\t').nth(3)).collect();
        assert_eq!(names.len(), NAMES.lines().count());
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(NAMES.lines().all(|line| line.split('\t').count() == 4));
    }

    #[test]
    fn ids_become_names_of_functions() {
        assert_eq!(camel("audit_logs.prove"), "auditLogsProve");
        assert_eq!(camel("users.list"), "usersList");
    }
}
