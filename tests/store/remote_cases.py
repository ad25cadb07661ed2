"""Lost, late, cut and false answers: what the two stores behind HTTP do alike. A case gets `open` and the server."""
import random
import time

from faulty_server import Fault
from harness import blob, check, equal, refused

MANY = 20  # more than there are attempts; libcurl adds one of its own when a kept connection was cut


def case_busy_servers_are_asked_again(open, server):
    with open() as store:
        store.put("a", b"data")
        for code in (500, 502, 503, 504, 429, 408):
            server.fault("status", code, count=3)
            equal(store.get("a")[0], b"data", f"after {code}")
            server.fault("status", code, count=2)
            equal(store.size("a"), 4)
            server.fault("status", code, count=2)
            equal(store.list_all(), [("a", 4)])
            server.fault("status", code, count=2)
            store.put(f"b{code}", b"1")
            store.delete(f"b{code}")


def case_given_up_in_the_end(open, server):
    with open() as store:
        server.fault("status", 503, count=4)
        refused("CONNECTION_FAILURE", store.get, "a", retriable=True, text="503")
        equal(server.faults, [], "requests that were not made")
        server.fault("cut", count=MANY)
        refused("CONNECTION_FAILURE", store.size, "a", retriable=True)


def case_nobody_listens(open, server):
    with open(port=1) as store:
        for call, arguments in ((store.get, ("a",)), (store.put, ("a", b"")), (store.list, ()),
                                (store.swap, ("h", "", b"x"))):
            refused("CONNECTION_FAILURE", call, *arguments, retriable=True)


def case_puts_whose_answer_was_lost(open, server):
    with open() as store:
        for i, kind in enumerate(("cut", "half")):
            server.fault(kind, after=True, method=store.put_method)
            store.put(f"p{i}", b"data")
            equal(store.get(f"p{i}")[0], b"data")
        server.fault("status", 500, after=True, method=store.put_method)
        store.put("q", b"data")
        server.fault("cut", after=True, method=store.put_method, count=MANY)
        refused("CONNECTION_FAILURE", store.put, "r", b"data", retriable=True)


def case_swaps_whose_answer_was_lost(open, server):
    """Carried out, and the answer lost: recognised by the content."""
    with open() as store:
        tag = ""
        for i, kind in enumerate(("cut", "slow", "cut")):
            server.fault(kind, 5 if kind == "slow" else None, after=True, method=store.put_method)
            outcome, tag = store.swap("head", tag, f"content {i}".encode())
            equal(outcome, "done", f"{kind} after the swap")
            equal(store.get("head"), (f"content {i}".encode(), tag))


def case_swaps_that_did_not_arrive(open, server):
    with open() as store:
        tag = store.swap("head", "", b"0")[1]
        server.fault("cut", method=store.put_method, count=2)
        outcome, tag = store.swap("head", tag, b"1")
        equal(outcome, "done")
        server.fault("cut", method=store.put_method, count=4)
        equal(store.swap("head", tag, b"2")[0], "unknown", "no attempt was answered")
        equal(store.get("head"), (b"1", tag))
        server.fault("status", 503, method=store.put_method, count=4)
        equal(store.swap("head", tag, b"2")[0], "unknown", "a 503 does not say that nothing was done")


def case_swap_lost_and_overwritten(open, server):
    """Our swap may have been seen and followed by another's before its loss was noticed: not a conflict."""
    with open() as store, open() as other:
        tag = store.swap("head", "", b"0")[1]
        server.fault("slow", 5, after=True, method=store.put_method)
        store.swap_begin("head", tag, b"ours")
        while other.get("head")[0] != b"ours":
            pass
        equal(other.swap("head", other.get("head")[1], b"theirs")[0], "done")
        equal(store.receive()[0], "unknown")
        equal(store.get("head")[0], b"theirs")


def case_swap_lost_on_a_kept_connection(open, server):
    """libcurl repeats a request whose kept connection died: then the refusal of the second would hide the fate of the first."""
    with open() as store:
        tag = store.swap("head", "", b"0")[1]
        for _ in range(3):
            store.get("head")
        server.fault("cut", lambda: server.overwrite("jobs/one/head", b"theirs"), after=True, method=store.put_method)
        equal(store.swap("head", tag, b"ours")[0], "unknown")


def case_conflict_while_the_store_cannot_be_read(open, server):
    with open() as store:
        store.swap("head", "", b"0")
        server.fault("cut", method="GET", count=MANY)
        equal(store.swap("head", "", b"1")[0], "unknown")
        server.reset()
        equal(store.swap("head", "", b"1")[0], "conflict")


def case_cut_answers(open, server):
    data = blob(300_000)
    with open() as store:
        store.put("a", data)
        server.fault("half", method="GET", count=2)
        check(store.get("a")[0] == data, "after answers that broke off")
        server.fault("half", method="GET", count=2)
        check(store.range("a", 1000, 200_000) == data[1000:201_000], "a range after answers that broke off")
        server.fault("half", method="GET", count=2)
        equal(store.list_all(), [("a", 300_000)])
        server.fault("body", data[:1000], method="GET")  # a short one with lengths that fit
        check(store.get("a")[0] == data, "an answer that is whole, but not all of the object")


