"""What is measured: a function for each section of the table. Each gives a list of rows, as `paper.table` prints them."""

import os
import re
import subprocess
from pathlib import Path

import measure
from measure import Cost, in_turn, once

KEY = "0123456789abcdef0123456789abcdef"
TEMPLATE = "Hi {name}, your code for {shop} in {city} is {PIN}"
BODY = (
    f'{{"api_key":"{KEY}","msisdn":"34612345678","sms_text":"Hi Ann, your code for Shop 12 in Madrid is {{PIN}}",'
    '"pin_params":{"expires_in":600}}'
)
AT_ONCE = 64
CLIENTS = Path(__file__).with_name("clients")


class Setting:
    """The programs, a directory to work in, and how much to measure."""

    def __init__(self, tools, work, rows, rounds):
        self.tools, self.work, self.rows, self.rounds = tools, work, rows, rounds
        self.env = {**os.environ, "HOME": str(work), "XDG_CONFIG_HOME": str(work), "SMSPIN_API_KEY": KEY}

    def file(self, rows):
        """A file of different Spanish mobiles, in an order that is not theirs."""
        path = self.work / f"users-{rows}.csv"
        if not path.exists():
            with open(path, "w") as out:
                out.write("id,name,phone,shop,city,expires_in\n")
                for row in range(rows):
                    number = (row * 61803399 + 12345) % 100000000
                    out.write(f"{row},Ann,+346{number:08},Shop {row % 97},Madrid,600\n")
        return path

    def smspin(self, gateway, *arguments):
        return once([self.tools.smspin, *arguments], env={**self.env, "SMSPIN_BASE_URL": gateway})

    def batch(self, gateway, rows, *more):
        """Everything on: checks, balance and probe, journal with its syncs, results file."""
        return self.smspin(
            gateway, "batch", str(self.file(rows)), "--sms-text", TEMPLATE, "--concurrency", str(AT_ONCE), "--json", *more
        )

    def send_afresh(self, gateway, rows, *more):
        for left in self.work.glob(f"users-{rows}.*"):
            if left.suffix != ".csv" or left.stem.endswith(".results"):
                left.unlink()
        return self.batch(gateway, rows, "--yes", *more)


class Gateway:
    """The gateway of benches/gateway.rs, which says yes after `delay` milliseconds, in a process of its own."""

    def __init__(self, setting, delay=0):
        self.command = [setting.tools.gateway, str(delay)]

    def __enter__(self):
        self.child = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        return self.child.stdout.readline().strip()

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()


def start_up(setting):
    tools = setting.tools
    cost = in_turn(
        {
            "`smspin --version`": lambda: setting.smspin("", "--version"),
            "`/bin/true`": lambda: once(["/bin/true"]),
            "`curl --version`": lambda: once([tools.curl, "--version"]),
        },
        setting.rounds * 10,
    )
    return [(name, {"ms": c.wall * 1e3, "MiB": c.memory}) for name, c in cost.items()]


def one_request(setting):
    tools = setting.tools
    with Gateway(setting) as url:
        target = f"{url}/2fa/request"
        header = "content-type: application/json"
        cost = in_turn(
            {
                "`smspin request`": lambda: setting.smspin(url, "request", "34612345678", "--json"),
                "`curl`": lambda: once([tools.curl, "-s", "-H", header, "-d", BODY, target]),
                "`xh`": lambda: once([tools.xh, "--ignore-stdin", "--raw", BODY, "POST", target]),
                "HTTPie": lambda: once([tools.http, "--ignore-stdin", "--raw", BODY, "POST", target]),
            },
            setting.rounds * 4,
        )
    return [(name, {"ms": c.wall * 1e3, "CPU ms": c.cpu * 1e3, "MiB": c.memory}) for name, c in cost.items()]


def shell(command):
    return once(["sh", "-c", command])


def curl_line(tools, more=""):
    return f"{tools.curl} -s {more} -o /dev/null -H 'content-type: application/json' -d '{BODY}'"


def wrk(setting, url):
    """`wrk` sends for a time and not a number of requests: the cost is brought to what `rows` would have taken."""
    script = setting.work / "post.lua"
    script.write_text(
        f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [[{BODY}]]\n"
    )
    said = setting.work / "wrk.txt"
    cost = shell(f"{setting.tools.wrk} -t1 -c{AT_ONCE} -d5s -s {script} {url}/2fa/request >{said}")
    return cost, int(re.search(r"(\d+) requests in", said.read_text()).group(1))


