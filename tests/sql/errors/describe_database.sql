-- expect-error: 42704
DESCRIBE DATABASE nowhere;
