"""Whole jobs with their checkpoints in S3 and Google Cloud Storage: killed, in storms of errors, with answers that get lost, with a store that goes
away. The servers are those of tests/store: they check signatures and tokens, compare before they write, and fail on demand."""
import contextlib
import json
import os
import random
import sys

from harness import PATIENCE_S, ROOT, Folder, Kafka, Running, eventually, expect, expect_equal, run

sys.path.append(str(ROOT / "tests/store"))
import faulty_server  # noqa: E402
import gcs_server  # noqa: E402
import s3_server  # noqa: E402

WINDOW_ROWS, KEYS = 1000, 5
COMPLAINTS = ("the store gave no answer", "a checkpoint could not be written")
SECONDS = 10  # for what is refused at start
ENVIRONMENT = {"LOG_LEVEL": "info", "no_proxy": "127.0.0.1,localhost"}


class Place:
    """A store of its own: a server, its address for a job, and the environment that goes with it."""

    def __init__(self, server, uri, environment):
        self.server, self.uri = server, uri
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "GOOGLE_", "GCE_", "STORAGE_"))}
        self.environment = {**kept, **ENVIRONMENT, **environment}

    def swaps(self):
        """How often somebody asked for HEAD to be written, whatever became of it."""
        with self.server.lock:
            return sum(is_swap(method, path) for method, path in self.server.log)


def is_swap(method, path):
    return method in ("PUT", "POST") and "HEAD" in path


