"""What changes do to running things."""

from __future__ import annotations

import pytest

from flametree_cfg.config import load_catalog
from flametree_cfg.diff import Change
from flametree_cfg.impact import agents_to_restart, attached, channel_restarts, lifecycle_of
from flametree_cfg.model import (
    Action,
    Address,
    FieldChange,
    Resource,
    Snapshot,
    Value,
    agent,
    attachment,
    channel,
    connector,
)
from flametree_cfg.schema import Lifecycle

CATALOG = load_catalog()
X, T, V = agent("x"), channel("t"), channel("v")


def live(**running: bool) -> Snapshot:
    """Make a platform with an agent on a Telegram and a SIP channel; say what runs: all, unless told otherwise."""
    resources = [
        Resource(X, {"type": "inbound", "name": "Xen", "running": running.get("x", True)}),
        Resource(T, {"type": "telegram", "name": "Tom", "running": running.get("t", True)}),
        Resource(V, {"type": "sip", "name": "Line"}),
        *(Resource(attachment("x", key), {"agent": "x", "channel": key}) for key in "tv"),
    ]
    return Snapshot("zoo", {resource.address: resource for resource in resources})


def update(address: Address, *path: str, after: Value = "new") -> Change:
    """Make the change of one field."""
    resource = live().resources.get(address) or Resource(address, {})
    return Change(address, Action.UPDATE, resource, resource, (FieldChange(path, None, after),))


@pytest.mark.parametrize(
    ("path", "restarts"),
    [
        (("settings", "bot_token"), True),
        (("environment", "POLL"), True),
        (("name",), False),
        (("description",), False),
        (("running",), False),
    ],
)
def test_fields_of_a_channel(path: tuple[str, ...], restarts: bool) -> None:
    """A running channel restarts for its form and its environment, not for labels."""
    assert channel_restarts(update(T, *path), live(), CATALOG) is restarts


def test_channel_that_is_stopped_or_new() -> None:
    """What does not run is not restarted."""
    new = Change(T, Action.CREATE, None, Resource(T, {"type": "telegram"}), (FieldChange(("settings",), None, {}),))

    assert not channel_restarts(update(T, "settings", "bot_token"), live(t=False), CATALOG)
    assert not channel_restarts(new, live(), CATALOG)


def test_channel_that_runs_with_its_agents() -> None:
    """A SIP channel is not restarted by itself: its agents are."""
    change = update(V, "settings", "server")

    assert not channel_restarts(change, live(), CATALOG)
    assert agents_to_restart([change], live(), CATALOG) == (X,)


@pytest.mark.parametrize(
    ("path", "restarts"),
    [
        (("connectors", "llm"), True),
        (("environment", "ONE"), True),
        (("max_opened_sessions",), True),
        (("instructions",), True),
        (("push", "url"), True),
        (("name",), False),
        (("description",), False),
        (("web_widget", "enabled"), False),
        (("running",), False),
    ],
)
def test_fields_of_an_agent(path: tuple[str, ...], restarts: bool) -> None:
    """A running agent keeps its previous configuration until it restarts; labels and the widget apply at once."""
    assert agents_to_restart([update(X, *path)], live(), CATALOG) == ((X,) if restarts else ())


@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.DELETE])
def test_attachments(action: Action) -> None:
    """Attaching, detaching and turning Inbound take a restart of the agent."""
    at = attachment("x", "t")
    change = Change(at, action, None, None, (FieldChange(("inbound",), False, True),))

    assert agents_to_restart([change], live(), CATALOG) == (X,)


def test_once_for_many_reasons() -> None:
    """An agent is named once, however many reasons it has."""
    changes = [update(X, "connectors", "llm"), update(V, "settings", "server"), update(X, "environment", "ONE")]

    assert agents_to_restart(changes, live(), CATALOG) == (X,)


def test_agent_that_is_stopped_or_leaves() -> None:
    """An agent that does not run, or goes, needs no restart."""
    gone = Change(X, Action.DELETE, live().resources[X], None)
    detached = Change(attachment("x", "t"), Action.DELETE, None, None)

    assert agents_to_restart([update(X, "connectors", "llm")], live(x=False), CATALOG) == ()
    assert agents_to_restart([gone, detached], live(), CATALOG) == ()


def test_connector_edit() -> None:
    """An edit of a connector restarts nobody: whether running agents pick it up is not documented."""
    assert agents_to_restart([update(connector("a"), "settings", "model_name")], live(), CATALOG) == ()


def test_lifecycles() -> None:
    """Agents and most channels start by themselves, voice channels with their agents, connectors never."""
    found = [lifecycle_of(X, "inbound", CATALOG), lifecycle_of(T, "telegram", CATALOG)]

    assert found == [Lifecycle.OWN, Lifecycle.OWN]
    assert lifecycle_of(V, "sip", CATALOG) is Lifecycle.AGENT
    assert lifecycle_of(connector("a"), "llm", CATALOG) is Lifecycle.NONE


def test_attached() -> None:
    """The attachments of an agent or a channel are listed, sorted."""
    assert attached(live(), X) == (attachment("x", "t"), attachment("x", "v"))
    assert attached(live(), T) == (attachment("x", "t"),)
