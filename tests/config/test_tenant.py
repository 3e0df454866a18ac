"""Tests of `config/tenant.py` and `config/merge.py`: files become one tenant."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.config import read_tenant
from flametree_cfg.errors import Severity
from flametree_cfg.model import connector
from tests.config.folders import catalog, codes, llm, read, write


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wrong(here: Path, **files: str) -> list[str]:
    """Read a tenant of these files; says what is wrong."""
    write(here / "t", {f"{name}.yaml": text for name, text in files.items()})
    (reading,) = read("t")
    assert reading.tenant is None
    return codes(reading)


def test_files_are_merged(here: Path) -> None:
    """Sections may be spread over files, and one naming the tenant is enough."""
    write(
        here / "t", {"a.yaml": "tenant: acme\nconnectors:\n" + llm("x"), "b.yaml": "connectors:\n" + llm("y", "Other")}
    )

    tenant = read_tenant("t", catalog()).tenant
    assert tenant is not None
    assert list(tenant.declarations) == [connector("x"), connector("y")]
    assert (tenant.sections, tenant.files) == ({"connectors"}, ("t/a.yaml", "t/b.yaml"))


def test_an_empty_section_is_present_and_an_absent_one_is_not(here: Path) -> None:
    """`channels: {}` means none; nothing means unmanaged."""
    write(here, {"t/a.yaml": "tenant: acme\nchannels: {}\n"})

    tenant = read_tenant("t", catalog()).tenant
    assert tenant is not None
    assert tenant.sections == {"channels"}


def test_the_order_of_files_and_keys_does_not_matter(here: Path) -> None:
    """P-07: the same declarations, however they are spread."""
    x, y = llm("x"), llm("y", "Other")
    write(
        here,
        {
            "t/a.yaml": f"tenant: acme\nconnectors:\n{x}{y}",
            "u/a.yaml": f"connectors:\n{y}",
            "u/b.yaml": f"connectors:\n{x}tenant: acme\n",
        },
    )

    first, second = read_tenant("t", catalog()).tenant, read_tenant("u", catalog()).tenant
    assert first is not None
    assert second is not None
    assert first.snapshot() == second.snapshot()


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "connectors: {}\n"])
def test_a_folder_whose_files_name_no_tenant_is_an_error(here: Path, text: str) -> None:
    """P-08: emptied files plan nothing."""
    assert wrong(here, a=text) == ["t/a.yaml:1:1 no-tenant-name"]


def test_an_unreadable_file_is_not_blamed_for_a_missing_name(here: Path) -> None:
    """It may be the one that says it."""
    assert wrong(here, a="tenant: acme\nx: [\n", b="connectors: {}\n") == ["t/a.yaml:3:1 yaml-syntax"]


def test_files_that_name_different_tenants(here: Path) -> None:
    """The second one is wrong, the first is shown."""
    write(here, {"t/a.yaml": "tenant: a\n", "t/b.yaml": "tenant: b\n"})

    found = read("t")[0].diagnostics
    assert [f"{one.location} {one.code}" for one in found] == ["t/b.yaml:1:9 tenant-mismatch"]
    assert str(found[0].related[0].location) == "t/a.yaml:1:9"


@pytest.mark.parametrize("name", ["Acme", "a_b", "-a", "a" * 64, "''", "5", "[a]", "../x", "a/b"])
def test_a_tenant_name_has_the_form_of_a_key(here: Path, name: str) -> None:
    """It becomes part of addresses and of files."""
    assert wrong(here, a=f"tenant: {name}\n")[0] == "t/a.yaml:1:9 bad-key"


def test_an_unknown_section_suggests_the_nearest(here: Path) -> None:
    """A misspelt section would leave everything in it unmanaged."""
    write(here, {"t/a.yaml": "tenant: a\nconectors: {}\nzzz: 1\n"})

    found = read("t")[0].diagnostics
    assert [f"{one.location} {one.code}" for one in found] == [
        "t/a.yaml:2:1 unknown-section",
        "t/a.yaml:3:1 unknown-section",
    ]
    assert "`connectors`" in found[0].hint


@pytest.mark.parametrize("value", ["", " []", " 5", " x"])
def test_a_section_is_a_mapping(here: Path, value: str) -> None:
    """A section that lost its content is an error, not "delete them all"."""
    assert wrong(here, a=f"tenant: a\nconnectors:{value}\n") == ["t/a.yaml:2:1 not-a-mapping"]


def test_a_file_is_a_mapping(here: Path) -> None:
    """A list or a text at the top is no tenant."""
    assert "t/b.yaml:1:1 not-a-mapping" in wrong(here, a="tenant: a\n", b="- x\n")


@pytest.mark.parametrize("key", ["Key", "a_b", "a.b", "a/b", "-x", "'id:1'"])
def test_a_resource_key_has_a_form(here: Path, key: str) -> None:
    """It becomes part of an address."""
    assert wrong(here, a="tenant: a\nconnectors:\n" + llm(key)) == ["t/a.yaml:3:3 bad-key"]


def test_a_key_declared_in_two_files_shows_both_places(here: Path) -> None:
    """Neither file wins."""
    write(here, {"t/a.yaml": "tenant: a\nconnectors:\n" + llm("x"), "t/b.yaml": "connectors:\n" + llm("x", "Other")})

    (found,) = read("t")[0].diagnostics
    assert (found.code, str(found.location)) == ("duplicate-key", "t/b.yaml:2:3")
    assert [str(one.location) for one in found.related] == ["t/a.yaml:3:3"]


def test_what_the_catalog_says_is_located(here: Path) -> None:
    """An unknown key by the key, a wrong value by the value, what is missing by what it is missing from."""
    text = (
        "tenant: a\nconnectors:\n  x:\n    type: llm\n    name: no\n    nmae: y\n    settings:\n"
        '      api_url: "https://api.example/v1"\n      acces_token: "${env:K}"\n      model_name: 1e3\n'
        "      temperature: 0\n  y:\n    type: llm\n    settings: {}\n"
    )

    found = wrong(here, a=text)
    assert "t/a.yaml:6:5 unknown-key" in found
    assert "t/a.yaml:9:7 unknown-setting" in found
    assert "t/a.yaml:10:19 wrong-type" in found
    assert "t/a.yaml:12:3 missing-key" in found
    assert "t/a.yaml:14:5 missing-setting" in found
    assert not any(":5:" in one for one in found)


def test_a_key_that_may_not_stand_is_shown_by_the_key(here: Path) -> None:
    """Its value is not what is wrong."""
    text = "tenant: a\nchannels:\n  x:\n    type: telegram\n    name: X\n    external: true\n    running: true\n"

    assert wrong(here, a=text) == ["t/a.yaml:7:5 key-not-allowed"]


@pytest.mark.parametrize("value", ["017", "1e3", "1.10", "0x1F", "true", "~", ".inf", "0o17"])
def test_a_text_field_takes_no_number(here: Path, value: str) -> None:
    """Y-09: what YAML reads as something else is an error that says quote it, never a silently changed text."""
    text = llm("x").replace("model_name: m", f"model_name: {value}")
    write(here, {"t/a.yaml": f"tenant: a\nconnectors:\n{text}"})

    (found,) = read("t")[0].diagnostics
    assert found.location is not None
    assert (found.location.line, found.code in ("wrong-type", "bad-number")) == (6, True)
    assert value == "~" or "quote it" in found.hint


@pytest.mark.parametrize("value", ["no", "on", "NO", "y", "1_000", "12:30:45", "2024-01-01"])
def test_a_text_field_takes_what_only_old_yaml_changes(here: Path, value: str) -> None:
    """Norway is safe."""
    write(here, {"t/a.yaml": "tenant: a\nconnectors:\n" + llm("x", value)})

    tenant = read("t")[0].tenant
    assert tenant is not None
    assert tenant.declarations[connector("x")].resource.name == value


def test_diagnostics_of_a_tenant_are_sorted_by_place(here: Path) -> None:
    """File, line, column."""
    found = wrong(here, b="tenant: b\nx: 1\n", a="tenant: a\ny: 1\nx: 1\n")

    assert found == sorted(found)
    assert len(found) == 4


def test_an_error_leaves_no_tenant_and_a_warning_does(here: Path) -> None:
    """Half a desired state would delete the other half."""
    write(here, {"t/a.yaml": "tenant: a\nconnectors:\n" + llm("x") + llm("Y", "Other")})

    reading = read("t")[0]
    assert any(found.severity is Severity.ERROR for found in reading.diagnostics)
    assert (reading.tenant, reading.name) == (None, "a")
