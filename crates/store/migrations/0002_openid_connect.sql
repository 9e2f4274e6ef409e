-- OpenID Connect complete, and the people and applications behind it.

-- Standard claims people seldom fill in, and an organization's own attributes: JSON objects.
ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';

-- Signing keys: one key of a kind signs at a time, and a second server can't make another. An RSA key serves all RSA algorithms, and
-- Ed25519 keys are made when a client asks for one: those that never signed anything go.
DELETE FROM signing_keys WHERE purpose = 'signing' AND algorithm = 'EdDSA';
DELETE FROM signing_keys WHERE purpose = 'signing' AND algorithm = 'PS256' AND state = 'next';
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (org_id, algorithm) WHERE state = 'active' AND purpose = 'signing';
