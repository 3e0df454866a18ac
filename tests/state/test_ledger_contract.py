"""What every ledger does; runs over every implementation found in the room."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from flametree_cfg.errors import ConfigInvalid, Locked, PlanStale, StorageFailed, WrongUsage
from flametree_cfg.model import (
    Action,
    Batch,
    Check,
    Effect,
    FieldChange,
    Note,
    Operation,
    Outcome,
    OutcomeStatus,
    Precondition,
    Secret,
    agent,
    attachment,
    channel,
    connector,
    map_secrets,
    secrets_in,
)
from flametree_cfg.state import Ledger, fields_writer, open_ledger, read_all_fields
from tests.state.conftest import lose
from tests.state.samples import (
    ALICE,
    BOB,
    KEY,
    Clock,
    a_run,
    addresses,
    apply,
    attached,
    create,
    done,
    fill,
    llm,
    support,
    telegram,
)


@pytest.fixture
def opened(url: str) -> Iterator[Callable[[], Ledger]]:
    """Give a function that opens the same ledger again and again."""
    ledgers: list[Ledger] = []

    def opener() -> Ledger:
        ledgers.append(open_ledger(url, Clock().world()))
        return ledgers[-1]

    yield opener
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(opened: Callable[[], Ledger]) -> Ledger:
    """Open an empty ledger."""
    return opened()


def test_unknown_tenant_is_empty_and_reading_makes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """Reading what never was gives an empty ledger and leaves the disk alone."""
    stored = ledger.read("acme")

    assert (stored.lineage, stored.serial, stored.entries, stored.pending) == ("", 0, {}, ())
    assert ledger.tenants() == () or ledger.tenants() == []
    assert (ledger.stamp("acme"), list(ledger.sweep("acme")), ledger.addresses("acme", ["id-a"])) == ("", [], {})
    assert ledger.read_some("acme", [connector("a")]) == stored
    assert ledger.holder("acme") is None
    assert ledger.history("acme") == () or ledger.history("acme") == []
    assert not any(tmp_path.iterdir())


def test_lock_makes_the_lineage_once(ledger: Ledger) -> None:
    """The first lock gives a tenant its lineage, later ones keep it, and tenants differ."""
    for tenant in ("acme", "acme", "zoo"):
        with ledger.lock(tenant, 0, ALICE):
            pass

    assert ledger.read("acme").lineage == "lineage-1"
    assert ledger.read("zoo").lineage == "lineage-2"
    assert list(ledger.tenants()) == ["acme", "zoo"]


def test_epoch_grows_with_every_lock(ledger: Ledger) -> None:
    """Every holder writes under a number of its own."""
    epochs = []
    for _ in range(3):
        with ledger.lock("acme", 0, ALICE) as lease:
            epochs.append(lease.epoch)

    assert epochs == [1, 2, 3]


def test_recorded_resources_are_read_back(opened: Callable[[], Ledger]) -> None:
    """What was applied is there for the next process: fields, secrets by reference, ids, flags."""
    resources = [llm("a"), support({"llm": "a", "tts": ["v2", "v1"]}), telegram(), attached("support", "bot")]
    system = replace(llm("shared"), external=True, system=True)
    fill(opened(), *resources, system)

    stored = opened().read("acme")
    assert {e.resource.address: e.resource for e in stored.entries.values()} == {
        r.address: r for r in (*resources, system)
    }
    assert stored.ids()[connector("a")] == "id-a"
    assert stored.serial == 1


def test_sweep_gives_what_read_gives(ledger: Ledger) -> None:
    """More entries than a chunk holds, in the same order, and none of another tenant."""
    fill(ledger, *(llm(f"c-{n}") for n in range(1234)), telegram())
    fill(ledger, llm("z"), tenant="zoo")

    assert list(ledger.sweep("acme")) == list(ledger.read("acme").entries.values())
    assert [entry.id for entry in ledger.sweep("zoo")] == ["id-z"]


def test_texts_are_what_read_gives(ledger: Ledger) -> None:
    """Addresses, ids and fields are those of the entries, and what is written of them is known before."""
    fill(ledger, *(llm(f"c-{n}") for n in range(1234)), telegram())
    entries = ledger.read("acme").entries
    texts = [one for some in ledger.texts("acme") for one in some]

    assert {one.address: one.id for one in texts} == ledger.read("acme").ids()
    fields = read_all_fields([one.fields for one in texts])
    assert fields == [entries[one.address].resource.fields for one in texts]
    prints = {secret.reference: secret.fingerprint for one in fields for _, secret in secrets_in(one)}
    bare = [map_secrets(one, lambda _, secret: Secret(secret.reference)) for one in fields]
    assert fields_writer(prints)(bare).decode() == ",".join(one.fields for one in texts)
    assert fields_writer({})(bare).decode() != ",".join(one.fields for one in texts)
    assert list(ledger.texts("nobody")) == []


def test_sweep_sees_one_state(opened: Callable[[], Ledger]) -> None:
    """What is recorded while a sweep runs is not in it, and does not make it fail."""
    ledger, other = opened(), opened()
    fill(ledger, *(llm(f"c-{n}") for n in range(1234)))
    right = list(ledger.read("acme").entries.values())
    sweep = ledger.sweep("acme")
    first = next(sweep)
    fill(other, *(llm(f"c-{n}", temperature=1.0) for n in range(1234)), llm("new"), run="RUN-2")

    assert [first, *sweep] == right
    assert connector("new") in ledger.read("acme").entries


def test_sweep_that_is_left_holds_nothing(ledger: Ledger) -> None:
    """After a sweep was closed early the ledger can be written."""
    fill(ledger, *(llm(f"c-{n}") for n in range(1234)))
    sweep = ledger.sweep("acme")
    next(sweep)
    sweep.close()  # type: ignore[attr-defined]  # a generator is an iterator

    assert fill(ledger, llm("new"), run="RUN-2") == 2


def test_overlapping_sweeps_are_whole(ledger: Ledger) -> None:
    """Two sweeps and a read at the same time each give all there is."""
    fill(ledger, *(llm(f"c-{n}") for n in range(1234)))
    one, other = ledger.sweep("acme"), ledger.sweep("acme")
    heads = [next(one), next(other)]
    short = len(ledger.read("acme").entries)
    rest = list(one)

    assert [heads[1], *other] == [heads[0], *rest]
    assert short == 1234
    assert fill(ledger, llm("new"), run="RUN-2") == 2


def test_some_are_read_as_all_are(ledger: Ledger) -> None:
    """Asked for some addresses, the ledger gives head, journal and these entries; unknown ones are absent."""
    fill(ledger, *(llm(f"c-{n}") for n in range(1234)), telegram())
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (create(llm("p"), 1, "RUN-2"),)))
    whole = ledger.read("acme")
    wanted = [connector("c-7"), channel("bot"), connector("nobody"), *(connector(f"c-{n}") for n in range(500, 1100))]
    some = ledger.read_some("acme", wanted)

    assert some == replace(whole, entries={a: e for a, e in whole.entries.items() if a in wanted})
    assert len(some.entries) == 602


def test_ids_lead_back_to_addresses(ledger: Ledger) -> None:
    """Platform ids of ours are known by address; foreign ones, another tenant's, and no id at all are not."""
    fill(ledger, *(llm(f"c-{n}") for n in range(900)), attached("support", "bot"))
    fill(ledger, llm("z"), tenant="zoo")
    found = ledger.addresses("acme", [*(f"id-c-{n}" for n in range(850)), "id-support/bot", "id-z", "id-none", ""])

    assert found == {
        **{f"id-c-{n}": connector(f"c-{n}") for n in range(850)},
        "id-support/bot": attachment("support", "bot"),
    }


