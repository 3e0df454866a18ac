"""A whole ledger goes out to a file and comes back: into another database, or after a loss."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from flametree_cfg.errors import Locked, Refused, StorageFailed, WrongUsage
from flametree_cfg.model import Batch, Secret, agent, connector, secrets_in
from flametree_cfg.state import ExportUnusable, Ledger, import_all, open_ledger, read_export, write_export
from flametree_cfg.state.export import Export
from tests.state.samples import ALICE, BOB, KEY, a_run, create, fill, llm, support, telegram


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Callable[[str], Ledger]]:
    """Give a function that opens a ledger of each kind as `here`, and one in another file as anything else."""
    ledgers: dict[str, Ledger] = {}

    def opener(name: str = "here") -> Ledger:
        if name not in ledgers:
            ledgers[name] = open_ledger(url if name == "here" else f"sqlite:{tmp_path / name / 'ledger.db'}")
        return ledgers[name]

    yield opener
    for ledger in ledgers.values():
        ledger.close()


def filled(ledger: Ledger) -> Ledger:
    """Put two tenants into a ledger: entries, history, an open journal line."""
    fill(ledger, llm("a"), support({"llm": "a"}), telegram())
    fill(ledger, replace(llm("b"), system=True, external=True), tenant="zoo")
    with ledger.lock("acme", 0, ALICE) as lease:
        ledger.bind_platform(lease, "platform-1")
        ledger.remember(lease, a_run(), [create(llm("a"), 1)])
        ledger.intend(lease, Batch("acme", (create(llm("p"), 1, "RUN-2"),)))
    return ledger


def bring_in(ledger: Ledger, export: Export, *, overwrite: bool = False) -> dict[str, int | None]:
    """Import a whole export as Bob."""
    return import_all(ledger, export, BOB, wait_s=0, overwrite=overwrite)


@pytest.mark.parametrize(("source", "target"), [("here", "there"), ("there", "here")])
def test_everything_arrives(opened: Callable[[str], Ledger], tmp_path: Path, source: str, target: str) -> None:
    """Tenants, lineage, entries, platform, open journal and history are the same in the other database."""
    one, other = filled(opened(source)), opened(target)
    tenants = write_export(one, tmp_path / "kept.jsonl", public=False)
    serials = bring_in(other, read_export(tmp_path / "kept.jsonl"))

    assert tenants == ("acme", "zoo")
    for tenant in tenants:
        before, after = one.read(tenant), other.read(tenant)
        assert after == replace(before, serial=before.serial + 1)
        assert serials[tenant] == after.serial
        assert other.history(tenant) == one.history(tenant)
    assert other.history_operations("acme", 1) == one.history_operations("acme", 1)


def test_import_twice_is_one_import(opened: Callable[[str], Ledger], tmp_path: Path) -> None:
    """What is there already is left alone, so one that was interrupted can be repeated."""
    write_export(filled(opened("there")), tmp_path / "kept.jsonl", public=False)
    export = read_export(tmp_path / "kept.jsonl")
    bring_in(opened("here"), export)
    before = [opened("here").read(tenant) for tenant in ("acme", "zoo")]

    assert bring_in(opened("here"), export) == {"acme": None, "zoo": None}
    assert [opened("here").read(tenant) for tenant in ("acme", "zoo")] == before


def test_file_is_ours_alone_and_whole_or_not_at_all(opened: Callable[[str], Ledger], tmp_path: Path) -> None:
    """It is 0600 whatever the umask, takes the place of an earlier one, and leaves nothing beside it."""
    folder = tmp_path / "backups"
    folder.mkdir()
    path, before = folder / "kept.jsonl", os.umask(0)
    try:
        write_export(filled(opened("there")), path, public=False)
        write_export(opened("there"), path, public=True)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in folder.iterdir()] == ["kept.jsonl"]
    assert read_export(path).public


def test_other_files_are_not_written_over(opened: Callable[[str], Ledger], tmp_path: Path) -> None:
    """A slip of the hand costs no tenant's YAML, and a link leads nowhere."""
    yaml, link = tmp_path / "acme.yaml", tmp_path / "link"
    yaml.write_text("tenant: acme\n")
    link.symlink_to(tmp_path / "elsewhere")
    for path in (yaml, link, tmp_path):
        with pytest.raises(StorageFailed):
            write_export(opened("there"), path, public=False)
    with pytest.raises(StorageFailed):
        write_export(opened("there"), tmp_path / "no" / "folder", public=False)

    assert yaml.read_text() == "tenant: acme\n"
    assert not (tmp_path / "elsewhere").exists()


def test_newer_ledger_is_not_overwritten(opened: Callable[[str], Ledger], tmp_path: Path) -> None:
    """An old backup does not undo what was applied since, unless told to; then the serial goes up all the same."""
    ledger = filled(opened("here"))
    write_export(ledger, tmp_path / "old.jsonl", public=False)
    export = read_export(tmp_path / "old.jsonl")
    fill(ledger, llm("new"), tenant="zoo", run="RUN-9")
    before = ledger.read("zoo")
    with pytest.raises(Refused, match="tenant zoo: it is at serial 2, the export at 1"):
        bring_in(ledger, export)
    untouched = ledger.read("zoo")
    serials = bring_in(ledger, export, overwrite=True)

    assert untouched == before
    assert serials == {"acme": None, "zoo": 3}
    assert set(ledger.read("zoo").entries) == {connector("b")}


