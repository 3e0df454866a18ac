"""Every drift accepted into every hand: only its lines change, and nothing is left to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drift_accept.corpus import HANDS
from tests.drift_accept.spans import strange
from tests.scenario.running import Zoo

DRIFTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "text": (("set", "connector.model", "name=Großes Modell: neu"),),
    "text in several lines": (("set", "agent.desk", "instructions=You answer.\nBe brief.\n\nNo jokes.\n"),),
    "text on one line": (("set", "agent.desk", "instructions=Answer"),),
    "folded text": (("set", "connector.model", "description=New words, and more of them"),),
    "no text": (("set", "connector.model", "description="),),
    "new text": (("set", "agent.desk", "description=- it: has # odd characters"),),
    "number": (("set", "connector.model", "settings.temperature=0.75"),),
    "whole number": (("set", "agent.desk", "max_opened_sessions=7"),),
    "new object": (("set", "connector.model", 'settings.json_params={"max_tokens": 5, "stop": ["a"]}'),),
    "text that looks like a number": (("set", "connector.model", "settings.model_name=1e3"),),
    "shared value": (("set", "connector.model", "settings.api_url=https://y.example/v1"),),
    "shared value, other use": (("set", "connector.spare", "settings.api_url=https://y.example/v1"),),
    "account": (("set", "channel.mail", "settings.accounts.money@zoo.example.imap_port=994"),),
    "variable": (("set", "channel.mail", "environment.POLL_SECONDS=60"),),
    "new variable": (("set", "agent.desk", "environment.LANGUAGE=no"),),
    "stopped": (("stop", "channel.bot"),),
    "default": (("make-default", "connector.spare"),),
    "link": (("link", "agent.desk", "connector.spare"),),
    "no link": (("unlink", "agent.desk", "connector.model"),),
    "attachment": (("attach", "agent.desk", "channel.mail"),),
    "no attachment": (("detach", "agent.desk", "channel.bot"),),
    "inbound": (("detach", "agent.desk", "channel.bot"), ("attach", "agent.desk", "channel.bot")),
    "connector gone": (("delete", "connector.spare"),),
    "channel gone": (("delete", "channel.bot"),),
    "agent gone": (("stop", "agent.desk"), ("delete", "agent.desk")),
    "much at once": (
        ("set", "connector.model", "name=A", "settings.temperature=1", "settings.model_name=m"),
        ("set", "channel.mail", "settings.accounts.help@zoo.example.imap_server=i"),
        ("set", "agent.desk", "name=B", "instructions=x\ny", "environment.START_PHRASE=yes"),
        ("attach", "agent.desk", "channel.mail"),
        ("delete", "connector.spare"),
    ),
}


EVERYTHING = ("tidy, no last line end", "odd, CRLF and BOM", "aliases")
CASES = [(hand, drift) for hand in HANDS for drift in DRIFTS if hand in EVERYTHING or drift == "much at once"]


@pytest.mark.parametrize(("hand", "drift"), CASES)
def test_accepted(hand: str, drift: str, tmp_path: Path) -> None:
    """The next plan is empty, drift check is clean, and lines that do not speak of it are the same bytes."""
    zoo = Zoo(tmp_path)
    file = zoo.declare("")
    file.write_bytes(HANDS[hand])
    zoo.apply()
    for verb, *rest in DRIFTS[drift]:
        zoo.ok("registry", verb, "zoo", *rest)
    assert zoo.run("drift", "check", "tenants/zoo").returncode == 3
    done = zoo.run("drift", "accept", "tenants/zoo", "--yes")
    after = file.read_bytes()

    assert done.returncode == 0, done.said
    assert zoo.settled(), zoo.run("plan", "tenants/zoo").said + zoo.run("drift", "check", "tenants/zoo").said
    assert after != HANDS[hand]
    assert strange(HANDS[hand], after) == []
    assert kept_bytes(HANDS[hand], after)


def kept_bytes(before: bytes, after: bytes) -> bool:
    """Tell whether line ends, the byte order mark and a missing last line end are what they were."""
    return (
        before.startswith(b"\xef\xbb\xbf") == after.startswith(b"\xef\xbb\xbf")
        and (b"\r\n" in before) == (b"\r\n" in after)
        and after.count(b"\n") - after.count(b"\r\n") == (0 if b"\r\n" in before else after.count(b"\n"))
    )
