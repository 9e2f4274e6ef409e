//! The page after a session: it tells the applications that took part through the browser (OpenID Connect Front-Channel Logout 1.0).

use crate::page::Page;
use flow::{Answer, Services};
use identity::sessions::Session;
use kernel::Fault;
use oauth::frontchannel_logout::frame;
use oauth::{ClientMetadata, Issuer};
use pages::{Frame, SignedOut};
use store::{Mode, OneOrg, Tx, args, org_sql};

/// The frames that tell the applications of a live session; to be read before it ends. At most 50: their origins go into a header.
///
/// # Errors
/// Whatever the database says.
pub async fn frames<M: Mode>(tx: &mut Tx<OneOrg, M>, services: &Services, session: &Session) -> Result<Vec<Frame>, Fault> {
    let sql = org_sql!(
        "SELECT c.metadata AS a FROM session_clients s JOIN clients c ON c.org_id = s.org_id AND c.id = s.client_id
         WHERE s.org_id = :org AND s.sid = :sid AND s.ended_at IS NULL AND c.is_active = 1
         ORDER BY s.created_at, s.client_id LIMIT 50"
    );
    let rows = tx.fetch_all::<(String,)>(sql, args! { sid: &session.public_id }).await?;
    let issuer = Issuer::of_org(&services.base_url, tx.org().slug());
    let mut frames = Vec::new();
    for (metadata,) in rows {
        // Nobody stays signed in because an application can't be told.
        let Ok(client) = serde_json::from_str::<ClientMetadata>(&metadata) else { continue };
        if let Some(frame) = frame(&client, &issuer, &session.public_id) {
            frames.push(Frame { src: frame.src, origin: frame.origin });
        }
    }
    Ok(frames)
}

/// Where the person may go then: the name of an application and its registered address.
#[derive(Clone, Debug)]
pub struct WayBack {
    /// The application.
    pub to: (String, String),
    /// Whether the browser goes there by itself.
    pub leads_on: bool,
}

/// The page.
pub fn signed_out(page: Page, way_back: Option<WayBack>, frames: Vec<Frame>) -> Answer {
    let leads_on = way_back.as_ref().is_some_and(|way_back| way_back.leads_on);
    let document = SignedOut {
        shell: page.shell(),
        sign_in_url: Some(page.path("signin")),
        back_to: way_back.map(|way_back| way_back.to),
        leads_on,
        frames,
    };
    let (html, policy) = (document.html(), document.policy());
    page.show(200, html, &policy)
}
