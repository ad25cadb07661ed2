-- TIMESTAMP_LTZ is a point in time: the session's zone decides how it reads.
SET 'table.local-time-zone' = 'Europe/Berlin';
SELECT TO_TIMESTAMP_LTZ(1714564800000, 3) AS summer, TO_TIMESTAMP_LTZ(1704110400000, 3) AS winter;
SELECT CAST(TO_TIMESTAMP_LTZ(1714564800000, 3) AS TIMESTAMP(3)) AS local_time,
       CAST(TIMESTAMP '2024-05-01 14:00:00' AS TIMESTAMP_LTZ(3)) = TO_TIMESTAMP_LTZ(1714564800000, 3) AS same_point;
SET 'table.local-time-zone' = 'UTC';
SELECT TO_TIMESTAMP_LTZ(1714564800000, 3) AS in_utc;
