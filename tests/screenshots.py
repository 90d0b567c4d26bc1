"""Index of the shipped course ▶ the README's pictures: ``make screenshots``."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PIL import Image
from playwright.sync_api import sync_playwright

from coursebot import Assistant
from tests.conftest import CHROMIUM, ROOT
from tests.web.conftest import ARGUMENTS, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = ROOT / "docs" / "images"
COLOURS = 256
"""The page has few; a palette makes a third of the file."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the page with an answer, or with the course over it."""

    name: str
    locale: str
    width: int
    height: int
    question: str
    scale: int = 1
    scheme: Literal["light", "dark"] = "light"
    follow: bool = False
    """Follow the first citation."""


TOKEN = "how long is an az acr login token valid?"
PICTURES = (
    Picture("answer", "en-US", 1440, 900, TOKEN, follow=True),
    Picture("dark", "ja-JP", 1440, 900, "脆弱性スキャンは何分で終わりますか", scheme="dark"),
    Picture("not-covered", "en-US", 1024, 720, "What is the capital of France?"),
    Picture("phone", "ja-JP", 390, 844, "管理者ユーザーを有効にするには？", scale=2),
    Picture("phone-reader", "ja-JP", 390, 844, "管理者ユーザーを有効にするには？", 2, follow=True),
)


def main() -> None:
    """Ask each question on the page and keep what a learner sees."""
    from coursebot.web.server import create

    IMAGES.mkdir(exist_ok=True)
    with running(create(Assistant.open(ROOT / "index"))) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for picture in PICTURES:
            save(take(browser, url, picture), IMAGES / f"{picture.name}.png")
        browser.close()


def take(browser: Browser, url: str, picture: Picture) -> bytes:
    """Return the page with the answer to the picture's question, as a PNG."""
    context = browser.new_context(
        locale=picture.locale,
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.scale,
        color_scheme=picture.scheme,
    )
    page = context.new_page()
    page.goto(url)
    page.locator("#words").wait_for(state="attached")
    page.locator("#question textarea").fill(picture.question)
    page.locator("#ask").click()
    page.locator(".turn .actions").wait_for()
    if picture.follow:
        page.locator("a.cite").first.click()
        page.locator("#reader mark").first.wait_for()
    page.mouse.move(0, 0)
    page.wait_for_timeout(2500)  # scrolling and flashing come to an end
    made = page.screenshot()
    context.close()
    return made


def save(made: bytes, file: Path) -> None:
    """Write a PNG with a palette."""
    image = Image.open(BytesIO(made)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main()
