"""`plan --probe`: try connectors with the settings they would get, before anything is applied."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from flametree_cfg.engine.checking_health import OnCheck
from flametree_cfg.engine.options import Options, PlanResult
from flametree_cfg.engine.probing_after import connectors_written
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import ExitCode
from flametree_cfg.impact.destinations import CODE as NEW_HOST
from flametree_cfg.model import Checked, Health, Probed, Resource, Secret, map_secrets, secrets_in
from flametree_cfg.probe import Finding, Request, Result
from flametree_cfg.secret import Resolved


def probe_plans(
    results: Sequence[PlanResult],
    paths: Sequence[str | Path],
    options: Options,
    on_check: OnCheck = lambda _tenant, _found: None,
) -> list[PlanResult]:
    """
    Try the connectors that plans would make or change; what was found goes beside the plans, never into their digests.

    Values are resolved here and sent to the addresses that the YAML names, within the operator's policy: run this on
    configuration that somebody reviewed. What would give a secret to a host that never had it is not tried.

    Args:
        results: of `make_plans`, made with a refresh.
        paths: of the run.
        options: with where calls may go.
        on_check: told each result as soon as there is one.

    Returns:
        The results, those with an unhealthy connector with the exit code of a failed check.
    """
    with Session(options, paths) as session:
        return [_probed(result, session, on_check) for result in results]


def _probed(result: PlanResult, session: Session, on_check: OnCheck) -> PlanResult:
    written = connectors_written(result.plan.operations) if result.plan else {}
    if not written:
        return result
    told = {one.address for one in result.diagnostics if one.code == NEW_HOST}
    tried = {address: one for address, one in written.items() if str(address) not in told}
    references = {secret.reference for one in tried.values() for _, secret in secrets_in(one.settings)}
    resolved = session.resolve(references, result.folder)
    by_subject = {str(address): one for address, one in written.items()}
    found: list[Probed] = []

    def tell(one: Result) -> None:
        resource = by_subject[one.subject]
        at, took = session.options.outside.now(), round(one.duration_s, 3)
        checked = Checked(one.subject, one.health, one.finding.value, one.message, at, took)
        found.append(Probed(resource.address, resource.type, resource.name, checked))
        on_check(result.tenant_name, found[-1])

    for one in _withheld(told, by_subject):
        tell(one)
    session.verification.check((_request(one, resolved, session) for one in tried.values()), told=tell)
    probed = tuple(sorted(found, key=lambda one: one.address))
    wrong = any(one.found.health is Health.UNHEALTHY for one in probed) and result.exit_code is ExitCode.OK
    return replace(result, probed=probed, exit_code=ExitCode.CHECK_FAILED if wrong else result.exit_code)


def _withheld(told: Collection[str], written: Mapping[str, Resource]) -> Iterator[Result]:
    for subject in sorted(told & written.keys()):
        reason = "its secret would go to a host where it never went; review that first"
        yield Result(subject, Health.NOT_CHECKED, Finding.FORBIDDEN, reason)


def _request(resource: Resource, resolved: Resolved, session: Session) -> Request:
    spec = session.catalog.get(resource.address.kind, resource.type)
    settings = session.catalog.live_settings(resource.address.kind, resource.type, resource.settings)

    def value(_path: object, secret: Secret) -> Any:
        return resolved.values.get(secret.reference, secret)

    values = tuple(
        resolved.values[secret.reference]
        for _, secret in secrets_in(resource.settings)
        if secret.reference in resolved.values
    )
    check = spec.check if spec else None
    return Request(str(resource.address), resource.type, check, map_secrets(settings, value), values)
