"""Many tenants in one run: a bad one does not stop the others, and one that is gone is never deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scenario.running import Zoo, obey_modes
from tests.scenario.texts import BEFORE

SMALL = """
connectors:
  key:
    type: api_key
    name: Key
    settings: {api_key: "${env:OTHER_KEY}"}
"""
BAD = "connectors: {key: {type: nonsense}}\n"


def declare(zoo: Zoo, *tenants: str, text: str = SMALL) -> None:
    """Declare small tenants."""
    for tenant in tenants:
        zoo.declare(text, tenant=tenant)


def test_a_bad_one_does_not_stop_the_others(zoo: Zoo) -> None:
    """The good ones are applied, the bad one is told with its place, and the exit code is the worst."""
    declare(zoo, "ant", "cat")
    declare(zoo, "bee", text=BAD)
    applied = zoo.run("apply", "tenants", "--yes")

    assert applied.returncode == 4
    assert "unknown-type" in applied.codes
    assert "tenants/bee/zoo.yaml:2:26" in applied.stderr
    assert (len(zoo.objects("ant")), len(zoo.objects("bee")), len(zoo.objects("cat"))) == (1, 0, 1)
    assert applied.last == "Apply: 2 operations applied in 3 tenants; 1 tenant failed"


@pytest.mark.parametrize("command", [("validate", "tenants"), ("plan", "tenants"), ("apply", "tenants", "--yes")])
def test_one_document_for_all(zoo: Zoo, command: tuple[str, ...]) -> None:
    """The machine gets one document with every tenant, sorted, and one summary."""
    declare(zoo, "cat", "ant")
    declare(zoo, "bee", text=BAD)
    document = json.loads(zoo.run(*command, "--format", "json").stdout)

    assert [tenant["tenant"] for tenant in document["tenants"]] == ["ant", "bee", "cat"]
    assert document["summary"]["tenants"] == 3
    assert document["summary"]["failed"] == 1


def test_a_bad_one_does_not_stop_drift(zoo: Zoo) -> None:
    """Drift is between ledger and platform: YAML that is wrong does not hide it."""
    declare(zoo, "ant", "bee")
    zoo.apply(path="tenants")
    zoo.ok("registry", "set", "bee", "connector.key", "description=edited")
    declare(zoo, "bee", text=BAD)
    drifted = zoo.run("drift", "check", "tenants")

    assert drifted.returncode == 3
    assert 'description: "" → edited' in drifted.stdout


def test_drift_nobody_can_judge(zoo: Zoo) -> None:
    """A folder that does not even say its tenant's name is unknown, which is neither clean nor drifted."""
    declare(zoo, "ant", "bee")
    zoo.apply(path="tenants")
    (zoo.root / "tenants" / "bee" / "zoo.yaml").write_text("connectors: [", encoding="utf-8")
    drifted = zoo.run("drift", "check", "tenants")

    assert drifted.returncode == 4
    assert drifted.last == "No drift in 1 tenant; 1 unknown"


def test_a_folder_that_is_gone(zoo: Zoo) -> None:
    """A tenant without its folder is reported and kept, whatever is done to the others."""
    declare(zoo, "ant", "bee")
    zoo.apply(path="tenants")
    (zoo.root / "tenants" / "bee" / "zoo.yaml").unlink()
    (zoo.root / "tenants" / "bee").rmdir()
    planned = zoo.run("plan", "tenants", "--detailed-exitcode")
    applied = zoo.run("apply", "tenants", "--yes")

    assert planned.returncode == 0
    assert "tenant-without-folder" in planned.codes
    assert "'bee' was applied before" in planned.stderr
    assert applied.returncode == 0
    assert len(zoo.objects("bee")) == 1


def test_a_renamed_tenant_is_another_one(zoo: Zoo) -> None:
    """A changed `tenant:` makes a new tenant; the old one's objects are not deleted."""
    declare(zoo, "ant", "bee")
    zoo.apply(path="tenants")
    path = zoo.root / "tenants" / "bee" / "zoo.yaml"
    path.write_text(path.read_text().replace("tenant: bee", "tenant: wasp"), encoding="utf-8")
    zoo.apply(path="tenants")

    assert len(zoo.objects("bee")) == 1
    assert len(zoo.objects("wasp")) == 1


def test_two_folders_of_one_tenant(zoo: Zoo) -> None:
    """Each would delete what only the other declares: both are refused, both places shown, nothing is touched."""
    declare(zoo, "ant")
    zoo.apply(path="tenants")
    (zoo.root / "tenants" / "copy").mkdir()
    (zoo.root / "tenants" / "copy" / "a.yaml").write_text("tenant: ant\nconnectors: {}\n", encoding="utf-8")
    planned = zoo.run("plan", "tenants")

    assert planned.returncode == 4
    assert planned.codes == {"tenant-twice"}
    assert "tenants/ant/zoo.yaml:1:" in planned.stderr
    assert "tenants/copy/a.yaml:1:" in planned.stderr
    assert zoo.run("apply", "tenants", "--yes").returncode == 4
    assert len(zoo.objects("ant")) == 1


