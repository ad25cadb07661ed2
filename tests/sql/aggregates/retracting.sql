-- Aggregates over updates: MIN, MAX, COUNT DISTINCT, AVG, LISTAGG take back what was counted.
-- file: votes.csv
-- | ann,red,1
-- | bob,red,2
-- | cid,red,1
-- | ann,blue,1
-- | bob,green,3
-- | ann,green,2
CREATE TABLE votes (person STRING, party STRING, n INT) WITH ('connector' = 'filesystem', 'path' = 'votes.csv', 'format' = 'csv');
CREATE VIEW latest AS SELECT person, LAST_VALUE(party) AS party, SUM(n) AS n FROM votes GROUP BY person;
SELECT party, COUNT(*) AS people, SUM(n) AS n, MIN(n) AS lo, MAX(n) AS hi, AVG(n) AS mean, COUNT(DISTINCT n) AS d FROM latest GROUP BY party ORDER BY party;
SELECT MAX(people) AS most FROM (SELECT party, COUNT(*) AS people FROM latest GROUP BY party) AS p;
