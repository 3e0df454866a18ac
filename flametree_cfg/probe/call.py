"""Make one HTTP call of a type's `x-check` and the settings of an object."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from flametree_cfg.model import Hiding, Secret
from flametree_cfg.probe.result import Finding, NoCall, Request, unfit
from flametree_cfg.probe.samples import SAMPLES, read_sample

AGENT = "flametree-cfg"
_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_DOTS = re.compile(r"(^|/)\.{1,2}(/|$)")
_OF_AUTHORITY = re.compile(r"[A-Za-z0-9.:\[\]_-]+")  # what a setting may bring into HOST:PORT


class Call(Hiding, frozen=True):
    """
    An HTTP request, ready to be sent.

    Attributes:
        url: may hold a secret, as Telegram's does.
        headers: hold secrets.
        hidden: what goes into headers, also as the base64 of basic authentication: no message may show it.
        endpoint: the operator's base URL it goes to instead of the provider's; empty if none.
    """

    never_shown = frozenset({"body", "headers", "hidden", "url"})

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    hidden: tuple[str, ...] = ()
    endpoint: str = ""


def make_call(request: Request, endpoint: str = "", without: frozenset[str] = frozenset()) -> Call:
    """
    Fill the template in.

    Args:
        request: its check is of kind `http`.
        endpoint: takes the place of scheme, host and port; its path goes before the check's.
        without: optional fields of the body that are left out.

    Raises:
        NoCall: a needed setting is missing, or a value cannot stand where the template puts it.
    """
    check = request.check or {}
    settings = known_settings(request)
    url = _url(check["url"], settings)
    headers = {name: header_of(name, _filled(text, settings)) for name, text in check.get("headers", {}).items()}
    hidden = _sent_in([*check.get("headers", {}).values(), *check.get("basic", ())], settings)
    if "basic" in check:
        pair = b64encode(":".join(_filled(text, settings) for text in check["basic"]).encode()).decode("ascii")
        headers, hidden = {**headers, "Authorization": f"Basic {pair}"}, (*hidden, pair)
    body, media = _form(check, settings) if "form" in check else _body(check, settings, without)
    return Call(
        check["method"],
        aimed(url, endpoint) if endpoint else url,
        {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": AGENT,
            "Connection": "close",
            **({"Content-Type": media} if media else {}),
            **headers,
        },
        body,
        hidden,
        endpoint,
    )


def known_settings(request: Request) -> Mapping[str, Any]:
    """
    Give the settings, the provider's own defaults filled in.

    Raises:
        NoCall: one that the check needs is missing.
    """
    check = request.check or {}
    settings = {**request.settings}
    settings.update((name, value) for name, value in check.get("defaults", {}).items() if _absent(settings.get(name)))
    absent = [name for name in check["needs"] if _absent(settings.get(name))]
    if absent:
        names = ", ".join(f"`{name}`" for name in absent)
        raise NoCall(Finding.INCOMPLETE, f"{names} {'is' if len(absent) == 1 else 'are'} not set, or not known here")
    return settings


def _absent(value: Any) -> bool:
    return value is None or value == "" or isinstance(value, Secret)


def _filled(text: str, settings: Mapping[str, Any]) -> str:
    return _PLACE.sub(lambda place: text_of(settings, place[1]), text)


def text_of(settings: Mapping[str, Any], name: str) -> str:
    """
    Give a setting as it is sent: numbers as they are written, empty if it is not set or not known here.

    Raises:
        NoCall: it is no text.
    """
    value = settings.get(name)
    if isinstance(value, bool | Mapping | list):
        raise unfit(f"`{name}` is no text")
    return "" if _absent(value) else str(value)


def _sent_in(texts: Iterable[str], settings: Mapping[str, Any]) -> tuple[str, ...]:
    """List the values that go into headers: they are secrets whatever the caller says."""
    return tuple(text_of(settings, name) for text in texts for name in _PLACE.findall(text))


def _url(template: str, settings: Mapping[str, Any]) -> str:
    """Fill a URL in: a base as it is, a part of the host if it stays one, anything else percent-encoded."""
    base = _PLACE.match(template)
    authority = re.match(r"https?://[^/]*", template)
    start = base.end() if base else authority.end() if authority else 0
    path = _PLACE.sub(lambda place: _segment(place[1], settings), template[start:])
    if base:
        return text_of(settings, base[1]).rstrip("/") + path
    return _PLACE.sub(lambda place: _of_host(place[1], settings), template[:start]) + path


def _segment(name: str, settings: Mapping[str, Any]) -> str:
    value = text_of(settings, name)
    if _DOTS.search(value):
        raise unfit(f"`{name}` would lead out of the API's path")
    return quote(value, safe=":/")


def _of_host(name: str, settings: Mapping[str, Any]) -> str:
    value = re.sub(r"^https://", "", text_of(settings, name)).rstrip("/")
    if not _OF_AUTHORITY.fullmatch(value):
        raise unfit(f"`{name}` is no host")
    return value


def header_of(name: str, value: str) -> str:
    """
    Give a header's value.

    Raises:
        NoCall: no header can carry it.
    """
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise unfit(f"the header {name} cannot be made: a setting in it holds a character that no header can carry")
    return value


def _body(check: Mapping[str, Any], settings: Mapping[str, Any], without: frozenset[str]) -> tuple[bytes | None, str]:
    """Give the body as JSON, and its media type; the optional fields keep the call small, so no setting undoes them."""
    if "body" not in check:
        return None, ""
    laid_over = settings.get(check.get("merge", ""))
    filled = _node(check["body"], settings)
    own = {name: filled.pop(name) for name in check.get("optional", ()) if name in filled}
    body = filled | (dict(laid_over) if isinstance(laid_over, Mapping) else {}) | own
    try:
        text = json.dumps({k: v for k, v in body.items() if k not in without}, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise unfit("a setting cannot be sent as JSON") from None
    return text.encode("ascii"), "application/json"


def _form(check: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[bytes, str]:
    """Give the body as a form with files, and its media type."""
    import httpx

    files = {
        name: (node["sample"], read_sample(node["sample"]), SAMPLES[node["sample"]])
        for name, node in check["form"].items()
        if isinstance(node, Mapping)
    }
    fields = {name: _filled(node, settings) for name, node in check["form"].items() if isinstance(node, str)}
    request = httpx.Request(check["method"], "https://form.invalid", data=fields, files=files)
    return request.read(), request.headers["Content-Type"]


def _node(node: Any, settings: Mapping[str, Any]) -> Any:
    match node:
        case str():
            whole = _PLACE.fullmatch(node)
            return settings.get(whole[1]) if whole else _filled(node, settings)
        case list():
            return [_node(item, settings) for item in node]
        case Mapping():
            return {key: _node(value, settings) for key, value in node.items()}
        case _:
            return node


def aimed(url: str, endpoint: str) -> str:
    """
    Lead a URL to a stand-in.

    Raises:
        NoCall: it is none.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise unfit("the address is no URL") from None
    base = urlsplit(endpoint)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + parts.path, parts.query, ""))
