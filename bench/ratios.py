"""The figures of the data plane as two tables: what each candidate needs, and APM's ratios."""

from figures import Figure, show
from load import SCENARIOS
from table import aligned, bar, judgement

NODE, PYTHON, FLOOR = "APM, Node", "APM, Python", "nginx return 200"
# How many times a peer's requests a second, for the scenarios in their order.
BARS = (
    (NODE, "nginx→node", (3.5, 4.0, 4.0, 3.0)),
    (NODE, "node cluster", (1.7, 2.2, 2.0, 1.6)),
    (PYTHON, "nginx→uwsgi", (4.0, 4.0, 3.6, 3.0)),
    (PYTHON, "granian wsgi", (1.4, 1.6, 1.5, 1.2)),
)
P50_BAR, P99_BAR, FLOOR_BAR, IDLE_BAR = 0.6, 1, 1, 300


def render(results, names):
    """`results`: part -> candidate -> a Round, or None; of `idle`, bytes."""
    return "\n".join(
        ["", *boxed(needs(results, names)), "",
         "In each: thousand requests a second, microseconds of CPU a request, p99 in ms, per cent",
         "of the processor. Where these are few, others were at work, and CPU alone counts.", "",
         *boxed(ratios(results)), "",
         "By requests a second, and by the CPU time of all processes that answer."])


def boxed(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [aligned(row, widths) for row in rows]
    return [lines[0], "-" * (sum(widths) + 2 * (len(widths) - 1)), *lines[1:]]


def needs(results, names):
    rows = [("candidate", *SCENARIOS, "p50 of one, ms", "bytes an idle one")]
    for name in names:
        rounds = [results.get(scenario, {}).get(name) for scenario in SCENARIOS]
        one, idle = results.get("one", {}).get(name), results.get("idle", {}).get(name)
        rows.append((name, *map(needed, rounds), show(one.p50) if one else "-",
                     "-" if idle is None else show(idle)))
    return rows


def needed(taken):
    if not taken:
        return "-"
    return f"{taken.rate / 1000:.1f} / {taken.cpu:.1f} / {taken.p99:.2f} / {taken.share:.0f}"


def ratios(results):
    rows = [("ratio", "bar", "requests/s", "", "CPU", "")]
    for own, peer, bars in BARS:
        for scenario, least in zip(SCENARIOS, bars):
            figures = speed(results, scenario, own, peer, least)
            rows.append(row(f"{own} / {peer}: {scenario}", *figures))
    for scenario in SCENARIOS:
        rows.append(row(f"p99 of {scenario}: {NODE} / nginx→node",
                        latency(results, scenario, "p99", P99_BAR)))
    rows.append(row(f"p50 of one connection: {NODE} / nginx→node",
                    latency(results, "one", "p50", P50_BAR)))
    rows.append(row(f"hello: apm-proxyd of {NODE} / {FLOOR}", None, floor(results)))
    idle = results.get("idle", {}).get(NODE)
    if idle is not None:
        rows.append(row("bytes of an idle connection", Figure("", "", idle, IDLE_BAR)))
    return rows


def pair(results, part, own, peer):
    """The rounds of both, or nothing."""
    found = [results.get(part, {}).get(name) for name in (own, peer)]
    return found if all(found) else None


def speed(results, scenario, own, peer, least):
    both = pair(results, scenario, own, peer)
    if not both:
        return None, None
    return tuple(Figure("", "", ratio, least, more_is_better=True)
                 for ratio in (both[0].rate / both[1].rate, both[1].cpu / both[0].cpu))


def latency(results, part, field, most):
    both = pair(results, part, NODE, "nginx→node")
    return both and Figure("", "", getattr(both[0], field) / getattr(both[1], field), most)


def floor(results):
    both = pair(results, "hello", NODE, FLOOR)
    return both and Figure("", "", both[0].front_cpu / both[1].cpu, FLOOR_BAR)


def row(name, by_rate, by_cpu=None):
    sample = by_rate or by_cpu
    cells = [cell for figure in (by_rate, by_cpu)
             for cell in ((show(figure.value), judgement(figure)) if figure else ("-", ""))]
    return (name, bar(sample) if sample else "", *cells)