@contextlib.contextmanager
def s3(secret=s3_server.SECRET_KEY, **options):
    server = s3_server.S3Server(**options)
    try:
        yield Place(server, f"s3://bucket/jobs/one?endpoint=http://{server.address}&region={s3_server.REGION}&style=path",
                    {"AWS_ACCESS_KEY_ID": s3_server.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": secret})
    finally:
        if not server.is_away:
            server.shutdown()
            server.server_close()


@contextlib.contextmanager
def gcs():
    server = gcs_server.GcsServer()
    server.need_token = True
    try:
        yield Place(server, f"gs://bucket/jobs/one?endpoint=http://{server.address}", {"GCE_METADATA_HOST": server.address})
    finally:
        if not server.is_away:
            server.shutdown()
            server.server_close()


class Job:
    """Numbered rows at a steady rate, copied to one table and summed in windows in another; both are written exactly once."""

    def __init__(self, folder, count, rate):
        self.folder, self.count = folder, count
        self.script = folder / "job.sql"
        table = "WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '{}/{}');\n"
        self.script.write_text(
            "CREATE TABLE t (n BIGINT, ts AS TO_TIMESTAMP_LTZ(n * 10, 3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'datagen', "
            f"'rows-per-second' = '{rate}', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '{count - 1}');\n"
            "CREATE TABLE passed (n BIGINT, doubled BIGINT) " + table.format(folder, "passed") +
            "CREATE TABLE sums (k BIGINT, first_n BIGINT, n BIGINT, total BIGINT) " + table.format(folder, "sums") +
            "EXECUTE STATEMENT SET BEGIN\nINSERT INTO passed SELECT n, n * 2 FROM t;\n"
            f"INSERT INTO sums SELECT MOD(n, {KEYS}), MIN(n), COUNT(*), SUM(n) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) "
            f"GROUP BY window_start, window_end, MOD(n, {KEYS});\nEND;\n")

    def arguments(self, uri, interval="30ms"):
        return ("run", self.script, "--batch-rows", "256", "--checkpoint-dir", uri, "--checkpoint-interval", interval)

    def rows(self, table):
        return [json.loads(line) for path in sorted((self.folder / table).glob("[!._]*")) for line in path.read_text().splitlines()]

    def check(self):
        """Every row once: not one missing, not one twice."""
        expect_equal(sorted(row["n"] for row in self.rows("passed")), list(range(self.count)), "rows that were passed")
        expect(all(row["doubled"] == 2 * row["n"] for row in self.rows("passed")), "a row was altered")
        expected = []
        for start in range(0, self.count, WINDOW_ROWS):
            for key in range(KEYS):
                members = range(start + key, min(start + WINDOW_ROWS, self.count), KEYS)
                expected.append((members[0], key, len(members), sum(members)))
        expect_equal(sorted((row["first_n"], row["k"], row["n"], row["total"]) for row in self.rows("sums")), sorted(expected), "sums of windows")

    def finish(self, place):
        done = run(*self.arguments(place.uri), environment=place.environment)
        expect_equal(done.status, 0, f"exit status ({done.errors[-1000:]})")
        self.check()


def kill_again_and_again(job, place, kills, seed):
    choose = random.Random(seed)
    for _ in range(kills):
        with Running(*job.arguments(place.uri), env=place.environment) as running:
            wanted = place.swaps() + choose.randint(2, 6)  # one takes the job over
            eventually(lambda: place.swaps() >= wanted or running.process.poll() is not None, "more checkpoints")
            expect(running.process.poll() is None, "the job ended before it was killed: " + running.errors()[-600:])
            running.process.kill()
            running.process.wait()


def storm(seed, swap_lost=0.3):
    """A tenth of all requests goes wrong, and more of the swaps are carried out and their answers lost."""
    choose = random.Random(seed)
    faults = [faulty_server.Fault(None, "", "status", 503, False), faulty_server.Fault(None, "", "status", 500, True), faulty_server.Fault(None, "", "cut", None, False),
              faulty_server.Fault(None, "", "cut", None, True), faulty_server.Fault(None, "", "slow", 0.3, False), faulty_server.Fault(None, "", "half", None, False)]
    counts = {"other": 0, "swap": 0}

    def choose_fault(method, path):
        if "computeMetadata" in path:
            return None
        if is_swap(method, path) and choose.random() < swap_lost:
            counts["swap"] += 1
            return faulty_server.Fault(None, "", "cut", None, True)
        if choose.random() < 0.1:
            counts["other"] += 1
            return choose.choice(faults)
        return None
    return choose_fault, counts


def go_through_kills(place):
    with Folder() as folder:
        job = Job(folder, 60_000, 20_000)
        kill_again_and_again(job, place, kills=6, seed=1)
        job.finish(place)
    expect_equal(place.server.complaints, [], "complaints of the server")


def go_through_storms(place):
    with Folder() as folder:
        job = Job(folder, 50_000, 20_000)
        place.server.storm, counts = storm(seed=2)
        kill_again_and_again(job, place, kills=2, seed=3)
        job.finish(place)
        expect(counts["swap"] >= 3 and counts["other"] >= 10, f"hardly a storm: {counts}")
    expect_equal(place.server.complaints, [], "complaints of the server")


def go_on_after_absence(place):
    with Folder() as folder:
        job = Job(folder, 60_000, 20_000)
        with Running(*job.arguments(place.uri), env=place.environment) as running:
            eventually(lambda: place.swaps() >= 4, "the first checkpoints")
            place.server.go_away()
            eventually(lambda: any(word in running.errors() for word in COMPLAINTS) or running.process.poll() is not None, "a word about the store")
            expect(running.process.poll() is None, "the job ended while its store was away: " + running.errors()[-600:])
            place.server.come_back()
            expect_equal(running.wait(), 0, f"exit status ({running.errors()[-600:]})")
        job.check()


def refused(place, words, status=1):
    """At start, soon, and before anything was written to a table."""
    with Folder() as folder:
        job = Job(folder, 1000, 0)
        done = run(*job.arguments(place.uri), environment=place.environment, timeout=PATIENCE_S)
        expect_equal(done.status, status, f"exit status ({done.errors})")
        for word in words:
            expect(word in done.errors, f"{word!r} is not in {done.errors[-800:]!r}")
        expect(done.seconds < SECONDS, f"it took {done.seconds:.1f} s to refuse")
        expect_equal(job.rows("passed") + job.rows("sums"), [], "rows")


def test_s3_job_is_killed_and_resumed():
    with s3() as place:
        go_through_kills(place)


def test_gcs_job_is_killed_and_resumed():
    with gcs() as place:
        go_through_kills(place)


def test_s3_job_in_a_storm():
    with s3() as place:
        go_through_storms(place)


def test_gcs_job_in_a_storm():
    with gcs() as place:
        go_through_storms(place)


def test_s3_goes_away_and_comes_back():
    with s3() as place:
        go_on_after_absence(place)


def test_gcs_goes_away_and_comes_back():
    with gcs() as place:
        go_on_after_absence(place)


def test_s3_that_does_not_compare_is_refused():
    with s3(compares=False) as place:
        refused(place, ["s3://bucket/jobs/one", "cannot hold the job's HEAD", "conditional writes"])


def test_s3_wrong_credentials():
    with s3(secret="wrong") as place:
        refused(place, ["403", "credentials"])


def test_gcs_wrong_credentials():
    with gcs() as place:
        place.server.tokens = NoTokens()
        refused(place, ["401", "credentials"])


class NoTokens(set):
    """Tokens are given out, and none is good."""

    def __contains__(self, token):
        return False


def test_s3_missing_bucket():
    with s3() as place:
        place.uri = place.uri.replace("s3://bucket/", "s3://elsewhere/")
        refused(place, ["s3://elsewhere/jobs/one"])


def test_s3_that_is_not_there():
    with s3() as place:
        place.server.go_away()
        with Folder() as folder:
            done = run(*Job(folder, 1000, 0).arguments(place.uri), environment=place.environment)
            expect_equal(done.status, 1, f"exit status ({done.errors})")
            expect("08006" in done.errors and place.server.address in done.errors, done.errors)


def stopped_with_savepoint(job, uri, environment, ready):
    with Running(*job.arguments(uri), "--stop-with-savepoint", env=environment) as running:
        eventually(ready, "the first rows")
        expect_equal(running.stop(), 0, f"exit status ({running.errors()})")
        lines = [line for line in running.errors().splitlines() if line.startswith("savepoint: ")]
        expect_equal(len(lines), 1, f"savepoints ({running.errors()[-600:]})")
        return lines[0].removeprefix("savepoint: ")


def test_savepoint_moves_from_a_folder_to_s3_and_on_to_gcs():
    with s3() as first, gcs() as second, Folder() as folder:
        job = Job(folder, 40_000, 10_000)
        savepoint = stopped_with_savepoint(job, f"{folder}/checkpoints", first.environment, lambda: len(job.rows("passed")) > 0)
        given = len(job.rows("passed"))
        expect(given < job.count, "the job had ended before it was stopped")
        environment = {**first.environment, **second.environment}

        def go_on_from(savepoint, uri):
            return (*job.arguments(uri), "--from-savepoint", savepoint)
        with Running(*go_on_from(savepoint, first.uri), "--stop-with-savepoint", env=environment) as running:
            eventually(lambda: len(job.rows("passed")) > given or running.process.poll() is not None, "rows of the fork")
            expect_equal(running.stop(), 0, f"exit status ({running.errors()})")
            savepoint = [line for line in running.errors().splitlines() if line.startswith("savepoint: ")][0].removeprefix("savepoint: ")
        done = run(*go_on_from(savepoint, second.uri), environment=environment)
        expect_equal(done.status, 0, f"exit status ({done.errors})")
        job.check()


def test_kafka_to_kafka_with_checkpoints_in_s3_in_a_storm():
    """Rows come in portions; all but the last process are killed; what a reader of committed records gets is every row once."""
    kafka, choose, portion, turns = Kafka.broker(), random.Random(5), 3000, 5
    source, sink = kafka.topic(partitions=3), kafka.topic(partitions=2)

    def committed():
        return [int(line) for line in kafka.consume(sink, extra=("-X", "isolation.level=read_committed"))]
    with s3() as place, Folder() as folder:
        script = folder / "job.sql"
        script.write_text(kafka.table("s", "n BIGINT", source, **{"scan.startup.mode": "earliest-offset"}) +
                          kafka.table("d", "n STRING", sink, **{"sink.delivery-guarantee": "exactly-once", "format": "raw"}) +
                          "INSERT INTO d SELECT CAST(n AS STRING) FROM s;\n")
        arguments = ("run", script, "--batch-rows", "128", "--checkpoint-dir", place.uri, "--checkpoint-interval", "30ms")
        place.server.storm, counts = storm(seed=6)
        for turn in range(turns):
            with Running(*arguments, env=place.environment) as running:
                first = turn * portion
                for partition in range(3):
                    kafka.produce(source, [json.dumps({"n": n}) for n in range(first + partition, first + portion, 3)], partition=partition)
                if turn < turns - 1:
                    wanted = place.swaps() + choose.randint(3, 8)
                    eventually(lambda: place.swaps() >= wanted or running.process.poll() is not None, "more checkpoints")
                    expect(running.process.poll() is None, "the job ended before it was killed: " + running.errors()[-600:])
                    running.process.kill()
                    running.process.wait()
                    continue
                eventually(lambda: len(committed()) >= turns * portion or running.process.poll() is not None, "all rows")
                expect_equal(running.stop(), 0, f"exit status ({running.errors()[-600:]})")
        expect(counts["swap"] >= 3 and counts["other"] >= 10, f"hardly a storm: {counts}")
        expect_equal(sorted(committed()), list(range(turns * portion)), "committed rows")
    expect_equal(place.server.complaints, [], "complaints of the server")
