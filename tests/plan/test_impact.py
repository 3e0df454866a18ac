"""What plans say they do to agents and channels, over small tenants; and that they say it the same both ways."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flametree_cfg.impact.consequences import find_impact
from flametree_cfg.impact.types import Impact, Model
from flametree_cfg.model import Action, Address, Kind, Operation, Resource, agent, channel, connector, live_snapshot
from flametree_cfg.plan.readset import before_and_after
from flametree_cfg.schema import Catalog
from tests.plan import texts
from tests.plan.conftest import Apply, Declare
from tests.plan.documents import CATALOG
from tests.plan.sides import Applied
from tests.plan.story import Chapter, tell
from tests.plan.texts import llm, telegram

A, B, X, Y = connector("a"), connector("b"), agent("x"), agent("y")
T = channel("t")
RUNS = "running: true"


def impact_of(sides: Applied, declare: Declare, catalog: Catalog, text: str) -> Impact:
    """Plan a text and give the impact."""
    plan = sides.plan(declare(text), catalog)
    assert plan.impact is not None
    return plan.impact


def tenant(connectors: str, agents: str, channels: str = "") -> str:
    """Write a tenant."""
    return f"connectors: {{{connectors}}}\nchannels: {{{channels}}}\nagents: {{{agents}}}"


def model(address: Address, name: str = "m-1", *, default: bool = False) -> tuple[Model, ...]:
    """Give what serves an agent."""
    return (Model(address, name, default),)


def test_a_plan_from_nothing_affects_nobody(declare: Declare, catalog: Catalog) -> None:
    """What is new was used by nobody; a channel that begins to be answered is told all the same."""
    x = texts.agent("Xen", RUNS, "connectors: {llm: a}", "channels: {t: {inbound: true}}")
    text = tenant(f"a: {llm('Ann')}", f"x: {x}", f"t: {telegram('Tom')}, u: {telegram('Una', token='U')}")
    found = impact_of(Applied.nothing(), declare, catalog, text)

    assert (found.affected, found.restarts, found.models, found.losses) == ((), (), (), ())
    assert [(m.channel, m.before, m.after) for m in found.inbound] == [(T, None, X), (channel("u"), None, None)]


def test_no_changes_no_impact(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A plan without operations says nothing of impact."""
    text = tenant(f"a: {llm('Ann')}", "")

    assert applied(text).plan(declare(text), catalog).impact is None


