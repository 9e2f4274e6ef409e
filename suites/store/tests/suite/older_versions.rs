//! What an older version wrote, and what becomes of it.

use crate::database::{NOW, OwnedArgs, all, count, on_both, organization, run, try_run};
use store::{Arg, Store, StoreError, rows};

rows! {
    #[derive(Debug, PartialEq)]
    struct Invitation {
        number: i64, company_id: Option<String>, email: String, email_key: String, name: Option<String>, role: Option<i64>,
        may_register: bool, status: String, secret_hash: Option<Vec<u8>>, invited_by: Option<String>,
        created_at: i64, sent_at: i64, expires_at: i64, ended_at: Option<i64>
    }
}

on_both! {
    async fn invitations_into_companies_are_carried_along(database) {
        const FIND: &str = "SELECT number, company_id, email, email_key, name, role, may_register, status, secret_hash, invited_by, \
                            created_at, sent_at, expires_at, ended_at FROM invitations WHERE org_id = :owner ORDER BY number";
        let store = database.open_as_it_is().await;
        store.migrate_up_to(12, NOW).await.unwrap();
        for slug in ["acme", "other"] {
            organization(&store, slug).await;
            company(&store, slug).await;
        }
        invited(&store, 7, "acme", "Ada@Example.com", "pending").await;
        invited(&store, 8, "acme", "Bob@Example.com", "accepted").await;
        invited(&store, 9, "other", "Ada@Example.com", "pending").await;
        drop(store);

        let store = database.open_as_it_is().await;
        assert_eq!(store.migrate(NOW).await.unwrap()[0].number, 13);
        let arrived = Invitation {
            number: 7,
            company_id: Some("globex".to_owned()),
            email: "Ada@Example.com".to_owned(),
            email_key: "ada@example.com".to_owned(),
            name: None,
            role: Some(3),
            may_register: true,
            status: "pending".to_owned(),
            secret_hash: Some(vec![1, 0, 255]),
            invited_by: Some("ann".to_owned()),
            created_at: 100,
            sent_at: 100,
            expires_at: 200,
            ended_at: None,
        };
        let of = |slug: &str| vec![(":owner", Arg::from(format!("id-of-{slug}")))];
        let [pending, accepted] = <[Invitation; 2]>::try_from(all(&store, FIND, of("acme")).await).unwrap();
        assert_eq!(pending, arrived);
        assert_eq!(
            (accepted.number, &*accepted.email, &*accepted.status, accepted.role, accepted.secret_hash, accepted.invited_by),
            (8, "Bob@Example.com", "accepted", None, None, None)
        );
        assert_eq!((accepted.sent_at, accepted.ended_at), (100, Some(150)));
        assert_eq!(all::<Invitation>(&store, FIND, of("other")).await, [Invitation { number: 9, ..arrived }]);

        let again = try_run(&store, vec![sent("acme", "ada@example.com")]).await;
        assert!(matches!(again, Err(StoreError::Taken(_))), "an address has one open invitation to a company: {again:?}");
        run(&store, vec![sent("acme", "bob@example.com")]).await;
        assert!(count(&store, "SELECT max(number) AS a FROM invitations").await > 9, "numbers go on where they were");
        run(&store, vec![("DELETE FROM companies WHERE org_id = :owner", of("acme"))]).await;
        assert_eq!(count(&store, "SELECT count(*) AS a FROM invitations").await, 1, "they end with their company");
        let old = try_run(&store, vec![("DELETE FROM company_invitations", Vec::new())]).await;
        assert!(old.is_err(), "the table they come from is gone");
    }
}

async fn company(store: &Store, slug: &'static str) {
    const INSERT: &str = "INSERT INTO companies (org_id, id, slug, name, created_at, updated_at) \
                          VALUES (:owner, 'globex', 'globex', 'Globex', 0, 0)";
    run(store, vec![(INSERT, vec![(":owner", Arg::from(format!("id-of-{slug}")))])]).await;
}

/// An invitation into the company, as an older version wrote it: what was answered has nothing more to open.
async fn invited(store: &Store, number: i64, slug: &str, email: &'static str, status: &'static str) {
    const INSERT: &str = "INSERT INTO company_invitations (number, org_id, company_id, email, email_key, role, status, secret_hash, \
                              invited_by, created_at, expires_at, ended_at) \
                          VALUES (:number, :owner, 'globex', :email, :key, :role, :status, :hash, :by, 100, 200, :ended_at)";
    let is_open = status == "pending";
    let values = vec![
        (":number", Arg::from(number)),
        (":owner", format!("id-of-{slug}").into()),
        (":email", email.into()),
        (":key", email.to_lowercase().into()),
        (":role", is_open.then_some(3_i64).into()),
        (":status", status.into()),
        (":hash", is_open.then_some(&[1_u8, 0, 255]).into()),
        (":by", is_open.then_some("ann").into()),
        (":ended_at", (!is_open).then_some(150_i64).into()),
    ];
    run(store, vec![(INSERT, values)]).await;
}

/// One more invitation into the company, as this version writes it.
fn sent(slug: &str, key: &'static str) -> (&'static str, OwnedArgs) {
    const INSERT: &str = "INSERT INTO invitations (org_id, company_id, email, email_key, status, created_at, sent_at, expires_at) \
                          VALUES (:owner, 'globex', :key, :key, 'pending', 300, 300, 400)";
    (INSERT, vec![(":owner", Arg::from(format!("id-of-{slug}"))), (":key", key.into())])
}
