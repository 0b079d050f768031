"""A real embedded broker over its life: started, killed, started again, stopped."""

import json
import os
import re
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from schemas.topics import Topic
from workers.config.settings import KafkaSettings
from workers.streaming.broker import BrokerError, BrokerInfo, EmbeddedBroker
from workers.streaming.broker.embedded import DEFAULT_PORT
from workers.streaming.broker.ports import is_free
from workers.streaming.broker.readiness import answers_metadata, cluster_at
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]

TOPIC = "test.survival.v1"
RECORDS = [f"record-{number}".encode() for number in range(500)]


@dataclass
class Life:
    """What was seen in the life of a folder's broker."""

    folder: Path
    commands: list[list[str]] = field(default_factory=list)
    first: BrokerInfo | None = None
    answered: bool = False
    """Whether metadata was there the moment ``start`` returned."""
    seen_by_another: BrokerInfo | None = None
    second_start: str = ""
    """How a start on the same folder was refused."""
    same_port: str = ""
    """How a start on the same port was refused."""
    after_kill: BrokerInfo | None = None
    stopped_stranger: bool = True
    """Whether ``stop`` took a stranger with the same process id for the broker."""
    winners: list[BrokerInfo] = field(default_factory=list)
    losers: list[str] = field(default_factory=list)
    survivors: list[bytes] = field(default_factory=list)
    stopped: list[bool] = field(default_factory=list)
    log: str = ""


def write(server: str) -> None:
    """Write records, each acknowledged by the broker."""
    topic = Topic(TOPIC, "none", "records that must survive", partitions=1)
    apply_registry(KafkaSettings(servers=(server,)), [topic])
    producer = KafkaProducer(bootstrap_servers=server, acks="all")
    for sent in [producer.send(TOPIC, value) for value in RECORDS]:
        sent.get(timeout=90)
    producer.close()


def read(server: str) -> list[bytes]:
    """All records that are there."""
    consumer = KafkaConsumer(bootstrap_servers=server, enable_auto_commit=False, group_id=None)
    tp = TopicPartition(TOPIC, 0)
    consumer.assign([tp])
    consumer.seek_to_beginning()
    end = consumer.end_offsets([tp])[tp]
    found: list[bytes] = []
    while consumer.position(tp) < end:
        for records in consumer.poll(timeout_ms=200).values():
            found += [record.value for record in records]
    consumer.close()
    return found


def refusal(broker: EmbeddedBroker, port: int | None = None) -> str:
    """In which words a start is refused."""
    with pytest.raises(BrokerError) as error:
        broker.start(port)
    return str(error.value)


def start_at_once(life: Life, brokers: list[EmbeddedBroker]) -> list[EmbeddedBroker]:
    """Several starters of one folder at the same moment; those that won."""
    gate, won = threading.Barrier(len(brokers)), []

    def start(broker: EmbeddedBroker) -> None:
        gate.wait()
        try:
            life.winners.append(broker.start())
        except BrokerError as error:
            life.losers.append(str(error))
        else:
            won.append(broker)

    threads = [threading.Thread(target=start, args=[broker]) for broker in brokers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path) -> Iterator[Life]:
    """One folder: start, kill, reused process id, two starters at once, stop."""
    folder = tmp_path_factory.mktemp("embedded")
    seen = Life(folder)

    def wrap(command: list[str]) -> list[str]:
        seen.commands.append(command)
        return ["/usr/bin/env", "OF_THE_TEST=1", *command]

    def same() -> EmbeddedBroker:
        return EmbeddedBroker(folder, cache_dir=kafka_jars)

    broker = EmbeddedBroker(folder, cache_dir=kafka_jars, wrap=wrap)
    running = [broker]
    try:
        with socket.socket() as holder:
            # connections of a former broker that still linger do not make the port taken
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):  # somebody else has it: taken all the same
                holder.bind(("127.0.0.1", DEFAULT_PORT))
                holder.listen()
            seen.first = broker.start()
        seen.answered = answers_metadata(seen.first.bootstrap)
        seen.seen_by_another = same().status()
        seen.second_start = refusal(same())
        elsewhere = EmbeddedBroker(folder / "elsewhere", cache_dir=kafka_jars)
        port = int(seen.first.bootstrap.rpartition(":")[2])
        seen.same_port = refusal(elsewhere, port)
        write(seen.first.bootstrap)

        os.kill(seen.first.pid, signal.SIGKILL)
        psutil.Process(seen.first.pid).wait(60)
        seen.after_kill = same().status()
        stranger = {"pid": os.getpid(), "started_at": 0.0, "port": port}
        (folder / "owner.json").write_text(json.dumps(stranger), encoding="utf-8")
        seen.stopped_stranger = same().stop()
        (folder / "owner.json").write_text(json.dumps(stranger), encoding="utf-8")

        running += start_at_once(seen, [same(), same()])
        seen.survivors = read(seen.winners[0].bootstrap)
        seen.stopped = [running[-1].stop(), same().stop()]
        seen.log = seen.first.log_file.read_text(encoding="utf-8")
        yield seen
    finally:
        for one in running:
            one.stop()


