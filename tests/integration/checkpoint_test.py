"""Jobs that are killed without warning, again and again, and go on from their checkpoints: state counts every row once."""
import json
import os
import pathlib
import random

from harness import SIGINT, Folder, Kafka, Running, eventually, expect, expect_equal, run

QUERY = "SELECT k, count(*) AS rows_read, sum(n) AS total FROM t GROUP BY k ORDER BY k"
KEYS = 97


def expected(count, keys=KEYS):
    groups = {}
    for n in range(count):
        group = groups.setdefault(f"key {n % keys} of many", [0, 0])
        group[0] += 1
        group[1] += n
    return [{"k": key, "rows_read": rows, "total": total} for key, (rows, total) in sorted(groups.items())]


def lines(first, last, keys=KEYS):
    return [json.dumps({"k": f"key {n % keys} of many", "n": n}) for n in range(first, last)]


def newest_epoch(folder):
    """The newest epoch that has a manifest (<job>/<J>/<G>/<E>/<attempt>/manifest-*, numbers in hexadecimal); 0 when there is none. os.walk does
    not mind that garbage collection takes folders away meanwhile."""
    return max((int(pathlib.Path(path).parent.name, 16) for path, _, names in os.walk(folder / "checkpoints")
                if any(name.startswith("manifest-") for name in names)), default=0)


def written(out):
    """All rows of the files that readers may see, by key: a row that came twice is there twice."""
    rows = [json.loads(line) for path in out.glob("part-*") for line in path.read_text().splitlines()]
    return sorted(rows, key=lambda row: row["k"])


def killed_until_done(script, folder, seed, kills, parallelisms=(1,), more=()):
    """The output of the process that was let alone at last, and how many were killed while they ran. Each has one of the parallelisms."""
    choose = random.Random(seed)
    always = ("-f", script, "--format", "jsonl", "--batch-rows", "64", "--checkpoint-dir", folder / "checkpoints",
              "--checkpoint-interval", "20ms", *more)
    killed = 0
    for _ in range(kills):
        arguments = (*always, "--parallelism", str(choose.choice(parallelisms)))
        with Running(*arguments) as job:
            # Killed at some moment after one or two more epochs have their manifests: not before anything was saved, not at their edge.
            wanted = newest_epoch(folder) + choose.randint(1, 2)
            eventually(lambda: newest_epoch(folder) >= wanted or job.process.poll() is not None, "a checkpoint")
            if job.process.poll() is not None:
                expect_equal(job.process.returncode, 0, f"exit status of an undisturbed process, seed {seed}: {job.errors()}")
                return job.process.stdout.read().decode(), killed
            job.process.kill()
            job.process.wait()
            killed += 1
    done = run(*always, "--parallelism", str(choose.choice(parallelisms)))
    expect_equal(done.status, 0, f"exit status, seed {seed}: {done.errors}")
    return done.output, killed


def files_are_counted_once(seeds, parallelisms):
    count = 1_500_000
    with Folder() as folder:
        (folder / "in").mkdir()
        for part in range(3):
            (folder / "in" / f"part-{part}.json").write_text("\n".join(lines(part * 500_000, part * 500_000 + 500_000)) + "\n")
        script = folder / "job.sql"
        script.write_text(f"CREATE TABLE t (k STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', "
                          f"'format' = 'json');\nCREATE TABLE result (k STRING, rows_read BIGINT, total BIGINT) WITH ('connector' = 'filesystem', "
                          f"'path' = '{folder}/out', 'format' = 'json');\nINSERT INTO result {QUERY};\n")
        for seed in seeds:
            _, killed = killed_until_done(script, folder, seed, 12, parallelisms)
            expect(seed > seeds[0] or killed > 0, "no process was killed: the test shows nothing")
            expect_equal(written(folder / "out"), expected(count), f"groups, seed {seed}")


def test_groups_in_rocksdb_are_counted_once_through_kills():
    count, keys = 400_000, 30_011
    with Folder() as folder:
        (folder / "in.json").write_text("\n".join(lines(0, count, keys)) + "\n")
        script = folder / "job.sql"
        script.write_text(f"CREATE TABLE t (k STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in.json', "
                          f"'format' = 'json');\nCREATE TABLE result (k STRING, rows_read BIGINT, total BIGINT) WITH ('connector' = 'filesystem', "
                          f"'path' = '{folder}/out', 'format' = 'json');\nINSERT INTO result {QUERY};\n")
        more = ("--state-backend", "rocksdb", "--set", "state.backend.memory.budget=1 mb", "--set", f"state.backend.rocksdb.localdir={folder}/state")
        _, killed = killed_until_done(script, folder, 4, 6, (1, 2), more)
        expect(killed > 0, "no process was killed: the test shows nothing")
        rows = {line for path in (folder / "out").glob("part-*") for line in path.read_text().splitlines()}
        expect_equal(sorted((json.loads(line) for line in rows), key=lambda row: row["k"]), expected(count, keys), "groups")
        expect_equal(list((folder / "state").iterdir()), [], "folders that killed processes left behind, after the next ones")


