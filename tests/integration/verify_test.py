"""`streamsql verify`: what jobs wrote exactly once is proved, rows of others are told apart, and deleted ones are missed."""
import json
import subprocess

from harness import Folder, Kafka, delete_records, expect, expect_equal, run

COLUMNS = "k STRING, n BIGINT"


def numbers(first, last):
    return [json.dumps({"k": f"key{n % 7}", "n": n}) for n in range(first, last)]


def verify(script, folder, status=0):
    done = run("verify", script, "--checkpoint-dir", folder / "checkpoints", "--format", "jsonl")
    expect_equal(done.status, status, f"exit status of verify ({done.errors})")
    return done.rows()


def written(kafka, folder, parallelism):
    """A finished job's script and output topic; it was stopped and started in the middle."""
    source, sink = kafka.topic(partitions=2), kafka.topic(partitions=3)
    for partition in range(2):
        kafka.produce(source, numbers(1000 * partition, 1000 * partition + 1000), partition=partition)
    script = folder / "job.sql"
    script.write_text(kafka.table("s", COLUMNS, source, **Kafka.BOUNDED) +
                      kafka.table("d", COLUMNS, sink, **{"key.format": "raw", "key.fields": "k", "sink.lanes": "2", "sink.delivery-guarantee": "exactly-once"}) +
                      "INSERT INTO d SELECT k, n FROM s;\n")
    arguments = ("run", script, "--checkpoint-dir", folder / "checkpoints", "--batch-rows", "64", "--parallelism", parallelism)
    first = run(*arguments, "--checkpoint-stop-after", "5")
    expect_equal(first.status, 0, f"exit status of a job that stops itself ({first.errors})")
    last = run(*arguments)
    expect_equal(last.status, 0, f"exit status ({last.errors})")
    return script, sink


def test_what_a_job_wrote_is_proved():
    kafka = Kafka.broker()
    for parallelism in (1, 2):
        with Folder() as folder:
            script, sink = written(kafka, folder, parallelism)
            expect_equal(len(kafka.consume(sink, extra=("-X", "isolation.level=read_committed"))), 2000, "rows")
            (row,) = verify(script, folder)
            expect_equal((row["verdict"], row["rows"], row["foreign"], row["lanes"]), ("proved", "2000", "0", "2"), "verdict")
            expect_equal(row["published"], row["decided"], "epochs")


def test_a_row_of_somebody_else_is_foreign():
    kafka = Kafka.broker()
    with Folder() as folder:
        script, sink = written(kafka, folder, 1)
        line = kafka.consume(sink, "%p %k %s\n")[0]
        partition, key, value = line.split(" ", 2)
        place = subprocess.run(["kcat", "-C", "-b", kafka.bootstrap, "-t", sink, "-p", partition, "-o", "0", "-c", "1", "-q", "-f", "%h"], capture_output=True, check=True).stdout
        expect(place.startswith(b"sx="), f"the row's place: {place}")
        # kcat cannot send zero bytes in a header: a row without a place is foreign, and does not count against the job
        kafka.produce(sink, [f"{key}|{value}"], partition=int(partition), key_separator="|")
        (row,) = verify(script, folder)
        expect_equal((row["verdict"], row["foreign"]), ("proved", "1"), "a foreign row")


def test_records_that_somebody_deletes_are_missed():
    kafka = Kafka.broker()
    with Folder() as folder:
        script, sink = written(kafka, folder, 1)
        delete_records(kafka.bootstrap, sink, 0, 10)
        (row,) = verify(script, folder, status=1)
        expect(row["verdict"] == "WRONG" and int(row["missing"]) >= 1, f"verdict: {row}")


def test_verify_needs_a_checkpoint_and_a_sink():
    with Folder() as folder:
        script = folder / "job.sql"
        script.write_text("CREATE TABLE s WITH ('connector' = 'weather', 'number-of-rows' = '10'); CREATE TABLE d (city STRING) WITH ('connector' = 'blackhole'); INSERT INTO d SELECT city FROM s;")
        done = run("verify", script)
        expect_equal(done.status, 2, done.errors)
        done = run("verify", script, "--checkpoint-dir", folder / "nothing")
        expect_equal(done.status, 1, done.errors)
        expect("no checkpoint" in done.errors, done.errors)
