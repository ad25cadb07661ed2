"""The query that the project is introduced with, embedded, from a file and through Kafka, against rows computed here."""
import json
from collections import defaultdict
from datetime import datetime, timedelta

from harness import Folder, Kafka, expect, expect_equal, query, run

WEATHER = "SELECT city, AVG(temp) FROM weather GROUP BY TUMBLE(ts, 10s)"
COLUMNS = "city STRING, temp DOUBLE, humidity DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND"
EPOCH = datetime(1970, 1, 1)
# Event time runs far ahead of the clock, so that thousands of windows pass; some rows are out of order, some are late.
GENERATED = ("ALTER TABLE weather SET ('number-of-rows' = '5000', 'rows-per-second' = '0', 'time-step' = '700ms', "
             "'out-of-order' = '0.2', 'max-delay' = '4s', 'late' = '0.02', 'late-delay' = '40s');\n")


def microseconds(text):
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def window_averages(rows, delay_us=5_000_000, size_us=10_000_000):
    """(city, average) per window, rows in the order given, late ones left out: the watermark is that of the rows before."""
    windows, late, watermark = defaultdict(list), 0, None
    for row in rows:
        time = microseconds(row["ts"])
        end = time - time % size_us + size_us
        if watermark is not None and watermark >= end - 1:
            late += 1
        else:
            windows[end, row["city"]].append(row["temp"])
        watermark = time - delay_us if watermark is None else max(watermark, time - delay_us)
    return sorted((city, sum(temps) / len(temps)) for (_, city), temps in windows.items()), late


def expect_averages(result, rows, what):
    expected, late = window_averages(rows)
    actual = sorted(tuple(row.values()) for row in result)
    expect_equal(len(actual), len(expected), f"{what}: number of windows")
    for (city, average), (wanted_city, wanted) in zip(actual, expected):
        expect(city == wanted_city and abs(average - wanted) < 1e-9, f"{what}: {city} {average} against {wanted_city} {wanted}")
    return late


def generated_rows():
    return query(GENERATED + "SELECT city, temp, humidity, ts FROM weather")


def test_weather_embedded():
    rows = generated_rows()
    expect_equal(len(rows), 5000, "generated rows")
    done = run("--format", "jsonl", "-c", GENERATED + WEATHER)
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    late = expect_averages(done.rows(), rows, "embedded")
    expect(late > 10, f"the generator made only {late} late rows")
    expect(f"{late} late" in done.errors, f"the end report does not count {late} late rows: {done.errors}")
    expect_equal(list(done.rows()[0]), ["city", "EXPR$1"], "column names")


def test_weather_needs_no_ddl_and_says_what_it_grouped_by():
    done = run("--format", "csv", "-c", "ALTER TABLE weather SET ('number-of-rows' = '10', 'rows-per-second' = '0'); " + WEATHER)
    expect_equal(done.status, 0, "exit status")
    expect("city" in done.errors, f"no notice about the implicit grouping key: {done.errors}")


def test_weather_implicit_keys_can_be_forbidden():
    done = run("-c", "SET 'sql.implicit-group-keys' = 'false'; " + WEATHER)
    expect_equal(done.status, 1, "exit status")
    expect("42803" in done.errors and "city" in done.errors and "^" in done.errors, done.errors)


def test_weather_from_a_file():
    rows = generated_rows()
    with Folder() as folder:
        (folder / "weather.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
        ddl = (f"DROP TABLE weather; CREATE TABLE weather ({COLUMNS}) WITH ('connector' = 'filesystem', "
               f"'path' = '{folder}/weather.json', 'format' = 'json');\n")
        expect_averages(query(ddl + WEATHER), rows, "file")


def test_weather_from_kafka_to_kafka():
    rows = generated_rows()
    kafka = Kafka.broker()
    source, sink = kafka.topic(), kafka.topic()
    kafka.produce(source, [json.dumps(row) for row in rows])
    ddl = "DROP TABLE weather; " + kafka.table("weather", COLUMNS, source, **Kafka.BOUNDED)
    expect_averages(query(ddl + WEATHER), rows, "Kafka")
    ddl += kafka.table("averages", "city STRING, avg_temp DOUBLE", sink)
    done = run("-c", ddl + "INSERT INTO averages " + WEATHER)
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    expect_averages([json.loads(line) for line in kafka.consume(sink)], rows, "Kafka to Kafka")


def test_weather_table_function_form_gives_the_same():
    rows = generated_rows()
    result = query(GENERATED + "SELECT city, AVG(temp) AS average FROM TABLE(TUMBLE(TABLE weather, DESCRIPTOR(ts), INTERVAL '10' SECOND)) "
                   "GROUP BY city, window_start, window_end")
    expect_averages(result, rows, "table function")