def test_files_are_counted_once_through_kills():
    files_are_counted_once((1, 2), (1,))


def test_files_are_counted_once_through_kills_and_changes_of_parallelism():
    files_are_counted_once((4,), (1, 2, 3))


def kafka_is_counted_once(seed, parallelisms):
    count = 600_000
    kafka = Kafka.broker()
    topic = kafka.topic(partitions=3)
    for partition in range(3):
        kafka.produce(topic, [json.dumps({"k": f"key {n % KEYS} of many", "n": n}) for n in range(partition, count, 3)], partition=partition)
    with Folder() as folder:
        script = folder / "job.sql"
        script.write_text(kafka.table("t", "k STRING, n BIGINT", topic, **Kafka.BOUNDED) + f"CREATE TABLE result (k STRING, rows_read BIGINT, total BIGINT) WITH ("
                          f"'connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');\nINSERT INTO result {QUERY};\n")
        _, killed = killed_until_done(script, folder, seed, 8, parallelisms)
        expect(killed > 0, "no process was killed: the test shows nothing")
        expect_equal(written(folder / "out"), expected(count), "groups")


def test_the_second_interrupt_is_told():
    with Folder() as folder:
        script = folder / "job.sql"
        script.write_text("CREATE TABLE t WITH ('connector' = 'weather', 'rows-per-second' = '100');\nCREATE TABLE result (city STRING) WITH ("
                          f"'connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');\nINSERT INTO result SELECT city FROM t;\n")
        arguments = ("run", script, "--checkpoint-dir", folder / "checkpoints", "--checkpoint-interval", "1h")
        with Running(*arguments, env={**os.environ, "STREAMSQL_FAULT": "task.upload:1:errors", "LOG_LEVEL": "info"}) as job:
            eventually(lambda: "the job is restored and begins" in job.errors(), "the job's start")
            job.process.send_signal(SIGINT)
            eventually(lambda: "a checkpoint could not be written" in job.errors(), "the last epoch, which the store refuses")
            expect(job.process.poll() is None, "the job ended although its last epoch is not decided")
            job.process.send_signal(SIGINT)
            expect_equal(job.wait(), 130, "exit status")
            expect("is given up" in job.errors(), job.errors())
        head = next((folder / "checkpoints").rglob("HEAD"))
        before = head.read_bytes()
        with Running(*arguments, env={**os.environ, "LOG_LEVEL": "info"}) as job:
            eventually(lambda: "the job is restored and begins" in job.errors(), "the job's next start")
            expect(head.read_bytes() != before, "HEAD was not taken over")
            job.process.send_signal(SIGINT)
            expect_equal(job.wait(), 0, f"exit status after one: {job.errors()}")


def test_kafka_is_counted_once_through_kills():
    kafka_is_counted_once(3, (1,))


def test_kafka_is_counted_once_through_kills_and_changes_of_parallelism():
    kafka_is_counted_once(5, (1, 2, 3))


def test_kafka_to_kafka_exactly_once_through_kills_and_changes_of_parallelism():
    count = 300_000
    kafka = Kafka.broker()
    source, sink = kafka.topic(partitions=3), kafka.topic(partitions=2)
    for partition in range(3):
        kafka.produce(source, lines(partition * count // 3, (partition + 1) * count // 3), partition=partition)
    with Folder() as folder:
        script = folder / "job.sql"
        script.write_text(kafka.table("t", "k STRING, n BIGINT", source, **Kafka.BOUNDED) +
                          kafka.table("d", "k STRING, n BIGINT", sink, **{"sink.delivery-guarantee": "exactly-once"}) +
                          "INSERT INTO d SELECT k, n FROM t;\n")
        _, killed = killed_until_done(script, folder, 6, 8, (1, 2, 3))
        expect(killed > 0, "no process was killed: the test shows nothing")
        written = sorted(json.loads(line)["n"] for line in kafka.consume(sink, extra=("-X", "isolation.level=read_committed")))
        expect_equal(len(written), count, "rows")
        expect(written == list(range(count)), "a row is there twice, and another one is missing")


def test_another_query_is_refused():
    for parallelism in ("1", "3"):
        with Folder() as folder:
            text = "CREATE TABLE t WITH ('connector' = 'weather', 'number-of-rows' = '1000'); SELECT city, {}(temp) FROM t GROUP BY city"
            first = run("-c", text.format("min"), "--checkpoint-dir", folder, "--checkpoint-stop-after", "1", "--batch-rows", "10", "--parallelism", parallelism)
            expect_equal(first.status, 128, first.errors)
            second = run("-c", text.format("max"), "--checkpoint-dir", folder)
            expect_equal(second.status, 1, second.errors)
            expect("the query differs" in second.errors, second.errors)
            expect("GroupAggregate with other properties" in second.errors, second.errors)
