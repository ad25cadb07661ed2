"""What every kind of store does alike. A case gets `open`, which makes a driver for the same empty place each time it is called."""
from harness import Failure, blob, check, equal, refused


def case_objects_come_back(open):
    with open() as store:
        for name, data in (("a", b""), ("b/c", b"x"), ("b/d/e-f_g.h=i+j:k,l@m", blob(100_000)), ("big", blob(3_000_001))):
            store.put(name, data)
            equal(store.get(name)[0], data, name)
            equal(store.size(name), len(data), name)
        with open() as other:
            equal(other.get("b/c")[0], b"x")


def case_ranges(open):
    data = blob(1_000_000)
    with open() as store:
        store.put("r", data)
        for offset, size in ((0, 1), (0, 1_000_000), (999_999, 1), (123_456, 500_000), (5, 0)):
            equal(store.range("r", offset, size), data[offset:offset + size], f"{size} from {offset}")
        refused("OUT_OF_RANGE", store.range, "r", 999_999, 2, retriable=False)
        refused("OUT_OF_RANGE", store.range, "r", 1_000_000, 1)
        refused("OUT_OF_RANGE", store.range, "r", 5_000_000, 10)
        store.put("empty", b"")
        refused("OUT_OF_RANGE", store.range, "empty", 0, 1)
        refused("UNDEFINED_FILE", store.range, "nothing", 0, 1)


def case_reads_are_limited(open):
    with open() as store:
        store.put("l", blob(5000))
        equal(store.get("l", 5000)[0], blob(5000))
        refused("LIMIT_EXCEEDED", store.get, "l", 4999, text="5000")
        refused("LIMIT_EXCEEDED", store.get, "l", 0)
        store.put("e", b"")
        equal(store.get("e", 0)[0], b"")


def case_missing_objects(open):
    with open() as store:
        refused("UNDEFINED_FILE", store.get, "no/such", retriable=False)
        refused("UNDEFINED_FILE", store.size, "no/such")
        store.delete("no/such")
        store.put("there", b"1")
        store.delete("there")
        refused("UNDEFINED_FILE", store.get, "there")


def case_names_are_never_used_twice(open):
    with open() as store:
        store.put("n", b"first")
        store.put("n", b"first")  # the same again, as after a lost answer
        refused("DUPLICATE_OBJECT", store.put, "n", b"other", retriable=False)
        refused("DUPLICATE_OBJECT", store.put, "n", b"")
        refused("DUPLICATE_OBJECT", store.upload, "n", b"other")
        equal(store.get("n")[0], b"first")


def case_names_are_checked(open):
    with open() as store:
        for name in ("/a", "a/", "a//b", ".a", "a/../b", "a/.b", "a b", "a%b", "ä", "a?b", "x" * 701):
            refused("INVALID_ARGUMENT", store.put, name, b"")
        store.put("x" * 200 + "/" + "y" * 200, b"long")
        equal(store.get("x" * 200 + "/" + "y" * 200)[0], b"long")


def case_large_objects_in_parts(open):
    part = 5 * 1024 * 1024
    with open(part=part) as store:
        for size in (0, 1, part - 1, part, part + 1, 2 * part, 3 * part + 77):
            data = blob(size)
            store.upload(f"u/{size}", data, 777_777)
            equal(store.size(f"u/{size}"), size)
            check(store.get(f"u/{size}")[0] == data, f"content of {size} bytes in parts")
        store.upload("u/odd", blob(2 * part + 5), part - 1)  # pieces that nearly fill a part
        check(store.get("u/odd")[0] == blob(2 * part + 5), "content of odd pieces")
        store.upload(f"u/{part + 1}", blob(part + 1))  # again, the same
        refused("DUPLICATE_OBJECT", store.upload, f"u/{part + 1}", blob(part + 1, 1))
        refused("DUPLICATE_OBJECT", store.upload, f"u/{part + 1}", blob(part + 2))
        check(store.get(f"u/{part + 1}")[0] == blob(part + 1), "a refused upload changed the object")


