/* definition_test.c: CREATE, ALTER and DROP become the right tree. */
#include "tests/unit/grammar/tree.h"

static const struct example tables[] = {
    {"CREATE TABLE t (a INT, b STRING NOT NULL COMMENT 'bb', c DECIMAL(10, 2) NULL, ts TIMESTAMP(3), p AS PROCTIME(), "
     "d AS a + 1 COMMENT 'dd', m STRING METADATA, n BIGINT METADATA FROM 'offset' VIRTUAL, id BIGINT PRIMARY KEY NOT "
     "ENFORCED, u INT UNIQUE, x INT DEFAULT 3, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, CONSTRAINT pk PRIMARY KEY "
     "(a, b) NOT ENFORCED, UNIQUE (c)) COMMENT 'tt' PARTITIONED BY (a, b) WITH ('connector' = 'kafka', 'topic' = 'x')",
     "(create-table t (column a int) (column b string! (comment 'bb')) (column c decimal[10,2]?) (column ts "
     "timestamp[3]) (computed p (proctime)) (computed d (+ a 1) (comment 'dd')) (metadata m string) (metadata n bigint "
     "(from 'offset') virtual) (column id bigint) (column u int) (column x int (default 3)) (primary-key (columns id) "
     "not-enforced) (unique (columns u)) (primary-key named=pk (columns a b) not-enforced) (unique (columns c)) "
     "(watermark ts (- ts (interval 5000000us SECOND))) (comment 'tt') (partitioned-by a b) (with connector='kafka' "
     "topic='x'))"},
    {"CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t (a INT) WITH ('connector'='datagen', rows.per.second = 10, bounded = "
     "true)",
     "(create-table temporary if-not-exists c.d.t (column a int) (with connector='datagen' rows.per.second='10' "
     "bounded='true'))"},
    {"CREATE TABLE t WITH ('connector'='print') LIKE s (INCLUDING ALL EXCLUDING OPTIONS OVERWRITING WATERMARKS)",
     "(create-table t (with connector='print') (like s) (INCLUDING ALL) (EXCLUDING OPTIONS) (OVERWRITING WATERMARKS))"},
    {"CREATE TABLE t LIKE s", "(create-table t (like s))"},
    {"CREATE TABLE t (a, b) WITH ('c'='d') AS SELECT 1, 2",
     "(create-table t (column a) (column b) (with c='d') (as (select 1 2)))"},
    {"CREATE TABLE t (a INT) DISTRIBUTED BY HASH(a) INTO 4 BUCKETS WITH ('c'='d')",
     "(create-table t (column a int) (distributed hash (by a) (buckets 4)) (with c='d'))"},
    {"CREATE TABLE t (a INT) DISTRIBUTED INTO 4 BUCKETS",
     "(create-table t (column a int) (distributed any (buckets 4)))"},
    {"CREATE OR REPLACE TABLE t AS SELECT * FROM s", "(create-table or-replace t (as (select * (from s))))"},
    {"CREATE TABLE t (value INT, day STRING, key BYTES, timestamp TIMESTAMP(3), date DATE, time TIME(0), `order` INT, "
     "primary INT, watermark INT, metadata INT, comment STRING, first INT, row INT, map STRING)",
     "(create-table t (column value int) (column day string) (column key bytes) (column timestamp timestamp[3]) "
     "(column date date) (column time time[0]) (column \"order\" int) (column primary int) (column watermark int) "
     "(column metadata int) (column comment string) (column first int) (column row int) (column map string))"},
    {"CREATE TABLE t (a BOOLEAN, b TINYINT, c SMALLINT, d INTEGER, e BIGINT, f FLOAT, g REAL, h DOUBLE, i DOUBLE "
     "PRECISION, j NUMERIC(5), k DEC, l CHAR(3), m VARCHAR(10), n VARCHAR, o TEXT, p BINARY(2), q VARBINARY(3), r "
     "BYTES, s BYTEA, t CHARACTER VARYING(5))",
     "(create-table t (column a boolean) (column b tinyint) (column c smallint) (column d int) (column e bigint) "
     "(column f float) (column g float) (column h double) (column i double) (column j decimal[5]) (column k decimal) "
     "(column l char[3]) (column m varchar[10]) (column n varchar) (column o string) (column p binary[2]) (column q "
     "varbinary[3]) (column r bytes) (column s bytes) (column t varchar[5]))"},
    {"CREATE TABLE t (a TIME, b TIME(3), c TIMESTAMP, d TIMESTAMP(3) WITHOUT TIME ZONE, e TIMESTAMP(3) WITH LOCAL TIME "
     "ZONE, f TIMESTAMP WITH TIME ZONE, g TIMESTAMP_LTZ(3), h INTERVAL DAY TO SECOND(3), i INTERVAL YEAR(2) TO MONTH, "
     "j INTERVAL HOUR)",
     "(create-table t (column a time) (column b time[3]) (column c timestamp) (column d timestamp[3]) (column e "
     "timestamp_ltz[3]) (column f timestamp_tz) (column g timestamp_ltz[3]) (column h (interval[,3] DAY to SECOND)) "
     "(column i (interval[2] YEAR to MONTH)) (column j (interval HOUR)))"},
    {"CREATE TABLE t (a ROW<x INT, y STRING 'yy' >, b ROW(x INT NOT NULL, y ARRAY<INT>), c ARRAY<ARRAY<INT NOT NULL>> "
     "NOT NULL, d INT ARRAY, e MAP<STRING, ROW<z INT>>, f MULTISET<INT>, g RAW('a', 'b'), h ROW<>, i my.type, j INT "
     "MULTISET, k NULL)",
     "(create-table t (column a (row (x int) (y string 'yy'))) (column b (row (x int!) (y (array int)))) (column c "
     "(array (array int!))!) (column d (array int)) (column e (map string (row (z int)))) (column f (multiset int)) "
     "(column g (raw 'a' 'b')) (column h (row)) (column i (named my.type)) (column j (multiset int)) (column k null))"},
};

