"""What is kept of a tenant with bases: found again where nothing moved, and only there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flametree_cfg.config import CacheFolder, TenantReading, keep_reading, read_tree
from flametree_cfg.config.given import read_given
from tests.config.folders import catalog, codes, write
from tests.config.layering import BASE, OWN, estate, fields

CHAT = "connector.chat"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(path: str, at: Path, *texts: str, tenant: str | None = None) -> TenantReading:
    """Read a tenant with a cache, and keep what came of it."""
    (reading,) = read_tree([path], catalog(), CacheFolder(at / "cache", "k"), read_given((), texts, tenant))
    if reading.tenant is not None:
        keep_reading(reading, reading.tenant.sections, judged=True)
    return reading


def is_known(path: str, at: Path, *texts: str, tenant: str | None = None) -> bool:
    """Tell whether the cache has it."""
    (reading,) = read_tree([path], catalog(), CacheFolder(at / "cache", "k"), read_given((), texts, tenant))
    return reading.judged


MOVES: dict[str, Callable[[Path], object]] = {
    "the base": lambda root: estate(root, OWN, BASE.replace("small", "other")),
    "a comment in the base": lambda root: estate(root, OWN, BASE + "# more\n"),
    "the tenant": lambda root: estate(root, OWN + "channels: {}\n"),
    "a file more": lambda root: write(root, {"t/_shared/base/z.yaml": ""}),
    "a file of another name": lambda root: os.rename(  # noqa: PTH104
        root / "t/_shared/base/base.yaml", root / "t/_shared/base/basis.yaml"
    ),
    "a base of the base": lambda root: (
        write(root, {"t/_shared/more/m.yaml": "connectors: {chat: {settings: {model_name: deep}}}\n"}),
        estate(root, OWN, "extends: [../more]\n" + BASE),
    ),
}


@pytest.mark.parametrize("move", MOVES)
def test_what_moved_is_read_again(here: Path, move: str) -> None:
    """As without a cache."""
    estate(here, OWN)
    read("t/acme", here)
    assert is_known("t/acme", here)

    MOVES[move](here)
    assert not is_known("t/acme", here)
    assert fields(read("t/acme", here), CHAT) == fields(read_tree(["t/acme"], catalog())[0], CHAT)
    assert is_known("t/acme", here)


def test_what_a_base_extends_is_seen_too(here: Path) -> None:
    """A base of a base is a base."""
    estate(here, OWN, "extends: [../deep]\n", _shared__deep__d=BASE)
    read("t/acme", here)
    assert is_known("t/acme", here)

    write(here, {"t/_shared/deep/d.yaml": BASE.replace("small", "other")})
    assert not is_known("t/acme", here)


def test_variables_are_part_of_the_key(here: Path) -> None:
    """Names, values and types."""
    estate(here, OWN + "vars: {t: 0, u: 0}\n", BASE.replace("temperature: 0", 'temperature: "${var:t}"'))
    read("t/acme", here, "t=1")

    assert is_known("t/acme", here, "t=1")
    assert not is_known("t/acme", here)
    assert not is_known("t/acme", here, "t=1.0")
    assert not is_known("t/acme", here, "u=1")
    assert fields(read("t/acme", here, "t=2"), CHAT)["settings"]["temperature"] == 2


def test_another_name_takes_what_is_known(here: Path) -> None:
    """The files say the same; only what the tenant is called differs."""
    estate(here, OWN)
    read("t/acme", here, tenant="live")
    known = read_tree(["t/acme"], catalog(), CacheFolder(here / "cache", "k"))[0]

    assert (known.name, known.judged) == ("acme", True)
    assert read("t/acme", here, tenant="live").name == "live"
    assert is_known("t/acme", here, tenant="live")


def test_a_plain_tenant_under_another_name(here: Path) -> None:
    """It needs neither bases nor variables for that."""
    write(here, {"t/acme/a.yaml": "tenant: acme\n" + BASE})
    first, second = read("t/acme", here, tenant="live"), read("t/acme", here)

    assert (first.name, second.name) == ("live", "acme")
    assert first.shared is None
    assert is_known("t/acme", here)


def test_places_of_what_is_known_are_from_here(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the person stood when it was read."""
    estate(here, OWN)
    read("t/acme", here)
    monkeypatch.chdir(here / "t/acme")
    reading = read(".", here)

    assert reading.judged
    assert str(reading.locate(CHAT, ("name",))) == "../_shared/base/base.yaml:4:11"
    assert reading.tenant is not None
    assert reading.tenant.files == ("../_shared/base/base.yaml", "tenant.yaml")


def test_what_is_wrong_is_never_kept(here: Path) -> None:
    """It is told every time."""
    estate(here, OWN, BASE.replace("temperature: 0", "temperature: hot"))

    answers = [codes(read("t/acme", here)) for _ in range(2)]
    assert answers[0] == answers[1] == ["t/_shared/base/base.yaml:9:20 wrong-type"]


def test_the_base_disappears(here: Path) -> None:
    """What is known of it is not believed."""
    estate(here, OWN)
    read("t/acme", here)
    (here / "t/_shared/base/base.yaml").unlink()

    assert codes(read("t/acme", here)) == ["t/acme/tenant.yaml:2:10 empty-tenant"]


def test_a_link_takes_the_place_of_the_base(here: Path) -> None:
    """It is refused although what it leads to is known."""
    estate(here, OWN)
    read("t/acme", here)
    (here / "t/_shared").rename(here / "elsewhere")
    (here / "t/_shared").symlink_to(here / "elsewhere")

    assert codes(read("t/acme", here)) == ["t/acme/tenant.yaml:2:10 symlink"]


def test_beginning_and_ceasing_to_share(here: Path) -> None:
    """What changed is told by comparing with what was known, in both directions."""
    write(here, {"t/acme/a.yaml": "tenant: acme\n" + BASE, "t/_shared/base/base.yaml": BASE})
    plain = read("t/acme", here)
    write(here, {"t/acme/a.yaml": OWN + "connectors: {chat: {name: Mine}}\n"})
    shared = read("t/acme", here)

    changed = shared.changed_since(shared.base)
    assert changed is not None
    assert {str(address) for address in changed.addresses} == {CHAT}
    write(here, {"t/acme/a.yaml": "tenant: acme\n" + BASE})
    again = read("t/acme", here)
    assert (again.shared, again.tenant) == (None, plain.tenant)
