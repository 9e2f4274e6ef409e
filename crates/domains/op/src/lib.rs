//! The OpenID provider: clients, keys, authorize, token, userinfo, introspect, revoke, logout, discovery.
