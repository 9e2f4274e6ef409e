-- OpenID Connect complete, and the people and applications behind it.

-- Standard claims people seldom fill in, and an organization's own attributes: JSON objects.
ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';

-- Signing keys: one key of a kind signs at a time, and a second server can't make another. An RSA key serves all RSA algorithms, and
-- Ed25519 keys are made when a client asks for one: those that never signed anything go.
DELETE FROM signing_keys WHERE purpose = 'signing' AND algorithm = 'EdDSA';
DELETE FROM signing_keys WHERE purpose = 'signing' AND algorithm = 'PS256' AND state = 'next';
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (org_id, algorithm) WHERE state = 'active' AND purpose = 'signing';

-- Users brought along from elsewhere: how far each import has come, and what it could not take.
CREATE TABLE user_imports (
    org_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    on_existing TEXT NOT NULL,
    received BIGINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL DEFAULT 0,
    updated BIGINT NOT NULL DEFAULT 0,
    skipped BIGINT NOT NULL DEFAULT 0,
    refused BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (org_id, id)
){without_rowid};
CREATE INDEX user_imports_by_update ON user_imports (updated_at);

CREATE TABLE user_import_refusals (
    org_id TEXT NOT NULL,
    import_id TEXT NOT NULL,
    line BIGINT NOT NULL,
    problem TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, import_id, line),
    FOREIGN KEY (org_id, import_id) REFERENCES user_imports (org_id, id) ON DELETE CASCADE
){without_rowid};

-- Whoever has a role, page by page.
DROP INDEX user_roles_by_role;
CREATE INDEX user_roles_by_role ON user_roles (org_id, role_id, user_id);

-- Authorization requests that clients pushed (RFC 9126). A request is used once: it becomes the transaction of the same id.
CREATE TABLE pushed_requests (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    client_id TEXT NOT NULL,
    request TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, client_id) REFERENCES clients (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX pushed_requests_by_client ON pushed_requests (org_id, client_id);
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires_at);

-- Clients that registered themselves (RFC 7591), and the token each manages its registration with (RFC 7592).
CREATE TABLE client_registrations (
    org_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    token_hash {bytes} NOT NULL,
    registered_by TEXT NOT NULL,
    initial_access_token TEXT,
    software_statement TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, client_id),
    FOREIGN KEY (org_id, client_id) REFERENCES clients (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX client_registrations_by_registrar ON client_registrations (org_id, registered_by);

-- Tokens that let whoever holds them register clients (RFC 7591 §3).
CREATE TABLE initial_access_tokens (
    org_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    bounds TEXT NOT NULL,
    max_uses BIGINT,
    uses BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (org_id, id)
){without_rowid};
CREATE INDEX initial_access_tokens_by_state ON initial_access_tokens (org_id, revoked_at);

-- When a client's secret ends, if it does.
ALTER TABLE clients ADD COLUMN secret_expires_at BIGINT;

-- Jobs of one lane go to one place; see flow::jobs.
ALTER TABLE jobs ADD COLUMN lane TEXT NOT NULL DEFAULT '';

-- Which clients took part in which session. A row outlives session, user and client: what ended is told by it.
CREATE TABLE session_clients (
    org_id TEXT NOT NULL,
    sid TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (org_id, sid, client_id)
){without_rowid};
CREATE INDEX session_clients_by_user ON session_clients (org_id, user_id);
CREATE INDEX session_clients_by_end ON session_clients (org_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX session_clients_by_expiry ON session_clients (expires_at);

-- Logout tokens on their way to clients (OpenID Connect Back-Channel Logout); the id is that of the job.
CREATE TABLE logout_deliveries (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sid TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    attempts BIGINT NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    tried_at BIGINT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
){without_rowid};
CREATE INDEX logout_deliveries_by_client ON logout_deliveries (org_id, client_id, id);
CREATE INDEX logout_deliveries_by_expiry ON logout_deliveries (expires_at);

-- Secrets of an organization that stay what they are, sealed: what pairwise subject identifiers hang on.
CREATE TABLE organization_secrets (
    org_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    sealed {bytes} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, name)
){without_rowid};

-- The account a person chose for a request that waits (prompt=select_account).
ALTER TABLE transactions ADD COLUMN chosen_session_id TEXT;

-- What applications may ask for beside the scopes the server itself knows.
CREATE TABLE scopes (
    number {serial},
    org_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    description TEXT,
    is_default BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    UNIQUE (org_id, name)
);

-- Until when a registered account waits for its address to be confirmed; empty once it was, or if nobody registered it.
ALTER TABLE users ADD COLUMN pending_until BIGINT;
UPDATE users SET pending_until = created_at + 172800000000
WHERE is_active = 0 AND is_blocked = 0 AND email_verified = 0 AND last_login_at IS NULL AND updated_at = created_at
    AND EXISTS (SELECT 1 FROM mail_links l WHERE l.org_id = users.org_id AND l.user_id = users.id AND l.purpose = 'register');
CREATE INDEX users_by_pending ON users (org_id, pending_until) WHERE pending_until IS NOT NULL;

-- What clients were given, numbered for the published API: a person's grant (family_id), or a client's own token (jti).
CREATE TABLE issued_tokens (
    number {serial},
    org_id TEXT NOT NULL,
    family_id TEXT,
    jti TEXT,
    client_id TEXT NOT NULL,
    user_id TEXT,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (org_id, family_id)
);
CREATE INDEX issued_tokens_by_client ON issued_tokens (org_id, client_id, number);
CREATE INDEX issued_tokens_by_expiry ON issued_tokens (expires_at);

-- Where else people have accounts, and which account there belongs to whom. Provider 0: a SAML link from before links named theirs.
CREATE TABLE identity_providers (
    number {serial},
    org_id TEXT NOT NULL REFERENCES organizations (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    is_enabled BIGINT NOT NULL DEFAULT 1,
    email_domains TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX identity_providers_by_kind ON identity_providers (org_id, kind, number);

CREATE TABLE identities (
    org_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    provider BIGINT NOT NULL,
    subject_key TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL,
    is_exclusive BIGINT NOT NULL DEFAULT 0,
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, kind, provider, subject_key),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX identities_by_user ON identities (org_id, user_id, kind);
