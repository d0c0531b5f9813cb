"""Draws the plots: reads what was measured as JSON from standard input, and writes an SVG for each section into a directory."""

import json
import re
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# The same figures give the same file.
matplotlib.rcParams.update({"svg.hashsalt": "smspin", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 11})
import matplotlib.pyplot as plot  # noqa: E402

OWN, OTHER = "#1668b8", "#9aa4b0"
# Units of which more is better say so in the title of the axis.
MORE_IS_BETTER = {"rows/s", "requests/s"}


def bars(title, rows):
    unit = next(iter(rows[0][1]))
    names = [name.replace("`", "") for name, _ in rows][::-1]
    values = [cells[unit] for _, cells in rows][::-1]
    figure, axes = plot.subplots(figsize=(8, 0.5 * len(rows) + 1.3))
    colours = [OWN if name.startswith(("smspin", "the sandbox")) else OTHER for name in names]
    drawn = axes.barh(names, values, color=colours)
    axes.bar_label(drawn, labels=[f"{value:,.0f}" if value >= 100 else f"{value:.1f}" for value in values], padding=4)
    axes.set_xlabel(f"{unit} ({'more' if unit in MORE_IS_BETTER else 'less'} is better)")
    axes.set_xlim(0, max(values) * 1.15)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, loc="left", fontsize=12)
    return figure


def lines(title, rows):
    sizes = [int(name.replace(",", "")) for name, _ in rows]
    units = list(rows[0][1])
    figure, all_axes = plot.subplots(1, len(units), figsize=(9, 3))
    for axes, unit in zip(all_axes, units):
        axes.plot(sizes, [cells[unit] for _, cells in rows], marker="o", color=OWN)
        axes.set_xscale("log")
        if unit == "MiB":
            axes.set_ylim(bottom=0)
        else:
            axes.set_yscale("log")
        axes.set_xlabel("rows")
        axes.set_title(unit, loc="left", fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure


def main():
    given = json.load(sys.stdin)
    for section, rows in given["measured"].items():
        if len(rows) == 1:
            continue
        title = given["titles"][section]
        figure = lines(title, rows) if section == "rows" else bars(title, rows)
        figure.tight_layout()
        path = Path(sys.argv[1]) / f"{section}.svg"
        figure.savefig(path, metadata={"Date": None}, facecolor="white")
        plot.close(figure)
        # Its paths end with blanks, which a repository takes for a slip.
        path.write_text(re.sub(r"[ \t]+$", "", path.read_text(), flags=re.MULTILINE))


main()
