-- Clients that nobody registered: their client id is the address of a document about them, and what it said last is kept here.
ALTER TABLE clients ADD COLUMN document_fetched_at BIGINT;
CREATE INDEX clients_by_document ON clients (document_fetched_at) WHERE document_fetched_at IS NOT NULL;
