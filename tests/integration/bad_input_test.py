"""Bad input: each gets a clear error at its place and a non-zero status where it ends the run; nothing accepted is lost."""
import json
import os
import subprocess

from harness import PROGRAM, Folder, Running, expect, expect_equal, query, run


def expect_error(done, sqlstate, *texts, status=1):
    expect_equal(done.status, status, f"exit status ({done.errors.strip()[:500]})")
    for text in (sqlstate, *texts):
        expect(text in done.errors, f"{text!r} is missing in: {done.errors[:800]}")


def file_table(path, columns, **options):
    given = {"connector": "filesystem", "path": str(path), "format": "json", **options}
    return f"CREATE TABLE t ({columns}) WITH (" + ", ".join(f"'{key}' = '{value}'" for key, value in given.items()) + ");\n"


def test_bad_sql_points_at_the_word():
    done = run("-c", "SELECT city\n  FORM weather GROUP BY city")
    expect_error(done, "42601", "line 2", "^")


def test_bad_column_suggests_the_nearest():
    expect_error(run("-c", "SELECT tmep FROM weather"), "42703", "tmep", "temp", "line 1", "^")


def test_bad_table_suggests_the_nearest():
    expect_error(run("-c", "SELECT * FROM wether"), "42P01", "wether", "weather")


def test_bad_function_suggests_the_nearest():
    done = run("-c", "SELECT UPER('x')")
    expect_error(done, "42883")
    expect("uper" in done.errors.lower() and "upper" in done.errors.lower(), done.errors)


def test_unknown_option_suggests_the_nearest():
    expect_error(run("-c", "CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'rows-per-secnod' = '1')"), "22023", "rows-per-secnod", "rows-per-second")


def test_missing_file():
    expect_error(run("-c", file_table("/nowhere/at-all.json", "a INT") + "SELECT * FROM t"), "58P01", "/nowhere/at-all.json")


def test_division_by_zero_names_the_place():
    expect_error(run("-c", "SELECT 1 / x FROM (VALUES (1), (0)) AS v(x)"), "22012", "^")


def test_overflow_is_an_error():
    expect_error(run("-c", "SELECT 9223372036854775807 + x FROM (VALUES (1)) AS v(x)"), "22003")


def test_bad_cast_names_the_value():
    expect_error(run("-c", "SELECT CAST(s AS INT) FROM (VALUES ('12'), ('x12')) AS v(s)"), "22P02", "x12")
    expect_equal(query("SELECT TRY_CAST(s AS INT) AS n FROM (VALUES ('12'), ('x12')) AS v(s)"), [{"n": 12}, {"n": None}], "TRY_CAST")


def test_records_that_cannot_be_read_are_counted_and_kept():
    with Folder() as folder:
        good = [json.dumps({"a": n}) for n in range(100)]
        lines = good[:50] + ["{", '{"a": "x"}', '{"a": 99999999999999999999}', "", '["a"]'] + good[50:]
        (folder / "in.json").write_bytes("\n".join(lines).encode() + b'\n{"a": 1, "b": "\xc3\x28"}\n')
        done = run("--format", "jsonl", "-c", file_table(folder / "in.json", "a INT, b STRING") + "SELECT a FROM t WHERE a >= 0")
        expect_equal(done.status, 0, f"exit status ({done.errors})")
        expect_equal([row["a"] for row in done.rows()], list(range(100)), "good rows")
        expect("in.json" in done.errors, f"the report does not name the file: {done.errors}")


def test_huge_line_does_not_end_the_job():
    with Folder() as folder:
        with (folder / "in.json").open("wb") as out:
            out.write(b'{"a": 1}\n{"a": "')
            for _ in range(100):
                out.write(b"x" * (1 << 20))
            out.write(b'"}\n{"a": 2}\n')
        done = run("--format", "jsonl", "-c", file_table(folder / "in.json", "a INT") + "SELECT a FROM t")
        expect_equal(done.status, 0, f"exit status ({done.errors[:500]})")
        expect_equal([row["a"] for row in done.rows()], [1, 2], "rows around the huge line")
        expect(done.peak_mib < 1000, f"{done.peak_mib:.0f} MiB of memory")
        expect(len(done.errors) < 20_000, "the report quotes the huge line")


def test_deep_nesting_is_refused():
    for sql in ("SELECT " + "(" * 10_000 + "1" + ")" * 10_000, "SELECT " + "NOT " * 10_000 + "TRUE", "SELECT " + "- " * 10_000 + "1",
                "SELECT " + "CASE WHEN TRUE THEN " * 10_000 + "1" + " END" * 10_000,
                "SELECT * FROM " + "(SELECT * FROM " * 10_000 + "weather" + ")" * 10_000, "SELECT " + "ABS(" * 10_000 + "1" + ")" * 10_000):
        expect_error(run("-f", "-", text=sql), "54001")


def test_deep_json_is_a_bad_record():
    with Folder() as folder:
        (folder / "in.json").write_text('{"a": 1, "b": ' + "[" * 10_000 + "]" * 10_000 + '}\n{"a": 2}\n')
        done = run("--format", "jsonl", "-c", file_table(folder / "in.json", "a INT") + "SELECT a FROM t")
        expect_equal(done.status, 0, "exit status")
        expect([row["a"] for row in done.rows()] in ([2], [1, 2]), done.output)