def test_another_ledger_is_not_overwritten(opened: Callable[[str], Ledger], tmp_path: Path) -> None:
    """A tenant of the same name with another beginning is somebody else's; all are judged before any is written."""
    write_export(filled(opened("there")), tmp_path / "kept.jsonl", public=False)
    fill(opened("here"), llm("mine"), tenant="zoo")
    with pytest.raises(Refused, match="another one than the export's"):
        bring_in(opened("here"), read_export(tmp_path / "kept.jsonl"))

    assert list(opened("here").tenants()) == ["zoo"]
    assert set(opened("here").read("zoo").entries) == {connector("mine")}


def test_locked_tenant_is_not_imported(opened: Callable[[str], Ledger], tmp_path: Path) -> None:
    """An apply that runs there is not disturbed."""
    write_export(filled(opened("there")), tmp_path / "kept.jsonl", public=False)
    with opened("here").lock("acme", 0, ALICE), pytest.raises(Locked):
        bring_in(opened("here"), read_export(tmp_path / "kept.jsonl"))

    assert opened("here").read("acme").entries == {}


# -- what is read -----------------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Give an export of two tenants."""
    ledger = filled(open_ledger(f"sqlite:{tmp_path / 'from' / 'ledger.db'}"))
    write_export(ledger, tmp_path / "kept.jsonl", public=False)
    ledger.close()
    return tmp_path / "kept.jsonl"


def test_every_change_of_a_byte_is_noticed(kept: Path) -> None:
    """Damaged, cut or lengthened anywhere: refused with 6, and never as an empty ledger."""
    whole = kept.read_bytes()
    read_export(kept)
    step = max(1, len(whole) // 150)
    spoilt = [whole[:n] for n in range(0, len(whole), step)]
    spoilt += [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in range(0, len(whole), step)]
    spoilt += [whole + b"\n", whole + whole, whole.replace(b"\n", b"\r\n")]
    for data in spoilt:
        kept.write_bytes(data)
        with pytest.raises(ExportUnusable) as caught:
            read_export(kept)
        assert caught.value.exit_code == 6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Not an export"),
        ("[]\n", "Not an export"),
        ('{"format": "flametree-ledger", "format_version": 1}\n', "Not an export"),
        ('{"format": "flametree-ledgers", "format_version": 2, "new": 1}\n', "newer format"),
        ('{"format": "flametree-ledgers", "format_version": "1"}\n', "damaged"),
        ("[" * 100_000, "Not an export"),
    ],
)
def test_strange_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """What is not ours, or of a later version, is told as what it is."""
    path = tmp_path / "strange"
    path.write_text(text)
    with pytest.raises(ExportUnusable, match=message):
        read_export(path)


def test_forged_document_is_refused_before_anything(kept: Path, tmp_path: Path) -> None:
    """A right sum over a document that is none helps nobody."""
    lines = kept.read_bytes().splitlines(keepends=True)
    document = json.loads(lines[2])
    document["entries"][0]["id"] = 7
    lines[2] = json.dumps(document).encode() + b"\n"
    lines[3] = b'{"sha256":"' + hashlib.sha256(b"".join(lines[:3])).hexdigest().encode() + b'"}\n'
    kept.write_bytes(b"".join(lines))
    ledger = open_ledger(f"sqlite:{tmp_path / 'to' / 'ledger.db'}")
    with pytest.raises(ExportUnusable):
        bring_in(ledger, read_export(kept))

    assert list(ledger.tenants()) == []
    ledger.close()


def test_absent_file_is_wrong_usage(tmp_path: Path) -> None:
    """Neither a name without a file nor a folder is an export."""
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(WrongUsage):
            read_export(path)


# -- what may be published --------------------------------------------------------------------------------------


def test_public_export_has_no_prints(kept: Path, tmp_path: Path) -> None:
    """Neither fingerprints nor journal nor history get out; entries, ids and references do."""
    ledger = open_ledger(f"sqlite:{tmp_path / 'from' / 'ledger.db'}")
    write_export(ledger, tmp_path / "public.jsonl", public=True)
    ledger.close()
    text, private = (tmp_path / "public.jsonl").read_text(), kept.read_text()
    public = open_ledger(f"file:{tmp_path / 'public.jsonl'}")
    stored = public.read("acme")

    assert KEY.fingerprint in private
    for hidden in ("fingerprint", KEY.fingerprint, "RUN-2", "alice", "c0ffee"):
        assert hidden in private or hidden == "fingerprint"
        assert hidden not in text
    found = [secret for entry in stored.entries.values() for _, secret in secrets_in(entry.resource.fields)]
    assert set(found) == {Secret(KEY.reference)}
    assert stored.entries[agent("support")].id == "id-support"
    assert (stored.pending, list(public.history("acme"))) == ((), [])
    public.close()


def test_public_export_is_not_imported(tmp_path: Path, kept: Path) -> None:
    """With it every secret would look as if it had been rotated."""
    ledger = open_ledger(f"sqlite:{tmp_path / 'from' / 'ledger.db'}")
    write_export(ledger, kept, public=True)
    with pytest.raises(ExportUnusable, match="public export cannot be imported"):
        bring_in(ledger, read_export(kept), overwrite=True)
    ledger.close()
