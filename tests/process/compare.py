"""The process view against pm4py: the same log, the same figures.

Run by `cargo xtask process`, which makes the environment; BIHUAN_BINARY names the program. Looks at a made-up log of another
system (CSV in UTF-8 and GBK, XES), and at the demo's own cases as flat CSV, as report and as OCEL 2.0.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

warnings.filterwarnings("ignore")

import fastjsonschema
import numpy
import pandas
import pm4py

HERE = Path(__file__).resolve().parent
BIHUAN = os.environ.get("BIHUAN_BINARY") or sys.exit("BIHUAN_BINARY is not set")


def bihuan(*words):
    run = subprocess.run([BIHUAN, "--lang", "zh", *map(str, words)], capture_output=True, text=True)
    assert run.returncode == 0, f"bihuan {words} ended with {run.returncode}: {run.stderr}"
    return run.stdout


def same(what, ours, theirs):
    if ours != theirs:
        keys = ours.keys() | theirs.keys() if isinstance(ours, dict) else []
        some = [(key, ours.get(key), theirs.get(key)) for key in keys if ours.get(key) != theirs.get(key)][:5]
        sys.exit(f"✗ {what}: bihuan and pm4py differ: {some or (ours, theirs)}")
    print(f"✓ {what}: {len(ours) if hasattr(ours, '__len__') else ours}")


def seconds(waits):
    """The figures of durations as bihuan gives them: whole seconds, fractions cut off, nearest rank."""
    waits = [int(wait) for wait in waits]
    return {
        "n": len(waits),
        "sum_seconds": sum(waits),
        "mean_seconds": sum(waits) // len(waits),
        "median_seconds": int(numpy.median(waits)),
        "p90_seconds": int(numpy.percentile(waits, 90, method="inverted_cdf")),
        "max_seconds": max(waits),
    }


def compare(name, figures, frame, ended=None):
    """Figures of bihuan against pm4py's of the same rows; `ended` are the rows of cases that have ended."""
    ended = frame if ended is None else ended
    case, activity, at = "case:concept:name", "concept:name", "time:timestamp"
    same(f"{name}, events", figures["events"], len(frame))
    same(f"{name}, cases", figures["cases"], frame[case].nunique())
    variants = {tuple(one["activities"]): one["cases"] for one in figures["variants"]}
    same(f"{name}, variants", variants, dict(pm4py.get_variants(frame)))
    follows, _, _ = pm4py.discover_dfg(frame)
    same(f"{name}, directly follows", {(one["from"], one["to"]): one["wait"]["n"] for one in figures["directly_follows"]}, dict(follows))
    starts = {one["activity"]: one["cases"] for one in figures["start_activities"]}
    same(f"{name}, start activities", starts, dict(pm4py.get_start_activities(frame)))
    ends = {one["activity"]: one["cases"] for one in figures["end_activities"]}
    same(f"{name}, end activities", ends, dict(pm4py.get_end_activities(ended)) if len(ended) else {})
    if len(ended):
        same(f"{name}, throughput", figures["throughput"], seconds(pm4py.get_all_case_durations(ended)))
    again = {one["activity"]: one["repeated_in"] for one in figures["activities"] if one["repeated_in"]}
    same(f"{name}, rework", again, {key: n for key, n in pm4py.get_rework_cases_per_activity(frame).items() if n})
    # pm4py gives sum, mean, median and longest of the waits; the ninetieth percentile is taken from the same rows.
    theirs = {}
    performance, _, _ = pm4py.discover_performance_dfg(frame)
    ordered = frame.sort_values([case, at], kind="stable")
    waits = ordered.groupby(case)[at].diff().dt.total_seconds()
    pairs = list(zip(ordered.groupby(case)[activity].shift(), ordered[activity]))
    each = {}
    for pair, wait in zip(pairs, waits):
        if pandas.notna(wait):
            each.setdefault(pair, []).append(wait)
    for pair, told in performance.items():
        theirs[pair] = {
            "n": len(each[pair]),
            "sum_seconds": int(told["sum"]),
            "mean_seconds": int(told["sum"]) // len(each[pair]),
            "median_seconds": int(told["median"]),
            "p90_seconds": seconds(each[pair])["p90_seconds"],
            "max_seconds": int(told["max"]),
        }
    same(f"{name}, waits", {(one["from"], one["to"]): one["wait"] for one in figures["directly_follows"]}, theirs)


def by_holder(frame, column, keeper):
    """The wait before each row by who did it, or after it by who had it from then on."""
    case, at = "case:concept:name", "time:timestamp"
    ordered = frame.sort_values([case, at], kind="stable")
    waits = ordered.groupby(case)[at].diff().dt.total_seconds()
    who = ordered.groupby(case)[column].shift() if keeper else ordered[column]
    each = {}
    for one, wait in zip(who, waits):
        if pandas.notna(wait):
            each.setdefault(one if pandas.notna(one) else None, []).append(wait)
    return {one: seconds(waits) for one, waits in each.items()}


