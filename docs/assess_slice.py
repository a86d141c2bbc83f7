#!/usr/bin/env python3
"""Computes a unit's score from a slice of the log, independently of Bihuan.

    python3 assess_slice.py SLICE        prints the total and the points of every item as JSON

Written from docs/log-format.md, docs/mechanism-language.md and docs/assessment.md; nothing but Python (3.11 or newer).
Every entry is proved against the signed head by its inclusion path; the signature itself is left to `bihuan report
assess --slice` and to verify_log.py, because Python ships no Ed25519.
"""

import base64
import hashlib
import json
import re
import sys
import tomllib
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

CHINA = timezone(timedelta(hours=8))


class Missing(Exception):
    """An expression asked for something that the row does not have."""


# ---- the slice ------------------------------------------------------------------------------------------------------

def leaf(text):
    return hashlib.sha256(b"\x00" + text.encode()).digest()


def root_from(path, seq, size, node):
    """RFC 9162, 2.1.3.2."""
    fn, sn = seq, size - 1
    for step in path:
        if sn == 0:
            raise SystemExit("a path is too long")
        if fn & 1 or fn == sn:
            node = hashlib.sha256(b"\x01" + step + node).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + step).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise SystemExit("a path is too short")
    return node


def read(path):
    with open(path, encoding="utf-8") as lines:
        head = json.loads(next(lines))
        note = head["checkpoint"].split("\n")
        size, root = int(note[1]), base64.b64decode(note[2])
        entries = []
        for line in lines:
            line = json.loads(line)
            entry = json.loads(line["entry"])
            steps = [bytes.fromhex(step.removeprefix("sha256:")) for step in line["path"]]
            if root_from(steps, entry["seq"], size, leaf(line["entry"])) != root:
                raise SystemExit(f"entry {entry['seq']} is not in the signed log")
            entries.append(entry)
    return head, entries


# ---- what the entries tell ------------------------------------------------------------------------------------------

def day(at):
    return datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(CHINA).date()


def plain(value):
    (kind, inner), = value.items()
    if kind in ("int", "minutes"):
        return Fraction(inner)
    if kind == "dec":
        return Fraction(inner)
    if kind == "date":
        return date.fromisoformat(inner)
    if kind == "row":
        return inner["row"]
    if kind == "list":
        return [plain(item) for item in inner]
    return inner


class Case:
    def __init__(self, number):
        self.number, self.values, self.facts = number, {}, {}
        self.kind, self.due, self.closing = None, None, None

    def place(self, placement):
        if placement:
            self.kind, self.facts["stage"] = placement["kind"], placement["stage"]

    def take(self, entry):
        kind, body = entry["type"], entry["body"]
        self.values.update({name: plain(value) for name, value in body.get("values", {}).items()})
        for key in ("clock", "case_clock"):
            clock = body.get(key)
            if isinstance(clock, dict) and (key == "case_clock" or kind in ("case.opened", "case.reopened")):
                self.due = clock["due"]
        if kind == "case.opened":
            self.facts.update(owner=body["owner"], opened_on=day(entry["at"]), round=Fraction(1),
                              reworks=Fraction(0))
            self.opened = entry["at"]
        if kind in ("case.reassigned", "case.decided") and body.get("owner"):
            self.facts["owner"] = body["owner"]
        if kind == "verification.failed":
            self.facts["reworks"] += 1
        if kind == "case.closed":
            self.kind, self.closing, self.facts["stage"] = "closed", (entry["at"], body.get("on_time")), body["stage"]
        if kind == "case.reopened":
            self.facts["round"] = Fraction(body["round"])
        self.place(body.get("placement"))

    def row(self):
        row = self.values | self.facts
        row["closed"], row["void"] = self.kind == "closed", self.kind == "void"
        row["open"] = not (row["closed"] or row["void"])
        if self.due:
            row["due_on"] = day(self.due)
        if self.closing and not row["open"]:
            at, on_time = self.closing
            row["closed_on"] = day(at)
            row["days"] = Fraction((day(at) - row["opened_on"]).days)
            if on_time is not None:
                row["on_time"] = on_time
        return row


def told(entries):
    cases, rows, units, packs = {}, {}, {}, {}
    for entry in entries:
        body = entry["body"]
        if entry["stream"].startswith("case/"):
            number = int(entry["stream"][5:])
            if entry["type"] == "case.opened":
                cases[number] = Case(number)
                cases[number].mechanism = body["mechanism"]["id"]
            cases[number].take(entry)
        elif entry["type"] == "register.put":
            values = {name: plain(value) for name, value in body["values"].items()}
            rows[(body["register"], body["row"])] = values
        elif entry["type"] == "register.removed":
            rows.pop((body["register"], body["row"]), None)
        elif entry["type"] == "unit.put":
            units[body["id"]] = body
        elif entry["type"] == "pack.adopted":
            packs[body["pack"]] = body["files"]
    return cases, rows, units, packs


# ---- expressions ----------------------------------------------------------------------------------------------------

