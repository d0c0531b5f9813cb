"""Runs a command as a whole process, and says what it cost."""

import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass
class Cost:
    """Seconds of the clock, seconds of the processor, and the peak of the resident memory in MiB, children included."""

    wall: float
    cpu: float
    memory: float


def once(command, env=None):
    """The cost but for the memory. Ends the whole measurement where the command fails: a failure is quick, and would look
    like speed."""
    with open(os.devnull, "wb") as nothing:
        started = time.perf_counter()
        child = subprocess.Popen(wrapped(command), env=env, stdin=subprocess.DEVNULL, stdout=nothing, stderr=subprocess.PIPE)
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"compare: {' '.join(map(str, command))}: exit {child.returncode}\n{said.decode(errors='replace')}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, 0.0)


# Where GNU time writes the peak of the memory, while that is what is measured.
_peak_file = None


def wrapped(command):
    """The system counts the memory of the process that starts a program as the program's own, and ours is larger than what
    is measured here. So a run for the memory alone is started by GNU time, which is small."""
    return ["time", "-f", "%M", "-o", _peak_file, *command] if _peak_file else command


def peak_memory(run):
    global _peak_file
    with tempfile.NamedTemporaryFile() as file:
        _peak_file = file.name
        try:
            run()
        finally:
            _peak_file = None
        return int(file.read()) / 1024


def median(costs):
    return Cost(*(statistics.median(getattr(cost, field) for cost in costs) for field in ("wall", "cpu", "memory")))


def in_turn(sides, rounds):
    """The median cost of each side, name by name. A side is a function that runs once, and the sides take turns, so that
    what else the machine does meets all of them. A first run, whose time doesn't count, is for the memory."""
    memory = {name: peak_memory(run) for name, run in sides.items()}
    costs = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            costs[name].append(run())
    medians = {name: median(of_side) for name, of_side in costs.items()}
    return {name: Cost(cost.wall, cost.cpu, memory[name]) for name, cost in medians.items()}
