"""A series: one job with its topics and checkpoints through many rounds. Each round starts the same job again, with faults; the last
start has none and must bring the output to its end. What was committed is looked at after every round and, in full, at the end.
"""
import collections
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import jobs
import oracle
from faults import BROKER, FAILING, text
from generator import Generator
from harness import PATIENCE_S, Failure, Running, eventually, expect
from topic_reader import Watcher, partition_counts, read_topic
from topic_writer import Writer

TRANSACTION_TIMEOUT_S = 6
CHECKPOINT_INTERVAL = "300ms"
ARGUMENTS = os.environ.get("ARGUMENTS", "").split()
NAP_S = 0.7
REIGN_S = 0.8  # of a successor before its predecessor wakes
FULL_S = 0.6
LAST_EPOCH_S = 0.5
TICK_S = 0.01
SUPERSEDED = re.compile(r"ERROR 57P01")
FIRED = re.compile(r"fault ordered by STREAMSQL_FAULT point=(\S+) passage=(\d+) action=(\S+)")
SINK_OPTIONS = {"sink.delivery-guarantee": "exactly-once", "sink.lanes": jobs.LANES, "sink.transaction-timeout": f"{TRANSACTION_TIMEOUT_S} s"}
AT_LEAST_ONCE = {"sink.delivery-guarantee": "at-least-once"}
REPEATS = ("doubled", "disorder")  # what at-least-once allows


class Wrong(Failure):
    """The output is wrong, and stays so: no use in more rounds."""


class Process:
    """One run of the job, and what was done to it."""

    def __init__(self, number, script, checkpoints, orders, log, arguments):
        environment = {**os.environ, "LOG_LEVEL": "info", "STREAMSQL_FAULT": ";".join(text(order) for order in orders)}
        self.number, self.orders = number, orders
        self.running = Running("run", script, "--checkpoint-dir", checkpoints, "--checkpoint-interval", CHECKPOINT_INTERVAL, *arguments,
                               log=log, env=environment)
        self.pid = self.running.process.pid
        self.done = set()  # of "kill", "int", "second int", "stop", "rival": what was done to it
        self.has_woken = False
        self.continue_when = None

    def code(self):
        return self.running.process.poll()

    def is_stopped(self):
        try:
            return pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
        except FileNotFoundError:
            return False

    def signal(self, sign, word):
        if self.code() is None:
            self.done.add(word)
            self.running.process.send_signal(sign)

    def fired(self):
        return [tuple(match) for match in FIRED.findall(self.running.errors())]

    def wait(self):
        """For the end. One that does not come leaves the stacks of all threads beside the log."""
        try:
            self.running.wait()
        except Failure:
            with open(f"{self.running.errors_path}.stacks", "wb") as stacks:
                if shutil.which("gdb"):
                    subprocess.run(["gdb", "-p", str(self.pid), "-batch", "-ex", "thread apply all bt 16"], stdout=stacks, stderr=stacks, stdin=subprocess.DEVNULL)
            raise

    def close(self):
        self.running.__exit__()


