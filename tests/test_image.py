"""The Containerfile's steps, run one after the other on a copy of this machine's own files.

No container engine is needed: what changes goes into an overlay of the root folder, in a mount
namespace that ends with the test. The base image is this machine with this Python, and the
libraries are lent by the environment that runs the tests, so that nothing large is fetched.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from coursebot import encoder
from tests.postgres_server import Server
from tests.test_container import BUILD, COMPOSE, FINAL, ROOT, defaults, environment, said

pytestmark = [pytest.mark.model, pytest.mark.timeout(400)]

LENT = "/mnt/lent"
"""Where the tests' own libraries lie in the image."""
BASE = {
    "PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    "PYTHONPATH": LENT,
    # A Python that was built elsewhere looks for its library there, where only root may look.
    "LD_LIBRARY_PATH": "/usr/local/lib",
    "LANG": "C.UTF-8",
    # Where packages come from here; just what the wheel is built with is fetched.
    **{name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "SSL_"))},
}
READ = ("/bin/sh", "-ec", "read line")


class Machine:
    """A mount namespace of its own, with what was mounted in it."""

    def __init__(self, folder: Path) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "--mount", *READ], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._folder = folder
        self._stages = 0
        time.sleep(0.2)
        self.run("mount", "-t", "tmpfs", "tmpfs", str(folder))

    def run(self, *command: str) -> str:
        """Run a command in it; return what it printed."""
        inside = ["nsenter", "--target", str(self._holder.pid), "--mount", *command]
        done = subprocess.run(inside, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in it."""
        inside = ["nsenter", "--target", str(self._holder.pid), "--mount", *command]
        return subprocess.Popen(inside, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def root(self) -> str:
        """Return a new root folder: this machine's, with the tests' Python and libraries."""
        self._stages += 1
        place = self._folder / str(self._stages)
        upper, work, root = (place / name for name in ("upper", "work", "root"))
        self.run("mkdir", "-p", str(upper), str(work), str(root))
        layers = f"lowerdir=/,upperdir={upper},workdir={work}"
        self.run("mount", "-t", "overlay", "overlay", "-o", layers, str(root))
        for name in ("dev", "proc", "sys"):
            self.run("mount", "--rbind", f"/{name}", f"{root}/{name}")
        self.run("mkdir", "-p", f"{root}{LENT}", f"{root}/usr/local/bin")
        self.bind(sysconfig.get_path("purelib"), f"{root}{LENT}")
        if not sys.base_prefix.startswith("/usr"):
            self.bind(sys.base_prefix, f"{root}/usr/local")
        return str(root)

    def bind(self, source: str | Path, target: str) -> None:
        """Show a folder at another place, too."""
        self.run("mount", "--bind", str(source), target)

    def end(self) -> None:
        """Let it and all of its mounts go."""
        self._holder.kill()
        self._holder.communicate()


class Image:
    """What the steps make, and how a command is run in it."""

    def __init__(self, machine: Machine, context: Path) -> None:
        self._machine = machine
        build = self._made(BUILD, context, {})
        self.root = self._made(FINAL, context, {"build": build})

    def command(
        self, command: Sequence[str], variables: Mapping[str, str], user: str = ""
    ) -> list[str]:
        """Return what runs a command in it."""
        (folder,) = said(FINAL, "WORKDIR")
        lent = {**BASE, **environment(), **variables}
        lent["PATH"] = f"{environment()['PATH'].split(':')[0]}:{BASE['PATH']}"
        return _inside(self.root, folder, command, lent, user or said(FINAL, "USER")[0])

    def _made(
        self, stage: Sequence[tuple[str, str]], context: Path, others: Mapping[str, str]
    ) -> str:
        root, folder = self._machine.root(), "/"
        for name, rest in stage:
            if name == "WORKDIR":
                folder = rest
                self._machine.run("mkdir", "-p", root + folder)
            elif name == "COPY":
                *options, target = shlex.split(rest)
                flags = dict(o[2:].split("=") for o in options if o.startswith("--"))
                sources = [o for o in options if not o.startswith("--")]
                source = others[flags["from"]] if "from" in flags else f"{context}/"
                self._copied([source + one for one in sources], f"{root}{_path(folder, target)}")
                if owner := flags.get("chown"):
                    self._machine.run("chroot", root, "chown", "-R", owner, _path(folder, target))
            elif name == "RUN":
                shell = ["/bin/sh", "-ec", rest]
                self._machine.run(*_inside(root, folder, shell, BASE, "0"))
        return root

    def _copied(self, sources: Sequence[str], target: str) -> None:
        """Copy as a builder does: a folder's contents, files into a folder that ends in a slash."""
        for source in sources:
            if Path(source).is_dir() or source.startswith(str(self._machine._folder)):
                self._machine.run("mkdir", "-p", target)
                self._machine.run("cp", "-a", f"{source}/.", target)
            else:
                self._machine.run("cp", source, target)


def _path(folder: str, target: str) -> str:
    kept = "/" if target.endswith("/") else ""
    return os.path.normpath(os.path.join(folder, target)) + kept  # noqa: PTH118 - of another root


def _inside(
    root: str, folder: str, command: Sequence[str], variables: Mapping[str, str], user: str
) -> list[str]:
    values = [f"{name}={value}" for name, value in variables.items()]
    entered = f"cd {shlex.quote(folder)} && exec {shlex.join(command)}"
    became = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs"]
    as_user = became if user != "0" else []
    return ["chroot", root, *as_user, "env", "-i", *values, "/bin/sh", "-ec", entered]


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Yield a mount namespace."""
    able = os.geteuid() == 0 and shutil.which("unshare") and shutil.which("setpriv")
    if not able or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("only root may mount what the steps need")
    # Not pytest's own folder, which only this user may enter.
    folder = Path("/var/tmp") / f"coursebot-image-{os.getpid()}"
    folder.mkdir()
    made = Machine(folder)
    try:
        yield made
    finally:
        made.end()
        folder.rmdir()


def test_the_steps_make_an_image_that_serves(
    machine: Machine, postgres: Server, cache: Path, tmp_path: Path
) -> None:
    """As compose.yaml starts it: not root, nothing to write to but its volumes, healthy, ended."""
    context = tmp_path / "context"
    _let_in(context)
    image = Image(machine, context)
    service = COMPOSE["services"]["app"]
    for volume in service["volumes"]:
        source, target = volume.split(":", 1)
        if source.startswith("./"):
            machine.bind(ROOT / source, image.root + target)
            continue
        kept = tmp_path / source
        kept.mkdir()
        if source == "cache":
            known = encoder.load(cache=cache).fingerprint
            shutil.copytree(cache / known, kept / known)
        # A new volume belongs to whom its folder in the image belongs to.
        owner = machine.run("stat", "-c", "%u:%g", image.root + target).strip()
        machine.run("chown", "-R", owner, str(kept))
        machine.bind(kept, image.root + target)
    machine.run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", f"{image.root}/tmp")
    machine.run("mount", "-o", "remount,ro,bind", image.root)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    postgres.execute("CREATE DATABASE image")
    given = {name: defaults(value) for name, value in service["environment"].items()}
    given |= {
        "COURSEBOT_DATABASE_URL": postgres.address("image"),
        "COURSEBOT_PORT": port,
        "COURSEBOT_READER": "0",
    }
    who = image.command(["sh", "-c", "id -u; touch /srv/coursebot/here || true"], given)
    assert machine.run(*who).split() == said(FINAL, "USER")
    server = machine.start(*image.command(json.loads(said(FINAL, "CMD")[0]), given))
    try:
        check = json.loads(said(FINAL, "HEALTHCHECK")[0].partition(" CMD ")[2])
        check[-1] = check[-1].replace(":7860/", f":{port}/")
        _wait_for(machine, image.command(check, given), server)
        site = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{site}/readyz").json()["ready"] is True
        question = {"question": "how long is an az acr login token valid?"}
        asked = httpx.get(f"{site}/api/v1/ask", params=question)
        assert asked.json()["short_answer"]["text"] == "3時間"
        stop = getattr(signal, said(FINAL, "STOPSIGNAL")[0])
        server.send_signal(stop)
        printed, _ = server.communicate(timeout=60)
        assert server.returncode in (0, -stop), printed
        (asked_for,) = (line for line in printed.splitlines() if '"event": "question"' in line)
        assert json.loads(asked_for)["state"] == "answered"
    finally:
        server.kill()
        server.communicate()


def _let_in(context: Path) -> None:
    """Make the folder that a builder sees: what ``.dockerignore`` lets in."""
    context.mkdir()
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        source = ROOT / line[1:]
        if line.startswith("!") and source.is_dir():
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, context / line[1:], ignore=unwanted)
        elif line.startswith("!"):
            shutil.copy(source, context / line[1:])


def _wait_for(machine: Machine, check: Sequence[str], server: subprocess.Popen[str]) -> None:
    """Wait until the health check says yes; a server that ended fails at once."""
    until = time.monotonic() + 240
    while True:
        assert server.poll() is None, server.stdout.read() if server.stdout else ""
        try:
            machine.run(*check)
        except AssertionError:
            assert time.monotonic() < until
            time.sleep(0.5)
        else:
            return
