-- Who answers for the roles that an invitation into the organization gives: a person, a program, or the operator. Who that is for an
-- invitation of a program that was sent before, nobody knows: its roles are withheld.
ALTER TABLE invitations ADD COLUMN inviter_kind TEXT;
ALTER TABLE invitations ADD COLUMN inviter TEXT;
UPDATE invitations SET inviter_kind = 'user', inviter = invited_by WHERE invited_by IS NOT NULL;
