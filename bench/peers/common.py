"""What every peer shares: requests on standard input, times on standard output.

A request is a line of JSON: {"variant", "workload", "batch", "calls"}. The answer is a line of JSON that
maps each metric of the workload to the milliseconds of its calls, or {"error": text}.
"""
import json
import os
import sys
import time
import traceback
from pathlib import Path

WARM_UP = 0.2

# The single convolutions that are timed, by the name of their workload: Cornu's own list.
LIST = Path(__file__).resolve().parents[2] / "crates/cornu-cli/src/bench/convolutions.json"
CONVOLUTIONS = {"conv " + layer["name"]: layer for layer in json.loads(LIST.read_text())}


def set_threads():
    """Before any framework is imported: as many threads as BENCH_THREADS says."""
    threads = os.environ.setdefault("BENCH_THREADS", "2")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = threads
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(threads)])
    return int(threads)


def measure(call, calls):
    start = time.perf_counter()
    while time.perf_counter() - start < WARM_UP:
        call()
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def serve(prepare, versions, reset=lambda: None):
    """Answers requests; `prepare(variant, workload, batch)` gives a call for each metric.

    A call may return the number of steps that it stands for. The calls of one workload are kept, those of all
    variants, until another is asked for; then `reset` frees what the framework holds.
    """
    answers, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(versions), file=answers, flush=True)
    current, known = None, {}
    for line in sys.stdin:
        request = json.loads(line)
        variant, workload = request["variant"], (request["workload"], request["batch"])
        try:
            if workload != current:
                known.clear()
                reset()
                current = workload
            if variant not in known:
                known[variant] = prepare(variant, *workload)
                for call in known[variant].values():
                    call()  # traces and compiles
            answer = {}
            for name, call in known[variant].items():
                steps = call() or 1
                answer[name] = [t / steps for t in measure(call, request["calls"])]
        except Exception:  # one failed workload must not end the others
            answer = {"error": traceback.format_exc(limit=-2)}
        print(json.dumps(answer), file=answers, flush=True)
