"""
Edits of a person's YAML: what shall be different is, and every other byte is as it was.

`edited(data, file, edits)` takes the bytes of one file and gives the bytes with the edits made:

- `Set(path, value)`: the value at a path; made if it is missing. Maps and lists are compared, and only what differs
  in them is touched.
- `Add(path, key, value, text="")`: one more entry of the map at a path (of the list, with `key=None`), behind the
  others; `text` may say how it is written. A whole resource: `Add(("agents",), "front-desk", {…})`.
- `Remove(path)`: an entry, with the comments right above and behind it.

Paths name keys and indexes, `("agents", "front-desk", "name")`; edits are made in their order, each in what the one
before left. Quotes, block scalars, braces and indentation are those that stand there, where the new value allows.
Nothing is guessed: the result is read again, and if anything else than the wanted values changed, nothing is given.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from flametree_cfg.config.characters import without_bom
from flametree_cfg.config.document import Document
from flametree_cfg.config.editing_nodes import Unwritable
from flametree_cfg.config.editing_rounds import Refusal, Shared, taken
from flametree_cfg.config.editing_steps import Add, Edit, NoSuchPlace, Path, Remove, Set, Step, applied, plain, steps_of
from flametree_cfg.config.editing_writing import CannotWrite
from flametree_cfg.config.layout import same
from flametree_cfg.config.problem import problem
from flametree_cfg.config.reader import read_document
from flametree_cfg.errors import ConfigInvalid, Diagnostic, warning
from flametree_cfg.model import Value

__all__ = ["Add", "Edit", "Edited", "Path", "Remove", "Set", "edited"]


class Edited(Struct, frozen=True):
    """
    A file with its edits.

    Attributes:
        data: its bytes.
        notes: what had to be done beside: a value that several places shared stands in each of them now.
    """

    data: bytes
    notes: tuple[Diagnostic, ...] = ()


def edited(data: bytes, file: str, edits: Sequence[Edit]) -> Edited:
    """
    Make edits in a file's bytes.

    Args:
        data: as on disk.
        file: what to call it in diagnostics.
        edits: in their order; none gives the bytes back.

    Raises:
        ConfigInvalid: the file is no valid YAML, an edit speaks of a place that is not there (`no-such-place`), its
            value cannot be written (`value-not-writable`), or the text is one that we do not edit (`not-editable`).
    """
    before, found = read_document(data, file)
    if found:
        raise ConfigInvalid(*found)
    text = without_bom(data).decode("utf-8")
    bom = data[: len(data) - len(without_bom(data))]
    try:
        steps, wanted = _planned(plain(before.value), edits)
        text, shared = taken(text, steps)
    except NoSuchPlace as missing:
        raise ConfigInvalid(problem("no-such-place", before.place(missing.edit.path), _dotted(missing.edit))) from None
    except Unwritable as reason:
        raise ConfigInvalid(problem("not-editable", before.at(0), str(reason))) from reason
    except Refusal as refusal:
        raise _refused(refusal, before) from refusal
    after = bom + text.encode("utf-8")
    document, broken = read_document(after, file, places=False)
    if broken or not same(document.value, wanted):
        raise ConfigInvalid(problem("not-editable", before.place(edits[0].path), "the result would say something else"))
    return Edited(after, tuple(_note(one, before) for one in shared))


def _planned(value: Value, edits: Sequence[Edit]) -> tuple[list[Step], Value]:
    steps: list[Step] = []
    for edit in edits:
        for step in steps_of(value, edit):
            value = applied(value, step)
            steps.append(step)
    return steps, value


def _refused(refusal: Refusal, before: Document) -> ConfigInvalid:
    edit, cause = refusal.step.edit, refusal.__cause__
    place = before.place(edit.path)
    if isinstance(cause, CannotWrite):
        return ConfigInvalid(problem("value-not-writable", place, _dotted(edit)))
    detail = str(cause) if isinstance(cause, Unwritable) else ""
    return ConfigInvalid(problem("not-editable", place, f"{detail} at {_dotted(edit)}" if detail else _dotted(edit)))


def _note(shared: Shared, before: Document) -> Diagnostic:
    return warning(
        "value-unshared",
        "Value was shared by an anchor",
        f"{'.'.join(map(str, shared.path))} has its own now; the other uses of `{shared.anchor}` stay as they were",
        "make one of them again if all shall change",
        location=before.place(shared.path),
    )


def _dotted(edit: Edit) -> str:
    return ".".join(map(str, edit.path))
