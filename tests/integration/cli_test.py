"""The program's own contract: flags, formats, exit statuses, signals, environment."""
import json
import os
import pathlib
import pty
import select
import subprocess
import termios
import time

from harness import Folder, PROGRAM, Running, SIGINT, eventually, expect, expect_equal, peak_mib, query, run

BOUNDED = "ALTER TABLE weather SET ('number-of-rows' = '1000', 'rows-per-second' = '0');\n"
FAST = "ALTER TABLE weather SET ('rows-per-second' = '0');\n"
TWO = "SELECT 1 AS n, 'a' AS t UNION ALL SELECT 2, CAST(NULL AS STRING)"


def output(sql, form):
    done = run("--format", form, "-c", sql)
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    return done.output


def test_version_and_help():
    done = run("--version")
    expect_equal(done.status, 0, "exit status")
    expect(done.output.startswith("streamsql "), done.output)
    expect_equal(run("-V").output, done.output, "-V")
    done = run("--help")
    expect_equal(done.status, 0, "exit status")
    for flag in ("-c", "-f", "--format", "--batch-rows", "run", "demo"):
        expect(flag in done.output, f"{flag} is not in the help")
    expect(max(map(len, done.output.splitlines())) <= 100, f"a line of the help is too long: {max(done.output.splitlines(), key=len)}")


def test_formats():
    expect_equal(output(TWO, "csv"), "n,t\n1,a\n2,\n", "csv")
    expect_equal(output(TWO, "tsv"), "n\tt\n1\ta\n2\t\\N\n", "tsv")
    expect_equal(output(TWO, "jsonl"), '{"n":1,"t":"a"}\n{"n":2,"t":null}\n', "jsonl")
    expect_equal(json.loads(output(TWO, "json")), [{"n": 1, "t": "a"}, {"n": 2, "t": None}], "json")
    expect_equal(output(TWO, "vertical"), "-[ RECORD 1 ]-\nn | 1\nt | a\n-[ RECORD 2 ]-\nn | 2\nt | NULL\n", "vertical")
    expect_equal(output(TWO, "changelog"), "op,n,t\n+I,1,a\n+I,2,\n", "changelog")
    expect_equal(output(TWO, "table"),
                 "+---+------+\n| n | t    |\n+---+------+\n| 1 | a    |\n| 2 | NULL |\n+---+------+\n(2 rows)\n", "table")
    expect_equal(run("-c", TWO).output, output(TWO, "csv"), "the default without a terminal")


def test_csv_quotes():
    expect_equal(output("SELECT 'a,b' AS x, 'q\"q' AS y, '' AS z, CAST(NULL AS STRING) AS n, 'l\nl' AS m", "csv"),
                 'x,y,z,n,m\n"a,b","q""q","",,"l\nl"\n', "csv")


def test_json_of_no_rows_and_of_two_statements():
    expect_equal(json.loads(output("SELECT 1 AS a WHERE FALSE", "json")), [], "no rows")
    expect_equal(output("SELECT 1 AS a; SELECT 2 AS a", "jsonl"), '{"a":1}\n{"a":2}\n', "two statements")


def test_repeated_names_get_numbers():
    expect_equal(output("SELECT 1 AS id, 2 AS id, 3 AS id", "jsonl"), '{"id":1,"id0":2,"id1":3}\n', "names")


def test_bounded_aggregate_prints_final_rows():
    sql = BOUNDED + "SELECT COUNT(*) AS n FROM weather"
    for form, wanted in (("csv", "n\n1000\n"), ("jsonl", '{"n":1000}\n')):
        expect_equal(output(sql, form), wanted, form)
    changes = output("SET 'table.exec.mini-batch.enabled' = 'false'; SET 'pipeline.batch-size' = '100'; " + sql, "changelog").splitlines()
    expect_equal(changes[0], "op,n", "header")
    expect(changes[1].startswith("+I,") and changes[-1] == "+U,1000" and len(changes) > 5, f"changes {changes[:4]} … {changes[-2:]}")


