"""Runs every example and compares its rows with rows computed here."""
import csv
import json
import pathlib
import re
import tempfile
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from harness import ROOT, Folder, Kafka, Running, eventually, expect, expect_equal, query, run

EXAMPLES = ROOT / "examples"
EPOCH = datetime(1970, 1, 1)


def execute(name, *arguments):
    done = run(*arguments, EXAMPLES / name, "--format", "jsonl", cwd=ROOT)
    expect_equal(done.status, 0, f"exit status of {name} ({done.errors[:600]})")
    return done


def ddl_of(name):
    """The CREATE TABLE statements of an example."""
    text = re.sub(r"--[^\n]*", "", (EXAMPLES / name).read_text())
    return "".join(part + ";" for part in text.split(";") if "CREATE TABLE" in part)


def test_every_example_has_a_test():
    text = pathlib.Path(__file__).read_text()
    for path in sorted(EXAMPLES.glob("*.sql")):
        expect(f'"{path.name}"' in text, f"no test runs {path.name}")


def windows_of(rows, size_s=10, delay_s=5):
    """(window start, city) -> temperatures, without the late rows, and their number."""
    windows, late, watermark = defaultdict(list), 0, datetime.min
    for row in rows:
        ts = datetime.fromisoformat(row["ts"])
        start = EPOCH + (ts - EPOCH) // timedelta(seconds=size_s) * timedelta(seconds=size_s)
        if watermark >= start + timedelta(seconds=size_s) - timedelta(milliseconds=1):
            late += 1
        else:
            windows[start, row["city"]].append(row["temp"])
        watermark = max(watermark, ts - timedelta(seconds=delay_s))
    return windows, late


def test_weather():
    done = execute("weather.sql", "run")
    windows, late = windows_of(query(ddl_of("weather.sql") + "SELECT ts, city, temp FROM readings"))
    expect(late > 5, f"only {late} late rows")
    expect(f"{late} late rows" in done.errors, f"{late} late rows, but: {done.errors}")
    rows = {(datetime.fromisoformat(row["window_start"]), row["city"]): row for row in done.rows()}
    expect_equal(sorted(rows), sorted(windows), "windows")
    for key, temperatures in windows.items():
        expect_equal(rows[key]["readings"], len(temperatures), f"readings of {key}")
        expect(abs(rows[key]["average"] - sum(temperatures) / len(temperatures)) < 1e-9, f"average of {key}")


def with_broker(name, replacements):
    """A copy of an example that talks to the tests' broker and topics."""
    text = (EXAMPLES / name).read_text()
    for old, new in replacements.items():
        expect(old in text, f"{old} is not in {name}")
        text = text.replace(old, new)
    file = tempfile.NamedTemporaryFile("w", suffix=".sql")
    file.write(text)
    file.flush()
    return file


def test_weather_kafka():
    kafka = Kafka.broker()
    source, sink = kafka.topic(), kafka.topic()
    rows = query("ALTER TABLE weather SET ('number-of-rows' = '500', 'rows-per-second' = '0'); SELECT city, temp, humidity, ts FROM weather")
    kafka.produce(source, [json.dumps(row) for row in rows])
    windows, _ = windows_of(rows)
    # The last windows stay open: the topic has no end.
    closed = datetime.fromisoformat(rows[-1]["ts"]) - timedelta(seconds=5)
    wanted = {key: value for key, value in windows.items() if key[0] + timedelta(seconds=10) <= closed}
    with with_broker("weather_kafka.sql", {"localhost:9092": kafka.bootstrap, "'weather'": f"'{source}'", "'weather_averages'": f"'{sink}'"}) as script:
        with Running("run", script.name) as job:
            eventually(lambda: len(kafka.consume(sink)) >= len(wanted) or job.process.poll() is not None, "averages in the topic")
            expect_equal(job.stop(), 0, f"exit status after SIGINT ({job.errors()})")
    got = [json.loads(line) for line in kafka.consume(sink)]
    expect_equal(sorted((datetime.fromisoformat(row["window_end"]), row["city"]) for row in got),
                 sorted((start + timedelta(seconds=10), city) for start, city in wanted), "windows")
    for row in got:
        temperatures = wanted[datetime.fromisoformat(row["window_end"]) - timedelta(seconds=10), row["city"]]
        expect(abs(row["average"] - sum(temperatures) / len(temperatures)) < 1e-9, f"average of {row}")


