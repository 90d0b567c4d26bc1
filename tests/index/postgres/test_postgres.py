"""What is the database's own: versions, connections, approximate search, and its failures."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import (
    IndexDamagedError,
    IndexError_,
    IndexMismatchError,
    IndexReplacedError,
    IndexUnreachableError,
    IndexWriteError,
    ModelError,
    SettingsError,
)
from coursebot.index import LEGS, LiveIndex, build, copy, dense, shelf
from coursebot.index.manifest import FORMAT
from coursebot.index.postgres import connections
from coursebot.index.postgres.connections import Connections
from coursebot.places import Address, Place, place_of
from coursebot.types import Encoder, Floats
from tests.postgres_server import PASSWORD, Server

Execute = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def address(postgres: Server) -> Address:
    """Return the address of an empty database."""
    found = place_of(postgres.new_database())
    assert isinstance(found, Address)
    return found


@pytest.fixture
def execute(postgres: Server, address: Address) -> Execute:
    """Return a function that runs SQL in it."""
    return lambda command: postgres.execute(command, str(address).rpartition("/")[2])


def tables(execute: Execute) -> list[str]:
    """Return the tables in the index's schema but the one that names the version."""
    found = execute("SELECT tablename FROM pg_tables WHERE schemaname = 'coursebot'")
    return sorted(str(name) for (name,) in found if name != "current")


def test_what_a_folder_holds_is_not_embedded_again(
    corpus: Path, out: Path, encoder: Encoder, address: Address
) -> None:
    """A build beside a folder takes its vectors over; a copy needs neither corpus nor model."""
    first = build(corpus, out, encoder, passage_tokens=64)
    assert first.embedded
    beside = build(corpus, address, encoder, passage_tokens=64, beside=out)
    assert (beside.embedded, beside.unchanged) == (0, False)
    assert copy(out, address).unchanged
    build(corpus, out, encoder, passage_tokens=32)
    copied = copy(out, address)
    assert (copied.embedded, copied.unchanged) == (0, False)
    assert LiveIndex(address).get().manifest == LiveIndex(out).get().manifest


def test_old_versions_and_what_dead_builds_left_are_dropped(
    corpus: Path, encoder: Encoder, address: Address, execute: Execute
) -> None:
    """After a build there is one version."""
    build(corpus, address, encoder, passage_tokens=64)
    one = tables(execute)
    assert len(one) == 7
    assert all(name.startswith("v00001_") for name in one)
    execute("CREATE TABLE coursebot.v00002_files (left_over int)")
    build(corpus, address, encoder, passage_tokens=32)
    assert tables(execute) == [name.replace("v00001", "v00002") for name in one]


def test_a_question_follows_to_the_version_that_replaced_its_own(
    corpus: Path, encoder: Encoder, address: Address
) -> None:
    """An index whose tables are gone says so; an assistant goes over to the newest at once."""
    build(corpus, address, encoder, passage_tokens=64)
    assistant = Assistant(LiveIndex(address, interval=3600), encoder, Settings.load())
    old, pinned = assistant.index, assistant.pinned()
    build(corpus, address, encoder, passage_tokens=32)
    with pytest.raises(IndexReplacedError, match="was replaced while it was read"):
        pinned.ask("Kubernetesの管理")
    assert assistant.ask("Kubernetesの管理").passages[0].passage.path == "az/2.md"
    assert (old.version, assistant.index.version) == ("00001", "00002")