def case_aborted_uploads_leave_nothing(open):
    with open(part=5 * 1024 * 1024) as store:
        for size in (1000, 11_000_000):
            store.upload("gone", blob(size), 1_000_000, "abort")
            refused("UNDEFINED_FILE", store.size, "gone")
        equal(store.list_all(), [])


def case_lists(open):
    with open() as store:
        equal(store.list(), ([], ""))
        names = [f"d{i % 3}/o{i:03}" for i in range(40)] + ["d1", "d1-x", "d1/o", "z+=:@,"]
        for i, name in enumerate(n for n in names if n != "d1"):
            store.put(name, b"." * i)
        names = sorted(n for n in names if n != "d1")
        for limit in (0, 1, 7, len(names), len(names) + 1):
            equal([n for n, _ in store.list_all(limit=limit)], names, f"all names, {limit} a page")
        for prefix in ("d1", "d1/", "d1/o00", "d2/o0", "nothing", "z+"):
            equal([n for n, _ in store.list_all(prefix, 5)], [n for n in names if n.startswith(prefix)], prefix)
        equal(dict(store.list_all())["d1/o001"], 1, "size in a list")
        equal([n for n, _ in store.list("", "d1/o019")[0]], [n for n in names if n > "d1/o019"])


def case_swap(open):
    with open() as store, open() as other:
        outcome, one = store.swap("head", "", b"one")
        equal(outcome, "done")
        equal(store.swap("head", "", b"two")[0], "conflict", "a create of what exists")
        equal(store.get("head"), (b"one", one))
        outcome, two = other.swap("head", one, b"two")
        equal(outcome, "done")
        check(one != two, "the tag did not change")
        equal(store.swap("head", one, b"three")[0], "conflict", "a stale swap")
        equal(store.get("head"), (b"two", two))
        equal(store.swap("head", one, b"two"), ("done", two), "our own content, although the tag is old")
        equal(store.swap("nothing", two, b"x")[0], "missing")
        refused("UNDEFINED_FILE", store.get, "nothing")
        equal(store.swap("head", two, blob(64 * 1024))[0], "done")
        refused("LIMIT_EXCEEDED", store.swap, "head", two, blob(64 * 1024 + 1))
        store.delete("head")
        equal(store.swap("head", "", b"again")[0], "done")


def case_swap_races(open):
    """Several processes count up; every count that was announced is there, once."""
    stores = [open() for _ in range(4)]
    try:
        tag, won = stores[0].swap("count", "", b"0 start")[1], 0
        for i in range(25):
            for j, store in enumerate(stores):
                store.swap_begin("count", tag, f"{i + 1} {j}".encode())
            outcomes = [store.receive() for store in stores]
            done = [o for o in outcomes if o[0] == "done"]
            equal(len(done), 1, f"winners of round {i}: {outcomes}")
            tag, won = done[0][1], [o[0] for o in outcomes].index("done")
            equal(stores[won].get("count"), (f"{i + 1} {won}".encode(), tag))
    finally:
        for store in stores:
            store.close()


def case_probe(open):
    with open() as store:
        store.probe()
        equal(store.list_all(), [], "what the probe left behind")


def case_threads_share_a_store(open):
    with open() as store:
        store.call("parallel", store.file(blob(200_000)))
        equal(len(store.list_all("parallel/")), 80)


def case_bad_addresses(open):
    for uri in ("nothing", "ftp://x/y", "file://host/y", "s3://", "s3://UPPER/x", "gs://b", "file:///tmp/x?region=a",
                "s3://bucket/x?regio=a", "s3://bucket/%zz", "s3://key:secret@bucket/x", "s3://bucket/x?endpoint=ftp://h",
                "s3://bucket/x?endpoint=http://h/path", "gs://bucket/a?endpoint=http://elsewhere", "file:///tmp/a#b",
                "s3://bucket/x?region=a%0d%0ab", "x" * 5000 + "://"):
        try:
            refused("LIMIT_EXCEEDED" if len(uri) > 4096 else "INVALID_OPTION", lambda uri=uri: open(uri=uri))
        except Failure as failure:
            raise Failure(f"{uri[:60]}: {failure}") from failure
