//! OAuth 2.1 and OpenID Connect as pure rooms, one per specification. No I/O.
