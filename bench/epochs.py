#!/usr/bin/env python3
"""How long an epoch takes from its barrier to its decision (snapshot, uploads, manifest, swap of HEAD), by kind of store, and what it asks of the
store. A job with two exactly-once tables and a windowed sum, state of some kilobytes, so that what is measured is round trips. The S3 and GCS
servers are those of tests/store, on this machine, in Python: the times are theirs as much as ours; the numbers of requests are ours. "far" answers
each request 30 ms later.

  bench/epochs.py [SECONDS] [INTERVAL]       default: 20 seconds, an epoch each 250ms
"""
import pathlib
import re
import statistics
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))
import store_job_test  # noqa: E402
from harness import Folder, run  # noqa: E402
import faulty_server  # noqa: E402

RATE = 20_000
FAR_S = 0.03


def durations(uri, environment, seconds, interval):
    with Folder() as folder:
        job = store_job_test.Job(folder, RATE * seconds, RATE)
        done = run(*job.arguments(uri or f"{folder}/checkpoints", interval), environment={**environment, "LOG_LEVEL": "debug"}, timeout=seconds + 60)
        if done.status:
            raise SystemExit(done.errors)
        job.check()
        return [int(us) / 1000 for us in re.findall(r"epoch decided .*duration_us=(\d+)", done.errors)]


def show(name, times, requests):
    p99 = sorted(times)[len(times) * 99 // 100]
    print(f"{name:7} {len(times):4} epochs  p50 {statistics.median(times):7.1f} ms  p99 {p99:7.1f} ms  max {max(times):7.1f} ms  {requests}", flush=True)


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    interval = sys.argv[2] if len(sys.argv) > 2 else "250ms"
    show("file", durations(None, {}, seconds, interval), "")
    for name, place in (("s3", store_job_test.s3), ("gcs", store_job_test.gcs), ("far s3", store_job_test.s3)):
        with place() as given:
            if name.startswith("far"):
                given.server.storm = lambda method, path: faulty_server.Fault(None, "", "slow", FAR_S, False)
            times = durations(given.uri, given.environment, seconds, interval)
            show(name, times, f"{len(given.server.log) / len(times):.1f} requests an epoch, garbage collection and start included")


if __name__ == "__main__":
    main()