def test_stamp_names_the_state(opened: Callable[[], Ledger]) -> None:
    """It is another text after everything that changes what is read, and the same for everybody else's doings."""
    ledger, stamps = opened(), []
    fill(ledger, llm("a"))
    stamps.append(ledger.stamp("acme"))
    fill(ledger, llm("z"), tenant="zoo")
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.remember(lease, a_run(), [])
        assert ledger.stamp("acme") == opened().stamp("acme") == stamps[0]
        ledger.bind_platform(lease, "P-1")
        stamps.append(ledger.stamp("acme"))
        apply(ledger, lease, create(llm("b"), 1, "RUN-2"))
        stamps.append(ledger.stamp("acme"))
        ledger.remove(lease, [connector("b")])
        stamps.append(ledger.stamp("acme"))
        ledger.restore(lease, {**ledger.export("acme"), "lineage": "lineage-9"})
        stamps.append(ledger.stamp("acme"))

    assert "" not in stamps
    assert len(set(stamps)) == len(stamps)


def test_there_is_no_stamp_while_a_journal_line_is_open(ledger: Ledger) -> None:
    """What a crash left open may still change everything; struck, the ledger is what it was."""
    fill(ledger, llm("a"))
    before = ledger.stamp("acme")
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (create(llm("p"), 1, "RUN-2"),)))
        during = ledger.stamp("acme")
        ledger.abandon(lease, ["RUN-2-00001"])

    assert (during, ledger.stamp("acme")) == ("", before)


