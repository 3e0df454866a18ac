"""Tests of `config/tree.py` and `config/source.py`: which folders are tenants, which files are read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from flametree_cfg.config import is_tenant_folder, read_tree
from flametree_cfg.config.source import Budget, open_folder
from flametree_cfg.errors import ConfigInvalid
from tests.config.folders import catalog, codes, llm, read, write

ACME = {"acme/a.yaml": "tenant: acme\nconnectors:\n" + llm("x")}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_with_yaml_is_a_tenant(here: Path) -> None:
    """The path of a tenant gives that tenant."""
    write(here, ACME)

    (reading,) = read("acme")
    assert reading.tenant is not None
    assert (reading.name, reading.folder, reading.tenant.files) == ("acme", "acme", ("acme/a.yaml",))


def test_a_folder_of_folders_gives_each_tenant_sorted(here: Path) -> None:
    """Folders that begin with `_` or `.` are no tenants."""
    write(here, {"t/b/a.yaml": "tenant: b\n", "t/a/a.yaml": "tenant: a\n", "t/_x/a.yaml": "no", "t/.git/a.yaml": "no"})

    assert [reading.name for reading in read("t")] == ["a", "b"]


def test_a_bad_tenant_does_not_stop_the_others(here: Path) -> None:
    """Each folder is judged by itself."""
    write(here, {"t/a/a.yaml": "tenant: [\n", "t/b/a.yaml": "tenant: b\n"})

    first, second = read("t")
    assert (first.tenant, codes(first)) == (None, ["t/a/a.yaml:2:1 yaml-syntax"])
    assert second.tenant is not None


def test_files_are_named_relative_to_the_current_directory(here: Path) -> None:
    """An absolute path below it is shown as a person would type it, another one as given."""
    write(here, {"t/a.yaml": "x: 1\n"})
    (here / "elsewhere").mkdir()

    assert codes(read(here / "t")[0])[0].startswith("t/a.yaml:1:1 ")
    os.chdir("elsewhere")
    assert codes(read("../t")[0])[0].startswith("../t/a.yaml:1:1 ")
    assert codes(read(here / "t")[0])[0].startswith(f"{here}/t/a.yaml:1:1 ")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nope", "no-such-path"),
        ("", "no-such-path"),
        ("a\0b", "no-such-path"),
        ("t/x.txt", "not-a-folder"),
        ("t/x.txt/y", "not-a-folder"),
        ("t", "empty-tenant"),
    ],
)
def test_a_path_that_is_no_tenant_says_why(here: Path, path: str, code: str) -> None:
    """Nothing is planned from what is not there."""
    write(here, {"t/x.txt": ""})

    (reading,) = read(path)
    assert reading.tenant is None
    assert [found.code for found in reading.diagnostics] == [code]
    assert reading.diagnostics[0].hint


def test_an_emptied_tenant_beside_others_is_an_error(here: Path) -> None:
    """P-08: a folder without YAML plans nothing."""
    write(here, ACME | {"gone/notes.txt": ""})

    assert [codes(reading) for reading in read(".")] == [[], ["gone:0:0 empty-tenant"]]


def test_a_folder_without_any_tenant_is_one_error(here: Path) -> None:
    """A wrong folder gives one message, not one for each folder in it."""
    write(here, {"t/a/x.txt": "", "t/b/x.txt": "", "u/_a/x.yaml": ""})

    assert [codes(reading) for reading in read("t")] == [["t:0:0 no-tenants"]]
    assert [codes(reading) for reading in read("u")] == [["u:0:0 no-tenants"]]


@pytest.mark.parametrize("name", ["b.yml", "b.YAML", "b.Yml"])
def test_another_extension_is_an_error(here: Path, name: str) -> None:
    """A file that looks like YAML is never left out in silence."""
    write(here, ACME | {f"acme/{name}": "tenant: acme\n"})

    (reading,) = read("acme")
    assert codes(reading) == [f"acme/{name}:0:0 wrong-extension"]
    assert reading.tenant is None


def test_yaml_below_a_tenant_is_an_error(here: Path) -> None:
    """Files one level down would be left out in silence; other files and `_` folders may be there."""
    write(here, ACME | {"acme/more/b.yaml": "", "acme/secrets/help": "", "acme/_drafts/c.yaml": ""})

    assert codes(read("acme")[0]) == ["acme/more/b.yaml:0:0 nested-yaml"]


def test_links_are_refused_wherever_they_are(here: Path) -> None:
    """T-01: a link as file, as tenant, as the path, or on the way to it is never followed."""
    write(here, ACME | {"out/secret.yaml": "tenant: out\n", "t/a/a.yaml": "tenant: a\n"})
    (here / "acme" / "b.yaml").symlink_to("../out/secret.yaml")
    (here / "acme" / "loop.yaml").symlink_to("loop.yaml")
    (here / "t" / "b").symlink_to("../out")
    (here / "door").symlink_to("t")

    assert codes(read("acme")[0]) == ["acme/b.yaml:0:0 symlink", "acme/loop.yaml:0:0 symlink"]
    assert [codes(reading) for reading in read("t")] == [[], ["t/b:0:0 symlink"]]
    assert codes(read("door")[0]) == ["door:0:0 symlink"]
    assert codes(read("door/a")[0]) == ["door/a:0:0 symlink"]
    assert codes(read(here / "door" / "a")[0]) == ["door/a:0:0 symlink"]


def test_a_link_put_in_place_of_a_listed_file_is_refused(here: Path) -> None:
    """Between listing and reading a swap changes nothing: the file is opened without following."""
    write(here, ACME | {"secret": "tenant: out\n"})
    with open_folder("acme") as folder:
        (here / "acme" / "a.yaml").unlink()
        (here / "acme" / "a.yaml").symlink_to("../secret")
        with pytest.raises(ConfigInvalid) as refused:
            folder.read("a.yaml", Budget())

    assert refused.value.diagnostics[0].code == "symlink"


def test_what_is_no_regular_file_is_never_opened(here: Path) -> None:
    """FIFO, socket and folder are refused by their kind."""
    write(here, ACME)
    os.mkfifo(here / "acme" / "b.yaml")
    (here / "acme" / "c.yaml").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("acme/d.yaml")

        (reading,) = read("acme")
    assert codes(reading) == [f"acme/{name}.yaml:0:0 not-a-file" for name in "bcd"]


def test_a_fifo_put_in_place_of_a_listed_file_does_not_hang(here: Path) -> None:
    """It is opened without blocking and refused once open."""
    write(here, ACME)
    with open_folder("acme") as folder:
        (here / "acme" / "a.yaml").unlink()
        os.mkfifo(here / "acme" / "a.yaml")
        with pytest.raises(ConfigInvalid) as refused:
            folder.read("a.yaml", Budget())

    assert refused.value.diagnostics[0].code == "not-a-file"


def test_a_large_file_is_not_read(here: Path) -> None:
    """A sparse file of 1 GB is refused by its size."""
    write(here, ACME)
    with (here / "acme" / "b.yaml").open("wb") as big:
        big.truncate(1_000_000_000)

    assert codes(read("acme")[0]) == ["acme/b.yaml:0:0 file-too-large"]


def test_a_file_without_a_size_is_read_whole() -> None:
    """Where the system does not tell a size, the file is read to its end and not further than the limit."""
    with open_folder(f"/proc/{os.getpid()}") as folder:
        assert folder.read("status", Budget()).startswith(b"Name:")


def test_too_much_together_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget of files and bytes counts over all tenants of a run."""
    monkeypatch.setattr("flametree_cfg.config.source.MAX_FILES", 2)
    write(here, {f"t/{name}/a.yaml": f"tenant: {name}\n" for name in "abc"})

    assert [codes(reading) for reading in read("t")] == [[], [], ["t/c/a.yaml:0:0 too-many-files"]]