def test_invalid_utf8_in_sql():
    with Folder() as folder:
        (folder / "bad.sql").write_bytes(b"SELECT '\xff';")
        expect_error(run("-f", folder / "bad.sql"), "22021")


def test_full_disk_under_results():
    with open("/dev/full", "wb") as full:
        done = run("--format", "csv", "-c", "ALTER TABLE weather SET ('number-of-rows' = '100000', 'rows-per-second' = '0'); SELECT * FROM weather", stdout=full)
    expect_equal(done.status, 1, "exit status")
    expect("space" in done.errors.lower() or "53100" in done.errors, done.errors)


def test_full_disk_under_the_file_sink():
    if os.geteuid() != 0:
        return
    with Folder() as folder:
        small = folder / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True)
        if mounted.returncode != 0:
            print("        (no tmpfs here: /dev/full alone shows a full disk)")
            return
        try:
            sql = ("ALTER TABLE weather SET ('number-of-rows' = '200000', 'rows-per-second' = '0');"
                   f"CREATE TABLE o (city STRING, temp DOUBLE) WITH ('connector' = 'filesystem', 'path' = '{small}', 'format' = 'csv');"
                   "INSERT INTO o SELECT city, temp FROM weather;")
            expect_error(run("-c", sql), "53100")
        finally:
            subprocess.run(["umount", small], check=True)


def test_closed_output_ends_the_run():
    process = subprocess.Popen([PROGRAM, "--format", "csv", "-c", "ALTER TABLE weather SET ('rows-per-second' = '0'); SELECT * FROM weather"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read().decode()
    status = process.wait(60)
    expect(status == 1, f"status {status}: {errors}")
    expect("closed" in errors or "08P03" in errors, errors)


def test_unknown_flag_suggests():
    done = run("--fromat", "csv", "-c", "SELECT 1")
    expect_equal(done.status, 2, "exit status")
    expect("--format" in done.errors, done.errors)


def test_error_stops_the_script_and_names_file_and_line():
    with Folder() as folder:
        script = folder / "s.sql"
        script.write_text("SELECT 1 AS a;\n\nSELECT nothing;\nSELECT 2 AS b;\n")
        done = run("--format", "csv", "-f", script)
        expect_equal((done.status, done.output), (1, "a\n1\n"), "status and output")
        expect("s.sql" in done.errors and "3" in done.errors, done.errors)


def test_what_is_parsed_but_not_executed_is_named():
    for sql, name in (("SELECT * FROM weather a JOIN weather b ON a.city = b.city", "JOIN"),
                      ("SELECT ROW_NUMBER() OVER (PARTITION BY city ORDER BY ts) FROM weather", "OVER"),
                      ("SELECT 1 EXCEPT SELECT 2", "EXCEPT"),
                      ("SELECT * FROM weather WHERE city IN (SELECT city FROM weather)", "IN"),
                      ("SELECT * FROM weather MATCH_RECOGNIZE (ORDER BY ts MEASURES A.temp AS t PATTERN (A B) DEFINE B AS B.temp > A.temp) AS m", "MATCH_RECOGNIZE")):
        expect_error(run("-c", sql), "0A000", name)


def test_interrupt_of_a_query_that_never_ends():
    with Running("--format", "csv", "-c", "SELECT city FROM weather") as program:
        program.process.stdout.readline()
        program.process.stdout.readline()
        status = program.stop()
        expect(status in (0, 130), f"status {status} after SIGINT: {program.errors()}")



def test_sink_on_a_file_says_that_it_wants_a_folder():
    with Folder() as folder:
        (folder / "out.csv").write_text("precious\n")
        for path in ("out.csv", "out.csv/below"):
            done = run("-c", f"CREATE TABLE o (a INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/{path}', 'format' = 'csv'); INSERT INTO o SELECT 1")
            expect_equal(done.status, 1, "exit status")
            expect(f'"{folder}/out.csv" is a file, not a folder' in done.errors and "part files" in done.errors, done.errors)
        expect_equal((folder / "out.csv").read_text(), "precious\n", "the file")


def test_interrupt_while_a_broker_is_looked_for():
    options = "'connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'properties.bootstrap.servers' = '127.0.0.1:1', 'connect.timeout' = '120 s'"
    with Running("--format", "csv", "-c", f"CREATE TABLE t (a INT) WITH ({options}); SELECT 1 AS started; INSERT INTO t SELECT 1") as program:
        expect_equal(program.process.stdout.readline(), b"started\n", "the statement before it")
        expect_equal(program.stop(), 130, "exit status")


def test_unreachable_broker_says_why():
    options = "'connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'properties.bootstrap.servers' = '127.0.0.1:1', 'scan.startup.mode' = 'earliest-offset'"
    done = run("-c", f"CREATE TABLE t (a INT) WITH ({options}); SELECT * FROM t")
    expect_equal(done.status, 1, "exit status")
    expect("127.0.0.1:1" in done.errors and "Connection refused" in done.errors and "reachable?" in done.errors, done.errors)
