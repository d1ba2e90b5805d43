"""A figure: what was measured, its bar, its value. All measures return lists of these."""

from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass
class Figure:
    """`bar` None: told without a judgement. `note` stands in brackets behind the value."""

    name: str
    unit: str
    value: float
    bar: float | None = None
    note: str = ""
    more_is_better: bool = False

    @property
    def is_met(self):
        if self.bar is None:
            return None
        return self.value >= self.bar if self.more_is_better else self.value <= self.bar


def percentile(values, percent):
    """The smallest value that `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def show(value):
    """Two or three digits that count."""
    if value == 0:
        return "0"
    if abs(value) < 0.1:
        return f"{value:.2g}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


__all__ = ["Figure", "median", "percentile", "show"]
