"""A broker that asks who is there: users and passwords as tables made for Flink have them."""
import pathlib
import socket
import tempfile

from harness import Kafka, expect, expect_equal, query, run

MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule required"


class LoginKafka(Kafka):
    """One with a second listener, for whoever logs in."""
    _broker = None

    @classmethod
    def broker(cls):
        if not cls._broker:
            sockets = [socket.socket() for _ in range(3)]
            for free in sockets:
                free.bind(("127.0.0.1", 0))
            plain, controller, login = (free.getsockname()[1] for free in sockets)
            for free in sockets:
                free.close()
            directory = pathlib.Path(tempfile.mkdtemp(prefix="streamsql-kafka-"))
            (directory / "ports").write_text(f"{plain} {controller}\n")
            cls._broker = cls(directory, None)
            cls._broker.start(f"listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},LOGIN://127.0.0.1:{login}",
                              f"advertised.listeners=PLAINTEXT://127.0.0.1:{plain},LOGIN://127.0.0.1:{login}",
                              "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT",
                              "sasl.enabled.mechanisms=PLAIN", f'listener.name.login.plain.sasl.jaas.config={MODULE} user_alice="se;cret";')
            cls._broker.login = f"127.0.0.1:{login}"
        return cls._broker


def test_kafka_login_of_javas_module():
    kafka = LoginKafka.broker()
    topic = kafka.topic()
    given = {"properties.bootstrap.servers": kafka.login, "properties.security.protocol": "SASL_PLAINTEXT", "properties.sasl.mechanism": "PLAIN"}
    table = kafka.table("t", "n BIGINT", topic, **Kafka.BOUNDED, **given, **{"properties.sasl.jaas.config": f'{MODULE} username="alice" password="se;cret";'})
    done = run("-c", table + "INSERT INTO t VALUES (1), (2)")
    expect_equal(done.status, 0, f"exit status ({done.errors})")
    expect_equal(query(table + "SELECT n FROM t"), [{"n": 1}, {"n": 2}], "rows")
    wrong = kafka.table("t", "n BIGINT", topic, **Kafka.BOUNDED, **given, **{"properties.sasl.jaas.config": f'{MODULE} username="alice" password="other";', "connect.timeout": "2s"})
    done = run("-c", wrong + "SELECT n FROM t")
    expect_equal(done.status, 1, "exit status with a wrong password")
    expect("08006" in done.errors and "uthentication" in done.errors and "other" not in done.errors, done.errors)
