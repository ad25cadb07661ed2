"""Kafka as source and sink, against a real broker: start and end positions, keys, metadata, broken records, clear refusals."""
import json
import re

from harness import Folder, Kafka, Running, expect, expect_equal, eventually, query, run

COLUMNS = "k STRING, n BIGINT"


def rows_of(topic, kafka):
    return [json.loads(line) for line in kafka.consume(topic)]


def numbers(first, last):
    return [json.dumps({"k": f"key{n % 3}", "n": n}) for n in range(first, last)]


def test_kafka_every_row_of_every_partition_once():
    kafka = Kafka.broker()
    topic = kafka.topic(partitions=4)
    for partition in range(4):
        kafka.produce(topic, numbers(1000 * partition, 1000 * partition + 1000), partition=partition)
    rows = query(kafka.table("t", COLUMNS, topic, **Kafka.BOUNDED) + "SELECT n FROM t")
    expect_equal(sorted(row["n"] for row in rows), list(range(4000)), "rows")


def test_kafka_order_within_a_partition():
    kafka = Kafka.broker()
    topic = kafka.topic()
    kafka.produce(topic, numbers(0, 5000))
    rows = query(kafka.table("t", COLUMNS, topic, **Kafka.BOUNDED) + "SELECT n FROM t", "--batch-rows", "100")
    expect_equal([row["n"] for row in rows], list(range(5000)), "rows in order")


