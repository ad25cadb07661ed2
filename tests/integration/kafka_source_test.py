"""Where a job with checkpoints goes on reading: a topic that became another one, records that are gone, partitions that are new, a broker that restarts;
and what it tells its consumer group. The output is written exactly once, so every row may be there once."""
import contextlib
import json
import os
import signal
import struct
import subprocess

from checkpoint_test import newest_epoch
from harness import (Folder, Kafka, Running, create_topic, delete_records, delete_topic, eventually, expect, expect_equal, kafka_request, kafka_text, query, run)


def numbers(first, last):
    return [json.dumps({"n": n}) for n in range(first, last)]


def add_partitions(kafka, topic, count):
    """CreatePartitions version 0."""
    body = struct.pack(">i", 1) + kafka_text(topic) + struct.pack(">iiib", count, -1, 30_000, 0)
    answer = kafka_request(kafka.bootstrap, 37, 0, body)
    code = struct.unpack_from(">h", answer, 8 + 2 + len(topic))[0]
    expect_equal(code, 0, f"error of adding partitions to {topic}")


def group_offset(kafka, group, topic, partition=0):
    """OffsetFetch version 2; -1: none."""
    body = kafka_text(group) + struct.pack(">i", 1) + kafka_text(topic) + struct.pack(">ii", 1, partition)
    answer = kafka_request(kafka.bootstrap, 9, 2, body)
    if struct.unpack_from(">i", answer, 0)[0] == 0:
        return -1  # the group's coordinator is not there yet
    return struct.unpack_from(">q", answer, 4 + 2 + len(topic) + 4 + 4)[0]


def commit_group_offset(kafka, group, topic, offset):
    """OffsetCommit version 2, of partition 0, as an administrator does it."""
    body = (kafka_text(group) + struct.pack(">i", -1) + kafka_text("") + struct.pack(">qi", -1, 1) + kafka_text(topic) +
            struct.pack(">iiq", 1, 0, offset) + kafka_text(""))
    code = struct.unpack(">h", kafka_request(kafka.bootstrap, 8, 2, body)[-2:])[0]
    expect_equal(code, 0, "error of committing an offset")


class Reader:
    """A job that copies a topic to files, started and stopped again and again on the same checkpoints."""

    def __init__(self, folder, kafka, topic, parallelism=1, **options):
        self.folder, self.topic = folder, topic
        self.script = folder / "job.sql"
        given = {"scan.startup.mode": "earliest-offset", "scan.topic-partition-discovery.interval": "200 ms", **options}
        self.script.write_text(kafka.table("t", "n BIGINT, part INT METADATA FROM 'partition' VIRTUAL, place BIGINT METADATA FROM 'offset' VIRTUAL", topic, **given) +
                               f"CREATE TABLE out (n BIGINT, part INT, place BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '{folder}/out');\n"
                               "INSERT INTO out SELECT n, part, place FROM t;\n")
        self.arguments = ("run", self.script, "--checkpoint-dir", folder / "checkpoints", "--checkpoint-interval", "50ms", "--parallelism", str(parallelism))

    def rows(self):
        return [json.loads(line) for path in sorted((self.folder / "out").glob("[!._]*")) for line in path.read_text().splitlines()]

    def numbers(self):
        return sorted(row["n"] for row in self.rows())

    def running(self, level="info"):
        return Running(*self.arguments, env={**os.environ, "LOG_LEVEL": level})

    def wait_for(self, job, count):
        eventually(lambda: len(self.rows()) >= count or job.process.poll() is not None, f"{count} rows")
        expect(job.process.poll() is None, "the job ended: " + job.errors()[-600:])

    def stop(self, job):
        expect_equal(job.stop(), 0, f"exit status ({job.errors()[-600:]})")

    def read(self, count):
        """One run, until so many rows are there in all."""
        with self.running() as job:
            self.wait_for(job, count)
            self.stop(job)

    def must_refuse(self, *words):
        before = self.rows()
        done = run(*self.arguments)
        expect_equal(done.status, 1, f"exit status ({done.errors})")
        for word in (f'"{self.topic}"', "08P02", *words):
            expect(word in done.errors, f"{word!r} is not in {done.errors!r}")
        expect_equal(self.rows(), before, "rows after a refusal")


@contextlib.contextmanager
def reader(kafka, partitions=1, **options):
    with Folder() as folder:
        yield Reader(folder, kafka, kafka.topic(partitions), **options)


def make_again(kafka, topic, partitions=1):
    delete_topic(kafka.bootstrap, topic)

    def made():
        try:
            create_topic(kafka.bootstrap, topic, partitions)
            return True
        except Exception:  # it is still being deleted
            return False
    eventually(made, f"topic {topic} to be made again")


