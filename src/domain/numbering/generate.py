#!/usr/bin/env python3
"""Writes the numbering plan from libphonenumber's metadata.

    python3 src/domain/numbering/generate.py PhoneNumberMetadata.xml

The input is resources/PhoneNumberMetadata.xml of github.com/google/libphonenumber. Written are `table.rs` beside this
script, and `tests/fixtures/example-numbers.tsv`. The output depends on nothing but the input and this script; set
COMMIT to where the input comes from.

The patterns of the metadata are finite (digits, classes, alternatives, bounded repetition), so each is a set of digit
strings that an acyclic automaton holds exactly. For each calling code the patterns, possible lengths and leading
digits of all its regions become one automaton, whose final states say region and type; equal states are shared
among all of them. What the fixture expects is found another way, by Python's `re`, so that it can judge the table.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

COMMIT = "f7e3e88c9"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LONGEST = 15  # digits in an international number

GENERAL = "generalDesc"
# The order in which libphonenumber asks; a number that matches both of the last two is FixedLineOrMobile.
ASKED = ["premiumRate", "tollFree", "sharedCost", "voip", "personalNumber", "pager", "uan", "voicemail"]
DESCRIPTIONS = [GENERAL, *ASKED, "fixedLine", "mobile"]
# The order of `NumberType` in mod.rs.
TYPES = ["unknown", "mobile", "fixedLineOrMobile", "fixedLine", "tollFree", "premiumRate", "sharedCost", "voip",
         "personalNumber", "pager", "uan", "voicemail"]


class States:
    """Hash-consed states: equal languages are the same state, so that every automaton is minimal. 0 is the dead one.

    A state is (label, ten targets); a label of None means that no number ends there.
    """

    def __init__(self):
        self.rows = [(None, (0,) * 10)]
        self.ids = {self.rows[0]: 0}

    def state(self, label, targets):
        row = (label, tuple(targets))
        if row not in self.ids:
            self.ids[row] = len(self.rows)
            self.rows.append(row)
        return self.ids[row]

    def leaf(self, label):
        return self.state(label, (0,) * 10)

    def product(self, a, b, join, memo):
        """Both automata in step; `join` makes one label of two."""
        if (a, b) == (0, 0):
            return 0
        if (a, b) not in memo:
            (label_a, to_a), (label_b, to_b) = self.rows[a], self.rows[b]
            targets = [self.product(x, y, join, memo) for x, y in zip(to_a, to_b)]
            memo[a, b] = self.state(join(label_a, label_b), targets)
        return memo[a, b]

    def union(self, a, b):
        return self.product(a, b, lambda x, y: x if y is None else y if x is None else x | y, {})

    def first_of(self, a, b):
        return self.product(a, b, lambda x, y: y if x is None else x, {})

    def rewritten(self, state, rule):
        """`rule` makes a new label of a number's length and its old label."""
        memo = {}

        def rewrite(state, depth):
            if state == 0:
                return 0
            if (state, depth) not in memo:
                label, targets = self.rows[state]
                label = None if label is None else rule(depth, label)
                memo[state, depth] = self.state(label, [rewrite(to, depth + 1) for to in targets])
            return memo[state, depth]
        return rewrite(state, 0)

    def of_lengths(self, state, lengths):
        return self.rewritten(state, lambda depth, label: label if depth in lengths else None)

    def before(self, tree, then):
        """What `tree` matches, followed by what `then` accepts."""
        kind = tree[0]
        if kind == "digit":
            return self.state(None, [then if digit in tree[1] else 0 for digit in range(10)])
        if kind == "sequence":
            for part in reversed(tree[1]):
                then = self.before(part, then)
            return then
        if kind == "either":
            either = 0
            for part in tree[1]:
                either = self.union(either, self.before(part, then))
            return either
        _, part, least, most = tree
        rest = then
        for _ in range(most - least):
            rest = self.union(then, self.before(part, rest))
        for _ in range(least):
            rest = self.before(part, rest)
        return rest


class Pattern:
    """A parser for the regular expressions of the metadata; anything else that may turn up one day stops the run."""

    def __init__(self, text):
        self.text, self.at = text, 0
        self.tree = self.either()
        assert self.at == len(text), text

    def next(self):
        return self.text[self.at:self.at + 1]

    def take(self, expression):
        found = re.compile(expression).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def either(self):
        parts = [self.sequence()]
        while self.take(r"\|"):
            parts.append(self.sequence())
        return "either", parts

    def sequence(self):
        parts = []
        while self.next() not in ("", "|", ")"):
            part = self.atom()
            if self.take(r"\?"):
                part = "times", part, 0, 1
            elif found := self.take(r"\{(\d+)(?:,(\d+))?\}"):
                part = "times", part, int(found[1]), int(found[2] or found[1])
            parts.append(part)
        return "sequence", parts

    def atom(self):
        if self.take(r"\((\?:)?"):
            tree = self.either()
            assert self.take(r"\)"), self.text
            return tree
        if self.take(r"\\d"):
            return "digit", set(range(10))
        if found := self.take(r"\[((?:\d-\d|\d)+)\]"):
            digits = set()
            for low, high in re.findall(r"(\d)(?:-(\d))?", found[1]):
                digits |= set(range(int(low), int(high or low) + 1))
            return "digit", digits
        found = self.take(r"\d")
        assert found, f"not understood at {self.at}: {self.text}"
        return "digit", {int(found[0])}


