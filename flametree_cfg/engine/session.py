"""Open the doors a run needs, once, and close them again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from flametree_cfg import __version__
from flametree_cfg.config import CacheFolder, code_mark, load_catalog
from flametree_cfg.engine.options import Options
from flametree_cfg.errors import AccessDenied, ConfigInvalid, Diagnostic, error
from flametree_cfg.model import Stored, secrets_in
from flametree_cfg.schema import Catalog

if TYPE_CHECKING:
    from flametree_cfg.config import Meanwhile
    from flametree_cfg.config.given import Given
    from flametree_cfg.engine.agreement import Agreed
    from flametree_cfg.engine.ahead import Ahead
    from flametree_cfg.platform import Platform, Verification
    from flametree_cfg.secret import Keyring, Policy, Resolved
    from flametree_cfg.state import Ledger

FOLDER = ".flametree"

_JUDGED = "catalogs.judged"
_CATALOGS = 7  # how many others are remembered


class Session:
    """
    The doors of one run: catalog, ledger, platform, keys. Nothing is opened before it is used.

    Args:
        options: the operator's.
        paths: what the person named; `.flametree/` is looked for upwards from the first.
        create: whether databases and the key may be made; reading commands make nothing.

    Attributes:
        ahead: who went ahead over ledger and platform; None for nobody.
        meanwhile: what to do while another process reads the files of a tenant, told its folder and name; None for
            nothing.
        looked_up: what that found agreed, by folder and name.
    """

    def __init__(self, options: Options, paths: Sequence[str | Path] = (), *, create: bool = False) -> None:
        self.options = options
        self.create = create
        self.ahead: Ahead | None = None
        self.meanwhile: Meanwhile | None = None
        self.looked_up: dict[tuple[str, str], Agreed | None] = {}
        self.home = find_home(Path(paths[0]) if paths else Path())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in ("ahead", "ledger", "platform"):
            if door := self.__dict__.get(name):
                door.close()

    def with_options(self, options: Options) -> Session:
        """Give the same doors to a step of the run that is allowed something else; close this one alone."""
        twin = copy(self)
        twin.options = options
        return twin

    @cached_property
    def catalog(self) -> Catalog:
        """Every type there is; its files are judged once, until one changes."""
        cache = self._cache_of_version
        judged = (cache and cache.read(_JUDGED)) or []
        catalog = load_catalog(self.options.schemas, judged)
        if cache and catalog.digest not in judged:
            cache.keep(_JUDGED, [catalog.digest, *judged[:_CATALOGS]])
        return catalog

    @cached_property
    def cache(self) -> CacheFolder | None:
        """What earlier runs kept to save time; beside the ledger, or with the person's other caches."""
        cache = self._cache_of_version
        return cache and replace(cache, key=f"{cache.key} {self.catalog.digest}")

    @cached_property
    def _cache_of_version(self) -> CacheFolder | None:
        if not self.options.cache:
            return None
        folder = self.home / "cache" if self.home.is_dir() else _own_caches()
        return CacheFolder(folder, f"{__version__} {code_mark()}") if folder else None

    @cached_property
    def given(self) -> Given | None:
        """
        Variables and the tenant's name from the command line; None where there is nothing of it.

        Raises:
            ConfigInvalid: a file of variables is no good.
            WrongUsage: what was typed is not.
        """
        options = self.options
        if not options.var_files and not options.variables and options.tenant_id is None:
            return None
        from flametree_cfg.config.given import read_given

        return read_given(options.var_files, options.variables, options.tenant_id)

    @cached_property
    def ledger(self) -> Ledger:
        """What we applied."""
        from flametree_cfg.state import open_ledger

        url = self.options.state or f"sqlite:{self.home / 'ledger.db'}"
        return open_ledger(url, read_only=self.options.read_only)

    @cached_property
    def platform(self) -> Platform:
        """The live registry."""
        from flametree_cfg.platform import open_platform

        url = self.options.platform or f"sqlite:{self.home / 'registry.db'}"
        return open_platform(
            url,
            catalog=self.catalog,
            keyring=self.keyring,
            create=self.create,
            read_only=self.options.read_only,
            verification=self.verification,
        )

    @cached_property
    def verification(self) -> Verification:
        """
        Whether and where providers are called; the operator's choice.

        Raises:
            WrongUsage: an endpoint stands in for nothing that is called.
        """
        from flametree_cfg.platform import Verification

        chosen = self.options
        if chosen.endpoint:
            from flametree_cfg.engine.standing_in import judge_endpoints

            judge_endpoints(chosen.endpoint, self.catalog)
        return Verification(chosen.verify, chosen.allow_address, chosen.endpoint, chosen.authorities)

    @cached_property
    def keyring(self) -> Keyring | None:
        """
        The keys that seal and fingerprint; None where there is none yet and none may be made.

        Raises:
            AccessDenied: the key is gone that the ledger's fingerprints were made with; a new one beside them would
                never fit. Or ledger or registry are shared, and a key made here would be known nowhere else.
        """
        from flametree_cfg.secret import open_keyring

        path = self.home / "key"
        found = open_keyring(path, create=False)
        if found is not None or not self.create:
            return found
        if any(_fingerprinted(self.ledger.read(tenant)) for tenant in self.ledger.tenants()):
            raise AccessDenied(_key_lost(path))
        if any(_is_shared(url) for url in (self.options.state, self.options.platform)):
            raise AccessDenied(_key_missing(path))
        return open_keyring(path, create=True)

    @cached_property
    def policy(self) -> Policy:
        """What references may reach; the operator's choice."""
        from flametree_cfg.secret import Policy

        return Policy.from_environment(file_root=None)

    def resolve(self, references: Iterable[str], folder: str) -> Resolved:
        """Look secrets up where the operator allows it, files in the tenant's folder; values are masked from now on."""
        from flametree_cfg.secret import resolve_all

        resolved = resolve_all(references, replace(self.policy, file_root=Path(folder).resolve()))
        self.options.mask(resolved.values.values())
        return resolved

    def fingerprints(self, values: Mapping[str, str], lineage: str) -> dict[str, str]:
        """Fingerprint resolved values, by reference; empty without a key or a lineage."""
        keyring = self.keyring
        if keyring is None or not lineage:
            return {}
        return {reference: keyring.fingerprint(lineage, value) for reference, value in values.items()}


