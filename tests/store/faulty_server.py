"""A small HTTP server whose answers go wrong on demand; the S3 and GCS servers of the tests are made of it."""
import collections
import http.server
import socket
import threading
import time

Fault = collections.namedtuple("Fault", "method part kind value after")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.lock = threading.RLock()
        self.faults = []
        self.log = []  # (method, path with query), in order
        self.hangups = 0
        self.complaints = []  # what no client of ours may do
        self.storm = None  # method, path -> Fault or None: for requests that no single fault was ordered for
        self.is_away = False
        self.start()

    def start(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def go_away(self):
        """Nobody listens any more, and open connections break at their next request."""
        self.is_away = True
        self.shutdown()
        self.socket.close()

    def come_back(self):
        """At the same address, with all that was stored."""
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()
        self.is_away = False
        self.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def fault(self, kind, value=None, method=None, part="", after=False, count=1):
        """The next `count` requests of this method whose URL holds `part` go wrong: before they are carried out, or after.

        kinds: status CODE | cut (no answer, and before that calls the value) | half (the answer's body breaks off) | slow SECONDS | body BYTES | header (N, V)
               instead BYTES (a success that never was) | pass (this one is right)
        """
        with self.lock:
            self.faults += [Fault(method, part, kind, value, after)] * count

    def take_fault(self, method, path, headers):
        with self.lock:
            for i, fault in enumerate(self.faults):
                if fault.method in (None, method) and fault.part in path:
                    return self.faults.pop(i)
            return self.storm(method, path) if self.storm else None

    def handle_error(self, request, client_address):
        with self.lock:
            self.hangups += 1  # clients that do not wait for the end are part of the tests

    def reset(self):
        with self.lock:
            self.faults.clear()
            self.storm = None
            self.log.clear()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    def serve(self):
        if self.server.is_away:
            return self.hang_up()
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        with self.server.lock:
            self.server.log.append((self.command, self.path))
        fault = self.server.take_fault(self.command, self.path, self.headers)
        if fault and not fault.after and fault.kind in ("status", "cut", "instead"):
            return self.spoil(fault, None)
        answer = self.answer()
        if fault:
            return self.spoil(fault, answer)
        self.send(*answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    def spoil(self, fault, answer):
        if fault.kind == "status":
            return self.send(fault.value, {}, b"<Error><Code>Fault</Code></Error>")
        if fault.kind == "instead":
            return self.send(200, {}, fault.value)
        if fault.kind == "cut":
            if fault.value:
                fault.value()
            return self.hang_up()
        code, headers, body = answer
        if fault.kind == "half":
            self.send(code, headers, body, body[:len(body) // 2])
            return self.hang_up()
        if fault.kind == "slow":
            time.sleep(fault.value)
        elif fault.kind == "body":
            body = fault.value
        elif fault.kind == "header":
            headers = {**headers, fault.value[0]: fault.value[1]}
        self.send(code, headers, body)

    def hang_up(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def send(self, code, headers, body, sent=None):
        self.send_response(code)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        if "Content-Length" not in headers and code != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and code != 204:
            self.wfile.write(body if sent is None else sent)
