"""Index of the shipped course ▶ the README's pictures: ``make screenshots``."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import sync_playwright

from coursebot import Assistant
from coursebot.config import Settings
from coursebot.evaluation.golden import read
from coursebot.evaluation.run import evaluate
from coursebot.retrieval import Weights
from tests.conftest import ARGUMENTS, CHROMIUM, ROOT
from tests.web.conftest import running

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


WORKBENCH = (
    ("run", "/instructor/runs/fused", 1200, 800),
    ("compare", "/instructor/compare?a=dense&b=fused", 1200, 900),
    ("golden", "/instructor/golden/token-en", 1200, 900),
    ("bench", f"/instructor/bench?q={quote(TOKEN)}", 1200, 900),
)
"""Name, address, width and height of the workbench's pictures."""


def main() -> None:
    """Ask each question on the page, and open the workbench on two runs."""
    from coursebot.web.server import create

    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        chosen = Settings.load(runs=Path(folder) / "runs", data=Path(folder) / "data")
        assistant = Assistant.open(ROOT / "index", settings=chosen)
        golden = read(ROOT / "corpus" / "az-500" / "golden.jsonl")
        for name, weights in (("dense", "lexical=0"), ("fused", "default")):
            weighted = assistant.weighted(Weights.parse(weights))
            evaluate(weighted, golden, course="az-500", out=chosen.runs, name=name)
        with running(create(assistant)) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for picture in PICTURES:
                save(take(browser, url, picture), IMAGES / f"{picture.name}.png")
            for name, address, width, height in WORKBENCH:
                page = browser.new_page(locale="en-US", viewport={"width": width, "height": height})
                page.goto(f"{url}{address}", wait_until="networkidle")
                save(page.screenshot(), IMAGES / f"{name}.png")
                page.close()
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
