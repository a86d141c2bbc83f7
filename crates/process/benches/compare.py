"""Reading a CSV log of a million events with its variants and waiting times: bihuan, pm4py and Polars, in one run.

    cargo build --release -p bihuan-cli
    python3 -m venv /tmp/mine && /tmp/mine/bin/pip install pm4py polars
    /tmp/mine/bin/python crates/process/benches/compare.py target/release/bihuan [events]

`cargo build --release -p bihuan-process --example mine` makes the same command without the rest of the program, sooner.

Each does the same, from the file to the answer, in turn, five times: read the file, take the instants, sort by case and instant,
count the variants, and of what directly follows upon what the number, mean and median of the waits. bihuan runs as the
program does (a process of its own, JSON out); the two libraries are measured in this process without starting Python or
importing. The three answers are compared.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas
import pm4py
import polars

RUNS = 5


def table(events, path):
    """Cases of five to nine events and some rework, mixed in the file as a system writes them."""
    chance = random.Random(7)
    way = ["受理", "交办", "办理", "核查", "办结"]
    rows, number = [], 0
    while len(rows) < events:
        number += 1
        at, course = 1_767_225_600 + chance.randrange(80_000_000), list(way)
        while chance.random() < 0.4:
            course[3:3] = ["核查", "办理"]
        for activity in course:
            rows.append((at, f"G{number:07}", activity, f"单位{chance.randrange(60)}"))
            at += chance.randrange(500_000)
    del rows[events:]
    rows.sort(key=lambda row: row[0])
    frame = pandas.DataFrame(rows, columns=["time:timestamp", "case:concept:name", "concept:name", "org:group"])
    frame["time:timestamp"] = pandas.to_datetime(frame["time:timestamp"], unit="s").dt.strftime("%Y-%m-%dT%H:%M:%S+08:00")
    frame.to_csv(path, index=False, columns=["case:concept:name", "concept:name", "time:timestamp", "org:group"])


def by_bihuan(binary, path):
    out = subprocess.run([binary, "mine", path, "--json"], capture_output=True, text=True, check=True).stdout
    return out


def told_bihuan(out):
    figures = json.loads(out)["figures"]
    variants = {tuple(one["activities"]): one["cases"] for one in figures["variants"]}
    waits = {(one["from"], one["to"]): (one["wait"]["n"], one["wait"]["mean_seconds"], one["wait"]["median_seconds"]) for one in figures["directly_follows"]}
    return variants, waits


def by_pm4py(path):
    frame = pandas.read_csv(path)
    frame["time:timestamp"] = pandas.to_datetime(frame["time:timestamp"], format="ISO8601", utc=True)
    frame = pm4py.format_dataframe(frame, case_id="case:concept:name", activity_key="concept:name", timestamp_key="time:timestamp")
    variants = pm4py.get_variants(frame)
    follows, _, _ = pm4py.discover_dfg(frame)
    performance, _, _ = pm4py.discover_performance_dfg(frame)
    return variants, follows, performance


def told_pm4py(answer):
    variants, follows, performance = answer
    waits = {pair: (follows[pair], int(told["mean"] + 1e-9), int(told["median"])) for pair, told in performance.items()}
    return dict(variants), waits


def by_polars(path):
    case, activity, at = (polars.col(name) for name in ("case:concept:name", "concept:name", "time:timestamp"))
    frame = (
        polars.scan_csv(path)
        .select(case, activity, at.str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us"))
        .sort(case, at, maintain_order=True)
        .collect()
    )
    variants = frame.group_by(case, maintain_order=True).agg(activity).group_by("concept:name").len()
    pairs = (
        frame.lazy()
        .with_columns(
            same=case == case.shift(),
            before=activity.shift(),
            wait=(at - at.shift()).dt.total_seconds(),
        )
        .filter(polars.col("same"))
        .group_by("before", "concept:name")
        .agg(polars.len().alias("n"), polars.col("wait").mean().alias("mean"), polars.col("wait").median().alias("median"))
        .collect()
    )
    return variants, pairs


def told_polars(answer):
    variants, pairs = answer
    waits = {(one[0], one[1]): (one[2], int(one[3] + 1e-9), int(one[4])) for one in pairs.iter_rows()}
    return {tuple(way): n for way, n in variants.iter_rows()}, waits


def main():
    binary = sys.argv[1]
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="bihuan-mine-") as place:
        path = str(Path(place) / "log.csv")
        table(events, path)
        print(f"{events} events, {Path(path).stat().st_size / 1e6:.1f} MB; pm4py {pm4py.__version__}, Polars {polars.__version__}")
        ways = {
            "bihuan": (lambda: by_bihuan(binary, path), told_bihuan),
            "pm4py": (lambda: by_pm4py(path), told_pm4py),
            "Polars": (lambda: by_polars(path), told_polars),
        }
        took, answers = {name: [] for name in ways}, {}
        for _ in range(RUNS):
            for name, (run, _) in ways.items():
                start = time.perf_counter()
                answers[name] = run()
                took[name].append(time.perf_counter() - start)
        told = {name: ways[name][1](answer) for name, answer in answers.items()}
        for name in ("pm4py", "Polars"):
            assert told[name][0] == told["bihuan"][0], f"variants differ from {name}’s"
            assert told[name][1] == told["bihuan"][1], f"waits differ from {name}’s"
        ours = statistics.median(took["bihuan"])
        for name, times in took.items():
            middle = statistics.median(times)
            print(f"{name:7} median {middle:6.3f} s  fastest {min(times):6.3f} s  {middle / ours:5.1f} × bihuan")
        print(f"{len(told['bihuan'][0])} variants, {len(told['bihuan'][1])} pairs, the same for all three")


if __name__ == "__main__":
    main()
