"""Boxes: conversions between formats, overlaps, and TensorFlow's non-maximum suppression."""
import keras
import numpy as np
import tensorflow as tf
from common import grid, number, save, tensor

FORMATS = ("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")
HEIGHT, WIDTH = 20, 50


def corners(n, seed):
    """Boxes in an image of 20 rows and 50 columns."""
    start = grid((n, 2), 0, 0.6, seed) * (WIDTH, HEIGHT)
    size = grid((n, 2), 0.1, 0.4, seed + 1) * (WIDTH, HEIGHT)
    return np.round(np.concatenate([start, start + size], 1), 2).astype("float32")


def convert(boxes, source, target):
    return keras.utils.bounding_boxes.convert_format(boxes, source=source, target=target, height=HEIGHT, width=WIDTH)


def conversions():
    boxes = corners(2, 3)
    for source in FORMATS:
        given = convert(boxes, "xyxy", source)
        yield {"convert": source, "boxes": tensor(given), "to": {target: tensor(convert(given, source, target)) for target in FORMATS}}


def overlaps():
    a, b = corners(5, 1), corners(4, 7)
    for name in FORMATS[:5]:
        x, y = convert(a, "xyxy", name), convert(b, "xyxy", name)
        yield {"overlap": name, "a": tensor(x), "b": tensor(y), "iou": tensor(keras.utils.bounding_boxes.compute_iou(x, y, name)),
               "ciou": tensor(keras.utils.bounding_boxes.compute_ciou(x[:4], y, name))}


def suppressions():
    boxes = corners(12, 5)
    scores = np.round(grid((12,), 0, 1, 2), 1)
    for threshold, least, most, sigma in ((0.5, float("-inf"), 12, 0), (0.1, 0.3, 12, 0), (0.3, 0.2, 3, 0), (0.9, 0.1, 12, 0.5), (0.2, 0.15, 5, 0.2)):
        chosen, kept = tf.image.non_max_suppression_with_scores(boxes, scores, most, threshold, least, float(sigma))
        yield {"suppress": [threshold, number(least), most, sigma], "boxes": tensor(boxes), "scores": tensor(scores),
               "chosen": [int(i) for i in chosen], "kept": tensor(kept)}


def main():
    save("boxes", [*conversions(), *overlaps(), *suppressions()],
         "conversions in an image of 20 rows and 50 columns; overlaps: iou of all pairs, ciou of pairs; non-maximum suppression")


if __name__ == "__main__":
    main()
