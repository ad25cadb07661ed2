"""Files as tables: which files of a folder, and folders whose names are values of partition columns."""
from harness import Folder, expect, expect_equal, query, quote, run


def table(name, columns, path, partitions="", **options):
    given = {"connector": "filesystem", "path": path, "format": "json", **options}
    return f"CREATE TABLE {name} ({columns}) {partitions} WITH ({', '.join(f'{quote(k)} = {quote(v)}' for k, v in given.items())});\n"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_filesystem_files_by_regular_expression():
    with Folder() as folder:
        for name, n in (("a-1.json", 1), ("a-2.json", 2), ("b-1.json", 3), ("deep/a-3.json", 4)):
            write(folder / name, f'{{"n": {n}}}\n')
        for pattern, wanted in ((".*/a-[0-9][.]json", [1, 2, 4]), (f"{folder}/[ab]-1.*", [1, 3]), ("a-1.json", [])):
            ddl = table("t", "n INT", folder, **{"source.path.regex-pattern": pattern})
            for arguments in ((), ("--parallelism", "3")):
                expect_equal(sorted(row["n"] for row in query(ddl + "SELECT n FROM t", *arguments)), wanted, f"rows of {pattern} {arguments}")
        done = run("-c", table("t", "n INT", folder, **{"source.path.regex-pattern": "a("}))
        expect(done.status == 1 and "2201B" in done.errors and "'source.path.regex-pattern' = 'a('" in done.errors, done.errors)


def test_filesystem_partitions_are_columns():
    with Folder() as folder:
        write(folder / "t/day=2024-05-01/city=New%20York/a.json", '{"n": 1}\n{"n": 2}\n')
        write(folder / "t/day=2024-05-01/city=__DEFAULT_PARTITION__/b.json", '{"n": 3}\n')
        write(folder / "t/day=2024-05-02/city=Bern/c.json", '{"n": 4, "city": "not this one"}\n')
        ddl = table("t", "day DATE, n BIGINT, city STRING", folder / "t", "PARTITIONED BY (day, city)")
        rows = [{"day": "2024-05-01", "n": 1, "city": "New York"}, {"day": "2024-05-01", "n": 2, "city": "New York"},
                {"day": "2024-05-01", "n": 3, "city": None}, {"day": "2024-05-02", "n": 4, "city": "Bern"}]
        for arguments in ((), ("--batch-rows", "1"), ("--parallelism", "3")):
            expect_equal(query(ddl + "SELECT * FROM t ORDER BY n", *arguments), rows, f"rows {arguments}")
        expect_equal(query(ddl + "SELECT n FROM t WHERE city = 'Bern'"), [{"n": 4}], "a condition on a partition")
        expect_equal(query(ddl + "SELECT city, COUNT(*) AS c FROM t WHERE day = DATE '2024-05-01' GROUP BY city ORDER BY c"), [{"city": None, "c": 1}, {"city": "New York", "c": 2}],
                     "only partition columns")


def test_filesystem_partitions_are_not_in_csv_records():
    with Folder() as folder:
        write(folder / "k=7/a.csv", "x,1\n")
        ddl = table("t", "s STRING, k INT, n INT", folder, "PARTITIONED BY (k)", format="csv", **{"partition.default-name": "none"})
        expect_equal(query(ddl + "SELECT * FROM t"), [{"s": "x", "k": 7, "n": 1}], "rows")
        write(folder / "k=none/b.csv", "y,2\n")
        expect_equal(query(ddl + "SELECT k FROM t WHERE n = 2"), [{"k": None}], "the folder that means NULL")


def test_filesystem_partitions_that_are_none():
    with Folder() as folder:
        write(folder / "a/x.json", '{"n": 1}\n')
        done = run("-c", table("t", "n INT, k INT", folder / "a", "PARTITIONED BY (k)") + "SELECT * FROM t")
        expect(done.status == 1 and '"k=…"' in done.errors and "x.json" in done.errors, done.errors)
        write(folder / "b/k=many/x.json", '{"n": 1}\n')
        done = run("-c", table("t", "n INT, k INT", folder / "b", "PARTITIONED BY (k)") + "SELECT * FROM t")
        expect(done.status == 1 and '"k=many"' in done.errors and "INT" in done.errors, done.errors)
        done = run("-c", table("t", "n INT, k INT", folder / "c", "PARTITIONED BY (k)") + "INSERT INTO t VALUES (1, 2)")
        expect(done.status == 1 and "0A000" in done.errors and "partition" in done.errors, done.errors)
        expect(not (folder / "c").exists(), "something was written")
