"""`fmt` on files: what it writes, what it leaves, how it ends."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from flametree_cfg.config import TenantReading
from flametree_cfg.config.rewrite import rewrite
from flametree_cfg.config.source import open_folder
from flametree_cfg.errors import ConfigInvalid, ExitCode
from flametree_cfg.model import Address, Resource
from tests.config.folders import read
from tests.config.formed import mistreated
from tests.scenario.running import PROGRAM, Zoo, obey_modes

LOOSE = "connectors:\n    a:\n        name: A   # the first\n        type: llm\n"
TIDY = "tenant: zoo\n\nconnectors:\n  a:\n    type: llm\n    name: A   # the first\n"


def piped(zoo: Zoo, text: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Give a text on standard input."""
    command = [*PROGRAM, "fmt", "-", *arguments]
    return subprocess.run(command, cwd=zoo.root, env=zoo.seen({}), input=text, capture_output=True, check=False)


def test_it_writes_and_is_done(zoo: Zoo) -> None:
    """The file is in order afterwards, its mode is as it was, and a second time nothing happens."""
    file = zoo.declare(LOOSE)
    file.chmod(0o640)
    done = zoo.run("fmt", "tenants")

    assert (done.returncode, done.last) == (ExitCode.OK, "Format: 1 file, 1 written")
    assert file.read_text() == TIDY
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert zoo.run("fmt", "tenants").last == "Format: 1 file, nothing to change"
    assert zoo.run("fmt", "tenants", "--check").returncode == ExitCode.OK


def test_a_file_that_is_in_order_is_not_touched(zoo: Zoo) -> None:
    """Not even written anew."""
    file = zoo.declare("\nconnectors: {}\n")
    before = file.stat()
    zoo.ok("fmt", "tenants/zoo")

    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_9_check(zoo: Zoo) -> None:
    """It names the files that would change, leaves with 9, and changes nothing."""
    file = zoo.declare(LOOSE)
    zoo.declare("\nagents: {}\n", "tidy.yaml")
    before = file.read_bytes()
    refused = zoo.run("fmt", "tenants", "--check")

    assert refused.returncode == ExitCode.CHECK_FAILED
    assert refused.codes == {"not-formatted"}
    assert "tenants/zoo/zoo.yaml:2:1" in refused.stdout
    assert "tidy.yaml" not in refused.stdout
    assert file.read_bytes() == before


def test_diff_is_a_patch(zoo: Zoo) -> None:
    """It changes nothing, and `patch` makes of it what `fmt` writes."""
    file = zoo.declare(LOOSE)
    shown = zoo.ok("fmt", "tenants/zoo", "--diff")
    unchanged = file.read_text()
    subprocess.run(["git", "apply", "-"], cwd=zoo.root, input=shown.rpartition("Format:")[0], text=True, check=True)

    assert unchanged == "tenant: zoo\n" + LOOSE
    assert file.read_text() == TIDY
    assert zoo.run("fmt", "tenants/zoo", "--diff", "--check").returncode == ExitCode.OK


def test_diff_of_a_long_file_is_a_patch_too(zoo: Zoo) -> None:
    """Where comparing would take minutes, all of it is replaced."""
    text = "connectors:\n" + "".join(f"    k{i}:\n        name: n\n" for i in range(3000))
    file = zoo.declare(text)
    shown = zoo.ok("fmt", "tenants/zoo", "--diff")
    subprocess.run(["git", "apply", "-"], cwd=zoo.root, input=shown.rpartition("Format:")[0], text=True, check=True)

    assert zoo.ok("fmt", "tenants/zoo").splitlines() == ["Format: 1 file, nothing to change"]
    assert "  k2999:\n    name: n\n" in file.read_text()


def test_diff_hides_a_secret_that_stands_there_in_clear(zoo: Zoo) -> None:
    """A pipeline's log is no place for it, in whatever format."""
    zoo.declare(
        """
        connectors:
          a: {type: llm, settings: {access_token: sk-canary-1}}
          b: {type: nothing, settings: {deep: [sk-canary-2]}}
          c: {type: llm, settings: {acess_token: "sk-canary-3"}}
        agents:
          d: {environment: {TOKEN: {secret: sk-canary-4}}, push: {headers: {X: {secret: sk-canary-5}}}}
        channels:
          e: {type: whatsapp, settings: {accounts: [{phone_number_id: "1", access_token: sk-canary-6}]}}
        """
    )
    said = [zoo.run("fmt", "tenants", "--diff", "--check", "--format", form).said for form in ("text", "json", "html")]

    assert all("access_token" in one and "sk-canary" not in one for one in said)


