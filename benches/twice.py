#!/usr/bin/env python3
"""Kills a batch with `kill -9` at random, starts it again until it is done, and counts the numbers that got two SMS.

python3 benches/twice.py [--rows 10000] [--kills 12] [--seed 1] [SIDE ...]

The sides are smspin and `parallel` (GNU parallel with `curl --retry`, resumed by its job log). Both send the same numbers to the
same gateway, which is in this file: of 1,000 requests it takes 5 and cuts the connection in place of an answer, takes 5 and
answers 503, and refuses 5 with 503. It counts what it takes. Needs curl, GNU parallel, and `cargo build --release`, or another
binary that --smspin names.
"""

import argparse
import collections
import csv
import http.server
import json
import os
import pathlib
import random
import signal
import socketserver
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEY = "0123456789abcdef0123456789abcdef"
FIRST = 34600000000
AT_ONCE = 32


class Gateway(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Takes requests for PINs, loses some of its answers, and remembers which number got how many SMS."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, seed):
        super().__init__(("127.0.0.1", 0), Call)
        self.lock = threading.Lock()
        self.chances = random.Random(seed)
        self.arrived = 0
        self.sent = collections.Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server_port}/api/3.0"

    def take(self, msisdn):
        """What becomes of a request: the HTTP code, or none where the connection is cut."""
        with self.lock:
            self.arrived += 1
            chance = self.chances.randrange(1000)
            if chance < 5:
                return 503
            self.sent[msisdn] += 1
            if chance < 10:
                return None
            return 503 if chance < 15 else 200

    def handle_error(self, request, client_address):
        """A client that was killed is no fault of the gateway."""


class Call(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.path.endswith("/2fa/request"):
            self.answer(404, {})
        elif "msisdn" not in body:
            self.answer(400, {"status": "error", "error_id": "MISSING_PARAMS", "error_msg": "msisdn"})
        else:
            code = self.server.take(body["msisdn"])
            if code is None:
                self.close_connection = True
            else:
                self.answer(code, {"status": "ok"} if code == 200 else {})

    def answer(self, code, document):
        text = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def smspin(work, url, arguments):
    # With so many lost answers it would stop after 20 of them, for a person to look.
    line = [arguments.smspin, "batch", "numbers.csv", "--yes", "--quiet", "--concurrency", str(AT_ONCE), "--journal", "journal.db",
            "--base-url", url, "--max-failures", str(arguments.rows)]
    return line, {"HOME": str(work), "SMSPIN_API_KEY": KEY}


def parallel(work, url, arguments):
    body = json.dumps({"api_key": KEY, "msisdn": "{1}"}, separators=(",", ":"))
    curl = ["curl", "--silent", "--output", "/dev/null", "--fail", "--retry", "3", "--retry-delay", "1", "--json", f"'{body}'", url + "/2fa/request"]
    line = ["parallel", "--will-cite", "--jobs", str(AT_ONCE), "--joblog", "joblog", "--resume-failed", *curl, "::::", "numbers"]
    return line, {"HOME": str(work), "PATH": os.environ["PATH"]}


def play(side, arguments, work):
    """Kills and starts again; the gateway's counts, and how many rows the side itself calls unknown."""
    gateway, dice = Gateway(arguments.seed), random.Random(arguments.seed)
    numbers = [str(FIRST + row) for row in range(arguments.rows)]
    (work / "numbers").write_text("\n".join(numbers) + "\n")
    (work / "numbers.csv").write_text("phone\n" + "\n".join(numbers) + "\n")
    line, variables = side(work, gateway.url(), arguments)
    kills = 0
    while True:
        # The last start is left alone.
        wait_for = gateway.arrived + dice.randint(1, 2 * arguments.rows // (arguments.kills + 1)) if kills < arguments.kills else float("inf")
        process = subprocess.Popen(line, cwd=work, env=variables, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and gateway.arrived < wait_for:
            time.sleep(0.001)
        if process.poll() is not None:
            assert side is parallel or process.returncode in (0, 5), f"smspin ended with {process.returncode}"
            break
        # With all that it has started, as a machine does that loses its power.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
    gateway.shutdown()
    return gateway.sent, kills, unknown_rows(work / "numbers.results.csv")


def unknown_rows(results):
    if not results.exists():
        return None
    with results.open(newline="") as file:
        return sum(row["smspin_outcome"] == "unknown" for row in csv.DictReader(file))


def main():
    sides = {"smspin": smspin, "parallel": parallel}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--smspin", type=os.path.abspath, default=ROOT / "target/release/smspin")
    parser.add_argument("sides", nargs="*", choices=[*sides, []], metavar="SIDE")
    arguments = parser.parse_args()
    for name in arguments.sides or sides:
        with tempfile.TemporaryDirectory() as work:
            sent, kills, unknown = play(sides[name], arguments, pathlib.Path(work))
        twice = sum(count > 1 for count in sent.values())
        known = "" if unknown is None else f"; {unknown:,} rows called unknown"
        print(f"{name}: {arguments.rows:,} numbers, {kills} kills: {len(sent):,} got an SMS, {twice:,} got two or more{known}", flush=True)


if __name__ == "__main__":
    main()
