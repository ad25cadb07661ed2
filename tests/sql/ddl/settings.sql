-- SET, RESET, SHOW of one setting; settings of Flink that mean nothing here are accepted with a notice.
SET 'pipeline.name' = 'mine';
SHOW 'pipeline.name';
RESET 'pipeline.name';
SET 'table.local-time-zone' = 'Asia/Tokyo';
SELECT TO_TIMESTAMP_LTZ(0, 3) AS t;
RESET;
SELECT TO_TIMESTAMP_LTZ(0, 3) AS t;
SET 'taskmanager.numberOfTaskSlots' = '4';