def test_statements_from_stdin_and_several_flags():
    expect_equal(run("-f", "-", text="SELECT 1 AS a").output, "a\n1\n", "-f -")
    expect_equal(run("-c", "CREATE VIEW v AS SELECT 5 AS a", "-c", "SELECT a FROM v").output, "a\n5\n", "-c twice")
    expect_equal(run(text="SELECT 1 AS a;\nSELECT 2 AS b;\n").output, "a\n1\nb\n2\n", "no arguments, statements in a pipe")
    done = run(text="SELECT 1 AS a;\nSELECT nothing;\nSELECT 2 AS b;\n")
    expect_equal((done.status, done.output), (1, "a\n1\n"), "an error in a pipe ends it")
    expect_equal(run("-c", "").status, 0, "nothing to do")
    expect_equal(run("-c", "-- only a comment").status, 0, "only a comment")


def test_syntax_error_runs_nothing():
    done = run("-c", "SELECT 1 AS a; SELEC 2")
    expect_equal((done.status, done.output), (1, ""), "status and output")
    expect("SELECT" in done.errors and "^" in done.errors, done.errors)


def test_usage_errors():
    for arguments, text in ((["--nonsense"], "--nonsense"), (["--batch-rows", "0", "-c", "SELECT 1"], "--batch-rows"), (["run"], "run FILE"),
                            (["rum", "x.sql"], "run"), (["--format", "cvs", "-c", "SELECT 1"], "csv"), (["-c"], "needs a value"),
                            (["--set", "nonsense", "-c", "SELECT 1"], "KEY=VALUE"), (["--set", "table.local-timezone=UTC", "-c", "SELECT 1"], "table.local-time-zone"),
                            (["query.sql"], "run query.sql")):
        done = run(*arguments)
        expect_equal(done.status, 2, f"exit status of {arguments} ({done.errors})")
        expect(text in done.errors, f"{arguments}: {done.errors}")
        expect_equal(done.output, "", "stdout")


def test_what_is_not_in_this_build_is_refused():
    for arguments in (["server"], ["worker"], ["submit", "x.sql"], ["--server", "http://x", "-c", "SELECT 1"]):
        done = run(*arguments)
        expect_equal(done.status, 1, f"exit status of {arguments}")
        expect("not in this build" in done.errors, f"{arguments}: {done.errors}")
    expect_equal(run("--parallelism", "2", "--state-backend", "memory", "-c", "SELECT 1 AS a").output, "a\n1\n", "what is")


def test_environment():
    with Folder() as folder:
        checkpointed = ("-c", "SELECT 1 AS a", "--checkpoint-dir", folder / "checkpoints")
        done = run(*checkpointed, environment={"CHECKPOINT_INTERVAL": "soon"})
        expect_equal(done.status, 2, "exit status with CHECKPOINT_INTERVAL=soon")
        expect("CHECKPOINT_INTERVAL" in done.errors, done.errors)
        expect_equal(run(*checkpointed, environment={"CHECKPOINT_INTERVAL": "1000"}).output, "a\n1\n", "CHECKPOINT_INTERVAL=1000")
    expect_equal(run("-c", "SELECT 1", environment={"TASK_SLOTS": "x"}).status, 2, "TASK_SLOTS=x")
    expect_equal(run("-c", "SELECT 1", environment={"STATE_BACKEND": "rocks"}).status, 2, "STATE_BACKEND=rocks")
    expect_equal(run("-c", "SELECT 1", environment={"TASK_SLOTS": "4", "STATE_BACKEND": "memory"}).status, 0, "what this build has")
    expect_equal(run("-c", "SELECT a, COUNT(*) AS n FROM (VALUES (1), (1)) AS t(a) GROUP BY a", environment={"STATE_BACKEND": "rocksdb"}).output,
                 "a,n\n1,2\n", "groups in RocksDB")


def test_set_flag_and_setting():
    expect_equal(run("--set", "table.local-time-zone=Asia/Tokyo", "-c", "SELECT TO_TIMESTAMP_LTZ(0, 0) AS t").output, "t\n1970-01-01 09:00:00.000\n", "--set")
    done = run("-c", "SET 'table.local-timezone' = 'UTC'")
    expect_equal(done.status, 1, "exit status")
    expect("22023" in done.errors and "table.local-time-zone" in done.errors and "^" in done.errors, done.errors)


def test_missing_script():
    for arguments in (("-f", "/nowhere/x.sql"), ("run", "/nowhere/x.sql")):
        done = run(*arguments)
        expect_equal(done.status, 1, "exit status")
        expect("58P01" in done.errors and "/nowhere/x.sql" in done.errors, done.errors)