TOKEN = re.compile(r'\s*(?:(\d+(?:\.\d+)?)|"([^"]*)"|([A-Za-z_][A-Za-z_0-9.]*)|(&&|\|\||[=!<>]=|[-+*/<>!?:()\[\],]))')


class Parser:
    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise SystemExit(f"cannot read the expression {text}")
            at = found.end()
            number, word, name, sign = found.groups()
            self.tokens.append(("n", Fraction(number)) if number else ("s", word) if word is not None
                               else ("v", name) if name else ("o", sign))
        self.at = 0

    def peek(self, *signs):
        if self.at < len(self.tokens):
            kind, value = self.tokens[self.at]
            if kind in "ov" and value in signs:
                return value
        return None

    def take(self, *signs):
        sign = self.peek(*signs)
        if sign:
            self.at += 1
        return sign

    def whole(self):
        test = self.either()
        if self.take("?"):
            yes = self.whole()
            self.take(":")
            no = self.whole()
            return lambda row: yes(row) if test(row) else no(row)
        return test

    def either(self):
        left = self.both()
        while self.take("||"):
            left = (lambda a, b: lambda row: a(row) or b(row))(left, self.both())
        return left

    def both(self):
        left = self.compared()
        while self.take("&&"):
            left = (lambda a, b: lambda row: a(row) and b(row))(left, self.compared())
        return left

    def compared(self):
        left = self.sum()
        if self.take("in"):
            self.take("[")
            items = []
            while not self.take("]"):
                items.append(self.whole())
                self.take(",")
            return lambda row: any(left(row) == item(row) for item in items)
        sign = self.take("==", "!=", "<=", ">=", "<", ">")
        if not sign:
            return left
        right = self.sum()
        return {
            "==": lambda row: left(row) == right(row), "!=": lambda row: left(row) != right(row),
            "<": lambda row: left(row) < right(row), "<=": lambda row: left(row) <= right(row),
            ">": lambda row: left(row) > right(row), ">=": lambda row: left(row) >= right(row),
        }[sign]

    def sum(self):
        left = self.product()
        while sign := self.take("+", "-"):
            right = self.product()
            left = (lambda a, b, s: lambda row: a(row) + b(row) if s == "+" else a(row) - b(row))(left, right, sign)
        return left

    def product(self):
        left = self.part()
        while sign := self.take("*", "/"):
            right = self.part()
            left = (lambda a, b, s: lambda row: a(row) * b(row) if s == "*" else a(row) / b(row))(left, right, sign)
        return left

    def part(self):
        if self.take("!"):
            inner = self.part()
            return lambda row: not inner(row)
        if self.take("("):
            inner = self.whole()
            self.take(")")
            return inner
        kind, value = self.tokens[self.at]
        self.at += 1
        if kind in "ns":
            return lambda row: value
        if value in ("true", "false"):
            return lambda row: value == "true"
        if value == "has":
            self.take("(")
            name = self.tokens[self.at][1].removeprefix("row.")
            self.at += 1
            self.take(")")
            return lambda row: name in row
        name = value.removeprefix("row.")

        # Whether a clock ever ran out follows from all clocks of a case with their pauses; that is not computed here.
        if name == "late":
            raise SystemExit("this program does not compute `row.late`; use bihuan report assess --slice")

        def look(row):
            if name not in row:
                raise Missing(name)
            return row[name]
        return look


def ask(text, row):
    """Whether a condition holds; one that lacks what it asks does not."""
    try:
        return text is None or Parser(text).whole()(row) is True
    except Missing:
        return False


# ---- the score ------------------------------------------------------------------------------------------------------

def span(name):
    year = int(name[:4])
    part = name[5:]
    first, months = (1, 12) if not part else ((int(part[1]) - 1) * 6 + 1, 6) if part[0] == "H" else (
        (int(part[1]) - 1) * 3 + 1, 3) if part[0] == "Q" else (int(part), 1)
    after = first + months
    end = date(year + (after > 12), (after - 1) % 12 + 1, 1) - timedelta(days=1)
    return date(year, first, 1), end


def rounded(number, digits):
    """GB/T 8170. Python rounds a fraction with one half to the even neighbour by itself."""
    return Decimal(round(number * 10 ** digits)).scaleb(-digits)


