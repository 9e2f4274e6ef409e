-- The single claims that UserInfo was asked for when a person granted something: a JSON object.
ALTER TABLE grant_families ADD COLUMN userinfo_claims TEXT NOT NULL DEFAULT '{}';
