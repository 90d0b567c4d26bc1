"""The reader's pages and fragments: overview, search, files, marks, languages, headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.index import LiveIndex, build
from coursebot.web import reader
from coursebot.web.wire import digest

FILES = {
    "kites/course.toml": (
        'title = "Kites <&>"\nlanguage = "en"\ndescription = "How \\"kites\\" fly."\n'
    ),
    "kites/a.md": (
        "# First\n\nA kite flies. It has one line.\n\n## Lines <i>x</i>\n\n"
        "See [second](more/b.md#tail), [gone](c.md), [out](../../secret.md), [abs](/kites/a.md),\n"
        "[web](//evil.example/a.md) and [凧](../tako/%E5%87%A7%20%231.md).\n\n"
        "#### Deep\n\nThe <script>alert(1)</script> reel.\n"
    ),
    "kites/more/b.md": "# Second\n\n## Tail\n\nA tail steadies the kite.\n",
    "kites/more/c.md": "# One\n\nA.\n\n# Two\n\nB.\n",
    "tako/course.toml": 'title = "凧"\nlanguage = "ja"\n',
    "tako/凧 #1.md": "# 凧\n\n凧の糸は30メートルです。\n",
}
VOID = {"meta", "link", "input", "br", "hr"}


def write(corpus: Path) -> None:
    """Write the two small courses."""
    for name, text in FILES.items():
        (corpus / name).parent.mkdir(parents=True, exist_ok=True)
        (corpus / name).write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Site:
    """A reader, and what it is made from."""

    client: TestClient
    assistant: Assistant
    folder: Path

    def page(self, address: str, status: int = 200, *, language: str = "en") -> str:
        """Return the HTML at an address, checked for what no page may have."""
        answer = self.client.get(address, headers={"Accept-Language": language})
        assert answer.status_code == status, address
        check(answer.text)
        return answer.text

    def pane(self, address: str, status: int = 200) -> str:
        """Return the fragment at an address, in English."""
        return self.page(f"{address}{'&' if '?' in address else '?'}pane=1&lang=en", status)

    def rebuild(self) -> None:
        """Put a newer index in the place of the one that is served."""
        build(self.folder / "corpus", self.folder / "index", HashEncoder(), passage_tokens=128)
        live = self.assistant._live
        assert isinstance(live, LiveIndex)
        live.refresh()


class Nesting(HTMLParser):
    """Fails on what is not closed in order, on scripts, and on ids that are not unique."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check an opening tag."""
        assert tag not in {"script", "iframe", "img", "i", "style"}
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name == "style"]
        assert re.match(r"/|#|https?:", given.get("href") or "/")
        if found := given.get("id"):
            assert found not in self.ids
            self.ids.add(found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check a closing tag."""
        assert self.open.pop() == tag


def check(html: str) -> None:
    """Check a page."""
    nesting = Nesting()
    nesting.feed(html)
    nesting.close()
    assert nesting.open == []


def opened(folder: Path) -> Site:
    """Return a reader of the two small courses, whose index is in ``folder``."""
    write(folder / "corpus")
    build(folder / "corpus", folder / "index", HashEncoder(), passage_tokens=128)
    assistant = Assistant(LiveIndex(folder / "index"), HashEncoder(), Settings.load())
    server = FastAPI(openapi_url=None)
    server.include_router(reader.router(assistant))
    return Site(TestClient(server), assistant, folder)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return a reader whose courses do not change."""
    return opened(tmp_path_factory.mktemp("site"))


@pytest.fixture
def changing(tmp_path: Path) -> Site:
    """Return a reader of a test's own."""
    return opened(tmp_path)


def mark(source: str, quoted: str, number: int = 1) -> str:
    """Return the mark of a quote."""
    start = source.index(quoted)
    return f"{number}:{start}-{start + len(quoted)}:{digest(quoted)}"


def test_all_courses_are_listed(site: Site) -> None:
    """Titles, descriptions, files and their headings as nested links; a search over all."""
    html = site.pane("/read/")
    assert html.startswith(
        '<div class="reader overview" lang="en" data-path="" data-title="Courses">\n'
    )
    assert '<h2><a href="/read/?course=kites">Kites &lt;&amp;&gt;</a></h2>' in html
    assert "<p>How &quot;kites&quot; fly.</p>" in html
    assert (
        '<details><summary>First</summary><div class="outline"><ul>'
        '<li><a href="/read/kites/a.md#first">First</a><ul>'
        '<li><a href="/read/kites/a.md#lines-x">Lines x</a><ul>'
        '<li><a href="/read/kites/a.md#deep">Deep</a></li></ul></li></ul></li></ul></div></details>'
    ) in html
    assert "<summary>c</summary>" in html  # two titles are none
    assert '<section class="course" lang="ja">' in html
    assert '<a href="/read/tako/%E5%87%A7%20%231.md">凧</a>' in html
    assert '<form class="search" action="/read/" method="get" role="search">' in html
    assert '<option value="tako" lang="ja">凧</option>' in html
    assert site.pane("/read") == html


def test_one_course_is_shown_alone(site: Site) -> None:
    """Its own files only, and the search stays in it."""
    html = site.pane("/read/?course=tako")
    assert '<li aria-current="page" lang="ja">凧</li>' in html
    assert "First" not in html
    assert '<option value="tako" lang="ja" selected>' in html
    said = unescape(site.pane("/read/?course=%3Cb%3E", 404))
    assert "There is no course '<b>'." in said


def test_a_search_leads_to_the_lines(site: Site) -> None:
    """Heading path, excerpt as text with the words marked, a link that marks the lines."""
    html = site.pane("/read/?q=how+many+lines+has+a+kite&course=kites")
    assert '<li lang="en"><a href="/read/kites/a.md?lines=1-3#c1">First</a>' in html
    assert 'A <mark class="word">kite</mark> flies. It has one line.' in html
    assert 'value="how many lines has a kite"' in html
    assert html.count("<li lang=") <= 10
    assert "tako" not in html.split("</form>")[1]
    japanese = site.pane(f"/read/?q={quote('糸の長さ')}&course=tako")
    assert '凧の<mark class="word">糸</mark>は30メートルです。' in japanese
    target = site.pane("/read/kites/a.md?lines=1-3")
    assert 'class="reader file lines"' in target
    assert '<mark id="c1" data-number="1">First</mark>' in target


def test_what_was_not_found_is_said_in_words(site: Site) -> None:
    """Passages without any of the words are named as close ones only."""
    assert "No passage has these words. The closest ones are:" in site.pane("/read/?q=violin")


def test_nothing_found_is_said_in_words(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the query as it was typed."""
    monkeypatch.setattr(Assistant, "search", lambda *_query, **_options: ())
    html = site.pane("/read/?q=%3Ckite%3E")
    assert '<p class="count" role="status">Nothing was found for “&lt;kite&gt;”.</p>' in html


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Type what you are looking for."),
        ("%20%0A", "Type what you are looking for."),
        ("%21%3F%00", "There are no words in it that could be searched for."),
        ("a" * 2001, "That is too long to search for: at most 2,000 characters are read."),
        ("%E5%87%A7" * 2001, "That is too long to search for: at most 2,000 characters are read."),
    ],
)
def test_a_bad_query_is_refused_in_words(site: Site, query: str, said: str) -> None:
    """The courses are there to go on from."""
    html = site.pane(f"/read/?q={query}", 400)
    assert f'<p class="notice">{said}</p>' in html
    assert "Kites" in html


@pytest.mark.parametrize(
    "query",
    [
        "%3Cscript%3Ealert(1)%3C/script%3E",
        '"onfocus=alert(1)+x="',
        "%FF%FEkite",
        "%ED%A0%80kite",
        "%00kite",
        "kite&course=kites&course=tako",
        "kite&lang=%3Cb%3E&pane=%22",
        "kite&lines=%3Cb%3E&marks=%22%3E",
        "%F0%9F%AA%81+kite",
        "{query}+{0}",
    ],
)
def test_hostile_queries_are_text(site: Site, query: str) -> None:
    """Nothing of them becomes markup or a failure."""
    site.page(f"/read/?q={query}")


def test_a_file_is_shown_whole(site: Site) -> None:
    """Breadcrumb, outline, article, and the files before and after it."""
    html = site.pane("/read/kites/more/b.md")
    assert 'data-path="kites/more/b.md" data-title="Second">' in html
    assert (
        '<nav class="crumbs" aria-label="You are here"><ol><li><a href="/read/">Courses</a></li>'
        '<li><a href="/read/?course=kites" lang="en">Kites &lt;&amp;&gt;</a></li>'
        '<li aria-current="page" lang="en">Second</li></ol></nav>'
    ) in html
    assert (
        '<details class="toc"><summary>Contents</summary>'
        '<nav class="outline" aria-label="Contents" lang="en"><ul>'
        '<li><a href="#second">Second</a><ul><li><a href="#tail">Tail</a></li></ul></li></ul>'
    ) in html
    assert '<article lang="en">\n<h1 id="second" data-lines="1-1">Second</h1>' in html
    assert '<a rel="prev" href="/read/kites/a.md">' in html
    assert '<a rel="next" href="/read/kites/more/c.md">' in html
    assert "<mark" not in html


def test_links_lead_to_other_files(site: Site) -> None:
    """Those of the index, wherever they lie in the corpus; nothing outside of it."""
    html = site.pane("/read/kites/a.md")
    assert '<a href="/read/kites/more/b.md#tail">second</a>' in html
    assert '<a href="/read/tako/%E5%87%A7%20%231.md">凧</a>' in html
    for text in ("gone", "out", "abs", "web"):
        assert f"<span>{text}</span>" in html
    site.pane("/read/tako/%E5%87%A7%20%231.md")


def test_quotes_are_marked(site: Site) -> None:
    """With their numbers, and those of another form are ignored."""
    source = FILES["kites/a.md"]
    marks = f"{mark(source, 'A kite flies.', 2)},nonsense,{mark(source, 'It has one line.')}"
    html = site.pane(f"/read/kites/a.md?marks={marks}")
    assert (
        '<mark id="c2" data-number="2">A kite flies.</mark> '
        '<mark id="c1" data-number="1">It has one line.</mark>'
    ) in html
    assert 'class="notice"' not in html


def test_a_quote_is_found_again_in_a_changed_file(changing: Site) -> None:
    """A statement that moved is marked where it stands now; one that is gone is reported."""
    source = FILES["kites/a.md"]
    marks = f"{mark(source, 'A kite flies.')},{mark(source, 'It has one line.', 2)}"
    changed = source.replace("A kite flies. It has one line.", "New text here. A kite flies.")
    (changing.folder / "corpus" / "kites" / "a.md").write_text(changed, encoding="utf-8")
    changing.rebuild()
    html = changing.pane(f"/read/kites/a.md?marks={marks}")
    assert 'New text here. <mark id="c1" data-number="1">A kite flies.</mark></p>' in html
    assert ('<p class="notice">The course has changed: quote 2 no longer stands here.</p>') in html


@pytest.mark.parametrize(
    "path",
    ["kites", "kites/", "kites/c.md", "%2e%2e/kites/a.md", "%00", "%ff",
     "%ed%a0%80", "kites%2F..%2Fkites%2Fa.md", "%3Cscript%3E", "a" * 5000, "{path}", "KITES/A.MD"],
)  # fmt: skip
def test_a_path_that_is_not_there_is_refused(site: Site, path: str) -> None:
    """In words, and with the way back."""
    html = site.pane(f"/read/{path}", 404)
    assert "There is no section" in html
    assert '<li><a href="/read/">Courses</a></li><li aria-current="page">Not found</li>' in html


def test_a_page_of_its_own_keeps_its_language(site: Site) -> None:
    """The browser's, unless the address says another, which its links keep."""
    html = site.page("/read/kites/a.md", language="ja,en;q=0.5")
    assert '<html lang="ja">' in html
    assert "<title>First</title>" in html
    assert '<a href="/?course=kites">質問する</a>' in html
    assert '<a href="/read/kites/a.md?lang=en" lang="en" hreflang="en">English</a>' in html
    assert '<a href="/read/">コース一覧</a>' in html
    chosen = site.page("/read/kites/a.md?lang=en", language="ja")
    assert '<html lang="en">' in chosen
    assert '<a href="/read/?lang=en">Courses</a>' in chosen
    assert '<a href="/read/kites/more/b.md?lang=en#tail">second</a>' in chosen
    assert '<input type="hidden" name="lang" value="en">' in chosen
    assert 'href="/read/?q=kite&amp;course=kites&amp;lang=ja"' in site.page(
        "/read/?q=kite&course=kites&lang=en"
    )


def test_headers_are_strict(site: Site) -> None:
    """No script, no other host, no referrer, frames of this host alone."""
    for address in ("/read/", "/read/kites/a.md", "/read/nothing", "/read/?q="):
        answer = site.client.get(address)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; ")
        assert policy.endswith("; frame-ancestors 'self'")
        assert "script" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["vary"] == "Accept-Language"


def test_what_has_not_changed_is_not_sent_again(changing: Site) -> None:
    """304 for the same index, address and language; anew when any of them changes."""
    address = "/read/kites/a.md?lang=en"
    first = changing.client.get(address)
    known = {"If-None-Match": f'"x", W/{first.headers["etag"]}'}
    again = changing.client.get(address, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert changing.client.get("/read/kites/a.md?lang=ja", headers=known).status_code == 200
    assert changing.client.get(f"{address}&pane=1", headers=known).status_code == 200
    japanese = {**known, "Accept-Language": "ja"}
    assert changing.client.get("/read/kites/a.md", headers=japanese).status_code == 200
    (changing.folder / "corpus" / "kites" / "more" / "b.md").write_text("# New\n", encoding="utf-8")
    changing.rebuild()
    assert changing.client.get(address, headers=known).status_code == 200
    assert changing.client.head(address).status_code == 200
