"""Tables by key in Kafka: the newest row of each key counts, a message without value takes it back; read, changed, written exactly once, with kills in between."""
import json
import random
import subprocess

from harness import SIGKILL, Folder, Kafka, Running, eventually, expect, expect_equal, query, quote, run

COLUMNS = "k STRING, n BIGINT, s STRING, PRIMARY KEY (k) NOT ENFORCED"
BOUNDED = {"scan.bounded.mode": "latest-offset"}


def table(kafka, name, columns, topic, **options):
    given = {"connector": "upsert-kafka", "topic": topic, "properties.bootstrap.servers": kafka.bootstrap, "key.format": "json", "value.format": "json", **options}
    return f"CREATE TABLE {name} ({columns}) WITH ({', '.join(f'{quote(k)} = {quote(v)}' for k, v in given.items())});\n"


def put(kafka, topic, rows, partition=0):
    """(key, row or None): a row of None is a message without value."""
    lines = [json.dumps({"k": key}) + "\t" + ("" if row is None else json.dumps(row)) for key, row in rows]
    done = subprocess.run(["kcat", "-P", "-b", kafka.bootstrap, "-t", topic, "-p", str(partition), "-K", "\t", "-Z"], input="\n".join(lines).encode(), capture_output=True)
    expect(done.returncode == 0, f"kcat could not produce: {done.stderr.decode()}")


def last_by_key(kafka, topic):
    """What a reader of a topic of JSON keys holds in the end."""
    rows = {}
    for line in kafka.consume(topic, "%k\t%s\n", ["-X", "isolation.level=read_committed"]):
        key, value = line.split("\t")
        if value:
            rows[key] = json.loads(value)
        else:
            rows.pop(key, None)
    return sorted(rows.values(), key=str)


ROWS = [("a", {"k": "a", "n": 1, "s": "one"}), ("b", {"k": "b", "n": 2, "s": None}), ("a", {"k": "a", "n": 10, "s": None}), ("b", None), ("never", None),
        ("d", {"k": "d", "n": 4, "s": "more than twelve bytes"}), ("b", {"k": "b", "n": 22, "s": "again"}), ("d", None)]


def test_upsert_kafka_reads_the_last_row_of_each_key():
    kafka = Kafka.broker()
    topic = kafka.topic()
    put(kafka, topic, ROWS)
    ddl = table(kafka, "t", COLUMNS, topic, **BOUNDED)
    for arguments in (("--batch-rows", "1"), ("--batch-rows", "3"), (), ("--parallelism", "3")):
        expect_equal(sorted(query(ddl + "SELECT * FROM t", *arguments), key=str), [{"k": "a", "n": 10, "s": None}, {"k": "b", "n": 22, "s": "again"}], f"rows {arguments}")
        expect_equal(query(ddl + "SELECT COUNT(*) AS c, SUM(n) AS n FROM t", *arguments), [{"c": 2, "n": 32}], f"sums {arguments}")
    expect_equal(sorted(row["k"] for row in query(ddl + "SELECT k FROM t")), ["a", "b"], "keys alone")
    expect_equal(query(ddl + "SELECT k FROM t WHERE n > 5 AND k <> 'a'"), [{"k": "b"}], "conditions on key and value")


def test_upsert_kafka_changes_as_they_come():
    kafka = Kafka.broker()
    topic = kafka.topic()
    with Folder() as folder, open(folder / "out", "wb") as out:
        with Running("--format", "changelog", "-c", table(kafka, "t", COLUMNS, topic) + "SELECT k, n FROM t", stdout=out) as job:
            seen = lambda: (folder / "out").read_text().splitlines()[1:]  # noqa: E731
            for row, changes in ((("a", {"n": 1}), ["+I,a,1"]), (("b", {"n": 2}), ["+I,b,2"]), (("a", {"n": 5}), ["-U,a,1", "+U,a,5"]), (("b", None), ["-D,b,2"]),
                                 (("b", {"n": 3}), ["+I,b,3"])):
                before = len(seen())
                put(kafka, topic, [row])
                eventually(lambda: len(seen()) >= before + len(changes) or job.process.poll() is not None, f"changes after {row}")
                expect_equal(seen()[before:], changes, f"changes after {row}")
            job.stop()


def test_upsert_kafka_keys_of_every_shape():
    kafka = Kafka.broker()
    topic = kafka.topic()
    columns = "v STRING NOT NULL, x_b BIGINT, o BIGINT METADATA FROM 'offset' VIRTUAL, twice AS x_b * 2, size AS CHAR_LENGTH(v), x_a STRING, PRIMARY KEY (x_a, x_b) NOT ENFORCED"
    given = {"key.format": "json", "key.fields-prefix": "x_", "value.fields-include": "EXCEPT_KEY"}
    for key, value in (('{"a":"p","b":1}', '{"v":"first"}'), ('{"b":1,"a":"p"}', '{"v":"second"}'), ('{"a":"p","b":2}', '{"v":"other"}'), ('{"a":"q","b":1}', '{"v":"gone"}'),
                       ('{"a":"q","b":1}', ""), ('{"a":"q"}', '{"v":"half a key"}'), ("nonsense", '{"v":"no key"}'), ('{"a":"r","b":1}', "nonsense"), ('{"a":"r","b":2}', "{}")):
        subprocess.run(["kcat", "-P", "-b", kafka.bootstrap, "-t", topic, "-K", "\t", "-Z"], input=f"{key}\t{value}".encode(), check=True)
    kafka.produce(topic, ['{"v":"without a key"}'])
    for parallelism in (1, 3):
        done = run("--format", "jsonl", "--parallelism", parallelism, "-c", table(kafka, "t", columns, topic, **given, **BOUNDED) + "SELECT * FROM t")
        expect_equal(done.status, 0, f"exit status ({done.errors[-1500:]})")
        expect_equal(sorted(done.rows(), key=str), [{"v": "other", "x_b": 2, "o": 2, "twice": 4, "size": 5, "x_a": "p"},
                                                    {"v": "second", "x_b": 1, "o": 1, "twice": 2, "size": 6, "x_a": "p"}], "rows")
        expect("5 dead records" in done.errors, done.errors)