def test_too_many_bytes_together_are_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many honest files are no honest tree."""
    monkeypatch.setattr("flametree_cfg.config.source.MAX_TREE", 15)
    write(here, {f"t/{name}/a.yaml": f"tenant: {name}\n" for name in "abc"})

    first, *others = read("t")
    assert codes(first) == []
    assert [codes(reading) for reading in others] == [[f"t/{n}/a.yaml:0:0 tree-too-large"] for n in "bc"]


def test_names_that_do_not_print_are_refused(here: Path) -> None:
    """A file name cannot write to the terminal, nor be what no text can hold."""
    write(here, ACME | {"acme/b\x1b[31m.yaml": ""})
    os.close(os.open(b"acme/c\xff.yaml", os.O_CREAT))

    (reading,) = read("acme")
    assert [found.code for found in reading.diagnostics] == ["bad-file-name"] * 2
    assert all(str(found.location).isprintable() for found in reading.diagnostics)


def test_names_that_differ_only_in_case_are_refused(here: Path) -> None:
    """Some systems would keep only one of them."""
    write(here, ACME | {"acme/A.yaml": "tenant: acme\n"})

    assert codes(read("acme")[0]) == ["acme/a.yaml:0:0 case-twin"]


def test_two_folders_of_one_tenant_are_refused(here: Path) -> None:
    """Each would delete what only the other declares."""
    write(here, {"t/a/a.yaml": "tenant: same\n", "t/b/a.yaml": "\ntenant: same\n", "t/c/a.yaml": "tenant: c\n"})

    first, second, third = read("t")
    assert codes(first) == ["t/a/a.yaml:1:1 tenant-twice"]
    assert [str(one.location) for one in first.diagnostics[0].related] == ["t/b/a.yaml:2:1"]
    assert codes(second) == ["t/b/a.yaml:2:1 tenant-twice"]
    assert (first.tenant, second.tenant) == (None, None)
    assert third.tenant is not None


def test_a_tenant_two_paths_lead_to_is_read_once(here: Path) -> None:
    """Naming a folder and what is above it is no contradiction."""
    write(here, {"t/a/a.yaml": "tenant: a\n"})

    readings = read_tree(["t", "t/a", here / "t", "t/../t/a"], catalog())
    assert [reading.name for reading in readings] == ["a"]
    assert readings[0].tenant is not None


def test_a_file_that_may_not_be_read_says_so(here: Path) -> None:
    """Permissions are told, and nothing is planned."""
    write(here, ACME)
    (here / "acme" / "a.yaml").chmod(0)
    if os.access("acme/a.yaml", os.R_OK):  # root reads everything
        return

    assert codes(read("acme")[0]) == ["acme/a.yaml:0:0 unreadable"]


def test_is_tenant_folder(here: Path) -> None:
    """A tenant's folder is one with YAML in it; asking never fails."""
    write(here, ACME)

    assert is_tenant_folder("acme")
    assert not is_tenant_folder(".")
    assert not is_tenant_folder("nope")
