"""A picture as SVG: channels on the left, agents between, connectors on the right. One pass, no layout engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain

from msgspec import Struct

from flametree_cfg.model import Address, Kind
from flametree_cfg.report._escape import escape
from flametree_cfg.report._markup import cut, markup
from flametree_cfg.report._wiring import Edge, Mark, Node, Wiring

_COLUMNS = (Kind.CHANNEL, Kind.AGENT, Kind.CONNECTOR)
WIDTH, HEIGHT = 212, 40  # of a box, in the units of the picture; its text is 12 high
GAP = 10  # between boxes
BETWEEN = 96  # between columns: room for curves
TOP = 28  # above the boxes: the columns' heads
NAME = 34  # above those, of several pictures: the tenant's name
MARGIN = 8
NAMED = 5  # tenants in the title
LABEL = 26  # characters of 12 units' height that fit into a box
ALL_WIDTH = 3 * WIDTH + 2 * BETWEEN
_HEADS = {Kind.CHANNEL: "Channels", Kind.AGENT: "Agents", Kind.CONNECTOR: "Connectors"}

STYLE = """\
.wiring{--line:#8c959f;--box:#f6f8fa;--edge:#d0d7de;--text:#1f2328;--ground:#fff;--faint:#59636e;
--add:#1a7f37;--change:#9a6700;--delete:#d1242f;--restart:#0969da;--outside:#8250df}
.wiring text{font:12px ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--text)}
.wiring .tenant{font-size:15px;font-weight:600}
.wiring .head{font-weight:600;fill:var(--faint)}
.wiring .kind{font-size:11px;fill:var(--faint)}
.wiring .sign{font-weight:700}
.wiring rect{fill:var(--box);stroke:var(--edge);stroke-width:1}
.wiring .ground{fill:var(--ground);stroke:none}
.wiring path{fill:none;stroke:var(--line);stroke-width:1.3;opacity:.75}
.wiring .outbound,.wiring .attached{stroke-dasharray:2 4}
.wiring .create{--mark:var(--add)}.wiring .change,.wiring .replace,.wiring .warning{--mark:var(--change)}
.wiring .delete,.wiring .error{--mark:var(--delete)}.wiring .restart{--mark:var(--restart)}
.wiring .outside{--mark:var(--outside)}
.wiring .marked rect{stroke:var(--mark);stroke-width:2}
.wiring .marked .sign{fill:var(--mark)}
.wiring path.marked{stroke:var(--mark);stroke-width:2.2;opacity:1}
.wiring .delete rect{stroke-dasharray:5 3}
.wiring .delete .label{text-decoration:line-through}
@media (prefers-color-scheme:dark){.wiring{--line:#6e7681;--box:#161b22;--edge:#30363d;--text:#e6edf3;--ground:#0d1117;
--faint:#9198a1;
--add:#3fb950;--change:#d29922;--delete:#f85149;--restart:#58a6ff;--outside:#bc8cff}}
"""
"""Of pictures, wherever they stand; no picture carries a style attribute, which a strict CSP would refuse."""


class _Place(Struct, frozen=True):
    """Where a box is: its upper left corner."""

    x: int
    y: int


def svg_lines(pictures: Sequence[Wiring], *, alone: bool = False) -> Iterator[str]:
    """
    Write pictures as one SVG, each below the one before, a line for each part.

    Args:
        pictures: what to draw; of several each has its tenant's name above it.
        alone: a file of its own, with the style inside.
    """
    laid = [_columns(picture) for picture in pictures]
    named = NAME if len(pictures) > 1 else 0
    heights = [named + TOP + max(map(len, columns)) * (HEIGHT + GAP) for columns in laid]
    title = ", ".join(picture.tenant for picture in pictures[:NAMED]) or "nothing"
    namespace = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    width, height = ALL_WIDTH + 2 * MARGIN, sum(heights) + 2 * MARGIN
    size = f'viewBox="{-MARGIN} {-MARGIN} {width} {height}" width="{width}" height="{height}"'
    yield f'<svg{namespace} class="wiring" {size} role="img" aria-label="{markup(f"Connections of {title}")}">'
    if alone:
        yield from f"<style>{STYLE}</style>".splitlines()
        yield f'<rect class="ground" x="{-MARGIN}" y="{-MARGIN}" width="{width}" height="{height}"/>'
    for picture, columns, top in zip(pictures, laid, accumulate(heights, initial=0), strict=False):
        yield f'<g transform="translate(0 {top})">'
        if named:
            yield f'<text class="tenant" x="0" y="16">{markup(cut(escape(picture.tenant), 2 * LABEL))}</text>'
        yield from _picture(picture, columns, named + TOP)
        yield "</g>"
    yield "</svg>"


def _picture(picture: Wiring, columns: Sequence[Sequence[Node]], top: int) -> Iterator[str]:
    places = {
        node.address: _Place(column * (WIDTH + BETWEEN), top + row * (HEIGHT + GAP))
        for column, nodes in enumerate(columns)
        for row, node in enumerate(nodes)
    }
    for column, kind in enumerate(_COLUMNS):
        if columns[column]:
            yield f'<text class="head" x="{column * (WIDTH + BETWEEN)}" y="{top - 12}">{_HEADS[kind]}</text>'
    for edge in sorted(picture.edges, key=lambda one: bool(one.mark)):  # what changes is drawn above the rest
        yield _edge(edge, places)
    for node in chain.from_iterable(columns):
        yield from _node(node, places[node.address])


def _columns(picture: Wiring) -> Sequence[Sequence[Node]]:
    """Put each object into its column, beside the first agent it has to do with: fewer lines cross."""
    agents = [node for node in picture.nodes if node.address.kind is Kind.AGENT]
    rank: dict[Address, int] = {node.address: place for place, node in enumerate(agents)}
    for edge in picture.edges:
        for end, other in ((edge.source, edge.target), (edge.target, edge.source)):
            if end.kind is not Kind.AGENT:
                rank[end] = min(rank.get(end, len(agents)), rank[other])
    last = len(agents)
    by_kind: dict[Kind, list[Node]] = {kind: [] for kind in _COLUMNS}
    for node in picture.nodes:
        if node.address.kind in by_kind:
            by_kind[node.address.kind].append(node)
    return [sorted(by_kind[kind], key=lambda node: (rank.get(node.address, last), node.address)) for kind in _COLUMNS]


def _edge(edge: Edge, places: Mapping[Address, _Place]) -> str:
    start, end = places[edge.source], places[edge.target]
    x1, y1, x2, y2 = start.x + WIDTH, start.y + HEIGHT // 2, end.x, end.y + HEIGHT // 2
    bend = (x2 - x1) // 2
    classes = _classes(edge.mark, edge.label if edge.source.kind is Kind.CHANNEL else "link")
    said = f"{edge.source} \u2192 {edge.target}: {edge.label}{f' ({edge.mark.value})' if edge.mark else ''}"
    line = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    return f'<path class="{classes}" d="{line}"><title>{markup(said)}</title></path>'


def _node(node: Node, place: _Place) -> Iterator[str]:
    said = " ".join(part for part in (str(node.address), node.type, f'"{node.name}"' if node.name else "") if part)
    yield f'<g class="{_classes(node.mark, "node")}" transform="translate({place.x} {place.y})">'
    yield f"<title>{markup(said)}{f' ({node.mark.value})' if node.mark else ''}</title>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
    yield f'<text class="label" x="10" y="17">{_label(node.address.key)}</text>'
    default = " \u00b7 default" if node.default else ""
    yield f'<text class="kind" x="10" y="32">{_label(node.type + default)}</text>'
    if node.sign:
        yield f'<text class="sign" x="{WIDTH - 10}" y="25" text-anchor="end">{node.sign}</text>'
    yield "</g>"


def _label(text: str) -> str:
    return markup(cut(escape(text), LABEL))


def _classes(mark: Mark, kind: str) -> str:
    return f"{kind} {mark.tone} marked" if mark else kind