def test_a_topic_that_was_made_again_is_refused():
    kafka = Kafka.broker()
    with reader(kafka) as job:
        kafka.produce(job.topic, numbers(0, 100))
        job.read(100)
        make_again(kafka, job.topic)
        kafka.produce(job.topic, numbers(1000, 1300))  # more than there were: the offset alone tells nothing
        job.must_refuse("deleted and made again", "partition 0", "offset 100")


def test_records_deleted_while_stopped_are_refused():
    kafka = Kafka.broker()
    with reader(kafka) as job:
        kafka.produce(job.topic, numbers(0, 100))
        job.read(100)
        kafka.produce(job.topic, numbers(100, 200))
        delete_records(kafka.bootstrap, job.topic, 0, 150)
        job.must_refuse("records that were not read yet are gone", "offset 100")


def test_records_deleted_that_were_read_do_not_matter():
    kafka = Kafka.broker()
    with reader(kafka) as job:
        kafka.produce(job.topic, numbers(0, 100))
        job.read(100)
        delete_records(kafka.bootstrap, job.topic, 0, 100)
        kafka.produce(job.topic, numbers(100, 200))
        job.read(200)
        expect_equal(job.numbers(), list(range(200)), "rows")


def test_records_deleted_under_a_running_job_end_it_by_name():
    kafka = Kafka.broker()
    with reader(kafka) as job, job.running() as process:
        kafka.produce(job.topic, numbers(0, 100))
        job.wait_for(process, 100)
        process.process.send_signal(signal.SIGSTOP)
        kafka.produce(job.topic, numbers(100, 110))  # a question that is under way gets these
        kafka.produce(job.topic, numbers(110, 300))
        delete_records(kafka.bootstrap, job.topic, 0, 200)
        process.process.send_signal(signal.SIGCONT)
        expect_equal(process.wait(), 1, f"exit status ({process.errors()})")
        for word in ("08P02", f'"{job.topic}"', "partition 0", "retention"):
            expect(word in process.errors(), f"{word!r} is not in {process.errors()[-800:]!r}")
        expect(all(n < 110 for n in job.numbers()), "rows behind the gap were read")


def ends_by_name(process, topic, *words):
    expect_equal(process.wait(), 1, f"exit status ({process.errors()[-800:]})")
    for word in ("08P02", f'"{topic}"', *words):
        expect(word in process.errors(), f"{word!r} is not in {process.errors()[-800:]!r}")


def test_a_topic_deleted_under_a_running_job_ends_it_by_name():
    kafka = Kafka.broker()
    with reader(kafka, 2) as job, job.running() as process:
        kafka.produce(job.topic, numbers(0, 100), partition=0)
        job.wait_for(process, 100)
        delete_topic(kafka.bootstrap, job.topic)
        ends_by_name(process, job.topic, "Unknown topic")
        expect_equal(job.numbers(), list(range(100)), "rows")


def test_a_topic_made_again_under_a_running_job_ends_it_by_name():
    kafka = Kafka.broker()
    with reader(kafka) as job, job.running() as process:
        kafka.produce(job.topic, numbers(0, 100))
        job.wait_for(process, 100)
        process.process.send_signal(signal.SIGSTOP)
        make_again(kafka, job.topic)
        kafka.produce(job.topic, numbers(1000, 1300))  # more than there were: no offset is out of range
        process.process.send_signal(signal.SIGCONT)
        ends_by_name(process, job.topic, "deleted and made again")


def test_new_partitions_are_read_from_their_beginning():
    kafka = Kafka.broker()
    with reader(kafka) as job:
        with job.running() as process:
            kafka.produce(job.topic, numbers(0, 100), partition=0)
            job.wait_for(process, 100)
            add_partitions(kafka, job.topic, 3)
            for partition in (1, 2):
                kafka.produce(job.topic, numbers(100 * partition, 100 * partition + 100), partition=partition)
            job.wait_for(process, 300)
            process.stop(signal.SIGKILL)
        add_partitions(kafka, job.topic, 5)
        for partition in (3, 4):
            kafka.produce(job.topic, numbers(100 * partition, 100 * partition + 100), partition=partition)
        job.read(500)
        expect_equal(job.numbers(), list(range(500)), "rows of old and new partitions")
        expect_equal(sorted((row["part"], row["place"]) for row in job.rows()), [(part, place) for part in range(5) for place in range(100)], "places")


