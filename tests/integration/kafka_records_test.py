"""Records of every shape that a topic can have: without key, without value, empty, in every codec; read and written, at least once and exactly once."""
import subprocess

from harness import Folder, Kafka, create_topic, expect, expect_equal, query, run

LENGTHS = "%K %k %S %s\n"  # -1: there is none


def produce(kafka, topic, data, *more):
    """With kcat: -Z makes an empty value none."""
    done = subprocess.run(["kcat", "-P", "-b", kafka.bootstrap, "-t", topic, *more], input=data, capture_output=True)
    expect(done.returncode == 0, f"kcat could not produce: {done.stderr.decode()}")


def test_records_without_value_are_null_in_raw():
    kafka = Kafka.broker()
    topic = kafka.topic()
    produce(kafka, topic, b"a:1\nb:\nc:3\n", "-K", ":", "-Z")
    produce(kafka, topic, b"d:\n", "-K", ":")
    given = {**Kafka.BOUNDED, "format": "raw", "key.format": "raw", "key.fields": "k", "value.fields-include": "EXCEPT_KEY"}
    expect_equal(query(kafka.table("t", "k STRING, v STRING", topic, **given) + "SELECT * FROM t"),
                 [{"k": "a", "v": "1"}, {"k": "b", "v": None}, {"k": "c", "v": "3"}, {"k": "d", "v": ""}], "rows")


def test_records_without_value_are_dead_letters_where_null_is_no_value():
    kafka = Kafka.broker()
    topic = kafka.topic()
    produce(kafka, topic, b'a:{"n":1}\nb:\nc:{"n":3}\nd:\n', "-K", ":", "-Z")
    for columns, options in (("n BIGINT", {}), ("v STRING NOT NULL", {"format": "raw"})):
        done = run("--format", "jsonl", "-c", kafka.table("t", columns, topic, **Kafka.BOUNDED, **options) + "SELECT * FROM t")
        expect_equal(len(done.rows()), 2, "rows")
        expect(f"2 dead records (first: {topic}-0 offset 1" in done.errors, done.errors)


def test_records_without_key_are_null_in_its_columns():
    kafka = Kafka.broker()
    for key_format in ("raw", "csv", "json"):
        topic = kafka.topic()
        produce(kafka, topic, b'{"n":1}\n')
        produce(kafka, topic, b'{"id":"x"}\t{"n":2}\n' if key_format == "json" else b'x\t{"n":2}\n', "-K", "\t")
        produce(kafka, topic, b'{"n":3}\n')
        given = {**Kafka.BOUNDED, "key.format": key_format, "key.fields": "id", "value.fields-include": "EXCEPT_KEY"}
        expect_equal(query(kafka.table("t", "id STRING, n BIGINT", topic, **given) + "SELECT * FROM t"),
                     [{"id": None, "n": 1}, {"id": "x", "n": 2}, {"id": None, "n": 3}], f"rows of {key_format} keys")
        done = run("--format", "jsonl", "-c", kafka.table("t", "id STRING NOT NULL, n BIGINT", topic, **given) + "SELECT * FROM t")
        expect_equal(done.rows(), [{"id": "x", "n": 2}], f"rows of {key_format} keys that must be there")
        expect(f"2 dead records (first: {topic}-0 offset 0" in done.errors, done.errors)


def test_records_of_csv_with_the_key_in_the_value_too():
    kafka = Kafka.broker()
    topic = kafka.topic()
    produce(kafka, topic, b"7:7,x\n8:9,y\n", "-K", ":")
    given = {**Kafka.BOUNDED, "format": "csv", "key.format": "csv", "key.fields": "id"}
    expect_equal(query(kafka.table("t", "id BIGINT, v STRING", topic, **given) + "SELECT * FROM t"), [{"id": 7, "v": "x"}, {"id": 8, "v": "y"}], "rows")


def written(kafka, topic, table, insert, exactly_once):
    """The messages after a run, as LENGTHS shows them."""
    with Folder() as folder:
        script = folder / "job.sql"
        script.write_text(table + insert + ";\n")
        done = run("run", script, *(("--checkpoint-dir", folder / "checkpoints") if exactly_once else ()))
        expect_equal(done.status, 0, f"exit status ({done.errors})")
    return kafka.consume(topic, LENGTHS)


