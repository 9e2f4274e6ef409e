-- Codes that people set so that only services they told may ask for their approval (CIBA Core §7.1, user_code).
CREATE TABLE approval_codes (
    org_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, user_id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
){without_rowid};

-- Whom a pairwise identifier stands for: it is a hash and leads back to nobody by itself.
CREATE TABLE pairwise_subjects (
    org_id TEXT NOT NULL,
    sub TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (org_id, sub),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX pairwise_subjects_by_user ON pairwise_subjects (org_id, user_id);