def test_protection_is_kept(ledger: Ledger) -> None:
    """The ledger remembers what must not be deleted, even when the YAML is gone."""
    with ledger.lock("acme", 0, ALICE) as lease:
        apply(ledger, lease, create(llm("a"), 1, protected=True), create(llm("b"), 2))

    entries = ledger.read("acme").entries
    assert entries[connector("a")].protected
    assert not entries[connector("b")].protected


def test_journal_is_pending_until_recorded(opened: Callable[[], Ledger]) -> None:
    """After a crash the next process sees every journaled operation as it was, in order."""
    operation = Operation(
        id="RUN-1-00001",
        action=Action.UPDATE,
        address=connector("a"),
        type="llm",
        previous=connector("b"),
        before=llm("a"),
        after=llm("a", temperature=0.5),
        changes=(
            FieldChange(("settings", "temperature"), 0.0, 0.5),
            FieldChange(("settings", "accounts", "x@y.z", "password"), KEY, KEY, Note.ROTATED),
        ),
        preconditions=(Precondition(Check.FIELD, "connector.a", "settings.temperature", "abc"),),
        effects=(Effect(connector("b"), ("default",), before=True, after=False),),
        part_of="handover default llm",
        reason="changed",
        protected=True,
    )
    other = create(llm("z"), 2)
    ledger = opened()
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (operation, other), secrets={KEY.reference: "s3cr3t"}))

    assert opened().read("acme").pending == (operation, other)
    assert opened().read("acme").serial == 0


def test_recording_closes_the_journal(ledger: Ledger) -> None:
    """Nothing is pending after every outcome is known."""
    fill(ledger, llm("a"), llm("b"))

    assert ledger.read("acme").pending == ()


def test_serial_grows_by_one_a_batch(ledger: Ledger) -> None:
    """The serial counts recorded batches."""
    serials = [fill(ledger, llm("a"), llm("b")), fill(ledger, llm("c"), run="RUN-2")]

    assert serials == [1, 2]
    assert ledger.read("acme").serial == 2


def test_failed_operation_changes_nothing(ledger: Ledger) -> None:
    """A refusal by the platform closes the line and leaves the entries."""
    operation = create(llm("a"), 1)
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (operation,)))
        ledger.record(lease, [Outcome(operation.id, OutcomeStatus.FAILED, message="no")])

    assert ledger.read("acme").entries == {}
    assert ledger.read("acme").pending == ()


def test_part_of_a_batch_can_be_recorded(ledger: Ledger) -> None:
    """Outcomes may come one by one; the rest stays pending."""
    first, second = create(llm("a"), 1), create(llm("b"), 2)
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (first, second)))
        ledger.record(lease, [done(first)])

    assert addresses(ledger) == {connector("a")}
    assert ledger.read("acme").pending == (second,)


def test_outcome_told_twice_counts_once(ledger: Ledger) -> None:
    """A resumed run may record what was recorded already."""
    operation = create(llm("a"), 1)
    with ledger.lock("acme", 0, ALICE) as lease:
        apply(ledger, lease, operation)
        ledger.record(lease, [done(operation, "another-id")])

    assert ledger.read("acme").ids() == {connector("a"): "id-a"}


def test_outcome_of_nothing_is_refused(ledger: Ledger) -> None:
    """An outcome without a journal line is an error, and writes nothing."""
    with ledger.lock("acme", 0, ALICE) as lease, pytest.raises(StorageFailed, match="never journaled"):
        ledger.record(lease, [Outcome("RUN-9-00001", OutcomeStatus.DONE, "x")])

    assert ledger.read("acme").serial == 0