ANY_DIGITS = "times", ("digit", set(range(10))), 0, LONGEST


def packed(text):
    return re.sub(r"\s", "", text)


def lengths_of(description):
    """The possible lengths of a description, without those that only work inside an area."""
    lengths = set()
    national = description.find("possibleLengths").get("national")
    for low, high in re.findall(r"(\d+)(?:-(\d+))?", "" if national == "-1" else national):
        lengths |= set(range(int(low), int(high or low) + 1))
    return lengths


class Territory:
    def __init__(self, element, index, names):
        self.index = index
        self.id = element.get("id")
        self.code = int(element.get("countryCode"))
        self.name = names.get(self.id, "international services")
        self.main = element.get("mainCountryForCode") == "true"
        self.leading = packed(element.get("leadingDigits", ""))
        self.idd = packed(element.get("internationalPrefix", ""))
        self.prefixes = national_prefixes(element)
        self.patterns, self.lengths, self.examples = {}, {}, []
        for name in DESCRIPTIONS:
            description = element.find(name)
            if description is None:
                continue
            self.patterns[name] = packed(description.find("nationalNumberPattern").text)
            if name != GENERAL:
                self.lengths[name] = lengths_of(description)
                self.examples.append((name, description.find("exampleNumber").text.strip()))
        abroad = element.find("noInternationalDialling")
        self.lengths[GENERAL] = set().union(*self.lengths.values(), lengths_of(abroad) if abroad is not None else ())


def national_prefixes(element):
    """What is dialled before a national number and is no part of it.

    Taken are the prefix itself and, of those that the metadata reads, the plain ones of one or two digits: not
    carrier codes, nor rules that rewrite the number.
    """
    prefixes = {element.get("nationalPrefix", "")}
    alternatives = packed(element.get("nationalPrefixForParsing", ""))
    if "(" not in alternatives:
        states = States()
        words = [("", states.before(Pattern(alternatives).tree, states.leaf(1)))]
        for word, state in words:
            label, targets = states.rows[state]
            if label:
                prefixes.add(word)
            words += [(word + str(digit), to) for digit, to in enumerate(targets) if to]
    return sorted((prefix for prefix in prefixes if 0 < len(prefix) <= 2), key=lambda prefix: (-len(prefix), prefix))


def territories(path):
    text = path.read_text(encoding="utf-8")
    names = {region: name for name, region in re.findall(r"<!-- (.+?) \(([A-Z]{2})\) -->\n", text)}
    elements = ElementTree.fromstring(text).find("territories")
    return [Territory(element, index, names) for index, element in enumerate(elements)]


def by_calling_code(all_territories):
    """Calling code to territories, in the order in which libphonenumber asks them: the main one, then as listed."""
    codes = {}
    for territory in all_territories:
        codes.setdefault(territory.code, []).append(territory)
    return {code: sorted(sharing, key=lambda territory: not territory.main) for code, sharing in sorted(codes.items())}


def type_of(matches):
    if not matches(GENERAL):
        return "unknown"
    for name in ASKED:
        if matches(name):
            return name
    if matches("fixedLine"):
        return "fixedLineOrMobile" if matches("mobile") else "fixedLine"
    return "mobile" if matches("mobile") else "unknown"


def label(territory, number_type):
    """Region and type in 16 bits, as mod.rs takes them apart."""
    return territory.index << 4 | TYPES.index(number_type)


def territory_automaton(states, territory):
    root = 0
    for bit, name in enumerate(DESCRIPTIONS):
        if name in territory.patterns:
            state = states.before(Pattern(territory.patterns[name]).tree, states.leaf(1 << bit))
            root = states.union(root, states.of_lengths(state, territory.lengths[name]))

    def rule(_, bits):
        number_type = type_of(lambda name: bits >> DESCRIPTIONS.index(name) & 1)
        return None if number_type == "unknown" else label(territory, number_type)
    return states.rewritten(root, rule)


def code_automaton(states, sharing):
    """One automaton for a calling code. Leading digits decide the region alone, even where the type is not known."""
    root = 0
    for territory in reversed(sharing):
        state = territory_automaton(states, territory)
        if len(sharing) > 1 and territory.leading:
            anything = states.before(ANY_DIGITS, states.leaf(label(territory, "unknown")))
            lead = states.before(Pattern(territory.leading).tree, anything)
            state = states.product(state, lead, lambda mine, led: None if led is None else led if mine is None else mine, {})
        root = states.first_of(state, root)
    return states.of_lengths(root, set(range(1, LONGEST - len(str(sharing[0].code)) + 1)))


