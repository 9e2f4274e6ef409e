-- High assurance: what only the holder of a key can use.

-- Proofs of possession that were used (RFC 9449 §11.1). A row begins with the minute its maker signed into the proof, so whatever is
-- inserted goes to the end of the table, and forgetting cuts off its beginning. No other index is needed, and none may be added.
CREATE TABLE used_proofs (
    minute BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    value {bytes} NOT NULL,
    PRIMARY KEY (minute, org_id, value)
){without_rowid};
