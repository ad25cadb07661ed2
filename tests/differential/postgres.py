"""A private PostgreSQL cluster in a temporary folder, on a Unix socket only."""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile


def _binaries():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    if found:
        return os.path.dirname(found[-1])
    initdb = shutil.which("initdb")
    if not initdb:
        raise SystemExit("PostgreSQL is not installed: run tools/deps test")
    return os.path.dirname(initdb)


class Postgres:
    def __init__(self):
        self.bin = _binaries()
        self.folder = tempfile.mkdtemp(prefix="streamsql-pg-")
        self.as_user = []
        if os.geteuid() == 0:  # the server refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self.environment = {**os.environ, "PGHOST": self.folder, "PGUSER": "tester", "PGDATABASE": "postgres", "TZ": "UTC",
                            "PGOPTIONS": "-c TimeZone=UTC -c extra_float_digits=1 -c client_min_messages=error"}

    def _run(self, *command, **options):
        return subprocess.run([*self.as_user, *command], cwd=self.folder, env=self.environment, check=True,
                              capture_output=True, **options)

    def __enter__(self):
        data = os.path.join(self.folder, "data")
        self._run(os.path.join(self.bin, "initdb"), "-D", data, "-U", "tester", "--auth=trust", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--no-sync")
        self._run(os.path.join(self.bin, "pg_ctl"), "-D", data, "-w", "-l", os.path.join(self.folder, "log"), "-o",
                  f"-k {self.folder} -c listen_addresses='' -c fsync=off -c jit=off -c max_parallel_workers_per_gather=0",
                  "start")
        return self

    def __exit__(self, *_):
        subprocess.run([*self.as_user, os.path.join(self.bin, "pg_ctl"), "-D", os.path.join(self.folder, "data"), "-m",
                        "immediate", "stop"], cwd=self.folder, env=self.environment, capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def script(self, text):
        """Runs a psql script; returns (stdout, stderr). Statements that fail do not end it."""
        done = subprocess.run([os.path.join(self.bin, "psql"), "-X", "-q", "-A", "-t", "-v", "VERBOSITY=verbose"],
                              input=text, env=self.environment, capture_output=True, text=True, check=False)
        return done.stdout, done.stderr
