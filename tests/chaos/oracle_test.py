"""The oracle's own tests: output made from the recomputed answer passes; each planted corruption is found, by its name."""
import json

import jobs
import oracle
from generator import Generator

LANES = jobs.LANES


def input_rows(partitions, late=False, count=900):
    generator = Generator("oracle", partitions, late)
    inputs = {part: [] for part in range(partitions)}
    for part, value in [*generator.rows(count), *generator.closing_rows()]:
        inputs[part].append(jobs.decode(value))
    return inputs


def encode(value):
    """JSON with decimals digit by digit."""
    return json.dumps(value, default="@{}@".format).replace('"@', "").replace('@"', "").encode()


def partition_of(key):
    return sum(key.encode()) % jobs.OUT_PARTITIONS


def upsert_values(table, inputs):
    """A changelog as a job could have given it: every word's value after each row."""
    counts = {}
    values = []
    for number in range(max(map(len, inputs.values()))):
        for part, rows in inputs.items():
            if number < len(rows):
                row = rows[number]
                value = counts.setdefault(row["word"], {"word": row["word"], "p0": 0, "p1": 0, "p2": 0, "total": 0})
                value[f"p{part}"] += 1
                value["total"] += row["n"]
                values.append(dict(value))
    return values


def records_of(table, inputs, rows_of_an_epoch=50):
    """Committed output without a fault, rows numbered by lane and epoch."""
    if table.is_upsert:
        values = upsert_values(table, inputs)
    else:
        values = [value for rows in table.answer(inputs).values() for value in rows]
    offsets, numbers, records = {}, {}, []
    for at, value in enumerate(values):
        key = table.key_of(value)
        partition = partition_of(key)
        lane, epoch = partition % LANES, at // rows_of_an_epoch + 1
        offset = offsets.get(partition, 0)
        number = numbers.get((lane, epoch), 0)
        offsets[partition], numbers[lane, epoch] = offset + 1, number + 1
        records.append(oracle.Record(partition, offset, key.encode(), encode(value), (epoch, lane, number)))
    return sorted(records, key=lambda record: record[:2])


def findings(table, inputs, records, markers):
    return oracle.check_table(table, inputs, records, jobs.decode, LANES, True) + oracle.check_markers(records, markers, LANES, True)


def renumbered(records):
    """Offsets without holes, as a broker gives them."""
    offsets = {}
    result = []
    for record in records:
        offset = offsets.get(record.partition, 0)
        offsets[record.partition] = offset + 1
        result.append(record._replace(offset=offset))
    return result


def neighbours_of_a_key(records):
    """Two places with rows of one key, the second the next of that key."""
    middle = len(records) // 2
    for first in [*range(middle, len(records)), *range(middle)]:
        for second in range(first + 1, len(records)):
            if records[first].key == records[second].key and records[first].value != records[second].value:
                return first, second
    raise AssertionError("no key has two rows")


def dropped(records):
    at = len(records) // 2
    return renumbered(records[:at] + records[at + 1:])


def dropped_last(records):
    return records[:-1]


def doubled(records):
    at = len(records) // 2
    return renumbered(records[:at + 1] + records[at:])


def doubled_under_a_new_row_id(records):
    """As a replay by somebody who lost count would do it: the last row once more, in an epoch of its own."""
    last = records[-1]
    return renumbered(records + [last._replace(row_id=(last.row_id[0] + 1, last.row_id[1], 0))])


def swapped(records):
    """Two rows of a key, row ids staying where they were."""
    first, second = neighbours_of_a_key(records)
    result = list(records)
    result[first] = records[first]._replace(value=records[second].value)
    result[second] = records[second]._replace(value=records[first].value)
    return result


def altered(records):
    at = len(records) // 2
    value = jobs.decode(records[at].value)
    name = next(name for name in ("total", "doubled") if name in value)
    value[name] += 1
    return records[:at] + [records[at]._replace(value=encode(value))] + records[at + 1:]


def without_row_id(records):
    at = len(records) // 2
    return records[:at] + [records[at]._replace(row_id=None)] + records[at + 1:]


def in_another_lane(records):
    at = len(records) // 2
    epoch, lane, number = records[at].row_id
    return records[:at] + [records[at]._replace(row_id=(epoch, (lane + 1) % LANES, number))] + records[at + 1:]


