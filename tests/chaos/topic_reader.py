"""Reading committed records: all that is there now, or on and on in a thread while things happen to the broker."""
import threading
import time

import confluent_kafka

from harness import Failure, PATIENCE_S
from oracle import Record, row_id_of


def consumer(bootstrap, **more):
    return confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": "chaos", "enable.auto.commit": False, "isolation.level": "read_committed",
        "auto.offset.reset": "error", "check.crcs": True, "fetch.wait.max.ms": 50, "reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 500,
        "topic.metadata.refresh.interval.ms": 5000, "error_cb": lambda error: None, "log_level": 0, **more})


def record_of(message):
    return Record(message.partition(), message.offset(), message.key(), message.value(), row_id_of(message.headers()))


def assign(reader, topic, partitions):
    reader.assign([confluent_kafka.TopicPartition(topic, partition, 0) for partition in range(partitions)])


def partition_counts(bootstrap, prefix):
    """name -> partitions, of all topics whose names begin with the prefix."""
    reader = consumer(bootstrap)
    topics = reader.list_topics(timeout=PATIENCE_S).topics
    reader.close()
    return {name: len(topic.partitions) for name, topic in sorted(topics.items()) if name.startswith(prefix)}


def read_topic(bootstrap, topic, partitions, timeout=PATIENCE_S):
    """Every committed record up to what is the end now, open transactions included: whoever holds them back makes this fail."""
    deadline = time.monotonic() + timeout
    plain = consumer(bootstrap, **{"isolation.level": "read_uncommitted"})
    ends = {}
    while len(ends) < partitions:
        partition = len(ends)
        try:
            _, ends[partition] = plain.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=10)
        except confluent_kafka.KafkaException:
            if time.monotonic() > deadline:
                raise Failure(f"the end of {topic}-{partition} cannot be asked for") from None
    plain.close()
    reader = consumer(bootstrap, **{"enable.partition.eof": True})
    assign(reader, topic, partitions)
    records, behind = [], {partition for partition, end in ends.items() if end > 0}
    while behind:
        if time.monotonic() > deadline:
            raise Failure(f"{topic} partitions {sorted(behind)} cannot be read to their end: a transaction is open")
        for message in reader.consume(10_000, 0.1):
            if not message.error():
                records.append(record_of(message))
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF and message.offset() >= ends[message.partition()]:
                behind.discard(message.partition())
    reader.close()
    records.sort(key=lambda record: record[:2])
    return records


class Watcher(threading.Thread):
    """Reads a topic from its beginning and keeps all it was given."""

    def __init__(self, bootstrap, topic, partitions):
        super().__init__(daemon=True)
        self.bootstrap, self.topic, self.partitions = bootstrap, topic, partitions
        self._records, self._lock, self._ended = [], threading.Lock(), threading.Event()
        self.failure = None
        self.start()

    def run(self):
        reader = consumer(self.bootstrap)
        assign(reader, self.topic, self.partitions)
        while not self._ended.is_set():
            for message in reader.consume(10_000, 0.05):
                if not message.error():
                    with self._lock:
                        self._records.append(record_of(message))
                elif message.error().code() == confluent_kafka.KafkaError._AUTO_OFFSET_RESET:
                    self.failure = f"vanished: {self.topic}-{message.partition()}: {message.error().str()}"
        reader.close()

    def records(self):
        """In the order of each partition."""
        with self._lock:
            return list(self._records)

    def stop(self):
        self._ended.set()
        self.join()
