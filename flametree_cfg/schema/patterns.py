"""The regular expressions that every schema we build shares; they mean the same in Python, Rust and ECMAScript."""

from __future__ import annotations

from flametree_cfg.model import KEY_PATTERN, REFERENCE_PATTERN

# Written as `\uXXXX`, which all three engines read alike; `\s`, `\d` and `\w` they do not.
LINE_BREAKS = r"\u0009\u000a\u000d"
_CONTROL_BUT_BREAKS = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"

CONTROL = rf"[{_CONTROL_BUT_BREAKS}{LINE_BREAKS}]"
"""What no single line holds: control characters, line breaks, direction overrides."""

CONTROL_IN_TEXT = rf"[{_CONTROL_BUT_BREAKS}]"
"""What no text of many lines holds."""

REFERENCE = REFERENCE_PATTERN
"""What a secret field holds, and nothing else."""

REFERENCE_INSIDE = r"\$\{[a-z][a-z0-9-]*:[^{}]*\}"
"""A reference anywhere in a text; wrong in every field that is not secret."""

VARIABLE_INSIDE = r"\$\{var:"
"""The beginning of a variable; what no secret field holds, though it looks like a reference."""

VARIABLE_USE = r"\$\{var:[A-Za-z_][A-Za-z0-9_-]{0,62}\}"
"""A variable anywhere in a text, as editors may see it: before it is put in."""

VARIABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_-]{0,62}$"

COMMA = ","
"""What no text of an account holds: the platform joins accounts by commas (domain.md R18)."""

VISIBLE = r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u206f\u3000\ufeff]"
"""A name holds at least one of these, so it is not empty after trimming and folding."""

KEY = rf"^{KEY_PATTERN}$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"


def any_of(*patterns: str) -> str:
    """Join patterns into one that matches where any of them does."""
    return "|".join(patterns)
