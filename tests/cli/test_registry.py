"""The registry commands do what a person would do in the portal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_process import start

CANARY = "sk-canary-0123456789abcdef"
GPT = (
    "connector", "llm", "GPT", "settings.api_url=https://api.openai.com/v1",
    "settings.access_token=${env:ZOO_KEY}", "settings.model_name=gpt-4o", "settings.temperature=0.5",
)  # fmt: skip


class Zoo:
    """The portal of a tenant called `zoo`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = ""

    def __call__(self, verb: str, *arguments: str, code: int = 0) -> str:
        """Run a registry command on the zoo; gives its stdout."""
        words = (verb, *arguments) if verb == "system-add" else (verb, "zoo", *arguments)
        ended = start("registry", *words, cwd=self.folder)
        self.said += ended.stdout + ended.stderr
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout

    def objects(self) -> list[dict[str, object]]:
        """List what is there."""
        listed: list[dict[str, object]] = json.loads(self("list", "--format", "json"))["objects"]
        return listed


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zoo:
    """Give an empty zoo, with a secret in the environment."""
    (tmp_path / ".flametree").mkdir(mode=0o700)
    monkeypatch.setenv("ZOO_KEY", CANARY)
    return Zoo(tmp_path)


def test_create_and_list(zoo: Zoo) -> None:
    """What is created is listed, its secret only as present."""
    made = zoo("create", *GPT)
    listed = zoo("list")

    assert made.startswith('Created connector llm "GPT" (')
    assert "connector  llm   GPT   not checked" in listed
    assert listed.splitlines()[-1] == "Registry: 1 object of tenant zoo"


def test_a_secret_by_reference_is_sent_and_never_shown(zoo: Zoo) -> None:
    """A value may be named instead of typed, and no output shows it."""
    zoo("create", *GPT)
    shown = zoo("show", "connector:GPT")
    zoo("show", "connector:GPT", "--format", "json")

    assert "settings.access_token: (secret)" in shown
    assert CANARY not in zoo.said


def test_a_reference_that_does_not_resolve_is_refused(zoo: Zoo) -> None:
    """Nothing is sent, and the field is named."""
    zoo("create", *GPT[:3], "settings.access_token=${env:NOT_THERE}", code=4)

    assert "settings.access_token: ${env:NOT_THERE}" in zoo.said
    assert zoo.objects() == []


def test_wiring(zoo: Zoo) -> None:
    """Link, attach, start and default show in the list, and go again."""
    zoo("create", *GPT)
    zoo("create", "agent", "inbound", "Bot")
    zoo("create", "channel", "telegram", "Tg", "settings.bot_token=123456789:AAHcanaryCANARYcanaryCANARYcanary12")
    zoo("link", "agent:Bot", "connector:GPT")
    zoo("attach", "agent:Bot", "channel:Tg", "--inbound")
    zoo("start", "channel:Tg")
    zoo("make-default", "connector:GPT")
    wired = zoo("list")
    zoo("stop", "channel:Tg")
    zoo("unlink", "agent:Bot", "connector:GPT")
    zoo("detach", "agent:Bot", "channel:Tg")
    zoo("clear-default", "connector:GPT")
    left = zoo("list")

    assert all(word in wired for word in ("RUNNING", "DEFAULT", "Bot / Tg", "INBOUND"))
    assert not any(word in left for word in ("RUNNING", "DEFAULT", "Bot / Tg", "INBOUND"))


def test_set_and_delete(zoo: Zoo) -> None:
    """A field can be changed by its path, and an object goes."""
    zoo("create", *GPT)
    zoo("set", "connector:GPT", "settings.temperature=0.9")
    changed = zoo.objects()
    zoo("delete", "connector:GPT")

    assert changed[0]["fields"]["settings"]["temperature"] == 0.9  # type: ignore[index]
    assert zoo.objects() == []


def test_system_integrations_are_seen_by_every_tenant(zoo: Zoo) -> None:
    """What the operator adds is listed with its tag."""
    zoo("system-add", *GPT[1:])

    assert "SYS.INT." in zoo("list")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "connector:none"), 64),
        (("show", "connector.none"), 64),
        (("set", "connector:none", "x"), 64),
        (("create", "widget", "llm", "X"), 64),
        (("create", "connector", "llm", "X", "settings.temperature=hot"), 4),
    ],
)
def test_mistakes_have_their_codes(zoo: Zoo, arguments: tuple[str, ...], code: int) -> None:
    """Wrong usage is 64, a wrong value is 4."""
    zoo(*arguments, code=code)

    assert "error[" in zoo.said
