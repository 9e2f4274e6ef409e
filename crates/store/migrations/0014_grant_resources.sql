-- The resource servers that what a person granted is limited to: a JSON array, empty if to none; null where that isn't known.
ALTER TABLE grant_families ADD COLUMN resources TEXT;
