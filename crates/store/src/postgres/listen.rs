//! Hearing from other nodes what they changed.

use super::pool::tls;
use crate::cache::Caches;
use crate::{StoreError, Topic};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::{AsyncMessage, Client};

pub(super) const CHANNEL: &str = "lumoauth";
/// How often the line is tried, and how long an answer may take. Caches can be out of date for at most both together, if the
/// line breaks without a sign.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// Listen for what other nodes changed; while nobody listens, caches stay empty.
pub(crate) async fn listen(url: String, caches: Arc<Caches>) {
    loop {
        if let Err(error) = listen_once(&url, &caches).await {
            tracing::warn!(%error, "not hearing from other nodes");
        }
        caches.set_live(false);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen_once(url: &str, caches: &Caches) -> Result<(), StoreError> {
    let (client, mut connection) = super::parse(url)?.connect(tls()?).await?;
    let mut asking = std::pin::pin!(ask_on_and_on(&client, caches));
    loop {
        tokio::select! {
            // Notes first: one that came before the answer to a heartbeat was sent before it.
            biased;
            message = std::future::poll_fn(|context| connection.poll_message(context)) => match message {
                Some(Ok(AsyncMessage::Notification(note))) if note.channel() == CHANNEL => caches.clear(&Topic::decode(note.payload())),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            },
            ended = &mut asking => return ended,
        }
    }
}

/// Ask for notes, and then again and again whether anybody is there.
async fn ask_on_and_on(client: &Client, caches: &Caches) -> Result<(), StoreError> {
    within(client.batch_execute("LISTEN lumoauth")).await?;
    caches.set_live(true);
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        within(client.batch_execute("")).await?;
    }
}

async fn within(answer: impl Future<Output = Result<(), tokio_postgres::Error>>) -> Result<(), StoreError> {
    let late = |_| StoreError::Unavailable("no heartbeat".to_owned());
    Ok(tokio::time::timeout(HEARTBEAT, answer).await.map_err(late)??)
}
