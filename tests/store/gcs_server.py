"""Google Cloud Storage for the tests: JSON API, resumable uploads, generation preconditions, metadata server, OAuth; fails on
demand. Tokens are checked; chunks must be multiples of 256 KiB."""
import base64
import json
import re
import secrets
import subprocess
import tempfile
import urllib.parse

import faulty_server

UNIT = 256 * 1024


class GcsServer(faulty_server.Server):
    def __init__(self):
        super().__init__(Handler)
        self.buckets = {"bucket": {}}  # name -> (bytes, generation)
        self.sessions = {}  # id -> [name, bytearray, done]
        self.generation = 1700000000000000
        self.tokens = set()
        self.need_token = False
        self.public_key = None  # PEM, of the service account
        self.take_at_most = None  # bytes of one chunk that are kept
        self.empty_page = False

    def overwrite(self, name, data):
        self.generation += 1
        self.buckets["bucket"][name] = (data, self.generation)


class Handler(faulty_server.Handler):
    def answer(self):
        url = urllib.parse.urlsplit(self.path)
        self.parameters = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        with self.server.lock:
            if url.path.startswith("/computeMetadata/"):
                return self.metadata()
            if url.path == "/token":
                return self.oauth()
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if self.server.need_token and token not in self.server.tokens:
                return self.error(401)
            match = re.fullmatch(r"(/upload)?/storage/v1/b/([^/]+)/o(?:/([^/]+))?", url.path)
            if match and match[2] in self.server.buckets:
                self.bucket = self.server.buckets[match[2]]
                if match[1]:
                    return self.upload()
                return self.object(urllib.parse.unquote(match[3])) if match[3] else self.list()
            return self.error(404)

    def error(self, code):
        return self.json(code, {"error": {"code": code, "message": "refused"}})

    def json(self, code, value, headers=None):
        return code, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode()

    def new_token(self):
        token = "ya29." + secrets.token_urlsafe(20)
        self.server.tokens.add(token)
        return {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}

    def metadata(self):
        if self.headers.get("Metadata-Flavor") != "Google" or not self.path.endswith("/service-accounts/default/token"):
            return self.error(403)
        return self.json(200, self.new_token(), {"Metadata-Flavor": "Google"})

    def oauth(self):
        form = dict(urllib.parse.parse_qsl(self.body.decode()))
        signed, _, signature = form["assertion"].rpartition(".")
        pad = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))  # noqa: E731
        header, claims = (json.loads(pad(part)) for part in signed.split("."))
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (("key", self.server.public_key), ("sig", pad(signature)), ("text", signed.encode())):
                with open(f"{folder}/{name}", "wb") as file:
                    file.write(data)
            good = subprocess.run(["openssl", "dgst", "-sha256", "-verify", f"{folder}/key", "-signature",
                                   f"{folder}/sig", f"{folder}/text"], capture_output=True).returncode == 0
        if (not good or header["alg"] != "RS256" or header["kid"] != "key-1" or "devstorage" not in claims["scope"]
                or claims["iss"] != "robot@test.example" or not claims["aud"].endswith("/token")
                or not 0 < claims["exp"] - claims["iat"] <= 3600
                or form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer"):
            return self.error(400)
        return self.json(200, self.new_token())

    def allowed(self, name):
        wanted = self.parameters.get("ifGenerationMatch")
        if wanted is None:
            self.server.complaints.append(f"unconditional write of {name}")
            return True
        return int(wanted) == self.bucket.get(name, (None, 0))[1]

    def store(self, name, data):
        self.server.generation += 1
        self.bucket[name] = (data, self.server.generation)
        return self.json(200, self.resource(name))

    def resource(self, name):
        data, generation = self.bucket[name]
        return {"kind": "storage#object", "name": name, "size": str(len(data)), "generation": str(generation)}

    def upload(self):
        if self.parameters.get("upload_id"):
            return self.chunk()
        name = self.parameters["name"]
        if not self.allowed(name):
            return self.error(412)
        if self.parameters["uploadType"] == "media":
            return self.store(name, self.body)
        identifier = secrets.token_urlsafe(12)
        self.server.sessions[identifier] = [name, bytearray(), False]
        return 200, {"Location": f"http://{self.server.address}/upload/storage/v1/b/bucket/o?uploadType=resumable"
                                 f"&upload_id={identifier}&ifGenerationMatch=0"}, b""

    def chunk(self):
        session = self.server.sessions.get(self.parameters["upload_id"])
        if not session:
            return self.error(404)
        if self.command == "DELETE":
            del self.server.sessions[self.parameters["upload_id"]]
            return 499, {}, b""
        name, data, done = session
        if done:
            return self.json(200, self.resource(name))
        match = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", self.headers["Content-Range"])
        if match[1]:
            first, last = int(match[1]), int(match[2])
            if last - first + 1 != len(self.body) or first > len(data):
                return self.error(400)
            if match[3] == "*" and (last + 1) % UNIT:
                return self.error(400)
            taken = self.body[len(data) - first:]
            if self.server.take_at_most is not None:
                taken, self.server.take_at_most = taken[:self.server.take_at_most], None
            data += taken
        if match[3] != "*" and len(data) == int(match[3]):
            if not self.allowed(name):
                return self.error(412)
            session[2] = True
            return self.store(name, bytes(data))
        return 308, {"Range": f"bytes=0-{len(data) - 1}" if data else None}, b""

    def object(self, name):
        if name not in self.bucket:
            return self.error(404)
        data, generation = self.bucket[name]
        if self.command == "DELETE":
            del self.bucket[name]
            return 204, {}, b""
        if self.parameters.get("alt") != "media":
            return self.json(200, self.resource(name))
        headers = {"x-goog-generation": str(generation)}
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not match:
            return 200, headers, data
        first, last = int(match[1]), min(int(match[2]), len(data) - 1)
        if first >= len(data):
            return self.error(416)
        return 206, {**headers, "Content-Range": f"bytes {first}-{last}/{len(data)}"}, data[first:last + 1]

    def list(self):
        prefix, start = self.parameters.get("prefix", ""), self.parameters.get("startOffset", "")
        start = max(start, self.parameters.get("pageToken", ""))
        limit = int(self.parameters.get("maxResults", 1000))
        names = [n for n in sorted(self.bucket) if n.startswith(prefix) and n >= start]
        if self.server.empty_page and "pageToken" not in self.parameters:
            return self.json(200, {"nextPageToken": names[0] if names else "~"})
        answer = {"items": [self.resource(n) for n in names[:limit]]} if names else {}
        if len(names) > limit:
            answer["nextPageToken"] = names[limit]
        return self.json(200, answer)
