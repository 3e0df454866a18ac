"""The files of a tenant that shares: its own and those of its bases, and which of them says what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from flametree_cfg.config.editing_steps import Edit, NoSuchPlace, Remove, Set, has_path, plain
from flametree_cfg.config.given import NOTHING_GIVEN
from flametree_cfg.config.layered import LayeredPlaces, merged_part
from flametree_cfg.config.layers import Layer, LayerFile, Shelf, read_layers
from flametree_cfg.config.places import Places
from flametree_cfg.config.problem import problem
from flametree_cfg.config.rewrite import NewContent
from flametree_cfg.config.source import Budget
from flametree_cfg.config.variables import MadeOfVariable, names_in, with_variables
from flametree_cfg.config.view import SECTIONS, Spot, View, tree_of
from flametree_cfg.diff import compare, fill_secrets
from flametree_cfg.engine.accepting_edits import in_order
from flametree_cfg.engine.accepting_files import EditedFile, Rewriting, shared_file_changed, write_files
from flametree_cfg.engine.pulling_files import Files, home_of, read_files
from flametree_cfg.engine.pulling_merge import Change, Merged, left_as_it_is
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location, Path
from flametree_cfg.model import Address, Declaration, Resource
from flametree_cfg.schema import Catalog


class SharedFiles(Files, frozen=True, kw_only=True):
    """
    The files of a tenant that extends bases or has variables.

    Attributes:
        data: bytes by name; of a base's files by label, which has a slash.
        view: all of it, merged.
        known: variables that the files set or ask for.
    """

    view: View
    known: tuple[str, ...] = ()

    @property
    def sections(self) -> frozenset[str]:
        """Which of `connectors`, `channels` and `agents` they have."""
        return frozenset(section for section, bodies in self.view.tree.items() if isinstance(bodies, dict))

    @property
    def shut(self) -> frozenset[str]:
        """Sections that null takes away, so that nothing can be added to them."""
        return frozenset(section for section, bodies in tree_of(self._own).items() if bodies is None)

    @property
    def mentioned(self) -> frozenset[Address]:
        """What has a key in any of the files, if only to take it away."""
        said = (tree_of(layer).items() for layer in self.view.layers.order)
        return frozenset(
            Address(SECTIONS[section], str(key)) for one in said for section, keys in one for key in keys or ()
        )

    @property
    def variables(self) -> tuple[str, ...]:
        """Those that the files know or ask for."""
        return self.known

    @property
    def places(self) -> Places:
        """Where everything stands."""
        return LayeredPlaces(self.label, lambda: (), view=self.view)

    @property
    def _own(self) -> Layer:
        return self.view.layers.order[-1]

    def own(self, path: Path) -> bool:
        """Tell whether the tenant's own files say a path."""
        return any(has_path(file.document.value, path) for file in self._own.files)

    def label_of(self, name: str) -> str:
        """Say what the person would type."""
        return name if _of_base(name) else Files.label_of(self, name)

    def home_of(self, section: str) -> str:
        """Name the tenant's own file to add to; as of one that shares nothing."""
        counts = {
            file.name: len(tree_of(replace(self._own, files=(file,))).get(section) or ()) for file in self._own.files
        }
        tops = {file.name: frozenset(one for one in SECTIONS if file.says(one)) for file in self._own.files}
        return home_of(counts, tops)

    def placed(self, merged: Merged) -> Merged:
        """Say of every edit in which file it is made: where the value was set; leave what cannot be made."""
        placing = _Placing(self)
        done = [(change, placing.place(change)) for change in merged.changes]
        found = [one for _, one in done if isinstance(one, Diagnostic)]
        left = [(one.address, path) for one, why in done if isinstance(why, Diagnostic) for path in one.fields]
        return Merged([one for _, one in done if isinstance(one, Change)], [*merged.found, *found], left)

    def told(self, merged: Merged) -> tuple[Diagnostic, ...]:
        """Say which files of others are changed, each once."""
        first: dict[str, Change] = {}
        for change in merged.changes:
            if _of_base(change.file):
                first.setdefault(change.file, change)
        return tuple(shared_file_changed(name, one.address, (one.fields or ((),))[0]) for name, one in first.items())

    def unsaid(self, merged: Merged, after: Files, live: Mapping[Address, Resource], catalog: Catalog) -> set[str]:
        """List addresses, as text, of which the files would say something else: another layer has the last word."""
        return {
            str(change.owner)
            for change in merged.changes
            if not _says(
                change, self.declarations.get(change.address), after.declarations.get(change.address), live, catalog
            )
        }

    def again(self, data: Mapping[str, bytes], _path: str, catalog: Catalog) -> Files:
        """Read what these files would be with other bytes; what did not change is not parsed again."""
        *bases, own = self.view.layers.order
        order = [replace(one, files=tuple(_with(file, data[file.label]) for file in one.files)) for one in bases]
        known = {file.name: file for file in own.files}
        files = [
            _with(known[name], content) if name in known else LayerFile(name, self.label_of(name), content)
            for name, content in sorted(data.items())
            if not _of_base(name)
        ]
        layers = replace(self.view.layers, order=(*order, replace(own, files=tuple(files))))
        return _files(View(layers, catalog, self.view.given))

    def write(self, contents: Sequence[NewContent], session: Session) -> None:
        """
        Put contents in their places, all or none, and read them again.

        What is new comes first, then what may refer to it; files of others come last.

        Raises:
            ConfigInvalid: a file says something else by now.
            FlametreeError: one cannot be written; those written already are put back.
        """
        ordered = sorted(contents, key=lambda one: (_of_base(one.name), one.before is not None))
        if ordered:
            write_files(
                [Rewriting(self.label_of(one.name), one.before, one.after) for one in ordered],
                lambda: self._refuse_other(session),
            )

    def _refuse_other(self, session: Session) -> None:
        there = read_files(self.label, session)
        if there.data != self.data or there.declarations != self.declarations:
            raise ConfigInvalid(problem("files-changed", Location(self.label)))


