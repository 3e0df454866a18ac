"""Data inside other notations: XML and HTML, workflow commands, pictures."""

from __future__ import annotations

from collections.abc import Callable

from flametree_cfg.report._escape import escape

# The same references as Jinja's, so that a secret is found in either.
_REFERENCES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})
_NOT_XML = str.maketrans({"\ufffe": r"\ufffe", "\uffff": r"\uffff"})  # the two that no XML may hold beside controls
_HARMLESS = frozenset(" -_./,:=+~!?()[]{}$@^*%")  # of ASCII, beside letters and digits: nothing in quotes obeys them


def markup(text: str) -> str:
    """Show data as text, between tags or in a quoted attribute; controls are legal XML then, and visible."""
    return referenced(escape(text).translate(_NOT_XML))


def referenced(text: str) -> str:
    """Write what markup is made of as character references."""
    return text.translate(_REFERENCES)


def in_mermaid(text: str) -> str:
    """Show data inside Mermaid's quotes: what it or its HTML could obey stands as a character's number."""
    return "".join(one if one.isalnum() or one in _HARMLESS else f"#{ord(one)};" for one in escape(text))


def in_dot(text: str) -> str:
    """Show data inside DOT's quotes: Graphviz obeys a backslash, and reads `&lt;` as HTML does."""
    return escape(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def workflow_data(text: str) -> str:
    """Write the message of a workflow command on one line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Write a property of a workflow command."""
    return workflow_data(text).replace(":", "%3A").replace(",", "%2C")


def cut(text: str, longest: int) -> str:
    """Shorten a label; whoever shows it tells the whole elsewhere."""
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"


ENCODERS: tuple[Callable[[str], str], ...] = (markup, in_mermaid, in_dot, workflow_data, workflow_property)
"""Every way in which this room writes one text as another; a secret is looked for in all of them."""
