"""The supervisor: order of start and stop, deaths, restarts, an end within its bound."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.runtime.child import Child, ChildSpec
from workers.runtime.supervisor import ChildDiedError, Supervisor

NAMES = ["connectors", "feedback", "delivery"]
ROLE_STOP_SECONDS = 15.0
"""What a role may take, as the handbook has it."""


@dataclass
class World:
    """Fake children and the clock they live by; everything that happens is written down."""

    now: float = 100.0
    diary: list[str] = field(default_factory=list)
    children: dict[str, "Scripted"] = field(default_factory=dict)
    deaf: frozenset[str] = frozenset()
    """Those that do not listen to SIGTERM."""
    slow: float = 0.0
    """Seconds that the others take to end."""

    def start(self, spec: ChildSpec) -> "Scripted":
        """In the place of ``Child``."""
        self.diary.append(f"start {spec.name}")
        self.children[spec.name] = child = Scripted(spec, self)
        return child

    def supervisor(self, names: Sequence[str] = NAMES, *, restart: bool) -> Supervisor:
        """A supervisor of these children."""
        specs = [ChildSpec(name, ["true"], Path(f"/log/{name}.log"), {}) for name in names]
        return Supervisor(specs, restart=restart, start=self.start, monotonic=lambda: self.now)

    def starts(self, name: str) -> int:
        """How often a child was started."""
        return self.diary.count(f"start {name}")


class Scripted(Child):
    """A child without a process."""

    def __init__(self, spec: ChildSpec, world: World) -> None:  # no process is wanted
        self.spec = spec
        self._world = world
        self._code: int | None = None
        self._ends_at: float | None = None

    @property
    def pid(self) -> int:
        return 0

    @property
    def exit_code(self) -> int | None:
        if self._code is None and self._ends_at is not None and self._world.now >= self._ends_at:
            self._code = 0
        return self._code

    def die(self, code: int) -> None:
        """End by itself."""
        self._code = code

    def last_lines(self, count: int = 20) -> str:
        del count
        return f"last words of {self.spec.name}"

    def terminate(self) -> None:
        self._world.diary.append(f"terminate {self.spec.name}")
        if self.spec.name not in self._world.deaf and self.exit_code is None:
            self._ends_at = self._world.now + self._world.slow

    def wait(self, seconds: float) -> bool:
        if self.exit_code is not None:
            return True
        left = max(0.0, seconds)
        if self._ends_at is not None and self._ends_at <= self._world.now + left:
            left = self._ends_at - self._world.now
        self._world.now += left
        return self.exit_code is not None

    def kill(self) -> None:
        if self.exit_code is None:
            self._world.diary.append(f"kill {self.spec.name}")
            self._code = -9


@pytest.fixture
def world() -> World:
    """Nothing has happened yet."""
    return World()


def test_children_start_in_order(world: World) -> None:
    """The order of the list is the order of the starts."""
    supervisor = world.supervisor(restart=False)
    supervisor.start()
    assert world.diary == ["start connectors", "start feedback", "start delivery"]
    assert [child.spec.name for child in supervisor.children] == NAMES


def test_sources_stop_before_those_who_read_what_they_write(world: World) -> None:
    """Each is asked in the order of the starts, and none that listens is killed."""
    supervisor = world.supervisor(restart=False)
    supervisor.start()
    world.diary.clear()
    supervisor.stop()
    assert world.diary == ["terminate connectors", "terminate feedback", "terminate delivery"]
    assert supervisor.children == []


def test_a_child_has_a_head_start_before_the_next_is_asked(world: World) -> None:
    """Who ends within half a second has ended before the next is asked to."""
    world.slow = 0.4
    ended: list[bool] = []
    supervisor = world.supervisor(["first", "second"], restart=False)
    supervisor.start()
    first, second = world.children["first"], world.children["second"]

    class Looking(Scripted):
        def terminate(self) -> None:
            ended.append(first.exit_code is not None)
            super().terminate()

    second.__class__ = Looking
    supervisor.stop()
    assert ended == [True]


def test_a_death_ends_the_run_and_is_told(world: World) -> None:
    """Without restarts the first death is an error with name, exit code and last log lines."""
    supervisor = world.supervisor(restart=False)
    supervisor.start()
    supervisor.check()
    world.children["feedback"].die(3)
    with pytest.raises(ChildDiedError) as death:
        supervisor.check()
    assert str(death.value) == (
        "role feedback ended with exit code 3. Last lines of /log/feedback.log:\n"
        "last words of feedback"
    )
    assert world.starts("feedback") == 1


def test_a_death_by_signal_is_told_as_such(world: World) -> None:
    """A child that was killed from outside is told with the signal's number."""
    supervisor = world.supervisor(restart=False)
    supervisor.start()
    world.children["delivery"].die(-9)
    with pytest.raises(ChildDiedError, match=r"^role delivery was ended by signal 9\."):
        supervisor.check()


def test_even_a_good_end_is_a_death(world: World) -> None:
    """Roles run until they are stopped: exit code 0 without having been asked is none."""
    supervisor = world.supervisor(restart=False)
    supervisor.start()
    world.children["connectors"].die(0)
    with pytest.raises(ChildDiedError, match="ended with exit code 0"):
        supervisor.check()


