"""bench/RESULTS.md from the figures of bench/compare."""
from statistics import median

# Best peer's time over Cornu's that is aimed at, by workload, or by workload and metric.
TARGETS = {"W1 16": 2.5, "W1 128": 1.7, "W1d 225": 2.5, "W2 20": 1.2, "W3 128": 2.0, "W3e 128": 2.0,
           "W4 128": 2.0, "W6": 1.0, "W7 1": 3.0, "W9 1": 50.0,
           "W5 matmul_256": 0.9, "W5 matmul_512": 0.9, "W5": 1.0}
OURS = ("Cornu", "Cornu, AVX2")
# Above this many cores kept busy by other programs a figure is marked.
QUIET = 0.25


def number(ms):
    return f"{ms:.4g}" if ms < 1000 else f"{ms:.0f}"


def rows(raw):
    """A row per metric: what it is, medians by implementation, best peer, target."""
    for run, metrics in raw["times"].items():
        for metric, times in metrics.items():
            medians = {name: median(values) for name, values in times.items()}
            peers = {n: m for n, m in medians.items() if n not in OURS}
            if "Cornu" not in medians or not peers:
                continue
            best = min(peers, key=peers.get)
            target = TARGETS.get(f"{run} {metric}", TARGETS.get(run))
            yield run, metric, medians, best, target


def verdict(ratio, target):
    if ratio >= target:
        return "met"
    return f"missed: {ratio / target:.0%} of it"


def write(raw, path):
    ours = raw["cornu"].get("best", {})
    lines = ["# Cornu beside its peers", "",
             "Written by `bench/compare`; `bench/results.json` has the figures of every round. Times are "
             "milliseconds: medians of a round's calls, and of these the median of the rounds, in which all "
             "implementations take turns. A ratio is the best peer's time divided by Cornu's: above 1 Cornu is faster.", "",
             f"- {raw['date']}, {ours.get('processor', 'unknown processor')}, {raw['threads']} threads, {raw['system']}",
             f"- Cornu {ours.get('cornu')} ({ours.get('kernels')} kernels), "
             + ", ".join(f"{n} {v}" for n, v in raw["versions"].items()) + f", Python {raw['python']}"]
    lines += [f"- {raw['note']}"] if raw.get("note") else []
    lines.append("")
    table = list(rows(raw))
    both = any("Cornu, AVX2" in medians for _, _, medians, _, _ in table)
    lines += ["## Ratios and targets", "",
              "| workload | metric | Cornu | best peer | | ratio | target | |" + (" AVX2 | ratio |" if both else ""),
              "|---|---|--:|--:|---|--:|--:|---|" + ("--:|--:|" if both else "")]
    for run, metric, medians, best, target in table:
        ratio = medians[best] / medians["Cornu"]
        mark = " *" if raw["runs"][run]["others"] > QUIET else ""
        line = (f"| {run}{mark} | {metric} | {number(medians['Cornu'])} | {number(medians[best])} | {best} "
                f"| {ratio:.2f} | {target} | {verdict(ratio, target)} |")
        if both and "Cornu, AVX2" in medians:
            avx2 = medians["Cornu, AVX2"]
            line += f" {number(avx2)} | {medians[best] / avx2:.2f} |"
        lines.append(line)
    met = sum(medians[best] / medians["Cornu"] >= target for _, _, medians, best, target in table)
    lines += ["", f"{met} of {len(table)} targets are met.", "",
              "A `*` marks runs during which other programs kept more than a quarter of a core busy (the median over "
              "the run; the list below has all). All take turns, but libraries bear a lack of cores differently: such ratios "
              "are rough, and such times say nothing.", ""]
    for run, facts in raw["runs"].items():
        lines.append(f"- {run}: {facts['rounds']} rounds of {facts['calls']} calls, others kept {facts['others']} "
                     f"cores busy ({facts['others_max']} at most)")
    products = [row for row in table if row[1].startswith("matmul_")]
    if products:
        names = list(dict.fromkeys(n for row in products for n in row[2]))
        lines += ["", "## Matrix products, GFLOP/s", "", "| | " + " | ".join(names) + " |",
                  "|---|" + "--:|" * len(names)]
        for _, metric, medians, _, _ in products:
            n = int(metric.removeprefix("matmul_"))
            cells = [f"{2 * n**3 / medians[name] / 1e6:.0f}" if name in medians else "" for name in names]
            lines.append(f"| {n} | " + " | ".join(cells) + " |")
    names = list(dict.fromkeys(n for row in table for n in row[2]))
    lines += ["", "## All medians, ms", "", "| workload | metric | " + " | ".join(names) + " |",
              "|---|---|" + "--:|" * len(names)]
    for run, metric, medians, _, _ in table:
        cells = [number(medians[n]) if n in medians else "" for n in names]
        lines.append(f"| {run} | {metric} | " + " | ".join(cells) + " |")
    failed = [(run, name, text) for run, names in raw["errors"].items() for name, text in names.items()]
    if failed:
        lines += ["", "## What failed", ""]
        lines += [f"- {run}, {name}: {text.strip().splitlines()[-1]}" for run, name, text in failed]
    path.write_text("\n".join(lines) + "\n")
