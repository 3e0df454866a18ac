"""Which pull request a run is about: said by the forge's own event, never by what the run made."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from flametree_cfg.forge import failure
from flametree_cfg.forge._port import Forge, PullRequest
from flametree_cfg.forge.reading import at, text

EVENT_BYTES = 8 << 20


class Occasion(Struct, frozen=True):
    """
    What the environment tells.

    Attributes:
        number: of the pull request; 0 where it has to be looked up.
        head: the commit that was planned; empty where it is not told.
        owner, branch: where it comes from, for looking it up.
    """

    number: int = 0
    head: str = ""
    owner: str = ""
    branch: str = ""


def occasion(environment: Mapping[str, str] | None = None) -> Occasion:
    """
    Read what GitHub Actions or GitLab CI says about this run.

    GitHub leaves the numbers of pull requests from forks out of `workflow_run`; then branch and commit are told.
    """
    seen = os.environ if environment is None else environment
    if seen.get("CI_MERGE_REQUEST_IID", "").isdigit():
        head = seen.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or seen.get("CI_COMMIT_SHA", "")
        return Occasion(int(seen["CI_MERGE_REQUEST_IID"]), head)
    event = _event(seen.get("GITHUB_EVENT_PATH", ""))
    pull = at(event, "pull_request", "number")
    if isinstance(pull, int):
        return Occasion(pull, text(event, "pull_request", "head", "sha"))
    run = at(event, "workflow_run")
    return Occasion(
        head=text(run, "head_sha"),
        owner=text(run, "head_repository", "owner", "login"),
        branch=text(run, "head_branch"),
    )


def find_pull_request(forge: Forge, told: Occasion) -> PullRequest | None:
    """
    Look the pull request up and make sure that it is still where the run began.

    Returns:
        None if there is none any more, or it moved on: a newer run will speak.

    Raises:
        WrongUsage: nothing tells which one.
    """
    if told.number:
        found = forge.pull_request(told.number)
        return found if not told.head or found.head == told.head else None
    if not (told.head and told.branch):
        raise failure.unknown("nothing tells which pull request this is about", "give --number")
    return next((one for one in forge.pull_requests_from(told.owner, told.branch) if one.head == told.head), None)


def _event(path: str) -> Any:
    if not path:
        return None
    try:
        with Path(path).open("rb") as file:
            return json.loads(file.read(EVENT_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