def read_shared(label: str, session: Session) -> SharedFiles:
    """
    Read a tenant with all that it extends.

    Raises:
        ConfigInvalid: its own folder cannot be read.
    """
    return _files(View(read_layers(label, Shelf(Budget())), session.catalog, session.given or NOTHING_GIVEN))


def _files(view: View) -> SharedFiles:
    merged = merged_part(view)
    *bases, own = view.layers.order
    data = {file.name: file.data for file in own.files} | {file.label: file.data for one in bases for file in one.files}
    name = merged.part.names[0][0] if merged.part.names else ""
    declared = {one.resource.address: one for one in merged.part.declarations}
    return SharedFiles(name, data, {}, declared, merged.found, own.label, view=view, known=merged.names)


def _of_base(name: str) -> bool:
    return "/" in name


def _with(file: LayerFile, data: bytes) -> LayerFile:
    return file if file.data == data else replace(file, data=data)


class _Placing:
    """Finds the file of every edit; earlier edits of a file are seen by later ones."""

    def __init__(self, files: SharedFiles) -> None:
        self._view = files.view
        self._names = {files.label_of(name): name for name in files.data}
        self._files: dict[str, EditedFile] = {}
        self._texts = {file.label: file for file in files.view.layers.files()}

    def place(self, change: Change) -> Change | Diagnostic:
        """Give the edit with its file; or why it is left."""
        path = change.edit.path[2:]
        spots = list(self._view.spots(change.owner, path))
        place = self._view.locate(str(change.owner), path, model=False)
        assert place is not None  # it is declared  # noqa: S101
        try:
            edit = self._edit(change, spots)
            self._opened(place.file).edit(edit)
        except MadeOfVariable as made:
            return _left(
                change,
                f"is made of ${{var:{made.name}}}, which may stand for more",
                "change the variable, or write the value out by hand, and pull again",
            )
        except NoSuchPlace:
            return _left(change, "cannot be put where it belongs", "change it by hand, and pull again")
        return replace(change, edit=edit, file=self._names[place.file])

    def _edit(self, change: Change, spots: Sequence[Spot]) -> Edit:
        """Adapt an edit to what the file says: its variables stay, and what a base says below it does not come back."""
        edit = change.edit
        said = bool(spots) and not spots[0].removes
        raw = spots[0].value if said else None
        if isinstance(edit, Remove):
            for name in names_in(raw) if change.fields else ():
                raise MadeOfVariable(name)
            below = len(spots) > 1 and not spots[1].removes
            return edit if said and not below else Set(edit.path, None)
        if not isinstance(edit, Set) or not said:
            return edit
        wanted = in_order(raw, edit.value) if change.fields and change.fields[0][0] == "connectors" else edit.value
        filled = self._view.filler().fill(raw, lambda _path: False)
        return Set(edit.path, with_variables(raw, filled, wanted))

    def _opened(self, label: str) -> EditedFile:
        if label not in self._files:
            file = self._texts[label]
            own = not _of_base(self._names[label])
            self._files[label] = EditedFile(label, file.data, plain(file.document.value), own)
        return self._files[label]


def _left(change: Change, why: str, hint: str) -> Diagnostic:
    return left_as_it_is(
        f"{', '.join(change.said)} {why}",
        hint,
        address=str(change.address),
        path=change.fields[0] if change.fields else (),
    )


def _says(
    change: Change,
    before: Declaration | None,
    after: Declaration | None,
    live: Mapping[Address, Resource],
    catalog: Catalog,
) -> bool:
    """Tell whether an edit does what it is for, and nothing else to its object."""
    if not change.fields:
        gone = change.address not in live
        return (after is None) is gone
    if before is None or after is None:
        return False
    now = live[change.address]
    were, are = (list(_differing(one.resource, now, catalog)) for one in (before, after))
    return all(path in were and path not in change.fields for path in are)


def _differing(desired: Resource, live: Resource, catalog: Catalog) -> Iterator[Path]:
    return (one.path for one in compare(desired, fill_secrets(live, desired, catalog), desired, catalog).fields)
