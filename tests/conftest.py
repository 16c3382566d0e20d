"""What the tests share: the module `tests/held.py`, and the scores that a run prints at its end."""

import collections
import os
import sys

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("CAUDAL_CACHE", "0")  # what is tested is this code, not what an earlier one compiled
sys.path.insert(0, os.path.dirname(__file__))


def pytest_terminal_summary(terminalreporter):
    """Prints what tests said with `record_property('score', ...)`, and how many of TF's recorded programs hold."""
    lines, held = [], collections.defaultdict(lambda: [0, 0])
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "call":
                continue
            for key, value in report.user_properties:
                if key == "score":
                    lines.append(value)
                elif key == "program":
                    held[value][0] += report.outcome == "passed"
                    held[value][1] += 1
    if lines or held:
        terminalreporter.section("scores")
    for line in sorted(lines):
        terminalreporter.write_line(line)
    for group in sorted(held):
        terminalreporter.write_line(f"{group}: {held[group][0]} of {held[group][1]}")