def test_interrupted_query_is_130_and_run_is_0():
    with Running("--format", "csv", "-c", FAST + "SELECT city FROM weather") as program:
        program.process.stdout.readline()
        program.process.stdout.close()
        program.process.stdout = None
    with Running("--format", "csv", "-c", "SELECT city FROM weather") as program:
        expect(program.process.stdout.readline() == b"city\n", "header")
        program.process.stdout.readline()
        expect_equal(program.stop(), 130, f"exit status of -c ({program.errors()})")
    with Folder() as folder:
        (folder / "job.sql").write_text(f"CREATE TABLE o (city STRING) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'csv');\n"
                                        "INSERT INTO o SELECT city FROM weather;")
        with Running("run", folder / "job.sql") as job:
            out = folder / "out"
            eventually(lambda: out.exists() or job.process.poll() is not None, "the sink's folder")
            expect_equal(job.stop(), 0, f"exit status of run ({job.errors()})")


def test_run_runs_unbounded_inserts_together():
    with Folder() as folder:
        script = "".join(f"CREATE TABLE o{n} (city STRING) WITH ('connector' = 'filesystem', 'path' = '{folder}/out{n}', 'format' = 'csv');\n"
                         f"INSERT INTO o{n} SELECT city FROM weather WHERE city = '{city}';\n" for n, city in enumerate(("Oslo", "Lima")))
        (folder / "job.sql").write_text("ALTER TABLE weather SET ('rows-per-second' = '2000');\n" + script)
        with Running("run", folder / "job.sql") as job:
            eventually(lambda: (folder / "out0").exists() and (folder / "out1").exists() or job.process.poll() is not None, "both sinks")
            time.sleep(0.3)  # some rows; not a synchronisation: fewer rows only make the check below weaker
            expect_equal(job.stop(), 0, f"exit status ({job.errors()})")
        for n, city in enumerate(("Oslo", "Lima")):
            rows = {line for path in (folder / f"out{n}").rglob("*") if path.is_file() for line in path.read_text().split()}
            expect(rows <= {city}, f"rows of sink {n}: {rows}")
            expect(rows, f"sink {n} is empty")


def test_run_ends_with_its_bounded_input():
    with Folder() as folder:
        (folder / "job.sql").write_text(BOUNDED + f"CREATE TABLE o (c STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'csv');\n"
                                        "INSERT INTO o SELECT city, CAST(1 AS BIGINT) FROM weather;\nSELECT COUNT(*) AS n FROM o;")
        done = run("run", folder / "job.sql")
        expect_equal((done.status, done.output), (0, "n\n1000\n"), f"status and output ({done.errors})")


def test_dead_letters_are_kept():
    with Folder() as folder:
        (folder / "in.json").write_text('{"a": 1}\nnonsense\n{"a": 2}\n')
        ddl = f"CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in.json', 'format' = 'json');"
        done = run("--dead-letters", folder / "dead", "-c", ddl + "SELECT a FROM t")
        expect_equal((done.status, done.output), (0, "a\n1\n2\n"), f"status and output ({done.errors})")
        expect("1 dead record" in done.errors and "in.json line 2" in done.errors, done.errors)
        letter = json.loads((folder / "dead").read_text())
        expect_equal((letter["table"], letter["line"], letter["bytes"]), ("t", 2, "nonsense"), "letter")


def test_demo_ends_by_itself():
    done = run("demo", "--rows", "25", timeout=120)
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    expect("SELECT city, AVG(temp) FROM weather GROUP BY TUMBLE(ts, 10s)" in done.errors, done.errors)
    expect(len(done.output.splitlines()) > 10 and done.output.startswith("city,"), done.output[:200])
    done = run("demo", "--duration", "3s", timeout=60)
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    expect(2.5 < done.seconds < 30, f"took {done.seconds:.1f} s")


