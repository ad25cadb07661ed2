"""What only S3 does: where credentials come from, styles of addresses, regions, multipart left-overs."""
import s3_server
from harness import Driver, SCRATCH, blob, check, equal, refused

NAME = "s3"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": s3_server.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": s3_server.SECRET_KEY,
               "AWS_REGION": s3_server.REGION}


def places(**server_options):
    """A fresh server for each case: (open, server)."""
    server = s3_server.S3Server(**server_options)

    def open(uri=None, environment=None, port=None, **options):
        environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL": f"http://{server.address}", **(environment or {})}
        if port:
            environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
        driver = Driver(uri or "s3://bucket/jobs/one", environment, **options)
        driver.put_method = "PUT"
        return driver
    return open, server


def case_objects_are_where_they_should_be(open, server):
    with open() as store:
        store.put("x/y", b"1")
        equal(list(server.buckets["bucket"]), ["jobs/one/x/y"])
    with open(uri="s3://bucket") as store:
        equal(store.list_all(), [("jobs/one/x/y", 1)])
    with open(uri="s3://bucket/jobs/on") as store:
        equal(store.list_all(), [], "a prefix is a folder")


def case_virtual_host_style(open, server):
    port = server.address.split(":")[1]
    # The name of a bucket in front of localhost resolves where the resolver follows RFC 6761.
    with open(uri=f"s3://bucket-virtual/p?style=virtual&endpoint=http://localhost:{port}") as store:
        store.put("a", b"1")
        equal(list(server.buckets["bucket-virtual"]), ["p/a"])


def case_credentials_of_shared_files(open, server):
    folder = SCRATCH / "aws"
    folder.mkdir(exist_ok=True)
    (folder / "credentials").write_text(
        "[default]\naws_access_key_id = wrong\naws_secret_access_key = wrong\n# comment\n[other]\n"
        f"aws_access_key_id={s3_server.ACCESS_KEY}\n aws_secret_access_key = indented\n"
        f"aws_secret_access_key = {s3_server.SECRET_KEY}\naws_session_token={s3_server.SESSION_TOKEN}\n")
    (folder / "config").write_text(f"[profile other]\nregion = {s3_server.REGION}\ns3 =\n  region = nested\n")
    server.check_token = s3_server.SESSION_TOKEN
    none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_REGION": "",
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"), "AWS_CONFIG_FILE": str(folder / "config")}
    with open(environment={**none, "AWS_PROFILE": "other"}) as store:
        store.put("a", b"1")
    with open(environment={**none, "AWS_REGION": s3_server.REGION}) as store:
        refused("FILE_ERROR", store.put, "b", b"1", retriable=False, text="credentials")
    refused("INVALID_OPTION", lambda: open(environment={**none, "AWS_PROFILE": "third"}), text="AWS_PROFILE")


def case_wrong_secret(open, server):
    with open(environment={"AWS_SECRET_ACCESS_KEY": "wrong"}) as store:
        refused("FILE_ERROR", store.get, "a", retriable=False, text="SignatureDoesNotMatch")


def case_wrong_region_is_named(open, server):
    with open(uri="s3://bucket/x?region=us-wrong-1") as store:
        server.fault("header", ("x-amz-bucket-region", s3_server.REGION))
        refused("FILE_ERROR", store.get, "a", text=f"?region={s3_server.REGION}")


def case_missing_bucket(open, server):
    with open(uri="s3://no-bucket/x") as store:
        refused("FILE_ERROR", store.get, "a", retriable=False, text="bucket")
        refused("FILE_ERROR", store.swap, "a", "", b"x", text="bucket")
        refused("FILE_ERROR", store.list, text="bucket")


def case_refused_uploads_are_aborted(open, server):
    with open(part=5 * 1024 * 1024, attempts=2) as store:
        server.fault("status", 403, part="partNumber=2")
        refused("FILE_ERROR", store.upload, "u", blob(12_000_000))
        equal(server.uploads, {}, "uploads left in the bucket")
        server.fault("cut", method="POST", part="uploadId", count=20)
        refused("CONNECTION_FAILURE", store.upload, "u", blob(12_000_000))
        server.reset()
        equal(server.uploads, {}, "uploads left in the bucket")
        store.put("taken", b"x")
        refused("DUPLICATE_OBJECT", store.upload, "taken", blob(12_000_000))
        equal(server.uploads, {}, "uploads left in the bucket")


def case_error_in_a_successful_answer(open, server):
    with open(part=5 * 1024 * 1024) as store:
        server.fault("instead", b"  <Error><Code>InternalError</Code></Error>", method="POST", part="uploadId")
        store.upload("u", blob(12_000_000))
        check(store.get("u")[0] == blob(12_000_000), "content")


def case_conflicting_writers_are_told_to_wait(open, server):
    with open() as store:
        server.fault("status", 409, method="PUT", count=2)
        equal(store.swap("h", "", b"x")[0], "done")
        server.fault("status", 409, method="PUT", count=4)
        refused("FILE_ERROR", store.swap, "h", "", b"y", retriable=True)


def case_stores_that_ignore_conditions_are_refused(open, server):
    server.compares = False
    with open() as store:
        refused("UNSUPPORTED", store.probe, retriable=False, text="HEAD")
        equal(store.list_all(), [])


def case_stores_that_compare_too_early_are_refused(open, server):
    server.gap = 0.2
    with open() as store:
        refused("UNSUPPORTED", store.probe, retriable=False, text="at once")


def case_probe_of_an_absent_server_is_not_a_verdict(open, server):
    with open() as store:
        server.fault("cut", count=100)
        refused("CONNECTION_FAILURE", store.probe, retriable=True)
