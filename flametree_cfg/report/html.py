"""HTML: one file for a reviewer, which needs no network and runs no script. Data in it is text, nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flametree_cfg import __version__
from flametree_cfg.report._documents import Document
from flametree_cfg.report._escape import escape
from flametree_cfg.report._lines import Block, Line, Symbols
from flametree_cfg.report._pages import page_of
from flametree_cfg.report._svg import STYLE, svg_lines
from flametree_cfg.report._wiring import Wiring

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "_templates"


def render(kind: Document, document: Any, *, command: str, symbols: Symbols) -> Iterator[Block]:  # noqa: ARG001  # the same for every format; each kind has its own shape
    """Write one page."""
    template, style = _template()
    page = _WRITERS[kind](kind, document)
    written = template.render(
        page=page, command=command, version=__version__, style=style, policy=_policy(style), draw=_draw
    )
    yield from (Line(line) for line in written.splitlines() if line.strip())


@cache
def _template() -> tuple[Template, Markup]:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # What the browser hashes must be what stands there: no empty lines, for `render` drops those.
    style = "\n".join(line for line in ((TEMPLATES / "report.css").read_text() + STYLE).splitlines() if line.strip())
    return environment.get_template("report.html.jinja"), Markup(style)  # noqa: S704  # our own file


def _visible(value: object) -> object:
    """Show what a browser would obey or hide, such as the controls that turn text around; escaping comes after."""
    return escape(value) if type(value) is str else value


def _policy(style: str) -> str:
    """Allow this page its own style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _draw(picture: Wiring) -> Markup:
    from markupsafe import Markup

    return Markup("\n".join(svg_lines([picture])))  # noqa: S704  # every text in it was escaped


_WRITERS = dict.fromkeys(Document, page_of)
