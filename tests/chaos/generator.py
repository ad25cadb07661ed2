"""What a series writes to its input topic: every row follows from the seed, its partition and its place there.

A row: {part, seq, k, word, n, amount, ts}. A key k belongs to one partition, words are shared by all. Event time rises by STEP_MS a row with
disorder below DELAY_MS, which is the job's watermark delay: nothing is late. With `late` (one partition only, where the order of rows alone
decides) some rows lie so far back that their windows have been closed for certain.
"""
import datetime
import json
import random

BASE = datetime.datetime(2024, 1, 1)
STEP_MS = 400
DELAY_MS = 5_000
DISORDER_MS = 4_000
LATE_MS = 60_000
WINDOW_MS = 10_000
KEYS, WORDS = 5, 12
CLOSING_MS = 400 * 24 * 3600 * 1000  # beyond any other row


def time_text(ms):
    return (BASE + datetime.timedelta(milliseconds=ms)).isoformat(sep=" ", timespec="milliseconds")


def time_ms(text):
    return round((datetime.datetime.fromisoformat(text.replace("T", " ").rstrip("Z")) - BASE).total_seconds() * 1000)


class Generator:
    def __init__(self, seed, partitions, late=False):
        assert not late or partitions == 1
        self.partitions, self.late = partitions, late
        self.random = [random.Random(f"rows/{seed}/{part}") for part in range(partitions)]
        self.counts = [0] * partitions

    def row(self, part):
        """The partition's next row."""
        draw, seq = self.random[part], self.counts[part]
        self.counts[part] += 1
        front = 10 * WINDOW_MS + seq * STEP_MS
        is_late = self.late and seq > LATE_MS // STEP_MS and draw.random() < 0.05
        ms = front - LATE_MS if is_late else front - draw.randrange(DISORDER_MS)
        cents = draw.randrange(-100_000, 1_000_000)
        return {"part": part, "seq": seq, "k": f"k{part}-{draw.randrange(KEYS)}", "word": f"word{int(draw.paretovariate(1)) % WORDS}",
                "n": draw.randrange(-1000, 1_000_000), "amount": cents / 100, "ts": time_text(ms)}

    def closing_row(self, part):
        """Closes every window but its own."""
        seq = self.counts[part]
        self.counts[part] += 1
        return {"part": part, "seq": seq, "k": f"closing{part}", "word": "closing", "n": 1, "amount": 1.0, "ts": time_text(CLOSING_MS)}

    def rows(self, count):
        """`count` rows, spread over the partitions: (partition, value)."""
        for number in range(count):
            part = number % self.partitions
            yield part, encode(self.row(part))

    def closing_rows(self):
        for part in range(self.partitions):
            yield part, encode(self.closing_row(part))


def encode(row):
    return json.dumps(row).replace(f'"amount": {row["amount"]}', f'"amount": {row["amount"]:.2f}').encode()
