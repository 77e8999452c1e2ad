"""The README's picture, made anew: `python -m tests.pictures`."""

from pathlib import Path

from playwright.sync_api import ViewportSize

from app.bootstrap import build
from app.proofs import proofs
from app.settings import load_settings
from tests.screenshots.stage import ANA
from tests.support.browser import chromium

PICTURE = Path(__file__).parent.parent / "docs" / "letter.png"
WINDOW: ViewportSize = {"width": 680, "height": 760}


def main() -> None:
    house = build(load_settings())
    message = proofs(house, house.catalogue["six-letters"], ANA)[0].composed.message
    assert message is not None
    with chromium() as browser:
        page = browser.new_page(viewport=WINDOW, device_scale_factor=1.5)
        page.set_content(message.html)
        page.screenshot(path=PICTURE)


if __name__ == "__main__":
    main()
