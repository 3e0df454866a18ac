"""A canary in every secret field of every type is found in nothing that any command says or leaves behind."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flametree_cfg.model import Kind
from flametree_cfg.report._mask import MASK
from tests.scenario.canary import CATALOG, Aviary, Canary, canary, hits
from tests.scenario.running import Ended, Zoo

LEDGER_COMMANDS = (
    ("history", "list", "tenants/zoo"),
    ("history", "show", "tenants/zoo", "1"),
    ("state", "list", "tenants/zoo"),
    ("state", "show", "tenants/zoo", "connector.llm"),
    ("state", "show", "tenants/zoo", "channel.email"),
    ("state", "export", "tenants/zoo"),
    ("show", "tenants/zoo"),
    ("show", "tenants/zoo", "channel.whatsapp"),
    ("registry", "list", "zoo"),
    ("registry", "show", "zoo", "channel.email"),
    ("registry", "show", "zoo", "agent.ann"),
    ("drift", "check", "tenants/zoo"),
    ("plan", "tenants/zoo", "--no-refresh"),
    ("plan", "tenants/zoo"),
    ("validate", "tenants/zoo"),
)
"""Commands that read; each runs in both formats, with `--debug`."""


@dataclass
class Heard:
    """A zoo with an aviary, and everything that was said in it."""

    zoo: Zoo
    aviary: Aviary
    birds: list[Canary] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, code: int = 0, process: bool = False, **environment: str) -> Ended:
        """Run one command that ends as expected, and keep what it said."""
        runner = self.zoo.process if process else self.zoo.run
        ended = runner(*arguments, TMPDIR=str(self.zoo.root / "tmp"), **environment)
        assert ended.returncode == code, f"{arguments} ended {ended.returncode}\n{ended.said}"
        self.said[f"{len(self.said)}: {' '.join(arguments)[:80]}"] = ended.said
        return ended

    def twice(self, *arguments: str, code: int = 0) -> None:
        """Run one command in both formats."""
        self.run(*arguments, "--debug", code=code)
        self.run(*arguments, "--format", "json", code=code)

    def leaks(self) -> list[str]:
        """Look through all that was said and all that lies around."""
        birds = [*self.aviary.birds.values(), *self.birds]
        return hits(birds, {**self.said, **self.zoo.files()})


@pytest.fixture
def heard(tmp_path: Path) -> Heard:
    """Give a tenant with every type, not applied yet."""
    aviary = Aviary.of_every_type()
    zoo = Zoo(tmp_path, aviary.environment)
    (tmp_path / "tmp").mkdir()
    zoo.declare(aviary.text)
    return Heard(zoo, aviary)


def test_every_secret_field_has_its_canary() -> None:
    """There are as many canaries as the catalog has secret fields, and three more for places without a type."""
    fields = [path for kind in (Kind.CONNECTOR, Kind.CHANNEL) for spec in CATALOG.types(kind) for path in spec.secrets]
    birds = Aviary.of_every_type().birds.values()

    assert len(birds) == len(fields) + 3
    assert len({bird.core for bird in birds}) == len(birds)


@pytest.mark.parametrize("form", range(len(canary("x").forms)))
def test_every_form_is_found(form: int) -> None:
    """The search would find each form: a search that finds nothing anywhere proves nothing."""
    bird = canary("x")

    assert hits([bird], {"file": b"before " + bird.forms[form] + b" after"})


def test_the_whole_life_of_a_tenant(heard: Heard) -> None:
    """From the first plan to the destruction of the tenant, nothing leaks and nothing even had to be masked."""
    heard.twice("plan", "tenants/zoo")
    heard.run("apply", "tenants/zoo", "--yes", "--debug")
    heard.run("apply", "tenants/zoo", "--yes", "--format", "json")
    for command in LEDGER_COMMANDS:
        heard.twice(*command)
    heard.run("explain", "connector/llm")
    before = heard.zoo.files()
    heard.run("destroy", "tenants/zoo", "--yes", "--allow-delete", "all")

    assert hits(heard.aviary.birds.values(), before) == []
    assert heard.leaks() == []
    assert not [name for name, text in heard.said.items() if MASK in text]


def test_rotation(heard: Heard) -> None:
    """Neither the value before nor the value after a rotation is seen; the plan says `rotated` of every one."""
    heard.run("apply", "tenants/zoo", "--yes")
    rotated = {name: canary(f"{name} rotated", pattern_of(bird)) for name, bird in heard.aviary.birds.items()}
    heard.birds = list(rotated.values())
    heard.zoo.environment |= {name: bird.value for name, bird in rotated.items()}
    planned = heard.run("plan", "tenants/zoo")
    heard.run("plan", "tenants/zoo", "--format", "json")
    heard.run("apply", "tenants/zoo", "--yes", "--debug")
    heard.run("history", "show", "tenants/zoo", "2")

    assert planned.stdout.count(" rotated") == len(rotated)
    assert heard.leaks() == []
    assert heard.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == 0


def pattern_of(bird: Canary) -> str:
    """Give a pattern that only the shape of this canary has."""
    return {"1": r"^[0-9]+:", "A": r"^AC[0-9a-f]{32}$"}.get(bird.value[0], "")


@pytest.mark.parametrize(
    "point", ["after-lock", "after-journal", "before-platform", "after-platform", "before-ledger", "after-ledger"]
)
def test_killed(heard: Heard, point: str) -> None:
    """An apply that is killed leaves no value in journal, -wal or temporary files; the next one says none."""
    killed = heard.run(
        "apply", "tenants/zoo", "--yes", code=-9, process=True, FLAMETREE_CRASH_AT=point, FLAMETREE_TESTING="1"
    )
    left = heard.zoo.files()
    heard.run("plan", "tenants/zoo")
    heard.run("apply", "tenants/zoo", "--yes")

    assert killed.returncode == -9
    assert hits(heard.aviary.birds.values(), left) == []
    assert heard.leaks() == []


def test_unresolved(heard: Heard) -> None:
    """One secret that does not resolve stops the apply; the others are not told to explain it."""
    gone = next(iter(heard.aviary.birds))
    del heard.zoo.environment[gone]
    ended = heard.run("apply", "tenants/zoo", "--yes", "--debug", code=4)

    assert ended.codes == {"unresolved-secret"}
    assert gone in ended.stderr
    assert heard.leaks() == []


def test_values_that_do_not_fit(heard: Heard) -> None:
    """A value that its field's pattern refuses, or that is no text, is refused without being shown."""
    name = "CANARY_CHANNEL_TELEGRAM_BOT_TOKEN"
    bird = canary("no bot token")
    heard.birds = [bird]
    for value in (bird.value, f"{bird.core}\x07", f"{bird.core}\udcff", bird.core * 4000):
        heard.zoo.environment[name] = value
        ended = heard.run("apply", "tenants/zoo", "--yes", "--debug", code=4)
        assert ended.codes <= {"bad-secret", "unresolved-secret"}

    assert heard.leaks() == []


