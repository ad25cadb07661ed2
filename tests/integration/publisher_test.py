"""Publishers of exactly-once sinks against a real Kafka: what read-committed readers see, fences, crashes, doubts, markers. These are the facts
that tests/sim/kafka.c, the model of a broker in the simulator, takes for granted."""
import atexit
import os
import random
import signal
import socket
import struct
import subprocess
import time
import uuid

from harness import MODE, PATIENCE_S, ROOT, Folder, Kafka, create_topic, delete_topic, eventually, expect, expect_equal, kafka_request, query, run

DRIVER = ROOT / "build" / MODE / "tests/integration/publisher_driver"


class Broker(Kafka):
    """Compacts eagerly; may be stopped by a test."""
    _broker = None
    _properties = ("log.cleaner.enable=true", "log.cleaner.backoff.ms=100", "log.cleaner.min.cleanable.ratio=0.01", "log.segment.delete.delay.ms=100",
                   "transaction.abort.timed.out.transaction.cleanup.interval.ms=500")

    def topic(self, partitions=1, **settings):
        name = f"published-{uuid.uuid4().hex[:12]}"
        create_topic(self.bootstrap, name, partitions, **settings)
        return name

    def crash(self):
        subprocess.run([ROOT / "tests/integration/kafka_broker", "kill", self.directory], check=True, capture_output=True)

    def revive(self):
        done = subprocess.run([ROOT / "tests/integration/kafka_broker", "start", self.directory, *self._properties], check=True, capture_output=True, text=True)
        self.pid = int(done.stdout.split("pid=")[1])

    def committed(self, topic, template="%s\n"):
        return self.consume(topic, template, ("-X", "isolation.level=read_committed"))

    def all(self, topic, template="%s\n"):
        return self.consume(topic, template, ("-X", "isolation.level=read_uncommitted"))


class Pair(Kafka):
    """Two brokers, which forget transactional ids soon."""
    _broker = None
    _properties = ("transactional.id.expiration.ms=3000", "transaction.remove.expired.transaction.cleanup.interval.ms=300", "producer.id.expiration.ms=3000",
                   "producer.id.expiration.check.interval.ms=300")

    @classmethod
    def broker(cls):
        if not cls._broker:
            super().broker().add()
        return cls._broker

    def add(self):
        """A second broker, in the same cluster."""
        controller = (self.directory / "ports").read_text().split()[1]
        second = self.directory / "second"
        (second / "data").mkdir(parents=True)
        identity = (self.directory / "data/meta.properties").read_text().splitlines()
        identity = [line for line in identity if not line.startswith(("node.id", "directory.id"))] + ["node.id=2", "directory.id=" + "B" * 22]
        (second / "data/meta.properties").write_text("\n".join(identity) + "\n")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (second / "ports").write_text(f"{port} 0\n")
        done = subprocess.run([ROOT / "tests/integration/kafka_broker", "start", second, *self._properties, "node.id=2", "process.roles=broker",
                               f"controller.quorum.voters=1@127.0.0.1:{controller}", f"listeners=PLAINTEXT://127.0.0.1:{port}"], capture_output=True, text=True)
        expect(done.returncode == 0, f"the second broker did not start: {done.stderr}")

    def knows(self, transactional_id):
        """ListTransactions version 0, of both brokers: one of them is the coordinator. A flexible version: tags behind the client's name."""
        servers = [self.bootstrap, "127.0.0.1:" + (self.directory / "second/ports").read_text().split()[0]]
        return any(transactional_id.encode() in kafka_request(server, 66, 0, b"\0\1\1\0") for server in servers)

    @classmethod
    def stop(cls):
        if cls._broker:
            subprocess.run([ROOT / "tests/integration/kafka_broker", "kill", cls._broker.directory / "second"], check=False, capture_output=True)
        super().stop()


