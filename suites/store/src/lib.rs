//! One suite for both databases: what `store` promises holds on each of them, and both behave alike.
//!
//! SQLite is always tested, in a temporary folder. PostgreSQL is tested where `LUMOAUTH_TEST_POSTGRES` holds the address of a
//! role that may create databases (`cargo xtask postgres` lends one); every test makes a database of its own and drops it.
