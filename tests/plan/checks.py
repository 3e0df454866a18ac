"""What holds of every plan, one function a property; each is given a chapter of a story."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from flametree_cfg.errors import ConfigInvalid
from flametree_cfg.model import LEDGER_ONLY, Action, Address, Kind, Operation, at_path
from flametree_cfg.plan import Selection, plan_digest
from tests.oracle.platform import id_of
from tests.oracle.reads import unmet
from tests.oracle.rules import legal
from tests.plan.documents import CATALOG, read
from tests.plan.sides import Applied, printed
from tests.plan.story import Chapter, chapter


def refused_only_where_no_end_is_legal(told: Chapter) -> None:
    """The planner refuses exactly what cannot end well: something outside stands in the way."""
    possible = told.goal is not None and not told.goal.broken
    if told.plan is None:
        assert not possible, told.refusal
    else:
        assert possible, told.goal.broken if told.goal else "not there"


def every_prefix_is_legal(told: Chapter) -> None:
    """No operation breaks a rule that held before."""
    if told.plan is None:
        return
    known = set(legal(told.before.platform.objects))
    for operation, sides in steps(told):
        broken = [rule for rule in legal(sides.platform.objects) if rule not in known]
        assert not broken, (operation.id, broken)


def the_end_is_what_was_asked_for(told: Chapter) -> None:
    """The platform ends where the oracle says: ours as declared, theirs untouched, what was kept kept its id."""
    if told.plan is None or told.goal is None:
        return
    after = told.after
    names = {old: after.stored.entries[a].id for a, old in told.goal.ids.items() if old.startswith("new ")}
    expected = {_renamed(key, names): _renamed(one, names) for key, one in told.goal.objects.items()}
    ours = {platform_id for address, platform_id in after.stored.ids().items() if address not in told.goal.kept}

    assert _comparable(after.platform.objects) == _comparable(expected)
    assert set(told.goal.ids) <= set(after.stored.entries) <= {*told.goal.ids, *told.goal.kept}
    assert ours <= set(after.platform.objects)


def a_second_plan_is_empty(told: Chapter) -> None:
    """Applying converges at once: nothing to do, nothing to heal, no drift of ours, with or without a refresh."""
    if told.plan is None:
        return
    after = told.after
    again = after.plan(told.tenant, CATALOG)
    kept = {*again.unmanaged, *again.held}

    assert not again.operations
    assert not again.heals
    assert not again.changes
    assert not [one for one in again.drift if one.address in after.stored.entries and one.address not in kept]
    assert after.plan(told.tenant, CATALOG, refresh=False).empty


def order_does_not_matter(told: Chapter) -> None:
    """The same declarations in another order and in other files give the same digest."""
    if told.plan is None:
        return
    other = read(told.document, parts=3)
    assert other is not None
    assert plan_digest(told.before.plan(other, CATALOG)) == plan_digest(told.plan)


def the_ledger_is_what_is_declared(told: Chapter) -> None:
    """After applying, the ledger has each declared resource as declared, and its protection."""
    if told.plan is None:
        return
    after = told.after
    wanted = told.before.plan(told.tenant, CATALOG)  # the plan is pure: asking again changes nothing
    assert wanted == told.plan
    for address, declaration in printed(told.tenant, told.before.secrets).declarations.items():
        entry = after.stored.entries[address]
        assert entry.resource == declaration.resource
        assert entry.protected == declaration.protected


def reads_are_so_at_their_turn(told: Chapter) -> None:
    """Every precondition holds just before its operation."""
    for operation, before in _turns(told):
        assert not unmet(before.platform.objects, operation, before.stored.ids()), operation


def before_is_what_the_ledger_had(told: Chapter) -> None:
    """What an operation says was before is the ledger's, where the ledger knew it and nobody changed it since."""
    drifted = {one.address for one in told.plan.drift} if told.plan else set()
    for operation, sides in _turns(told):
        entry = sides.stored.entries.get(operation.address)
        if operation.before is None or entry is None or operation.address in drifted:
            continue
        for key, value in entry.resource.fields.items():
            now, known = operation.before.fields.get(key, value), value
            if key == "connectors":  # only the roles that are declared then and now
                both = now.keys() & value.keys()
                now, known = ({role: one[role] for role in both} for one in (now, value))
            assert _agrees(now, known), (operation, key)