def senders(setting, url, rows):
    """Each way of sending, with how many requests one measurement of it makes: those that start a program for each
    request are too slow for all of them."""
    tools, target = setting.tools, f"{url}/2fa/request"
    file = setting.file(rows)
    few, some = min(rows, 2000), min(rows, 50_000)
    blast = [tools.oha, "--no-tui", "--output-format", "quiet", "-n", str(rows), "-c", str(AT_ONCE), "-m", "POST"]
    blast += ["-T", "application/json", "-d", BODY, target]
    parallel_curl = [tools.curl, "-s", "--parallel", "--parallel-max", str(AT_ONCE), "-o", "/dev/null"]
    parallel_curl += ["-H", "content-type: application/json", "-d", BODY, f"{target}?[1-{some}]"]
    each = curl_line(tools)
    again = curl_line(tools, "--retry 3")
    script = [tools.python, str(CLIENTS / "aiohttp_batch.py"), url, str(file), str(AT_ONCE)]
    return {
        "`smspin batch`": (lambda: setting.send_afresh(url, rows), rows),
        "oha": (lambda: once(blast), rows),
        "`curl --parallel`": (lambda: once(parallel_curl), some),
        "a script with aiohttp": (lambda: once(script), rows),
        "`xargs -P64 curl`": (lambda: shell(f"seq {few} | xargs -P{AT_ONCE} -I_ {each} {target}?_"), few),
        "GNU parallel with `curl --retry`": (
            lambda: shell(f"seq {few} | {tools.parallel} --will-cite -j{AT_ONCE} \"{again} '{target}?{{}}'\""), few,
        ),
    }


def a_row(cost, rows):
    return {"rows/s": rows / cost.wall, "CPU µs a row": cost.cpu / rows * 1e6, "MiB": cost.memory}


def batch(setting):
    rows = min(setting.rows, 200_000)
    with Gateway(setting) as url:
        ways = senders(setting, url, rows)
        cost = in_turn({name: run for name, (run, _) in ways.items()}, setting.rounds)
        made = [wrk(setting, url) for _ in range(setting.rounds)]
        memory = measure.peak_memory(lambda: wrk(setting, url))
    table = [(name, a_row(cost[name], of)) for name, (_, of) in ways.items()]
    each = [Cost(c.wall / count, c.cpu / count, memory) for c, count in made]
    table.insert(2, ("wrk", a_row(measure.median(each), 1)))
    return table


def batch_50_ms(setting):
    rows = min(setting.rows, 10_000)
    with Gateway(setting, 50) as url:
        ways = dict(list(senders(setting, url, rows).items())[:4])
        cost = in_turn({name: run for name, (run, _) in ways.items()}, setting.rounds)
    return [(name, a_row(cost[name], of)) for name, (_, of) in ways.items()]


def by_rows(setting):
    sizes = [size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= setting.rows]
    table = []
    with Gateway(setting) as url:
        for size in sizes:
            rounds = min(setting.rounds, 3) if size > 100_000 else setting.rounds
            cost = in_turn({"": lambda size=size: setting.send_afresh(url, size)}, rounds)[""]
            table.append((f"{size:,}", {"s": cost.wall, "CPU s": cost.cpu, "MiB": cost.memory}))
    return table


def rate(setting):
    rows = min(setting.rows, 2780)
    with Gateway(setting) as url:
        cost = in_turn({"": lambda: setting.send_afresh(url, rows, "--rate", "139/s")}, 1)[""]
    return [("`smspin batch --rate 139/s`", a_row(cost, rows))]


def preflight_and_resume(setting):
    rows = min(setting.rows, 200_000)
    tools, file = setting.tools, setting.file(rows)
    with Gateway(setting) as url:
        setting.send_afresh(url, rows)
        cost = in_turn(
            {
                "`smspin batch --dry-run`": lambda: setting.batch(url, rows, "--dry-run"),
                "`smspin batch` on a finished batch": lambda: setting.batch(url, rows, "--yes"),
                "the CSV crate alone": lambda: once([tools.read_csv, str(file)]),
                "PyPI's phonenumbers": lambda: once([tools.python, str(CLIENTS / "phonenumbers_check.py"), str(file)]),
            },
            setting.rounds,
        )
    return [(name, a_row(c, rows)) for name, c in cost.items()]


def sandbox(setting):
    said = subprocess.run(
        ["cargo", "bench", "--quiet", "--locked", "--bench", "sandbox"],
        cwd=setting.tools.root, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout
    lines = re.findall(r"^(\S.*?)\s{2,}(\d+) requests/s", said, re.MULTILINE)
    names = {"a constant": "hyper answering a constant"}
    return [(names.get(name, name), {"requests/s": float(rate)}) for name, rate in lines]


ALL = {
    "start-up": start_up,
    "one-request": one_request,
    "batch": batch,
    "batch-50-ms": batch_50_ms,
    "rate": rate,
    "rows": by_rows,
    "preflight": preflight_and_resume,
    "sandbox": sandbox,
}
