# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Lines over a logarithmic axis, as SVG: what report.py draws; the standard library is enough."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 190, 48, 56  # what axes and labels take
LABEL = 16  # between two labels
# Okabe and Ito's colours: told apart by eyes that see fewer of them, too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")


def step_of(most):
    """A round distance between grid lines, of which there are at most eight."""
    step = 10 ** math.floor(math.log10(most))
    for part in (0.1, 0.2, 0.5, 1):
        if most / (step * part) <= 8:
            return step * part
    return step * 2


def short(number):
    for size, letter in ((1000000, "M"), (1000, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def apart(wanted):
    """Moves labels, given by their heights, so far that none lies on another."""
    placed = {}
    lowest = HEIGHT - BOTTOM
    for index in sorted(range(len(wanted)), key=lambda i: -wanted[i]):
        placed[index] = min(wanted[index], lowest)
        lowest = placed[index] - LABEL
    return [placed[i] for i in range(len(wanted))]


class Plot:
    """A series is a name, its points (x, y), a number that says its colour, and whether it is dashed.

    x is positive, and y begins at 0.
    """

    def __init__(self, title, x_label, y_label, series):
        self.title, self.x_label, self.y_label = title, x_label, y_label
        self.series = series
        xs = [x for _, points, *_ in series for x, _ in points]
        self.least, self.most = math.log10(min(xs)), math.log10(max(xs))
        highest = max(y for _, points, *_ in series for _, y in points)
        self.step = step_of(highest)
        self.top = math.ceil(highest / self.step) * self.step

    def x(self, value):
        share = (math.log10(value) - self.least) / (self.most - self.least)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def grid(self):
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        for i in range(round(self.top / self.step) + 1):
            y = self.y(i * self.step)
            yield f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>'
            yield (f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
                   f'{i * self.step:g}</text>')
        for power in range(math.ceil(self.least), math.floor(self.most) + 1):
            x = self.x(10 ** power)
            yield f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>'
            yield (f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">'
                   f'{short(10 ** power)}</text>')
        yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'

    def titles(self):
        middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
        yield f'<text class="title" x="{LEFT}" y="22">{escape(self.title)}</text>'
        yield f'<text x="{LEFT}" y="{TOP - 8}">{escape(self.y_label)}</text>'
        yield (f'<text x="{middle:.0f}" y="{HEIGHT - 14}" text-anchor="middle">'
               f'{escape(self.x_label)}</text>')

    def lines(self):
        heights = apart([self.y(points[-1][1]) for _, points, *_ in self.series])
        for i, (name, points, number, dashed) in enumerate(self.series):
            colour = COLOURS[number % len(COLOURS)]
            path = "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)
            dash = ' stroke-dasharray="6 4"' if dashed else ""
            end = WIDTH - RIGHT
            yield f'<path class="line" stroke="{colour}"{dash} d="M{path}"/>'
            for x, y in points:
                yield f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3" fill="{colour}"/>'
            yield (f'<path stroke="{colour}" stroke-width="0.7" '
                   f'd="M{end + 4} {self.y(points[-1][1]):.1f}L{end + 16} {heights[i]:.1f}"/>')
            yield (f'<text x="{end + 20}" y="{heights[i] + 4:.1f}" fill="{colour}">'
                   f'{escape(name)}</text>')

    def svg(self):
        yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
               f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" '
               'font-size="13">')
        yield f'<title>{escape(self.title)}</title>'
        yield ('<style>.grid{stroke:#ddd}.axis{stroke:#333;fill:none}'
               '.line{fill:none;stroke-width:2}.title{font-size:15px;font-weight:bold}</style>')
        yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        yield from self.grid()
        yield from self.titles()
        yield from self.lines()
        yield "</svg>"

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.svg()) + "\n")
