"""Takes the steps of edits: as many in one round as do not touch each other, with the text read again in between."""

from __future__ import annotations

from typing import NamedTuple

from flametree_cfg.config.editing_nodes import Entry, Node, Unwritable, below, path_of, read_nodes, value_of
from flametree_cfg.config.editing_splices import Page, Splice
from flametree_cfg.config.editing_steps import Path, Step
from flametree_cfg.config.editing_writing import CannotWrite
from flametree_cfg.config.layout import same


class Refusal(Exception):
    """A step cannot be taken; the cause says why."""

    def __init__(self, step: Step) -> None:
        self.step = step
        super().__init__(step.path)


class Shared(NamedTuple):
    """A value that several places shared, and the anchor."""

    path: Path
    anchor: str


def taken(text: str, steps: list[Step]) -> tuple[str, list[Shared]]:
    """
    Take steps; gives the text, and what was shared before.

    Raises:
        Refusal: one cannot be taken.
        Unwritable: the text is one that we do not edit.
    """
    shared: list[Shared] = []
    while steps:
        work = _Round(text, shared)
        steps = work.take(steps)
        text = work.result()
    return text, shared


class _Round:
    """Reads a text once, and collects splices of steps that do not touch each other."""

    def __init__(self, text: str, shared: list[Shared]) -> None:
        self._text = text
        self._page = Page(text, read_nodes(text))
        self._splices: list[Splice] = []
        self._shared = shared
        self._names: dict[int, dict[str | int, Entry]] = {}
        self._busy: dict[Path, bool] = {}  # touched at or below; true if nothing else may happen there
        self._growing: set[Path] = set()  # maps that got entries

    def take(self, steps: list[Step]) -> list[Step]:
        """Take what can be taken now; gives what is left, in order."""
        left: list[Step] = []
        for number, step in enumerate(steps):
            if not self._is_free(step):
                self._occupy(step, later=True)
                left.append(step)
                continue
            try:
                shared = self._sharing(step)
                if shared is not None:
                    return left + (steps[number:] if self._splices else self._alone(shared, steps[number:]))
                self._splices.extend(self._splices_of(step))
            except (Unwritable, CannotWrite) as reason:
                raise Refusal(step) from reason
            self._occupy(step)
        return left

    def result(self) -> str:
        """Give the text with the splices made."""
        parts: list[str] = []
        at = 0
        for splice in sorted(self._splices, key=lambda one: (one.start, one.end)):
            parts += (self._text[at : splice.start], splice.text)
            at = max(at, splice.end)
        return "".join([*parts, self._text[at:]])

    # What touches what

    def _is_free(self, step: Step) -> bool:
        path, holder = step.path, step.path[:-1]
        if any(self._busy.get(path[:depth]) for depth in range(len(path))):
            return False
        if step.kind != "put" and self._is_solo(step):
            return holder not in self._busy
        if step.kind == "insert" and holder not in self._growing:
            node = self._at(holder)
            return node is None or (*holder, node.entries[-1].name) not in self._busy
        return path not in self._busy

    def _occupy(self, step: Step, *, later: bool = False) -> None:
        path, holder = step.path, step.path[:-1]
        whole = holder if step.kind != "put" and (later or self._is_solo(step)) else path
        for depth in range(len(whole)):
            self._busy.setdefault(whole[:depth], False)
        self._busy[whole] = True
        if step.kind == "insert" and whole is path and (node := self._at(holder)) is not None:
            self._busy[*holder, node.entries[-1].name] = True
            self._growing.add(holder)

    def _is_solo(self, step: Step) -> bool:
        """Tell whether a step leaves nothing else to be done in the same map or list."""
        node = self._at(step.path[:-1])
        return node is None or node.kind != "map" or node.flow or not self._page.may_grow(node)

    # Places

    def _at(self, path: Path) -> Node | None:
        node = self._page.root
        for name in path:
            entry = self._entry(node, name)
            if entry is None:
                return None
            node = entry.value
        return node

    def _entry(self, node: Node | None, name: str | int) -> Entry | None:
        if node is None:
            return None
        names = self._names.get(id(node))
        if names is None:
            names = self._names[id(node)] = {entry.name: entry for entry in node.entries}
        return names.get(name)

    # Steps

    def _splices_of(self, step: Step) -> list[Splice]:
        holder = self._at(step.path[:-1])
        name = step.path[-1] if step.path else ""
        if step.kind == "insert":
            if holder is None:
                return self._page.first(str(name), step.value, step.text)
            return self._page.insert(holder, name, step.value, step.text)
        entry = self._entry(holder, name)
        if entry is None:
            raise Unwritable("one value that is the whole file")
        if step.kind == "delete":
            return self._page.delete(entry)
        return self._page.put(entry.value, step.value, text=step.text)

    # Anchors

    def _sharing(self, step: Step) -> Node | None:
        """Find what has to be taken apart first: an alias, or an anchor that is used where the step does not reach."""
        if "&" not in self._text:
            return None
        node, entry = self._page.root, None
        for name in step.path:
            if node is not None and (node.kind == "alias" or node.uses):
                return node
            entry = self._entry(node, name)
            if entry is None:
                return None
            node = entry.value
        if step.kind == "delete" and entry is not None and entry.key is not None and entry.key.uses:
            return entry.key
        return self._shared_below(node, step) if node is not None and step.kind != "insert" else None

    def _shared_below(self, node: Node, step: Step) -> Node | None:
        if node.kind == "alias":
            return node if step.kind == "put" else None
        inside = set(map(id, below(node)))
        return next((one for one in below(node) if any(id(use) not in inside for use in one.uses)), None)

    def _alone(self, shared: Node, steps: list[Step]) -> list[Step]:
        """Take a shared value apart, or change it for all who share it; gives the steps that are left."""
        step = steps[0]
        whole = shared.target or shared
        everywhere = {path_of(whole), *map(path_of, whole.uses)}
        puts = [one for one in steps if one.kind == "put" and one.path in everywhere]
        alike = all(same(one.value, step.value) for one in puts)
        if alike and {one.path for one in puts} == everywhere and whole.kind == "scalar" and step in puts:
            self._splices = self._page.put(whole, step.value)
            return [one for one in steps if one not in puts]
        self._shared.append(Shared(step.path, whole.anchor))
        if shared.target is not None:
            self._splices = self._page.put(shared, value_of(whole))
        else:
            spared = self._at(step.path) or shared
            inside = set(map(id, below(spared)))
            use = next((one for one in shared.uses if id(one) in inside), None)
            if use is not None:
                self._shared.pop()
                self._splices = self._page.put(use, value_of(shared))
            else:
                self._splices = self._page.move_anchor(shared, value_of(shared))
        return steps
