"""The jobs of the chaos tests: their SQL, and what they answer, recomputed in plain Python from the rows of the input topic.

A table is one output topic. `ok` answers are plain data, so that the oracle needs to know nothing else:
  append-only   key -> list of values in their order
  upsert        key -> prefix sums by partition, of which every value ever seen must be made
"""
import decimal
import json

import generator

IN_PARTITIONS = 3
OUT_PARTITIONS = 4
LANES = 2

SOURCE = """CREATE TABLE events (part INT, seq BIGINT, k STRING, word STRING, n BIGINT, amount DECIMAL(12, 2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = '{topic}', 'format' = 'json',
  'properties.bootstrap.servers' = '{bootstrap}', 'scan.startup.mode' = 'earliest-offset', 'json.on-error' = 'fail');
"""


def decode(value):
    return json.loads(value, parse_float=decimal.Decimal)


class Counts:
    """GROUP BY word: upsert. The counts by partition say which rows have gone into a value: a prefix of each partition."""
    name = "counts"
    is_upsert = True
    ddl = """CREATE TABLE counts (word STRING, p0 BIGINT, p1 BIGINT, p2 BIGINT, total BIGINT, PRIMARY KEY (word) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'key.format' = 'raw', 'value.format' = 'json', {options});
"""
    insert = """INSERT INTO counts SELECT word, COUNT(*) FILTER (WHERE part = 0), COUNT(*) FILTER (WHERE part = 1),
  COUNT(*) FILTER (WHERE part = 2), SUM(n) FROM events GROUP BY word;
"""

    @staticmethod
    def answer(inputs):
        sums = {}
        for part in sorted(inputs):
            for row in inputs[part]:
                by_part = sums.setdefault(row["word"], [[0] for _ in range(IN_PARTITIONS)])
                by_part[part].append(by_part[part][-1] + row["n"])
        return sums

    @staticmethod
    def key_of(value):
        return value["word"]

    @staticmethod
    def counts_of(value):
        return (value["p0"], value["p1"], value["p2"])


class Averages:
    """A tumbling window per key: append-only, in the order of time for each key."""
    name = "averages"
    is_upsert = False
    ddl = """CREATE TABLE averages (k STRING, window_end TIMESTAMP(3), n BIGINT, total BIGINT, average DECIMAL(38, 6))
WITH ('connector' = 'kafka', 'format' = 'json', 'key.format' = 'raw', 'key.fields' = 'k', {options});
"""
    insert = """INSERT INTO averages SELECT k, window_end, COUNT(*), SUM(n), AVG(amount)
  FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
"""

    @staticmethod
    def answer(inputs):
        windows = {}
        for part in sorted(inputs):
            front = None
            for row in inputs[part]:
                ms = generator.time_ms(row["ts"])
                end = ms - ms % generator.WINDOW_MS + generator.WINDOW_MS
                if front is not None and end <= front - generator.DELAY_MS:
                    assert len(inputs) == 1, "a late row among several partitions: the answer would depend on their interleaving"
                    continue
                front = ms if front is None else max(front, ms)
                windows.setdefault((row["k"], end), []).append(row)
        rows = {}
        for (key, end), members in sorted(windows.items()):
            if end <= generator.CLOSING_MS:
                average = sum(decimal.Decimal(row["amount"]) for row in members) / len(members)
                rows.setdefault(key, []).append({"k": key, "window_end": generator.time_text(end).removesuffix(".000"), "n": len(members), "total": sum(row["n"] for row in members),
                                                 "average": average.quantize(decimal.Decimal("0.000001"), rounding=decimal.ROUND_HALF_UP)})
        return rows

    @staticmethod
    def key_of(value):
        return value["k"]


class Passed:
    """A filter and a projection: append-only, in the order of the input for each key."""
    name = "passed"
    is_upsert = False
    ddl = """CREATE TABLE passed (k STRING, part INT, seq BIGINT, doubled BIGINT)
WITH ('connector' = 'kafka', 'format' = 'json', 'key.format' = 'raw', 'key.fields' = 'k', {options});
"""
    insert = "INSERT INTO passed SELECT k, part, seq, n * 2 FROM events WHERE MOD(n, 3) <> 0;\n"

    @staticmethod
    def answer(inputs):
        rows = {}
        for part in sorted(inputs):
            for row in inputs[part]:
                if row["n"] % 3:
                    rows.setdefault(row["k"], []).append({"k": row["k"], "part": part, "seq": row["seq"], "doubled": 2 * row["n"]})
        return rows

    @staticmethod
    def key_of(value):
        return value["k"]


class Job:
    def __init__(self, name, tables, late=False):
        self.name, self.tables, self.late = name, tables, late
        self.partitions = 1 if late else IN_PARTITIONS
        self.has_groups = tables != [Passed]

    def script(self, bootstrap, source_topic, sink_topics, options):
        """SQL text; `options` go to every sink."""
        text = "SET 'table.exec.source.idle-timeout' = '0';\nSET 'table.exec.mini-batch.allow-latency' = '50 ms';\n"
        text += SOURCE.format(topic=source_topic, bootstrap=bootstrap)
        for table in self.tables:
            given = {"topic": sink_topics[table.name], "properties.bootstrap.servers": bootstrap, **options}
            text += table.ddl.format(options=", ".join(f"'{key}' = '{value}'" for key, value in given.items()))
        inserts = "".join(table.insert for table in self.tables)
        return text + (inserts if len(self.tables) == 1 else f"EXECUTE STATEMENT SET BEGIN\n{inserts}END;\n")


JOBS = {job.name: job for job in (Job("counts", [Counts]), Job("averages", [Averages]), Job("late", [Averages], late=True),
                                  Job("passed", [Passed]), Job("set", [Counts, Averages]))}
