-- Requests that wait for a person at another device: of devices (RFC 8628), found by the code people type, and of clients
-- that name whom they wait for (CIBA). Both end with tokens that are fetched once.
CREATE TABLE decoupled_requests (
    org_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    secret_hash {bytes} NOT NULL,
    user_code_hash {bytes},
    client_id TEXT NOT NULL,
    user_id TEXT,
    request TEXT NOT NULL,
    notification_token {bytes},
    state TEXT NOT NULL DEFAULT 'pending',
    family_id TEXT,
    facts TEXT,
    poll_interval BIGINT NOT NULL,
    polled_at BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT,
    redeemed_at BIGINT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, client_id) REFERENCES clients (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE UNIQUE INDEX decoupled_requests_by_code ON decoupled_requests (org_id, user_code_hash) WHERE user_code_hash IS NOT NULL;
CREATE INDEX decoupled_requests_by_client ON decoupled_requests (org_id, client_id);
CREATE INDEX decoupled_requests_by_user ON decoupled_requests (org_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX decoupled_requests_by_expiry ON decoupled_requests (expires_at);
