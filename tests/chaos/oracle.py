"""Whether committed output is what exactly-once promises. Pure functions of records and rows; no Kafka here, so that the oracle can be tested.

Findings are texts that begin with their kind:
  vanished      a committed row was seen by a reader and is not there any more, or is another
  appeared      a row came to be before a place that a reader had passed
  doubled       the same (lane, epoch, number) twice, or a row twice
  gap           numbers of a lane's epoch are missing
  lane          a row in a partition that is not its lane's
  disorder      rows of a partition or of a key in another order
  unexpected    a row that no recomputation gives
  missing       a row that was never written
  marker        the markers of a lane do not go up by one step, or say other counts than there are rows
"""
import collections
import struct

Record = collections.namedtuple("Record", "partition offset key value row_id")  # row_id: (epoch, lane, number) or None
Marker = collections.namedtuple("Marker", "offset sink lane epoch chunk chunk_count generation rows")
FINDINGS_MAX = 20
MARKER_SIZE = 12 + 16 + 4 + 4 + 8 + 4 + 4 + 8 + 8 + 2 * 16 + 24 + 4  # runtime/protocol/records.h


def row_id_of(headers):
    for name, value in headers or []:
        if name == "sx" and value is not None and len(value) == 16:
            return struct.unpack("<QII", value)
    return None


def marker_of(record):
    """Frame (12 bytes), job (16), then what is wanted."""
    if record.value is None or len(record.value) != MARKER_SIZE:
        raise ValueError(f"not a marker: {record}")
    return Marker(record.offset, *struct.unpack_from("<IIQIIQQ", record.value, 28))


def place(record):
    return f"partition {record.partition} offset {record.offset} row {record.row_id} {record.value}"


def check_watch(seen, now):
    """`seen` is what a read_committed reader got while things happened, `now` what the topic has. Both in order for each partition."""
    findings = []
    now_by_place = {(record.partition, record.offset): record for record in now}
    passed = {}
    seen_places = set()
    for record in seen:
        if (record.partition, record.offset) in seen_places:
            findings.append(f"doubled: a reader got an offset twice: {place(record)}")
        seen_places.add((record.partition, record.offset))
        passed[record.partition] = max(passed.get(record.partition, -1), record.offset)
        if now_by_place.get((record.partition, record.offset)) != record:
            findings.append(f"vanished: {place(record)}, now {now_by_place.get((record.partition, record.offset))}")
    for where, record in now_by_place.items():
        if record.offset < passed.get(record.partition, -1) and where not in seen_places:
            findings.append(f"appeared: {place(record)}")
    return findings


def check_row_ids(records, lanes, complete):
    """Every lane's epochs: each number once, none missing below the highest; within a partition in their order."""
    findings = []
    numbers = {}
    newest = {}
    for record in records:
        if not record.row_id:
            findings.append(f"unexpected: no row id: {place(record)}")
            continue
        epoch, lane, number = record.row_id
        if lane != record.partition % lanes:
            findings.append(f"lane: {place(record)}")
        known = numbers.setdefault((lane, epoch), {})
        if number in known:
            findings.append(f"doubled: {place(record)} and {place(known[number])}")
        known[number] = record
        before = newest.get(record.partition)
        if before and before.row_id[:1] + before.row_id[2:] >= (epoch, number):
            findings.append(f"disorder: {place(record)} after {place(before)}")
        newest[record.partition] = record
    for (lane, epoch), known in sorted(numbers.items()):
        # A chunk is visible as a whole, partition by partition for a reader: only a complete output has no gaps.
        if complete and len(known) != max(known) + 1:
            absent = next(number for number in range(len(known) + 1) if number not in known)
            findings.append(f"gap: lane {lane} epoch {epoch} has {len(known)} rows up to number {max(known)}; the first absent is {absent}")
    return findings


def check_markers(records, markers, lanes, complete):
    """markers: of one sink, in the order of each lane. They say how many rows each epoch has, and none is ever passed over. Generations may fall: an
    owner that was stopped between its look at HEAD and its fence goes on, from the markers that it then reads, until its successor fences it again."""
    findings = []
    rows = collections.Counter((record.row_id[1], record.row_id[0]) for record in records if record.row_id)
    said = collections.Counter()
    newest = {}
    for marker in markers:
        said[marker.lane, marker.epoch] += marker.rows
        before = newest.get(marker.lane)
        newest[marker.lane] = marker
        if not before:
            expected = (marker.epoch, 1)
        else:
            expected = (before.epoch, before.chunk + 1) if before.chunk < before.chunk_count else (before.epoch + 1, 1)
        if (marker.epoch, marker.chunk) != expected:
            findings.append(f"marker: {marker} after {before}")
    if complete:
        for lane, epoch in sorted(set(rows) | set(said)):
            if rows[lane, epoch] != said[lane, epoch]:
                findings.append(f"marker: lane {lane} epoch {epoch} has {rows[lane, epoch]} rows, its markers say {said[lane, epoch]}")
        ends = {lane: (newest[lane].epoch if newest[lane].chunk == newest[lane].chunk_count else None) if lane in newest else None for lane in range(lanes)}
        if len(set(ends.values())) > 1 or None in ends.values():
            findings.append(f"marker: the lanes' last complete epochs are {ends}")
    return findings


