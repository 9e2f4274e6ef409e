-- What an exchanged token was made from: of each token it descends from, the id and, where it has one, the family. It ends with any of them.
-- `token` is the family of a token about a person, and the jti of a program's own.
CREATE TABLE token_origins (
    org_id TEXT NOT NULL,
    token TEXT NOT NULL,
    place BIGINT NOT NULL,
    origin_jti TEXT,
    origin_family_id TEXT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, token, place)
){without_rowid};
CREATE INDEX token_origins_by_expiry ON token_origins (expires_at);
