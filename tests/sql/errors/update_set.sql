-- Statements the engine has no use for are refused by name.
-- expect-error: 0A000
ANALYZE TABLE weather COMPUTE STATISTICS;