def test_operation_is_journaled_once(ledger: Ledger) -> None:
    """The same open operation again is one line; one that was carried out is refused."""
    operation = create(llm("a"), 1)
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (operation,)))
        ledger.intend(lease, Batch("acme", (operation,)))

        assert ledger.read("acme").pending == (operation,)
        ledger.record(lease, [done(operation)])
        with pytest.raises(StorageFailed, match="journaled before"):
            ledger.intend(lease, Batch("acme", (operation,)))


def test_abandoned_operation_is_gone(ledger: Ledger) -> None:
    """What the platform never carried out is struck; unknown ids do not matter."""
    first, second = create(llm("a"), 1), create(llm("b"), 2)
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (first, second)))
        ledger.abandon(lease, [first.id, "RUN-9-00009"])
        ledger.record(lease, [done(second)])

    assert addresses(ledger) == {connector("b")}
    assert ledger.read("acme").pending == ()


def test_update_keeps_the_id(ledger: Ledger) -> None:
    """An update replaces the fields; the id stays even where the outcome does not repeat it."""
    fill(ledger, llm("a"))
    after = llm("a", temperature=0.7)
    update = Operation("RUN-2-00001", Action.UPDATE, connector("a"), "llm", before=llm("a"), after=after)
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.intend(lease, Batch("acme", (update,)))
        ledger.record(lease, [Outcome(update.id, OutcomeStatus.DONE)])

    entry = ledger.read("acme").entries[connector("a")]
    assert entry.resource == after
    assert entry.id == "id-a"


def test_delete_forgets_the_entry(ledger: Ledger) -> None:
    """A deleted resource leaves the ledger."""
    fill(ledger, llm("a"), llm("b"))
    with ledger.lock("acme", 0, ALICE) as lease:
        apply(ledger, lease, Operation("RUN-2-00001", Action.DELETE, connector("a"), "llm", before=llm("a")))

    assert addresses(ledger) == {connector("b")}


def test_effects_change_other_entries(ledger: Ledger) -> None:
    """What the platform does by itself is recorded: a released default, a link that is gone (domain.md R2, R7)."""
    fill(ledger, llm("a", default=True), llm("b"), support({"llm": "a", "mcp": ["x", "a", "y"]}))
    handover = Operation(
        "RUN-2-00001",
        Action.MAKE_DEFAULT,
        connector("b"),
        "llm",
        before=llm("b"),
        after=llm("b", default=True),
        effects=(Effect(connector("a"), ("default",), before=True, after=False),),
    )
    delete = Operation(
        "RUN-2-00002",
        Action.DELETE,
        connector("a"),
        "llm",
        before=llm("a"),
        effects=(
            Effect(agent("support"), ("connectors", "llm"), before="a", after=None),
            Effect(agent("support"), ("connectors", "mcp", 1), before="a", after=None),
            Effect(agent("elsewhere"), ("connectors", "llm"), before="a", after=None),
        ),
    )
    with ledger.lock("acme", 0, ALICE) as lease:
        apply(ledger, lease, handover)
        released = ledger.read("acme").entries[connector("a")].resource.fields["default"]
        apply(ledger, lease, delete)

    entries = ledger.read("acme").entries
    assert released is False
    assert entries[connector("b")].resource.fields["default"] is True
    assert entries[agent("support")].resource.fields["connectors"] == {"llm": None, "mcp": ["x", "y"]}
    assert agent("elsewhere") not in entries


def test_move_takes_references_along(ledger: Ledger) -> None:
    """A renamed key keeps its id; links and attachments follow."""
    fill(ledger, llm("a"), telegram("bot"), support({"llm": "a", "mcp": ["a", "z"]}), attached("support", "bot"))
    moves = [
        Operation("00001", Action.MOVE, connector("b"), previous=connector("a"), protected=True),
        Operation("00002", Action.MOVE, agent("desk"), previous=agent("support")),
    ]
    with ledger.lock("acme", 0, ALICE) as lease:
        serial = ledger.amend(lease, moves)

    entries = ledger.read("acme").entries
    assert set(entries) == {connector("b"), channel("bot"), agent("desk"), attachment("desk", "bot")}
    assert entries[agent("desk")].resource.fields["connectors"] == {"llm": "b", "mcp": ["b", "z"]}
    assert entries[attachment("desk", "bot")].id == "id-support/bot"
    assert (entries[connector("b")].id, entries[connector("b")].protected) == ("id-a", True)
    assert serial == 2


