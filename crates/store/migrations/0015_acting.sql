-- For which company people act, and what they were told about their passwords.

-- The company a person chose to act for in a request that waits.
ALTER TABLE transactions ADD COLUMN company_id TEXT;

-- The company a person acts for with this client in this session: they are asked once.
ALTER TABLE session_clients ADD COLUMN company_id TEXT;

-- When a person was told that their password is about to be too old.
ALTER TABLE users ADD COLUMN password_notice_at BIGINT;

-- A session that changes its name is followed by the requests that chose it.
CREATE INDEX transactions_by_chosen_session ON transactions (org_id, chosen_session_id) WHERE chosen_session_id IS NOT NULL;