def test_4_what_is_wrong_is_left_and_the_rest_is_done(zoo: Zoo) -> None:
    """A file that is no YAML is as it was, byte for byte; the others are formatted."""
    good = zoo.declare(LOOSE)
    bad = zoo.declare("agents: [\r\n  \r\n", "bad.yaml")
    before = bad.read_bytes()
    done = zoo.run("fmt", "tenants")

    assert done.returncode == ExitCode.INVALID
    assert done.codes == {"yaml-syntax"}
    assert done.last == "Format: 2 files, 1 written, 1 left because of errors"
    assert bad.read_bytes() == before
    assert good.read_text() == TIDY


def test_a_file_by_itself(zoo: Zoo) -> None:
    """As a hook names files; the same one twice is formatted once."""
    file = zoo.declare(LOOSE)
    other = zoo.declare(LOOSE, "other.yaml")
    done = zoo.ok("fmt", "tenants/zoo/zoo.yaml", str(file))

    assert done.splitlines() == ["formatted  tenants/zoo/zoo.yaml", "Format: 1 file, 1 written"]
    assert other.read_text() != TIDY


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda folder: (folder / "x.yaml").symlink_to("../../outside.yaml"), "symlink"),
        (lambda folder: os.mkfifo(folder / "x.yaml"), "not-a-file"),
        (lambda folder: (folder / "x.yml").write_text("a:   1"), "wrong-extension"),
    ],
)
def test_only_regular_files_of_ours(zoo: Zoo, make: Callable[[Path], object], code: str) -> None:
    """What a folder of tenants may not have is not followed, opened or replaced."""
    outside = zoo.root / "outside.yaml"
    outside.write_text("tenant:   zoo")
    zoo.declare("\nagents: {}\n")
    make(zoo.folder)
    (name,) = {path.name for path in zoo.folder.iterdir()} - {"zoo.yaml"}
    whole, alone = zoo.run("fmt", "tenants"), zoo.run("fmt", f"tenants/zoo/{name}")

    assert (whole.returncode, whole.codes) == (ExitCode.INVALID, {code})
    assert (alone.returncode, alone.codes) == (ExitCode.INVALID, {code})
    assert outside.read_text() == "tenant:   zoo"


def test_what_is_missing_is_said(zoo: Zoo) -> None:
    """A path that is none is the person's to correct."""
    for path in ("tenants", "tenants/zoo/zoo.yaml", ""):
        refused = zoo.run("fmt", path)

        assert refused.returncode == ExitCode.INVALID
        assert refused.codes == {"no-such-path"}


def test_1_a_folder_that_may_not_be_written(zoo: Zoo) -> None:
    """The file is as it was, and nothing lies beside it."""
    file = zoo.declare(LOOSE)
    file.parent.chmod(0o500)
    refused = zoo.process("fmt", "tenants", first=obey_modes)
    file.parent.chmod(0o700)

    assert refused.returncode == ExitCode.ERROR
    assert refused.codes == {"file-not-written"}
    assert file.read_text() == "tenant: zoo\n" + LOOSE
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_killed_at_any_moment_leaves_one_or_the_other(zoo: Zoo) -> None:
    """Never a part of a file."""
    before = "tenant: zoo\nconnectors:\n" + "".join(f"    k{i}:\n        name: n\n" for i in range(2000))
    for step in range(12):
        file = zoo.folder / "zoo.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(before)
        with zoo.start("fmt", "tenants") as process:
            time.sleep(0.05 + step * 0.03)
            process.kill()
        text = file.read_text()

        assert text == before or (text.startswith("tenant: zoo\n\nconnectors:\n  k0:\n") and text.count("\n") == 6002)
    assert zoo.run("fmt", "tenants").returncode == ExitCode.OK


