"""The house's colours. Contrasts on their grounds are held by a test, not by memory."""

from dataclasses import dataclass


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
