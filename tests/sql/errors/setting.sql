-- An unknown setting.
-- expect-error: 22023
SET 'table.local-time-zon' = 'UTC';
