-- expect-error: 42601
SELECT 1 # a comment