def words():
    return Counter(word.lower() for word in (EXAMPLES / "data/words.txt").read_text().split())


def test_word_count():
    done = execute("word_count.sql", "-f")
    expect_equal([(row["word"], row["occurrences"]) for row in done.rows()], sorted(words().items(), key=lambda pair: (-pair[1], pair[0])), "words")


def test_word_count_kafka():
    kafka = Kafka.broker()
    topic = kafka.topic(partitions=3)
    all_words = (EXAMPLES / "data/words.txt").read_text().split()
    for partition in range(3):
        kafka.produce(topic, all_words[partition::3], partition=partition)
    with with_broker("word_count_kafka.sql", {"localhost:9092": kafka.bootstrap, "'topic' = 'words'": f"'topic' = '{topic}'"}) as script:
        done = run("-f", script.name, "--format", "jsonl")
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    expect_equal({row["word"]: row["occurrences"] for row in done.rows()}, dict(words()), "words")


def visits():
    clicks = [json.loads(line) for line in (EXAMPLES / "data/clicks.json").read_text().splitlines()]
    result = []
    for person in sorted({click["person"] for click in clicks}):
        mine = sorted((click for click in clicks if click["person"] == person), key=lambda click: click["at_ms"])
        visit = []
        for click in mine + [None]:
            if visit and (click is None or click["at_ms"] - visit[-1]["at_ms"] > 30 * 60_000):
                result.append({"person": person,
                               "started": datetime.utcfromtimestamp(visit[0]["at_ms"] / 1000).strftime("%Y-%m-%d %H:%M:%S.") + f"{visit[0]['at_ms'] % 1000:03d}",
                               "clicks": len(visit), "sections": len({c["page"]["section"] for c in visit}),
                               "bought": any("/checkout" in c["page"]["url"] for c in visit)})
                visit = []
            visit.append(click)
    return result


def test_clickstream():
    done = execute("clickstream.sql", "-f")
    key = lambda row: (row["person"], row["started"])
    expect_equal(sorted(done.rows(), key=key), sorted(visits(), key=key), "visits")


def lines_below(folder):
    return [line for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".") for line in path.read_text().splitlines()]


def test_statement_set():
    with Folder() as folder:
        text = (EXAMPLES / "statement_set.sql").read_text().replace("/tmp/streamsql-example", str(folder))
        (folder / "s.sql").write_text(text)
        done = run("run", folder / "s.sql")
        expect_equal(done.status, 0, f"exit status ({done.errors})")
        rows = query(ddl_of("statement_set.sql") + "SELECT ts, city, temp FROM readings")
        cold = [json.loads(line) for line in lines_below(folder / "cold")]
        expect_equal([(datetime.fromisoformat(row["ts"]), row["city"], row["temp"]) for row in cold],
                     [(datetime.fromisoformat(row["ts"]), row["city"], row["temp"]) for row in rows if row["temp"] < 5], "cold readings")
        got = {(datetime.fromisoformat(start), city): float(average) for start, city, average in csv.reader(lines_below(folder / "averages"))}
        windows, _ = windows_of(rows, size_s=60)
        expect_equal(sorted(got), sorted(windows), "windows")
        for key, temperatures in windows.items():
            expect(abs(got[key] - sum(temperatures) / len(temperatures)) < 1e-9, f"average of {key}")


def test_nexmark_queries_run():
    """Those of the benchmark, on few events: they end well and read what they should."""
    tables = (ROOT / "bench/nexmark/tables.sql").read_text()
    for path in sorted((ROOT / "bench/nexmark").glob("*.sql")):
        if path.name == "tables.sql":
            continue
        text = tables + path.read_text()
        with Folder() as folder:
            (folder / "q.sql").write_text(text.replace("${EVENTS}", "20000").replace("${RATE}", "10000"))
            done = run("-f", folder / "q.sql")
            expect_equal(done.status, 0, f"exit status of {path.name} ({done.errors[:500]})")