def effects_are_what_the_platform_does(told: Chapter) -> None:
    """What an operation announces as its effect is what the platform does besides, no more and no less."""
    for operation, sides in _turns(told):
        ids = sides.stored.ids()
        after = sides.step(operation)
        own = id_of(operation.address, {**ids, **after.stored.ids()})
        theirs = {
            key
            for key, one in sides.platform.objects.items()
            if key != own and _without_wear(after.platform.objects.get(key)) != _without_wear(one)
        }
        assert {id_of(effect.address, ids) for effect in operation.effects} == theirs, operation


def others_are_left_alone(told: Chapter) -> None:
    """No operation concerns what is not ours; of an external object only links and the default are."""
    for operation, sides in _turns(told):
        assert not operation.address.foreign
        if operation.action is Action.CREATE or operation.address.kind is Kind.ATTACHMENT:
            continue  # an attachment is ours where we declare it, whoever made it first
        body = sides.stored.entries.get(operation.address)
        assert body is not None, operation
        if body.resource.external:
            assert {change.path[0] for change in operation.changes} <= {"default", "connectors"}, operation


def what_leaves_is_deleted_once(told: Chapter) -> None:
    """There is one delete for each object of ours that leaves, and none besides."""
    if told.plan is None or told.goal is None:
        return
    deleted = [id_of(o.address, sides.stored.ids()) for o, sides in _turns(told) if o.action is Action.DELETE]
    objects = {one for one in told.goal.gone if "/" not in one}

    assert sorted(one for one in deleted if "/" not in one) == sorted(objects)
    assert len(deleted) == len(set(deleted))
    assert not {one for one in deleted if "/" in one} & set(told.goal.objects)


def what_runs_is_up_to_date(told: Chapter) -> None:
    """Nothing of ours runs with an older configuration at the end, and nothing is stopped and started for nothing."""
    if told.plan is None:
        return
    switched: dict[Address, list[Action]] = {}
    for operation, sides in _turns(told):
        if operation.action in (Action.STOP, Action.START):
            switched.setdefault(operation.address, []).append(operation.action)
            one = sides.platform.objects[sides.id_of(operation.address)]
            ends = told.after.platform.objects.get(sides.id_of(operation.address))
            restart = operation.action is Action.STOP and ends is not None and ends["running"]
            if restart and operation.address.kind is Kind.AGENT:
                assert one["stale"], f"{operation.address} restarts for nothing"
    after = told.after
    for address, declaration in told.tenant.declarations.items():
        one = after.platform.objects[after.id_of(address)]
        if not declaration.resource.external and one.get("running"):
            assert not _fresh_before(told, address) or not one["stale"], f"{address} runs as it was before"
    assert all(len(actions) <= 2 and len(set(actions)) == len(actions) for actions in switched.values()), switched


def moved_keys_keep_their_objects(told: Chapter) -> None:
    """A key that is renamed moves in the ledger; the platform hears nothing of it."""
    if told.plan is None:
        return
    for operation in told.plan.operations:
        if operation.action is Action.MOVE and not operation.address.key.endswith("~old"):
            assert operation.previous is not None
            if told.before.id_of(operation.previous) not in told.before.platform.objects:
                continue  # somebody deleted it
            assert told.after.id_of(operation.address) == told.before.id_of(operation.previous)


