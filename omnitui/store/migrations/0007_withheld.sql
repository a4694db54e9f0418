ALTER TABLE remote_change ADD COLUMN withheld TEXT;
ALTER TABLE remote_change ADD COLUMN withheld_at INTEGER;
