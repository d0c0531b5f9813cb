"""The programs that are measured: built, installed or found."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

# What Debian calls the packages of the programs that are taken from the system.
SYSTEM = {"curl": "curl", "wrk": "wrk", "parallel": "parallel", "xargs": "findutils", "time": "time"}
# From crates.io and PyPI, at the versions that the table names.
CRATES = {"oha": "1.16.0", "xh": "0.26.3"}
PYPI = ["httpie", "aiohttp", "phonenumbers", "matplotlib"]


class Tools:
    def __init__(self, root):
        self.root = root
        self.target = Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
        self._find_system_programs()
        self._install()
        self._build()

    def _find_system_programs(self):
        missing = [package for program, package in SYSTEM.items() if not shutil.which(program)]
        if missing:
            sys.exit(f"compare: these programs are missing: apt-get install {' '.join(missing)}")
        for program in SYSTEM:
            setattr(self, program, shutil.which(program))

    def _install(self):
        home = self.target / "compare"
        for crate, version in CRATES.items():
            binary = shutil.which(crate) or str(home / "bin" / crate)
            if not os.path.exists(binary):
                self._run("cargo", "install", "--quiet", "--locked", "--root", home, f"{crate}@{version}")
            setattr(self, crate, binary)
        self.python = str(home / "python" / "bin" / "python")
        if not os.path.exists(self.python):
            self._run(sys.executable, "-m", "venv", home / "python")
            self._run(self.python, "-m", "pip", "install", "--quiet", *PYPI)
        self.http = str(home / "python" / "bin" / "http")

    def _build(self):
        self._run("cargo", "build", "--quiet", "--release", "--locked")
        self.smspin = str(self.target / "release" / "smspin")
        self.gateway = self._bench("gateway")
        self.read_csv = self._bench("read_csv")

    def _bench(self, name):
        built = subprocess.run(
            ["cargo", "bench", "--quiet", "--locked", "--no-run", "--bench", name, "--message-format=json"],
            cwd=self.root, check=True, stdout=subprocess.PIPE, text=True,
        ).stdout
        messages = [json.loads(line) for line in built.splitlines() if line.startswith("{")]
        # The program itself is built along with each.
        ours = [message for message in messages if message.get("target", {}).get("name") == name]
        return next(message["executable"] for message in ours if message.get("executable"))

    def _run(self, *command):
        subprocess.run(command, cwd=self.root, check=True)

    def versions(self):
        """What was measured, for the paper: a name and the version that the program gives."""
        said = {}
        commands = {
            "smspin": [self.smspin, "--version"], "curl": [self.curl, "--version"], "oha": [self.oha, "--version"],
            "xh": [self.xh, "--version"], "wrk": [self.wrk, "--version"], "GNU parallel": [self.parallel, "--version"],
        }
        for name, command in commands.items():
            ended = subprocess.run(command, capture_output=True, text=True)
            found = re.search(r"\d+\.\d+(\.\d+)*|\d{8}", ended.stdout + ended.stderr)
            said[name] = found.group() if found else "?"
        listed = subprocess.run([self.python, "-m", "pip", "list", "--format=json"], capture_output=True, text=True)
        for package in json.loads(listed.stdout):
            if package["name"] in PYPI:
                said[package["name"]] = package["version"]
        return said


def machine():
    """The processor, its cores, the memory and the system, in a line."""
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"
