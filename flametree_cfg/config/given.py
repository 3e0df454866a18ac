"""What the operator gives a run beside the files: variables, and what the platform calls the tenant."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.config.characters import forbidden_in
from flametree_cfg.config.document import Document
from flametree_cfg.config.problem import problem, shown
from flametree_cfg.config.scalar import NotJson, plain_value
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location, WrongUsage, error, has_errors

if TYPE_CHECKING:
    from flametree_cfg.config.tenant import TenantReading

NAME = r"[A-Za-z_][A-Za-z0-9_-]{0,62}"
MAX_VALUE = 10_000  # characters: longer texts are files of their own
FROM_VARS, FROM_FILE, FROM_COMMAND = "vars", "--var-file", "--var"

Scalar = str | int | float | bool

_NAME = re.compile(NAME)
_REFERENCE = re.compile(r"\$\{")


class Variable(Struct, frozen=True):
    """
    A variable, as one place sets it.

    Attributes:
        source: `vars`, `--var-file` or `--var`.
        place: of its value; None on the command line.
    """

    name: str
    value: Scalar
    source: str
    place: Location | None = None


class Given(Struct, frozen=True):
    """
    What stands on the command line.

    Attributes:
        files: variables of `--var-file`, in order; later ones win.
        texts: name and text of every `--var`; they win over files.
        tenant: what the platform calls the tenant; empty for what its files say.
    """

    files: tuple[Variable, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    tenant: str = ""

    def __bool__(self) -> bool:
        """Tell whether any variable is given."""
        return bool(self.files or self.texts)

    def key(self) -> list[object]:
        """Give all that a result may depend on, as JSON: two runs with the same key see the same variables."""
        return [[[one.name, one.value] for one in self.files], self.texts]


NOTHING_GIVEN = Given()


def read_given(files: Sequence[str], texts: Sequence[str], tenant: str | None) -> Given:
    """
    Read what stands on the command line.

    Args:
        files: paths of YAML files that map names to scalars.
        texts: `NAME=VALUE` each.
        tenant: of `--tenant-id`.

    Raises:
        ConfigInvalid: a file cannot be read, or says what a variable cannot be.
        WrongUsage: a text is no `NAME=VALUE`, or the tenant's name has a wrong form.
    """
    from flametree_cfg.model import is_key

    if tenant is not None and not is_key(tenant):
        raise _wrong(f"--tenant-id {shown(tenant)}", "use a-z, 0-9 and -, beginning with a letter or digit")
    found = [one for path in files for one in _read_file(path)]
    return Given(tuple(found), tuple(map(_split, texts)), tenant or "")


def variables_of(
    document: Document, value: object, path: Sequence[str | int], source: str
) -> Iterator[Variable | Diagnostic]:
    """
    List the variables of a map, and what is wrong with it.

    Args:
        document: read with places.
        value: what stands at the path.
        path: of the map.
        source: as `Variable.source`.
    """
    if not isinstance(value, dict):
        yield problem("not-a-mapping", document.key_place(path) if path else document.at(0), "variables by name")
        return
    for name, one in value.items():
        at = (*path, name)
        if not _NAME.fullmatch(name):
            yield problem("bad-variable", document.key_place(at), shown(name))
        elif fault := fault_of(one):
            yield problem(fault[0], document.place(at), f"variable {shown(name)} {fault[1]}")
        else:
            yield Variable(name, one, source, document.place(at))


def fault_of(value: object) -> tuple[str, str] | None:
    """Say why a value can be no variable's: the code, and the words; never the value."""
    if not isinstance(value, Scalar):
        return "bad-variable", "is no text, number or boolean"
    if isinstance(value, str):
        if _REFERENCE.search(value):
            return "secret-in-variable", "holds a reference"
        if len(value) > MAX_VALUE:
            return "bad-variable", f"is longer than {MAX_VALUE:,} characters"
    return None


def typed(text: str, overridden: Scalar | None) -> Scalar:
    """
    Give the text of a `--var` the type it is meant to have.

    A text stays a text; in the place of a number or a boolean, or of nothing, it is what YAML would make of it.

    Args:
        text: as typed.
        overridden: the value it takes the place of.
    """
    if isinstance(overridden, str):
        return text
    value = plain_value(text)
    return text if value is None else value


def _read_file(path: str) -> Iterator[Variable]:
    from flametree_cfg.config.reader import read_document
    from flametree_cfg.config.source import Budget, open_folder

    above, name = os.path.split(path)
    with open_folder(above or ".") as folder:
        label = folder.label_of(name)
        document, found = read_document(folder.read(name, Budget()), label)
    if has_errors(found):
        raise ConfigInvalid(*found)
    if document.value is None:
        return
    said = list(variables_of(document, document.value, (), FROM_FILE))
    wrong = [one for one in said if isinstance(one, Diagnostic)]
    if wrong:
        raise ConfigInvalid(*wrong)
    yield from (one for one in said if isinstance(one, Variable))


def _split(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not _NAME.fullmatch(name):
        raise _wrong("a --var is no NAME=VALUE", "write --var NAME=VALUE; a name has letters, digits, - and _")
    try:
        value.encode()
        plain_value(value)
    except (UnicodeEncodeError, NotJson) as wrong:
        why = str(wrong) if isinstance(wrong, NotJson) else "it is no UTF-8"
        raise _wrong(f"variable {shown(name)}: {why}", "quote it in a --var-file if it is a text") from wrong
    if any(True for _ in forbidden_in(value)):
        raise _wrong(f"variable {shown(name)} holds a control character, or one that hides text", "remove it")
    fault = fault_of(value)
    if fault:
        hint = "write the reference in the secret field itself: no secret travels through a variable"
        raise _wrong(f"variable {shown(name)} {fault[1]}", hint if fault[0] == "secret-in-variable" else "shorten it")
    return name, value


def _wrong(detail: str, hint: str) -> WrongUsage:
    return WrongUsage(error("wrong-usage", "The command line is not understood", detail, hint))


def as_given(readings: list[TenantReading], given: Given) -> list[TenantReading]:
    """
    Call the tenant as `--tenant-id` says, and see that every `--var` was meant for one of them.

    Raises:
        WrongUsage: a name is given for several tenants; or a variable is misspelt, so that what was meant would stay.
    """
    if given.tenant and len(readings) != 1:
        raise _wrong(f"--tenant-id names one tenant, here are {len(readings)}", "name the folder of one tenant")
    if all(reading.valid for reading in readings):
        refuse_unused(
            given, {name for reading in readings for name in (reading.shared.names if reading.shared else ())}
        )
    if not given.tenant:
        return readings
    return [replace(one, name=given.tenant, declared=one.name) if one.name else one for one in readings]


def refuse_unused(given: Given, known: Collection[str]) -> None:
    """Raise `WrongUsage` for a `--var` that no name among `known` is meant by."""
    for name, _ in given.texts:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, 1)
            raise _wrong(
                f"--var {shown(name)}: nothing here uses a variable of this name",
                f"did you mean `{near[0]}`?" if near else "remove it, or write ${var:NAME} where it is meant",
            )
