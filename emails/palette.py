"""The house's colours. Contrasts on their grounds are held by a test, not by memory."""

from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass, replace

# What WCAG asks of words.
READABLE = 4.5
STEP = 0.01
SRGB_KNEE = 0.04045


@dataclass(frozen=True)
class Palette:
    ground: str
    sheet: str
    ink: str
    quiet: str
    accent: str
    on_accent: str
    trouble: str
    line: str


LIGHT = Palette(
    ground="#FAF7F2",
    sheet="#FFFDF9",
    ink="#24292B",
    quiet="#5A6468",
    accent="#1F5C53",
    on_accent="#FFFDF9",
    trouble="#9B3B2E",
    line="#E4DED3",
)
DARK = Palette(
    ground="#161A1B",
    sheet="#1E2324",
    ink="#E9E5DD",
    quiet="#9AA5A6",
    accent="#7CC2B4",
    on_accent="#10211E",
    trouble="#E59A8B",
    line="#2D3435",
)


def in_accent(accent: str) -> tuple[Palette, Palette]:
    """The light and the dark one in the owner's accent, such as "#1F5C53"; ours without one.

    It is darkened on paper, and lightened in the dark, until it can be read there.
    """
    if not accent:
        return LIGHT, DARK
    on_paper = _readable(accent, (LIGHT.ground, LIGHT.sheet), -STEP)
    at_night = _readable(accent, (DARK.ground, DARK.sheet), STEP)
    return replace(LIGHT, accent=on_paper), replace(DARK, accent=at_night, on_accent=DARK.ground)


def contrast(one: str, other: str) -> float:
    """As WCAG counts it, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _readable(colour: str, grounds: tuple[str, ...], step: float) -> str:
    hue, lightness, saturation = rgb_to_hls(*_parts(colour))
    while any(contrast(colour, ground) < READABLE for ground in grounds):
        lightness = min(1.0, max(0.0, lightness + step))
        red, green, blue = (round(255 * part) for part in hls_to_rgb(hue, lightness, saturation))
        colour = f"#{red:02X}{green:02X}{blue:02X}"
    return colour


def _luminance(colour: str) -> float:
    red, green, blue = map(_linear, _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    """From sRGB, whose darkest colours are set out evenly."""
    return part / 12.92 if part <= SRGB_KNEE else ((part + 0.055) / 1.055) ** 2.4


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue
