"""Data inside XML and HTML."""

from __future__ import annotations

from flametree_cfg.report._escape import escape

# The same references as Jinja's, so that a secret is found in either.
_REFERENCES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})
_NOT_XML = str.maketrans({"\ufffe": r"\ufffe", "\uffff": r"\uffff"})  # the two that no XML may hold beside controls


def markup(text: str) -> str:
    """Show data as text, between tags or in a quoted attribute; controls are legal XML then, and visible."""
    return referenced(escape(text).translate(_NOT_XML))


def referenced(text: str) -> str:
    """Write what markup is made of as character references."""
    return text.translate(_REFERENCES)


def cut(text: str, longest: int) -> str:
    """Shorten a label; whoever shows it tells the whole elsewhere."""
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"
