"""Run the command line as a person does: a folder, an environment, and another process where one is needed."""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from flametree_cfg.cli import run

SECRETS = {
    "OPENAI_KEY": "sk-canary-0123456789abcdef",
    "OTHER_KEY": "sk-canary-fedcba9876543210",
    "BOT_TOKEN": "123456789:AAHcanaryCANARYcanaryCANARYcanary12",
    "NIGHT_BOT_TOKEN": "987654321:AAHcanaryCANARYcanaryCANARYcanary34",
}
HOME = ".flametree"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
PROGRAM = (sys.executable, "-m", "flametree_cfg")


def with_one_core() -> None:
    """Leave this process one core, so that it works alone."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """Give both streams."""
        return self.stdout + self.stderr

    @property
    def codes(self) -> set[str]:
        """Name the diagnostics on stderr: `error[locked]: …`."""
        heads = (line.partition("]:")[0] for line in self.said.splitlines() if line.startswith(("error[", "warning[")))
        return {head.partition("[")[2] for head in heads}

    @property
    def last(self) -> str:
        """Give the last line of the result, which is always a summary."""
        return self.stdout.splitlines()[-1]


@dataclass
class Zoo:
    """A folder of tenants, one of them called `zoo`, with ledger and registry beside it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)  # or one further up would be found

    @property
    def home(self) -> Path:
        """Give the folder of ledger, registry and key."""
        return self.root / HOME

    @property
    def folder(self) -> Path:
        """Give the tenant's folder."""
        return self.root / "tenants" / "zoo"

    def declare(self, text: str, file: str = "zoo.yaml", tenant: str = "zoo") -> Path:
        """Write a tenant's YAML; gives the file."""
        folder = self.root / "tenants" / tenant
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / file
        path.write_text(f"tenant: {tenant}\n" + textwrap.dedent(text), encoding="utf-8")
        return path

    def seen(self, more: Mapping[str, str]) -> dict[str, str]:
        """Give the environment of a command."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("FLAMETREE", "CI"))}
        return {**kept, "FLAMETREE_VERIFY": "0", **SECRETS, **self.environment, **more}

    def run(self, *arguments: str, **environment: str) -> Ended:
        """Run one command in this process, in the zoo's root; nobody is there to be asked."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n") for _ in range(2))
        with (
            _environment(self.seen(environment)),
            contextlib.chdir(self.root),
            Path(os.devnull).open(encoding="utf-8") as nothing,
            _streams(nothing, out, err),
        ):
            code = run(arguments)
        return Ended(code, _text(out), _text(err))

    def python(self, *scripts: str) -> str:
        """Run Python in a process of its own, in the zoo's root; gives what it writes."""
        done = subprocess.run(
            [sys.executable, "-c", "".join(map(textwrap.dedent, scripts))],
            cwd=self.root,
            env=self.seen({}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def process(self, *arguments: str, first: Callable[[], None] | None = None, **environment: str) -> Ended:
        """Run one command as another process, in the zoo's root, after `first` there."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.root,
            env=self.seen(environment),
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
            preexec_fn=first,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, stdout: int | IO[str] = subprocess.PIPE) -> subprocess.Popen[str]:
        """
        Start one command as another process and go on.

        Its pipes are small: nobody who has much to say ends before somebody listens.
        """
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=self.root,
            env=self.seen({}),
            stdout=stdout,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            pipesize=4096,
        )

    def shell(self, script: str, **environment: str) -> Ended:
        """Run a line of shell in the zoo's root; `$flametree` is the program."""
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=self.root,
            env=self.seen({"flametree": " ".join(PROGRAM), **environment}),
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, **environment: str) -> str:
        """Run one command that has to end well; gives its standard output."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, f"{arguments} ended {done.returncode}\n{done.said}"
        return done.stdout

    def apply(self, *arguments: str, path: str = "tenants/zoo") -> str:
        """Apply without asking."""
        return self.ok("apply", path, "--yes", *arguments)

    def settled(self) -> bool:
        """Tell whether a plan has nothing to do and no drift is found."""
        planned = self.run("plan", "tenants/zoo", "--detailed-exitcode")
        drifted = self.run("drift", "check", "tenants/zoo")
        return (planned.returncode, drifted.returncode) == (0, 0)

    def document(self, *arguments: str) -> dict[str, Any]:
        """Run one command that has to end well; gives its JSON document."""
        document: dict[str, Any] = json.loads(self.ok(*arguments, "--format", "json"))
        return document

    def cards(self) -> list[dict[str, Any]]:
        """Give what `show` shows, without ids, which differ from registry to registry."""
        cards = self.document("show", "tenants/zoo")["cards"]
        return [{key: value for key, value in card.items() if key not in ("platform_id", "id")} for card in cards]

    def cards_of(self, address: str) -> dict[str, Any]:
        """Give the card of one object."""
        card: dict[str, Any] = self.document("show", "tenants/zoo", address)["cards"][0]
        return card

    def ids(self) -> dict[str, str]:
        """Give the platform's id of everything that the ledger knows, by address."""
        return {
            entry["address"]: entry["id"] for entry in json.loads(self.ok("state", "export", "tenants/zoo"))["entries"]
        }

    def objects(self, tenant: str = "zoo") -> list[dict[str, Any]]:
        """Give every object that the platform has of a tenant."""
        objects: list[dict[str, Any]] = self.document("registry", "list", tenant)["objects"]
        return objects

    def files(self) -> dict[str, bytes]:
        """Give the content of every file in the zoo's root but the tenants'."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and "tenants" not in path.relative_to(self.root).parts
        }


@contextlib.contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _streams(stdin: io.TextIOBase, out: io.TextIOBase, err: io.TextIOBase) -> Iterator[None]:
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = stdin, out, err  # type: ignore[assignment]  # any text stream will do
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")


HOLD = """
import sys
from flametree_cfg.model import Holder
from flametree_cfg.state import open_ledger
import os
ledger = open_ledger("sqlite:.flametree/ledger.db")
with ledger.lock(sys.argv[1], 0, Holder("mallory", "far-away", os.getpid(), "apply")):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def holding(zoo: Zoo, tenant: str = "zoo") -> Iterator[subprocess.Popen[str]]:
    """Hold a tenant's lock in another process."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tenant],
        cwd=zoo.root,
        env=zoo.seen({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


def obey_modes() -> None:
    """Let file modes count for root too, as they do for everybody else."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process."""
    out, err = process.communicate(timeout=60)
    return Ended(process.returncode, out or "", err or "")
