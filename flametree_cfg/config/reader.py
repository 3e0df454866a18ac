"""One YAML file: plain values, places, and everything wrong with it."""

from __future__ import annotations

from flametree_cfg.config.document import Document
from flametree_cfg.config.guard import Unfit, fit_to_parse
from flametree_cfg.config.quick import read_quickly
from flametree_cfg.errors import Diagnostic


def read_document(data: bytes, file: str, *, places: bool = True) -> tuple[Document, tuple[Diagnostic, ...]]:
    """
    Read one file; whatever its bytes are, nothing is raised.

    Args:
        data: as on disk, at most a few MB.
        file: what to call it in diagnostics.
        places: whether they will be asked for; without, a file in which all is well is read faster.

    Returns:
        The document and everything wrong with it. Of the text only keys and anchors are ever quoted: the rest might
        be a secret.

    Source: reliability.md 2.5.
    """
    found: list[Diagnostic] = []
    try:
        body = fit_to_parse(data, file, found)
    except Unfit as unfit:
        return Document(file, whole=False), (*found, unfit.reason)
    if not (places or found):
        document = read_quickly(body, file)
        if document is not None:
            return document, ()
    from flametree_cfg.config.events import EventReader  # it loads libyaml, which most files do without

    return EventReader(body, file, found).read(), tuple(found)