def test_a_file_that_is_no_text(heard: Heard) -> None:
    """Bytes of a secret file that are no UTF-8 are in no message and no exception."""
    bird = canary("file")
    heard.birds = [bird]
    (heard.zoo.folder / "secret").write_bytes(bird.core.encode() + b"\xff")
    heard.zoo.declare("agents: {a: {type: inbound, name: A, environment: {T: {secret: '${file:secret}'}}}}\n")
    ended = heard.run("apply", "tenants/zoo", "--yes", "--debug", code=4)

    assert ended.codes == {"unresolved-secret"}
    assert heard.leaks() == []


LLM = """\
connectors:
  a:
    type: llm
    name: A
    settings:
      api_url: https://x.example/v1
      model_name: m
      temperature: 0
      {line}
"""
AGENT = "agents: {{a: {{type: inbound, name: A, {line}}}}}\n"
MAIL = "channels: {{a: {{type: email, name: A, settings: {{accounts: {line}}}}}}}\n"
TOP = "{line}\n"
LITERALS = (
    *(
        (LLM, line)
        for line in (
            "access_token: @@",
            "access_token: '@@",
            'access_token: "@@',
            'access_token: "\\x@@"',
            "access_token: @@: x",
            "access_token: [@@",
            "access_token: [@@]",
            "access_token: {@@",
            "access_token: {secret: @@}",
            "access_token: *@@",
            "access_token: &@@",
            "access_token: &@@ x",
            "access_token: !@@ x",
            "access_token: !!@@ x",
            "access_token: %@@",
            "access_token: `@@",
            "access_token: |\n  @@",
            "access_token: '@@\u202e'",
            'access_token: "@@\\e"',
            "access_token: @@\n\tx: y",
            "access_token: - @@",
            "access_token: ${@@}",
            "access_token: ${env:OPENAI_KEY}@@",
            "access_token: @@\n      access_token: @@",
            "access_token: @@\n      api_url: https://u:@@@x.example",
            "access_token:@@",
            "access_token @@",
            "acces_token: @@",
            "<<: @@",
            "<<: *@@",
            "- @@",
            "access_token: ${env:OPENAI_KEY}\n    token: @@",
            "access_token: ${env:OPENAI_KEY}\n      temperature: @@",
            "access_token: ${env:OPENAI_KEY}\n      json_params: @@",
        )
    ),
    *(
        (AGENT, line)
        for line in (
            "environment: {T: {secret: @@}}",
            "environment: {T: {secrets: @@}}",
            "environment: {T: [@@]}",
            "environment: @@",
            "push: {events: [x], url: 'https://u:@@@x.example'}",
            "push: {events: [x], url: 'https://x.example', headers: {X: {secret: @@}}}",
            "push: {events: [x], url: 'https://x.example', headers: {X: {value: @@}}}",
            "push: {events: [x], url: 'https://x.example', headers: {X: [@@]}}",
        )
    ),
    *(
        (MAIL, line)
        for line in (
            "@@",
            "[@@]",
            "[{password: @@}]",
            "[{address: a@x.example, pasword: @@}]",
            "[{address: a@x.example, password: [@@]}]",
            "{a: {password: @@}}",
        )
    ),
    *((TOP, line) for line in ("@@", "[@@]", "connectors: @@", "connectors: {a: {settings: @@}}", "---\n@@\n...\n@@")),
)
"""Wrong YAML with a secret written out: as people paste it, in and beside the place where it belongs."""


