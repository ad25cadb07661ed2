"""What the integration tests share: running the program, deadlines instead of sleeps, a real Kafka broker, temporary folders."""
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODE = os.environ.get("MODE", "release")
PROGRAM = pathlib.Path(os.environ.get("STREAMSQL") or ROOT / "build" / MODE / "streamsql").resolve()
PATIENCE_S = 120 if MODE in ("asan", "tsan") else 60
SHOWN_MAX = 600
SIGINT, SIGKILL = signal.SIGINT, signal.SIGKILL


class Failure(Exception):
    """A test's expectation that did not hold."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


def expect_equal(actual, expected, what="value"):
    if actual != expected:
        raise Failure(f"{what}: expected {repr(expected)[:SHOWN_MAX]}\n       but got {repr(actual)[:SHOWN_MAX]}")


class Done:
    """A finished run: status, output, errors, and the time it took."""

    def __init__(self, status, output, errors, seconds, peak_mib):
        self.status, self.output, self.errors, self.seconds, self.peak_mib = status, output, errors, seconds, peak_mib

    def rows(self):
        """Of --format jsonl."""
        return [json.loads(line) for line in self.output.splitlines()]


def run(*arguments, text=None, timeout=None, environment=None, stdout=None, cwd=None):
    """Runs the program to its end; never raises for its exit status."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL,
                                   stdout=stdout or out, stderr=err, cwd=cwd, env={**os.environ, **(environment or {})})
        watchdog = None
        try:
            if text is not None:
                try:
                    process.stdin.write(text.encode())
                    process.stdin.close()
                except BrokenPipeError:
                    pass
            deadline = started + (timeout or PATIENCE_S)
            watchdog = Watchdog(process.pid, deadline)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if watchdog:
                watchdog.cancel()
        expect(not watchdog.fired, f"did not end in time: {' '.join(map(str, arguments))[:200]}")
        out.seek(0)
        err.seek(0)
        return Done(process.returncode, out.read().decode(errors="replace"), err.read().decode(errors="replace"),
                    time.monotonic() - started, usage.ru_maxrss / 1024)


class Watchdog:
    """Kills one process at a deadline."""

    def __init__(self, pid, deadline):
        import threading
        self.fired = False
        self._timer = threading.Timer(max(0, deadline - time.monotonic()), self._fire, (pid,))
        self._timer.daemon = True
        self._timer.start()

    def _fire(self, pid):
        self.fired = True
        os.kill(pid, SIGKILL)

    def cancel(self):
        self._timer.cancel()


def peak_mib(*arguments):
    """Peak memory of a run. A process starts with its parent's peak, so the parent must be a small one."""
    text = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    done = subprocess.run([sys.executable, "-S", "-c", text, str(PROGRAM), *map(str, arguments)], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def query(sql, *arguments, **more):
    """Rows of a bounded query as dictionaries."""
    done = run("--format", "jsonl", *arguments, "-c", sql, **more)
    expect_equal(done.status, 0, f"exit status of {sql[:120]!r} ({done.errors.strip()[:600]})")
    return done.rows()


class Running:
    """The program in the background: `with Running('run', file) as job:`; killed at the end if it still runs. What it says on stderr
    is kept when the caller names a file for it (`log`)."""

    def __init__(self, *arguments, log=None, **options):
        self.errors_are_kept = log is not None
        self.errors_path = log or tempfile.NamedTemporaryFile(prefix="streamsql-stderr-", delete=False).name
        self.errors_file = open(self.errors_path, "wb")
        self.process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                        stdout=options.pop("stdout", subprocess.PIPE), stderr=self.errors_file, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.errors_file.close()
        if not self.errors_are_kept:
            os.unlink(self.errors_path)

    def stop(self, sign=SIGINT, timeout=None):
        """Sends a signal and waits for the end; the exit status."""
        self.process.send_signal(sign)
        return self.wait(timeout)

    def wait(self, timeout=None):
        try:
            return self.process.wait(timeout or PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Failure("the program did not end in time: " + self.errors()[-500:]) from None

    def errors(self):
        return pathlib.Path(self.errors_path).read_text(errors="replace")


def eventually(condition, what, timeout=None):
    """Polls until condition() gives something true; its value."""
    deadline = time.monotonic() + (timeout or PATIENCE_S)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"waited too long: {what}")
        time.sleep(0.05)  # between two looks; the condition decides


class Folder:
    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="streamsql-test-"))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def kafka_text(value):
    return struct.pack(">h", len(value)) + value.encode()


def kafka_request(bootstrap, kind, version, body):
    """One request of Kafka's protocol, for what would otherwise need a JVM; the answer without its correlation id."""
    host, port = bootstrap.rsplit(":", 1)
    request = struct.pack(">hhi", kind, version, 1) + kafka_text("test") + body
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        stream = connection.makefile("rb")
        return stream.read(struct.unpack(">i", stream.read(4))[0])[4:]


