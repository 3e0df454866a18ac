"""A story: documents applied one after another, other hands in between; each plan is shown to a check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.errors import ConfigInvalid
from flametree_cfg.model import Tenant
from flametree_cfg.plan import Plan
from tests.oracle.target import NotThereError, Target, target
from tests.plan.documents import CATALOG, Document, documents, neighbours, read
from tests.plan.edits import edited
from tests.plan.outside import meddle
from tests.plan.sides import Applied, Environment


class Chapter(Struct, frozen=True, dict=True):
    """
    One document on its way to the platform.

    Attributes:
        goal: where it has to end; None if something it needs is not there.
        plan: None if the planner refused, then `refusal` says why.
    """

    before: Applied
    document: Document
    tenant: Tenant
    goal: Target | None
    plan: Plan | None
    refusal: ConfigInvalid | None = None

    @property
    def after(self) -> Applied:
        """Both sides after the plan."""
        assert self.plan is not None
        return self.before.carry_out(self.plan)

    def interrupted(self, number: int) -> Applied:
        """Both sides where the apply broke off after so many operations of the platform."""
        assert self.plan is not None
        return self.before.carry_out(self.plan, stop_after=number)


def chapter(sides: Applied, document: Document) -> Chapter:
    """Plan a document."""
    tenant = read(document)
    assert tenant is not None
    try:
        goal = target(sides.platform, sides.stored, document, sides.secrets)
    except NotThereError:
        goal = None
    try:
        return Chapter(sides, document, tenant, goal, sides.plan(tenant, CATALOG))
    except ConfigInvalid as refusal:
        return Chapter(sides, document, tenant, goal, None, refusal)


def tell(
    draw: Callable[[st.SearchStrategy[Any]], Any], check: Callable[[Chapter], None], *, alone: bool = False
) -> None:
    """
    Draw a story and show every chapter to a check.

    Args:
        alone: nobody else is on the platform.
    """
    sides = Applied.nothing()
    if not alone:
        sides = replace(sides, platform=neighbours())
    document = draw(documents())
    for number in range(draw(st.integers(2, 4))):
        if number:
            document = draw(edited(document, alone=alone))
        told = chapter(sides, document)
        check(told)
        if told.plan is not None:
            sides = told.interrupted(draw(st.integers(0, 40))) if draw(st.integers(0, 3)) == 0 else told.after
        if not alone and draw(st.booleans()):
            sides = meddle(draw, sides)
        if draw(st.integers(0, 5)) == 0:
            rotated = Environment(sides.secrets) | {"${env:X}": f"X rotated {number}"}
            sides = replace(sides, secrets=Environment(rotated))
