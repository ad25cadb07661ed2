-- Dropping what is not there.
-- expect-error: 42P01
DROP TABLE nothing;