class Series:
    def __init__(self, kafka, job, name, seed, folder, disk=None, options=SINK_OPTIONS):
        self.kafka, self.job, self.name, self.folder, self.disk, self.options = kafka, job, name, folder, disk, options
        self.exactly_once = options is not AT_LEAST_ONCE
        self.lanes = jobs.LANES if self.exactly_once else 0
        folder.mkdir(parents=True)
        self.checkpoints = (disk or folder) / f"checkpoints-{folder.name}"
        self.source_topic = kafka.topic(partitions=job.partitions)
        self.sink_topics = {table.name: kafka.topic(partitions=jobs.OUT_PARTITIONS) for table in job.tables}
        self.script = folder / "job.sql"
        given = {**options, "sink.transactional-id-prefix": self.source_topic}  # markers of this series are in topics of its own
        self.script.write_text(job.script(kafka.bootstrap, self.source_topic, self.sink_topics, given))
        self.seed = seed
        self.generator = Generator(seed, job.partitions, job.late)
        self.inputs = {part: [] for part in range(job.partitions)}
        self.writer = Writer(kafka.bootstrap, self.source_topic)
        self.watchers = {table.name: Watcher(kafka.bootstrap, self.sink_topics[table.name], jobs.OUT_PARTITIONS) for table in job.tables}
        self.processes, self.process_count = [], 0
        self.counts = collections.Counter()
        self.fired = collections.Counter()

    # -- what a round does -------------------------------------------------------------------------------------------------------

    def start(self, orders=()):
        self.process_count += 1
        log = self.folder / f"process-{self.process_count:03d}.log"
        process = Process(self.process_count, self.script, self.checkpoints, orders, log, ARGUMENTS or self.draw_arguments())
        for other in self.live():
            other.done.add("rival")
            process.done.add("rival")
        self.processes.append(process)
        self.counts["starts"] += 1
        return process

    def draw_arguments(self):
        """Every start goes on at another parallelism; the first two are 1 and 2, so that short runs have both. Two of three have room for hardly a
        group: the others are in RocksDB, and in files of checkpoints, which a start without RocksDB takes over."""
        choose = random.Random(f"{self.seed} {self.process_count}")
        arguments = ["--parallelism", str(self.process_count if self.process_count < 3 else choose.choice((1, 1, 2, 3)))]
        if self.process_count % 3 and self.job.has_groups:
            arguments += ["--state-backend", "rocksdb", "--set", "state.backend.memory.budget=1 kb", "--set", f"state.backend.rocksdb.localdir={self.folder}/state"]
        return arguments

    def live(self):
        return [process for process in self.processes if process.code() is None]

    def write(self, rows):
        for part, value in rows:
            self.inputs[part].append(jobs.decode(value))
        self.writer.write(rows)

    def head(self):
        """What decides who owns the job; None before there is one."""
        for path in self.checkpoints.rglob("HEAD"):
            return path.read_bytes()
        return None

    def run_round(self, plan):
        """Failure says what went wrong. Leaves no process running."""
        self.processes, self.excuses = [], set()
        rows = list(self.generator.rows(plan.rows))
        given = len(rows) // 3
        self.write(rows[:given])
        started = time.monotonic()
        timeline = sorted(plan.timed("kill", "stop", "nap", "twin", "full", *BROKER), key=lambda fault: fault.at_s)
        self.later = []  # (when, what to do): the second half of faults that have one
        try:
            self.start(plan.points())
            while True:
                passed = time.monotonic() - started
                share = given + int((len(rows) - given) * min(1, passed / plan.length_s))
                self.write(rows[given:share])
                given = share
                while timeline and timeline[0].at_s <= passed:
                    self.carry_out(timeline.pop(0))
                self.do_what_is_due()
                self.look_for_pauses()
                if not self.live() and not self.later and not any(fault.what in ("twin", *BROKER) for fault in timeline):
                    break
                if passed > plan.length_s and not self.later and not self.waiting():
                    break
                expect(passed < plan.length_s + 2 * PATIENCE_S, "a paused process has no end: " + self.describe())
                time.sleep(TICK_S)
            self.write(rows[given:])
            self.end_round(plan.end)
        finally:
            self.mend()
        self.judge_processes(plan)
        self.check(complete=False)

    def carry_out(self, fault):
        newest = self.live()[-1] if self.live() else None
        if fault.what in FAILING:
            self.excuses.add(fault.what)
        self.counts[fault.what] += 1
        if fault.what == "kill" and newest:
            newest.signal(signal.SIGKILL, "kill")
        elif fault.what == "stop" and newest:
            newest.signal(signal.SIGSTOP, "stop")
            self.succeed(newest)
        elif fault.what == "nap" and newest:
            newest.signal(signal.SIGSTOP, "nap")
            self.after(NAP_S, lambda: newest.signal(signal.SIGCONT, "nap"))
        elif fault.what == "twin":
            self.start()
        elif fault.what == "full":
            self.fill_disk()
            self.after(FULL_S, self.empty_disk)
        elif fault.what == "broker-kill":
            self.kafka.kill()
            self.kafka.start()
        elif fault.what == "broker-stop":
            os.kill(self.kafka.pid, signal.SIGSTOP)
            self.after(0.7, self.restart_meanwhile)
            self.after(TRANSACTION_TIMEOUT_S + 2, lambda: os.kill(self.kafka.pid, signal.SIGCONT))

    def after(self, seconds, action):
        self.later.append((time.monotonic() + seconds, action))

    def do_what_is_due(self):
        now = time.monotonic()
        due = [entry for entry in self.later if entry[0] <= now]
        self.later = [entry for entry in self.later if entry[0] > now]
        for _, action in due:
            action()

    def restart_meanwhile(self):
        for process in self.live():
            process.signal(signal.SIGKILL, "kill")
        self.start()

    def fill_disk(self):
        expect(self.disk and os.path.ismount(self.disk), f"{self.disk} is no file system of its own: it will not be filled")
        with open(self.disk / "ballast", "wb", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while ballast.write(b"\0" * size):
                        pass
                except OSError:
                    pass

    def empty_disk(self):
        if self.disk:
            (self.disk / "ballast").unlink(missing_ok=True)

    def succeed(self, old):
        """A successor for a stopped process, which wakes some time after the successor has taken over, or when there is none any more. One of the two
        must leave then: the old one, unless it was stopped before it had taken over itself."""
        head = self.head()
        successor = self.start()
        taken_over_at = []
        give_up = time.monotonic() + PATIENCE_S

        def may_wake():
            expect(time.monotonic() < give_up, "a successor does not take over: " + self.describe())
            if self.head() != head and not taken_over_at:
                taken_over_at.append(time.monotonic())
            return successor.code() is not None or (taken_over_at and time.monotonic() > taken_over_at[0] + REIGN_S)

        def wake():
            old.has_woken = True
            os.kill(old.pid, signal.SIGCONT)

        old.continue_when = (may_wake, wake)

    def look_for_pauses(self):
        for process in self.live():
            if process.continue_when:
                may_wake, wake = process.continue_when
                if may_wake():
                    process.continue_when = None
                    wake()
            elif any(order.action == "pause" for order in process.orders) and "nap" not in process.done and process.is_stopped() and not process.has_woken:
                self.counts["pause"] += 1
                self.succeed(process)

    def waiting(self):
        return any(process.continue_when for process in self.live())

    # -- the end of a round ------------------------------------------------------------------------------------------------------

    def mend(self):
        """Everything that was broken works again; nothing of ours runs."""
        self.empty_disk()
        for process in self.live():
            process.signal(signal.SIGKILL, "kill")
            process.running.process.wait()
        try:
            os.kill(self.kafka.pid, signal.SIGCONT)
        except ProcessLookupError:
            self.kafka.start()

    def end_round(self, how):
        try:
            eventually(lambda: len([process for process in self.live() if not process.is_stopped()]) <= 1, "all processes but one leave")
        except Failure as failure:
            raise Failure(f"{failure}: {self.describe()}") from None
        for process in self.live():
            if how == "int" and not process.is_stopped():
                process.signal(signal.SIGINT, "int")
            else:
                process.signal(signal.SIGKILL, "kill")
        for process in self.live():
            # What fails for ever keeps the last epoch from being published: it is given up at the second signal.
            if any(order.action == "errors" for order in process.orders):
                time.sleep(LAST_EPOCH_S)
                process.signal(signal.SIGINT, "second int")
            self.wait_for_end(process)

    @staticmethod
    def wait_for_end(process):
        """Also of one whose pause comes only now, at its last epoch."""
        deadline = time.monotonic() + PATIENCE_S
        while process.code() is None and time.monotonic() < deadline and any(order.action == "pause" for order in process.orders):
            if process.is_stopped():
                os.kill(process.pid, signal.SIGCONT)
            time.sleep(TICK_S)
        process.wait()

    def judge_processes(self, plan):
        for process in self.processes:
            code, fired = process.code(), process.fired()
            for point, _, action in fired:
                self.fired[point, action] += 1
                self.counts["fault points"] += 1
            if code == -signal.SIGKILL:
                self.counts["kills"] += 1
                expect("kill" in process.done or any(action == "kill" for _, _, action in fired), f"killed by somebody else: {self.describe(process)}")
            elif code == 0:
                expect("int" in process.done, f"ended by itself: {self.describe(process)}")
            elif code == 128 + signal.SIGINT:
                expect("second int" in process.done, f"gave up its last epoch by itself: {self.describe(process)}")
            else:
                superseded = "rival" in process.done and SUPERSEDED.search(process.running.errors())
                self.counts["superseded"] += bool(superseded)
                lasting = any(action == "errors" for _, _, action in fired)  # one error alone is survived
                expect(code == 1 and (self.excuses or superseded or lasting), f"ended without a reason: {self.describe(process)}")
                state = re.findall(r"ERROR ([0-9A-Z]{5})", process.running.errors())
                self.counts[f"ended with {state[-1] if state else 'no SQLSTATE'}{'' if superseded else f' after {sorted(self.excuses)}'}"] += 1
            process.close()

    def describe(self, *processes):
        return "; ".join(f"process {process.number} status {process.code()} after {sorted(process.done)}: {process.running.errors()[-700:].strip()}"
                         for process in processes or self.processes)

    def check(self, complete):
        for table in self.job.tables:
            watcher = self.watchers[table.name]
            findings = oracle.check_table(table, self.inputs, watcher.records(), jobs.decode, self.lanes, complete)
            findings += [watcher.failure] if watcher.failure else []
            findings = self.promised(findings)
            if findings:
                raise Wrong(f"{table.name}: " + "\n    ".join(findings))

    def promised(self, findings):
        """Without what the guarantee allows."""
        return findings if self.exactly_once else [finding for finding in findings if not finding.startswith(REPEATS)]

    # -- the end of the series ---------------------------------------------------------------------------------------------------

    def finish(self):
        """A start without faults, to the end of the input; then everything is compared."""
        self.processes, self.excuses, self.later = [], set(), []
        self.write(list(self.generator.closing_rows()))
        self.writer.flush()
        try:
            process = self.start()
            deadline = time.monotonic() + PATIENCE_S
            while not all(oracle.is_complete(table, self.inputs, self.watchers[table.name].records(), jobs.decode) for table in self.job.tables):
                expect(process.code() is None, f"ended before its output was complete: {self.describe()}")
                if time.monotonic() > deadline:
                    raise Failure("the output does not become complete: " + self.describe() + "\n    " + "\n    ".join(self.findings()))
                time.sleep(0.05)  # between two looks
            process.signal(signal.SIGINT, "int")
            process.wait()
            expect(process.code() == 0, f"after SIGINT: {self.describe()}")
        finally:
            self.mend()
        process.close()
        self.compare_input()
        return self.findings()

    def compare_input(self):
        """The oracle recomputes from what the topic has: it must be what was written."""
        read = {part: [] for part in self.inputs}
        for record in read_topic(self.kafka.bootstrap, self.source_topic, self.job.partitions):
            read[record.partition].append(jobs.decode(record.value))
        expect(read == self.inputs, "the input topic has other rows than were written")
        self.inputs = read

    def findings(self):
        found = []
        self.final = {}
        for table in self.job.tables:
            watcher = self.watchers[table.name]
            records = self.final[table.name] = read_topic(self.kafka.bootstrap, self.sink_topics[table.name], jobs.OUT_PARTITIONS)
            findings = oracle.check_table(table, self.inputs, records, jobs.decode, self.lanes, complete=True)
            findings += oracle.check_watch(watcher.records(), records)[:oracle.FINDINGS_MAX]
            if self.exactly_once:
                findings += oracle.check_markers(records, self.markers(table), self.lanes, complete=True)[:oracle.FINDINGS_MAX]
            found += [f"{finding} [{table.name}]" for finding in findings]
            self.counts["rows checked"] += len(records)
        return found

    def markers(self, table):
        """Of the table's sink; sinks have their numbers in the order of the statements."""
        topics = partition_counts(self.kafka.bootstrap, f"{self.source_topic}-progress-")
        expect(len(topics) == len(self.job.tables), f"progress topics: {topics}")
        name = list(topics)[self.job.tables.index(table)]
        expect(topics[name] == self.lanes, f"{name} has {topics[name]} partitions")
        markers = [oracle.marker_of(record) for record in read_topic(self.kafka.bootstrap, name, self.lanes)]
        self.counts["markers checked"] += len(markers)
        return markers

    def dump(self):
        """What a person wants to look at after a failure."""
        for name, topic in [("input", self.source_topic), *self.sink_topics.items()]:
            try:
                partitions = self.job.partitions if name == "input" else jobs.OUT_PARTITIONS
                records = read_topic(self.kafka.bootstrap, topic, partitions, timeout=10)
                (self.folder / f"{name}.txt").write_text("".join(oracle.place(record) + "\n" for record in records))
            except Failure as failure:
                (self.folder / f"{name}.txt").write_text(str(failure))
        for name, watcher in self.watchers.items():
            (self.folder / f"{name}-watched.txt").write_text("".join(oracle.place(record) + "\n" for record in watcher.records()))

    def close(self):
        for watcher in self.watchers.values():
            watcher.stop()