def case_slow_answers(open, server):
    with open(attempts=2) as store:
        store.put("a", b"data")
        server.fault("slow", 5, method="GET")
        equal(store.get("a")[0], b"data")


def case_endless_answers(open, server):
    """Memory is bounded by what was asked for."""
    with open() as store:
        store.put("a", b"data")
        server.fault("body", b"x" * 40_000_000, method="GET", count=4)
        refused("CONNECTION_FAILURE", store.get, "a", 100)
    deadline = time.monotonic() + 10
    while server.hangups < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    equal(server.hangups, 4, "answers that were not taken to their end")
    with open() as store:
        server.fault("body", b"<a>" * 5_000_000, method="GET", count=4)
        refused("CONNECTION_FAILURE", store.list)


def case_nonsense(open, server):
    """Answers that are random, or a true one with random changes, are refused or read; nothing else happens."""
    dice = random.Random(7)
    samples = [b"", b"<", b"{", b"[]", b"null", b'{"items":{}}', b'{"items":[1]}', b'{"items":[{"name":"a","size":-1}]}',
               b'{"items":[{"name":"a","size":"-1"}]}', b'{"items":[{"name":"a","size":"99999999999999999999"}]}',
               b'{"size":"18446744073709551616"}', b'{"size":"1","generation":"x"}', b"[" * 100_000,
               b"<ListBucketResult>", b"<ListBucketResult/>", b"<ListBucketResult><Contents/></ListBucketResult>",
               b"<ListBucketResult><Contents><Key>%zz</Key><Size>1</Size></Contents></ListBucketResult>",
               b"<ListBucketResult><Contents><Key>a</Key><Size>-5</Size></Contents></ListBucketResult>",
               b"<ListBucketResult><Contents><Key>&bad;</Key></Contents></ListBucketResult>",
               b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", b"<a>" * 1000,
               b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\x00" * 1000]
    samples += [dice.randbytes(dice.randrange(200)) for _ in range(30)]
    good = b'<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a/b</Key><Size>17</Size></Contents></ListBucketResult>'
    other = b'{"items":[{"name":"a/b","size":"17"}],"nextPageToken":"x"}'
    for base in (good, other) * 30:
        changed = bytearray(base)
        for _ in range(dice.randrange(1, 4)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        samples.append(bytes(changed[:dice.randrange(len(changed) + 1)]) if dice.random() < 0.3 else bytes(changed))
    with open(attempts=1) as store:
        store.put("a", b"data")
        for sample in samples:
            for call in (store.list, lambda: store.size("a"), lambda: store.get("a"),
                         lambda: store.swap("nonsense", "", b"x"), lambda: store.upload("nonsense-2", b"y")):
                server.reset()
                server.fault("body", sample)
                try:
                    call()
                except Exception as error:  # noqa: BLE001
                    check(type(error).__name__ == "Refused", f"{sample[:80]}: {error}")
        server.reset()
        equal(store.get("a")[0], b"data")


def case_false_headers(open, server):
    with open(attempts=2) as store:
        store.put("a", blob(1000))
        for header in (("Content-Range", "bytes 0-999/99999999999999999999"), ("Content-Range", "x"),
                       ("Content-Range", "bytes 5-6/1"), ("ETag", "x" * 500), ("x-goog-generation", "y" * 500),
                       ("ETag", ""), ("x-goog-generation", "-5"), ("Location", "http://elsewhere/"), ("Range", "bytes=0-9")):
            server.fault("header", header, count=2)
            try:
                check(store.get("a")[0] == blob(1000), f"{header}: false content")
            except Exception as error:  # noqa: BLE001
                check(type(error).__name__ == "Refused", f"{header}: {error}")
            server.reset()


def case_uploads_through_faults(open, server):
    part = 5 * 1024 * 1024
    data = blob(3 * part + 12345)
    for i, fault in enumerate((("status", 503), ("cut", None))):
        for after in (False, True):
            for when in ("", "partNumber=2", "upload_id"):
                with open(part=part) as store:
                    server.fault(*fault, part=when or "upload", after=after, count=2)
                    name = f"u{i}{after}{when[:4]}"
                    store.upload(name, data, 1_000_000)
                    check(store.get(name)[0] == data, f"content after {fault} {after} {when}")
                    server.reset()


def case_only_conditional_writes(open, server):
    with open(part=5 * 1024 * 1024) as store:
        store.put("a", b"1")
        store.upload("b", blob(6_000_000))
        store.swap("h", "", b"1")
    equal(server.complaints, [])


def case_probe_in_a_storm(open, server):
    """What was lost shows nothing; a store that compares is not taken for one that does not, and the probe comes to its end."""
    choose = random.Random(7)
    faults = [Fault(None, "", kind, value, after) for kind, value, after in (("cut", None, False), ("cut", None, True), ("status", 503, False), ("status", 500, True))]
    server.storm = lambda method, path: choose.choice(faults) if "probe" in path and method == store.put_method and choose.random() < 0.1 else None
    with open() as store:
        for _ in range(5):
            store.probe()
