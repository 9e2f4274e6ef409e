-- What administrators look after besides: companies and their people, the words of mails, figures by day.

-- Companies an organization does business with; the published API calls them organizations.
CREATE TABLE companies (
    org_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT,
    description TEXT,
    logo_url TEXT,
    is_active BIGINT NOT NULL DEFAULT 1,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, slug)
){without_rowid};

-- What somebody can be in a company. These roles are for applications; on this server they open nothing.
CREATE TABLE company_roles (
    number {serial},
    org_id TEXT NOT NULL,
    company_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    is_default BIGINT NOT NULL DEFAULT 0,
    is_owner BIGINT NOT NULL DEFAULT 0,
    is_system BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, company_id, slug),
    UNIQUE (org_id, company_id, number),
    FOREIGN KEY (org_id, company_id) REFERENCES companies (org_id, id) ON DELETE CASCADE
);

CREATE TABLE company_members (
    number {serial},
    org_id TEXT NOT NULL,
    company_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role BIGINT NOT NULL,
    status TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    UNIQUE (org_id, company_id, user_id),
    FOREIGN KEY (org_id, company_id) REFERENCES companies (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, company_id, role) REFERENCES company_roles (org_id, company_id, number)
);
CREATE INDEX company_members_by_user ON company_members (org_id, user_id, company_id);
CREATE INDEX company_members_by_role ON company_members (org_id, company_id, role);

-- Invitations into a company. The secret of the link is made when the mail is written; until then nothing opens the invitation.
CREATE TABLE company_invitations (
    number {serial},
    org_id TEXT NOT NULL,
    company_id TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    role BIGINT,
    status TEXT NOT NULL,
    secret_hash {bytes},
    invited_by TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    FOREIGN KEY (org_id, company_id) REFERENCES companies (org_id, id) ON DELETE CASCADE
);
CREATE INDEX company_invitations_by_company ON company_invitations (org_id, company_id, number);
CREATE INDEX company_invitations_by_email ON company_invitations (org_id, email_key);
CREATE INDEX company_invitations_by_expiry ON company_invitations (expires_at);
CREATE UNIQUE INDEX company_invitations_pending ON company_invitations (org_id, company_id, email_key) WHERE status = 'pending';

-- Mails in the organization's own words. An empty language is for every language that has none of its own.
CREATE TABLE email_templates (
    org_id TEXT NOT NULL REFERENCES organizations (id),
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    body_html TEXT NOT NULL,
    is_active BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, kind, language)
){without_rowid};

-- How much happened on which day (UTC, days since 1970), counted when events get their place in the log.
CREATE TABLE log_days (
    org_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    events BIGINT NOT NULL,
    sign_ins BIGINT NOT NULL,
    failed_sign_ins BIGINT NOT NULL,
    PRIMARY KEY (org_id, day)
){without_rowid};
INSERT INTO log_days (org_id, day, events, sign_ins, failed_sign_ins)
SELECT org_id, at / 86400000000, count(*), count(CASE WHEN name = 'users.signed_in' THEN 1 END),
    count(CASE WHEN name = 'users.sign_in_failed' THEN 1 END)
FROM log_entries GROUP BY org_id, at / 86400000000;

-- Figures about users are read from indexes alone.
CREATE INDEX users_by_state ON users (org_id, is_blocked, is_active, email_verified);
CREATE INDEX users_by_creation ON users (org_id, created_at);
