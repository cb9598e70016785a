"""The picture of a notice's progress: plain SVG shapes without words or styles, beside which the page tells
the same in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ackservice.service.overview import Progress

WIDTH, HEIGHT = 600, 160


@dataclass(frozen=True)
class Picture:
    """Where things lie in a picture of WIDTH by HEIGHT; `today_x` is None where today is outside of it."""

    line: str
    area: str
    effective_x: float
    today_x: float | None
    width: int = WIDTH
    height: int = HEIGHT


def picture(progress: Progress, effective_on: date, today: date) -> Picture:
    """The steps of acknowledgements, as high as the picture when everybody has acknowledged."""
    last = max(progress.last, min(today, progress.last))
    days = max(1, (last - progress.first).days + 1)

    def x(day: date, at_end: bool = False) -> float:
        return round(WIDTH * ((day - progress.first).days + at_end) / days, 1)

    def y(people: int) -> float:
        return round(HEIGHT - (HEIGHT - 6) * people / max(1, progress.total), 1)

    shown_to = min(max(today, progress.first), last)
    points, height = [(0.0, float(HEIGHT))], float(HEIGHT)
    for step in progress.steps:
        at = max(0.0, x(step.on))
        points += [(at, height), (at, height := y(step.so_far))]
    points.append((x(shown_to, at_end=True), height))
    line = "M" + " L".join(f"{a:g} {b:g}" for a, b in points)
    inside = progress.first <= today <= last
    return Picture(
        line,
        f"{line} L{points[-1][0]:g} {HEIGHT} Z",
        x(effective_on),
        x(today, at_end=True) if inside else None,
    )
