"""How often, how large, under which policy, and that nothing secret is logged."""

from __future__ import annotations

import logging

import httpx
import pytest
from starlette.datastructures import MutableHeaders

from coursebot.people import NOBODY, Person
from coursebot.web.access import headers as security
from coursebot.web.access.rates import Rates, is_work
from coursebot.web.instructor.peers import Peer
from tests.web.access.conftest import PASSWORD, School

AWAY = Peer("192.0.2.1", trusted=False, local=False, https=False)
HERE = Peer("127.0.0.1", trusted=False, local=True, https=False)


def test_a_person_and_an_address_have_their_share() -> None:
    """It comes back evenly; one who asks too much costs nobody else theirs."""
    now = [0.0]
    rates = Rates(3, 5, clock=lambda: now[0])
    hana, taro = Person("hana"), Person("taro")
    assert [rates.take(hana, AWAY) for _ in range(4)] == [0, 0, 0, 20]
    assert [rates.take(taro, AWAY) for _ in range(3)] == [0, 0, 12]  # five from this address
    assert rates.take(NOBODY, Peer("192.0.2.2", False, False, False)) == 0
    now[0] = 20.0
    assert rates.take(hana, AWAY) == 0
    assert rates.take(hana, AWAY) == 20


def test_this_machine_and_no_limit() -> None:
    """A program beside the server is held back by nothing, and 0 holds nobody back."""
    assert [Rates(1, 1, clock=lambda: 0.0).take(NOBODY, HERE) for _ in range(9)] == [0] * 9
    assert [Rates(0, 0, clock=lambda: 0.0).take(Person("x"), AWAY) for _ in range(9)] == [0] * 9


def test_an_ipv6_household_is_one() -> None:
    """Who has a whole network does not have as many shares as it has addresses."""
    rates = Rates(0, 1, clock=lambda: 0.0)
    assert rates.take(NOBODY, Peer("2001:db8::1", False, False, False)) == 0
    assert rates.take(NOBODY, Peer("2001:db8::2", False, False, False)) == 60


@pytest.mark.parametrize(
    ("path", "query", "counts"),
    [
        ("/api/v1/ask", b"", True),
        ("/api/v1/search", b"q=x", True),
        ("/gradio_api/queue/join", b"", True),
        ("/gradio_api/mcp/", b"", True),
        ("/read/", b"lang=ja&q=x", True),
        ("/read/", b"lang=ja", False),
        ("/read/az-500/a.md", b"marks=1:0-1:a", False),
        ("/page/page.js", b"", False),
    ],
)
def test_what_counts(path: str, query: bytes, counts: bool) -> None:
    """What the engine works for; files are free."""
    assert is_work(path, query) is counts


def test_too_much_is_told(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how long to wait, in the API's own form."""
    monkeypatch.setattr(Rates, "take", lambda *_: 7.2)
    with school.browser() as browser:
        told = browser.get("/api/v1/search", params={"q": "kite"})
        assert (told.status_code, told.headers["retry-after"]) == (429, "8")
        assert told.json()["title"] == "Too Many Requests"
        assert browser.get("/read/").status_code == 200


def test_bodies_are_bounded(member: httpx.Client) -> None:
    """Wherever one is sent, with its length told and without."""
    for path, most in (("/sign-in", 16_384), ("/api/v1/ask", 262_144), ("/", 16_384)):
        great = b"x" * (most + 1)
        assert member.post(path, content=great).status_code == 413, path
        assert member.post(path, content=iter([great])).status_code == 413, path
    assert member.post("/gradio_api/queue/join", content=b"x" * 3_000_001).status_code == 413


def test_every_answer_has_its_headers(member: httpx.Client) -> None:
    """Pages, data, files, what is missing and what is refused."""
    paths = (
        "/",
        "/read/",
        "/api/v1/courses",
        "/page/page.js",
        "/nothing",
        "/instructor",
        "/sign-in",
    )
    for path in paths:
        headers = member.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] in ("SAMEORIGIN", "DENY"), path
        assert headers["cross-origin-resource-policy"] == "same-origin", path
        assert "cookie" in headers["vary"].lower(), path
        assert "strict-transport-security" not in headers, path
        assert "access-control-allow-origin" not in headers, path


def test_the_page_runs_its_own_scripts_alone(member: httpx.Client) -> None:
    """Each script in it carries the nonce of this one answer; /embed may be framed, / may not."""
    for path, framed in (("/", "'self'"), ("/embed", None)):
        page = member.get(path)
        policy = dict(
            part.strip().partition(" ")[::2]
            for part in page.headers["content-security-policy"].split(";")
        )
        nonce = policy["script-src"].partition("'nonce-")[2].partition("'")[0]
        assert policy["default-src"] == "'none'"
        assert policy["connect-src"] == "'self'"
        assert "'unsafe-inline'" not in policy["script-src"]
        assert policy.get("frame-ancestors") == framed
        assert len(nonce) > 20
        assert page.text.count("<script") == page.text.count(f'<script nonce="{nonce}"') > 3
        assert nonce not in member.get(path).text
    assert "x-frame-options" not in member.get("/embed").headers


def test_over_https_browsers_stay_there() -> None:
    """For a year."""
    headers = MutableHeaders({"content-type": "text/html"})
    security.add(headers, "/", https=True)
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["content-security-policy"] == security.NOTHING


def test_no_secret_is_logged(school: School, caplog: pytest.LogCaptureFixture) -> None:
    """No password, no hash and no cookie, whatever goes wrong with them."""
    caplog.set_level(logging.DEBUG)
    with school.browser("hana", anew=True) as browser:
        cookie = browser.cookies["coursebot"]
        wrong = {"name": "hana", "password": "not the four words"}
        browser.post("/sign-in", data=wrong)
        browser.get("/read/", headers={"Cookie": f"coursebot={cookie}x"})
        browser.post("/api/v1/ask", content=f'{{"password": "{PASSWORD}"'.encode())
        browser.post("/sign-out")
    # The browser of this test logs what it sends itself.
    logged = "\n".join(
        one.getMessage() for one in caplog.records if not one.name.startswith(("http", "asyncio"))
    )
    for secret in (PASSWORD, "not the four words", cookie, "$argon2"):
        assert secret not in logged


def test_no_other_sites_page_may_read_an_answer(member: httpx.Client) -> None:
    """Not even one of the same domain, whose requests come with the cookie."""
    evil = {"Origin": "https://evil.school.example"}
    for path in ("/", "/config", "/gradio_api/info", "/api/v1/courses", "/read/"):
        told = member.get(path, headers=evil)
        asked = member.options(path, headers={**evil, "Access-Control-Request-Method": "POST"})
        for answer in (told, asked):
            assert not [name for name in answer.headers if name.startswith("access-control")], path