def test_latest_offset_of_an_empty_topic_is_a_place():
    kafka = Kafka.broker()
    for end in (signal.SIGINT, signal.SIGKILL):
        with reader(kafka, 2, **{"scan.startup.mode": "latest-offset"}) as job:
            with job.running() as process:
                eventually(lambda: newest_epoch(job.folder) >= 2 or process.process.poll() is not None, "a decided epoch")
                process.stop(end)
            for partition in (0, 1):
                kafka.produce(job.topic, numbers(50 * partition, 50 * partition + 50), partition=partition)
            job.read(100)
            expect_equal(job.numbers(), list(range(100)), f"rows after signal {end}")


class RestartedKafka(Kafka):
    """One that may be killed: the other tests keep theirs."""
    _broker = None


def test_the_broker_restarts_in_mid_run():
    kafka = RestartedKafka.broker()
    with reader(kafka, 3) as job, job.running() as process:
        for turn in range(2):
            for partition in range(3):
                first = 300 * turn + 100 * partition
                kafka.produce(job.topic, numbers(first, first + 100), partition=partition)
            job.wait_for(process, 300 * turn + 100)
            kafka.kill()
            kafka.start()
        job.wait_for(process, 600)
        job.stop(process)
        expect_equal(job.numbers(), list(range(600)), "rows")


def test_decided_offsets_are_told_to_the_group_and_never_read_back():
    offsets_are_told(parallelism=1)


def test_decided_offsets_are_told_by_every_task():
    offsets_are_told(parallelism=3)


def offsets_are_told(parallelism):
    kafka = Kafka.broker()
    with reader(kafka, 2) as job:
        group = f"group-of-{job.topic}"
        job = Reader(job.folder, kafka, job.topic, parallelism, **{"properties.group.id": group})
        kafka.produce(job.topic, numbers(0, 70), partition=0)
        kafka.produce(job.topic, numbers(70, 100), partition=1)
        with job.running() as process:
            job.wait_for(process, 100)
            eventually(lambda: (group_offset(kafka, group, job.topic, 0), group_offset(kafka, group, job.topic, 1)) == (70, 30), "the group's offsets")
            kafka.produce(job.topic, numbers(100, 120), partition=1)
            job.wait_for(process, 120)
            job.stop(process)
        expect_equal((group_offset(kafka, group, job.topic, 0), group_offset(kafka, group, job.topic, 1)), (70, 50), "offsets after a clean stop")
        commit_group_offset(kafka, group, job.topic, 5)
        kafka.produce(job.topic, numbers(120, 130), partition=0)
        job.read(130)
        expect_equal(job.numbers(), list(range(130)), "rows: what the group says is not where a job goes on")
        expect_equal(group_offset(kafka, group, job.topic, 0), 80, "offset of the group")


def test_without_a_group_the_reset_says_where_to_begin():
    kafka = Kafka.broker()
    topic = kafka.topic()
    kafka.produce(topic, numbers(0, 10))
    for reset, count in (("earliest", 10), ("latest", 0)):
        table = kafka.table("t", "n BIGINT", topic, **{"scan.bounded.mode": "latest-offset", "properties.auto.offset.reset": reset})
        expect_equal(query(table + "SELECT COUNT(*) AS n FROM t"), [{"n": count}], f"rows from {reset}")
    done = run("-c", kafka.table("t", "n BIGINT", topic, **{"scan.bounded.mode": "latest-offset"}) + "SELECT n FROM t")
    expect(done.status == 1 and "properties.group.id" in done.errors and "earliest-offset" in done.errors, done.errors)


def test_no_group_is_told_nothing():
    kafka = Kafka.broker()
    with reader(kafka) as job:
        kafka.produce(job.topic, numbers(0, 10))
        job.read(10)
        expect_equal(group_offset(kafka, "streamsql", job.topic), -1, "offset of the client's default group")


def test_a_group_that_refuses_offsets_stops_nobody():
    kafka = Kafka.broker()
    with reader(kafka) as job:
        group = f"group-of-{job.topic}"
        job = Reader(job.folder, kafka, job.topic, **{"properties.group.id": group})
        member = subprocess.Popen(["kcat", "-b", kafka.bootstrap, "-G", group, job.topic], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            line = b""
            while b"assigned" not in line:  # a group with members takes no commits of others
                line = member.stderr.readline()
                expect(line, "kcat did not join its group")
            kafka.produce(job.topic, numbers(0, 100))
            with job.running() as process:
                job.wait_for(process, 100)
                eventually(lambda: "not committed to the consumer group" in process.errors() or process.process.poll() is not None, "a word about the group")
                kafka.produce(job.topic, numbers(100, 200))
                job.wait_for(process, 200)
                job.stop(process)
                expect("warn" not in process.errors().lower(), f"louder than it should be: {process.errors()[-600:]}")
        finally:
            member.kill()
            member.wait()
        expect_equal(job.numbers(), list(range(200)), "rows")
