"""A real HTTP server that speaks as much of GitHub's and GitLab's APIs as we use, and fails as asked."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_canary0123456789CANARYcanary"  # of nobody
ME = "flametree[bot]"
REPOSITORY = "acme/tenants"


@dataclass
class Comment:
    """A comment, or an issue by its number."""

    id: int
    author: str
    body: str
    title: str = ""
    open: bool = True


@dataclass
class Pull:
    """A pull request; `commits` are those it brought."""

    number: int
    head: str
    base: str = "main"
    owner: str = "acme"
    branch: str = "change"
    merged: bool = False
    commits: tuple[str, ...] = ()


@dataclass
class Fault:
    """
    What goes wrong with one request.

    Attributes:
        status: answered; 0 for none.
        kind: `answer`, `reset` (before anything is done), `reset-after` (done, but nobody hears of it), `slow`,
            `drip` (a byte now and then), `garbage`, `huge`, `forget` (what is to be edited is gone).
        method: only of this one; empty for any.
        times: how often; -1 for ever.
    """

    kind: str = "answer"
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"message": "as asked"}'
    method: str = ""
    path: str = ""
    times: int = 1

    def takes(self, method: str, path: str) -> bool:
        """Tell whether it befalls this request, and count."""
        if self.times == 0 or self.method not in ("", method) or self.path not in path:
            return False
        self.times -= 1
        return True


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    token: str
    body: Any


@dataclass
class Hub:
    """What the forge knows."""

    url: str = ""
    me: str = ME
    most: int = 100
    comments: dict[int, list[Comment]] = field(default_factory=dict)
    issues: list[Comment] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(101))

    def comment(self, number: int, author: str, body: str) -> Comment:
        """Put a comment there, as somebody."""
        made = Comment(next(self.ids), author, body)
        self.comments.setdefault(number, []).append(made)
        return made

    def issue(self, author: str, body: str, *, open_: bool = True) -> Comment:
        """Put an issue there, as somebody."""
        made = Comment(next(self.ids), author, body, open=open_)
        self.issues.append(made)
        return made

    def bodies(self, number: int) -> list[str]:
        """Give what stands on a pull request."""
        return [one.body for one in self.comments.get(number, ())]

    @property
    def methods(self) -> list[str]:
        """Name what was asked, without looking things up."""
        return [one.method for one in self.asked if one.method != "GET" and "graphql" not in one.path]


@contextlib.contextmanager
def serving(hub: Hub | None = None) -> Iterator[Hub]:
    """Serve a hub on this machine."""
    hub = hub or Hub()
    kind = type("Bound", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        server.daemon_threads = True
        hub.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: ClassVar[Hub]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        """Be quiet."""

    def do_GET(self) -> None:  # the library's word
        """Answer."""
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        sent = json.loads(self.rfile.read(length)) if length else None
        token = self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.hub.asked.append(Asked(self.command, self.path, token, sent))
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        fault = next((one for one in self.hub.faults if one.takes(self.command, self.path)), None)
        if fault is not None and self._fail(fault, parts.path, sent):
            return
        if token != TOKEN:
            self._answer(401, {"message": f"Bad credentials: {token}"})
            return
        self._answer(*self._route(parts.path, sent))

    def _fail(self, fault: Fault, path: str, sent: Any) -> bool:
        match fault.kind:
            case "answer":
                self._raw(fault.status, fault.body.encode(), fault.headers)
            case "garbage":
                self._raw(200, b"<html>" + fault.body.encode(), {})
            case "huge":
                self._raw(200, b"[" + b" " * (17 << 20) + b"]", {})
            case "slow":
                time.sleep(0.6)
            case "drip":
                self._drip()
            case "reset-after":
                self._route(path, sent)
                self._reset()
            case "reset":
                self._reset()
            case "forget":
                for comments in self.hub.comments.values():
                    comments.clear()
                return False
        return True

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        with contextlib.suppress(OSError):
            for byte in b"[" + b" " * 98 + b"]":
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.02)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _route(self, path: str, sent: Any) -> tuple[int, Any]:
        path = path.removeprefix("/api/v4")
        gitlab = path.startswith(("/projects/", "/user"))
        for pattern, name in _GITLAB if gitlab else _GITHUB:
            verb, _, shape = pattern.partition(" ")
            match = re.fullmatch(shape, path)
            if match and self.command == verb:
                speak = _GitLab(self) if gitlab else _GitHub(self)
                found: tuple[int, Any] = getattr(speak, name)(*match.groups(), *([sent] if sent is not None else []))
                return found
        return 404, {"message": "Not Found"}

    def _answer(self, status: int, body: Any) -> None:
        headers = {}
        if isinstance(body, list):
            page, per_page = int(self.query.get("page", 1)), min(int(self.query.get("per_page", 20)), self.hub.most)
            if page * per_page < len(body):
                # The link leads to nowhere: whoever follows it, and does not count, is found out.
                headers["Link"] = f'<http://192.0.2.1/{page + 1}>; rel="next"'
            body = body[(page - 1) * per_page : page * per_page]
        self._raw(status, b"" if body is None else json.dumps(body).encode(), headers)

    def _raw(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


class _Speaker:
    def __init__(self, handler: _Handler) -> None:
        self.hub = handler.hub
        self.query = handler.query

    def _made(self, number: str, sent: Any) -> Comment:
        return self.hub.comment(int(number), self.hub.me, sent["body"])

    def _found(self, comment: str) -> Comment | None:
        every = itertools.chain.from_iterable(self.hub.comments.values())
        return next((one for one in every if one.id == int(comment)), None)

    def _removed(self, comment: str) -> tuple[int, Any]:
        found = self._found(comment)
        if found is None:
            return 404, {"message": "Not Found"}
        for comments in self.hub.comments.values():
            comments[:] = [one for one in comments if one is not found]
        return 204, None

    def _pull(self, number: str) -> Pull | None:
        return next((one for one in self.hub.pulls if one.number == int(number)), None)


_R = "/repos/acme/tenants"
_GITHUB = (
    ("POST /graphql", "viewer"),
    (rf"GET {_R}/pulls/(\d+)", "pull"),
    (rf"GET {_R}/pulls", "pulls"),
    (rf"GET {_R}/commits/(\w+)/pulls", "pulls_of"),
    (rf"GET {_R}/issues/(\d+)/comments", "comments"),
    (rf"POST {_R}/issues/(\d+)/comments", "add"),
    (rf"PATCH {_R}/issues/comments/(\d+)", "edit"),
    (rf"DELETE {_R}/issues/comments/(\d+)", "_removed"),
    (rf"GET {_R}/issues", "issues"),
    (rf"POST {_R}/issues", "open"),
    (rf"PATCH {_R}/issues/(\d+)", "change"),
)


class _GitHub(_Speaker):
    def viewer(self, _sent: Any) -> tuple[int, Any]:
        return 200, {"data": {"viewer": {"login": self.hub.me}}}

    def pull(self, number: str) -> tuple[int, Any]:
        found = self._pull(number)
        return (200, self._pull_json(found)) if found else (404, {"message": "Not Found"})

    def pulls(self) -> tuple[int, Any]:
        head = self.query.get("head", "")
        return 200, [self._pull_json(one) for one in self.hub.pulls if f"{one.owner}:{one.branch}" == head]

    def pulls_of(self, commit: str) -> tuple[int, Any]:
        return 200, [self._pull_json(one) for one in self.hub.pulls if commit in one.commits]

    def comments(self, number: str) -> tuple[int, Any]:
        return 200, [self._json(one) for one in self.hub.comments.get(int(number), [])]

    def add(self, number: str, sent: Any) -> tuple[int, Any]:
        return 201, self._json(self._made(number, sent))

    def edit(self, comment: str, sent: Any) -> tuple[int, Any]:
        found = self._found(comment)
        if found is None:
            return 404, {"message": "Not Found"}
        if found.author != self.hub.me:
            return 403, {"message": "Must be the author"}
        found.body = sent["body"]
        return 200, self._json(found)

    def issues(self) -> tuple[int, Any]:
        mine = [one for one in self.hub.issues if one.open and one.author == self.query.get("creator")]
        return 200, [self._issue(one) for one in mine] + [{"number": 1, "pull_request": {}, "user": {"login": ME}}]

    def open(self, sent: Any) -> tuple[int, Any]:
        made = self.hub.issue(self.hub.me, sent["body"])
        made.title = sent["title"]
        return 201, self._issue(made)

    def change(self, number: str, sent: Any) -> tuple[int, Any]:
        found = next(one for one in self.hub.issues if one.id == int(number))
        found.body, found.title = sent.get("body", found.body), sent.get("title", found.title)
        found.open = sent.get("state", "open") == "open"
        return 200, self._issue(found)

    def _json(self, one: Comment) -> Any:
        return {"id": one.id, "user": {"login": one.author}, "body": one.body, "html_url": f"{self.hub.url}/c/{one.id}"}

    def _issue(self, one: Comment) -> Any:
        return {**self._json(one), "number": one.id, "id": one.id + 9000, "title": one.title}

    def _pull_json(self, one: Pull) -> Any:
        return {
            "number": one.number,
            "head": {"sha": one.head, "ref": one.branch, "repo": {"full_name": f"{one.owner}/tenants"}},
            "base": {"ref": one.base},
            "merged_at": "2026-01-01T00:00:00Z" if one.merged else None,
        }


_P = "/projects/acme%2Ftenants"
_GITLAB = (
    ("GET /user", "user"),
    (rf"GET {_P}/merge_requests/(\d+)", "pull"),
    (rf"GET {_P}/merge_requests", "pulls"),
    (rf"GET {_P}/repository/commits/(\w+)/merge_requests", "pulls_of"),
    (rf"GET {_P}/merge_requests/(\d+)/notes", "comments"),
    (rf"POST {_P}/merge_requests/(\d+)/notes", "add"),
    (rf"PUT {_P}/merge_requests/\d+/notes/(\d+)", "edit"),
    (rf"DELETE {_P}/merge_requests/\d+/notes/(\d+)", "_removed"),
    (rf"GET {_P}/issues", "issues"),
    (rf"POST {_P}/issues", "open"),
    (rf"PUT {_P}/issues/(\d+)", "change"),
)


class _GitLab(_GitHub):
    def user(self) -> tuple[int, Any]:
        return 200, {"id": 7, "username": self.hub.me}

    def pulls(self) -> tuple[int, Any]:
        branch = self.query.get("source_branch", "")
        return 200, [self._pull_json(one) for one in self.hub.pulls if one.branch == branch]

    def comments(self, number: str) -> tuple[int, Any]:
        told = [{"id": 1, "system": True, "body": "assigned to somebody", "author": {"username": ME}}]
        return 200, told + [self._json(one) for one in self.hub.comments.get(int(number), [])]

    def issues(self) -> tuple[int, Any]:
        author = self.query.get("author_username")
        return 200, [self._issue(one) for one in self.hub.issues if one.open and one.author == author]

    def open(self, sent: Any) -> tuple[int, Any]:
        return super().open({"title": sent["title"], "body": sent["description"]})

    def change(self, number: str, sent: Any) -> tuple[int, Any]:
        state = "closed" if sent.get("state_event") == "close" else "open"
        return super().change(number, {**sent, "body": sent["description"], "state": state})

    def _json(self, one: Comment) -> Any:
        return {"id": one.id, "author": {"username": one.author}, "body": one.body, "system": False}

    def _issue(self, one: Comment) -> Any:
        return {
            "iid": one.id,
            "id": one.id + 9000,
            "author": {"username": one.author},
            "title": one.title,
            "description": one.body,
            "web_url": f"{self.hub.url}/i/{one.id}",
        }

    def _pull_json(self, one: Pull) -> Any:
        return {
            "iid": one.number,
            "sha": one.head,
            "target_branch": one.base,
            "source_project_id": 1 if one.owner == "acme" else 2,
            "target_project_id": 1,
            "state": "merged" if one.merged else "opened",
        }
