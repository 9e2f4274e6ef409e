//! The answer on its way to the client.

use super::Authorization;
use crate::clients::{Client, issuer};
use flow::{Answer, Cx, OneOrg, Verdict, Writes};
use kernel::Secret;
use oauth::ProtocolError;
use oauth::authorization_request::ReturnAddress;
use oauth::response_mode::{Delivery, Response};
use signin::page::{Page, see_other};

/// Send an error to the client.
pub(super) fn refuse(
    cx: &Cx<OneOrg, Writes>,
    client: &Client,
    to: &ReturnAddress,
    error: &ProtocolError,
) -> Verdict<Answer, Authorization> {
    let delivery = Response::error(error).deliver(to, &issuer(cx.services(), cx.org()));
    let event = Authorization::Refused { client: client.id().clone(), code: error.code.code() };
    Verdict::Done(answer(cx, client, delivery), event)
}

/// Send a code to the client.
pub(super) fn code(cx: &Cx<OneOrg, Writes>, client: &Client, to: &ReturnAddress, code: &Secret) -> Answer {
    answer(cx, client, Response::default().with("code", code.expose()).deliver(to, &issuer(cx.services(), cx.org())))
}

fn answer(cx: &Cx<OneOrg, Writes>, client: &Client, delivery: Delivery) -> Answer {
    let (action, fields) = match delivery {
        Delivery::Redirect(uri) => return see_other(uri),
        Delivery::FormPost { action, fields } => (action, fields),
    };
    let page = Page::of(cx);
    let document = pages::FormPost {
        shell: page.shell(),
        action,
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        client_name: client.metadata.client_name.clone(),
    };
    let (html, policy) = (document.html(), document.policy());
    page.show(200, html, policy)
}
