"""The line above each table of the benchmarks: what it was measured on."""

import os
import runpy
from pathlib import Path

import pytest

MACHINE = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks/streaming/machine.py"))


@pytest.mark.parametrize(
    ("cpuinfo", "model"),
    [
        (
            "model\t\t: 85\nmodel name\t: Intel(R) Xeon(R)  CPU @ 2.20GHz\n\nmodel name\t: other\n",
            "Intel(R) Xeon(R) CPU @ 2.20GHz",
        ),
        ("processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\n", ""),
        ("", ""),
    ],
)
def test_the_processor_is_named_where_the_system_tells_it(cpuinfo: str, model: str) -> None:
    """The first one's name with single spaces; nothing where there is none."""
    assert MACHINE["cpu_model"](cpuinfo) == model


def test_the_line_tells_cores_memory_and_how_busy_it_was() -> None:
    """The load is that of the beginning, for the run itself makes the machine busy."""
    line = str(MACHINE["Machine"](load=0.31))
    assert line.startswith(f"{os.uname().machine}")
    assert f", {len(os.sched_getaffinity(0))} cores, " in line
    assert " GiB, " in line
    assert line.endswith(", load 0.3 when the run began")
