"""What tenant YAML may read from where it is applied: the operator's choice, never the YAML's."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fnmatch import translate
from functools import cached_property, lru_cache
from pathlib import Path

from flametree_cfg.model import Hiding

ALLOW = "FLAMETREE_ALLOW_SECRETS"
"""Comma-separated patterns of environment variables; if set, only these may be read."""

_OURS = ("FLAMETREE_*",)
"""Denied whatever the operator allows: the key that seals all other secrets is among them."""

# What runners, clouds, shells and package tools put there: a pull request could name it and have it sent away.
# fmt: off  # one pattern a line would be longer than the module
DENY = (
    *_OURS,
    "CI",
    "CI_*",
    "GITHUB_*",
    "GH_*",
    "ACTIONS_*",
    "RUNNER_*",
    "GITLAB_*",
    "BITBUCKET_*",
    "JENKINS_*",
    "BUILDKITE_*",
    "CIRCLE_*",
    "TRAVIS_*",
    "DRONE_*",
    "SYSTEM_*",
    "TF_*",
    "AWS_*",
    "AZURE_*",
    "ARM_*",
    "GOOGLE_*",
    "GCP_*",
    "GCLOUD_*",
    "CLOUDSDK_*",
    "VAULT_*",
    "KUBE*",
    "DOCKER_*",
    "PYTHON*",
    "PIP_*",
    "UV_*",
    "TWINE_*",
    "NPM_*",
    "NODE_*",
    "CARGO_*",
    "LD_*",
    "DYLD_*",
    "SSH_*",
    "GPG_*",
    "PATH",
    "HOME",
    "HOSTNAME",
    "USER",
    "USERNAME",
    "LOGNAME",
    "SHELL",
    "SHLVL",
    "PWD",
    "OLDPWD",
    "TERM",
    "LANG",
    "LC_*",
    "TMPDIR",
    "XDG_*",
    "DBUS_*",
    "_",
)
# fmt: on


class Policy(Hiding, frozen=True, dict=True):
    """
    What references may reach.

    Attributes:
        file_root: the folder that `${file:…}` is relative to and confined to; None allows no file.
        allow: patterns of environment variables; None means all but `deny`.
        deny: patterns that count where `allow` is None.
        environment: the variables.
    """

    never_shown = frozenset({"environment"})

    file_root: Path | None = None
    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = DENY
    environment: Mapping[str, str] | None = None

    @classmethod
    def from_environment(cls, *, file_root: Path | None) -> Policy:
        """Read the operator's choice from the environment."""
        listed = os.environ.get(ALLOW)
        allow = None if listed is None else tuple(part.strip() for part in listed.split(",") if part.strip())
        return cls(file_root=file_root, allow=allow, environment=dict(os.environ))

    def permits(self, variable: str) -> bool:
        """Tell whether an environment variable may be read; denied whatever its case."""
        if self._denied.match(variable.upper()):
            return False
        return self._allowed is None or self._allowed.match(variable) is not None

    @cached_property
    def _denied(self) -> re.Pattern[str]:
        return _one_of(_OURS if self.allow is not None else (*_OURS, *self.deny))

    @cached_property
    def _allowed(self) -> re.Pattern[str] | None:
        return None if self.allow is None else _one_of(self.allow)


@lru_cache(maxsize=16)
def _one_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Make one expression of many patterns: a tenant set asks for thousands of variables."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")