def test_a_child_is_started_again_alone(world: World) -> None:
    """With restarts only the dead child is started again; the others run on."""
    supervisor = world.supervisor(restart=True)
    supervisor.start()
    before = dict(world.children)
    world.now += 60
    world.children["feedback"].die(1)
    supervisor.check()
    assert [world.starts(name) for name in NAMES] == [1, 2, 1]
    assert supervisor.children[1] is world.children["feedback"]
    assert supervisor.children[1] is not before["feedback"]
    assert supervisor.children[0] is before["connectors"]


def test_pauses_between_starts_grow(world: World) -> None:
    """A child that dies at once is started after 1, 2, 4, 8 and 16 seconds, not in a storm."""
    supervisor = world.supervisor(["feedback"], restart=True)
    supervisor.start()
    begun = [world.now]
    while len(begun) < 6:
        world.children["feedback"].die(1)
        supervisor.check()
        if world.starts("feedback") > len(begun):
            begun.append(world.now)
        world.now += 0.25
    pauses = [round(later - earlier) for earlier, later in pairwise(begun)]
    assert pauses == [1, 2, 4, 8, 16]


def test_restarts_have_a_limit(world: World) -> None:
    """Five restarts in ten minutes, then the next death ends the run."""
    supervisor = world.supervisor(["feedback"], restart=True)
    supervisor.start()
    for _ in range(5):
        world.children["feedback"].die(1)
        world.now += 60
        supervisor.check()
    assert world.starts("feedback") == 6
    world.children["feedback"].die(1)
    world.now += 60
    with pytest.raises(ChildDiedError, match="role feedback ended with exit code 1"):
        supervisor.check()


def test_old_restarts_are_forgiven(world: World) -> None:
    """A death every three minutes never adds up to five restarts in ten minutes."""
    supervisor = world.supervisor(["feedback"], restart=True)
    supervisor.start()
    for _ in range(20):
        world.children["feedback"].die(1)
        world.now += 180
        supervisor.check()
    assert world.starts("feedback") == 21


def test_one_child_has_no_share_in_the_deaths_of_another(world: World) -> None:
    """The limit counts each child for itself."""
    supervisor = world.supervisor(["feedback", "delivery"], restart=True)
    supervisor.start()
    for _ in range(4):
        for name in ("feedback", "delivery"):
            world.children[name].die(1)
        world.now += 60
        supervisor.check()
    assert (world.starts("feedback"), world.starts("delivery")) == (5, 5)


def test_who_does_not_listen_is_killed(world: World) -> None:
    """A child that ignores SIGTERM is killed in the end; the others have their time."""
    world.deaf = frozenset({"feedback"})
    supervisor = world.supervisor(restart=False)
    supervisor.start()
    world.diary.clear()
    supervisor.stop()
    assert "kill feedback" in world.diary
    assert world.diary.index("terminate delivery") < world.diary.index("kill feedback")
    assert "kill delivery" not in world.diary


@given(
    deaf=st.frozensets(st.sampled_from([f"role-{number}" for number in range(12)])),
    slow=st.floats(min_value=0, max_value=20),
)
def test_stopping_takes_no_longer_than_its_bound(deaf: frozenset[str], slow: float) -> None:
    """Twelve have ended within 6 seconds for being asked and 16 more, however many are deaf."""
    names = [f"role-{number}" for number in range(12)]
    world = World(deaf=deaf, slow=slow)
    supervisor = world.supervisor(names, restart=False)
    supervisor.start()
    begun = world.now
    supervisor.stop()
    assert world.now - begun <= 12 * 0.5 + 16 + 0.001
    assert all(world.children[name].exit_code is not None for name in names)


@given(
    count=st.integers(min_value=1, max_value=12),
    slow=st.floats(min_value=0, max_value=ROLE_STOP_SECONDS),
)
def test_a_role_that_drains_is_not_killed(count: int, slow: float) -> None:
    """Each has the time that it allows itself, also beside one that is deaf."""
    names = [f"role-{number}" for number in range(count)]
    world = World(deaf=frozenset({"role-0"}), slow=slow)
    supervisor = world.supervisor(names, restart=False)
    supervisor.start()
    supervisor.stop()
    killed = {line for line in world.diary if line.startswith("kill")}
    assert killed == {"kill role-0"}


def test_a_start_that_fails_leaves_what_was_started_stoppable() -> None:
    """When the second child cannot be started, the first is still stopped."""
    world = World()

    def failing(spec: ChildSpec) -> Child:
        if spec.name == "feedback":
            raise OSError("no more processes")
        return world.start(spec)

    specs = [ChildSpec(name, ["true"], Path("/log"), {}) for name in NAMES]
    supervisor = Supervisor(specs, restart=True, start=failing, monotonic=lambda: world.now)
    with pytest.raises(OSError, match="no more processes"):
        supervisor.start()
    supervisor.stop()
    assert world.children["connectors"].exit_code == 0