def test_standard_input_and_output(zoo: Zoo) -> None:
    """An editor's way: the text comes out, to the byte; of one that is wrong nothing does."""
    text = b"\xef\xbb\xbfname: \xc3\xa9\x20\r\ntenant: t"
    wrong = piped(zoo, b"a: [")

    assert piped(zoo, text).stdout == b"tenant: t\nname: \xc3\xa9\n"
    assert piped(zoo, b"").stdout == b""
    assert (wrong.returncode, wrong.stdout) == (ExitCode.INVALID, b"")
    assert b"<stdin>:" in wrong.stderr
    assert piped(zoo, text, "--check").returncode == ExitCode.CHECK_FAILED
    assert b"+tenant: t" in piped(zoo, text, "--diff").stdout
    assert piped(zoo, b"a: 1\n", "--check").returncode == ExitCode.OK
    assert zoo.run("fmt", "-", "tenants").returncode == ExitCode.USAGE


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github", "gitlab", "markdown"])
def test_every_format_names_the_file(zoo: Zoo, form: str) -> None:
    """A pipeline points at it."""
    zoo.declare(LOOSE)
    said = zoo.run("fmt", "tenants", "--check", "--format", form)

    assert said.returncode == ExitCode.CHECK_FAILED
    assert "tenants/zoo/zoo.yaml" in said.stdout
    assert "not-formatted" in said.stdout


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(text=mistreated())
def test_validate_says_the_same_afterwards(tmp_path: Path, text: str) -> None:
    """Whatever is wrong with a tenant besides its layout, before and after, is the same."""
    shutil.rmtree(tmp_path / "zoo", ignore_errors=True)
    zoo = Zoo(tmp_path)
    file = tmp_path / "zoo" / "zoo.yaml"
    file.parent.mkdir()
    file.write_text(text, newline="")
    (reading,) = read(file.parent)
    before = zoo.run("validate", "zoo")
    assume(zoo.run("fmt", "zoo").returncode == 0)
    (formatted,) = read(file.parent)
    after = zoo.run("validate", "zoo")

    assert (after.returncode, after.codes) == (before.returncode, before.codes)
    assert sorted(one.code for one in formatted.diagnostics) == sorted(one.code for one in reading.diagnostics)
    assert resources(formatted) == resources(reading)


def resources(reading: TenantReading) -> dict[Address, Resource]:
    """Give what a tenant declares, without places."""
    declarations = reading.tenant.declarations if reading.tenant else {}
    return {address: declaration.resource for address, declaration in declarations.items()}


def test_a_full_disk_leaves_the_file(zoo: Zoo) -> None:
    """What could not be written whole is not there at all."""
    file = zoo.declare(LOOSE + "agents: {}\n" + "# a line\n" * 2000)
    before = file.read_bytes()
    refused = zoo.process("fmt", "tenants", first=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))

    assert refused.returncode == ExitCode.ERROR
    assert refused.codes == {"file-not-written"}
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_an_edit_meanwhile_is_not_lost(tmp_path: Path) -> None:
    """What somebody saved between reading and writing stays."""
    (tmp_path / "a.yaml").write_text("tenant: mine")
    with open_folder(str(tmp_path)) as folder, pytest.raises(ConfigInvalid) as refused:
        rewrite(folder, "a.yaml", b"tenant:   theirs", b"tenant: theirs")

    assert [one.code for one in refused.value.diagnostics] == ["files-changed"]
    assert (tmp_path / "a.yaml").read_text() == "tenant: mine"


def test_the_plan_is_the_same_afterwards(zoo: Zoo) -> None:
    """The digest that people approved stays good."""
    settings = '{api_url: "https://a.example", access_token: "${env:OPENAI_KEY}", model_name: m, temperature: 0}'
    zoo.declare(f"{LOOSE}        settings: {settings}\n")
    before = zoo.document("plan", "tenants")["tenants"][0]["digest"]
    zoo.ok("fmt", "tenants")

    assert before
    assert zoo.document("plan", "tenants")["tenants"][0]["digest"] == before


def test_a_new_file_never_goes_over_one_that_came_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody made it after it was seen that there is none: theirs stays, and it is told."""
    sync = os.fsync

    def meanwhile(descriptor: int) -> None:
        (tmp_path / "a.yaml").write_bytes(b"theirs")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    with open_folder(tmp_path) as folder, pytest.raises(ConfigInvalid) as caught:
        rewrite(folder, "a.yaml", None, b"ours")

    assert [one.code for one in caught.value.diagnostics] == ["files-changed"]
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.yaml", b"theirs")]
