"""The licence texts of every library that is linked into smspin.

Reads what `cargo metadata` prints, for one platform, and prints each library's name, version and licence with the texts
that its package holds. Libraries that only build scripts, macros' tests or tests use are left out.
"""

import json
import pathlib
import sys

TEXTS = ("licen", "copying", "copyright", "notice", "unlicense")


def linked(metadata):
    """The ids of the packages that the program needs when it runs, and itself."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, waiting = set(), [metadata["resolve"]["root"]]
    while waiting:
        package = waiting.pop()
        if package in found:
            continue
        found.add(package)
        for dependency in nodes[package]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return found


def texts(package):
    directory = pathlib.Path(package["manifest_path"]).parent
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.name.lower().startswith(TEXTS):
            yield path.read_text(encoding="utf-8", errors="replace").strip()


def main():
    metadata = json.load(sys.stdin)
    needed = linked(metadata) - {metadata["resolve"]["root"]}
    # The same text, word for word, is printed once, under the names of all the libraries that have it.
    by_text = {}
    for package in metadata["packages"]:
        if package["id"] in needed:
            name = f"{package['name']} {package['version']} ({package['license'] or 'see below'})"
            for text in list(texts(package)) or ["(The package holds no text: the licence is the one named above.)"]:
                by_text.setdefault(text, set()).add(name)
    for text, names in sorted(by_text.items(), key=lambda entry: sorted(entry[1])):
        print("=" * 100, *sorted(names), "", text, "", sep="\n")


main()
