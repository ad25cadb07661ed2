"""Writing rows to a topic in their order, also when the broker dies meanwhile."""
import confluent_kafka

from harness import PATIENCE_S, expect


class Writer:
    def __init__(self, bootstrap, topic):
        self.topic = topic
        self.failures = []
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": bootstrap, "enable.idempotence": True, "acks": "all", "linger.ms": 1, "message.timeout.ms": 300_000,
            "reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 500, "error_cb": lambda error: None, "log_level": 0})

    def write(self, rows):
        """(partition, value)…; returns before they are acknowledged."""
        for partition, value in rows:
            self.producer.produce(self.topic, value, partition=partition, on_delivery=self._delivered)
        self.producer.poll(0)

    def _delivered(self, error, _):
        if error:
            self.failures.append(str(error))

    def flush(self):
        expect(self.producer.flush(3 * PATIENCE_S) == 0, f"rows could not be written to {self.topic}")
        expect(not self.failures, f"rows could not be written to {self.topic}: {self.failures[:3]}")