def test_kafka_metadata_columns():
    kafka = Kafka.broker()
    topic = kafka.topic(partitions=2)
    kafka.produce(topic, ["a\t" + numbers(7, 8)[0]], partition=1, key_separator="\t")
    columns = ("n BIGINT, topic STRING METADATA VIRTUAL, part INT METADATA FROM 'partition' VIRTUAL, "
               "`offset` BIGINT METADATA VIRTUAL, `timestamp` TIMESTAMP_LTZ(3) METADATA")
    row = query(kafka.table("t", columns, topic, **Kafka.BOUNDED) + "SELECT * FROM t")[0]
    expect_equal((row["n"], row["topic"], row["part"], row["offset"]), (7, topic, 1, 0), "metadata")
    expect(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z?", row["timestamp"]), row["timestamp"])


def test_kafka_key_format_and_fields():
    kafka = Kafka.broker()
    topic = kafka.topic()
    kafka.produce(topic, ['{"id": 5}\t{"n": 1}', '{"id": 6}\t{"n": 2}'], key_separator="\t")
    table = kafka.table("t", "id BIGINT, n BIGINT", topic, **Kafka.BOUNDED, **{"key.format": "json", "key.fields": "id", "value.fields-include": "EXCEPT_KEY"})
    expect_equal(query(table + "SELECT id, n FROM t"), [{"id": 5, "n": 1}, {"id": 6, "n": 2}], "rows")


def test_kafka_start_positions():
    kafka = Kafka.broker()
    topic = kafka.topic()
    kafka.produce(topic, numbers(0, 10))
    options = {"scan.bounded.mode": "latest-offset"}
    from_offset = kafka.table("t", COLUMNS, topic, **options, **{"scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "partition:0,offset:7"})
    expect_equal([row["n"] for row in query(from_offset + "SELECT n FROM t")], [7, 8, 9], "specific offsets")
    latest = kafka.table("t", COLUMNS, topic, **options, **{"scan.startup.mode": "latest-offset"})
    expect_equal(query(latest + "SELECT n FROM t"), [], "latest to latest")
    past = kafka.table("t", COLUMNS, topic, **options, **{"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "1000"})
    expect_equal(len(query(past + "SELECT n FROM t")), 10, "timestamp")
    to_offset = kafka.table("t", COLUMNS, topic, **{"scan.startup.mode": "earliest-offset", "scan.bounded.mode": "specific-offsets",
                                                    "scan.bounded.specific-offsets": "partition:0,offset:4"})
    expect_equal([row["n"] for row in query(to_offset + "SELECT n FROM t")], [0, 1, 2, 3], "bounded by offset")


def test_kafka_empty_topic_ends():
    kafka = Kafka.broker()
    rows = query(kafka.table("t", COLUMNS, kafka.topic(partitions=3), **Kafka.BOUNDED) + "SELECT COUNT(*) AS n FROM t")
    expect_equal(rows, [{"n": 0}], "count of nothing")


def test_kafka_broken_records_are_kept_with_place_and_reason():
    kafka = Kafka.broker()
    topic = kafka.topic()
    kafka.produce(topic, ['{"k": "a", "n": 1}', '{"k": "b", "n": ', '{"k": "c", "n": "no number"}', b'{"k": "\xff", "n": 4}', '{"k": "e", "n": 5}'])
    done = run("--format", "jsonl", "-c", kafka.table("t", COLUMNS, topic, **Kafka.BOUNDED) + "SELECT n FROM t")
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    expect_equal([row["n"] for row in done.rows()], [1, 5], "good rows")
    expect("3 " in done.errors and f"{topic}-0" in done.errors and "offset 1" in done.errors.replace(":", " ").replace("=", " "),
           f"the report does not name the first broken record: {done.errors}")


def test_kafka_broken_record_fails_the_job_when_asked():
    kafka = Kafka.broker()
    topic = kafka.topic()
    kafka.produce(topic, ['{"k": "a", "n": 1}', "nonsense"])
    done = run("-c", kafka.table("t", COLUMNS, topic, **Kafka.BOUNDED, **{"json.on-error": "fail"}) + "SELECT n FROM t")
    expect_equal(done.status, 1, "exit status")
    expect("22P04" in done.errors and topic in done.errors, done.errors)


def test_kafka_sink_keys_and_partitions():
    kafka = Kafka.broker()
    source, sink = kafka.topic(), kafka.topic(partitions=4)
    kafka.produce(source, numbers(0, 600))
    ddl = kafka.table("s", COLUMNS, source, **Kafka.BOUNDED)
    ddl += kafka.table("d", COLUMNS, sink, **{"key.format": "raw", "key.fields": "k"})
    done = run("-c", ddl + "INSERT INTO d SELECT k, n FROM s")
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    places = {}
    for line in kafka.consume(sink, "%p %k %s\n"):
        partition, key, value = line.split(" ", 2)
        expect_equal(json.loads(value)["k"], key, "key of the message")
        places.setdefault(key, set()).add(partition)
    expect_equal(sorted(places), ["key0", "key1", "key2"], "keys")
    expect(all(len(partitions) == 1 for partitions in places.values()), f"a key went to several partitions: {places}")
    for key in places:
        values = [json.loads(line.split(" ", 1)[1])["n"] for line in kafka.consume(sink, "%k %s\n") if line.startswith(key)]
        expect_equal(values, [n for n in range(600) if f"key{n % 3}" == key], f"rows of {key} in order")


def test_kafka_unbounded_job_stops_cleanly_and_loses_nothing():
    kafka = Kafka.broker()
    source, sink = kafka.topic(), kafka.topic()
    with Folder() as folder:
        script = folder / "job.sql"
        script.write_text(kafka.table("s", COLUMNS, source, **{"scan.startup.mode": "earliest-offset"}) + kafka.table("d", COLUMNS, sink) +
                          "INSERT INTO d SELECT k, n * 2 FROM s;\n")
        with Running("run", script) as job:
            kafka.produce(source, numbers(0, 100))
            eventually(lambda: len(kafka.consume(sink)) == 100 or job.process.poll() is not None, "the first rows")
            kafka.produce(source, numbers(100, 150))
            eventually(lambda: len(kafka.consume(sink)) == 150 or job.process.poll() is not None, "more rows")
            expect_equal(job.stop(), 0, f"exit status after SIGINT ({job.errors()})")
    expect_equal([row["n"] for row in rows_of(sink, kafka)], [2 * n for n in range(150)], "rows")


def test_kafka_missing_topic():
    kafka = Kafka.broker()
    done = run("-c", kafka.table("t", COLUMNS, "no-such-topic", **Kafka.BOUNDED) + "SELECT * FROM t")
    expect_equal(done.status, 1, "exit status")
    expect("08P02" in done.errors and "no-such-topic" in done.errors, done.errors)


def test_kafka_unreachable_broker():
    table = ("CREATE TABLE t (n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = '127.0.0.1:1', "
             "'properties.socket.connection.setup.timeout.ms' = '2000', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');")
    done = run("-c", table + "SELECT * FROM t")
    expect_equal(done.status, 1, "exit status")
    expect("08006" in done.errors and "127.0.0.1:1" in done.errors, done.errors)


def test_kafka_dangerous_properties_are_refused():
    for key in ("plugin.library.paths", "sasl.kerberos.kinit.cmd"):
        done = run("-c", f"CREATE TABLE t (n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json', "
                         f"'properties.bootstrap.servers' = 'localhost:9', 'properties.{key}' = '/bin/true');")
        expect_equal(done.status, 1, f"exit status with {key}")
        expect(key in done.errors, done.errors)


def test_kafka_sink_writes_timestamp_and_headers():
    kafka = Kafka.broker()
    topic = kafka.topic()
    table = kafka.table("d", "n BIGINT, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', h MAP<STRING, BYTES> METADATA FROM 'headers'", topic)
    done = run("-c", table + "INSERT INTO d SELECT 7, TO_TIMESTAMP_LTZ(1700000000123, 3), MAP['who', X'6d65'];")
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    expect_equal(kafka.consume(topic, "%T %h %s\n"), ['1700000000123 who=me {"n":7}'], "message")


def test_upsert_kafka_writes_the_last_state_of_each_key():
    kafka = Kafka.broker()
    source, sink = kafka.topic(), kafka.topic()
    kafka.produce(source, numbers(0, 30))
    given = {"connector": "upsert-kafka", "topic": sink, "properties.bootstrap.servers": kafka.bootstrap, "key.format": "json", "value.format": "json"}
    ddl = kafka.table("s", COLUMNS, source, **Kafka.BOUNDED)
    ddl += "CREATE TABLE d (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH (" + ", ".join(f"'{key}' = '{value}'" for key, value in given.items()) + ");\n"
    done = run("-c", ddl + "INSERT INTO d SELECT k, COUNT(*) FROM s GROUP BY k HAVING COUNT(*) < 100")
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    last = {}
    for line in kafka.consume(sink, "%k %s\n"):
        key, value = line.split(" ", 1)
        last[json.loads(key)["k"]] = json.loads(value)["n"] if value else None
    expect_equal(last, {"key0": 10, "key1": 10, "key2": 10}, "last state by key")