def by_key(table, records, decode):
    rows = {}
    places = {}
    findings = []
    for record in records:
        if record.value is None:
            findings.append(f"unexpected: a row without value: {place(record)}")
            continue
        value = decode(record.value)
        key = table.key_of(value)
        if record.key != key.encode():
            findings.append(f"unexpected: key {record.key} of {place(record)}")
        if places.setdefault(key, record.partition) != record.partition:
            findings.append(f"disorder: key {key} in partitions {places[key]} and {record.partition}")
        rows.setdefault(key, []).append(value)
    return rows, findings


def check_append_only(table, answer, records, decode, complete):
    """Rows of a key are a prefix of the recomputed ones; all of them when complete."""
    found, findings = by_key(table, records, decode)
    for key, rows in sorted(found.items()):
        expected = answer.get(key, [])
        findings += compare_rows(key, rows, expected, complete)
    if complete:
        for key in sorted(set(answer) - set(found)):
            findings.append(f"missing: all {len(answer[key])} rows of key {key}")
    return findings


def compare_rows(key, rows, expected, complete):
    if rows == (expected if complete else expected[:len(rows)]):
        return []
    findings = []
    texts, expected_texts = [str(row) for row in rows], [str(row) for row in expected]
    counts, expected_counts = collections.Counter(texts), collections.Counter(expected_texts)
    for text, count in counts.items():
        if text not in expected_counts:
            findings.append(f"unexpected: {text}")
        elif count > expected_counts[text]:
            findings.append(f"doubled: {count} times {text}")
    known = [text for text in texts if text in expected_counts]
    wanted = expected_texts if complete else expected_texts[:1 + max((expected_texts.index(text) for text in known), default=-1)]
    for text in wanted:
        if text not in counts:
            findings.append(f"missing: {text}")
    if not findings:
        at = next(i for i, pair in enumerate(zip(texts, expected_texts)) if pair[0] != pair[1])
        findings.append(f"disorder: key {key}, row {at} is {texts[at]} and should be {expected_texts[at]}")
    return findings


def check_upsert(table, answer, records, decode, complete):
    """Every value is made of a prefix of each partition, prefixes only grow, and the last value has all rows."""
    found, findings = by_key(table, records, decode)
    for key, rows in sorted(found.items()):
        sums = answer.get(key)
        if sums is None:
            findings.append(f"unexpected: key {key}")
            continue
        before = (0,) * len(sums)
        for row in rows:
            counts = table.counts_of(row)
            if any(count >= len(sums[part]) for part, count in enumerate(counts)):
                findings.append(f"unexpected: {row}: more rows than there are: {[len(part) - 1 for part in sums]}")
            elif sum(sums[part][count] for part, count in enumerate(counts)) != row["total"]:
                findings.append(f"unexpected: {row}: these rows sum up to {sum(sums[part][count] for part, count in enumerate(counts))}")
            elif counts == before:
                findings.append(f"doubled: {row}")
            elif any(count < old for count, old in zip(counts, before)):
                findings.append(f"disorder: {row} after counts {before}")
            before = counts
        if complete and before != tuple(len(part) - 1 for part in sums):
            findings.append(f"missing: the last value of {key} has counts {before} of {[len(part) - 1 for part in sums]}")
    if complete:
        findings += [f"missing: key {key}" for key in sorted(set(answer) - set(found))]
    return findings


def check_table(table, inputs, records, decode, lanes, complete):
    """All that one reading of a topic can tell; inputs: partition -> rows. lanes 0: rows without ids."""
    answer = table.answer(inputs)
    check = check_upsert if table.is_upsert else check_append_only
    findings = check(table, answer, records, decode, complete)
    if lanes:
        findings += check_row_ids(records, lanes, complete)
    return findings[:FINDINGS_MAX]


def is_complete(table, inputs, records, decode):
    """Whether nothing is to come any more, by the newest rows alone."""
    answer = table.answer(inputs)
    found, _ = by_key(table, records, decode)
    if table.is_upsert:
        return all(key in found and table.counts_of(found[key][-1]) == tuple(len(part) - 1 for part in sums) for key, sums in answer.items())
    return all(key in found and found[key][-1] == rows[-1] for key, rows in answer.items())
