-- expect-error: 42601
SET 'parallelism.default';
