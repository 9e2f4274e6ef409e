//! The API reference with example data.

use super::Example;
use crate::Shell;
use crate::views::{Reference, ReferenceAnswer, ReferenceField, ReferenceGroup, ReferenceOperation};

pub(super) fn example(shell: Shell) -> Example {
    let page = Reference {
        shell,
        version: "1.0.0".into(),
        document_url: "/openapi.json".into(),
        introduction: vec!["Everything is below `/orgs/{org}`.".into()],
        credentials: vec![("ApiKeyAuth".into(), "An API key in `X-API-Key`.".into())],
        errors: vec![answer("404", "There is no such thing.")],
        groups: vec![ReferenceGroup {
            name: "AdminUsers".into(),
            lead: Some("People.".into()),
            operations: vec![operation("listUsers", "GET"), operation("createUser", "POST"), operation("deleteUser", "DELETE")],
        }],
    };
    Example { name: "reference", language: "en", html: page.html(), policy: page.policy().into() }
}

fn operation(id: &str, method: &str) -> ReferenceOperation {
    ReferenceOperation {
        id: id.into(),
        method: method.into(),
        path: "/orgs/{org}/api/v1/admin/users".into(),
        summary: "The organization's users.".into(),
        description: "Needs the permission `users.read`.".into(),
        parameters: vec![field("org", "path"), field("search", "query")],
        body: (method == "POST").then(|| (vec!["application/json".into()], vec![field("email", "body")])),
        call: format!("curl -X {method} 'https://id.example.com/orgs/acme/api/v1/admin/users'"),
        answers: vec![ReferenceAnswer {
            media: vec!["application/json".into()],
            example: Some("{ \"data\": [] }".into()),
            ..answer("200", "It worked.")
        }],
        errors: vec![answer("409", "`users.taken`: it belongs to somebody else.")],
        shared_errors: vec!["404".into()],
    }
}

fn field(name: &str, place: &'static str) -> ReferenceField {
    ReferenceField {
        name: name.into(),
        place,
        kind: "string, at most 200 characters".into(),
        is_required: place != "query",
        description: "What it is.".into(),
    }
}

fn answer(status: &str, line: &str) -> ReferenceAnswer {
    ReferenceAnswer { status: status.into(), media: Vec::new(), lines: vec![line.into()], example: None }
}
