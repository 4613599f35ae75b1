#!/usr/bin/env python3
"""Draws how a figure grows with something, as an SVG: a line for each test set and series.

    tools/plot_growth.py --label "synthetic persons" --out growth.svg \\
        "400 steps:100=runs/ids100/result.json" "400 steps:300=runs/ids300/result.json" "1,200 steps:3000=runs/long/result.json"

Each argument is SERIES:NUMBER=RESULT, RESULT being what a training writes. The horizontal axis is logarithmic, the vertical
one mAP in per cent. Nothing but Python is needed.
"""

import argparse
import json
import math
from html import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 270, 20, 48
COLOURS = ["#2a6fb0", "#c1572b", "#3c8c4a", "#7a4fa3"]
DASHES = ["", "6 4", "2 3"]


def read(arguments):
    """{(set, series): [(number, mAP)]}, in the order of the arguments."""
    lines = {}
    for argument in arguments:
        series, _, rest = argument.partition(":")
        number, _, path = rest.partition("=")
        with open(path) as file:
            results = json.load(file)["results"]
        for result in results:
            name = result["dataset"].rstrip("/").split("/")[-1]
            lines.setdefault((name, series), []).append((float(number), result["map"]))
    return {key: sorted(points) for key, points in lines.items()}


def step_of(top):
    return next(step for step in (1, 2, 5, 10, 20) if top / step <= 8)


def drawn(lines, label):
    numbers = sorted({number for points in lines.values() for number, _ in points})
    low, high = math.log(numbers[0]), math.log(numbers[-1])
    top = max(value for points in lines.values() for _, value in points) * 1.1
    x = lambda number: LEFT + (math.log(number) - low) / (high - low or 1) * (WIDTH - LEFT - RIGHT)
    y = lambda value: HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    step = step_of(top)
    for i in range(int(top / step) + 1):
        parts.append(f'<path d="M{LEFT} {y(i * step):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{y(i * step) + 4:.1f}" text-anchor="end">{i * step}</text>')
    for number in numbers:
        parts.append(f'<path d="M{x(number):.1f} {HEIGHT - BOTTOM}v5" stroke="#888"/>'
                     f'<text x="{x(number):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{number:,.0f}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(label)}</text>'
                 f'<text x="14" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" '
                 f'transform="rotate(-90 14 {(TOP + HEIGHT - BOTTOM) / 2})">mAP, per cent</text>')
    sets, series = list(dict.fromkeys(key[0] for key in lines)), list(dict.fromkeys(key[1] for key in lines))
    for row, ((name, which), points) in enumerate(lines.items()):
        colour, dash = COLOURS[sets.index(name) % len(COLOURS)], DASHES[series.index(which) % len(DASHES)]
        way = " ".join(f"{x(number):.1f},{y(value):.1f}" for number, value in points)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        parts += [f'<circle cx="{x(number):.1f}" cy="{y(value):.1f}" r="3.5" fill="{colour}"/>' for number, value in points]
        height = TOP + 12 + 20 * row
        parts.append(f'<path d="M{WIDTH - RIGHT + 16} {height - 4}h24" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
                     f'<text x="{WIDTH - RIGHT + 46}" y="{height}">{escape(f"{name}, {which}")}</text>')
    return "\n".join(parts + ["</svg>\n"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("points", nargs="+", metavar="SERIES:NUMBER=RESULT")
    parser.add_argument("--label", required=True, help="of the horizontal axis")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    with open(arguments.out, "w") as file:
        file.write(drawn(read(arguments.points), arguments.label))


if __name__ == "__main__":
    main()
