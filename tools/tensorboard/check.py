#!/usr/bin/env python3
"""Checks that TensorBoard itself reads Cornu's event files.

Needs Python with tensorboard (pip install tensorboard) and cargo. From the repository's root:

    python3 tools/tensorboard/check.py

It runs the example `tensorboard_events` and compares what TensorBoard's readers return with what
that example wrote. Last run with TensorBoard 2.21.0.
"""

import struct
import subprocess
import tempfile

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.util import tensor_util


def main():
    with tempfile.TemporaryDirectory() as folder:
        command = "cargo run -q -p cornu --example tensorboard_events --".split()
        subprocess.run(command + [folder], check=True)
        events = event_accumulator.EventAccumulator(folder, size_guidance={"tensors": 0})
        events.Reload()

    assert events.FirstEventTimestamp() > 1.7e9
    tags = ["epoch_loss", "epoch_accuracy", "samples", "dense/kernel", "dense/bias"]
    assert events.Tags()["tensors"] == tags, events.Tags()
    plugins = {t: events.SummaryMetadata(t).plugin_data.plugin_name for t in tags}
    names = ["scalars", "scalars", "images", "histograms", "histograms"]
    assert list(plugins.values()) == names, plugins

    def tensors(tag):
        return [(e.step, tensor_util.make_ndarray(e.tensor_proto)) for e in events.Tensors(tag)]

    for tag, expected in [
        ("epoch_loss", lambda step: 1 / (1 + step)),
        ("epoch_accuracy", lambda step: step / 100),
    ]:
        points = tensors(tag)
        assert [step for step, _ in points] == list(range(100)), tag
        assert all(v.shape == () and abs(v - expected(s)) < 1e-7 for s, v in points), tag

    [(step, strings)] = tensors("samples")
    assert step == 5 and list(strings[:2]) == [b"3", b"2"] and len(strings) == 4
    for png in strings[2:]:
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", png[16:24]) == (3, 2)

    [(_, kernel)] = tensors("dense/kernel")
    assert kernel.shape == (30, 3) and kernel[:, 2].sum() == 301
    assert kernel[0, 0] == 0 and kernel[-1, 1] == 30
    [(_, bias)] = tensors("dense/bias")
    assert bias.tolist() == [[-0.5, 0.5, 8.0]]
    print("TensorBoard reads every tag, step and value")


main()