def _own_caches() -> Path | None:
    """Find where a person's caches are; None for somebody without a home."""
    said = os.environ.get("XDG_CACHE_HOME", "")
    home = os.environ.get("HOME", "")
    if said.startswith("/"):
        return Path(said, "flametree-cfg")
    return Path(home, ".cache", "flametree-cfg") if home.startswith("/") else None


def _fingerprinted(stored: Stored) -> bool:
    return any(
        secret.fingerprint for entry in stored.entries.values() for _, secret in secrets_in(entry.resource.fields)
    )


def _is_shared(url: str | None) -> bool:
    return url is not None and url.partition(":")[0] in ("postgres", "postgresql")


def _key_missing(path: Path) -> Diagnostic:
    return error(
        "key-missing",
        "There is no key for what is shared",
        f"FLAMETREE_KEY is not set and {path} does not exist; a key made here would be known nowhere else",
        "make one, keep it where you keep secrets, and set FLAMETREE_KEY to it wherever this ledger is used: "
        "openssl rand -hex 32",
    )


def _key_lost(path: Path) -> Diagnostic:
    return error(
        "key-lost",
        "The key of this ledger is gone",
        f"{path} does not exist, and FLAMETREE_KEY is not set; secrets were sealed and fingerprinted with that key",
        "bring it back from a backup; if it is lost for good, set FLAMETREE_KEY to a new one and give every secret a "
        "new reference, so that it is sent again",
    )


def find_home(start: Path) -> Path:
    """
    Find `.flametree/` from a path upwards; where there is none, the one of the current directory.

    A path that leads nowhere is no fault yet: reading it will say so, with its place.
    """
    try:
        here = Path(os.path.realpath(start))  # unlike `resolve`, it bears a link that leads to itself
        homes = (folder / FOLDER for folder in (here, *here.parents))
        found = (home for home in homes if os.path.isdir(home))  # noqa: PTH112  # never raises
        return next(found, None) or Path.cwd() / FOLDER
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no path"
        hint = "go to a folder that exists and name paths below it"
        raise ConfigInvalid(error("no-such-path", "No such file or folder", f"{start}: {reason}", hint)) from problem
