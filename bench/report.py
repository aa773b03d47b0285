"""bench/RESULTS.md from the figures of bench/compare."""
from statistics import geometric_mean, median

from peers.common import CONVOLUTIONS

# Best peer's figure over Cornu's that is aimed at, by workload, or by workload and metric.
TARGETS = {"W1 16": 2.5, "W1 128": 1.7, "W1d 225": 2.5, "W2 20": 1.2, "W3 128": 2.0, "W3e 128": 2.0,
           "W4 128": 2.0, "W6": 1.0, "W7 1": 3.0, "W9 1": 50.0,
           "W5 matmul_256": 0.9, "W5 matmul_512": 0.9, "W5": 1.0}
# The same for the geometric mean over all convolutions, and for peak memory.
CONVOLUTIONS_TARGET = 1.5
MEMORY_TARGET = 2.0
OURS = ("Cornu", "Cornu, AVX2")
# Above this many cores kept busy by other programs a figure is marked.
QUIET = 0.25


def number(value):
    return f"{value:.4g}" if value < 1000 else f"{value:.0f}"


def table(head, lines):
    """Lines of a table; a heading that ends with a colon belongs to a column of numbers."""
    return ["| " + " | ".join(h.rstrip(":") for h in head) + " |",
            "|" + "|".join("--:" if h.endswith(":") else "---" for h in head) + "|",
            *("| " + " | ".join(line) + " |" for line in lines)]


def rows(raw, of_convolutions):
    """A row per metric: run, metric, medians by implementation, best peer."""
    for run, metrics in raw["times"].items():
        if (run.rpartition(" ")[0] in CONVOLUTIONS) != of_convolutions:
            continue
        for metric, times in metrics.items():
            medians = {name: median(values) for name, values in times.items()}
            peers = {n: m for n, m in medians.items() if n not in OURS}
            if "Cornu" in medians and peers:
                yield run, metric, medians, min(peers, key=peers.get)


def verdict(ratio, target):
    if ratio >= target:
        return "met"
    return f"missed: {ratio / target:.0%} of it"


def mark(raw, run):
    return " *" if raw["runs"][run]["others"] > QUIET else ""


def introduction(raw):
    ours = raw["cornu"].get("best", {})
    lines = ["# Cornu beside its peers", "",
             "Written by `bench/compare`; `bench/results.json` has the figures of every round. Times are "
             "milliseconds: medians of a round's calls, and of these the median of the rounds, in which all "
             "implementations take turns. A ratio is the best peer's time divided by Cornu's: above 1 Cornu is faster.", "",
             f"- {raw['date']}, {ours.get('processor', 'unknown processor')}, {raw['threads']} threads, {raw['system']}",
             f"- Cornu {ours.get('cornu')} ({ours.get('kernels')} kernels), "
             + "".join(f"{n} {v}, " for n, v in raw["versions"].items()) + f"Python {raw['python']}"]
    return lines + ([f"- {raw['note']}"] if raw.get("note") else [])


def targets(raw):
    lines, met, all_rows = [], 0, list(rows(raw, False))
    both = any("Cornu, AVX2" in medians for _, _, medians, _ in all_rows)
    for run, metric, medians, best in all_rows:
        ratio, target = medians[best] / medians["Cornu"], TARGETS.get(f"{run} {metric}", TARGETS.get(run))
        met += ratio >= target
        line = [run + mark(raw, run), metric, number(medians["Cornu"]), number(medians[best]), best, f"{ratio:.2f}",
                f"{target}", verdict(ratio, target)]
        if both:
            avx2 = medians.get("Cornu, AVX2")
            line += [number(avx2), f"{medians[best] / avx2:.2f}"] if avx2 else ["", ""]
        lines.append(line)
    if not lines:
        return []
    head = ["workload", "metric", "Cornu:", "best peer:", "", "ratio:", "target:", ""]
    head += ["AVX2:", "ratio:"] if both else []
    return ["", "## Ratios and targets", "", *table(head, lines), "", f"{met} of {len(lines)} targets are met."]


def quiet(raw):
    if not raw["runs"]:
        return []
    lines = ["", "A `*` marks runs during which other programs kept more than a quarter of a core busy (the median over "
             "the run; the list below has all). All take turns, but libraries bear a lack of cores differently: such ratios "
             "are rough, and such times say nothing.", ""]
    single = []
    for run, facts in raw["runs"].items():
        if run.rpartition(" ")[0] in CONVOLUTIONS:
            single.append(facts)
            continue
        lines.append(f"- {run}: {facts['rounds']} rounds of {facts['calls']} calls, others kept {facts['others']} "
                     f"cores busy ({facts['others_max']} at most){', ' + facts['date'] if 'date' in facts else ''}")
    if single:
        lines.append(f"- {len(single)} single convolutions: {single[0]['rounds']} rounds of {min(f['calls'] for f in single)} "
                     f"to {max(f['calls'] for f in single)} calls, others kept {median(f['others'] for f in single):.2f} cores "
                     f"busy ({max(f['others_max'] for f in single)} at most)")
    return lines