class Terminal:
    """The program on a pseudo-terminal of 24 lines and 80 columns."""

    def __init__(self, *arguments, home=None, program=PROGRAM, pager=""):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = {**os.environ, "TERM": "xterm", "HOME": str(home or "/nonexistent"), "LANG": "C.UTF-8", "PAGER": pager}
            environment.pop("XDG_STATE_HOME", None)
            os.execve(program, [str(program), *map(str, arguments)], environment)
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid:  # not waited for yet
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def send(self, text):
        os.write(self.fd, text.encode())

    def wait_for_editor(self):
        """Control characters typed before the editor has the terminal are no keys."""
        deadline = time.monotonic() + 30
        while termios.tcgetattr(self.fd)[3] & termios.ICANON:
            expect(time.monotonic() < deadline, "the editor never had the terminal")
            select.select([self.fd], [], [], 0.01)

    def send_end(self):
        """Ctrl-D, once it is a key: earlier it ends a read that nobody waits in, and is lost."""
        self.wait_for_editor()
        self.send("\x04")

    def wait_for(self, text, timeout=30):
        """Reads until the text has come; forgets everything up to it; returns what came before it."""
        deadline = time.monotonic() + timeout
        while text not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            expect(ready, f"no {text!r} in: {self.seen[-1500:]!r}")
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            expect(data, f"ended without {text!r}: {self.seen[-1500:]!r}")
            self.seen += data.decode(errors="replace")
        before, self.seen = self.seen.split(text, 1)
        return before

    def status(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.fd], [], [], 0.05)
            if ready:
                try:
                    os.read(self.fd, 65536)
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        expect(False, "the program did not end")


PROMPT = "streamsql> "


def test_shell_executes_statements_over_lines():
    with Folder() as home, Terminal(home=home) as shell:
        shell.wait_for(PROMPT)
        shell.send("SELECT 6 *\r")
        shell.wait_for("-> ")
        shell.send("7 AS answer;\r")
        shell.wait_for("| answer |")
        shell.wait_for("42 |")
        shell.wait_for("(1 row)")
        shell.wait_for(PROMPT)
        shell.send("SELECT nothing;\r")
        shell.wait_for("42703")
        shell.wait_for(PROMPT)
        shell.send("\\q\r")
        expect_equal(shell.status(), 0, "exit status")
        history = (home / ".local/state/streamsql/history").read_text()
        expect("nothing" in history and "6" in history, f"history: {history}")


def test_shell_commands():
    with Folder() as folder, Terminal(home=folder) as shell:
        (folder / "i.sql").write_text("SELECT 'from a file' AS source;")
        for line, wanted in (("\\?", "\\timing"), ("\\d", "weather"), ("\\d weather", "humidity"), ("\\dt", "weather"), ("\\df lo%", "lower"),
                             ("\\timing", "timing is on"), ("SELECT 1 AS one;", "Time: "), ("\\timing off", "timing is off"), ("\\x", "is on"),
                             ("SELECT 1 AS one;", "RECORD 1"), ("\\x off", "is off"), (f"\\i {folder}/i.sql", "from a file"), ("\\format csv", PROMPT),
                             ("SELECT 5 AS five, 6 AS six;", "five,six"), ("\\format table", PROMPT), ("\\set table.local-time-zone Asia/Tokyo", "Asia/Tokyo"),
                             ("\\set table.local-time-zone", "Asia/Tokyo"), (f"\\o {folder}/out.csv", PROMPT), ("SELECT 9 AS nine;", PROMPT), ("\\o", PROMPT),
                             ("\\nonsense", "no command"), ("SHOW TABLES;", "weather"), ("HELP;", "SHOW")):
            shell.wait_for(PROMPT)
            shell.send(line + "\r")
            shell.wait_for("\n")
            shell.wait_for(wanted)
            if wanted == PROMPT:
                shell.seen = PROMPT + shell.seen
        shell.wait_for(PROMPT)
        shell.send_end()
        expect_equal(shell.status(), 0, "exit status after Ctrl-D")
        expect("|    9 |" in (folder / "out.csv").read_text(), "\\o")


def test_shell_pages_long_results():
    wide = "SELECT " + ", ".join(f"{i} AS column_{i}" for i in range(20)) + ";\r"
    with Terminal(pager="sed s/^/paged:/") as shell:
        for line, wanted, is_paged in (("SELECT 1 AS a;\r", "(1 row)", False), ("SHOW FUNCTIONS;\r", " rows)", True), (wide, "(1 row)", True),
                                       ("EXPLAIN SELECT 1;\r", "Values(", False), ("\\pager off\r", "is off", False), (wide, "(1 row)", False)):
            shell.wait_for(PROMPT)
            shell.send(line)
            shell.wait_for("\n")
            shown = shell.wait_for(wanted)
            expect_equal("paged:" in shown, is_paged, f"{line[:40]!r} is paged")
    with Terminal(pager="head -2") as shell:
        shell.wait_for(PROMPT)
        shell.send("SHOW FUNCTIONS;\r")
        shell.wait_for("\n")
        shown = shell.wait_for(PROMPT)
        expect("ERROR" not in shown and "function name" in shown, f"a pager that leaves early: {shown!r}")
        shell.send("SELECT 1 AS a;\r")
        shell.wait_for("(1 row)")


