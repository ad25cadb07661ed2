"""The driver program, and what the cases of all stores share."""
import os
import pathlib
import random
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = ROOT / "build" / os.environ.get("MODE", "release") / "tests/store/store_driver"
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="store-test-"))
os.environ["no_proxy"] = ",".join(filter(None, [os.environ.get("no_proxy"), "127.0.0.1", "localhost"]))


class Failure(Exception):
    pass


class Refused(Exception):
    """A call of the store failed."""

    def __init__(self, status, retriable, message, detail, hint):
        super().__init__(f"{status}: {message} {detail} {hint}")
        self.status, self.retriable, self.message, self.hint = status, retriable == "retriable", message, hint


class Died(Exception):
    def __init__(self, code, stderr):
        super().__init__(f"the driver ended with {code}: {stderr}")
        self.code, self.stderr = code, stderr


def check(condition, text):
    if not condition:
        raise Failure(text)


def equal(found, wanted, what=""):
    if found != wanted:
        raise Failure(f"{what}: found {str(found)[:300]!r}, wanted {str(wanted)[:300]!r}")


def blob(size, seed=0):
    return random.Random(f"{size}/{seed}").randbytes(size)


class Driver:
    """One process that uses one store."""

    def __init__(self, uri, environment=None, attempts=4, backoff_ms=2, timeout_ms=2000, part=8 * 1024 * 1024):
        base = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GOOGLE_", "GCE_", "STORAGE_"))}
        base["HOME"] = str(SCRATCH)
        self.error_file = tempfile.TemporaryFile()
        self.process = subprocess.Popen([DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.error_file, env={**base, **(environment or {})})
        self.count = 0
        try:
            self.call("open", uri, attempts, backoff_ms, timeout_ms, part)
        except Exception:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        code = self.process.wait(60)
        self.process.stdout.close()
        self.process.stdin = None
        self.error_file.seek(0)
        stderr = self.error_file.read().decode(errors="replace")
        if code == 1 or "Sanitizer" in stderr:
            raise Died(code, stderr)
        return code, stderr

    def send(self, *fields):
        self.process.stdin.write("\t".join(map(str, fields)).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline().decode()
        if not line:
            raise Died(*self.close())
        fields = line.rstrip("\n").split("\t")
        if fields[0] == "error":
            raise Refused(*fields[1:6])
        return fields[1:]

    def call(self, *fields):
        self.send(*fields)
        return self.receive()

    def file(self, data=None):
        self.count += 1
        path = SCRATCH / f"{self.process.pid}-{self.count}"
        if data is not None:
            path.write_bytes(data)
        return path

    def put(self, name, data):
        self.call("put", name, self.file(data))

    def upload(self, name, data, piece=100_000, end="finish"):
        self.call("upload", name, self.file(data), piece, end)

    def get(self, name, limit=1 << 30):
        path = self.file()
        size, tag = self.call("get", name, limit, path)
        data = path.read_bytes()
        equal(len(data), int(size), "size of what was read")
        path.unlink()
        return data, tag

    def range(self, name, offset, size):
        path = self.file()
        self.call("range", name, offset, size, path)
        return path.read_bytes()

    def size(self, name):
        return int(self.call("size", name)[0])

    def delete(self, name):
        self.call("delete", name)

    def list(self, prefix="", after="", limit=0):
        following, *entries = self.call("list", prefix, after, limit)
        return list(zip(entries[::2], map(int, entries[1::2]))), following

    def list_all(self, prefix="", limit=0):
        after, found = "", []
        while True:
            entries, after = self.list(prefix, after, limit)
            found += entries
            if not after:
                return found

    def swap_begin(self, name, expected, data):
        self.send("swap", name, expected, self.file(data))

    def swap(self, name, expected, data):
        """-> (outcome, tag or message)"""
        self.swap_begin(name, expected, data)
        return (*self.receive(), "")[:2]

    def probe(self):
        self.call("probe")

    def fault(self, *fields):
        self.call("fault", *fields, *[0] * (3 - len(fields)))


def refused(status, call, *arguments, retriable=None, text=""):
    try:
        result = call(*arguments)
    except Refused as error:
        equal(error.status, status, f"status of the failure ({error})")
        if retriable is not None:
            equal(error.retriable, retriable, f"retriable ({error})")
        check(text in str(error), f"{text!r} is not in {error}")
        return error
    raise Failure(f"{status} was expected, and the call succeeded: {result!r}")
