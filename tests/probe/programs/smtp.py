"""A mail server that takes one login (aiosmtpd): CERTIFICATE `start`|`turn` USER PASSWORD; prints its port."""

from __future__ import annotations

import asyncio
import ssl
import sys

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

certificate, way, user, password = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate)


def knows(_: object, __: object, ___: object, ____: str, given: LoginPassword) -> AuthResult:
    """Compare a login with the one we know."""
    known = (given.login.decode(), given.password.decode()) == (user, password)
    return AuthResult(success=known, handled=False)


def session() -> SMTP:
    """Speak with one client."""
    turn = context if way == "turn" else None
    return SMTP(
        Sink(), authenticator=knows, auth_require_tls=way == "turn", tls_context=turn, require_starttls=bool(turn)
    )


async def serve() -> None:
    """Serve for ever."""
    listening = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", 0, ssl=context if way == "start" else None
    )
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


asyncio.run(serve())