def convolutions(raw):
    lines, ratios, avx2_ratios = [], [], []
    all_rows = list(rows(raw, True))
    both = any("Cornu, AVX2" in medians for _, _, medians, _ in all_rows)
    for run, metric, medians, best in all_rows:
        name, _, batch = run.rpartition(" ")
        layer = CONVOLUTIONS[name]
        ratios.append(medians[best] / medians["Cornu"])
        layout = "contiguous" if best.endswith("contiguous") else "channels last"
        line = [layer["workload"] + mark(raw, run), layer["name"], batch, metric, number(medians["Cornu"]),
                number(medians[best]), layout, f"{ratios[-1]:.2f}"]
        if both:
            avx2 = medians.get("Cornu, AVX2")
            line += [number(avx2), f"{medians[best] / avx2:.2f}"] if avx2 else ["", ""]
            avx2_ratios += [medians[best] / avx2] if avx2 else []
        lines.append(line)
    if not lines:
        return []
    mean = geometric_mean(ratios)
    text = (f"Geometric mean of the ratios: {mean:.2f}, target {CONVOLUTIONS_TARGET} "
            f"({verdict(mean, CONVOLUTIONS_TARGET)}). At least as fast as oneDNN: "
            f"{sum(r >= 1 for r in ratios)} of {len(ratios)}; the lowest ratio is {min(ratios):.2f}.")
    if avx2_ratios:
        text += f" With AVX2 kernels (oneDNN keeps its own): {geometric_mean(avx2_ratios):.2f}."
    head = ["model", "convolution", "batch:", "direction", "Cornu:", "oneDNN:", "", "ratio:"]
    head += ["AVX2:", "ratio:"] if both else []
    return ["", "## Every convolution, each direction", "",
            "Input, filters, kernel / stride. oneDNN through PyTorch, the faster of its two layouts; operands are there "
            "already. Forward of a transposed convolution is what backward-data is of others.", "",
            *table(head, lines), "", text]


def products(raw):
    found = [row for row in rows(raw, False) if row[1].startswith("matmul_")]
    if not found:
        return []
    names, lines = list(dict.fromkeys(n for row in found for n in row[2])), []
    for _, metric, medians, _ in found:
        n = int(metric.removeprefix("matmul_"))
        lines.append([f"{n}", *(f"{2 * n**3 / medians[name] / 1e6:.0f}" if name in medians else "" for name in names)])
    return ["", "## Matrix products, GFLOP/s", "", *table(["", *(f"{n}:" for n in names)], lines)]


def memory(raw):
    found = {run: peaks for run, peaks in raw.get("memory", {}).items() if "Cornu" in peaks and len(peaks) > 1}
    names, lines = list(dict.fromkeys(n for peaks in found.values() for n in peaks)), []
    for run, peaks in found.items():
        least = min(peak for name, peak in peaks.items() if name not in OURS)
        ratio = least / peaks["Cornu"]
        lines.append([run, *(f"{peaks[n]:.0f}" if n in peaks else "" for n in names), f"{ratio:.2f}",
                      f"{MEMORY_TARGET}", verdict(ratio, MEMORY_TARGET)])
    head = ["workload", *(f"{n}:" for n in names), "ratio:", "target:", ""]
    return ["", "## Peak memory, MB", "",
            "The most resident memory of a process that does nothing else (VmHWM), and the least of the peers' over "
            "Cornu's.", "", *table(head, lines)] if lines else []


def sweep(raw):
    """Cost against batch size and threads."""
    by_threads, lines = raw.get("sweep", {}), []
    keys = list(dict.fromkeys(key for runs in by_threads.values() for key in runs))
    for key in keys:
        line = key.split()
        for runs in by_threads.values():
            times = {n: median(t) for metric in runs.get(key, {}).values() for n, t in metric.items()}
            peers = {n: m for n, m in times.items() if n not in OURS}
            if "Cornu" not in times or not peers:
                line += [""] * 4
                continue
            best = min(peers, key=peers.get)
            line += [number(times["Cornu"]), number(peers[best]), best, f"{peers[best] / times['Cornu']:.2f}"]
        lines.append(line)
    head = ["workload", "batch:"]
    for threads in by_threads:
        head += [f"Cornu, {threads} thread{'s' * (threads != '1')}:", "best peer:", "", "ratio:"]
    return ["", "## Cost against batch size and threads, ms", "", *table(head, lines)] if lines else []


def medians(raw):
    found = list(rows(raw, False))
    names = list(dict.fromkeys(n for row in found for n in row[2]))
    lines = [[run, metric, *(number(times[n]) if n in times else "" for n in names)]
             for run, metric, times, _ in found]
    head = ["workload", "metric", *(f"{n}:" for n in names)]
    return ["", "## All medians, ms", "", *table(head, lines)] if lines else []


def failures(raw):
    failed = [(run, name, text) for run, names in raw["errors"].items() for name, text in names.items()]
    lines = [f"- {run}, {name}: {text.strip().splitlines()[-1]}" for run, name, text in failed]
    return ["", "## What failed", "", *lines] if lines else []


def write(raw, path):
    sections = (introduction, targets, convolutions, products, memory, sweep, medians, quiet, failures)
    path.write_text("\n".join(line for section in sections for line in section(raw)) + "\n")
