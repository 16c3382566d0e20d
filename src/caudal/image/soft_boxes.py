"""Boxes chosen of those that overlap: with scores that sink with the overlap, and for several classes at once; beside boxes.py."""

import heapq

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.shapes import with_rank
from .boxes import best_of, overlap_of

__all__ = ["combined_non_max_suppression", "non_max_suppression_with_scores"]


def _weight(overlap, threshold, sigma):
    """What is left of a score beside a better box."""
    if overlap > threshold:
        return np.float32(0)
    return np.float32(np.exp(-0.5 / sigma * overlap * overlap)) if sigma > 0 else np.float32(1)


def _sunk(boxes, chosen, threshold, least, sigma, candidate):
    """The candidate's score after those chosen since it was last looked at; None if it is out."""
    score, k, seen = candidate
    for other in reversed(chosen[seen:]):
        overlap = overlap_of(boxes, k, [other])[0]
        if sigma <= 0 and overlap > threshold:
            return None
        score = np.float32(score * _weight(overlap, threshold, sigma))
        if score <= least:
            break
    return score


def _lower_soft(B, boxes, scores, most, threshold, least, sigma, *, pad_to_max_output_size):
    queue = [(-score, k, 0) for k, score in enumerate(scores) if score > least]
    heapq.heapify(queue)
    chosen, kept = [], []
    while len(chosen) < int(most) and queue:
        before, k, seen = heapq.heappop(queue)
        score = _sunk(boxes.astype(np.float32), chosen, threshold, least, sigma, (-before, k, seen))
        if score is not None and score == -before:
            chosen.append(k)
            kept.append(score)
        elif score is not None and score > least:
            heapq.heappush(queue, (-score, k, len(chosen)))
    missing = (0, int(most) - len(chosen) if pad_to_max_output_size else 0)
    return np.pad(np.array(chosen, np.int32), missing), np.pad(np.array(kept, scores.dtype), missing), np.int32(len(chosen))


def _infer_soft(boxes, scores, most, *_, pad_to_max_output_size):
    with_rank(boxes.dims, 2), with_rank(scores.dims, 1)
    size = static.number(most) if pad_to_max_output_size else None
    return [(size,), (size,), ()]


soft_node = define("NonMaxSuppressionV5", infer=_infer_soft, lower=_lower_soft, dynamic=True, host=True)


@export("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"), soft_nms_sigma=0.0, name=None
):
    """`non_max_suppression` that gives scores too, which sink by exp(-overlap^2 / (2 sigma)) beside a better box.

    Args:
      boxes: float32 `[boxes, 4]`: y1, x1, y2, x2 of two opposite corners.
      scores: float32 `[boxes]`.
      max_output_size: int32 scalar, how many at most.
      iou_threshold: by how much, in [0, 1], two may overlap.
      score_threshold: boxes that don't score more are left out.
      soft_nms_sigma: 0 for scores that stay as they are.
      name: the scope's name.

    Returns:
      (int32 `[chosen]`, indices; float32 `[chosen]`, scores).

    Source: Bodla et al. (2017).
    """
    with name_scope(name, "non_max_suppression_with_scores"):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, name="score_threshold")
        soft_nms_sigma = convert_to_tensor(soft_nms_sigma, name="soft_nms_sigma")
        made = soft_node(
            boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma, pad_to_max_output_size=False
        )
        return made[0], made[1]


# --- several classes ----------------------------------------------------------------------------------


def _of_picture(boxes, scores, most, threshold, least):
    """(score, class, box) of all that are chosen in a picture, the best first."""
    found = []
    for c in range(scores.shape[1]):
        of_class = boxes[:, min(c, boxes.shape[1] - 1)]
        found += [(scores[k, c], c, of_class[k]) for k in best_of(of_class, scores[:, c], most, threshold, least)]
    return sorted(found, key=lambda one: -one[0])


def _lower_combined(B, boxes, scores, most, total, threshold, least, *, pad_per_class, clip_boxes):
    size = min(int(most) * scores.shape[2], int(total)) if pad_per_class else int(total)
    out = np.zeros((len(boxes), size, 4), np.float32), np.zeros((len(boxes), size), np.float32)
    classes, counts = np.zeros((len(boxes), size), np.float32), np.zeros(len(boxes), np.int32)
    for b in range(len(boxes)):
        found = _of_picture(boxes[b], scores[b], int(most), threshold, least)[:size]
        counts[b] = len(found)
        for k, (score, c, box) in enumerate(found):
            out[0][b, k], out[1][b, k], classes[b, k] = np.clip(box, 0, 1) if clip_boxes else box, score, c
    return *out, classes, counts


def _infer_combined(boxes, scores, most, total, *_, pad_per_class):
    boxes, scores = with_rank(boxes.dims, 4), with_rank(scores.dims, 3)
    total, most = static.value(total), static.value(most)
    size = None if total is None else int(total)
    if pad_per_class:
        known = total is not None and most is not None and scores[2] is not None
        size = min(int(most) * scores[2], int(total)) if known else None
    return [(boxes[0], size, 4), (boxes[0], size), (boxes[0], size), (boxes[0],)]


combined_node = define("CombinedNonMaxSuppression", infer=_infer_combined, lower=_lower_combined, dynamic=True, host=True)


@export("image.combined_non_max_suppression")
def combined_non_max_suppression(
    boxes,
    scores,
    max_output_size_per_class,
    max_total_size,
    iou_threshold=0.5,
    score_threshold=float("-inf"),
    pad_per_class=False,
    clip_boxes=True,
    name=None,
):
    """The best boxes of each class in each picture, the best of all classes first.

    Args:
      boxes: float32 `[batch, boxes, q, 4]`; q is 1 if the classes share them.
      scores: float32 `[batch, boxes, classes]`.
      max_output_size_per_class: int32 scalar, how many of a class at most.
      max_total_size: int32 scalar, how many of a picture.
      iou_threshold: by how much, in [0, 1], two of a class may overlap.
      score_threshold: boxes that don't score more are left out.
      pad_per_class: whether the outputs are only as long as all classes together may be.
      clip_boxes: whether boxes are cut to [0, 1].
      name: the scope's name.

    Returns:
      (boxes `[batch, n, 4]`, scores `[batch, n]`, classes `[batch, n]`, int32 `[batch]` how many are no filling).
    """
    with name_scope(name, "combined_non_max_suppression"):
        iou_threshold = convert_to_tensor(iou_threshold, dtype=dtypes.float32, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, dtype=dtypes.float32, name="score_threshold")
        return combined_node(
            boxes,
            scores,
            max_output_size_per_class,
            max_total_size,
            iou_threshold,
            score_threshold,
            pad_per_class=pad_per_class,
            clip_boxes=clip_boxes,
        )
