-- The first schema. Tokens in braces differ by database; see dialect.rs.
-- Types: ids are text (time-ordered), times are microseconds since 1970 UTC, booleans 0/1, JSON is text.

CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    number BIGINT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    is_active BIGINT NOT NULL DEFAULT 1,
    settings TEXT NOT NULL DEFAULT '{}',
    tokens_not_before BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE users (
    number {serial},
    org_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    email_verified BIGINT NOT NULL DEFAULT 0,
    username TEXT,
    username_key TEXT,
    name TEXT,
    given_name TEXT,
    family_name TEXT,
    picture TEXT,
    phone_number TEXT,
    phone_number_verified BIGINT NOT NULL DEFAULT 0,
    address TEXT,
    locale TEXT,
    zoneinfo TEXT,
    is_active BIGINT NOT NULL DEFAULT 1,
    is_blocked BIGINT NOT NULL DEFAULT 0,
    password_hash TEXT,
    password_changed_at BIGINT,
    tokens_not_before BIGINT NOT NULL DEFAULT 0,
    blocked_at BIGINT,
    last_login_at BIGINT,
    login_count BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, id),
    UNIQUE (org_id, email_key),
    UNIQUE (org_id, username_key)
);
-- What may be null says so first: the databases disagree on where nulls sort.
CREATE INDEX users_by_name ON users (org_id, (name IS NULL), name, id);
CREATE INDEX users_by_username ON users (org_id, (username_key IS NULL), username_key, id);
CREATE INDEX users_by_login ON users (org_id, (last_login_at IS NULL), last_login_at, id);
CREATE INDEX users_by_update ON users (org_id, updated_at, id);

CREATE TABLE password_history (
    org_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    password_hash TEXT NOT NULL,
    PRIMARY KEY (org_id, user_id, changed_at),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
){without_rowid};

CREATE TABLE groups (
    org_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    is_system BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, slug)
){without_rowid};

CREATE TABLE roles (
    org_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    is_system BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, slug)
){without_rowid};

CREATE TABLE permissions (
    number {serial},
    org_id TEXT NOT NULL REFERENCES organizations (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    resource TEXT NOT NULL,
    action TEXT NOT NULL,
    is_system BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, slug)
);

