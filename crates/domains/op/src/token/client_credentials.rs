//! A client for itself. It costs one event in the log and one signature, nothing else.

use super::{Issued, Token, Tokens};
use flow::{Cx, OneOrg, Verdict, Writes};
use kernel::Fault;
use oauth::grant::client_credentials::{Request, decide};

pub(super) fn run(token: &Token, request: &Request, cx: &Cx<OneOrg, Writes>) -> Result<Verdict<Issued, Tokens>, Fault> {
    let plan = decide(request, &token.authenticated)?.settle(&[])?;
    let issued = Issued::new(token, token.mint.about_nobody(cx, plan));
    let event = issued.event(oauth::grant::CLIENT_CREDENTIALS);
    Ok(Verdict::Done(issued, event))
}
