"""Small files that checks send: made by `tests/probe/test_samples.py`, which says how."""

from __future__ import annotations

from importlib.resources import files

SAMPLES = {"tone.wav": "audio/wav"}
"""Media types by name."""


def read_sample(name: str) -> bytes:
    """Give the bytes of a sample."""
    return (files(__name__) / name).read_bytes()
