"""The words of everything that can be wrong with files: one summary and one hint per code."""

from __future__ import annotations

from flametree_cfg.errors import Diagnostic, Location, Related, error

_WORDS: dict[str, tuple[str, str]] = {
    # bytes and characters
    "not-utf8": ("File is not UTF-8", "save it as UTF-8"),
    "control-character": ("Control character in file", r"delete it, or write it as an escape if it is \n, \r or \t"),
    "line-separator": ("Line separator that parsers disagree about", "use an ordinary line break"),
    "hidden-character": ("Character that hides or reorders text", "delete it; what is read must be what is seen"),
    # YAML
    "yaml-syntax": ("File is not valid YAML", "correct the text at this place"),
    "tab-indent": ("Tab in indentation", "indent with spaces; YAML does not take tabs here"),
    "yaml-version": ("YAML version is not 1.2", "remove the %YAML line"),
    "yaml-directive": ("YAML directive is not accepted", "remove the lines that begin with %"),
    "yaml-tag": ("YAML tag is not accepted", "remove it; types follow from the values"),
    "second-document": ("Second document in one file", "put it into a file of its own"),
    "merge-key": ("Merge key is not accepted", "`<<` is no part of YAML 1.2: write the keys out"),
    "reserved-key": ("Key is reserved", "choose another name: ledger and plans mark secrets with this one"),
    "complex-key": ("Key is not a text", "use a text as the key"),
    "non-text-key": ("Key is not a text", "quote it"),
    "duplicate-key": ("Key stands twice", "keep one of them"),
    "undefined-alias": ("Alias of nothing", "write `&name` before `*name`, or quote the text if it begins with *"),
    "cyclic-alias": ("Alias of something it is part of", "write the value out"),
    "bad-number": ("Number cannot be kept exactly", "quote it if it is a text, such as an id"),
    # budgets
    "too-deep": ("File is nested too deep", "flatten it"),
    "too-many-nodes": ("File has too many values", "split it into several files"),
    "too-many-aliases": ("File has too many aliases", "write the values out"),
    "alias-expansion": ("Aliases expand to too many values", "write the values out, or use fewer aliases"),
    "too-many-problems": ("File has too many problems", "correct these first"),
    "file-too-large": ("File is too large", "split it into several files"),
    "too-many-files": ("Too many files", "give fewer folders at once"),
    "tree-too-large": ("Files are too large together", "give fewer folders at once"),
    # files and folders
    "files-changed": ("File changed while it was read", "run the same command again"),
    "no-such-path": ("No such file or folder", "give a tenant's folder, or a folder of tenants"),
    "not-a-folder": ("Not a folder", "give the tenant's folder; all its files belong together"),
    "not-a-file": ("Not a regular file", "only regular files are read: remove it or rename it"),
    "unreadable": ("File or folder cannot be read", "check its permissions"),
    "symlink": ("Symbolic link", "put a real file or folder in its place"),
    "wrong-extension": ("File ends in .yml", "rename it to end in .yaml"),
    "bad-file-name": ("File name has characters that do not print", "rename it"),
    "case-twin": ("Two names differ only in case", "rename one; some systems would keep only one of them"),
    "nested-yaml": ("YAML below a tenant's folder", "move the files up, or begin the folder's name with _"),
    "empty-tenant": ("Folder has no YAML", "add a *.yaml file, or begin the folder's name with _ if it is no tenant"),
    "no-tenants": ("Folder has no tenants", "give a folder with *.yaml files, or one with such folders in it"),
    "tenant-twice": ("Two folders declare the same tenant", "merge the folders, or name one tenant differently"),
    # documents of a tenant
    "no-tenant-name": ("No file says which tenant it is", "add `tenant: NAME` at the top of a file"),
    "tenant-mismatch": ("Files of one folder name different tenants", "give each tenant a folder of its own"),
    "bad-key": ("Key has a wrong form", "use a-z, 0-9 and -, beginning with a letter or digit, at most 63 characters"),
    "not-a-mapping": ("Not a mapping", "write `key: value` lines here, or remove it"),
    # edits
    "no-such-place": ("File has no such place", "run the same command again; the file may have changed"),
    "value-not-writable": (
        "Value cannot be written into a file",
        "it has characters that hide or reorder text: correct it where it stands",
    ),
    "not-editable": ("File is written in a way that is not edited", "make this change by hand"),
    "unknown-section": (
        "Unknown key at the top of a file",
        "use tenant, connectors, channels, agents, extends, vars",
    ),
    # shared configuration
    "bad-extends": ("`extends` has a wrong form", "write a list of folders, such as [../_shared/base]"),
    "extends-twice": ("`extends` stands in two files", "keep one of them: the order of bases counts"),
    "base-twice": ("Base stands twice", "keep one of them: the order of bases counts"),
    "base-outside": ("Base is outside the folder of tenants", "name a folder such as ../_shared/base"),
    "base-not-shared": ("Base could be a tenant", "begin its folder's name, or that of one above it, with _"),
    "extends-cycle": ("Bases extend each other in a circle", "remove one of these"),
    "too-many-bases": ("Too many bases", "merge some of them"),
    "tenant-in-base": ("Base names a tenant", "remove the line: a base serves many tenants"),
    "bad-variable": ("Variable has a wrong form", "write NAME: VALUE; names have letters, digits, - and _"),
    "unknown-variable": ("Unknown variable", "set it under `vars:`, in a --var-file, or with --var NAME=VALUE"),
    "variable-in-key": ("Variable in a key", "write the key out: variables stand in values"),
    "secret-in-variable": (
        "Secret in a variable",
        "write the reference in the secret field itself: no secret travels through a variable",
    ),
    "variables-expand": ("Variables expand to too much text", "use shorter values, or fewer of them"),
    # type files
    "bad-type-file": ("Type file cannot be used", "correct the file"),
}


_MAX_SHOWN = 80  # characters of a key: one line of a terminal


def shown(key: str) -> str:
    """Quote a key for a message, cut where it would fill the screen."""
    return f"`{key}`" if len(key) <= _MAX_SHOWN else f"`{key[:_MAX_SHOWN]}…`"


def problem(
    code: str,
    location: Location,
    detail: str = "",
    hint: str = "",
    *,
    related: tuple[Related, ...] = (),
    address: str = "",
) -> Diagnostic:
    """Make the error of a code at a place; `hint` replaces the usual one."""
    summary, usual = _WORDS[code]
    return error(code, summary, detail, hint or usual, address=address, location=location, related=related)
