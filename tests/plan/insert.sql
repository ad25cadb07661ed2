-- INSERT: columns, casts, keys, and sinks that do not take what a query gives.
CREATE TABLE t (city STRING, temp DOUBLE, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
CREATE TABLE b (city STRING, n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE printed (city STRING, total BIGINT) WITH ('connector' = 'print');
CREATE TABLE strict (city STRING NOT NULL, total BIGINT NOT NULL, note STRING, twice AS total * 2) WITH ('connector' = 'print');
CREATE TABLE files (city STRING, total BIGINT) WITH ('connector' = 'filesystem', 'path' = '/tmp/none', 'format' = 'json');
CREATE TABLE keyed (city STRING, total BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'localhost:1', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO printed SELECT city, n FROM t;
INSERT INTO printed (total, city) SELECT n, city FROM t;
INSERT INTO printed (city) VALUES ('a'), ('b');
INSERT INTO printed SELECT city, COUNT(*) FROM t GROUP BY city;
INSERT INTO strict (city, total) SELECT city, COUNT(*) FROM t GROUP BY city;
INSERT INTO files SELECT city, COUNT(*) FROM t GROUP BY city, TUMBLE(ts, 10s);
INSERT INTO files SELECT city, COUNT(*) FROM b GROUP BY city;
INSERT INTO keyed SELECT city, COUNT(*) FROM t GROUP BY city;
INSERT INTO keyed SELECT city, n FROM t;
INSERT INTO keyed SELECT city, c FROM (SELECT city, COUNT(*) AS c FROM t GROUP BY city) WHERE c > 1;
INSERT INTO keyed SELECT 'all', COUNT(*) FROM t;
EXECUTE STATEMENT SET BEGIN INSERT INTO printed SELECT city, 1 FROM t; INSERT INTO files SELECT city, 2 FROM t; END;
CREATE TABLE copied WITH ('connector' = 'blackhole') AS SELECT city, COUNT(*) AS c FROM t GROUP BY city;
DESCRIBE copied;
-- refused
INSERT INTO files SELECT city, COUNT(*) FROM t GROUP BY city;
INSERT INTO keyed SELECT UPPER(city), COUNT(*) FROM t GROUP BY city;
INSERT INTO keyed SELECT city, COUNT(*) FROM t GROUP BY city, n;
INSERT INTO printed SELECT city FROM t;
INSERT INTO printed (cities) SELECT city FROM t;
INSERT INTO printed (city, city) SELECT city, city FROM t;
INSERT INTO printed SELECT city, city FROM t;
INSERT INTO strict SELECT city, n, NULL FROM t;
INSERT INTO strict (city) SELECT city FROM t;
INSERT INTO strict (city, total) SELECT NULL, 1 FROM t;
INSERT INTO strict (twice) SELECT 1;
INSERT INTO t SELECT * FROM t;
INSERT INTO nowhere SELECT 1;
-- one scan for several readers of a table
EXECUTE STATEMENT SET BEGIN
  INSERT INTO printed SELECT city, COUNT(*) FROM t GROUP BY city, TUMBLE(ts, 10s);
  INSERT INTO files SELECT UPPER(city), n FROM t WHERE temp > 0;
END;
SELECT city FROM t /*+ OPTIONS('rows-per-second' = '7') */ UNION ALL SELECT city FROM t;
SELECT city FROM t /*+ OPTIONS('rows-per-secnd' = '7') */;
EXPLAIN JSON_EXECUTION_PLAN INSERT INTO printed SELECT city, COUNT(*) FROM t GROUP BY city;