def test_many_vectors_are_searched_by_a_graph(
    tmp_path: Path, address: Address, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the bound recall@20 is .95 or more, and a small course is searched exactly."""
    monkeypatch.setattr(dense, "EXACT_UP_TO", 200)
    chance = np.random.default_rng(1)
    letters = [chr(ord("ア") + n) for n in range(60)]
    for name, count in (("big", 300), ("small", 20)):
        folder = tmp_path / "corpus" / name
        folder.mkdir(parents=True)
        lines = ["".join(chance.choice(letters, 24)) + "。" for _ in range(count)]
        (folder / "a.md").write_text("# 題\n\n" + "\n\n".join(lines) + "\n", encoding="utf-8")
    encoder = HashEncoder()
    build(tmp_path / "corpus", address, encoder, passage_tokens=64)
    made = execute("SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%hnsw%'")
    assert [("v00001_statements" in str(line), "m='24'" in str(line)) for (line,) in made] == [
        (True, True)
    ]
    index, terms = LiveIndex(address).get(), {leg: list[str]() for leg in LEGS}
    texts = [statement.text for statement in index.statements]
    vectors = encoder.encode_passages(["題\n" + text for text in texts])
    everything = np.arange(len(texts))
    first = [statement.course for statement in index.statements].index("small")
    hit = wanted = 0
    for at in range(0, first, 15):
        search = index.search(vectors[at], terms, 10)
        cosines = search.cosines(everything)
        best = np.argsort(-cosines, kind="stable")[:20]
        hit += len(set(best.tolist()) & set(search.statements.tolist()))
        wanted += 20
        small = index.search(vectors[at], terms, 5, "small").statements
        exact = first + np.argsort(-cosines[first:], kind="stable")[:10]
        assert small.tolist() == exact.tolist()
    assert hit / wanted >= 0.95


def test_a_question_takes_three_round_trips(
    corpus: Path, encoder: Encoder, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the legs find, the pool's vectors, what is quoted; its sections are not read twice."""
    build(corpus, address, encoder, passage_tokens=64)
    assistant = Assistant(LiveIndex(address, interval=3600), encoder, Settings.load())
    runs, run = list[object](), Connections.run

    def counted(self: Connections, ask: Callable[..., object]) -> object:
        runs.append(ask)
        return run(self, ask)

    monkeypatch.setattr(Connections, "run", counted)
    assert assistant.ask("Kubernetesの管理", course="az").citations
    assert len(runs) == 3
    assert assistant.index.statements_of("az/2.md#aks")
    assert len(runs) == 3


def test_lost_connections_are_made_again(
    corpus: Path, encoder: Encoder, address: Address, execute: Execute
) -> None:
    """A server that drops every connection is asked again over new ones."""
    build(corpus, address, encoder, passage_tokens=64)
    assistant = Assistant(LiveIndex(address), encoder, Settings.load())
    before = assistant.ask("Kubernetesの管理")
    for _ in range(2):
        execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert assistant.ask("Kubernetesの管理").text == before.text


def test_a_statement_that_takes_too_long_is_given_up(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends it, and the message says how long was waited."""
    monkeypatch.setattr(connections, "STATEMENT_SECONDS", 0.1)
    pool = Connections(address)
    with pytest.raises(IndexUnreachableError, match=r"took more than 0\.1 seconds"):
        pool.run(lambda connection: connection.execute("SELECT pg_sleep(60)"))
    pool.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a.rpartition("/")[0] + "/nothing", 'database "nothing" does not exist'),
        (lambda a: a.replace("coursebot:", "stranger:"), 'role "stranger" does not exist'),
        (lambda a: a.replace("127.0.0.1:", "127.0.0.1:1,127.0.0.1:2,127.0.0.1:"), ""),
    ],
)
def test_what_cannot_be_reached_is_said_without_the_password(
    address: Address, change: Callable[[str], str], said: str
) -> None:
    """Database, user and hosts are named, on one line; a dead host before a good one is none."""
    place = place_of(change(address.uri))
    with pytest.raises(IndexError_) as caught:
        LiveIndex(place)
    text = str(caught.value)
    assert said in text
    assert "\n" not in text
    assert PASSWORD not in text
    assert "correct" not in text
    if not said:
        assert text.startswith("There is no index in postgresql://127.0.0.1:1,127.0.0.1:2,")


def test_who_may_not_make_what_is_needed_is_told(
    corpus: Path, encoder: Encoder, address: Address, execute: Execute
) -> None:
    """A build names what an administrator has to do."""
    execute("CREATE ROLE weak LOGIN")
    weak = place_of(address.uri.replace("coursebot:", "weak:"))
    with pytest.raises(IndexWriteError) as caught:
        build(corpus, weak, encoder, passage_tokens=64)
    assert caught.value.message == f"The database at {address} has no pgvector."
    assert "CREATE EXTENSION vector" in caught.value.hint
    execute("CREATE EXTENSION vector")
    with pytest.raises(IndexWriteError) as caught:
        build(corpus, weak, encoder, passage_tokens=64)
    name = str(address).rpartition("/")[2]
    assert caught.value.message == (
        f"The user of the index at {address} may not write there "
        f"(permission denied for database {name})."
    )
    assert caught.value.hint == (
        f'As the database\'s administrator: ALTER DATABASE "{name}" OWNER TO "weak";'
    )


def test_a_schema_of_its_own_is_right_enough(
    corpus: Path, encoder: Encoder, address: Address, execute: Execute
) -> None:
    """Who builds needs no right on the database, and who answers none but to read."""
    execute("CREATE EXTENSION vector")
    execute("CREATE ROLE builder LOGIN")
    execute("CREATE ROLE asker LOGIN")
    execute("CREATE SCHEMA coursebot AUTHORIZATION builder")
    execute("GRANT USAGE ON SCHEMA coursebot TO asker")
    execute(
        "ALTER DEFAULT PRIVILEGES FOR ROLE builder IN SCHEMA coursebot "
        "GRANT SELECT ON TABLES TO asker"
    )
    builder, asker = (
        place_of(address.uri.replace("coursebot:", f"{role}:")) for role in ("builder", "asker")
    )
    build(corpus, builder, encoder, passage_tokens=64)
    assert LiveIndex(asker).get().manifest == LiveIndex(builder).get().manifest
    with pytest.raises(IndexWriteError, match='ALTER SCHEMA "coursebot" OWNER TO "asker";'):
        build(corpus, asker, encoder, passage_tokens=32)


def test_tables_of_another_layout_or_damaged_are_refused(
    corpus: Path, encoder: Encoder, address: Address, execute: Execute
) -> None:
    """Each with the command that repairs it, and a build does."""
    build(corpus, address, encoder, passage_tokens=64)
    execute("UPDATE coursebot.v00001_files SET data = 'x' WHERE name = 'japanese'")
    with pytest.raises(IndexDamagedError, match="coursebot index"):
        LiveIndex(address)
    execute("UPDATE coursebot.v00001_files SET data = 'x' WHERE name = 'manifest.json'")
    with pytest.raises(IndexDamagedError, match="coursebot index"):
        LiveIndex(address)
    execute("UPDATE coursebot.current SET layout = 99")
    with pytest.raises(IndexMismatchError, match="layout 99"):
        LiveIndex(address)
    build(corpus, address, encoder, passage_tokens=64)
    assert LiveIndex(address).get().version == "00002"


def test_an_index_of_an_older_format_is_built_anew_beside_it(
    corpus: Path, encoder: Encoder, address: Address, execute: Execute
) -> None:
    """A build that fails leaves it as it is; one that does not embeds all, and switches."""
    first = build(corpus, address, encoder, passage_tokens=64)
    execute(
        "UPDATE coursebot.v00001_files SET data = convert_to(replace("
        f"convert_from(data, 'UTF8'), '\"format\": {FORMAT}', '\"format\": 2'), 'UTF8') "
        "WHERE name = 'manifest.json'"
    )
    with pytest.raises(IndexMismatchError) as caught:
        LiveIndex(address)
    assert caught.value.message == (
        f"{address} is of index format 2; this coursebot reads format {FORMAT}."
    )
    assert caught.value.hint == "Build it again: coursebot index."
    before = tables(execute)

    class Failing(HashEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Floats:
            raise ModelError("The layers are damaged.", "Install coursebot again.")

    with pytest.raises(ModelError):
        build(corpus, address, Failing(), passage_tokens=64)
    assert tables(execute) == before
    assert execute("SELECT version FROM coursebot.current") == [(1,)]
    report = build(corpus, address, encoder, passage_tokens=64)
    assert (report.embedded, report.reused) == (first.embedded, first.reused)
    assert LiveIndex(address).get().version == "00002"
    assert {name.split("_")[0] for name in tables(execute)} == {"v00002"}


def test_names_are_each_versions_own(corpus: Path, encoder: Encoder, address: Address) -> None:
    """Keys too, so that no release of a server makes up names that meet."""
    for tokens in (64, 32):
        build(corpus, address, encoder, passage_tokens=tokens)
    query = "SELECT conname FROM pg_constraint WHERE conname LIKE %s"
    with connections.connected(address) as connection:
        named = {name for (name,) in connection.execute(query, ["v%key"]).fetchall()}
    assert {"v00002_files_key", "v00002_postings_key"} <= named
    assert not [name for name in named if name.startswith("v00001")]


def test_a_machine_that_lost_its_power_is_noticed(address: Address) -> None:
    """The system itself asks after it, within seconds; no answer would ever come."""
    with (
        connections.connected(address) as connection,
        closing(socket.socket(fileno=os.dup(connection.fileno()))) as line,
    ):
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        idle, every, times = (
            line.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        )
        assert idle + every * times <= connections.PATIENCE_SECONDS


def test_without_the_client_the_way_to_get_it_is_told(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named."""
    monkeypatch.setitem(__import__("sys").modules, "coursebot.index.postgres", None)
    with pytest.raises(SettingsError, match=r"pip install .*'\.\[postgres\]'"):
        shelf.shelf_of(address)


def test_on_citus(corpus: Path, out: Path, encoder: Encoder) -> None:
    """The tables are distributed by course, and what is found is what the folder finds."""
    coordinator = os.environ.get("COURSEBOT_TEST_CITUS")
    if not coordinator:
        pytest.skip("COURSEBOT_TEST_CITUS names no Citus coordinator.")
    place: Place = place_of(coordinator)
    build(corpus, out, encoder, passage_tokens=32)
    copy(out, place)
    with connections.connected(Address(coordinator)) as connection:
        spread = connection.execute(
            "SELECT table_name::text, citus_table_type, distribution_column, colocation_id "
            "FROM citus_tables WHERE table_name::text LIKE 'coursebot.v%'"
        ).fetchall()
    kinds = {name.rpartition("_")[2]: (kind, column) for name, kind, column, _ in spread}
    distributed = ("sources", "sections", "passages", "statements", "postings")
    assert kinds == {
        **dict.fromkeys(("files", "terms"), ("reference", "<none>")),
        **dict.fromkeys(distributed, ("distributed", "course")),
    }
    assert len({group for _, kind, _, group in spread if kind == "distributed"}) == 1
    ours, theirs = (Assistant(LiveIndex(at), encoder, Settings.load()) for at in (out, place))
    for question in ("ログイン（トークン）", "Peering", "Kubernetesの管理"):
        for course in (None, "az", "net"):
            assert theirs.search(question, course=course) == ours.search(question, course=course)
    assert list(theirs.index.statements) == list(ours.index.statements)