def epoch_lost(records):
    """All rows of one epoch and lane."""
    epoch, lane, _ = records[len(records) // 2].row_id
    return renumbered([record for record in records if record.row_id[:2] != (epoch, lane)])


def epoch_twice(records):
    """All rows of one epoch and lane, published again by the next generation."""
    epoch, lane, _ = records[len(records) // 2].row_id
    again = [record for record in records if record.row_id[:2] == (epoch, lane)]
    return renumbered(sorted(records + again, key=lambda record: record.partition))


CORRUPTIONS = [(dropped, ("missing", "gap")), (dropped_last, ("missing",)), (doubled, ("doubled",)), (doubled_under_a_new_row_id, ("doubled",)),
               (swapped, ("disorder",)), (altered, ("unexpected",)), (without_row_id, ("unexpected",)), (in_another_lane, ("lane",)),
               (epoch_lost, ("missing", "gap")), (epoch_twice, ("doubled",))]
# The changelog of an upsert may skip values: one that is lost shows by its row id, or by the marker's count.
LOSSES = (dropped, epoch_lost)


def vanished(records):
    return records, records[:len(records) // 2] + records[len(records) // 2 + 1:]


def replaced(records):
    return records, altered(records)


def appeared(records):
    return records[:len(records) // 2] + records[len(records) // 2 + 1:], records


def read_twice(records):
    return records + [records[0]], records


def markers_of(records):
    """Two chunks an epoch."""
    counts = {}
    for record in records:
        counts.setdefault(record.row_id[:2], 0)
        counts[record.row_id[:2]] += 1
    markers, offsets = [], {}
    for epoch in range(1, max(epoch for epoch, _ in counts) + 1):
        for lane in range(LANES):
            rows = counts.get((epoch, lane), 0)
            for chunk, share in ((1, rows // 2), (2, rows - rows // 2)):
                offsets[lane] = offsets.get(lane, 0) + 1
                markers.append(oracle.Marker(offsets[lane], 0, lane, epoch, chunk, 2, 1 + epoch // 3, share))
    return markers


def marker_dropped(markers):
    at = len(markers) // 2
    return markers[:at] + markers[at + 1:]


def marker_doubled(markers):
    at = len(markers) // 2
    return markers[:at + 1] + markers[at:]


def marker_miscounts(markers):
    at = len(markers) // 2
    return markers[:at] + [markers[at]._replace(rows=markers[at].rows + 1)] + markers[at + 1:]


def last_marker_missing(markers):
    return markers[:-1]


MARKER_CORRUPTIONS = [marker_dropped, marker_doubled, marker_miscounts, last_marker_missing]

WATCHES = [(vanished, "vanished"), (replaced, "vanished"), (appeared, "appeared"), (read_twice, "doubled")]


def corruption_failures(table, inputs, records):
    """What the oracle does not find in this output; (title, text) for each."""
    markers = markers_of(records)
    clean = findings(table, inputs, records, markers) + oracle.check_watch(records, records)
    if clean:
        yield "clean", f"found {clean[:3]}"
    for corrupt, kinds in CORRUPTIONS:
        if table.is_upsert and corrupt in LOSSES:
            kinds = ("gap", "marker")
        found = findings(table, inputs, corrupt(records), markers)
        if not any(finding.split(":")[0] in kinds for finding in found):
            yield corrupt.__name__, f"found {found[:3]}"
    for watch, kind in WATCHES:
        seen, now = watch(records)
        found = oracle.check_watch(seen, now)
        if not any(finding.startswith(kind) for finding in found):
            yield watch.__name__, f"found {found[:3]}"


def partial_failures(table, inputs, records):
    """Whatever a reader has got of it so far is right too."""
    seen = {}
    for record in records:
        seen.setdefault(record.partition, []).append(record)
    for share in (0.1, 0.5, 0.9):
        some = [record for rows in seen.values() for record in rows[:int(len(rows) * share)]]
        found = oracle.check_table(table, inputs, some, jobs.decode, LANES, False)
        if found:
            yield "partial", f"found {found[:3]}"


def marker_failures(records):
    markers = markers_of(records)
    clean = oracle.check_markers(records, markers, LANES, True)
    if clean:
        yield "clean markers", f"found {clean[:3]}"
    for corrupt in MARKER_CORRUPTIONS:
        if not oracle.check_markers(records, corrupt(markers), LANES, True):
            yield corrupt.__name__, "found nothing"


def checked_output(title, table, inputs, records):
    """(passed, failed) of all corruptions on one output."""
    failures = [*corruption_failures(table, inputs, records), *partial_failures(table, inputs, records), *marker_failures(records)]
    for name, text in failures:
        print(f"FAILED  oracle: {title} {name}: {text}", flush=True)
    return 2 + len(CORRUPTIONS) + len(WATCHES) + len(MARKER_CORRUPTIONS) - len(failures), len(failures)


def run():
    passed = failed = 0
    for job in jobs.JOBS.values():
        inputs = input_rows(job.partitions, job.late)
        for table in job.tables:
            good, bad = checked_output(f"{job.name}.{table.name}", table, inputs, records_of(table, inputs))
            passed, failed = passed + good, failed + bad
    return passed, failed