def test_upsert_kafka_event_time_of_what_has_none():
    kafka = Kafka.broker()
    topic = kafka.topic()
    put(kafka, topic, [("a", {"n": 1000}), ("b", {"n": 2000}), ("b", None), ("c", {"n": 3000})])
    columns = "k STRING, n BIGINT, ts AS TO_TIMESTAMP_LTZ(n, 3), WATERMARK FOR ts AS ts, PRIMARY KEY (k) NOT ENFORCED"
    rows = query(table(kafka, "t", columns, topic, **BOUNDED) + "SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND)) "
                 "GROUP BY window_start, window_end", "--batch-rows", "1")
    expect_equal([row["c"] for row in rows], [1, 1], "rows of each second, none of them late")


def test_upsert_kafka_needs_a_key():
    kafka = Kafka.broker()
    done = run("-c", table(kafka, "t", "k STRING, n BIGINT", kafka.topic(), **BOUNDED) + "SELECT * FROM t")
    expect_equal(done.status, 1, "exit status")
    expect("PRIMARY KEY" in done.errors and "line 2, column 15" in done.errors, done.errors)


def test_upsert_kafka_filters_and_regroups_exactly_once_through_kills():
    """Keys move between groups and in and out of a filter, and are taken back; the job is killed and started again on its checkpoints, at another parallelism."""
    kafka = Kafka.broker()
    source, small, sums = kafka.topic(3), kafka.topic(2), kafka.topic(2)
    state, chance = {}, random.Random(7)
    with Folder() as folder:
        script = folder / "job.sql"
        script.write_text(table(kafka, "t", "k STRING, g STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", source) +
                          table(kafka, "small", "k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", small) +
                          table(kafka, "sums", "g STRING, c BIGINT, n BIGINT, PRIMARY KEY (g) NOT ENFORCED", sums) +
                          "EXECUTE STATEMENT SET BEGIN\nINSERT INTO small SELECT k, n FROM t WHERE n < 50;\nINSERT INTO sums SELECT g, COUNT(*), SUM(n) FROM t GROUP BY g;\nEND;\n")

        def change(count):
            rows = {0: [], 1: [], 2: []}
            for _ in range(count):
                number = chance.randrange(60)
                key = f"key{number}"
                state[key] = None if chance.random() < 0.2 else {"g": f"g{chance.randrange(4)}", "n": chance.randrange(100)}
                rows[number % 3].append((key, state[key] and {"k": key, **state[key]}))
            for partition, part in rows.items():
                put(kafka, source, part, partition)

        def expected():
            live = {key: row for key, row in state.items() if row}
            groups = {g: [row["n"] for row in live.values() if row["g"] == g] for g in {row["g"] for row in live.values()}}
            return (sorted(({"k": key, "n": row["n"]} for key, row in live.items() if row["n"] < 50), key=str),
                    sorted(({"g": g, "c": len(ns), "n": sum(ns)} for g, ns in groups.items()), key=str))

        for turn, parallelism in enumerate((1, 3, 2)):
            change(300)
            with Running("run", script, "--checkpoint-dir", folder / "checkpoints", "--checkpoint-interval", "100ms", "--parallelism", parallelism) as job:
                arrived = lambda: (last_by_key(kafka, small), last_by_key(kafka, sums)) == expected()  # noqa: E731
                eventually(lambda: arrived() or job.process.poll() is not None, f"turn {turn}: {expected()}, not {last_by_key(kafka, small)}, {last_by_key(kafka, sums)}")
                change(300)
                if turn < 2:
                    job.stop(SIGKILL)
                    continue
                eventually(lambda: arrived() or job.process.poll() is not None, "the last changes")
                expect_equal(job.stop(), 0, f"exit status ({job.errors()[-800:]})")
        expect_equal((last_by_key(kafka, small), last_by_key(kafka, sums)), expected(), "rows in the end")
        read_back = query(table(kafka, "sums", "g STRING, c BIGINT, n BIGINT, PRIMARY KEY (g) NOT ENFORCED", sums, **BOUNDED) + "SELECT g, c, n FROM sums")
        expect_equal(sorted(read_back, key=lambda row: str({"g": row["g"], "c": row["c"], "n": row["n"]})), expected()[1], "what was written, read back")