def test_two_keys_change_places(ledger: Ledger) -> None:
    """Moves of one amendment happen at once."""
    fill(ledger, llm("a"), llm("b"))
    swap = [
        Operation("00001", Action.MOVE, connector("b"), previous=connector("a")),
        Operation("00002", Action.MOVE, connector("a"), previous=connector("b")),
    ]
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.amend(lease, swap)

    assert ledger.read("acme").ids() == {connector("b"): "id-a", connector("a"): "id-b"}


def test_move_twice_is_one_move(ledger: Ledger) -> None:
    """After a crash the same amendment may come again."""
    fill(ledger, llm("a"))
    move = [Operation("00001", Action.MOVE, connector("b"), previous=connector("a"))]
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.amend(lease, move)
        ledger.amend(lease, move)

    assert ledger.read("acme").ids() == {connector("b"): "id-a"}


def test_move_onto_a_taken_key_is_refused(ledger: Ledger) -> None:
    """No entry is ever lost to another that takes its key."""
    fill(ledger, llm("a"), llm("b"))
    move = Operation("00001", Action.MOVE, connector("b"), previous=connector("a"))
    with ledger.lock("acme", 0, ALICE) as lease, pytest.raises(PlanStale, match=r"connector\.b"):
        ledger.amend(lease, [move])

    assert addresses(ledger) == {connector("a"), connector("b")}


def test_bind_and_forget(ledger: Ledger) -> None:
    """An external object gets its entry without the platform; a forgotten one loses it."""
    fill(ledger, llm("a"))
    found = replace(llm("shared"), external=True, system=True)
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.amend(
            lease,
            [
                Operation("00001", Action.BIND, connector("shared"), after=found, platform_id="sys-1"),
                Operation("00002", Action.FORGET, connector("a"), before=llm("a")),
            ],
        )

    entries = ledger.read("acme").entries
    assert set(entries) == {connector("shared")}
    assert (entries[connector("shared")].resource, entries[connector("shared")].id) == (found, "sys-1")


def test_replaced_object_steps_aside(ledger: Ledger) -> None:
    """An operation with a previous address moves the entry, and links follow the object that still has them."""
    fill(ledger, llm("a"), support({"llm": "a"}))
    aside = replace(llm("a"), address=connector("a~old"))
    rename = Operation(
        "RUN-2-00001", Action.UPDATE, connector("a~old"), "llm", previous=connector("a"), before=llm("a"), after=aside
    )
    with ledger.lock("acme", 0, ALICE) as lease:
        apply(ledger, lease, rename, create(llm("a"), 2, "RUN-2"))

    entries = ledger.read("acme").entries
    assert set(entries) == {connector("a"), connector("a~old"), agent("support")}
    assert entries[agent("support")].resource.fields["connectors"] == {"llm": "a~old"}


def test_removed_entries_are_forgotten(ledger: Ledger) -> None:
    """`state rm` takes entries out and counts as a change; an unknown address takes none out."""
    fill(ledger, llm("a"), llm("b"))
    with ledger.lock("acme", 0, ALICE) as lease:
        with pytest.raises(WrongUsage, match=r"connector\.z"):
            ledger.remove(lease, [connector("a"), connector("z")])
        serial = ledger.remove(lease, [connector("a")])

    assert serial == 2
    assert addresses(ledger) == {connector("b")}


def test_platform_is_bound_once(ledger: Ledger) -> None:
    """Ids of one platform are never used on another."""
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.bind_platform(lease, "platform-1")
        ledger.bind_platform(lease, "platform-1")
        with pytest.raises(PlanStale, match="platform-1"):
            ledger.bind_platform(lease, "platform-2")

    assert ledger.read("acme").platform == "platform-1"


def test_history_is_numbered_from_one(ledger: Ledger) -> None:
    """Runs are listed newest first, each with its operations in order."""
    operations = [create(llm("b"), 1), create(llm("a"), 2)]
    with ledger.lock("acme", 0, ALICE) as lease:
        numbers = [ledger.remember(lease, a_run(text), operations) for text in ("one", "two")]

    assert numbers == [1, 2]
    assert [(run.number, run.summary) for run in ledger.history("acme")] == [(2, "two"), (1, "one")]
    assert list(ledger.history_operations("acme", 1)) == operations