def test_a_started_broker_answers(life: Life) -> None:
    """When ``start`` returns, a metadata request is answered: nobody has to wait any more."""
    assert life.first is not None
    assert life.answered


def test_a_taken_default_port_moves_the_broker(life: Life) -> None:
    """Without a wish for a port a free block is taken, and the broker says which."""
    assert life.first is not None
    host, _, port = life.first.bootstrap.rpartition(":")
    assert host == "127.0.0.1"
    assert int(port) > DEFAULT_PORT
    assert (int(port) - DEFAULT_PORT) % 20 == 0


def test_the_running_broker_is_found_by_others(life: Life) -> None:
    """Any process that looks into the folder learns address and process id."""
    assert life.first is not None
    assert life.seen_by_another is not None
    assert life.seen_by_another.pid == life.first.pid
    assert life.seen_by_another.bootstrap == life.first.bootstrap


def test_a_second_start_names_the_owner(life: Life) -> None:
    """One broker a folder: the error says which process has it, where, and what to do."""
    assert life.first is not None
    assert life.second_start == (
        f"the broker of {life.folder} runs already: process {life.first.pid} at "
        f"{life.first.bootstrap}. Use it, or stop it with: productops kafka stop"
    )


def test_a_taken_port_names_the_broker_that_has_it(life: Life) -> None:
    """Another folder's broker on an explicit port of ours: refused, naming our process."""
    assert life.first is not None
    port = life.first.bootstrap.rpartition(":")[2]
    assert life.same_port == (
        f"port {port} is taken by java (process {life.first.pid}): choose another with --port"
    )


def test_the_command_can_be_wrapped(life: Life) -> None:
    """How the broker is run is up to who starts it: on a leash, with other limits."""
    (command,) = life.commands
    assert Path(command[0]).name == "java"
    assert "kafka.Kafka" in command


def test_a_killed_broker_is_not_said_to_run(life: Life) -> None:
    """After SIGKILL the folder is free at once, though the record of the owner is still there."""
    assert life.after_kill is None


def test_a_reused_process_id_harms_nobody(life: Life) -> None:
    """The record names a living process that is not the broker: not stopped, not believed."""
    assert life.stopped_stranger is False
    assert len(life.winners) == 1


def test_of_two_starters_one_wins(life: Life) -> None:
    """The other is told who runs the broker."""
    (winner,) = life.winners
    (loser,) = life.losers
    assert f"runs already: process {winner.pid} at {winner.bootstrap}" in loser


def test_acknowledged_records_survive_sigkill(life: Life) -> None:
    """What the broker has acknowledged is there after it was killed and started again."""
    assert life.survivors == RECORDS


