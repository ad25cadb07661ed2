"""Records of every shape that a topic can have."""
import subprocess

from harness import Kafka, expect, expect_equal, query


def produce(kafka, topic, data, *more):
    """With kcat: -Z makes an empty value none."""
    done = subprocess.run(["kcat", "-P", "-b", kafka.bootstrap, "-t", topic, *more], input=data, capture_output=True)
    expect(done.returncode == 0, f"kcat could not produce: {done.stderr.decode()}")


def test_records_of_csv_with_the_key_in_the_value_too():
    kafka = Kafka.broker()
    topic = kafka.topic()
    produce(kafka, topic, b"7:7,x\n8:9,y\n", "-K", ":")
    given = {**Kafka.BOUNDED, "format": "csv", "key.format": "csv", "key.fields": "id"}
    expect_equal(query(kafka.table("t", "id BIGINT, v STRING", topic, **given) + "SELECT * FROM t"), [{"id": 7, "v": "x"}, {"id": 8, "v": "y"}], "rows")
