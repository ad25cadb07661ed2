-- UPDATE is not executed.
-- expect-error: 0A000
UPDATE weather SET temp = 1;
