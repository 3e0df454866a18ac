"""Tales of a tenant's folder: what people do to files, ledger, platform and secrets between two looks at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.plan.documents import CODES, KEYS, NAMES, Document, Draw, documents
from tests.plan.edits import edited
from tests.scenario.running import Zoo

_SECTIONS = ("connectors", "channels", "agents")
_NONSENSE = (
    "", "[", "a: b: c\n", "\x00", "tenant: zoo\ntenant: zoo\n", "connectors: 3\n", "- 1\n", "tenant: [zoo]\n",
    "connectors: {k0: {type: nonsense}}\n", "agents: {}\nagentss: {}\n", "channels: {}\n", "tenant: other\n",
    "connectors: {'bad key!': {type: llm, name: x}}\n", "x: &a [*a]\n", "# only a comment\n", "tenant: zoo\n",
)  # fmt: skip
_SHARING = ("extends: [../_base]\n", "extends: [../_none]\n", "vars: {n: Nick}\n", "# 1\n" * 999 + "vars: {n: Nick}\n")
_BASES = (
    "connectors: {}\n",
    "connectors: {k0: {description: Of the base.}}\n",
    "connectors: {based: {type: api_key, name: Based, settings: {api_key: '${env:X}'}}}\n",
)


@dataclass
class Tale:
    """
    One tenant of a zoo as files.

    Attributes:
        document: what the files say together, as long as none is broken.
        file_of: by section and key; what is in none goes into the first.
        blanks: lines of comment before everything, by file.
        broken: files that hold something else.
    """

    zoo: Zoo
    draw: Draw
    tenant: str = "zoo"
    document: Document = field(default_factory=dict)
    file_of: dict[tuple[str, str], str] = field(default_factory=dict)
    blanks: dict[str, int] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Give the tenant's folder."""
        return self.zoo.root / "tenants" / self.tenant

    def begin(self, *, fillers: int = 0) -> None:
        """Write the first document; with fillers, one in a file each, few of its files change at a time."""
        self.document = {**self.draw(documents()), "tenant": self.tenant}
        for number in range(fillers):
            key = f"f{number:02}"
            settings = {"api_key": "${env:X}"}
            self.document["connectors"][key] = {"type": "api_key", "name": f"Filler {number}", "settings": settings}
            self.file_of["connectors", key] = f"{key}.yaml"
        self.write()

    def write(self) -> None:
        """Write all files that are to be; what is not to be goes."""
        wanted = {name: text for name, text in self._texts().items() if name not in self.broken} | self.broken
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.iterdir():
            if path.name not in wanted:
                path.unlink()
        for name, text in wanted.items():
            path = self.folder / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")

    def _texts(self) -> dict[str, str]:
        pieces: dict[str, Document] = {"a.yaml": {"tenant": self.document["tenant"]}}
        for section in _SECTIONS:
            if section in self.document:
                pieces["a.yaml"][section] = {}
            for key, body in self.document.get(section, {}).items():
                piece = pieces.setdefault(self.file_of.get((section, key), "a.yaml"), {})
                piece.setdefault(section, {})[key] = body
        return {name: "# …\n" * self.blanks.get(name, 0) + _yaml(piece) for name, piece in pieces.items()}

    def _some(self) -> tuple[str, str] | None:
        found = [(section, key) for section in _SECTIONS for key in self.document.get(section, {})]
        return self.draw(st.sampled_from(found)) if found else None

    def _files(self) -> list[str]:
        return sorted({"a.yaml", *self.file_of.values()})

    def edit(self) -> None:
        """Edit what is declared, so that it stays valid."""
        self.document = {**self.draw(edited(self.document, alone=True)), "tenant": self.document["tenant"]}

    def touch(self) -> None:
        """Move every line of a file, change nothing."""
        name = self.draw(st.sampled_from(self._files()))
        self.blanks[name] = self.draw(st.integers(0, 5))

    def move(self) -> None:
        """Declare something in another file."""
        if one := self._some():
            self.file_of[one] = self.draw(st.sampled_from(["a.yaml", "b.yaml", "c.yaml", "z.yaml"]))

    def rename(self) -> None:
        """Give a file another name."""
        name = self.draw(st.sampled_from(self._files()))
        other = self.draw(st.sampled_from(["0.yaml", "m.yaml", "y.yaml", "wrong.yml"]))
        self.file_of = {one: other if file == name else file for one, file in self.file_of.items()}

    def break_file(self) -> None:
        """Put something else where a file was, or into one more."""
        name = self.draw(st.sampled_from([*self._files(), "new.yaml"]))
        self.broken[name] = self.draw(st.sampled_from(_NONSENSE))

    def share(self) -> None:
        """Let a file share: extend a base, which may be there, or have a variable."""
        base = self.folder.parent / "_base" / "base.yaml"
        base.parent.mkdir(exist_ok=True)
        base.write_text(self.draw(st.sampled_from(_BASES)), encoding="utf-8")
        name = self.draw(st.sampled_from(self._files()))
        self.broken[name] = self.draw(st.sampled_from(_SHARING)) + self._texts().get(name, "")

    def fix(self) -> None:
        """Bring back what was broken."""
        self.broken.clear()

    def spoil(self) -> None:
        """Declare what some rule forbids, or warns of."""
        deed: Callable[[Draw, Document], None] = self.draw(st.sampled_from(SPOILS))
        deed(self.draw, self.document)

    def call(self) -> None:
        """Change the tenant's name."""
        self.document["tenant"] = self.draw(st.sampled_from([self.tenant, self.tenant, "park", "Bad Name"]))

    def apply(self) -> None:
        """Apply, as far as it goes, and look at it: what agrees now is remembered."""
        self.zoo.run("apply", f"tenants/{self.tenant}", "--yes", "--allow-delete", "all")
        self.zoo.run("plan", f"tenants/{self.tenant}")

    def forget(self) -> None:
        """Take something out of the ledger."""
        self._on_ours("state", "rm", f"tenants/{self.tenant}")

    def redescribe(self) -> None:
        """Change something of ours behind our back."""
        self._on_ours("registry", "set", f"tenants/{self.tenant}", after=("description=Changed in the portal.",))

    def delete(self) -> None:
        """Delete something of ours behind our back."""
        self._on_ours("registry", "delete", f"tenants/{self.tenant}")

    def _on_ours(self, *command: str, after: tuple[str, ...] = ()) -> None:
        if one := self._some():
            address = f"{one[0].removesuffix('s')}.{one[1]}"
            self.zoo.run(*command, address, *after)

    def create(self) -> None:
        """Make something of others on the platform, now and then with a name we use."""
        name = self.draw(st.sampled_from([*NAMES, "Quux"]))
        kind, type_name = self.draw(st.sampled_from([("connector", "api_key"), ("channel", "telegram")]))
        value = {"connector": "settings.api_key=${env:X}", "channel": "settings.bot_token=${env:Y}"}[kind]
        self.zoo.run("registry", "create", f"tenants/{self.tenant}", kind, type_name, name, value)

    def make_system(self) -> None:
        """Add a system integration, which every tenant sees."""
        name = self.draw(st.sampled_from([*NAMES, "Shared"]))
        said = ("settings.api_url=https://s.example/v1", "settings.model_name=s", "settings.access_token=${env:X}")
        said += ("settings.temperature=0",)
        self.zoo.run("registry", "system-add", "llm", name, *said)

    def rotate(self) -> None:
        """Give a secret another value, or none."""
        name = self.draw(st.sampled_from(["X", "Y", "Z", "c1", "c2"]))
        value = self.draw(st.sampled_from(["first value of a secret", "second value of a secret", ""]))
        if value:
            self.zoo.environment[name] = value
        else:
            self.zoo.environment.pop(name, None)


