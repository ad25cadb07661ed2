"""What only the store in a folder does: crashes, failing disks, files of others."""
import errno
import os
import shutil
import signal
import time

from harness import Died, Driver, SCRATCH, blob, check, equal, refused

NAME = "file"
COUNTER = iter(range(1_000_000))


def places():
    """A fresh place for each case: (open, folder)."""
    folder = SCRATCH / f"folder {next(COUNTER)}"

    def open(uri=None, **options):
        return Driver(uri or f"file://{str(folder).replace(' ', '%20')}/deep/store", **options)
    return open, folder / "deep/store"


def leftovers(folder):
    return [f for f in os.listdir(folder / ".streamsql") if f.startswith("new-")]


def case_nothing_is_left_behind(open, folder):
    with open() as store:
        store.put("a/b", b"1")
        store.upload("c", blob(100_000), 10, "abort")
        refused("DUPLICATE_OBJECT", store.put, "a/b", b"2")
        store.swap("h", "", b"x")
        equal(leftovers(folder), [])


def case_full_disk(open, folder):
    with open() as store:
        store.fault("write", errno.ENOSPC, 0)
        refused("DISK_FULL", store.put, "p", b"data", retriable=True)
        store.fault("write", errno.ENOSPC, 0)
        refused("DISK_FULL", store.swap, "h", "", b"data", retriable=True)
        store.fault("", 0, 0)
        refused("UNDEFINED_FILE", store.get, "p")
        equal(leftovers(folder), [])
        store.put("p", b"data")
        equal(store.get("p")[0], b"data")


def case_full_disk_in_parts(open, folder):
    with open(part=256 * 1024) as store:
        store.fault("write", errno.ENOSPC, 2)
        refused("DISK_FULL", store.upload, "p", blob(2_000_000), retriable=True)
        store.fault("", 0, 0)
        equal(leftovers(folder), [])
        equal(store.list_all(), [])


def case_failing_disk(open, folder):
    with open() as store:
        store.fault("write", errno.EIO, 0)
        refused("FILE_ERROR", store.put, "p", b"data", retriable=False)
        store.fault("rename", errno.EIO, 0)
        refused("FILE_ERROR", store.swap, "h", "", b"data", retriable=False)
        refused("FILE_ERROR", store.put, "p", b"data", retriable=False)
        store.fault("", 0, 0)
        equal(leftovers(folder), [])
        equal(store.list_all(), [])


def case_failed_fsync_ends_the_process(open, folder):
    for after in range(4):
        for command in ("put", "swap"):
            store = open()
            store.fault("fsync", errno.EIO, after)
            try:
                if command == "put":
                    store.put(f"put{after}/p", b"data")
                else:
                    store.swap(f"swap{after}/h", "", b"data")
            except Died as died:
                equal(died.code, -signal.SIGABRT, "how it ended")
                check("fsync" in died.stderr, f"what was logged: {died.stderr}")
            else:
                store.close()
                check(after == 3, f"{command} survived the failure of fsync number {after}")


def case_crash_at_every_call(open, folder):
    """An object is there whole or not at all, and HEAD is the old or the new one, wherever the process ends."""
    data, ended = blob(600_000), 0
    for call in range(30):
        shutil.rmtree(folder, ignore_errors=True)
        with open() as store:
            tag = store.swap("head", "", b"old")[1]
        acknowledged = []
        store = open(part=256 * 1024)
        store.fault("crash", call)
        try:
            store.upload("u/large", data)
            acknowledged.append("u/large")
            equal(store.swap("head", tag, b"new")[0], "done")
            acknowledged.append("head")
            store.close()
        except Died as died:
            equal(died.code, 86, "how it ended")
            ended += 1
        with open() as store:
            names = dict(store.list_all())
            check(set(names) <= {"u/large", "head"}, f"{names}")
            if "u/large" in names:
                check(store.get("u/large")[0] == data, f"half an object after a crash at call {call}")
            check("u/large" in names or "u/large" not in acknowledged, "an acknowledged object is missing")
            check(store.get("head")[0] in ([b"new"] if "head" in acknowledged else [b"old", b"new"]), "HEAD")
            equal(leftovers(folder), [], "swept at open")
            store.upload("u/large", data)  # the name can be used by the next attempt with the same content
    check(8 <= ended < 30, f"{ended} crashes: the calls were not all covered")


def case_objects_under_way_are_not_swept(open, folder):
    with open(part=256 * 1024) as store:
        store.send("upload", "slow", store.file(blob(8_000_000)), 1, "finish")
        deadline = time.monotonic() + 20
        while not leftovers(folder) and time.monotonic() < deadline:
            time.sleep(0.001)
        for _ in range(3):
            open().close()
        store.receive()
        equal(store.size("slow"), 8_000_000)


def case_killed_writers_are_swept(open, folder):
    store = open(part=256 * 1024)
    store.fault("crash", 6)
    try:
        store.upload("u", blob(2_000_000))
    except Died as died:
        equal(died.code, 86)
    equal(len(leftovers(folder)), 1, "files of the dead")
    with open():
        equal(leftovers(folder), [])


def case_network_file_systems_are_refused(open, folder):
    for magic in ("6969", "ff534d42", "fe534d42", "65735546"):
        with open() as store:
            store.fault("network", magic)
            refused("UNSUPPORTED", store.swap, "h", "", b"x", text="network")
            refused("UNSUPPORTED", store.probe, text="local disk")
            equal(store.list_all(), [])


def case_foreign_files_are_not_seen(open, folder):
    with open() as store:
        store.put("a", b"")
        (folder / "b c").write_bytes(b"x")
        (folder / ".hidden").write_bytes(b"x")
        os.symlink("/etc/passwd", folder / "link")
        equal(store.list_all(), [("a", 0)])
        (folder / "folder").mkdir()
        refused("UNDEFINED_FILE", store.get, "folder")
        refused("UNDEFINED_FILE", store.get, "a/b")


def case_unusable_folder(open, folder):
    refused("FILE_ERROR", lambda: open(uri="file:///dev/null/store"), retriable=False)
