"""Makes the table and the plots of benches/README.md from what was measured."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import tools as programs

TITLES = {
    "start-up": "Start-up",
    "one-request": "One request, on loopback",
    "batch": "A batch, 64 at once, a gateway that answers at once",
    "batch-50-ms": "A batch, 64 at once, a gateway that takes 50 ms",
    "rate": "At the rate that the platform advertises",
    "rows": "What a batch of so many rows costs",
    "preflight": "Checking a file, and coming back to a finished batch",
    "sandbox": "The sandbox, and the HTTP library that it is built with",
}
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def figure(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(measured):
    """Markdown: a table for each section. The last column compares the first unit with the section's first row."""
    out = []
    for section, rows in measured.items():
        units = list(rows[0][1])
        compared = section != "rows" and len(rows) > 1
        out.append(f"### {TITLES[section]}\n")
        out.append("| | " + " | ".join(units) + (" | ratio |" if compared else " |"))
        out.append("|---|" + "---:|" * (len(units) + compared))
        first = rows[0][1][units[0]]
        for name, cells in rows:
            shown = [figure(cells[unit]) for unit in units]
            if compared:
                shown.append(f"{cells[units[0]] / first:.2f}")
            out.append(f"| {name} | " + " | ".join(shown) + " |")
        if len(rows) > 1:
            out.append(f"\n![{TITLES[section]}](plots/{section}.svg)")
        out.append("")
    return "\n".join(out)


def write(benches, text, measured, tools, asked):
    readme = benches / "README.md"
    whole = readme.read_text()
    before, rest = whole.split(BEGIN)
    _, after = rest.split(END)
    versions = ", ".join(f"{name} {version}" for name, version in tools.versions().items())
    made = f"Measured on {date.today()}: {programs.machine()}. "
    made += f"At most {asked.rows:,} rows, {asked.rounds} rounds. {versions}."
    readme.write_text(f"{before}{BEGIN}\n\n{made}\n\n{text}\n{END}{after}")
    plots = benches / "plots"
    plots.mkdir(exist_ok=True)
    # In the environment that has matplotlib: this process is the system's Python.
    drawing = Path(__file__).with_name("draw.py")
    subprocess.run([tools.python, drawing, plots], input=json.dumps({"titles": TITLES, "measured": measured}), text=True, check=True)
    print(f"written: {readme} and {plots}", file=sys.stderr)