def test_literals_in_yaml(heard: Heard) -> None:
    """Whatever is wrong with YAML that holds a secret in clear, no message shows it."""
    bird = canary("literal")
    heard.birds = [bird]
    for text, line in LITERALS:
        heard.zoo.declare(text.format(line=line.replace("@@", bird.core)))
        heard.run("validate", "tenants/zoo", code=4)
        heard.run("plan", "tenants/zoo", "--debug", code=4)
        heard.run("validate", "tenants/zoo", "--format", "json", code=4)

    assert heard.leaks() == []


def test_the_portal(heard: Heard) -> None:
    """A secret typed into a `registry` command is in nothing it says, whether the command succeeds or fails."""
    bird = canary("typed")
    heard.birds = [bird]
    create = ("registry", "create", "zoo", "connector", "llm", "Typed")
    plain = ("settings.api_url=https://x.example/v1", "settings.model_name=m", "settings.temperature=0")
    token = f"settings.access_token={bird.value}"
    heard.twice(*create, *plain[1:], token, code=4)
    heard.run(*create, *plain, token, "--debug")
    heard.twice(*create, *plain, token, code=1)
    heard.run("registry", "set", "zoo", "connector:Typed", token, "--debug")
    heard.twice("registry", "set", "zoo", "connector:Typed", token, "settings.temperature=9", code=4)
    heard.twice("registry", "set", "zoo", "connector:Typed", f"settings.acces_token={bird.value}", code=4)
    heard.twice("registry", "set", "zoo", "connector:Typed", "settings.access_token", bird.value, code=64)
    heard.twice("registry", "set", "zoo", "connector:Nobody", token, code=64)
    heard.run(
        "registry", "create", "zoo", "agent", "inbound", "T", f"environment.T={bird.value}", "--secret", "environment.T"
    )
    heard.run("registry", "create", "zoo", "channel", "telegram", "B", f"settings.bot_token={bird.value}", code=4)
    for command in (
        ("registry", "list", "zoo"),
        ("registry", "show", "zoo", "agent:T"),
        ("drift", "check", "tenants/zoo"),
    ):
        heard.run(*command, code=3 if command[0] == "drift" else 0)
        heard.run(*command, "--format", "json", code=3 if command[0] == "drift" else 0)

    assert heard.leaks() == []


def test_a_reference_in_a_plain_field_of_the_portal(heard: Heard) -> None:
    """`${env:…}` where nothing is secret is refused or kept secret: it never becomes clear text."""
    heard.run("apply", "tenants/zoo", "--yes")
    reference = "${env:CANARY_CONNECTOR_LLM_ACCESS_TOKEN}"
    for target, path in (
        ("agent.ann", "instructions"),
        ("agent.ann", "environment.PLAIN"),
        ("agent.ann", "push.headers.X-Plain"),
        ("connector.llm", "name"),
        ("connector.llm", "description"),
        ("connector.llm", "settings.model_name"),
        ("connector.llm", "settings.json_params.user"),
        ("channel.email", "environment.PLAIN"),
    ):
        ended = heard.zoo.run("registry", "set", "zoo", target, f"{path}={reference}")
        heard.said[path] = ended.said
        assert ended.returncode in (0, 4), ended.said
        assert "internal-error" not in ended.codes
    for command in (
        ("drift", "check", "tenants/zoo"),
        ("registry", "show", "zoo", "agent.ann"),
        ("show", "tenants/zoo"),
    ):
        heard.said[" ".join(command)] = heard.zoo.run(*command).said

    assert heard.leaks() == []


def test_children_hear_nothing(heard: Heard) -> None:
    """The one program that is started, git, gets no secret in its arguments or its environment."""
    spy = heard.zoo.root / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\n{{ env; echo "$@"; }} >> {heard.zoo.root}/spied\n')
    spy.chmod(0o755)
    heard.run("apply", "tenants/zoo", "--yes", PATH=f"{spy.parent}{os.pathsep}{os.environ['PATH']}")

    assert "rev-parse" in (heard.zoo.root / "spied").read_text()
    assert heard.leaks() == []


def test_key_and_seal(heard: Heard) -> None:
    """The key file and the sealed values tell nothing, and the key is in neither database."""
    heard.run("apply", "tenants/zoo", "--yes")
    files = heard.zoo.files()
    key = files[".flametree/key"].strip()

    assert len(key) == 44
    assert not [name for name, data in files.items() if key in data and name != ".flametree/key"]
    assert heard.leaks() == []