def expect_topic_answer(answer, what):
    """Throttle time, one topic: name, error code, …"""
    size = struct.unpack_from(">h", answer, 8)[0]
    code = struct.unpack_from(">h", answer, 10 + size)[0]
    expect(code == 0, f"{what}: error {code}")


def create_topic(bootstrap, name, partitions, **settings):
    """CreateTopics version 3; settings with _ for each dot."""
    pairs = b"".join(kafka_text(key.replace("_", ".")) + kafka_text(str(value)) for key, value in settings.items())
    body = struct.pack(">i", 1) + kafka_text(name) + struct.pack(">ihii", partitions, 1, 0, len(settings)) + pairs + struct.pack(">ib", 30_000, 0)
    expect_topic_answer(kafka_request(bootstrap, 19, 3, body), f"topic {name} was not created")


def delete_topic(bootstrap, name):
    """DeleteTopics version 1."""
    body = struct.pack(">i", 1) + kafka_text(name) + struct.pack(">i", 30_000)
    expect_topic_answer(kafka_request(bootstrap, 20, 1, body), f"topic {name} was not deleted")


def delete_records(bootstrap, topic, partition, before):
    """DeleteRecords version 0: those with lower offsets."""
    body = struct.pack(">i", 1) + kafka_text(topic) + struct.pack(">iiqi", 1, partition, before, 30_000)
    _, low, code = struct.unpack_from(">iqh", kafka_request(bootstrap, 21, 0, body), 8 + 2 + len(topic) + 4)
    expect_equal((low, code), (before, 0), f"first offset and error of {topic}")


class Kafka:
    """One real broker for all tests of a run; each test takes its own topics. Subclasses have a broker with other properties."""

    _broker = None
    _properties = ()
    _topics = 0

    def __init__(self, directory, bootstrap):
        self.directory, self.bootstrap, self.properties = directory, bootstrap, self._properties

    @classmethod
    def broker(cls, *properties):
        """properties: "key=value" of server.properties, for the first call."""
        if not cls._broker:
            directory = pathlib.Path(tempfile.mkdtemp(prefix="streamsql-kafka-"))
            cls._broker = cls(directory, None)
            cls._broker.start(*properties)
        return cls._broker

    def start(self, *properties):
        """Also again after kill(): with its data, at the same address, with the same properties."""
        self.properties = properties or self.properties
        started = subprocess.run([ROOT / "tests/integration/kafka_broker", "start", self.directory, *self.properties], capture_output=True, text=True)
        expect(started.returncode == 0, f"the broker did not start: {started.stderr}")
        self.bootstrap = started.stdout.split("bootstrap=")[1].split()[0]
        self.pid = int(started.stdout.split("pid=")[1].split()[0])

    def kill(self):
        subprocess.run([ROOT / "tests/integration/kafka_broker", "kill", self.directory], check=True)

    @classmethod
    def stop(cls):
        for other in cls.__subclasses__():
            other.stop()
        if cls._broker:
            subprocess.run([ROOT / "tests/integration/kafka_broker", "stop", cls._broker.directory], check=False, capture_output=True)
            shutil.rmtree(cls._broker.directory, ignore_errors=True)
            cls._broker = None

    def topic(self, partitions=1):
        """A new topic's name."""
        Kafka._topics += 1
        name = f"topic-{os.getpid()}-{Kafka._topics}"
        create_topic(self.bootstrap, name, partitions)
        return name

    def produce(self, topic, lines, partition=None, key_separator=None):
        """Values (or key, separator, value) as lines of bytes."""
        command = ["kcat", "-P", "-b", self.bootstrap, "-t", topic, "-X", "acks=all"]
        if partition is not None:
            command += ["-p", str(partition)]
        if key_separator:
            command += ["-K", key_separator]
        data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
        done = subprocess.run(command, input=data, capture_output=True)
        expect(done.returncode == 0, f"kcat could not produce: {done.stderr.decode()}")

    def consume(self, topic, template="%s\n", extra=()):
        """Everything that is in the topic now."""
        done = subprocess.run(["kcat", "-C", "-b", self.bootstrap, "-t", topic, "-o", "beginning", "-e", "-q", "-f", template, *extra],
                              capture_output=True, timeout=PATIENCE_S)
        expect(done.returncode == 0, f"kcat could not consume: {done.stderr.decode()}")
        return done.stdout.decode().splitlines()

    def table(self, name, columns, topic, **options):
        """CREATE TABLE text over a topic with JSON values."""
        given = {"connector": "kafka", "topic": topic, "properties.bootstrap.servers": self.bootstrap, "format": "json", **options}
        return f"CREATE TABLE {name} ({columns}) WITH ({', '.join(f'{quote(k)} = {quote(v)}' for k, v in given.items())});\n"

    BOUNDED = {"scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset"}


def quote(text):
    return "'" + str(text).replace("'", "''") + "'"
