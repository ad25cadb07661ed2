"""A private PostgreSQL server in a temporary folder, on a unix socket, for as long as a `with` block lasts."""
import glob
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile


def binary(name):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}")) or [shutil.which(name)]
    if not found[-1]:
        raise SystemExit(f"{name} is missing: make deps installs it")
    return found[-1]


class Postgres:
    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="streamsql-oracle-"))
        self.prefix = []
        if os.geteuid() == 0:  # the server refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self.prefix = ["runuser", "-u", "postgres", "--"]
        os.chmod(self.directory, 0o755)
        data = self.directory / "data"
        self._run([binary("initdb"), "-D", data, "--locale=C", "-E", "UTF8", "-A", "trust", "-U", "postgres", "--no-sync"])
        options = f"-k {self.directory} -c listen_addresses= -c fsync=off -c timezone=UTC -c shared_buffers=32MB"
        self._run([binary("pg_ctl"), "-D", data, "-w", "-t", "60", "-l", self.directory / "log", "-o", options, "start"])
        return self

    def __exit__(self, *_):
        self._run([binary("pg_ctl"), "-D", self.directory / "data", "-w", "-m", "immediate", "stop"])
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, command):
        done = subprocess.run(self.prefix + [str(part) for part in command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/")
        if done.returncode != 0:
            raise SystemExit(f"{command[0]} failed:\n{done.stdout}")

    def psql(self, script):
        """Runs a psql script; returns standard output's lines. Errors stay in the stream of lines that the script echoes."""
        done = subprocess.run([binary("psql"), "-h", str(self.directory), "-U", "postgres", "-X", "-q", "-A", "-t", "-f", "-"],
                              input=script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done.stdout.splitlines(), done.stderr