def test_history_is_bounded(ledger: Ledger) -> None:
    """The last two hundred runs are kept, under their own numbers."""
    with ledger.lock("acme", 0, ALICE) as lease:
        for _ in range(203):
            ledger.remember(lease, a_run(), [])

    assert [run.number for run in ledger.history("acme")] == list(range(203, 3, -1))
    with pytest.raises(WrongUsage, match="run 3"):
        ledger.history_operations("acme", 3)


def test_unknown_run_is_refused(ledger: Ledger) -> None:
    """Asking for a run that never was is wrong usage, with or without a ledger."""
    with pytest.raises(WrongUsage):
        ledger.history_operations("acme", 1)


def test_export_restores_elsewhere(ledger: Ledger) -> None:
    """An export brings a tenant back as it was; the serial goes up and the lineage is the export's."""
    fill(ledger, llm("a"), support({"llm": "a"}))
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.bind_platform(lease, "platform-1")
        ledger.remember(lease, a_run(), [create(llm("a"), 1)])
        ledger.intend(lease, Batch("acme", (create(llm("p"), 1, "RUN-2"),)))
    before = ledger.read("acme")
    document = json.loads(json.dumps(ledger.export("acme")))
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.remove(lease, [connector("a")])
        serial = ledger.restore(lease, document)

    after = ledger.read("acme")
    assert after == replace(before, serial=3)
    assert serial == 3
    assert document["format_version"] == 1


def test_export_restores_into_an_empty_ledger(
    opened: Callable[[], Ledger], url: str, request: pytest.FixtureRequest
) -> None:
    """A lost ledger comes back whole: entries, pending, history."""
    ledger = opened()
    fill(ledger, llm("a"))
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.remember(lease, a_run(), [create(llm("a"), 1)])
        ledger.intend(lease, Batch("acme", (create(llm("p"), 1, "RUN-2"),)))
    before, document = ledger.read("acme"), ledger.export("acme")
    ledger.close()
    lose(url, request)
    fresh = opened()
    with fresh.lock("acme", 0, BOB) as lease:
        fresh.restore(lease, document)

    assert fresh.read("acme") == replace(before, serial=2)
    assert fresh.history("acme")[0].number == 1
    assert list(fresh.history_operations("acme", 1)) == [create(llm("a"), 1)]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"format": "terraform"}, "Not an export"),
        ({"format_version": 2}, "newer format"),
        ({"format_version": "1"}, "Not an export"),
        ({"tenant": "zoo"}, "another tenant"),
        ({"lineage": ""}, "Not an export"),
        ({"serial": -1}, "Not an export"),
        ({"entries": None}, "Not an export"),
        ({"entries": [{"address": "nothing", "id": "x", "fields": {}}]}, "Not an export"),
        ({"entries": [{"address": "connector.a", "id": "x", "fields": []}]}, "Not an export"),
        ({"entries": [{"address": "connector.a", "id": "x", "fields": {}}] * 2}, "Not an export"),
        ({"pending": [{"id": "1", "action": "explode", "address": "connector.a"}]}, "Not an export"),
        ({"history": [{"number": "one"}]}, "Not an export"),
    ],
)
def test_strange_document_is_refused(ledger: Ledger, changed: dict[str, object], message: str) -> None:
    """What is no export of this tenant changes nothing."""
    fill(ledger, llm("a"))
    document = {**ledger.export("acme"), **changed}
    with ledger.lock("acme", 0, ALICE) as lease, pytest.raises(ConfigInvalid, match=message):
        ledger.restore(lease, document)

    assert addresses(ledger) == {connector("a")}


def test_tenants_are_apart(ledger: Ledger) -> None:
    """Nothing one tenant does shows in another."""
    fill(ledger, llm("a"), tenant="acme")
    fill(ledger, llm("z"), tenant="zoo")

    assert addresses(ledger, "acme") == {connector("a")}
    assert addresses(ledger, "zoo") == {connector("z")}
    assert ledger.read("zoo").serial == 1


