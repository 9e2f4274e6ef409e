-- Pages of people stay fast when there are a million of them: every order is an index without nulls, sizes are kept as
-- people come and go, and searches find the beginnings of words.

-- What orders are made of. Whoever has none comes last.
ALTER TABLE users ADD COLUMN name_order TEXT GENERATED ALWAYS AS (CASE WHEN name IS NULL THEN '1' ELSE '0' || name END) {generated};
ALTER TABLE users ADD COLUMN username_order TEXT GENERATED ALWAYS AS (CASE WHEN username_key IS NULL THEN '1' ELSE '0' || username_key END) {generated};
ALTER TABLE users ADD COLUMN login_order BIGINT GENERATED ALWAYS AS (COALESCE(last_login_at, 9223372036854775807)) {generated};
DROP INDEX users_by_name;
DROP INDEX users_by_username;
DROP INDEX users_by_login;
DROP INDEX users_by_update;
-- The state comes along, so that a filter by it looks at nothing but the index.
CREATE INDEX users_by_name ON users (org_id, name_order, id, is_active, is_blocked);
CREATE INDEX users_by_username ON users (org_id, username_order, id, is_active, is_blocked);
CREATE INDEX users_by_login ON users (org_id, login_order, id, is_active, is_blocked);
CREATE INDEX users_by_update ON users (org_id, updated_at, id, is_active, is_blocked);
CREATE INDEX users_by_activity ON users (org_id, is_active, id, is_blocked);
CREATE INDEX users_by_blocking ON users (org_id, is_blocked, id, is_active);
DROP INDEX user_roles_by_role;
CREATE INDEX user_roles_by_role ON user_roles (org_id, role_id, user_id);

-- How many people are in a state, have a role, belong to a group: the sum over all shards. Transactions that go on at the same
-- time seldom meet in one of them. A state is 2 for blocked plus 1 for active.
CREATE TABLE user_tallies (
    org_id TEXT NOT NULL REFERENCES organizations (id),
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    shard BIGINT NOT NULL,
    users BIGINT NOT NULL,
    PRIMARY KEY (org_id, kind, key, shard)
){without_rowid};
INSERT INTO user_tallies (org_id, kind, key, shard, users)
SELECT org_id, 'state', CASE is_blocked * 2 + is_active WHEN 0 THEN '0' WHEN 1 THEN '1' WHEN 2 THEN '2' ELSE '3' END, 0, count(*)
FROM users GROUP BY org_id, is_blocked, is_active;
INSERT INTO user_tallies (org_id, kind, key, shard, users)
SELECT org_id, 'role', role_id, 0, count(*) FROM user_roles GROUP BY org_id, role_id;
INSERT INTO user_tallies (org_id, kind, key, shard, users)
SELECT org_id, 'group', group_id, 0, count(*) FROM group_members GROUP BY org_id, group_id;

-- What people are searched by. Whoever was there before gets their words from a job.
CREATE TABLE user_words (
    org_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (org_id, user_id, word),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
){without_rowid};
CREATE INDEX user_words_by_word ON user_words (org_id, word, user_id);
ALTER TABLE users ADD COLUMN has_words BIGINT NOT NULL DEFAULT 0;
CREATE INDEX users_without_words ON users (org_id, id) WHERE has_words = 0;
INSERT INTO jobs (id, org_id, lane, kind, payload, run_at, created_at)
SELECT 'words-' || id, id, '', 'users.words', '{}', 0, 0 FROM organizations
WHERE EXISTS (SELECT 1 FROM users u WHERE u.org_id = organizations.id);