def test_a_default_that_moves(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Agents that select none are served by the new default, those that select one are not concerned."""
    agents = f"x: {texts.agent('Xen')}, y: {texts.agent('Yan', 'connectors: {llm: a}')}"
    before = applied(tenant(f"a: {llm('Ann', 'default: true')}, b: {llm('Bea', model='m-2')}", agents))
    text = tenant(f"a: {llm('Ann')}, b: {llm('Bea', 'default: true', model='m-2')}", agents)
    found = impact_of(before, declare, catalog, text)

    assert [(m.type, m.before, m.after, m.agents) for m in found.defaults] == [("llm", A, B, (X,))]
    assert [(m.agent, m.role, m.before, m.after) for m in found.models] == [
        (X, "llm", model(A, default=True), model(B, "m-2", default=True))
    ]
    assert found.affected == (X,)


def test_a_foreign_default_and_a_foreign_agent(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Whoever is served by the default is named, also where both are somebody else's."""
    before = applied("connectors: {}").added("f1", kind="connector", type="llm", name="Theirs", default=True)
    before = before.added("f2", kind="agent", type="inbound", name="Other")
    found = impact_of(before, declare, catalog, f"connectors: {{a: {llm('Ann', 'default: true')}}}")

    assert [(m.before, m.after, m.agents) for m in found.defaults] == [(connector("id:f1"), A, (agent("id:f2"),))]
    assert found.affected == (agent("id:f2"),)


def test_a_default_that_goes(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Agents that were served by a default which nobody succeeds lose their model."""
    agents = f"x: {texts.agent('Xen', 'connectors: {}')}"
    before = applied(tenant(f"a: {llm('Ann', 'default: true')}, b: {llm('Bea')}", agents))
    found = impact_of(before, declare, catalog, tenant(f"a: {llm('Ann')}, b: {llm('Bea')}", agents))

    assert [(m.before, m.after, m.agents) for m in found.defaults] == [(A, None, (X,))]
    assert [(m.agent, m.after) for m in found.models] == [(X, ())]


def test_another_model_behind_the_same_connector(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A connector that names another model changes the model of every agent that uses it, and of no other."""
    agents = f"x: {texts.agent('Xen', 'connectors: {llm: a}')}, y: {texts.agent('Yan', 'connectors: {llm: b}')}"
    before = applied(tenant(f"a: {llm('Ann')}, b: {llm('Bea')}", agents))
    found = impact_of(before, declare, catalog, tenant(f"a: {llm('Ann', model='m-2')}, b: {llm('Bea')}", agents))

    assert [(m.agent, m.before, m.after) for m in found.models] == [(X, model(A), model(A, "m-2"))]
    assert found.restarts == ()


def test_a_temperature_is_no_model(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Other settings of a connector leave the model as it is."""
    agents = f"x: {texts.agent('Xen', 'connectors: {llm: a}')}"
    before = applied(tenant(f"a: {llm('Ann')}", agents))
    found = impact_of(before, declare, catalog, tenant(f"a: {llm('Ann', 'description: Ours')}", agents))

    assert found == Impact()


def test_a_restart_has_its_reasons(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Every restart says for what: links, channels, and channels that live with their agents."""
    place = f"t: {telegram('Tom', RUNS)}"
    body = texts.agent("Xen", RUNS, "connectors: {llm: %s}", "channels: {t: {inbound: %s}}")
    models = f"a: {llm('Ann')}, b: {llm('Bea')}"
    before = applied(tenant(models, f"x: {body % ('a', 'true')}", place))
    after = tenant(models, f"x: {body % ('b', 'false')}", f"t: {telegram('Tom', RUNS, token='U')}")
    found = impact_of(before, declare, catalog, after)

    assert [(r.address, r.reasons) for r in found.restarts] == [
        (X, ("connectors.llm", "no longer inbound on channel.t")),
        (T, ("settings.bot_token",)),
    ]
    assert [(m.channel, m.before, m.after) for m in found.inbound] == [(T, X, None)]


def test_inbound_passes_on(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A channel that another agent answers names both."""
    place = f"t: {telegram('Tom')}"
    xen, yan = (texts.agent(name, "channels: {t: {inbound: %s}}") for name in ("Xen", "Yan"))
    agents = f"x: {xen}, y: {yan}"
    before = applied(tenant("", agents % ("true", "false"), place))
    found = impact_of(before, declare, catalog, tenant("", agents % ("false", "true"), place))

    assert [(m.channel, m.before, m.after) for m in found.inbound] == [(T, X, Y)]
    assert found.affected == (X, Y)


def test_an_agent_that_goes_leaves_its_channel(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """The channel of an agent that is deleted is answered by nobody."""
    place = f"t: {telegram('Tom')}"
    before = applied(tenant("", f"x: {texts.agent('Xen', 'channels: {t: {inbound: true}}')}", place))
    found = impact_of(before, declare, catalog, tenant("", "", place))

    assert [(m.channel, m.before, m.after) for m in found.inbound] == [(T, X, None)]
    assert (found.deleted, found.affected) == ((X,), (X,))


def test_a_deleted_connector_names_who_linked_it(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """Ours and foreign agents that linked a connector which goes are named, with what they link instead."""
    body = texts.agent("Xen", "connectors: {llm: %s}")
    before = applied(tenant(f"a: {llm('Ann')}, b: {llm('Bea')}", f"x: {body % 'a'}"))
    before = before.added("f1", kind="agent", type="inbound", name="Theirs", connectors={"llm": [before.id_of(A)]})
    found = impact_of(before, declare, catalog, tenant(f"b: {llm('Bea')}", f"x: {body % 'b'}"))

    assert [(loss.connector, loss.agent, loss.role, loss.instead) for loss in found.losses] == [
        (A, agent("id:f1"), "llm", ()),
        (A, X, "llm", (B,)),
    ]
    assert [(m.agent, m.after) for m in found.models] == [(agent("id:f1"), ()), (X, model(B))]


@pytest.mark.parametrize(
    ("connectors", "expected"),
    [
        (f"b: {llm('Bea')}", [(X, A, "Ann", "")]),
        (f"a: {llm('Anna')}, b: {llm('Bea')}", [(X, A, "Ann", "Anna")]),
        (f"a: {llm('Bea')}, b: {llm('Ann')}", []),
        (f"c: {llm('Ann')}, b: {llm('Bea')}", []),
    ],
    ids=["deleted", "renamed", "swapped", "another key"],
)
def test_instructions_that_name_what_is_gone(
    applied: Apply, declare: Declare, catalog: Catalog, connectors: str, expected: list[tuple[object, ...]]
) -> None:
    """Instructions that name a connector as nothing is called any more are listed, of any type."""
    agents = f"x: {texts.agent('Xen', 'instructions: Ask Ann first.')}"
    before = applied(tenant(f"a: {llm('Ann')}, b: {llm('Bea')}", agents))
    found = impact_of(before, declare, catalog, tenant(connectors, agents))

    assert [(m.agent, m.connector, m.name, m.now) for m in found.mentions] == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (llm("Ann"), [(A, connector("new"))]),
        (llm("Ann", "description: Other words"), [(A, connector("new"))]),
        (llm("Ann", model="m-2"), []),
        (llm("Ann", token="B"), []),
        (llm("Anna"), []),
    ],
    ids=["equal", "another description", "another model", "another secret", "another name"],
)
def test_a_likely_rename(
    applied: Apply, declare: Declare, catalog: Catalog, body: str, expected: list[tuple[object, ...]]
) -> None:
    """A key that vanished while an equal object appeared was likely renamed; what differs is another object."""
    before = applied(tenant(f"a: {llm('Ann')}", ""))
    found = impact_of(before, declare, catalog, tenant(f"new: {body}", ""))

    assert [(r.before, r.after) for r in found.renames] == expected


def test_a_rename_that_is_said_changes_nothing(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """With `previously` nobody notices anything."""
    body = texts.agent("Xen", "connectors: {llm: %s}")
    before = applied(tenant(f"a: {llm('Ann')}", f"x: {body % 'a'}"))
    plan = before.plan(declare(tenant(f"b: {llm('Ann', 'previously: [a]')}", f"x: {body % 'b'}")), catalog)

    assert plan.impact in (None, Impact())


def test_an_object_made_anew_is_no_loss(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """A channel of another type under the same key is answered as before."""
    body = texts.agent("Xen", "channels: {t: {inbound: true}}")
    facebook = '{type: facebook, name: Tom, settings: {page_id: "1", page_access_token: "${env:F}"}}'
    before = applied(tenant("", f"x: {body}", f"t: {telegram('Tom')}"))
    found = impact_of(before, declare, catalog, tenant("", f"x: {body}", f"t: {facebook}"))

    assert (found.inbound, found.losses, found.renames) == ((), (), ())


def test_who_stops(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """What is stopped and not started is named."""
    before = applied(tenant(f"a: {llm('Ann', 'default: true')}", f"x: {texts.agent('Xen', RUNS)}"))
    after = tenant(f"a: {llm('Ann', 'default: true')}", f"x: {texts.agent('Xen', 'running: false')}")
    found = impact_of(before, declare, catalog, after)

    assert (found.stopped, found.restarts, found.affected) == ((X,), (), (X,))


def test_a_link_to_nothing_is_no_model(catalog: Catalog) -> None:
    """Who links something that nobody knows is served by the default, as far as can be told."""
    agents = [Resource(X, {"type": "inbound", "connectors": {"llm": "gone"}})]
    ann = Resource(A, {"type": "llm", "default": True, "settings": {"model_name": "m-1"}})
    bare = Resource(A, {**ann.fields, "default": False})
    before, after = ({one.address: one for one in [*agents, side]} for side in (ann, bare))
    found = find_impact(before, after, [Operation("1", Action.UPDATE, A)], catalog)

    assert [(m.agent, m.before, m.after) for m in found.models] == [(X, model(A, default=True), ())]


def test_there_and_back(applied: Apply, declare: Declare, catalog: Catalog) -> None:
    """The plan that takes a change back undoes its impact, and concerns the same agents."""
    xen = texts.agent("Xen", RUNS, "channels: {t: {inbound: %s}}")
    yan = texts.agent("Yan", RUNS, "connectors: {llm: %s}", "channels: {t: {inbound: %s}}")
    agents = f"x: {xen}, y: {yan}"
    one = tenant(
        f"a: {llm('Ann', 'default: true')}, b: {llm('Bea')}", agents % ("true", "a", "false"), f"t: {telegram('Tom')}"
    )
    other = tenant(
        f"a: {llm('Ann')}, b: {llm('Bea', 'default: true')}", agents % ("false", "b", "true"), f"t: {telegram('Tom')}"
    )
    before = applied(one)
    there = impact_of(before, declare, catalog, other)
    back = impact_of(applied(other), declare, catalog, one)

    assert there.affected == back.affected == (X, Y)
    assert {(m.agent, m.before, m.after) for m in there.models} == {(m.agent, m.after, m.before) for m in back.models}
    assert [(m.before, m.after, m.agents) for m in there.defaults] == [(A, B, (X,))]
    assert [(m.before, m.after, m.agents) for m in back.defaults] == [(B, A, (X,))]
    assert [(m.before, m.after) for m in there.inbound] == [(X, Y)]
    assert [(m.before, m.after) for m in back.inbound] == [(Y, X)]
    assert [one.address for one in there.restarts] == [one.address for one in back.restarts] == [X, Y]


EXAMPLES = int(os.environ.get("FLAMETREE_EXAMPLES", "1"))
STORIES = settings(
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    max_examples=60 * EXAMPLES,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(1800)  # seconds: finding the smallest story that fails takes minutes
@STORIES
@given(data=st.data())
def test_impact_of_stories(data: st.DataObject) -> None:
    """Whatever is planned, its impact is what its operations do, is told the same from both sides, and lists all."""
    tell(data.draw, _every_check)


def _every_check(told: Chapter) -> None:
    if told.plan is None or told.plan.impact is None:
        return
    _restarts_are_those_of_the_plan(told)
    _operations_alone_tell_the_same(told)
    _the_inverse_tells_the_inverse(told)


def _restarts_are_those_of_the_plan(told: Chapter) -> None:
    """Nothing restarts that the plan does not list, and nothing is listed that does not; each has a reason."""
    assert told.plan is not None
    assert told.plan.impact is not None
    switched: dict[Address, list[Action]] = {}
    for operation in told.plan.operations:
        if operation.action in (Action.STOP, Action.START):
            switched.setdefault(operation.address, []).append(operation.action)
    restarts = {address for address, actions in switched.items() if actions == [Action.STOP, Action.START]}

    assert {one.address for one in told.plan.impact.restarts} == restarts == set(told.plan.restarts)
    assert all(one.reasons for one in told.plan.impact.restarts), told.plan.impact.restarts
    gone = {operation.address for operation in told.plan.operations if operation.action is Action.DELETE}
    stopped = {address for address, actions in switched.items() if actions == [Action.STOP]} - gone
    assert set(told.plan.impact.stopped) == stopped
    assert {one for one in restarts if one.kind is Kind.AGENT} <= set(told.plan.impact.affected)


def _operations_alone_tell_the_same(told: Chapter) -> None:
    """A saved plan has operations only: what they do to the platform gives the same impact, but for the reasons."""
    assert told.plan is not None
    found = _from_operations(told)
    planned = told.plan.impact
    assert planned is not None

    assert (found.affected, found.inbound, found.losses) == (planned.affected, planned.inbound, planned.losses)
    assert (found.defaults, found.models, found.deleted) == (planned.defaults, planned.models, planned.deleted)


def _from_operations(told: Chapter) -> Impact:
    assert told.plan is not None
    return find_impact(*_both_sides(told), told.plan.operations, CATALOG)


def _both_sides(told: Chapter) -> tuple[Mapping[Address, Resource], Mapping[Address, Resource]]:
    assert told.plan is not None
    bound = {o.address: o.platform_id for o in told.plan.operations if o.action is Action.BIND}
    live, _ = live_snapshot(told.before.live, told.before.stored.ids() | bound)
    return before_and_after(told.plan.operations, live.resources.values(), CATALOG)


def _the_inverse_tells_the_inverse(told: Chapter) -> None:
    """Who is served by what before and after, who answers and which default holds turn around with the plan."""
    assert told.plan is not None
    before, after = _both_sides(told)
    there = find_impact(before, after, told.plan.operations, CATALOG)
    back = find_impact(after, before, told.plan.operations, CATALOG)

    assert {(m.agent, m.role, m.before, m.after) for m in there.models} == {
        (m.agent, m.role, m.after, m.before) for m in back.models
    }
    assert {(m.type, m.before, m.after) for m in there.defaults} == {(m.type, m.after, m.before) for m in back.defaults}
    both = {address for address in before if address in after}
    assert {(m.channel, m.before, m.after) for m in there.inbound if m.channel in both} == {
        (m.channel, m.after, m.before) for m in back.inbound if m.channel in both
    }