def test_a_stopped_broker_is_gone(life: Life) -> None:
    """``stop`` ends the process in order; a second one has nothing to do; the ports are free."""
    assert life.stopped == [True, False]
    (winner,) = life.winners
    assert not psutil.pid_exists(winner.pid)
    port = int(winner.bootstrap.rpartition(":")[2])
    assert is_free(port)
    assert is_free(port + 1)
    assert not (life.folder / "owner.json").exists()
    assert "shut down" in life.log.splitlines()[-1]


def test_the_broker_writes_its_log_into_its_folder(life: Life) -> None:
    """Kafka's own log is in a file, through both lives, with time and level."""
    assert life.first is not None
    assert life.first.log_file == life.folder / "log" / "broker.log"
    assert life.log.count("Kafka Server started") == 2
    assert " INFO " in life.log


def test_a_broker_that_cannot_start_says_why(life: Life, kafka_jars: Path) -> None:
    """Exit code and last words of the process, also where an earlier run has left a log."""
    failing = [sys.executable, "-c", "import sys; sys.exit('no room on the device')"]
    broker = EmbeddedBroker(life.folder, cache_dir=kafka_jars, wrap=lambda _: failing)
    refused = refusal(broker)
    assert refused.startswith("the broker ended with exit code 1 while starting.")
    assert "no room on the device" in refused
    assert broker.status() is None


def test_a_broker_that_does_not_answer_in_time_is_ended(life: Life, kafka_jars: Path) -> None:
    """The error says so and where to look; no process is left behind."""
    sleeping = [sys.executable, "-c", "import signal; signal.pause()"]
    broker = EmbeddedBroker(life.folder, cache_dir=kafka_jars, wrap=lambda _: sleeping)
    with pytest.raises(BrokerError, match=r"did not answer within 0 s; see .*broker\.log"):
        broker.start(wait=0.0)
    child = broker._child
    assert child is not None
    assert not psutil.pid_exists(child.pid)
    assert broker.status() is None


def test_a_port_that_is_lost_to_another_broker_is_not_mistaken_for_ours(
    life: Life, kafka_jars: Path, kafka_cluster: KafkaSettings
) -> None:
    """Between choosing a port and binding it another's Kafka comes up there: ours moves on."""
    lost: list[int] = []

    def wrap(command: list[str]) -> list[str]:
        if not lost:
            properties = Path(command[-1]).read_text(encoding="utf-8")
            port = int(re.findall(r"advertised.listeners=.*:(\d+)$", properties, re.MULTILINE)[0])
            with suppress(OSError):  # a broker of others has been quicker: ours moves on to us
                resources.enter_context(relayed(port, kafka_cluster.servers[0]))
                lost.append(port)
        return command

    broker = EmbeddedBroker(life.folder, cache_dir=kafka_jars, wrap=wrap)
    with ExitStack() as resources:
        resources.callback(broker.stop)
        info = broker.start()
        assert answers_metadata(f"127.0.0.1:{lost[0]}"), "the other one does answer there"
        assert info.bootstrap != f"127.0.0.1:{lost[0]}"
        assert cluster_at(info.bootstrap) != cluster_at(kafka_cluster.servers[0])
        assert read(info.bootstrap) == RECORDS


@contextmanager
def relayed(port: int, server: str) -> Iterator[None]:
    """Somebody else's Kafka on this port: what comes is passed on to ``server`` and back."""
    host, _, its_port = server.rpartition(":")

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((host, int(its_port))) as there:
                back = threading.Thread(target=pass_on, args=[there, self.request])
                back.start()
                pass_on(self.request, there)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", port), Relay) as relay:
        serving = threading.Thread(target=relay.serve_forever, args=[0.05])
        serving.start()
        try:
            yield
        finally:
            relay.shutdown()
            serving.join()


def pass_on(source: socket.socket, target: socket.socket) -> None:
    """Until one side hangs up."""
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
