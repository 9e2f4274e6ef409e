-- The key that an API key was made with: it ends with that one.
ALTER TABLE api_keys ADD COLUMN made_with TEXT;
CREATE INDEX api_keys_by_maker ON api_keys (org_id, made_with);
