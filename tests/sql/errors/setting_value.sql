-- A value that the setting does not take.
-- expect-error: 22023
SET 'table.exec.mini-batch.enabled' = 'maybe';
