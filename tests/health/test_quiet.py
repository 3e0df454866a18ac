"""No secret leaves through the commands, whatever a provider repeats and whoever logs."""

from __future__ import annotations

import logging

import pytest

from tests.health.world import WRONG, World
from tests.probe.provider import KEY
from tests.probe.test_canary import leaks

COMMANDS = (
    ("plan", "tenants/zoo", "--probe"),
    ("plan", "tenants/zoo", "--probe", "--format", "json"),
    ("plan", "tenants/zoo", "--probe", "--out", "p.json"),
    ("apply", "tenants/zoo", "--yes", "--debug"),
    ("check", "tenants/zoo", "channel.bot", "--debug"),
    ("check", "tenants/zoo"),
    *(("check", "tenants/zoo", "--format", one) for one in ("json", "junit", "sarif", "markdown", "html", "github")),
    ("status", "tenants/zoo"),
    ("status", "tenants/zoo", "--format", "json"),
    ("show", "tenants/zoo", "--format", "json"),
    ("registry", "list", "zoo", "--format", "json"),
    ("state", "export", "tenants/zoo"),
)
BOT = 'channels:\n  bot:\n    type: telegram\n    name: Bot\n    settings: {bot_token: "${env:BOT}"}\n'


@pytest.fixture
def echoing(world: World) -> World:
    """Give a zoo whose providers repeat the key, break off, and redirect with the key in the address."""
    world.provider.location = f"http://127.0.0.1/?key={KEY}"
    paths = ("echo", "redirect", "reset", "half")
    world.models(BOT, **{path: f"/{path}" for path in paths}, wrong="/v1 BAD_KEY")
    world.environment["BOT"] = f"100200300:{KEY}"
    world.environment["FLAMETREE_ENDPOINT"] = f"telegram={world.provider.url('/echo')}"
    return world


def test_nothing_is_told(echoing: World, caplog: pytest.LogCaptureFixture) -> None:
    """Output, logs at DEBUG of every library, exceptions and files hold no form of a key."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection", "asyncio", "anyio"):
        caplog.set_level(logging.DEBUG, name)
    ended = [echoing.run(*command) for command in COMMANDS]
    said = "".join(done.said for done in ended) + caplog.text
    kept = b"".join(echoing.files().values()).decode("utf-8", "replace")

    assert {done.returncode for done in ended} == {0, 9}
    assert len(echoing.provider.asked) > len(COMMANDS)
    assert [leaks(text) for text in (said, kept)] == [[], []]
    assert WRONG not in said + kept


def test_the_keys_were_sent(echoing: World) -> None:
    """What the test above looks for was there to be found."""
    echoing.run("apply", "tenants/zoo", "--yes")
    echoing.run("check", "tenants/zoo", "channel.bot")
    sent = "".join(one.path + one.headers.get("authorization", "") for one in echoing.provider.asked)

    assert KEY in sent
    assert WRONG in sent
    assert f"/bot100200300:{KEY}/getMe" in sent.replace("%3A", ":")


def test_as_another_process(echoing: World) -> None:
    """Python's own debug mode and warnings say nothing either."""
    echoing.run("apply", "tenants/zoo", "--yes")
    done = echoing.process("check", "tenants/zoo", "--debug", PYTHONASYNCIODEBUG="1", PYTHONDEVMODE="1")

    assert done.returncode == 9
    assert leaks(done.said) == []