def test_shell_answers_what_it_does_not_know():
    with Folder() as folder, Terminal(home=folder) as shell:
        for line, wanted in (("\\timming", "did you mean \\timing?"), ("\\foo", "there is no command \\foo; \\? lists them"), (".tables", "begin with a backslash"), ("\\x maybe", "write on or off"),
                             ("\\i", "needs the name of a file"), ("\\i nowhere.sql", "cannot open"), ("\\dt we*", "weather"), ("\\d+ weather", "humidity"),
                             ("\\dt o'x", "(0 rows)"), ("\\l", "default_database"), ("\\c", "default_database"), ("\\echo one; two", "one; two"), ("help", "\\timing")):
            shell.wait_for(PROMPT)
            shell.send(line + "\r")
            shell.wait_for("\n")
            shell.wait_for(wanted)
        shell.wait_for(PROMPT)
        shell.send("quit\r")
        expect_equal(shell.status(), 0, "exit status")


def test_shell_commands_inside_of_a_statement():
    with Folder() as folder, Terminal(home=folder) as shell:
        shell.wait_for(PROMPT)
        for line, wanted in (("SELECT 'dropped' AS a,", "-> "), ("\\p", "-> "), ("quit", "\\r drops it"), ("\\r", PROMPT),
                             ("SELECT 'kept' || '", "-> "), ("\\q", "-> "), ("' AS t", "-> "), ("\\g", "kept\\n\\q\\n")):
            shell.send(line + "\r")
            shell.wait_for("\n")
            shell.wait_for(wanted)


def test_shell_history_is_shared_and_survives():
    with Folder() as home:
        history = home / ".local/state/streamsql/history"
        with Terminal(home=home) as first, Terminal(home=home) as second:
            first.wait_for(PROMPT)
            second.wait_for(PROMPT)
            first.send("SELECT 'one;',\r`x;y` FROM (SELECT 1 AS `x;y`);\r")
            first.wait_for("(1 row)")
            second.send("SELECT 'two';\r")
            second.wait_for("(1 row)")
            os.kill(second.pid, 9)  # loses nothing of what was typed
            first.wait_for(PROMPT)
            first.send("\\q\r")
            expect_equal(first.status(), 0, "exit status")
        expect_equal(len(history.read_text().splitlines()), 4, f"a first line and three entries: {history.read_text()}")
        expect_equal(history.stat().st_mode & 0o777, 0o600, "permissions")
        with Terminal(home=home) as shell:
            shell.wait_for(PROMPT)
            shell.send("\x10\x10\x10\r")  # past \\q and the other shell's: two lines that come back as one entry
            shell.wait_for("| one;")


def test_shell_stops_and_goes_on():
    with Terminal() as shell:  # nobody could wake it: it is not stopped
        shell.wait_for(PROMPT)
        shell.wait_for_editor()
        shell.send("SELECT 4")
        shell.wait_for("SELECT 4")
        shell.send("\x1a")
        shell.send("2 AS answer;\r")
        shell.wait_for("42 |")
    with Terminal("--norc", "-i", program="/bin/bash") as shell:
        shell.send(f"exec 2>&1; {PROGRAM}\r")
        shell.wait_for(PROMPT)
        shell.wait_for_editor()
        shell.send("SELECT 4")
        shell.wait_for("SELECT 4")
        shell.send("\x1a")
        shell.wait_for("Stopped")
        shell.send("fg\r")
        shell.wait_for("SELECT 4")  # the line as it was, and keys are keys: Ctrl-E is the end of the line
        shell.send("\x052 AS answer;\r")
        shell.wait_for("42 |")


def test_shell_ends_by_signal():
    for number in (1, 15):
        with Folder() as home, Terminal(home=home) as shell:
            shell.wait_for(PROMPT)
            os.kill(shell.pid, number)
            expect_equal(shell.status(), 128 + number, f"exit status after signal {number}")


