#!/usr/bin/env python3
"""What a checkpoint of a GROUP BY above RocksDB writes, when a twentieth of the groups changes between two: bytes and objects of each epoch, as they
appear in the folder, for half a minute. Keys are BIGINT, aggregates COUNT(*) and SUM; memory has room for about a quarter of the groups, or as told.
Groups are made first, by a job of the same query whose rows come as fast as they can.

  bench/incremental.py [KEYS [BUDGET [SECONDS]]]       default: 1000000 16mb 30;  STREAMSQL=… picks another program
"""
import os
import pathlib
import statistics
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))
from harness import SIGINT, Folder, Running, run  # noqa: E402

QUERY = """CREATE TABLE numbers (r BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{rate}', 'fields.r.min' = '0', 'fields.r.max' = '{last}');
CREATE TABLE result (r BIGINT, n BIGINT, total BIGINT, PRIMARY KEY (r) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO result SELECT r, COUNT(*), SUM(r) FROM numbers GROUP BY r;
"""
BATCH_ROWS = 2048
FILL = 4  # rows a key
DIRTY = 20
INTERVAL_S = 2


def script(folder, name, rate, keys):
    path = folder / name
    path.write_text(QUERY.format(rate=rate, last=keys - 1))
    return path


def watch(place, seconds):
    """Sizes of objects by name, before garbage collection takes them."""
    sizes = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path, _, names in os.walk(place):
            for name in names:
                if name.split("-")[0] in ("state", "file", "manifest"):
                    try:
                        sizes[f"{path}/{name}"] = os.stat(f"{path}/{name}").st_size
                    except FileNotFoundError:
                        pass
        time.sleep(0.05)
    return sizes


def epochs(sizes, first):
    """By epoch: objects and bytes of state objects, of files, of the manifest; decided ones after the first."""
    found = {}
    for path, size in sizes.items():
        epoch, kind = int(path.split("/")[-3], 16), path.split("/")[-1].split("-")[0]
        counts = found.setdefault(epoch, {"state": [0, 0], "file": [0, 0], "manifest": [0, 0]})[kind]
        counts[0] += 1
        counts[1] += size
    return {epoch: counts for epoch, counts in found.items() if epoch > first and counts["manifest"][0]}


def main():
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    budget = sys.argv[2] if len(sys.argv) > 2 else "16mb"
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 30
    with Folder() as folder:
        always = ("--checkpoint-dir", folder / "checkpoints", "--accept-plan-change", "--state-backend", "rocksdb", "--batch-rows", str(BATCH_ROWS),
                  "--set", f"state.backend.memory.budget={budget}", "--set", f"state.backend.rocksdb.localdir={folder}/state",
                  "--set", "execution.runtime-mode=streaming")
        filled = run("run", script(folder, "fill.sql", 0, keys), *always, "--checkpoint-interval", "1h",
                     "--checkpoint-stop-after", str(FILL * keys // BATCH_ROWS), timeout=600)
        if filled.status not in (0, 128):
            raise SystemExit(filled.errors)
        before = watch(folder / "checkpoints", 0.1)
        rate = keys // DIRTY // INTERVAL_S
        with Running("run", script(folder, "go.sql", rate, keys), *always, "--checkpoint-interval", f"{INTERVAL_S}s") as job:
            found = epochs({**watch(folder / "checkpoints", seconds)}, max(int(path.split("/")[-3], 16) for path in before) + 1)
            job.process.send_signal(SIGINT)
            if job.wait() != 0:
                raise SystemExit(job.errors())
        for epoch, counts in sorted(found.items()):
            print(f"epoch {epoch:3}  " + "  ".join(f"{kind} {count:4} objects {size / 1e6:8.2f} MB" for kind, (count, size) in counts.items()))
        sums = [sum(size for _, size in counts.values()) / 1e6 for counts in found.values()]
        print(f"{len(sums)} epochs, MB each: median {statistics.median(sums):.1f}, mean {statistics.mean(sums):.1f}, most {max(sums):.1f}")


if __name__ == "__main__":
    main()