DEEDS = (
    Tale.edit, Tale.edit, Tale.edit, Tale.touch, Tale.touch, Tale.move, Tale.move, Tale.rename, Tale.break_file,
    Tale.share, Tale.fix, Tale.fix, Tale.spoil, Tale.spoil, Tale.call, Tale.apply, Tale.apply, Tale.apply,
    Tale.forget, Tale.redescribe, Tale.delete, Tale.create, Tale.make_system, Tale.rotate,
)  # fmt: skip


def secrets() -> dict[str, str]:
    """Give a value to every secret that documents of tales refer to."""
    names = ["X", "Y", "Z", *KEYS["channels"], "ext-c"]
    names += [f"{key}-{name}" for key in KEYS["channels"] for name in "pqr"]
    return {name: f"the secret value of {name}" for name in names}


def _body(draw: Draw, document: Document, section: str) -> dict[str, Any]:
    bodies = list(document.get(section, {}).values())
    body: dict[str, Any] = draw(st.sampled_from(bodies)) if bodies else {}
    return body


def double_name(draw: Draw, document: Document) -> None:
    """Give something a name that others may have."""
    _body(draw, document, draw(st.sampled_from(_SECTIONS)))["name"] = draw(st.sampled_from(NAMES[:4]))


def instruct(draw: Draw, document: Document) -> None:
    """Speak of connectors by name, which is a warning where the agent does not use them."""
    said = ["", "Ask Ann.", "Ask Bea or Filler 3.", "Ask Cid, Dan, Eve and Fay."]
    _body(draw, document, "agents")["instructions"] = draw(st.sampled_from(said))


def unknown(draw: Draw, document: Document) -> None:
    """Say what no type knows."""
    _body(draw, document, draw(st.sampled_from(_SECTIONS)))["colour"] = "red"


def dangle(draw: Draw, document: Document) -> None:
    """Refer to what is not there."""
    _body(draw, document, "agents")["connectors"] = {"llm": "nowhere"}


def two_defaults(draw: Draw, document: Document) -> None:
    """Make one more default."""
    _body(draw, document, "connectors")["default"] = True


def share_credential(draw: Draw, document: Document) -> None:
    """Let a bot have the token of another."""
    body = _body(draw, document, "channels")
    if body.get("type") == "telegram":
        body["settings"] = {"bot_token": "${env:c1}"}


def claim(draw: Draw, document: Document) -> None:
    """Say that something had another key before."""
    _body(draw, document, "connectors")["previously"] = [draw(st.sampled_from(KEYS["connectors"]))]


def same_code(draw: Draw, document: Document) -> None:
    """Give a connector an integration code that others may have."""
    settings = _body(draw, document, "connectors").get("settings", {})
    if "integration_code" in settings:
        settings["integration_code"] = draw(st.sampled_from(CODES))


SPOILS = (double_name, instruct, instruct, unknown, dangle, two_defaults, share_credential, claim, same_code)


def _yaml(piece: Document) -> str:
    """Write a piece so that every resource has its own lines, and every field of it."""
    lines = []
    for key, value in piece.items():
        if key == "tenant":
            lines.append(f"tenant: {json.dumps(value)}")
            continue
        lines.append(f"{key}:" if value else f"{key}: {{}}")
        for name, body in value.items():
            lines.append(f"  {json.dumps(name)}:")
            lines += [f"    {json.dumps(one)}: {json.dumps(said)}" for one, said in body.items()]
            if not body:
                lines[-1] += " {}"
    return "\n".join(lines) + "\n"
