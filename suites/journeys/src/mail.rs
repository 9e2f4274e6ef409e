//! The mail this server would have sent.

use store::{Platform, args, platform_sql, rows};
use testkit::TestApp;

rows! {
    /// A caught mail.
    #[derive(Clone, Debug)]
    pub struct Mail {
        /// To whom.
        pub recipient: String,
        /// Subject.
        pub subject: String,
        /// The text part.
        pub text_body: String,
    }
}

/// Every mail to somebody, oldest first, after all due jobs were done.
pub async fn to(app: &TestApp, email: &str) -> Vec<Mail> {
    app.work().await;
    let recipient = email.to_owned();
    let read = app.services.store.read(Platform, move |mut tx| {
        let recipient = recipient.clone();
        async move {
            let sql = platform_sql!(
                "SELECT recipient, subject, text_body FROM mailbox WHERE recipient = :recipient ORDER BY created_at, id"
            );
            let mails = tx.fetch_all::<Mail>(sql, args! { recipient: recipient }).await;
            (tx, mails)
        }
    });
    read.await.unwrap().unwrap()
}

impl Mail {
    /// Every address of this server in it.
    pub fn links(&self) -> Vec<String> {
        let words = self.text_body.split_whitespace().filter(|word| word.starts_with("http"));
        words.map(str::to_owned).collect()
    }
    /// The address that holds a token.
    pub fn link(&self) -> String {
        let found = self.links().into_iter().find(|link| link.contains("token="));
        found.unwrap_or_else(|| panic!("no link in\n{}", self.text_body))
    }
}