def test_scripts_include_scripts():
    with Folder() as folder:
        (folder / "sub").mkdir()
        (folder / "sub/inner.sql").write_text("-- a comment\nSELECT 'inner' AS a;\n\\i wrong.sql\nSELECT 'not reached';\n")
        (folder / "sub/wrong.sql").write_text("SELECT 1\n  AS one; SELECT 2 AS two;\n\nSELECT\n  nothing;\n")
        (folder / "outer.sql").write_text("\\format jsonl\n\\i sub/inner.sql\n")
        (folder / "self.sql").write_text("\\i self.sql\n")
        for arguments, text in ((("-f", folder / "outer.sql"), None), ((), f"\\i {folder}/outer.sql\n"), (("-c", f"\\i {folder}/outer.sql"), None)):
            done = run(*arguments, text=text)
            expect_equal((done.status, done.output), (1, '{"a":"inner"}\n{"one":1}\n{"two":2}\n'), f"{arguments}: {done.errors}")
            expect(f"{folder}/sub/wrong.sql:5: ERROR 42703" in done.errors and "line 5, column 3" in done.errors, done.errors)
        done = run("-f", folder / "self.sql")
        expect_equal(done.status, 1, "a script that includes itself")
        expect("does it include itself?" in done.errors and f"{folder}/self.sql:1: " in done.errors, done.errors)
        (folder / "typo.sql").write_text("SELECT 1;\n\\timming\n")
        done = run("-f", folder / "typo.sql")
        expect(f"{folder}/typo.sql:2: there is no command \\timming" in done.errors and done.status == 1, done.errors)
        expect_equal(run("-c", "\\dt").output, "table name\nweather\n", "a command as -c")


def test_errors_in_a_pipe_have_their_line():
    done = run(text="SELECT 1 AS a;\n\n-- two\nSELECT\n nothing;\n")
    expect("stdin:5: ERROR 42703" in done.errors and "line 5, column 2" in done.errors, done.errors)


def test_long_statements_in_a_pipe():
    done = run(text="SELECT 7 IN (\n" + "1,\n" * 400000 + "7) AS found;\n", timeout=60)
    expect_equal(done.output, "found\nTRUE\n", done.errors)


def test_stdin_that_cannot_be_read():
    folder = os.open("/", os.O_RDONLY)
    try:
        done = subprocess.run([PROGRAM], stdin=folder, capture_output=True, text=True, timeout=60, check=False)
    finally:
        os.close(folder)
    expect_equal((done.returncode, done.stderr), (1, "streamsql: cannot read stdin: Is a directory\n"), "status and message")


