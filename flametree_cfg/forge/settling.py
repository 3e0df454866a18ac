"""One comment a pull request, one issue for drift: made, edited in place, taken away, whatever happened before."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from flametree_cfg.errors import error
from flametree_cfg.forge._port import Forge, Note
from flametree_cfg.forge.failure import Gone, InDoubt, NotApproved
from flametree_cfg.forge.marker import Marker, find_marker
from flametree_cfg.forge.retrying import retried

_CLEAN = "No drift any more."


class Settled(Struct, frozen=True):
    """What was done: `created`, `edited`, `unchanged`, `deleted`, `closed`, `nothing`; and where it can be seen."""

    action: str
    id: int = 0
    place: str = ""


def settle_comment(forge: Forge, number: int, marker: Marker, text: str | None) -> Settled:
    """
    Have exactly one comment of ours with these words on a pull request, or none.

    A write whose fate is not known is not sent again blindly: what is there is looked at anew, so nothing is doubled.

    Args:
        forge: where.
        number: of the pull request.
        marker: which comment it is.
        text: with the marker; None for no comment.

    Raises:
        ForgeFailed, AccessDenied: it could not be settled.
    """
    return retried(lambda: _comment(forge, number, marker, text), forge.patience, (InDoubt, Gone))


def settle_issue(forge: Forge, marker: Marker, title: str, text: str | None) -> Settled:
    """
    Have exactly one open issue of ours with these words, or none.

    Args:
        forge: where.
        marker: which issue it is.
        title: of the issue.
        text: with the marker; None closes what is open.

    Raises:
        ForgeFailed, AccessDenied: it could not be settled.
    """
    return retried(lambda: _issue(forge, marker, title, text), forge.patience, (InDoubt, Gone))


def approved_digest(forge: Forge, commit: str, name: str) -> tuple[str, int]:
    """
    Find the digest of the plan that was shown on the pull request which brought a commit.

    It counts if we wrote it, for the very commit that was merged, and not from another repository.

    Returns:
        The digest, and the pull request's number.

    Raises:
        NotApproved: there is none.
    """
    me = forge.whoami()
    wanted = Marker("plan", name)
    for pull in forge.pull_requests_of(commit):
        if not pull.merged or pull.foreign:
            continue
        for note in _ours(forge.comments(pull.number), me, wanted):
            found = find_marker(note.body)
            if found is not None and found.digest and found.head == pull.head:
                return found.digest, pull.number
    raise NotApproved(
        error(
            "nothing-approved",
            "No plan of this commit was approved",
            f"no merged pull request of {commit} shows a plan of ours of the commit that was merged",
            "plan it, read the plan, and give its digest to `apply --expect`",
        )
    )


def _comment(forge: Forge, number: int, marker: Marker, text: str | None) -> Settled:
    mine = _ours(forge.comments(number), forge.whoami(), marker)
    for doubled in mine[1:]:
        forge.delete_comment(number, doubled.id)
    if text is None:
        if not mine:
            return Settled("nothing")
        forge.delete_comment(number, mine[0].id)
        return Settled("deleted", mine[0].id)
    if not mine:
        return _as_settled("created", forge.add_comment(number, text))
    if _same(mine[0].body, text):
        return _as_settled("unchanged", mine[0])
    return _as_settled("edited", forge.edit_comment(number, mine[0].id, text))


def _issue(forge: Forge, marker: Marker, title: str, text: str | None) -> Settled:
    me = forge.whoami()
    mine = _ours(forge.issues(me), me, marker)
    keep = 0 if text is None else 1
    for over in mine[keep:]:
        forge.close_issue(over.id, f"{marker}\n{_CLEAN}\n")
    if text is None:
        return _as_settled("closed", mine[0]) if mine else Settled("nothing")
    if not mine:
        return _as_settled("created", forge.add_issue(title, text))
    if _same(mine[0].body, text):
        return _as_settled("unchanged", mine[0])
    return _as_settled("edited", forge.edit_issue(mine[0].id, title, text))


def _ours(notes: Iterable[Note], me: str, marker: Marker) -> list[Note]:
    """Choose what we wrote ourselves for this place, oldest first: a marker alone could be copied by anybody."""
    found = [one for one in notes if one.author == me and marker.same_place(find_marker(one.body))]
    return sorted(found, key=lambda one: one.id)


def _same(before: str, after: str) -> bool:
    """Compare as forges keep texts: without the spaces at the end, with any kind of line ending."""
    return before.replace("\r\n", "\n").rstrip() == after.rstrip()


def _as_settled(action: str, note: Note) -> Settled:
    return Settled(action, note.id, note.place)
