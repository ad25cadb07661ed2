"""What only Google Cloud Storage does: tokens, resumable uploads, pages without entries."""
import json
import subprocess

import gcs_server
from harness import Driver, SCRATCH, blob, check, equal, refused

NAME = "gcs"


def places():
    """A fresh server for each case: (open, server)."""
    server = gcs_server.GcsServer()
    server.need_token = True

    def open(uri=None, environment=None, port=None, **options):
        address = f"127.0.0.1:{port}" if port else server.address
        environment = {"STORAGE_EMULATOR_HOST": address, "GCE_METADATA_HOST": server.address, **(environment or {})}
        driver = Driver(uri or "gs://bucket/jobs/one", environment, **options)
        driver.put_method = "POST"
        return driver
    return open, server


def case_objects_are_where_they_should_be(open, server):
    with open() as store:
        store.put("x/y", b"1")
        equal(list(server.buckets["bucket"]), ["jobs/one/x/y"])
    with open(uri="gs://bucket/jobs/on") as store:
        equal(store.list_all(), [], "a prefix is a folder")


def case_metadata_token_is_kept(open, server):
    with open() as store:
        for i in range(5):
            store.put(f"o{i}", b"1")
        equal(len([path for _, path in server.log if "computeMetadata" in path]), 1, "requests for a token")
        server.tokens.clear()  # withdrawn
        store.put("again", b"1")
        equal(len([path for _, path in server.log if "computeMetadata" in path]), 2, "requests for a token")


def case_no_token_for_an_emulator(open, server):
    server.need_token = False
    with open(environment={"GCE_METADATA_HOST": ""}) as store:
        store.put("a", b"1")
        check(not any("computeMetadata" in path for _, path in server.log), "a token was asked for")


def case_emulator_as_url(open, server):
    with open(environment={"STORAGE_EMULATOR_HOST": f"http://{server.address}/"}) as store:
        store.put("a", b"1")


def case_false_metadata_server(open, server):
    with open() as store:
        server.fault("header", ("Metadata-Flavor", "Other"), part="computeMetadata", count=100)
        refused("CONNECTION_FAILURE", store.put, "a", b"1", text="metadata server")
        server.reset()
        for body in (b"", b"{}", b'{"access_token":"a b","expires_in":10}', b'{"access_token":5,"expires_in":10}',
                     b'{"access_token":"x","expires_in":0}', b'{"access_token":"x","expires_in":-1}'):
            server.fault("body", body, part="computeMetadata", count=1)
            refused("CONNECTION_FAILURE", store.put, "a", b"1", text="token")
        store.put("a", b"1")


def service_account(server, **changes):
    key = SCRATCH / f"key-{server.server_address[1]}.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key],
                   check=True, capture_output=True)
    server.public_key = subprocess.run(["openssl", "pkey", "-in", key, "-pubout"], check=True,
                                       capture_output=True).stdout
    path = SCRATCH / f"account-{server.server_address[1]}.json"
    path.write_text(json.dumps({"type": "service_account", "client_email": "robot@test.example",
                                "private_key": key.read_text(), "private_key_id": "key-1",
                                "token_uri": f"http://{server.address}/token", **changes}))
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(path), "GCE_METADATA_HOST": ""}


def case_service_account(open, server):
    with open(environment=service_account(server)) as store:
        store.put("a", b"1")
        equal(store.get("a")[0], b"1")
        equal(len([path for _, path in server.log if path == "/token"]), 1, "requests for a token")


def case_bad_service_accounts(open, server):
    for changes in ({"type": "authorized_user"}, {"private_key": None}, {"client_email": 5},
                    {"token_uri": "http://elsewhere.example/token"}, {"token_uri": "nonsense"}):
        environment = service_account(server, **changes)
        refused("INVALID_OPTION", lambda environment=environment: open(environment=environment))
    with open(environment=service_account(server, private_key="-----BEGIN PRIVATE KEY-----\nAAAA\n")) as store:
        refused("INVALID_OPTION", store.put, "a", b"1", text="sign")
    with open(environment=service_account(server, client_email="other@test.example")) as store:
        refused("FILE_ERROR", store.put, "a", b"1", text="token")
    refused("UNDEFINED_FILE", lambda: open(environment={"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/key.json"}))


def case_parts_taken_in_pieces(open, server):
    data = blob(2_500_000)
    with open(part=1024 * 1024) as store:
        for taken in (0, 256 * 1024, 512 * 1024):
            server.take_at_most = taken
            store.upload(f"u{taken}", data)
            check(store.get(f"u{taken}")[0] == data, f"content when {taken} bytes of the first part were taken")


def case_sessions_elsewhere_are_refused(open, server):
    with open(part=256 * 1024) as store:
        server.fault("header", ("Location", "http://elsewhere.example/upload?upload_id=x"), part="resumable")
        refused("CONNECTION_FAILURE", store.upload, "u", blob(1_000_000), text="not its own")
        server.fault("header", ("Location", f"http://{server.address}.elsewhere.example/x"), part="resumable")
        refused("CONNECTION_FAILURE", store.upload, "u", blob(1_000_000), text="not its own")


def case_lost_sessions(open, server):
    with open(part=256 * 1024) as store:
        server.fault("status", 404, part="upload_id")
        refused("UNDEFINED_FILE", store.upload, "u", blob(1_000_000))
        for false in ("bytes=0-9", "bytes=0-99999999", "bytes=5-262143", "bytes=0-x", "bytes=0--5"):
            server.fault("pass", part="upload_id", method="PUT")
            server.fault("header", ("Range", false), part="upload_id", method="PUT", count=20)
            refused("CONNECTION_FAILURE", store.upload, "v", blob(1_000_000), text="lost parts")
            server.reset()
        equal(store.list_all(), [])


def case_pages_without_entries(open, server):
    with open() as store:
        for i in range(5):
            store.put(f"o{i}", b"")
        server.empty_page = True
        equal([n for n, _ in store.list_all(limit=2)], [f"o{i}" for i in range(5)])


def case_missing_bucket(open, server):
    with open(uri="gs://no-bucket/x") as store:
        refused("FILE_ERROR", store.put, "a", b"", text="bucket")
        refused("FILE_ERROR", store.swap, "a", "", b"", text="bucket")
        refused("FILE_ERROR", store.list, text="bucket")
