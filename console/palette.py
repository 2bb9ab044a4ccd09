"""A full colour scale from one colour, readable in both themes.

The pages put white text on step 600, step 600 on light greys, step 500 on dark ones and step 700
on step 100. A client may choose any colour, yellow or nearly black; the scale keeps its hue
and moves its lightness until each of these can be read (4.5 : 1, WCAG AA).
"""

from __future__ import annotations

import math
from functools import lru_cache

Rgb = tuple[float, float, float]

#: What text has to stand out by against what is behind it.
READABLE = 4.5
# The greys that text in the colour lies on: the darkest of the light theme, the lightest of the
# dark one. What can be read on them can be read on white and on the page's background too.
LIGHT_SURFACE = "#f3f4f6"
DARK_SURFACE = "#1e2939"

# Step: how light it is (OKLab, 0 to 1) and how much of the colour's chroma it keeps. Steps 500
# and 600 are computed from the colour itself.
_TINTS = {50: (0.975, 0.12), 100: (0.945, 0.25), 200: (0.895, 0.45), 300: (0.82, 0.75)}
_SHADES = {700: (0.87, 0.95), 800: (0.77, 0.85), 900: (0.67, 0.72), 950: (0.50, 0.55)}
# A button in step 600 must not vanish on the dark background.
_DARKEST_BUTTON = 0.42


def scale(colour: str) -> dict[str, str]:
    """Steps 50 to 950 of ``colour`` (as ``#2563eb``), each as ``#rrggbb``; a new dict each time."""
    return dict(_scale(colour))


@lru_cache(maxsize=512)
def _scale(colour: str) -> tuple[tuple[str, str], ...]:
    lightness, chroma, hue = _to_oklch(parse(colour))

    def at(step_lightness: float, share: float = 1.0) -> str:
        return _in_gamut(step_lightness, chroma * share, hue)

    button = max(lightness, _DARKEST_BUTTON)
    while contrast(at(button), LIGHT_SURFACE) < READABLE:
        button -= 0.01
    link = max(lightness, button)
    while contrast(at(link), DARK_SURFACE) < READABLE:
        link += 0.01
    steps = {step: at(*values) for step, values in _TINTS.items()}
    steps |= {400: at(min(link + 0.08, 0.85), 0.92), 500: at(link), 600: at(button)}
    steps |= {step: at(button * factor, share) for step, (factor, share) in _SHADES.items()}
    return tuple((str(step), steps[step]) for step in sorted(steps))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG defines it: 1 (none) to 21 (black on white)."""
    lighter, darker = sorted((luminance(parse(one)), luminance(parse(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(rgb: Rgb) -> float:
    red, green, blue = (_linear(part) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def parse(colour: str) -> Rgb:
    """``#rrggbb`` as three numbers from 0 to 1."""
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _encoded(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _to_oklch(rgb: Rgb) -> tuple[float, float, float]:
    """OKLab in polar form: lightness, chroma, hue in radians (B. Ottosson's matrices)."""
    red, green, blue = (_linear(part) for part in rgb)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _to_linear_rgb(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _in_gamut(lightness: float, chroma: float, hue: float) -> str:
    """The nearest colour that a screen has: same lightness and hue, less chroma."""
    lightness = min(max(lightness, 0.0), 1.0)
    while chroma > 0.001:
        rgb = _to_linear_rgb(lightness, chroma, hue)
        if all(-0.0005 <= part <= 1.0005 for part in rgb):
            break
        chroma *= 0.97
    else:
        rgb = _to_linear_rgb(lightness, 0.0, hue)
    encoded = (round(_encoded(min(max(part, 0.0), 1.0)) * 255) for part in rgb)
    return "#" + "".join(f"{part:02x}" for part in encoded)