class Score:
    def __init__(self, head, entries):
        self.cases, self.rows, self.units, packs = told(entries)
        for files in packs.values():
            for path, text in files.items():
                if path.endswith(".toml"):
                    parsed = tomllib.loads(text)
                    if parsed.get("scheme", {}).get("id") == head["scheme"]:
                        self.scheme = parsed
        self.files = packs
        self.head = self.scheme["scheme"]
        self.digits = self.head.get("digits", 2)
        self.first, self.last = span(head["period"])
        self.unit = head["unit"]

    def owner(self, unit):
        """Who answers for a unit on the last day."""
        if self.head["merged"] == "apart":
            return unit
        at = self.units.get(unit)
        while at:
            valid = at["valid"]
            if valid["from"] <= str(self.last) and str(self.last) <= valid.get("to", "9999-12-31"):
                return at["id"]
            at = self.units.get(at.get("successor"))
        return unit

    def things(self, of):
        kind, name = of.split(":")
        if kind == "cases":
            return [case.row() for _, case in sorted(self.cases.items()) if case.mechanism == name]
        found = []
        for (register, _), values in sorted(self.rows.items()):
            if register == name:
                row = dict(values)
                case = self.cases.get(row.get("case"))
                if case:
                    row["case_owner"], row["case_opened_on"] = case.facts["owner"], case.facts["opened_on"]
                found.append(row)
        return found

    def counting(self, source, dated=True):
        for row in self.things(source["of"]):
            try:
                unit = Parser(source["unit"]).whole()(row)
                when = Parser(source["when"]).whole()(row) if "when" in source and dated else None
            except Missing:
                continue
            if isinstance(when, date) and not self.first <= when <= self.last:
                continue
            if isinstance(when, Fraction) and when != self.first.year:
                continue
            if ask(source.get("counts"), row) and (unit if not dated else self.owner(unit)) == self.unit:
                yield row

    def klass(self):
        for klass in self.scheme["class"]:
            if "kinds" in klass:
                if self.units[self.unit]["kind"] in klass["kinds"]:
                    return klass
            elif any(True for _ in self.counting(klass, dated=False)):
                return klass
        raise SystemExit(f"{self.unit} is not scored")

    def indicator(self, item):
        mechanism = item["of"].split(":")[1]
        for files in self.files.values():
            for path, text in files.items():
                parsed = tomllib.loads(text) if path.endswith(".toml") else {}
                if parsed.get("mechanism", {}).get("id") == mechanism:
                    one, = [one for one in parsed["indicator"] if one["id"] == item["indicator"]]
                    inner = [re.fullmatch(r"count\(cases(?:,(.*))?\)", one[key].strip(), re.S) for key in ("base", "value")]
                    counts, hit = [(found.group(1) or "true").strip() for found in inner]
                    return item | {"counts": counts, "hit": hit}
        raise SystemExit(f"no mechanism {mechanism}")

    def item(self, item, weight):
        """The points before rounding, or what `empty` says."""
        if "indicator" in item:
            item = self.indicator(item)
        rows = list(self.counting(item))
        measure = item["measure"]
        value = lambda row: Parser(item["value"]).whole()(row)
        base = [row for row in rows if measure != "mean" or ask(item.get("base"), row)]
        if not base and measure != "loss":
            return {"full": weight, "zero": Fraction(0)}.get(item["empty"], item["empty"])
        within = lambda share: min(max(share, Fraction(0)), Fraction(1)) * weight
        if measure == "rate":
            hits = sum(1 for row in rows if ask(item["hit"], row))
            return within(Fraction(hits * 100, len(base)) / Fraction(item.get("target", "100")))
        total = sum((value(row) for row in rows), Fraction(0))
        if measure == "mean":
            return within(total / (Fraction(item["out_of"]) * len(base)))
        if measure == "sum":
            return min(max(total, Fraction(0)), weight)
        return max(weight - max(total, Fraction(0)), Fraction(0))

    def adjusted(self, kind, cap):
        points, sums = {}, Decimal(0)
        for one in self.scheme.get(kind, []):
            rows = list(self.counting(one))
            if not rows:
                continue
            total = max(sum((Parser(one["points"]).whole()(row) for row in rows), Fraction(0)), Fraction(0))
            if "cap" in one:
                total = min(total, Fraction(one["cap"]))
            points[one["id"]] = rounded(total, self.digits)
            sums += points[one["id"]]
        return points, min(sums, Decimal(cap)) if cap else sums

    def run(self):
        klass = self.klass()
        raw, weights = {}, {}
        for item in self.scheme["item"]:
            if "of" in item and klass["id"] in item["weights"]:
                weights[item["id"]] = Fraction(item["weights"][klass["id"]])
                raw[item["id"]] = self.item(item, weights[item["id"]])
        left = sum((weights[id] for id, found in raw.items() if found != "spread"), Fraction(0))
        factor = sum(weights.values(), Fraction(0)) / left if left else None
        points = {id: None if isinstance(found, str) or factor is None else rounded(found * factor, self.digits)
                  for id, found in raw.items()}
        plus, added = self.adjusted("addition", klass.get("plus_cap"))
        minus, taken = self.adjusted("deduction", klass.get("minus_cap"))
        vetoes = [veto["id"] for veto in self.scheme.get("veto", []) if any(True for _ in self.counting(veto))]
        whole = all(points[id] is not None for id, found in raw.items() if found != "spread")
        whole = whole and any(one is not None for one in points.values())
        total = max(sum((one for one in points.values() if one is not None), added - taken), Decimal(0)) if whole else None
        text = lambda number: None if number is None else str(number)
        return {"unit": self.unit, "class": klass["id"], "total": text(total),
                "points": {id: text(one) for id, one in sorted((points | plus | minus).items())}, "vetoes": vetoes}


if __name__ == "__main__":
    print(json.dumps(Score(*read(sys.argv[1])).run(), ensure_ascii=False, sort_keys=True))