def an_interrupted_apply_converges(told: Chapter) -> None:
    """Wherever an apply breaks off, planning anew takes it to the same end."""
    if told.plan is None or told.goal is None:
        return
    number = sum(operation.action not in LEDGER_ONLY for operation in told.plan.operations)
    for stop in {0, 1, number // 3, number // 2, number - 1} & set(range(number)):
        again = chapter(told.interrupted(stop), told.document)
        assert again.plan is not None, (stop, again.refusal)
        # A restart that is owed is not remembered: what runs is judged where `running` is declared.
        assert _by_address(again.after, told) == _by_address(told.after, told), stop


def a_plan_without_refresh_is_a_plan(told: Chapter) -> None:
    """Without the platform there is a plan too, or a refusal that says why."""
    try:
        plan = told.before.plan(told.tenant, CATALOG, refresh=False)
    except ConfigInvalid:
        return
    assert not plan.refreshed


def a_selection_is_legal_and_the_rest_follows(told: Chapter) -> None:
    """Planning some addresses only, or no deletions, keeps the rules; the whole plan then goes on from there."""
    if told.plan is None or told.goal is None:
        return
    declared = sorted(told.tenant.declarations)
    selections = [Selection(deletions=False), *(Selection(frozenset({one})) for one in {*declared[:1], *declared[-1:]})]
    for selection in selections:
        try:
            part = told.before.plan(told.tenant, CATALOG, selection=selection)
        except ConfigInvalid:
            continue  # something it needs is not selected
        some = replace(told, plan=part)
        every_prefix_is_legal(some)
        assert selection.deletions or not any(one.action is Action.DELETE for one in part.operations)
        rest = chapter(some.after, told.document)
        assert rest.plan is not None, (selection, rest.refusal)
        assert _by_address(rest.after, told) == _by_address(told.after, told), selection


CHECKS = (
    a_selection_is_legal_and_the_rest_follows,
    an_interrupted_apply_converges,
    a_plan_without_refresh_is_a_plan,
    refused_only_where_no_end_is_legal,
    every_prefix_is_legal,
    the_end_is_what_was_asked_for,
    a_second_plan_is_empty,
    order_does_not_matter,
    the_ledger_is_what_is_declared,
    reads_are_so_at_their_turn,
    before_is_what_the_ledger_had,
    effects_are_what_the_platform_does,
    others_are_left_alone,
    what_leaves_is_deleted_once,
    what_runs_is_up_to_date,
    moved_keys_keep_their_objects,
)


def steps(told: Chapter) -> list[tuple[Operation, Applied]]:
    """List every operation with both sides after it."""
    sides, found = told.before, []
    for operation in told.plan.operations if told.plan else ():
        sides = sides.step(operation)
        found.append((operation, sides))
    return found


def _turns(told: Chapter) -> list[tuple[Operation, Applied]]:
    """List the platform's operations with both sides just before them."""
    sides, found = told.before, []
    for operation in told.plan.operations if told.plan else ():
        if operation.action not in LEDGER_ONLY:
            found.append((operation, sides))
        sides = sides.step(operation)
    return found


def _fresh_before(told: Chapter, address: Address) -> bool:
    entry = told.before.stored.entries.get(address)
    one = told.before.platform.objects.get(entry.id) if entry else None
    return not (one and one.get("stale"))


def _by_address(sides: Applied, told: Chapter) -> Any:
    """Give the platform with addresses for ids, so that objects made in another order compare."""
    names = {platform_id: str(address) for address, platform_id in sides.stored.ids().items()}
    unjudged = {str(a) for a, one in told.tenant.declarations.items() if "running" not in one.resource.fields}
    named = {_renamed(key, names): _renamed(one, names) for key, one in sides.platform.objects.items()}
    return _comparable({key: {**one, "running": None} if key in unjudged else one for key, one in named.items()})


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return "/".join(names.get(part, part) for part in value.split("/"))
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _without_wear(one: Any) -> Any:
    return {key: value for key, value in one.items() if key != "stale"} if one else one


def _comparable(objects: Any) -> Any:
    """Leave out what is judged elsewhere, and what says nothing."""
    found = {}
    for key, one in objects.items():
        kept = {name: value for name, value in one.items() if name != "stale" and value not in (None, {}, [], "")}
        if kept.get("connectors"):
            kept["connectors"] = {
                role: linked if role == "tts" else sorted(linked)
                for role, linked in kept["connectors"].items()
                if linked
            }
        if "accounts" in kept.get("settings", {}):
            kept["settings"] = {**kept["settings"], "accounts": sorted(kept["settings"]["accounts"], key=str)}
        if "push" in kept:
            kept["push"] = {name: value for name, value in kept["push"].items() if value}
        found[key] = {name: value for name, value in kept.items() if value not in ({}, [])}
    return found


def _agrees(before: Any, stored: Any) -> bool:
    empty: tuple[Any, ...] = (None, "", [], {}, False)
    if isinstance(before, dict) and isinstance(stored, dict):
        return all(_agrees(at_path(before, (key,)), at_path(stored, (key,))) for key in {*before, *stored})
    if isinstance(before, list) and isinstance(stored, list) and all(isinstance(one, dict) for one in before):
        return sorted(before, key=str) == sorted(stored, key=str)  # accounts have no order
    return bool(before == stored) or (before in empty and stored in empty)
