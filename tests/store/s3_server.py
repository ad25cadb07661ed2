"""S3 for the tests: checks every signature, compares before it writes, speaks multipart, and fails on demand."""
import datetime
import hashlib
import hmac
import re
import time
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

import faulty_server

ACCESS_KEY, SECRET_KEY, SESSION_TOKEN = "AKIATESTTESTTEST", "test+secret/with=signs", "session/token=="
REGION = "eu-test-1"


class S3Server(faulty_server.Server):
    def __init__(self, compares=True):
        super().__init__(Handler)
        self.compares = compares
        self.gap = 0  # seconds between comparing and writing
        self.check_token = None
        self.buckets = {"bucket": {}, "bucket-virtual": {}}
        self.uploads = {}  # id -> (bucket, key, {number: bytes})

    def overwrite(self, name, data):
        self.buckets["bucket"][name] = (data, etag_of(data))


class Refused(Exception):
    def __init__(self, code, name):
        super().__init__(name)
        self.code, self.name = code, name


def etag_of(data):
    return f'"{hashlib.md5(data).hexdigest()}"'


def quote(text, safe=""):
    return urllib.parse.quote(text, safe="-_.~" + safe)


class Handler(faulty_server.Handler):
    def answer(self):
        path, _, query = self.path.partition("?")
        self.raw_path = path
        self.parameters = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        try:
            self.check_signature(query)
            host = self.headers["Host"]
            path = urllib.parse.unquote(path)
            if host.startswith("bucket-virtual."):
                bucket, key = "bucket-virtual", path[1:]
            else:
                bucket, _, key = path[1:].partition("/")
            with self.server.lock:
                if bucket not in self.server.buckets:
                    raise Refused(404, "NoSuchBucket")
                return self.dispatch(bucket, self.server.buckets[bucket], key)
        except Refused as refused:
            return refused.code, {"Content-Type": "application/xml"}, (
                f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{refused.name}</Code>'
                f"<Message>refused</Message></Error>").encode()

    def check_signature(self, query):
        authorization = self.headers.get("Authorization", "")
        match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,\s?"
                             r"SignedHeaders=([a-z0-9;-]+),\s?Signature=([0-9a-f]{64})", authorization)
        if not match or match[1] != ACCESS_KEY:
            raise Refused(403, "InvalidAccessKeyId")
        _, day, region, signed, signature = match.groups()
        names = signed.split(";")
        stamp = self.headers["x-amz-date"]
        given = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs((given - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) > 900 or stamp[:8] != day:
            raise Refused(403, "RequestTimeTooSkewed")
        must = {"host", *(n.lower() for n in self.headers if n.lower().startswith("x-amz-"))}
        if names != sorted(names) or not must <= set(names) or region != REGION:
            raise Refused(403, "AuthorizationHeaderMalformed")
        if self.server.check_token and self.headers.get("x-amz-security-token") != self.server.check_token:
            raise Refused(403, "InvalidToken")
        digest = hashlib.sha256(self.body).hexdigest()
        if self.headers["x-amz-content-sha256"] != digest:
            raise Refused(400, "XAmzContentSHA256Mismatch")
        pairs = sorted((quote(k), quote(v)) for k, v in urllib.parse.parse_qsl(query, keep_blank_values=True))
        canonical = "\n".join([
            self.command, quote(urllib.parse.unquote(self.raw_path), "/"), "&".join(f"{k}={v}" for k, v in pairs),
            *(f"{n}:{' '.join(self.headers[n].split())}" for n in names), "", signed, digest])
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, f"{day}/{region}/s3/aws4_request",
                          hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + SECRET_KEY).encode()
        for step in (day, region, "s3", "aws4_request"):
            key = hmac.digest(key, step.encode(), "sha256")
        if hmac.new(key, text.encode(), "sha256").hexdigest() != signature:
            raise Refused(403, "SignatureDoesNotMatch")

    def dispatch(self, bucket, objects, key):
        if not key:
            return self.list(objects)
        if self.command == "POST" and "uploads" in self.parameters:
            identifier = uuid.uuid4().hex + "+/&="
            self.server.uploads[identifier] = (bucket, key, {})
            return self.xml(f"<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{escape(key)}</Key>"
                            f"<UploadId>{escape(identifier)}</UploadId></InitiateMultipartUploadResult>")
        if "uploadId" in self.parameters:
            return self.multipart(objects, key)
        if self.command == "PUT":
            return self.put(objects, key, self.body, etag_of(self.body))
        if self.command == "DELETE":
            objects.pop(key, None)
            return 204, {}, b""
        return self.get(objects, key)

    def xml(self, text):
        return 200, {"Content-Type": "application/xml"}, ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode()

    def put(self, objects, key, data, etag):
        if self.server.compares:
            match, none_match = self.headers.get("If-Match"), self.headers.get("If-None-Match")
            if not match and not none_match:
                self.server.complaints.append(f"unconditional {self.command} of {key}")
            if none_match == "*" and key in objects:
                raise Refused(412, "PreconditionFailed")
            if match and key not in objects:
                raise Refused(404, "NoSuchKey")
            if match and objects[key][1] != match:
                raise Refused(412, "PreconditionFailed")
        if self.server.gap:
            self.server.lock.release()
            time.sleep(self.server.gap)
            self.server.lock.acquire()
        objects[key] = (data, etag)
        return 200, {"ETag": etag}, b""

    def get(self, objects, key):
        if key not in objects:
            raise Refused(404, "NoSuchKey")
        data, etag = objects[key]
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not match:
            return 200, {"ETag": etag}, data
        first, last = int(match[1]), min(int(match[2]), len(data) - 1)
        if first >= len(data):
            raise Refused(416, "InvalidRange")
        return 206, {"ETag": etag, "Content-Range": f"bytes {first}-{last}/{len(data)}"}, data[first:last + 1]

    def multipart(self, objects, key):
        identifier = self.parameters["uploadId"]
        _, upload_key, parts = self.server.uploads.get(identifier, (None, None, None))
        if upload_key != key:
            raise Refused(404, "NoSuchUpload")
        if self.command == "DELETE":
            del self.server.uploads[identifier]
            return 204, {}, b""
        if self.command == "PUT":
            parts[int(self.parameters["partNumber"])] = self.body
            return 200, {"ETag": etag_of(self.body)}, b""
        listed = [(int(p.findtext("PartNumber")), p.findtext("ETag")) for p in ElementTree.fromstring(self.body)]
        if listed != sorted((n, etag_of(b)) for n, b in parts.items()):
            raise Refused(400, "InvalidPart")
        if any(len(parts[n]) < 5 * 1024 * 1024 for n, _ in listed[:-1]):
            raise Refused(400, "EntityTooSmall")
        data = b"".join(parts[n] for n, _ in listed)
        etag = f'"{hashlib.md5(data).hexdigest()}-{len(listed)}"'
        self.put(objects, key, data, etag)
        del self.server.uploads[identifier]
        return self.xml(f"<CompleteMultipartUploadResult><ETag>{escape(etag)}</ETag></CompleteMultipartUploadResult>")

    def list(self, objects):
        prefix, after = self.parameters.get("prefix", ""), self.parameters.get("start-after", "")
        limit = int(self.parameters.get("max-keys", 1000))
        keys = [k for k in sorted(objects) if k.startswith(prefix) and k > after]
        items = "".join(f"<Contents><Key>{quote(k, '/')}</Key><Size>{len(objects[k][0])}</Size>"
                        f"<ETag>{escape(objects[k][1])}</ETag></Contents>" for k in keys[:limit])
        return self.xml('<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                        f"<Name>b</Name><Prefix>{quote(prefix, '/')}</Prefix><EncodingType>url</EncodingType>"
                        f"<IsTruncated>{str(len(keys) > limit).lower()}</IsTruncated>{items}</ListBucketResult>")
