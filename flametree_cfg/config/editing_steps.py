"""From what shall be different to single steps: a value put, an entry inserted, an entry deleted."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from msgspec import Struct

from flametree_cfg.config.editing_writing import indented
from flametree_cfg.config.layout import STEP, same
from flametree_cfg.model import Value, canonical

Path = tuple[str | int, ...]


class Set(Struct, frozen=True):
    """The value at a path shall be this one; what is missing of the path is made, as maps."""

    path: Path
    value: Value


class Add(Struct, frozen=True):
    """
    A map or list shall have one entry more.

    Attributes:
        path: of the map or list; a section that is missing is made.
        key: of the entry; None appends an item.
        value: of the entry.
        text: how to write it, key or dash and all, from column 0 with LF, two spaces a level; empty for our own way.
    """

    path: Path
    key: str | None
    value: Value
    text: str = ""


class Remove(Struct, frozen=True):
    """The entry at a path shall go, with the comments right above and behind it."""

    path: Path


Edit = Set | Add | Remove


class Step(Struct, frozen=True):
    """
    One change of a text.

    Attributes:
        kind: `put`, `insert` or `delete`.
        path: of the value; of one that is inserted, where it will be.
        edit: which edit it is part of.
    """

    kind: str
    path: Path
    edit: Edit
    value: Value = None
    text: str = ""


class NoSuchPlace(Exception):
    """An edit speaks of something that the file does not have."""

    def __init__(self, edit: Edit) -> None:
        self.edit = edit
        super().__init__(edit.path)


def plain(value: Value) -> Value:
    """Copy a value; what aliases share is there as often as they say."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def has_path(value: Value, path: Path) -> bool:
    """Tell whether a value has something at a path, be it null."""
    for name in path:
        if not _has(value, name):
            return False
        value = value[name]
    return True


def steps_of(value: Value, edit: Edit) -> Iterator[Step]:
    """
    Turn an edit into steps, each with its paths as they are after the steps before it.

    The value must be what the file says when a step is taken: apply each with `applied` before asking for the next.

    Raises:
        NoSuchPlace: the file has no such place.
    """
    match edit:
        case Set(path, wanted):
            yield from _set(value, path, plain(wanted), edit)
        case Add(path, key, wanted, text):
            yield from _add(value, path, key, plain(wanted), text, edit)
        case Remove(path):
            parent = _at(value, path[:-1], edit)
            if not path or not _has(parent, path[-1]):
                raise NoSuchPlace(edit)
            yield from _delete(parent, path, edit)


def applied(value: Value, step: Step) -> Value:
    """Take one step in a plain value, which is changed."""
    if not step.path:
        return plain(step.value)
    parent = value
    for name in step.path[:-1]:
        parent = parent[name]
    name = step.path[-1]
    if step.kind == "delete":
        del parent[name]
    elif step.kind == "insert" and isinstance(parent, list):
        parent.insert(int(name), plain(step.value))
    else:
        parent[name] = plain(step.value)
    return value


def _at(value: Value, path: Path, edit: Edit) -> Value:
    for name in path:
        if not _has(value, name):
            raise NoSuchPlace(edit)
        value = value[name]
    return value


def _has(value: Value, name: str | int) -> bool:
    if isinstance(value, dict):
        return name in value
    return isinstance(value, list) and isinstance(name, int) and 0 <= name < len(value)


def _set(value: Value, path: Path, wanted: Value, edit: Edit) -> Iterator[Step]:
    here = value
    for depth, name in enumerate(path):
        if _has(here, name):
            here = here[name]
            continue
        if not isinstance(name, str) or not (here is None or isinstance(here, dict)):
            raise NoSuchPlace(edit)
        for above in reversed(path[depth + 1 :]):
            wanted = {above: wanted}
        yield from _new_key(here, path[:depth], name, wanted, edit)
        return
    yield from _changed(here, wanted, path, edit)


def _new_key(here: Value, path: Path, name: str, wanted: Value, edit: Edit, text: str = "") -> Iterator[Step]:
    if here or not path:  # braces may be empty, but a block can not: it begins with a value of its own
        yield Step("insert", (*path, name), edit, wanted, text)
    else:
        yield Step("put", path, edit, {name: wanted}, text)


def _add(value: Value, path: Path, key: str | None, wanted: Value, text: str, edit: Edit) -> Iterator[Step]:
    if key is not None and len(path) == 1 and isinstance(value, dict | None) and not _has(value, path[0]):
        head = "\n".join([f"{path[0]}:", *indented(text.split("\n"), STEP)]) if text else ""
        yield from _new_key(value, (), str(path[0]), {key: wanted}, edit, head)
        return
    parent = _at(value, path, edit)
    if key is None:
        if parent is not None and not isinstance(parent, list):
            raise NoSuchPlace(edit)
        yield Step("insert", (*path, len(parent)), edit, wanted, text) if parent else Step("put", path, edit, [wanted])
        return
    if not (parent is None or isinstance(parent, dict)) or _has(parent, key):
        raise NoSuchPlace(edit)
    yield from _new_key(parent, path, key, wanted, edit, text)


def _changed(before: Value, after: Value, path: Path, edit: Edit) -> Iterator[Step]:
    """Go down to what differs."""
    if same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and before and after:
        yield from _changed_map(before, after, path, edit)
    elif isinstance(before, list) and isinstance(after, list) and before and after:
        yield from _changed_list(before, after, path, edit)
    else:
        yield Step("put", path, edit, after)


def _changed_map(before: dict[str, Value], after: dict[str, Value], path: Path, edit: Edit) -> Iterator[Step]:
    if not before.keys() & after.keys():
        yield Step("put", path, edit, after)
        return
    for key in [key for key in before if key not in after]:
        yield Step("delete", (*path, key), edit)
    for key, item in after.items():
        if key in before:
            yield from _changed(before[key], item, (*path, key), edit)
        else:
            yield Step("insert", (*path, key), edit, item)


def _changed_list(before: list[Value], after: list[Value], path: Path, edit: Edit) -> Iterator[Step]:
    one, other = ([canonical(item) for item in side] for side in (before, after))
    opcodes = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    old = list(before)
    for _, start, behind, source, end in reversed(opcodes):
        common = min(behind - start, end - source)
        for index in range(behind - 1, start + common - 1, -1):
            if len(old) == 1:
                yield Step("put", path, edit, after)
                return
            del old[index]
            yield Step("delete", (*path, index), edit)
        for index in range(common):
            yield from _changed(before[start + index], after[source + index], (*path, start + index), edit)
        for index in range(common, end - source):
            old.insert(start + index, None)
            yield Step("insert", (*path, start + index), edit, after[source + index])


def _delete(parent: Value, path: Path, edit: Edit) -> Iterator[Step]:
    if isinstance(parent, dict | list) and len(parent) == 1:
        yield Step("put", path[:-1], edit, {} if isinstance(parent, dict) else [])
    else:
        yield Step("delete", path, edit)
