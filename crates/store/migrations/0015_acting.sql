-- For which company people act, and what they were told about their passwords.

-- The company a person chose to act for in a request that waits.
ALTER TABLE transactions ADD COLUMN company_id TEXT;

-- The company a person acts for with this client in this session: they are asked once.
ALTER TABLE session_clients ADD COLUMN company_id TEXT;

-- When a person was told that their password is about to be too old.
ALTER TABLE users ADD COLUMN password_notice_at BIGINT;