class Owner:
    """A process that owns a lane."""
    _built = False

    def __init__(self, topic, job, lane=0, lanes=1, prepared=True, **more):
        if not Owner._built:
            subprocess.run(["make", "-s", "--no-print-directory", "-C", ROOT, f"MODE={MODE}", DRIVER.relative_to(ROOT)], check=True)
            Owner._built = True
        self.process = subprocess.Popen([DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        atexit.register(self.kill)
        given = {"connector": "kafka", "format": "raw", "topic": topic, **more}
        if "properties.bootstrap.servers" not in given:
            given["properties.bootstrap.servers"] = Broker.broker().bootstrap
        for key, value in given.items():
            if value is not None:
                self.ok("option", key, value)
        self.ok("job", job, 0, lane, lanes)
        if prepared:
            self.ok("prepare")
            self.ok("open")

    def ask(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        expect(line, "the driver ended")
        fields = line.rstrip("\n").split("\t")
        self.took_s = int(fields.pop()) / 1e6
        return fields

    def do(self, *words):
        self.ask(*words)
        return self.answer()

    def ok(self, *words):
        answer = self.do(*words)
        expect(answer[0] == "ok", f"{' '.join(map(str, words))}: {answer}")
        return answer[1:]

    def fence(self):
        """As a lane does: a, then b, then the end of the markers, then the markers. -> [(offset, text)]"""
        self.ok("slot", 0)
        self.ok("slot", 1)
        return self.markers()

    def markers(self, start=0):
        end = int(self.ok("measure")[0])
        position, *found = self.ok("read", start, end)
        expect(int(position) >= end, f"read to {position} instead of {end}")
        return [(int(text.split("=")[0]), text.split("=")[1]) for text in found]

    def rows(self, slot, epoch, count, first=0, size=10, partitions=1):
        expect_equal(int(self.ok("rows", slot, epoch, first, count, size, partitions)[0]), count, "rows delivered")

    def publish(self, slot, epoch, count, marker, **more):
        """-> where the marker is"""
        self.rows(slot, epoch, count, **more)
        offset = int(self.ok("marker", slot, marker)[0])
        self.ok("commit", slot)
        self.ok("close", slot)
        return offset

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def end(self):
        self.process.stdin.close()
        expect_equal(self.process.wait(PATIENCE_S), 0, "exit status of the driver")


def new_job():
    return uuid.uuid4().hex


def progress_topic(job):
    return f"streamsql-progress-{job[:12]}-0"


def values(epoch, count, size=10, first=0):
    return [f"{epoch}.{number}".ljust(size, "x") for number in range(first, first + count)]


def test_publisher_rows_and_marker_become_visible_together():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic(partitions=3)
    owner = Owner(topic, job)
    expect_equal(owner.fence(), [], "markers at first")
    owner.rows(0, 7, 6, partitions=3)
    offset = int(owner.ok("marker", 0, "m1")[0])
    expect_equal(kafka.committed(topic), [], "rows before the commit")
    expect_equal(kafka.committed(progress_topic(job)), [], "markers before the commit")
    owner.ok("commit", 0)
    expect_equal(sorted(kafka.committed(topic, "%p %s\n")), sorted(f"{n % 3} {value}" for n, value in enumerate(values(7, 6))), "rows")
    expect_equal(kafka.committed(progress_topic(job), "%o %k %s\n"), [f"{offset} marker m1"], "marker")
    owner.ok("close", 0)
    second = owner.publish(1, 8, 1, "m2")
    expect_equal(owner.markers(), [(offset, "m1"), (second, "m2")], "markers read back")
    expect_equal(owner.markers(start=second), [(second, "m2")], "markers read from the remembered one")
    owner.end()


def test_publisher_row_header_says_epoch_lane_and_number():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    owner = Owner(topic, job, lane=1, lanes=2)
    owner.fence()
    owner.rows(0, 2**40 + 5, 2, first=70)
    owner.ok("marker", 0, "m")
    owner.ok("commit", 0)
    table = kafka.table("t", "s STRING, h MAP<STRING, BYTES> METADATA FROM 'headers' VIRTUAL", topic, **{"format": "raw", **Kafka.BOUNDED})
    found = [bytes.fromhex(row["x"]) for row in query(table + "SELECT HEX(h['sx']) AS x FROM t")]
    expect_equal(found, [struct.pack("<QII", 2**40 + 5, 1, 70 + number) for number in range(2)], "headers")
    plain = Owner(topic, new_job(), **{"sink.row-headers": "false"})
    plain.fence()
    plain.publish(0, 1, 1, "m")
    expect_equal(kafka.committed(topic, "%h;%s\n")[-1], ";" + values(1, 1)[0], "row without header")


def test_publisher_who_opens_a_slot_fences_the_one_before():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    for moment in ("opened", "rows", "marker"):
        old, new = Owner(topic, job), Owner(topic, job)
        before = old.fence()
        if moment != "opened":
            old.rows(0, 1, 5)
        if moment == "marker":
            old.ok("marker", 0, "old")
        expect_equal(new.fence(), before, f"markers after a fence ({moment})")
        late = {"opened": ("rows", 0, 1, 0, 5, 10, 1), "rows": ("marker", 0, "old"), "marker": ("commit", 0)}[moment]
        expect_equal(old.do(*late)[0], "fenced", f"answer to the older owner's {late[0]}")
        expect_equal(old.do("commit", 0)[0], "unknown", "a producer that was given up")
        new.publish(0, 2, 1, "new " + moment)
        old.kill(), new.kill()
    expect_equal(kafka.committed(topic), values(2, 1) * 3, "rows")
    expect_equal([marker for _, marker in Owner(topic, job).fence()], ["new opened", "new rows", "new marker"], "markers")


def test_publisher_killed_before_the_commit_leaves_nothing():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    for moment in ("rows", "marker"):
        owner = Owner(topic, job)
        owner.fence()
        owner.rows(0, 1, 20)
        if moment == "marker":
            owner.ok("marker", 0, "lost")
        owner.kill()
        expect_equal(Owner(topic, job).fence(), [], f"markers after a kill behind the {moment}")
        expect_equal(kafka.committed(topic), [], "rows")
    expect_equal(len(kafka.all(topic)), 40, "rows that were aborted")


def test_publisher_killed_in_the_commit_the_marker_tells():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    draw, outcomes, expected = random.Random(1), set(), []
    for epoch in range(1, 13):
        owner = Owner(topic, job)
        owner.fence()
        owner.rows(0, epoch, 5)
        owner.ok("marker", 0, f"m{epoch}")
        owner.ask("commit", 0)
        if epoch % 3 == 0:
            owner.answer()
        else:
            time.sleep(draw.random() * 0.008)  # when it is killed is to vary; no outcome is expected of it
        owner.kill()
        markers = [marker for _, marker in Owner(topic, job).fence()]
        committed = f"m{epoch}" in markers
        outcomes.add(committed)
        if epoch % 3 == 0:
            expect(committed, "an acknowledged commit is not there")
        if committed:
            expected += values(epoch, 5)
        expect_equal(kafka.committed(topic), expected, f"rows of epochs with a marker (epoch {epoch})")
    expect(True in outcomes, "no commit went through")


def test_publisher_closing_says_nothing_to_the_broker():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    one, two = Owner(topic, job, lane=0, lanes=2), Owner(topic, job, lane=1, lanes=2)
    one.fence(), two.fence()
    one.rows(0, 1, 3000, size=1000)
    one.ok("close", 0)
    expect(one.took_s < 0.5, f"closing took {one.took_s} s")
    two.publish(0, 2, 3, "two")
    expect_equal(kafka.committed(topic), [], "rows behind a transaction that nobody ended")
    one.ok("slot", 0)
    expect_equal(kafka.committed(topic), values(2, 3), "rows after the slot was opened again")


def test_publisher_open_transactions_of_other_lanes_hide_no_marker():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic(partitions=2)
    one, two = Owner(topic, job, lane=0, lanes=2), Owner(topic, job, lane=1, lanes=2)
    one.fence(), two.fence()
    two.rows(0, 1, 3)
    two.ok("marker", 0, "two")
    offset = one.publish(0, 1, 1, "one")
    expect_equal(one.markers(), [(offset, "one")], "markers of the lane")
    later = Owner(topic, job, lane=0, lanes=2)
    expect_equal(later.fence(), [(offset, "one")], "markers to the next owner")
    expect_equal(later.markers(start=offset), [(offset, "one")], "markers from the remembered one")


def test_publisher_positions_pass_over_aborted_markers():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    owner = Owner(topic, job)
    owner.fence()
    first = owner.publish(0, 1, 1, "one")
    for _ in range(3):
        owner.ok("slot", 0)
        owner.ok("marker", 0, "aborted")
        owner.ok("close", 0)
    expect_equal(owner.fence(), [(first, "one")], "markers")
    end, _ = owner.ok("measure")
    expect_equal(owner.ok("read", first + 2, end), [end], "position behind nothing but aborted markers and control records")
    unfenced = Owner(topic, job, **{"connect.timeout": "1s"})
    owner.ok("marker", 0, "open")
    end = int(unfenced.ok("measure")[0])
    expect_equal(unfenced.do("read", 0, end)[0], "unknown", "an answer while a transaction is open")
    expect_equal(unfenced.do("read", 0, end + 1000)[0], "unknown", "an answer for what is not there")


def test_publisher_markers_survive_compaction():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    create_topic(kafka.bootstrap, progress_topic(job), 1, cleanup_policy="compact", segment_bytes=300, min_cleanable_dirty_ratio="0.01",
                 delete_retention_ms=0, max_compaction_lag_ms=100)
    owner = Owner(topic, job)
    owner.fence()
    offsets = []
    for epoch in range(1, 25):
        offsets.append(owner.publish(epoch % 2, epoch, 1, f"m{epoch}"))
        owner.ok("slot", epoch % 2)

    def compacted():
        # Each look adds a record, as the newest segment is never compacted.
        owner.ok("slot", 0)
        owner.ok("marker", 0, "aborted")
        owner.ok("slot", 0)
        return len(kafka.committed(progress_topic(job))) < len(offsets)
    eventually(compacted, "compaction of the markers")
    markers = Owner(topic, job).fence()
    expect_equal(markers[-1], (offsets[-1], "m24"), "newest marker")
    expect(set(markers) < {(offset, f"m{n + 1}") for n, offset in enumerate(offsets)}, f"markers: {markers}")
    expect_equal(owner.markers(start=offsets[0])[-1], (offsets[-1], "m24"), "newest marker, read from one that is gone")


def test_publisher_progress_topic_made_anew_is_another_place():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    owner = Owner(topic, job)
    owner.fence()
    offset = owner.publish(0, 1, 1, "one")
    end, place = owner.ok("measure")
    expect_equal(owner.ok("measure"), [end, place], "a second look")
    delete_topic(kafka.bootstrap, progress_topic(job))
    eventually(lambda: owner.do("measure")[0] == "unknown", "the topic to be gone")
    owner.ok("prepare")
    later = Owner(topic, job)
    end, other = later.ok("measure")
    expect(other != place, "the place is the same")
    expect_equal(later.fence(), [], "markers in the new topic")
    expect_equal(later.do("read", offset, 3)[0], "unknown", "what was remembered of the old topic")


def test_publisher_broker_stopped_in_the_commit():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    owner = Owner(topic, job, **{"sink.transaction-timeout": "2s"})
    owner.fence()
    owner.rows(0, 1, 4)
    owner.ok("marker", 0, "m")
    os.kill(kafka.pid, signal.SIGSTOP)
    try:
        answer = owner.do("commit", 0)
    finally:
        os.kill(kafka.pid, signal.SIGCONT)
    expect_equal(answer[0], "unknown", "answer")
    markers = Owner(topic, job).fence()
    expect_equal(kafka.committed(topic), values(1, 4) if markers else [], f"rows, with markers {markers}")


def test_publisher_broker_killed_in_the_commit():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    owner = Owner(topic, job, **{"sink.transaction-timeout": "3s"})
    owner.fence()
    owner.publish(0, 1, 2, "one")
    owner.rows(1, 2, 4)
    owner.ok("marker", 1, "two")
    kafka.crash()
    owner.ask("commit", 1)
    try:
        expect_equal(owner.answer()[0], "unknown", "answer")
    finally:
        kafka.revive()
    later = Owner(topic, job)
    markers = [marker for _, marker in later.fence()]
    expect_equal(kafka.committed(topic), values(1, 2) + (values(2, 4) if "two" in markers else []), f"rows, with markers {markers}")
    later.publish(0, 3, 1, "three")
    expect_equal([marker for _, marker in later.markers()], markers + ["three"], "markers")


def test_publisher_transaction_that_took_too_long_is_not_committed():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    owner = Owner(topic, job, **{"sink.transaction-timeout": "1s"})
    owner.fence()
    owner.rows(0, 1, 2)
    owner.ok("marker", 0, "m")
    later = Owner(topic, new_job())
    later.fence()
    later.publish(0, 9, 1, "later")
    eventually(lambda: kafka.committed(topic) == values(9, 1), "the broker to abort what took too long")
    expect(owner.do("commit", 0)[0] in ("unknown", "fenced"), "a commit of an aborted transaction")
    expect_equal(Owner(topic, job).fence(), [], "markers")
    expect_equal(kafka.committed(topic), values(9, 1), "rows")


def test_publisher_cancelling_is_noticed_soon():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    for words in (("slot", 1), ("rows", 0, 1, 0, 1000, 100, 1), ("marker", 0, "m"), ("commit", 0), ("measure",), ("read", 0, 1)):
        owner = Owner(topic, job)
        owner.fence()
        if words[0] == "commit":
            owner.rows(0, 1, 1)
        if words[0] == "read":
            owner.publish(0, 1, 1, "m")
        os.kill(kafka.pid, signal.SIGSTOP)
        try:
            owner.ok("cancel", 300)
            answer = owner.do(*words)
        finally:
            os.kill(kafka.pid, signal.SIGCONT)
        expect_equal(answer[0], "unknown", f"answer to {words[0]}")
        expect(0.1 < owner.took_s < 1.5, f"{words[0]} took {owner.took_s} s")
        owner.end()


def test_publisher_prepare_makes_the_progress_topic_once():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic()
    owner = Owner(topic, job, lanes=3)
    description = subprocess.run(["kcat", "-L", "-b", kafka.bootstrap, "-t", progress_topic(job)], capture_output=True, text=True).stdout
    expect("with 3 partitions" in description, description)
    owner.ok("prepare")
    answer = Owner(topic, job, lanes=4, prepared=False).do("prepare")
    expect(answer[:2] == ["failed", "INVALID_OPTION"] and "3 partitions" in answer[2] and "4 lanes" in answer[2], f"{answer}")


def test_publisher_preflight_refuses_what_cannot_work():
    kafka = Broker.broker()
    for options, words in (({"sink.transaction-timeout": "20min"}, "transactions of 900000 ms"), ({"properties.socket.timeout.ms": "300000"}, "socket.timeout.ms")):
        answer = Owner(kafka.topic(), new_job(), prepared=False, **options).do("prepare")
        expect(answer[:2] == ["failed", "INVALID_OPTION"] and words in answer[2], f"{options}: {answer}")
    answer = Owner("no-such-topic", new_job(), prepared=False).do("prepare")
    expect(answer[:2] == ["failed", "TOPIC_ERROR"] and "no-such-topic" in answer[2], f"{answer}")


def test_publisher_sink_refuses_rows_that_could_not_be_published():
    kafka = Broker.broker()
    logged = Owner(kafka.topic(max_message_bytes=2000), new_job(), prepared=False)
    expect_equal(logged.ok("sink", "log", 100, 1500)[0], "100", "rows logged")
    answer = logged.do("sink", "log", 1, 2000)
    expect(answer[:2] == ["failed", "LIMIT_EXCEEDED"] and "larger than topic" in answer[2], f"{answer}")
    answer = Owner(kafka.topic(cleanup_policy="compact"), new_job(), prepared=False).do("sink", "log", 1, 10)
    expect(answer[:2] == ["failed", "INVALID_DEFINITION"] and "without a key" in answer[2], f"{answer}")


def test_publisher_sink_logs_keys_where_kafkas_tools_put_them():
    kafka = Broker.broker()
    topic = kafka.topic(partitions=7)
    keys = [f"key {number}" for number in range(200)]
    subprocess.run(["kcat", "-P", "-b", kafka.bootstrap, "-t", topic, "-K", "\t", "-X", "topic.partitioner=murmur2_random"],
                   input="\n".join(f"{key}\t{key}" for key in keys).encode(), check=True)
    expected = {line.split(" ", 1)[1]: line.split(" ", 1)[0] for line in kafka.consume(topic, "%p %k\n")}
    logged = Owner(topic, new_job(), prepared=False, **{"connector": "upsert-kafka", "format": None, "key.format": "raw", "value.format": "raw"})
    expect_equal(logged.ok("log", *keys), [f"{expected[key]}:{key}:{key}" for key in keys], "rows logged")
    expect_equal(logged.ok("log", "key 7", "-key 7"), [f"{expected['key 7']}:key 7:key 7", f"{expected['key 7']}:key 7:-"], "a row and its deletion")
    expect_equal(len(kafka.consume(topic)), len(keys), "rows in the topic: logging sends none")


def test_publisher_sink_spreads_rows_without_keys():
    topic = Broker.broker().topic(partitions=3)
    for partitioner, run, partitions in (("default", 256, 3), ("round-robin", 1, 3), ("fixed", 1, 1)):
        logged = Owner(topic, new_job(), prepared=False, **{"sink.partitioner": partitioner})
        found = [int(text.split(":")[0]) for text in logged.ok("log", *["x"] * 1600)]
        expect_equal(found, [number // run % partitions for number in range(1600)], f"partitions, {partitioner}")


def test_publisher_preflight_refuses_what_may_lose_rows():
    pair, job = Pair.broker(), new_job()
    topic = f"risky-{uuid.uuid4().hex[:8]}"
    create_topic(pair.bootstrap, topic, 1, unclean_leader_election_enable="true")
    strict = Owner(topic, job, prepared=False, **{"properties.bootstrap.servers": pair.bootstrap})
    answer = strict.do("prepare")
    expect(answer[:2] == ["failed", "INVALID_OPTION"] and "'sink.preflight' = 'warn'" in answer[4], f"{answer}")
    for finding in (f'"{topic}" has 1 of 3 replicas', f'"{topic}" has min.insync.replicas = 1 instead of 2', f'"{topic}" allows unclean', f'"{progress_topic(job)}" has 2 of 3'):
        expect(finding in answer[3], f"{finding} is not in {answer[3]}")
    expect("older than" not in answer[3], f"the broker is new enough: {answer[3]}")
    Owner(topic, job, **{"properties.bootstrap.servers": pair.bootstrap, "sink.preflight": "warn"})
    delete_topic(pair.bootstrap, progress_topic(job))


def test_publisher_ids_that_brokers_forgot():
    pair, job = Pair.broker(), new_job()
    topic = f"forgotten-{uuid.uuid4().hex[:8]}"
    create_topic(pair.bootstrap, topic, 1)
    options = {"properties.bootstrap.servers": pair.bootstrap, "sink.preflight": "warn"}
    owner = Owner(topic, job, **options)

    def published(owner, epoch, marker):
        """As a lane does: after every doubt it fences and reads. An id may be forgotten at any moment in between."""
        done = [text for _, text in owner.fence()]
        if marker not in done:
            steps = (("rows", 0, epoch, 0, 2, 10, 1), ("marker", 0, marker), ("commit", 0))
            all(owner.do(*step)[0] == "ok" for step in steps)
        return done if marker in done else None
    eventually(lambda: published(owner, 1, "one"), "the first epoch to be published")

    def opened():
        owner.ok("slot", 1)
        return pair.knows(f"streamsql.{job}.0.0.b")
    eventually(opened, "an id that was just opened to be known")
    eventually(lambda: not pair.knows(f"streamsql.{job}.0.0.b"), "the id to be forgotten")
    expect_equal(owner.do("rows", 1, 2, 0, 1, 10, 1)[0], "unknown", "answer to a forgotten producer")
    later = Owner(topic, job, **options)
    expect_equal([marker for _, marker in later.fence()], ["one"], "markers")
    expect_equal(eventually(lambda: published(later, 2, "two"), "the second epoch to be published"), ["one", "two"], "markers")
    expect_equal(pair.consume(topic, "%s\n", ("-X", "isolation.level=read_committed")), values(1, 2) + values(2, 2), "rows")


def test_publisher_verify_reads_all_that_is_committed():
    kafka, job = Broker.broker(), new_job()
    topic = kafka.topic(partitions=2)
    owners = [Owner(topic, job, lane=lane, lanes=2) for lane in (0, 1)]
    for owner in owners:
        owner.fence()
    for epoch in (1, 2, 3):
        for lane, owner in enumerate(owners):
            slot = epoch % 2
            owner.rows(slot, epoch, 2)
            owner.ok("slot", slot)  # aborted, and once more
            owner.publish(slot, epoch, 5, f"m{lane}.{epoch}", partitions=2)
            owner.ok("slot", slot)
    kafka.produce(topic, ["foreign"], partition=1)
    owners[0].rows(0, 4, 3)
    owners[0].ok("slot", 0)
    found = owners[1].ok("verify")
    markers = [text.split(":")[1:] for text in found if text.startswith("m:")]
    expect_equal(found[:len(markers)], [text for text in found if text.startswith("m:")], "markers come first")
    expect_equal([(lane, marker) for lane, _, marker in markers], [(str(lane), f"m{lane}.{epoch}") for lane in (0, 1) for epoch in (1, 2, 3)], "markers")
    rows = [text.split(":")[1:] for text in found if text.startswith("r:")]
    expect_equal(sorted((place, partition, value) for partition, _, place, _, value, _ in rows),
                 sorted([("", "1", "foreign")] + [(f"{epoch}.{lane}.{n}", str(n % 2), value) for epoch in (1, 2, 3) for lane in (0, 1) for n, value in enumerate(values(epoch, 5))]), "rows")
    for partition in "01":
        offsets = [int(row[1]) for row in rows if row[0] == partition]
        expect_equal(offsets, sorted(offsets), "order within a partition")
    nothing = Owner(kafka.topic(), new_job())
    expect_equal(nothing.ok("verify"), [], "what was published to an empty topic")


def test_publisher_verify_gives_back_the_bytes_that_were_logged():
    kafka = Broker.broker()
    for stamped in (False, True):
        for settings in ({}, {"message_timestamp_type": "LogAppendTime"}):
            topic = kafka.topic(partitions=3, **settings)
            owner = Owner(topic, new_job(), **{"connector": "upsert-kafka", "format": None, "key.format": "raw", "value.format": "raw"})
            if stamped:
                owner.ok("timestamps")
            owner.fence()
            texts = ["one", "two", "", "-one", "four"]
            logged = owner.ok("log", *texts)
            expect_equal(int(owner.ok("send", 0, 6, 0)[0]), len(texts), "rows delivered")
            owner.ok("marker", 0, "m")
            owner.ok("commit", 0)
            rows = [text.split(":")[1:] for text in owner.ok("verify") if text.startswith("r:")]
            expect_equal(sorted((place, f"{partition}:{key}:{value}", same) for partition, _, place, key, value, same in rows),
                         [(f"6.0.{number}", text, "=") for number, text in enumerate(logged)], f"rows (timestamps {stamped}, {settings})")


def test_publisher_job_with_checkpoints_writes_each_row_to_one_file():
    """The whole program, files to files, with a format whose files begin with a header."""
    with Folder() as folder:
        (folder / "in").mkdir()
        count = 20_000
        (folder / "in/part.csv").write_text("".join(f"{n},text {n % 7}\n" for n in range(count)))
        script = folder / "job.sql"
        script.write_text(f"CREATE TABLE t (n BIGINT, s STRING) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'csv');\n"
                          f"CREATE TABLE d (n BIGINT, s STRING) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'csv', "
                          "'csv.header' = 'true');\nINSERT INTO d SELECT n, s FROM t;\n")
        done = run("-f", script, "--batch-rows", "64", "--checkpoint-dir", folder / "checkpoints", "--checkpoint-interval", "20ms")
        expect_equal(done.status, 0, f"exit status ({done.errors})")
        rows = []
        for path in sorted((folder / "out").glob("part-*")):
            header, *lines = path.read_text().splitlines()
            expect_equal(header, "n,s", f"header of {path.name}")
            expect(lines, f"{path.name} has no rows")
            rows += lines
        expect_equal(sorted(rows), sorted(f"{n},text {n % 7}" for n in range(count)), "rows")
        expect_equal([path.name for path in (folder / "out").glob("part-*.inprogress")], [], "files that are not whole")
        expect(any(path.name.startswith(".streamsql-") for path in (folder / "out").iterdir()), "the table was not published exactly once")
