-- Invitations of both kinds in one table: into a company, and, where none is named, into the organization itself. The secret of the
-- link is made when the mail is written; until then nothing opens the invitation.
CREATE TABLE invitations (
    number {serial},
    org_id TEXT NOT NULL REFERENCES organizations (id),
    company_id TEXT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT,
    role BIGINT,
    may_register BIGINT NOT NULL DEFAULT 1,
    status TEXT NOT NULL,
    secret_hash {bytes},
    invited_by TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    UNIQUE (org_id, number),
    FOREIGN KEY (org_id, company_id) REFERENCES companies (org_id, id) ON DELETE CASCADE
);
CREATE INDEX invitations_by_company ON invitations (org_id, company_id, number);
CREATE INDEX invitations_by_email ON invitations (org_id, email_key);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
CREATE UNIQUE INDEX invitations_pending ON invitations (org_id, COALESCE(company_id, ''), email_key) WHERE status = 'pending';

-- Those that were sent keep their numbers: links that are on their way begin with them.
INSERT INTO invitations (number, org_id, company_id, email, email_key, role, status, secret_hash, invited_by, created_at, sent_at,
    expires_at, ended_at)
SELECT number, org_id, company_id, email, email_key, role, status, secret_hash, invited_by, created_at, created_at, expires_at, ended_at
FROM company_invitations;
{invitations_go_on}
DROP TABLE company_invitations;

-- The roles an invitation into the organization gives.
CREATE TABLE invitation_roles (
    org_id TEXT NOT NULL,
    invitation BIGINT NOT NULL,
    role_id TEXT NOT NULL,
    PRIMARY KEY (org_id, invitation, role_id),
    FOREIGN KEY (org_id, invitation) REFERENCES invitations (org_id, number) ON DELETE CASCADE,
    FOREIGN KEY (org_id, role_id) REFERENCES roles (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX invitation_roles_by_role ON invitation_roles (org_id, role_id);