def test_signal_ends_a_pipe():
    for number in (1, 2, 15):
        reader, writer = os.pipe()
        process = subprocess.Popen([PROGRAM], stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        os.write(writer, b"SELECT 1 AS started;\n")
        expect_equal(process.stdout.read(10), b"started\n1\n", "rows")
        process.send_signal(number)
        expect_equal(process.wait(60), 128 + number, f"exit status after signal {number}")
        process.stdout.close()
        os.close(reader)
        os.close(writer)


def test_signal_ends_the_reading_of_a_script():
    """A script from a pipe whose writer takes its time: neither is the signal lost, nor does it wait for the text."""
    for command in (("-f",), ("run",)):
        for number in (2, 15):
            with Folder() as folder:
                pipe = folder / "script.sql"
                os.mkfifo(pipe)
                with Running(*command, pipe) as job:
                    writer = os.open(pipe, os.O_WRONLY)  # waits for the reader
                    os.write(writer, b"SELECT 1;")
                    job.process.send_signal(number)
                    expect_equal(job.wait(), 128 + number, f"exit status of {command} after signal {number}")
                    os.close(writer)


def test_shell_interrupt_stops_the_query_not_the_shell():
    with Terminal() as shell:
        shell.wait_for(PROMPT)
        shell.send("SELECT city, temp FROM weather;\r")
        shell.wait_for("Ctrl-C stops")
        shell.wait_for("Ctrl-C stops")  # redrawn
        shell.send("\x03")
        shell.wait_for(PROMPT)
        shell.send("SELECT 'half a")
        shell.send("\x03")
        shell.wait_for(PROMPT)
        shell.send("SELECT 'still' || ' here' AS t;\r")
        shell.wait_for("still here")
        shell.wait_for(PROMPT)
        shell.send("QUIT;\r")
        expect_equal(shell.status(), 0, "exit status")


def test_shell_live_table_of_an_aggregate():
    with Terminal() as shell:
        shell.wait_for(PROMPT)
        shell.send("ALTER TABLE weather SET ('rows-per-second' = '1000');\r")
        shell.wait_for(PROMPT)
        shell.send("SELECT city, COUNT(*) AS n FROM weather GROUP BY city;\r")
        shell.wait_for("(10 rows; ")
        shell.wait_for("(10 rows; ")
        shell.send("\x03")
        frame = shell.wait_for(PROMPT)
        expect("(10 rows)" in frame, f"the last frame stays: {frame[-1500:]!r}")


def test_live_table_shows_the_rate_of_a_slow_source():
    with Terminal("-c", "SELECT city, AVG(temp) FROM weather GROUP BY TUMBLE(ts, 10s)") as program:  # five rows a second, and results late
        rate = float(program.wait_for(" rows/s read").rsplit("; ", 1)[1])
        expect(rate < 1000, f"rate {rate}")


def test_stop_of_a_job_with_checkpoints_is_told():
    with Folder() as folder:
        (folder / "job.sql").write_text("CREATE TABLE o (city STRING) WITH ('connector' = 'blackhole'); INSERT INTO o SELECT city FROM weather;")
        with Terminal("run", folder / "job.sql", "--checkpoint-dir", folder / "checkpoints") as program:
            program.wait_for("rows/s")
            program.send("\x03")
            program.wait_for("stopping with a last checkpoint; the next signal stops at once")
            expect_equal(program.status(), 0, "exit status")


def test_shell_completion():
    with Terminal() as shell:
        for typed, wanted in (("sel\thum\tfrom wea\tlim\t1;\r", "| humidity |"),
                              ("SELECT COUNT(*) AS cold FROM (SELECT humi\tFROM weather LIMIT 5) AS x WHERE humi\t< -1;\r", "| cold |"),
                              ("SET 'table.loc\t = 'Asia/Tokyo';\r", "Asia/Tokyo"), ("\\tim\t\r", "timing is on")):
            shell.wait_for(PROMPT)
            shell.send(typed)
            shell.wait_for("\n")
            shell.wait_for(wanted)
        shell.wait_for(PROMPT)
        shell.send("SELECT c\t\t")
        shell.wait_for("cast(")
        shell.wait_for("city")
        shell.send("\x03")
        for typed, wanted in (("SELECT weather.hum\tFROM weather LIMIT 1;\r", "| humidity |"), ("SELECT 1 AS a FROM weather w WHERE w.humi\t < -1 LIMIT 0;\r", "(0 rows)"),
                              ("SELECT `hum\t FROM weather LIMIT 1;\r", "| humidity |"), ("\\d wea\t\r", "humidity"), ("\\set pipeline.na\t\t\r", "pipeline.name"),
                              ("\\format vert\t\r", PROMPT), ("\\i /etc/host\tname\r", "ERROR"),
                              ("CREATE TABLE t (a INT) WITH ('connector' = 'filesy\t, 'path' = '/tmp', 'format' = 'csv', 'csv.field-d\t = 'xx');\r", "one character")):
            shell.wait_for(PROMPT)
            shell.send(typed)
            shell.wait_for("\n")
            shell.wait_for(wanted)
            if wanted == PROMPT:
                shell.seen = PROMPT + shell.seen


def test_query_on_a_terminal_is_a_table():
    with Terminal("-c", "SELECT 1 AS n") as program:
        program.wait_for("(1 row)")
        expect_equal(program.status(), 0, "exit status")


def test_insert_on_a_terminal_shows_progress():
    with Terminal("-c", FAST + "CREATE TABLE o (city STRING) WITH ('connector' = 'blackhole'); INSERT INTO o SELECT city FROM weather") as program:
        program.wait_for("rows/s")
        program.wait_for("rows/s")
        program.send("\x03")
        program.wait_for("stopped: ")
        expect_equal(program.status(), 130, "exit status")


def test_start_is_cold_and_small():
    done = min((run("--format", "csv", "-c", "SELECT 1 AS one") for _ in range(9)), key=lambda each: each.seconds)
    if os.environ.get("MODE", "release") == "release":
        expect(done.seconds < 0.05, f"start took {done.seconds * 1000:.0f} ms")
        peak = peak_mib("--format", "csv", "-c", "SELECT 1 AS one")
        expect(peak < 30, f"{peak:.0f} MiB")
