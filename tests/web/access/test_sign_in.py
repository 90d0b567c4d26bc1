"""Signing in and out on the real server."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import httpx
import pytest

from coursebot.people import Person, Role
from coursebot.web.signin.routes import way_on
from coursebot.web.signin.sessions import FRESH, IDLE, WHOLE, Session, Sessions
from tests.web.access.conftest import PASSWORD, School


def test_the_page_speaks_both_languages(school: School) -> None:
    """As the browser prefers, or as its address says."""
    with school.browser() as browser:
        page = browser.get("/sign-in", headers={"Accept-Language": "ja"})
        assert "パスワード" in page.text
        assert '<html lang="ja">' in page.text
        assert "Password" in browser.get("/sign-in?lang=en").text
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_name_and_password_begin_a_session(school: School) -> None:
    """Its cookie is no script's; case and width of the name do not matter."""
    with school.browser() as browser:
        sent = {"name": " ＨＡＮＡ ", "password": PASSWORD, "next": "/read/?lang=ja"}
        answer = browser.post("/sign-in", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, "/read/?lang=ja")
        cookie = answer.headers["set-cookie"].casefold()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "signed in as hana" in browser.get("/sign-in?lang=en").text.casefold()


@pytest.mark.parametrize("name", ["hana", "nobody-of-this-name", ""])
def test_a_wrong_password_says_nothing_about_the_name(school: School, name: str) -> None:
    """Whether there is somebody of that name is not told."""
    with school.browser() as browser:
        answer = browser.post("/sign-in?lang=en", data={"name": name, "password": "wrong"})
        assert answer.status_code == 401
        assert "Name or password is wrong." in answer.text
        assert "set-cookie" not in answer.headers


def test_who_guesses_has_to_wait(school: School) -> None:
    """After five wrong passwords for one name, with the right one too."""
    with school.browser() as browser:
        tried = [
            browser.post("/sign-in", data={"name": "guessed", "password": f"{n}"}).status_code
            for n in range(6)
        ]
        assert tried == [401] * 5 + [429]
        assert (
            browser.post("/sign-in", data={"name": "taro", "password": PASSWORD}).status_code == 303
        )


def test_no_other_site_signs_anybody_in_or_out(school: School, member: httpx.Client) -> None:
    """Not even with the learner's own cookie."""
    evil = {"Origin": "https://evil.example"}
    sent = {"name": "taro", "password": PASSWORD}
    with school.browser() as browser:
        assert browser.post("/sign-in", data=sent, headers=evil).status_code == 403
    assert member.post("/sign-out", headers=evil).status_code == 403
    assert "hana" in member.get("/sign-in").text


def test_signing_out_ends_the_session_everywhere(school: School) -> None:
    """A cookie that was copied before opens nothing any more."""
    with school.browser() as thief, school.browser("hana", anew=True) as member:
        thief.cookies.update(member.cookies)
        assert "hana" in thief.get("/sign-in").text
        answer = member.post("/sign-out")
        assert answer.status_code == 303
        assert '"storage"' in answer.headers["clear-site-data"]
        gone = thief.get("/sign-in")
        assert "hana" not in gone.text
        assert 'coursebot=""' in gone.headers["set-cookie"]  # and is taken away


def test_another_password_ends_every_session(school: School) -> None:
    """And whoever is removed is out at once; a new role holds at once."""
    from coursebot.people import People

    people = People(school.folder / "data" / "people.json")
    people.add("kato", PASSWORD, Role.LEARNER, [])
    with school.browser("kato", anew=True) as browser:
        assert browser.get("/instructor").status_code == 403
        people.change("kato", role=Role.INSTRUCTOR)
        assert browser.get("/instructor").status_code == 200
        people.change("kato", password="another four quiet words")
        assert browser.get("/instructor").status_code == 303
        people.remove("kato")
        assert "kato" not in browser.get("/sign-in").text


def test_instructors_come_into_the_workbench_by_name(school: School, member: httpx.Client) -> None:
    """Learners do not, and this machine's own browser is no instructor any more."""
    with school.browser("sato") as sato:
        assert "sato" in sato.get("/instructor").text
    assert member.get("/instructor").status_code == 403
    with school.browser() as nobody:
        away = nobody.get("/instructor/runs")
        assert away.headers["location"] == "/sign-in?next=%2Finstructor%2Fruns"


@pytest.mark.parametrize(
    "asked",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "", "/sign-out", "x"],
)
def test_no_way_leads_to_another_host(asked: str) -> None:
    """After signing in one lands on a page of this host."""
    assert way_on(asked) == "/"


def at(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be so many seconds later."""
    now = time.time() + seconds
    monkeypatch.setattr("time.time", lambda: now)


def test_a_session_is_renewed_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cookie is made anew after a while, is over when nobody comes, and at the end of the day."""
    sessions = Sessions(b"k" * 32, tmp_path, clock=lambda: time.time())
    session = Session.of(Person("hana", Role.LEARNER, frozenset({"a"})))
    cookie = sessions.cookie(session)
    assert sessions.read(cookie) == (session, False)
    assert session.person == Person("hana", Role.LEARNER, frozenset({"a"}))
    with monkeypatch.context() as later:
        at(FRESH + 5, later)
        assert sessions.read(cookie) == (session, True)
        again = sessions.cookie(session)
        assert again != cookie
    with monkeypatch.context() as later:
        at(IDLE + 5, later)
        assert sessions.read(cookie) is None
        assert sessions.read(again) is not None
    with monkeypatch.context() as later:
        at(WHOLE + 5, later)
        assert sessions.read(sessions.cookie(session)) is None


def test_no_other_key_and_no_change_passes(tmp_path: Path) -> None:
    """What was not signed here opens nothing."""
    folder = tmp_path
    session = Session.of(Person("hana"), "version")
    cookie = Sessions(b"k" * 32, folder).cookie(session)
    assert Sessions(b"j" * 32, folder).read(cookie) is None
    assert Sessions(b"k" * 32, folder).read("A" + cookie[1:]) is None
    assert Sessions(b"k" * 32, folder).read("") is None


@pytest.mark.parametrize("began", [float("inf"), None, [], "soon"])
def test_a_cookie_of_another_coursebot_opens_nothing(tmp_path: Path, began: object) -> None:
    """Signed with our key, its fields are still those of who wrote them."""
    sessions = Sessions(b"k" * 32, tmp_path)
    cookie = sessions._signer.dumps(["a", "hana", began, "version", "", []])
    assert sessions.read(str(cookie)) is None


def test_too_many_groups_do_not_fit(tmp_path: Path) -> None:
    """A browser would drop the cookie without a word."""
    many = frozenset(hashlib.sha256(bytes([n])).hexdigest() for n in range(100))
    session = Session.of(Person("hana", Role.LEARNER, many))
    assert Sessions(b"k" * 32, tmp_path).cookie(session) == ""


def test_a_session_ends_without_a_disk_too(tmp_path: Path) -> None:
    """Where nothing can be written, this process remembers it."""
    (tmp_path / "data").write_text("a file in the folder's place", encoding="utf-8")
    sessions = Sessions(b"k" * 32, tmp_path / "data")
    session = Session.of(Person("hana"), "version")
    cookie = sessions.cookie(session)
    assert sessions.read(cookie) is not None
    sessions.end(session)
    assert sessions.read(cookie) is None
