-- OpenID Connect complete, and the people and applications behind it.

-- Standard claims people seldom fill in, and an organization's own attributes: JSON objects.
ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
