//! Organizations, users, groups, roles, sessions, API keys and who may call.