static const struct example others[] = {
    {"CREATE VIEW v AS SELECT a FROM t", "(create-view v (as (select a (from t))))"},
    {"CREATE OR REPLACE TEMPORARY VIEW c.v (x COMMENT 'xx', y) COMMENT 'vv' AS SELECT a, b FROM t",
     "(create-view temporary or-replace c.v (column x (comment 'xx')) (column y) (comment 'vv') (as (select a b (from "
     "t))))"},
    {"CREATE OR ALTER VIEW v AS SELECT 1", "(create-view or-alter v (as (select 1)))"},
    {"CREATE VIEW IF NOT EXISTS v AS SELECT 1", "(create-view if-not-exists v (as (select 1)))"},
    {"CREATE MATERIALIZED VIEW m WITH ('x'='y') AS SELECT 1",
     "(create-materialized-view m (with x='y') (as (select 1)))"},
    {"CREATE FUNCTION f AS 'com.x.F' LANGUAGE JAVA USING JAR '/a.jar', JAR '/b.jar'",
     "(create-function f (as 'com.x.F') (language JAVA) (using JAR='/a.jar' JAR='/b.jar'))"},
    {"CREATE TEMPORARY SYSTEM FUNCTION IF NOT EXISTS f AS 'x'",
     "(create-function temporary system if-not-exists f (as 'x'))"},
    {"CREATE TEMPORARY FUNCTION f AS 'x' LANGUAGE SQL", "(create-function temporary f (as 'x') (language SQL))"},
    {"CREATE CATALOG c WITH ('type'='x')", "(create-catalog c (with type='x'))"},
    {"CREATE DATABASE IF NOT EXISTS c.d COMMENT 'x' WITH ('a'='b')",
     "(create-database if-not-exists c.d (comment 'x') (with a='b'))"},
};

static const struct example alter[] = {
    {"ALTER TABLE t RENAME TO u", "(alter-table t (rename u))"},
    {"ALTER TABLE IF EXISTS t RENAME a.b TO c", "(alter-table if-exists t (rename-column a.b c))"},
    {"ALTER TABLE t SET ('a'='b')", "(alter-table t (set (options a='b')))"},
    {"ALTER TABLE t RESET ('a', 'b')", "(alter-table t (reset (options a b)))"},
    {"ALTER TABLE t ADD c INT FIRST", "(alter-table t (add (column c int first)))"},
    {"ALTER TABLE t ADD (c INT COMMENT 'x' AFTER b, d AS c + 1, WATERMARK FOR ts AS ts)",
     "(alter-table t (add (column c int (comment 'x') (after b)) (computed d (+ c 1)) (watermark ts ts)))"},
    {"ALTER TABLE t MODIFY c BIGINT NOT NULL", "(alter-table t (modify (column c bigint!)))"},
    {"ALTER TABLE t MODIFY (c INT)", "(alter-table t (modify (column c int)))"},
    {"ALTER TABLE t ADD PRIMARY KEY (a) NOT ENFORCED", "(alter-table t (add (primary-key (columns a) not-enforced)))"},
    {"ALTER TABLE t DROP c", "(alter-table t (drop (columns c)))"},
    {"ALTER TABLE t DROP (c, d)", "(alter-table t (drop (columns c d)))"},
    {"ALTER TABLE t DROP PRIMARY KEY", "(alter-table t (drop-primary-key))"},
    {"ALTER TABLE t DROP CONSTRAINT pk", "(alter-table t (drop-constraint pk))"},
    {"ALTER TABLE t DROP WATERMARK", "(alter-table t (drop-watermark))"},
    {"ALTER TABLE t ADD COLUMN c INT", "(alter-table t (add (column c int)))"},
    {"ALTER TABLE t DROP COLUMN c", "(alter-table t (drop (columns c)))"},
    {"ALTER VIEW v RENAME TO w", "(alter-view v (rename w))"},
    {"ALTER VIEW v AS SELECT 1", "(alter-view v (as (as (select 1))))"},
    {"ALTER DATABASE d SET ('a'='b')", "(alter-database d (set (options a='b')))"},
};

static const struct example drop[] = {
    {"DROP TABLE t", "(drop table t)"},
    {"DROP TEMPORARY TABLE IF EXISTS c.d.t", "(drop table temporary if-exists c.d.t)"},
    {"DROP VIEW v", "(drop view v)"},
    {"DROP MATERIALIZED VIEW m", "(drop materialized view m)"},
    {"DROP FUNCTION f", "(drop function f)"},
    {"DROP TEMPORARY SYSTEM FUNCTION IF EXISTS f", "(drop function temporary system if-exists f)"},
    {"DROP DATABASE d CASCADE", "(drop database d cascade)"},
    {"DROP CATALOG c", "(drop catalog c)"},
    {"DROP DATABASE IF EXISTS d RESTRICT", "(drop database if-exists d)"},
};

static void test_tables(void **state) {
    (void)state;
    check_examples(tables, COUNT_OF(tables), "");
}

static void test_others(void **state) {
    (void)state;
    check_examples(others, COUNT_OF(others), "");
}

static void test_alter(void **state) {
    (void)state;
    check_examples(alter, COUNT_OF(alter), "");
}

static void test_drop(void **state) {
    (void)state;
    check_examples(drop, COUNT_OF(drop), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_alter),
        cmocka_unit_test(test_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
