CREATE TABLE jobs(id TEXT PRIMARY KEY, provider TEXT NOT NULL, created_ms INTEGER NOT NULL, settled INTEGER NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX jobs_by_time ON jobs(created_ms);
CREATE INDEX jobs_unsettled ON jobs(id) WHERE settled = 0;
CREATE TABLE batches(job_id TEXT NOT NULL, part INTEGER NOT NULL, batch_id TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY(job_id, part)) WITHOUT ROWID;
CREATE INDEX batches_by_id ON batches(batch_id) WHERE batch_id <> '';
PRAGMA user_version=1;