def other_system(place):
    """A log of another system: rows out of order, of one instant, with rework, without holder here and there."""
    chance = random.Random(20261122)
    way = ["受理", "交办", "办理", "核查", "办结"]
    rows = []
    for number in range(2500):
        at, course = 1_767_225_600 + chance.randrange(80_000_000), list(way)
        while chance.random() < 0.35:
            course[3:3] = ["核查", "退回", "办理"] if chance.random() < 0.6 else ["催办"]
        if chance.random() < 0.1:
            course = course[: chance.randrange(1, len(course))]
        for activity in course:
            holder = "" if chance.random() < 0.05 else f"单位{chance.randrange(12)}"
            rows.append((f"G{number:05}", activity, at, holder))
            at += chance.choice([0, 0, 60, 3600, 86400 + chance.randrange(500_000)])
    # Cases lie mixed in the file; rows of one case and instant keep their order in it, as both sides read them.
    order = sorted(range(len(rows)), key=lambda row: (rows[row][2], row))
    rows = [rows[row] for row in order]
    table = pandas.DataFrame(rows, columns=["工单编号", "环节", "办理时间", "承办单位"])
    table["办理时间"] = (pandas.to_datetime(table["办理时间"], unit="s") + pandas.Timedelta(hours=8)).dt.strftime("%Y-%m-%d %H:%M:%S")
    table.to_csv(place / "utf8.csv", index=False)
    table.to_csv(place / "gbk.csv", index=False, encoding="gbk")
    frame = pandas.read_csv(place / "utf8.csv")
    frame["办理时间"] = pandas.to_datetime(frame["办理时间"]).dt.tz_localize("Asia/Shanghai")
    frame = pm4py.format_dataframe(frame, case_id="工单编号", activity_key="环节", timestamp_key="办理时间")
    ours = json.loads(bihuan("mine", place / "utf8.csv", "--json"))["figures"]
    compare("another system’s CSV", ours, frame)
    same("the same in GBK", json.loads(bihuan("mine", place / "gbk.csv", "--json"))["figures"], ours)
    for keeper in (False, True):
        words = ["--keeper"] if keeper else []
        figures = json.loads(bihuan("mine", place / "utf8.csv", "--json", *words))["figures"]
        held = {one["holder"]: one["wait"] for one in figures["waiting_by_holder"]}
        same(f"waits by holder{', of who had it' if keeper else ''}", held, by_holder(frame, "承办单位", keeper))
    frame["org:group"] = frame["承办单位"]
    pm4py.write_xes(frame, str(place / "log.xes"))
    xes = json.loads(bihuan("mine", place / "log.xes", "--json"))["figures"]
    compare("the same as XES, written by pm4py", xes, pm4py.convert_to_dataframe(pm4py.read_xes(str(place / "log.xes"))))


def demo(place):
    """The data directories of the demo's two places."""
    bihuan("demo", "--build-only", "--data", place / "demo")
    found = sorted(path.parent for path in (place / "demo").glob("*/ledger.sqlite"))
    assert found, "the demo made no ledger"
    return found


def own_log(place, data):
    name = data.name
    bihuan("export", "all", "--data", data, "--format", "ocel", "-o", place / "own.jsonocel")
    written = json.loads((place / "own.jsonocel").read_text())
    schema = json.loads((HERE / "ocel20.schema.json").read_text())
    fastjsonschema.compile(schema)(written)
    print(f"✓ {name}: OCEL holds to the published schema")
    ocel = pm4py.read_ocel2_json(str(place / "own.jsonocel"))
    same(f"{name}, OCEL events", len(written["events"]), len(ocel.events))
    same(f"{name}, OCEL objects", len(written["objects"]), len(ocel.objects))
    kinds = dict(Counter(one["type"] for one in written["objects"]))
    same(f"{name}, OCEL objects by type", kinds, {key: int(n) for key, n in ocel.objects["ocel:type"].value_counts().items()})
    relations = sum(len(one["relationships"]) for one in written["events"])
    same(f"{name}, OCEL relations", relations, len(ocel.relations))

    report = json.loads(bihuan("report", "process", "--data", data, "--json"))["mechanisms"]
    assert report, "the demo has cases"
    for one in sorted(report, key=lambda one: -one["figures"]["events"])[:4]:
        mechanism, file = one["mechanism"], place / "flat.csv"
        bihuan("export", mechanism, "--data", data, "--format", "csv-events", "-o", file)
        frame = pandas.read_csv(file, encoding="utf-8-sig", dtype={"case:concept:name": str})
        frame["time:timestamp"] = pandas.to_datetime(frame["time:timestamp"], format="ISO8601", utc=True)
        # The report is by stage code, the table by label: each is compared in its own words.
        frame = pm4py.format_dataframe(frame, case_id="case:concept:name", activity_key="concept:name", timestamp_key="time:timestamp")
        compare(f"{name}/{mechanism}, mined", json.loads(bihuan("mine", file, "--json"))["figures"], frame)
        by_code = frame.assign(**{"concept:name": frame["stage"]})
        compare(f"{name}/{mechanism}, reported", one["figures"], by_code, by_code[~by_code["case:open"]])


def main():
    with tempfile.TemporaryDirectory(prefix="bihuan-process-") as place:
        place = Path(place)
        other_system(place)
        for data in demo(place):
            own_log(place, data)


if __name__ == "__main__":
    main()