@pytest.mark.parametrize("left", ["empty", "comments", "only the name", "other suffix", "hidden", "no folder"])
def test_nothing_there_deletes_nothing(zoo: Zoo, left: str) -> None:
    """A folder that is empty, or as good as empty, never plans a deletion (P-08)."""
    file = zoo.declare(BEFORE)
    zoo.apply()
    before = len(zoo.objects())
    match left:
        case "empty":
            file.unlink()
        case "comments":
            file.write_text("# nothing\n", encoding="utf-8")
        case "only the name":
            file.write_text("tenant: zoo\n", encoding="utf-8")
        case "other suffix":
            file.rename(file.with_suffix(".yaml.bak"))
        case "hidden":
            file.rename(file.with_name(".zoo.yaml"))
        case "no folder":
            zoo.folder.rename(zoo.root / "elsewhere")
    planned = zoo.run("plan", "tenants/zoo", "--format", "json")
    applied = zoo.run("apply", "tenants/zoo", "--yes")
    operations = [one for tenant in json.loads(planned.stdout)["tenants"] for one in tenant.get("changes") or ()]

    assert operations == []
    assert planned.returncode == applied.returncode == (0 if left == "only the name" else 4)
    assert len(zoo.objects()) == before


@pytest.mark.parametrize("place", ["file", "one of two files", "folder", "folder above"])
def test_what_cannot_be_read_deletes_nothing(zoo: Zoo, place: str) -> None:
    """An unreadable file or folder is an error with its name, not an absence."""
    file = zoo.declare(BEFORE)
    zoo.apply()
    before = len(zoo.objects())
    other = zoo.declare("connectors: {}\n", file="other.yaml")
    closed = {"file": file, "one of two files": other, "folder": zoo.folder, "folder above": zoo.folder.parent}[place]
    mode = closed.stat().st_mode
    closed.chmod(0)
    planned = zoo.process("plan", "tenants/zoo", first=obey_modes)
    applied = zoo.process("apply", "tenants/zoo", "--yes", first=obey_modes)
    closed.chmod(mode)

    assert (planned.returncode, applied.returncode) == (4, 4), planned.said
    assert planned.codes == {"unreadable"}
    assert len(zoo.objects()) == before


def test_two_files_of_one_tenant_are_one(zoo: Zoo) -> None:
    """Moving a block to another file of the folder changes nothing."""
    zoo.declare(BEFORE)
    zoo.apply()
    head, _, tail = BEFORE.partition("channels:")
    zoo.declare(head)
    zoo.declare("channels:" + tail, file="more.yaml")

    assert zoo.settled()


def test_many_paths(zoo: Zoo, tmp_path: Path) -> None:
    """A tenant that several paths lead to is read once; one path that is wrong does not stop the others."""
    declare(zoo, "ant", "bee")
    once = zoo.document("validate", "tenants", "tenants/ant", "./tenants/bee/", str(tmp_path / "tenants"))
    wrong = zoo.run("apply", "tenants/ant", "nowhere", "tenants/bee", "--yes")

    assert once["summary"]["tenants"] == 2
    assert wrong.returncode == 4
    assert wrong.codes == {"no-such-path"}
    assert (len(zoo.objects("ant")), len(zoo.objects("bee"))) == (1, 1)


def test_destroy_is_for_one(zoo: Zoo) -> None:
    """`destroy` on the folder of all tenants is a mistake, not a wish."""
    declare(zoo, "ant", "bee")
    zoo.apply(path="tenants")
    ended = zoo.run("destroy", "tenants", "--yes", "--allow-delete", "all")

    assert ended.returncode == 64
    assert ended.codes == {"one-tenant-wanted"}
    assert (len(zoo.objects("ant")), len(zoo.objects("bee"))) == (1, 1)


def test_tenants_do_not_see_each_other(zoo: Zoo) -> None:
    """The same keys and names in two tenants are four objects; destroying one leaves the other alone."""
    declare(zoo, "ant", "bee", text=BEFORE)
    zoo.apply(path="tenants")
    zoo.ok("destroy", "tenants/ant", "--yes", "--allow-delete", "all")

    assert zoo.objects("ant") == []
    assert len(zoo.objects("bee")) == 8
    assert zoo.run("plan", "tenants/bee", "--detailed-exitcode").returncode == 0
