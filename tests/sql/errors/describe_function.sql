-- expect-error: 42883
DESCRIBE FUNCTION uper;
