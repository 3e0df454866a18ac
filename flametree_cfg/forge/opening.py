"""Find the forge a run belongs to, and the token for it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from msgspec import Struct, field

from flametree_cfg.forge import failure
from flametree_cfg.forge._port import Forge
from flametree_cfg.forge.retrying import Patience

KINDS = ("github", "gitlab")
TOKENS = {"github": ("GITHUB_TOKEN",), "gitlab": ("FLAMETREE_GITLAB_TOKEN", "GITLAB_TOKEN")}
_APIS = {"github": "GITHUB_API_URL", "gitlab": "CI_API_V4_URL"}
_REPOSITORIES = {"github": "GITHUB_REPOSITORY", "gitlab": "CI_PROJECT_ID"}
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


class Door(Struct, frozen=True):
    """Which forge; what is empty is taken from the environment that its CI makes."""

    kind: str = ""
    api: str = ""
    repository: str = ""
    patience: Patience = field(default_factory=Patience)


def find_kind(door: Door, environment: Mapping[str, str] | None = None) -> str:
    """
    Tell GitHub from GitLab.

    Raises:
        WrongUsage: neither is told.
    """
    seen = os.environ if environment is None else environment
    told = "github" if seen.get("GITHUB_ACTIONS") else "gitlab" if seen.get("GITLAB_CI") else ""
    if not (door.kind or told):
        raise failure.unknown("neither GitHub Actions nor GitLab CI runs this", "give --forge github or --forge gitlab")
    return door.kind or told


def find_token(kind: str, environment: Mapping[str, str] | None = None) -> str:
    """
    Take the token from the environment; it is never an argument, which everybody on the machine could read.

    Raises:
        AccessDenied: there is none, or it cannot be one.
    """
    seen = os.environ if environment is None else environment
    name = next((name for name in TOKENS[kind] if seen.get(name)), "")
    if not name:
        raise failure.no_token(" or ".join(TOKENS[kind]))
    token = seen[name].strip()
    if not _TOKEN.fullmatch(token):
        raise failure.bad_token(name)
    return token


def open_forge(door: Door, token: str, environment: Mapping[str, str] | None = None) -> Forge:
    """
    Open the way to one repository.

    Raises:
        WrongUsage: it is not told which, or the address is no good.
    """
    from flametree_cfg.forge.github import API as GITHUB
    from flametree_cfg.forge.github import GitHub
    from flametree_cfg.forge.gitlab import API as GITLAB
    from flametree_cfg.forge.gitlab import GitLab

    seen = os.environ if environment is None else environment
    kind = find_kind(door, seen)
    api = door.api or seen.get(_APIS[kind], "")
    repository = door.repository or seen.get(_REPOSITORIES[kind], "")
    if not repository:
        raise failure.unknown(f"{_REPOSITORIES[kind]} is not set", "give --repository")
    if kind == "github":
        return GitHub(repository, token, api or GITHUB, door.patience)
    return GitLab(repository, token, api or GITLAB, door.patience)
