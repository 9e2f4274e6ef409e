//! The only SQL user: organizations, transactions, statements, migrations, outbox.
