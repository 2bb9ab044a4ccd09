"""Whatever colour a client chooses, its pages can be read."""

from __future__ import annotations

import itertools

import pytest

from console.palette import DARK_SURFACE, LIGHT_SURFACE, READABLE, contrast, luminance, parse, scale
from console.sites import monogram

COLOURS = [
    f"#{red:02x}{green:02x}{blue:02x}"
    for red, green, blue in itertools.product(range(0, 256, 85), repeat=3)
]


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_gives_a_scale_that_can_be_read(colour: str) -> None:
    steps = scale(colour)
    assert contrast(steps["600"], "#ffffff") >= READABLE
    assert contrast(steps["600"], LIGHT_SURFACE) >= READABLE
    assert contrast(steps["500"], DARK_SURFACE) >= READABLE
    assert contrast(steps["700"], steps["100"]) >= READABLE


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert scale("#2563eb")["600"] == "#2563eb"


def test_the_scale_goes_from_light_to_dark_and_belongs_to_its_caller() -> None:
    steps = scale("#be123c")
    assert list(steps) == ["50", *(str(step) for step in range(100, 1000, 100)), "950"]
    lightness = [luminance(parse(colour)) for colour in steps.values()]
    assert lightness == sorted(lightness, reverse=True)
    steps["600"] = "spoilt"
    assert scale("#be123c")["600"] != "spoilt"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Acme Ltd", "AL"), ("globex", "G"), ("“Quoted” & Sons Ltd", "SL"), ("…", "?"), ("", "?")],
)
def test_a_monogram_is_made_of_any_name(name: str, letters: str) -> None:
    assert monogram(name) == letters
