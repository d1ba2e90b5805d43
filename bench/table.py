"""The figures of all managers as one table for the terminal."""

from figures import show

NAMES = ("APM", "supervisor", "runit")
HEAD = ("figure", "unit", "bar", "", *NAMES, "APM/supervisor", "APM/runit")


def render(results):
    """`results`: measure name -> manager name -> list of figures, or None."""
    rows = [HEAD]
    for by_manager in results.values():
        rows += rows_of(by_manager)
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [aligned(row, widths) for row in rows]
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join(["", *lines, "", "In brackets: what the figure's name has in brackets."])


def rows_of(by_manager):
    """One row for each figure that any manager has, in the order of their appearance."""
    found = {}
    for manager, figures in by_manager.items():
        for figure in figures or []:
            found.setdefault(figure.name, {})[manager] = figure
    return [row(figures) for figures in found.values()]


def row(figures):
    own = figures.get("APM")
    sample = own or next(iter(figures.values()))
    cells = [cell(figures.get(name)) for name in NAMES]
    ratios = [ratio(own, figures.get(name)) for name in NAMES[1:]]
    return (sample.name, sample.unit, bar(sample), judgement(own), *cells, *ratios)


def bar(figure):
    if figure.bar is None:
        return ""
    return ("≥ " if figure.more_is_better else "≤ ") + f"{figure.bar:g}"


def judgement(own):
    if own is None or own.is_met is None:
        return ""
    return "met" if own.is_met else "MISSED"


def cell(figure):
    if figure is None:
        return "-"
    return show(figure.value) + (f" ({figure.note})" if figure.note else "")


def ratio(own, other):
    if own is None or other is None or other.value == 0:
        return "-"
    return show(own.value / other.value)


def aligned(row_cells, widths):
    """The figure's name to the left, everything else to the right."""
    first, *others = [text.ljust(width) if column == 0 else text.rjust(width)
                      for column, (text, width) in enumerate(zip(row_cells, widths))]
    return "  ".join([first, *others])