def test_held_lock_names_its_holder(opened: Callable[[], Ledger]) -> None:
    """Who waits in vain learns who, where, which process, since when, doing what, and what to do."""
    first, second = opened(), opened()
    with first.lock("acme", 0, ALICE), pytest.raises(Locked) as caught, second.lock("acme", 0.5, BOB):
        pass

    text = f"{caught.value} {caught.value.diagnostics[0].hint}"
    for part in ("alice", "build-7", "4711", "2026-03-01T12:00:00Z", ALICE.command, "state unlock"):
        assert part in text


def test_holder_is_told_while_it_holds(opened: Callable[[], Ledger]) -> None:
    """Others can ask who is at work, and get nobody afterwards."""
    first, second = opened(), opened()
    with first.lock("acme", 0, ALICE):
        held = second.holder("acme")

    assert held == replace(ALICE, since="2026-03-01T12:00:00Z")
    assert second.holder("acme") is None


def test_tenants_do_not_block_each_other(opened: Callable[[], Ledger]) -> None:
    """Two runs of two tenants go on side by side (reliability.md L-02)."""
    first, second = opened(), opened()
    with first.lock("acme", 0, ALICE) as one, second.lock("zoo", 0, BOB) as other:
        apply(first, one, create(llm("a"), 1))
        apply(second, other, create(llm("z"), 1))

    assert list(first.tenants()) == ["acme", "zoo"]


def test_broken_lock_writes_nothing_more(opened: Callable[[], Ledger]) -> None:
    """Every way to write refuses a lease whose epoch is past (reliability.md L-04)."""
    first, second = opened(), opened()
    fill(first, llm("a"))
    operation = create(llm("b"), 1, "RUN-2")
    with first.lock("acme", 0, ALICE) as lease:
        first.intend(lease, Batch("acme", (operation,)))
        second.unlock("acme", force=True)
        document = first.export("acme")
        writes: list[Callable[[], object]] = [
            lambda: first.bind_platform(lease, "p"),
            lambda: first.intend(lease, Batch("acme", (create(llm("c"), 2, "RUN-2"),))),
            lambda: first.record(lease, [done(operation)]),
            lambda: first.abandon(lease, [operation.id]),
            lambda: first.amend(lease, [Operation("1", Action.FORGET, connector("a"))]),
            lambda: first.remember(lease, a_run(), []),
            lambda: first.remove(lease, [connector("a")]),
            lambda: first.restore(lease, document),
        ]
        for write in writes:
            with pytest.raises(Locked, match="lock was lost"):
                write()

    stored = second.read("acme")
    assert (stored.serial, set(stored.entries), stored.pending) == (1, {connector("a")}, (operation,))


def test_failed_write_changes_nothing(ledger: Ledger) -> None:
    """A write that is refused half way leaves every row as it was."""
    fill(ledger, llm("a"), llm("b"))
    before = ledger.read("acme")
    forget = Operation("1", Action.FORGET, connector("b"))
    clash = Operation("2", Action.MOVE, connector("c"), previous=connector("a"))
    taken = Operation("3", Action.MOVE, connector("c"), previous=connector("b"))
    with ledger.lock("acme", 0, ALICE) as lease, pytest.raises(PlanStale):
        ledger.amend(lease, [forget, Operation("4", Action.BIND, connector("c"), after=llm("c")), clash, taken])

    assert ledger.read("acme") == before


def test_values_survive_as_they_are(ledger: Ledger) -> None:
    """Text of any script, numbers, nulls and nested lists come back unchanged."""
    settings = {
        "name": "Ünïcode 🌳\n\x00",
        "one": 1,
        "whole": 1.0,
        "none": None,
        "deep": [{"a": [True, 1e300]}],
        "": "",
    }
    resource = replace(llm("a"), fields={"type": "llm", "name": "名前", "settings": settings})
    fill(ledger, resource)

    found = ledger.read("acme").entries[connector("a")].resource
    assert found == resource
    assert json.dumps(found.settings, sort_keys=True) == json.dumps(settings, sort_keys=True)


def test_strange_tenant_names_are_plain_text(ledger: Ledger) -> None:
    """A tenant's name is data, in the database and in the names of files."""
    names = ["../../etc", "a/b", "x'; DROP TABLE entry; --", "Ümlaut", "." * 300]
    for name in names:
        fill(ledger, llm("a"), tenant=name)

    assert sorted(ledger.tenants()) == sorted(names)
    assert addresses(ledger, names[2]) == {connector("a")}
