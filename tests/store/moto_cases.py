"""S3 as somebody else understood it: moto, which knows neither our server nor our client. It does not check signatures."""
import atexit
import itertools
import socket
import subprocess
import threading
import time
import urllib.request

import s3_cases
from harness import ROOT, Driver, Failure, equal, refused

NAME = "moto"
COUNTER = itertools.count()
# moto compares and writes in two steps, without a lock between them.
SKIPPED = ("case_swap_races", "case_probe")
starting = threading.Lock()
server = None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start():
    global server
    port = free_port()
    process = subprocess.Popen([ROOT / "build/deps/moto/bin/moto_server", "-H", "127.0.0.1", "-p", str(port)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = (process, port)
    atexit.register(stop)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise Failure("moto does not start")


def stop():
    if server:
        server[0].terminate()
        server[0].wait()


def places():
    with starting:
        if not server:
            start()
    bucket = f"bucket-{next(COUNTER)}"
    request = urllib.request.Request(f"http://127.0.0.1:{server[1]}/{bucket}", method="PUT")
    urllib.request.urlopen(request, timeout=10).close()

    def open(uri=None, **options):
        environment = {**s3_cases.ENVIRONMENT, "AWS_REGION": "us-east-1",
                       "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server[1]}"}
        return Driver(uri or f"s3://{bucket}/prefix", environment, timeout_ms=20_000, **options)
    return open, bucket
