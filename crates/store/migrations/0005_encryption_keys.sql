-- Of the keys that others encrypt to, an organization has one of a kind in use, whichever node makes it.
CREATE UNIQUE INDEX encryption_keys_active ON signing_keys (org_id, algorithm) WHERE state = 'active' AND purpose = 'encryption';
