"""Begin a configuration repository: files that are not there yet, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from flametree_cfg import __version__
from flametree_cfg.errors import FlametreeError, error

_TEMPLATES = Path(__file__).parent / "scaffold"

_BASE = {
    "README.md": "base/README.md",
    "requirements.txt": "base/requirements.txt",
    ".gitignore": "base/gitignore",
    ".editorconfig": "base/editorconfig",
    ".vscode/settings.json": "base/vscode-settings.json",
    ".vscode/extensions.json": "base/vscode-extensions.json",
}
_EXAMPLE = {"tenants/example/tenant.yaml": "base/tenant.yaml"}
_CI = {
    "": {},
    "github": {
        f".github/workflows/flametree-{name}.yml": f"github/flametree-{name}.yml"
        for name in ("plan", "comment", "apply", "drift")
    },
    "gitlab": {".gitlab-ci.yml": "gitlab/gitlab-ci.yml", ".gitlab/flametree.yml": "gitlab/flametree.yml"},
}

# By commit, since a tag can be moved to other code; all four run on node24.
_ACTIONS = {
    "CHECKOUT": "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2",
    "PYTHON": "actions/setup-python@a309ff8b426b58ec0e2a45f0f869d46889d02405 # v6.2.0",
    "UPLOAD": "actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0",
    "DOWNLOAD": "actions/download-artifact@37930b1c2abaa49bbe596cd826c3c89aef350131 # v7.0.0",
}


class Scaffolded(Struct, frozen=True):
    """
    What was done; names are relative to the folder.

    Attributes:
        made: files that were not there.
        left: files that were there, and are as they were.
        exposed: whether git would take `.flametree/`, which holds the key.
    """

    made: tuple[str, ...]
    left: tuple[str, ...]
    exposed: bool = False


def scaffold(folder: Path, *, ci: str, branch: str, schema: str) -> Scaffolded:
    """
    Make what a repository of tenants needs. Running it again does nothing; an existing file is never touched.

    Args:
        folder: where; made if need be.
        ci: `github`, `gitlab`, or empty for none.
        branch: the default one.
        schema: of a tenant's YAML, for editors.

    Raises:
        FlametreeError: a file or folder cannot be made.
    """
    made: list[str] = []
    left: list[str] = []
    for name, text in _wanted(folder, ci, branch, schema).items():
        (made if _put(folder, name, text) else left).append(name)
    return Scaffolded(tuple(made), tuple(left), exposed=".gitignore" in left and not _ignored(folder / ".gitignore"))


def _ignored(file: Path) -> bool:
    try:
        lines = {line.strip().strip("/") for line in file.read_text(encoding="utf-8", errors="replace").splitlines()}
    except OSError:
        return False
    return bool(lines & {".flametree", "**/.flametree"})


def _wanted(folder: Path, ci: str, branch: str, schema: str) -> Mapping[str, str]:
    words = {"VERSION": __version__, "BRANCH": branch, **_ACTIONS}
    # Who has tenants already needs no example, which CI would try to apply.
    example = {} if _has_tenants(folder / "tenants") else _EXAMPLE
    chosen = {**_BASE, **example, **_CI[ci]}
    return {"schemas/tenant.json": schema, **{name: _filled(template, words) for name, template in chosen.items()}}


def _has_tenants(tenants: Path) -> bool:
    return any(path.parent.name != "example" for path in tenants.glob("*/*.y*ml"))


def _filled(template: str, words: Mapping[str, str]) -> str:
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    for name, word in words.items():
        text = text.replace(f"@@{name}@@", word)
    return text


def _put(folder: Path, name: str, text: str) -> bool:
    """Write a file whole where none is; tells whether it did. A link is something that is there, wherever it leads."""
    path = folder / name
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if os.path.lexists(path):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", newline="\n")
        try:
            os.link(beside, path)
        except FileExistsError:  # somebody was faster
            return False
        finally:
            beside.unlink()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no path"
        raise FlametreeError(
            error(
                "init-failed",
                "A file could not be made",
                f"{path}: {reason}",
                "choose a folder that you may write to; running `init` again makes what is missing",
            )
        ) from problem
    return True