class Layout:
    """Lays states out as 16-bit words: a shape, a label where there is one, and the distinct targets.

    A shape says which target each digit takes, four bits a digit, 0 for none.
    """

    LABELLED = 0x8000

    def __init__(self, states):
        self.states, self.words, self.shapes, self.places = states, [], {}, {}
        self.place(0)

    def place(self, state):
        if state in self.places:
            return self.places[state]
        label_, targets = self.states.rows[state]
        distinct = list(dict.fromkeys(to for to in targets if to))
        shape = sum((distinct.index(to) + 1) << 4 * digit for digit, to in enumerate(targets) if to)
        number = self.shapes.setdefault(shape, len(self.shapes))
        head = [number] if label_ is None else [number | self.LABELLED, label_]
        at = self.places[state] = len(self.words)
        self.words += head + [0] * len(distinct)
        for offset, to in enumerate(distinct):
            self.words[at + len(head) + offset] = self.place(to)
        return at


def mask(lengths, code):
    """Bit n for n digits, as far as an international number is long enough to hold them."""
    bits = sum(1 << length for length in lengths if length <= LONGEST - len(str(code)))
    return f"{bits:#06x}"


HEADER = f"""\
// Generated by generate.py from resources/PhoneNumberMetadata.xml of https://github.com/google/libphonenumber,
// commit {COMMIT}. Do not edit: change the script, and run it again.
// The metadata is Copyright (C) The Libphonenumber Authors, licensed under the Apache License, Version 2.0; see the
// files NOTICE and LICENSE-APACHE.

use super::state::State;
use super::{{CallingCode, Lengths, Territory}};
"""


def rows_of(values, width=110):
    line = "   "
    for value in values:
        if len(line) + len(value) + 2 > width:
            yield line
            line = "   "
        line += f" {value},"
    yield line


def table(all_territories, codes):
    states = States()
    roots = {code: code_automaton(states, sharing) for code, sharing in codes.items()}
    idds = [states.before(Pattern(t.idd).tree, states.leaf(1)) if t.idd else 0 for t in all_territories]
    layout = Layout(states)
    lines = [HEADER]
    lines.append(f"pub(super) static TERRITORIES: [Territory; {len(all_territories)}] = [")
    for t, idd in zip(all_territories, idds):
        prefixes = ", ".join(f'"{prefix}"' for prefix in t.prefixes)
        lines.append(f'    Territory {{ id: "{t.id}", name: "{t.name}", calling_code: {t.code}, '
                     f"idd: State({layout.place(idd)}), prefixes: &[{prefixes}] }},")
    lines.append("];\n")
    lines.append(f"pub(super) static CALLING_CODES: [CallingCode; {len(codes)}] = [")
    for code, sharing in codes.items():
        lengths = mask(sharing[0].lengths[GENERAL], code)
        mobile = mask(set().union(*(t.lengths.get("mobile", ()) for t in sharing)), code)
        lines.append(f"    CallingCode {{ code: {code}, main: {sharing[0].index}, shared: {str(len(sharing) > 1).lower()}, "
                     f"root: State({layout.place(roots[code])}), lengths: Lengths({lengths}), "
                     f"mobile: Lengths({mobile}) }},")
    lines.append("];\n")
    assert len(layout.words) < 1 << 16 and len(layout.shapes) < Layout.LABELLED, "the states outgrow 16 bits"
    lines.append(f"pub(super) static SHAPES: [u64; {len(layout.shapes)}] = [")
    lines += rows_of(f"{shape:#x}" for shape in layout.shapes)
    lines.append(f"];\n\npub(super) static WORDS: [u16; {len(layout.words)}] = [")
    lines += rows_of(str(word) for word in layout.words)
    lines.append("];")
    return "\n".join(lines) + "\n"


def matches(territory, national):
    def match(name):
        return (name in territory.patterns and len(national) in territory.lengths[name]
                and re.fullmatch(territory.patterns[name], national) is not None)
    return match


def judged(sharing, national):
    """Region and type as libphonenumber's getRegionCodeForNumber and getNumberType find them, by `re`."""
    for territory in sharing:
        if len(sharing) == 1 or (re.match(territory.leading, national) if territory.leading
                                 else type_of(matches(territory, national)) != "unknown"):
            return territory.id, type_of(matches(territory, national))
    return "-", "unknown"


def examples(all_territories, codes):
    lines = ["# The example numbers of libphonenumber's metadata: whose and what it is an example of, its calling code, the",
             "# number, and the region and type that libphonenumber finds for it. Generated by generate.py.",
             "region\ttype\tcalling_code\tmsisdn\tfound_region\tfound_type"]
    for t in all_territories:
        for name, national in t.examples:
            lines.append("\t".join([t.id, name, str(t.code), f"{t.code}{national}", *judged(codes[t.code], national)]))
    return "\n".join(lines) + "\n"


def main():
    sys.setrecursionlimit(10_000)
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    all_territories = territories(Path(sys.argv[1]))
    codes = by_calling_code(all_territories)
    (HERE / "table.rs").write_text(table(all_territories, codes), encoding="utf-8")
    (ROOT / "tests/fixtures/example-numbers.tsv").write_text(examples(all_territories, codes), encoding="utf-8")


if __name__ == "__main__":
    main()