def test_records_of_null_have_no_bytes_in_raw():
    kafka = Kafka.broker()
    for exactly_once in (False, True):
        topic = kafka.topic()
        given = {"format": "raw", "key.format": "raw", "key.fields": "k", "value.fields-include": "EXCEPT_KEY"}
        lines = written(kafka, topic, kafka.table("t", "k STRING, v BIGINT", topic, **given),
                        "INSERT INTO t VALUES ('a', CAST(NULL AS BIGINT)), (CAST(NULL AS STRING), CAST(NULL AS BIGINT)), ('', CAST(NULL AS BIGINT))", exactly_once)
        expect_equal(sorted(lines), ["-1  -1 ", "0  -1 ", "1 a -1 "], f"messages, exactly once: {exactly_once}")
        rows = query(kafka.table("t", "k STRING, v BIGINT", topic, **given, **Kafka.BOUNDED) + "SELECT k, v FROM t")
        expect_equal(sorted(rows, key=str), sorted(({"k": k, "v": None} for k in ("a", None, "")), key=str), "rows that were read back")


def test_records_of_empty_texts_are_there():
    kafka = Kafka.broker()
    for exactly_once in (False, True):
        topic = kafka.topic()
        given = {"format": "raw", "key.format": "raw", "key.fields": "k", "value.fields-include": "EXCEPT_KEY"}
        lines = written(kafka, topic, kafka.table("t", "k STRING, v STRING", topic, **given), "INSERT INTO t VALUES ('', '')", exactly_once)
        expect_equal(lines, ["0  0 "], f"message, exactly once: {exactly_once}")


def test_records_with_a_header_that_comes_again():
    kafka = Kafka.broker()
    topic = kafka.topic()
    produce(kafka, topic, b"x", "-H", "a=1", "-H", "b", "-H", "c=3", "-H", "a=2", "-H", "b=4", "-H", "c")
    produce(kafka, topic, b"y")
    table = kafka.table("t", "v STRING, h MAP<STRING, BYTES> METADATA FROM 'headers'", topic, format="raw", **Kafka.BOUNDED)
    expect_equal(query(table + "SELECT v, CARDINALITY(h) AS n, CAST(h['a'] AS STRING) AS a, CAST(h['b'] AS STRING) AS b, h['c'] AS c FROM t"),
                 [{"v": "x", "n": 3, "a": "2", "b": "4", "c": None}, {"v": "y", "n": 0, "a": None, "b": None, "c": None}], "the last of each name")


def test_records_of_a_time_that_kafka_does_not_know():
    kafka = Kafka.broker()
    topic = kafka.topic()
    table = kafka.table("t", "n BIGINT, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'", topic)
    for time in (0, -5):
        done = run("-c", table + f"INSERT INTO t SELECT 1, TO_TIMESTAMP_LTZ({time}, 3)")
        expect(done.status == 1 and "22003" in done.errors and "1970" in done.errors, done.errors)
    expect_equal(kafka.consume(topic), [], "messages")


def test_records_larger_than_the_client_takes():
    kafka = Kafka.broker()
    topic = f"large-{kafka.topic()}"
    create_topic(kafka.bootstrap, topic, 1, max_message_bytes=30_000_000)
    large = "INSERT INTO t SELECT REPEAT('x', 20000000)"
    done = run("-c", kafka.table("t", "v STRING", topic) + large)
    expect(done.status == 1 and "54000" in done.errors and "properties.max.request.size" in done.errors, done.errors)
    table = kafka.table("t", "v STRING", topic, **Kafka.BOUNDED, **{"properties.max.request.size": "30000000"})
    expect_equal(run("-c", table + large).status, 0, "exit status of a client that takes more")
    expect_equal(query(table + "SELECT CHAR_LENGTH(v) AS n FROM t"), [{"n": 20_000_000}], "rows")


def test_records_of_every_codec():
    kafka = Kafka.broker()
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        topic = kafka.topic()
        produce(kafka, topic, "\n".join('{"n":%d}' % n for n in range(3000)).encode(), "-z", codec)
        table = kafka.table("t", "n BIGINT", topic, **Kafka.BOUNDED, **{"properties.compression.type": codec})
        done = run("-c", table + "INSERT INTO t SELECT n + 3000 FROM t")
        expect_equal(done.status, 0, f"exit status ({done.errors})")
        expect_equal(query(table + "SELECT COUNT(*) AS c, SUM(n) AS s FROM t"), [{"c": 6000, "s": sum(range(6000))}], f"rows of {codec}")
