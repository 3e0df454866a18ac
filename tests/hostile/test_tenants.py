"""Hostile files in a tenant's folder, met by `validate` as a pipeline would run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.folders import llm, write

GOOD = "tenant: acme\nconnectors:\n" + llm("x")


def validate(here: Path, *, timeout_s: float = 20.0) -> tuple[int, str]:
    """Run `flametree-cfg validate acme` in a process of its own; a traceback is never an answer."""
    command = [sys.executable, "-m", "flametree_cfg", "validate", "acme"]
    plain = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(command, cwd=here, env=plain, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"connectors: " + b"[" * 100_000, "too-deep", "1:20013"),
        (b"x: &a [1]\ny: &b [*a, *a]\n<<: *b\n", "merge-key", "3:1"),
        (b"connectors:\n\tx: 1\n", "tab-indent", "2:1"),
        (b"connectors: {}\nconnectors: {}\n", "duplicate-key", "2:1"),
        ("connectors: {}\n".encode("utf-16"), "not-utf8", "1:1"),
        (b"connectors: !!python/object/apply:os.system [id]\n", "yaml-tag", "1:13"),
        (b"connectors: &a {x: *a}\n", "cyclic-alias", "1:20"),
        (b"connectors: {y: {name: ${env:X}}}\n", "yaml-syntax", "1:25"),
        ("connectors: {} # \u202e\n".encode(), "hidden-character", "1:18"),
        (b"%YAML 1.1\n---\nconnectors: {}\n", "yaml-version", "1:1"),
        (llm("y", "1e3").join(["connectors:\n", ""]).encode(), "wrong-type", "4:11"),
    ],
)
def test_hostile_yaml_gives_exit_4_and_a_place(tmp_path: Path, data: bytes, code: str, place: str) -> None:
    """File, line, column and a code, beside a file that is well."""
    write(tmp_path, {"acme/a.yaml": GOOD})
    (tmp_path / "acme" / "b.yaml").write_bytes(data)

    exit_code, output = validate(tmp_path)
    assert exit_code == 4
    assert re.search(rf"\[{code}\].*\n\s+acme/b\.yaml:{place}\b", output)


@pytest.mark.parametrize("text", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("Model", "no")])
def test_what_only_looks_odd_is_accepted(tmp_path: Path, text: str) -> None:
    """A byte order mark, Windows line ends and Norway are valid."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "a.yaml").write_bytes(text.encode())

    assert validate(tmp_path)[0] == 0


@pytest.mark.parametrize(
    ("kind", "code"),
    [("fifo", "not-a-file"), ("link", "symlink"), ("sparse", "file-too-large"), ("empty", "empty-tenant")],
)
def test_hostile_files_give_exit_4(tmp_path: Path, kind: str, code: str) -> None:
    """A FIFO, a link out of the tenant, 1 GB, and nothing at all are refused without reading."""
    write(tmp_path, {} if kind == "empty" else {"acme/a.yaml": GOOD})
    hostile = tmp_path / "acme" / "b.yaml"
    match kind:
        case "fifo":
            os.mkfifo(hostile)
        case "link":
            hostile.symlink_to("/etc/passwd")
        case "sparse":
            with hostile.open("wb") as file:
                file.truncate(1_000_000_000)
        case _:
            hostile.parent.mkdir()

    exit_code, output = validate(tmp_path)
    assert exit_code == 4
    assert f"[{code}]" in output