CREATE TABLE group_members (
    org_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, group_id, user_id),
    FOREIGN KEY (org_id, group_id) REFERENCES groups (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX group_members_by_user ON group_members (org_id, user_id);

CREATE TABLE role_permissions (
    org_id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    permission TEXT NOT NULL,
    PRIMARY KEY (org_id, role_id, permission),
    FOREIGN KEY (org_id, role_id) REFERENCES roles (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, permission) REFERENCES permissions (org_id, slug) ON DELETE CASCADE
){without_rowid};
CREATE INDEX role_permissions_by_permission ON role_permissions (org_id, permission);

CREATE TABLE user_roles (
    org_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    PRIMARY KEY (org_id, user_id, role_id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, role_id) REFERENCES roles (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX user_roles_by_role ON user_roles (org_id, role_id);

CREATE TABLE group_roles (
    org_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    PRIMARY KEY (org_id, group_id, role_id),
    FOREIGN KEY (org_id, group_id) REFERENCES groups (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, role_id) REFERENCES roles (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX group_roles_by_role ON group_roles (org_id, role_id);

CREATE TABLE user_permissions (
    org_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    permission TEXT NOT NULL,
    PRIMARY KEY (org_id, user_id, permission),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, permission) REFERENCES permissions (org_id, slug) ON DELETE CASCADE
){without_rowid};
CREATE INDEX user_permissions_by_permission ON user_permissions (org_id, permission);

CREATE TABLE sessions (
    number {serial},
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    public_id TEXT NOT NULL,
    acr TEXT NOT NULL,
    amr TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    remembered BIGINT NOT NULL DEFAULT 0,
    ended_at BIGINT,
    ip TEXT,
    user_agent TEXT,
    UNIQUE (org_id, id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (org_id, user_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE api_keys (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX api_keys_by_id ON api_keys (id);
CREATE INDEX api_keys_by_user ON api_keys (org_id, user_id);

-- A link sent by mail or an unfinished step: password reset, e-mail verification. Single use.
CREATE TABLE mail_links (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    email TEXT NOT NULL,
    continue_to TEXT,
    browser TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX mail_links_by_user ON mail_links (org_id, user_id, purpose);
CREATE INDEX mail_links_by_expiry ON mail_links (expires_at);

-- Guesses at a secret, counted per door-independent subject: an account, a source address, a client.
CREATE TABLE guess_counters (
    org_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures BIGINT NOT NULL,
    window_started_at BIGINT NOT NULL,
    locked_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (org_id, subject)
){without_rowid};
CREATE INDEX guess_counters_by_window ON guess_counters (window_started_at);

CREATE TABLE clients (
    number {serial},
    org_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    is_active BIGINT NOT NULL DEFAULT 1,
    is_confidential BIGINT NOT NULL,
    agent_id TEXT,
    metadata TEXT NOT NULL,
    secret_hash {bytes},
    previous_secret_hash {bytes},
    previous_secret_expires_at BIGINT,
    tokens_not_before BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, id),
    UNIQUE (org_id, agent_id)
);
CREATE INDEX clients_by_name ON clients (org_id, name, id);

CREATE TABLE agents (
    number {serial},
    org_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    status TEXT NOT NULL DEFAULT 'active',
    capabilities TEXT NOT NULL DEFAULT '',
    budget_policy TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, id),
    FOREIGN KEY (org_id, client_id) REFERENCES clients (org_id, id) ON DELETE CASCADE
);

CREATE TABLE consents (
    org_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, user_id, client_id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, client_id) REFERENCES clients (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX consents_by_client ON consents (org_id, client_id);

CREATE TABLE signing_keys (
    org_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    sealed_key {bytes} NOT NULL,
    public_jwk TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    activated_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (org_id, id)
){without_rowid};

-- An authorization request that waits for a person.
CREATE TABLE transactions (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    client_id TEXT NOT NULL,
    request TEXT NOT NULL,
    display TEXT NOT NULL,
    session_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    completed_at BIGINT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, client_id) REFERENCES clients (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX transactions_by_session ON transactions (org_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX transactions_by_expiry ON transactions (expires_at);

CREATE TABLE authorization_codes (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    family_id TEXT NOT NULL,
    session_id TEXT,
    facts TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT,
    PRIMARY KEY (org_id, id)
){without_rowid};
CREATE INDEX authorization_codes_by_user ON authorization_codes (org_id, user_id) WHERE redeemed_at IS NULL;
CREATE INDEX authorization_codes_by_session ON authorization_codes (org_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

-- Everything issued from one grant. Revoking the family ends it all (RFC 9700 §4.14).
CREATE TABLE grant_families (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT,
    PRIMARY KEY (org_id, id)
){without_rowid};
CREATE INDEX grant_families_by_user ON grant_families (org_id, user_id, client_id);
CREATE INDEX grant_families_by_session ON grant_families (org_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX grant_families_by_expiry ON grant_families (expires_at);

CREATE TABLE refresh_tokens (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    family_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    facts TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    rotated_at BIGINT,
    successor {bytes},
    PRIMARY KEY (org_id, id)
){without_rowid};
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (org_id, family_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE revoked_tokens (
    org_id TEXT NOT NULL,
    jti TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, jti)
){without_rowid};
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);

-- Values that count once: assertion ids, proofs.
CREATE TABLE single_use (
    org_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, kind, value)
){without_rowid};
CREATE INDEX single_use_by_expiry ON single_use (expires_at);

-- The log. Rows are appended in the transaction of what they record and never change, but for `personal`, which an erasure empties.
CREATE TABLE events (
    seq {serial},
    org_id TEXT NOT NULL,
    leaf TEXT NOT NULL,
    personal TEXT NOT NULL{event_transaction}
);

-- One row per event once it has its place in the tree; what can be asked for is a column here, off the hot path.
CREATE TABLE log_entries (
    org_id TEXT NOT NULL,
    idx BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    leaf_hash {bytes} NOT NULL,
    at BIGINT NOT NULL,
    name TEXT NOT NULL,
    severity TEXT NOT NULL,
    outcome TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    target_kind TEXT,
    target_id TEXT,
    PRIMARY KEY (org_id, idx)
){without_rowid};
CREATE INDEX log_entries_by_time ON log_entries (org_id, at, idx);
CREATE INDEX log_entries_by_name ON log_entries (org_id, name, idx);
CREATE INDEX log_entries_by_actor ON log_entries (org_id, actor_id, idx);
CREATE INDEX log_entries_by_target ON log_entries (org_id, target_id, idx);

-- Roots of complete subtrees, for every eighth level (C2SP tlog-tiles).
CREATE TABLE log_nodes (
    org_id TEXT NOT NULL,
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (org_id, level, idx)
){without_rowid};

CREATE TABLE log_heads (
    org_id TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    frontier {bytes} NOT NULL,
    updated_at BIGINT NOT NULL
);

-- How far the log has been sequenced: one row.
CREATE TABLE log_cursor (
    id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    tx BIGINT NOT NULL
);
INSERT INTO log_cursor (id, seq, tx) VALUES (1, 0, 0);

CREATE TABLE log_checkpoints (
    org_id TEXT NOT NULL,
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, size)
){without_rowid};

-- Work that follows a commit: mail, notifications.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    run_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    failed_at BIGINT,
    last_error TEXT
){without_rowid};
CREATE INDEX jobs_by_time ON jobs (run_at) WHERE failed_at IS NULL;
CREATE INDEX jobs_by_failure ON jobs (failed_at) WHERE failed_at IS NOT NULL;

-- Values the installation keeps for itself: the hash of its master key, the time of its first start.
CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Mail caught in development instead of being sent.
CREATE TABLE mailbox (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text_body TEXT NOT NULL,
    html_body TEXT NOT NULL,
    created_at BIGINT NOT NULL
){without_rowid};
