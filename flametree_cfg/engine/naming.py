"""What references of secrets are called that no YAML has yet: the same by `pull` and `drift accept`."""

from __future__ import annotations

from collections.abc import Mapping

from flametree_cfg.config.writing_body import Refer
from flametree_cfg.config.writing_names import Variables
from flametree_cfg.engine.session import Session
from flametree_cfg.model import Address, Declaration, parse_reference, secrets_in


def new_names(tenant: str, declarations: Mapping[Address, Declaration], session: Session) -> Refer:
    """Give what names a secret: no other secret of the tenant is called so, and the operator lets it be read."""
    references = (
        parse_reference(secret.reference)
        for declaration in declarations.values()
        for _, secret in secrets_in(declaration.resource.fields)
    )
    taken = {reference[1] for reference in references if reference}
    return Variables(tenant, taken, session.policy.permits, session.policy.allow).reference
