"""Checks go to the public internet and where the operator says; no spelling leads anywhere else."""

from __future__ import annotations

import threading
from ipaddress import ip_address
from typing import Any

import pytest

from flametree_cfg.errors import WrongUsage
from flametree_cfg.model import Health
from flametree_cfg.probe import Finding, Limits, Policy, Request, check_all, make_policy
from flametree_cfg.probe.addresses import Place, place_of
from flametree_cfg.probe.policy import judge_addresses
from flametree_cfg.probe.result import NoCall
from tests.probe.authority import Authority
from tests.probe.checks import Names, check_of, llm, run, telegram
from tests.probe.provider import KEY, Provider, providing


def mailbox(host: str) -> Request:
    """Ask for the check of a mail account at a host."""
    account = {"address": "a@b.test", "password": KEY, "imap_server": host, "imap_port": 993}
    accounts = [{**account, "smtp_server": host, "smtp_port": 465}]
    return Request("channel.inbox", "email", check_of("channels/email"), {"accounts": accounts}, (KEY,))


def phone(host: str) -> Request:
    """Ask for the check of a SIP account at a host."""
    given = {"server": host, "username": "u", "password": KEY}
    return Request("channel.phone", "sip", check_of("channels/sip"), given, (KEY,))


Heard = list[tuple[str, tuple[Any, ...]]]

ADDRESSES = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.01",
    "0",
    "0.0.0.0",
    "127.0.0.1.",
    "127.0.0.1..",
    "127.255.255.254",
    "10.0.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:a9fe:a9fe::80ff:fefe]",
    "[2001:db8::5efe:7f00:1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "localhost",
    "LOCALHOST.",
    "anything.localhost",
    "127%2e0%2e0%2e1",
    "127\u30020\u30020\u30021",
    "\uff11\uff12\uff17.0.0.1",
    "①②⑦.0.0.1",
    "127.0.0.1%00.example.com",
    "models.test@127.0.0.1",
    "models.test:443@127.0.0.1",
    "127.0.0.1\\@models.test",
    "metadata.google.internal",
    "METADATA.google.internal.",
]
NAMES = {
    "private_test": ["10.1.2.3"],
    "mapped_test": ["::ffff:10.1.2.3"],
    "mixed_test": ["93.184.216.34", "10.1.2.3"],
    "six_test": ["2606:2800:220:1::1", "fe80::1"],
    "nat_test": ["64:ff9b::7f00:1"],
    "metadata_test": ["169.254.169.254"],
}


@pytest.mark.parametrize("host", ADDRESSES)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_spellings_of_forbidden_addresses(host: str, scheme: str, heard: Heard) -> None:
    """Each is refused without a question to a resolver, and without a connection."""
    result = run(llm(f"{scheme}://{host}/v1"), Policy())

    assert result.health is Health.NOT_CHECKED
    assert result.finding in (Finding.FORBIDDEN, Finding.UNFIT)
    assert heard == []


@pytest.mark.parametrize("host", [host.strip("[]") for host in ADDRESSES])
@pytest.mark.parametrize("kind", ["email", "sip"])
def test_spellings_for_mail_and_calls(kind: str, host: str, heard: Heard) -> None:
    """What is not spoken to over HTTP is judged the same way."""
    result = run(mailbox(host) if kind == "email" else phone(host), Policy())

    assert result.health is Health.NOT_CHECKED
    assert result.finding in (Finding.FORBIDDEN, Finding.UNFIT)
    assert heard == []


def test_there_are_forty() -> None:
    """The list above is not cut by accident."""
    assert len(set(ADDRESSES)) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_to_forbidden_addresses(name: str, heard: Heard) -> None:
    """One answer out of bounds is enough, wherever it stands; the name is looked up once."""
    host = name.replace("_", ".")
    names = Names(**NAMES)
    result = names.run(llm(f"https://{host}/v1"), Policy())

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.FORBIDDEN)
    assert result.message.startswith(f"{host} (")
    assert names.asked == [host]
    assert heard == []


def test_a_refusal_says_where_it_leads_and_what_to_do() -> None:
    """A person sees the address behind the name, and the operator's flag."""
    result = Names(**NAMES).run(llm("https://private.test/v1"), Policy())

    assert result.message == (
        "private.test (10.1.2.3) leads to a private network; an operator can allow it with --allow-address"
    )


def test_the_connection_goes_to_what_was_judged(authority: Authority, heard: Heard) -> None:
    """The name is looked up once; TLS and `Host` still speak of the name."""
    names = Names(models_test=["127.0.0.1"])
    policy = make_policy(["models.test"], authorities=str(authority.file))
    with providing(authority.context("models.test")) as provider:
        result = names.run(llm(f"https://Models.test:{provider.port}/v1"), policy)

    assert result.health is Health.HEALTHY
    assert names.asked == ["models.test"]
    assert heard == [("socket.connect", heard[0][1])]
    assert heard[0][1][1] == ("127.0.0.1", provider.port)
    (asked,) = provider.asked
    assert (asked.server_name, asked.headers["host"]) == ("models.test", f"models.test:{provider.port}")


def test_the_next_address_is_tried(provider: Provider) -> None:
    """Of several addresses the first that takes the connection is called, once."""
    names = Names(models_test=["127.0.0.9", "127.0.0.1"])
    result = names.run(llm(f"http://models.test:{provider.port}/v1"), make_policy(["127.0.0.0/8"]))

    assert result.health is Health.HEALTHY
    assert names.asked == ["models.test"]
    assert len(provider.asked) == 1


@pytest.mark.parametrize("allowed", ["127.0.0.0/8", "127.0.0.1", "localhost"])
def test_the_operator_allows(provider: Provider, allowed: str) -> None:
    """What the operator lists is called, in clear too; `localhost` needs nobody to look it up."""
    result = run(llm(f"http://localhost:{provider.port}/v1"), make_policy([allowed]))

    assert result.health is Health.HEALTHY


def test_an_allowed_name_does_not_open_the_metadata_service() -> None:
    """A name may lead to private networks, but to a link or a cloud's metadata only as a CIDR."""
    result = Names(**NAMES).run(llm("https://metadata.test/v1"), make_policy(["metadata.test"]))

    assert result.finding is Finding.FORBIDDEN
    assert "a cloud's metadata service" in result.message


def test_a_key_does_not_travel_in_clear() -> None:
    """The public internet is called over TLS only."""
    result = Names(models_test=["93.184.216.34"]).run(llm("http://models.test/v1"), Policy())

    assert (result.health, result.finding) == (Health.NOT_CHECKED, Finding.FORBIDDEN)
    assert result.message.startswith("models.test would be sent a key in clear: write https, or ")


@pytest.mark.parametrize("port", [22, 25, 6379, 11211])
def test_ports_of_other_services(port: int, heard: Heard) -> None:
    """Nothing that could take an HTTP request for its own commands is spoken to, wherever it is."""
    result = run(llm(f"https://127.0.0.1:{port}/v1"), make_policy(["127.0.0.0/8"]))

    assert result.message == f"port {port} of 127.0.0.1 belongs to a service that is no HTTP API"
    assert heard == []


def test_an_endpoint_takes_the_place_of_the_provider(provider: Provider) -> None:
    """What the operator names is called without being listed; other types are not."""
    policy = make_policy(endpoints=[f"telegram={provider.url('/local/')}"])
    stood_in, other = run(telegram(), policy), run(llm(provider.url("/v1")), policy)

    assert stood_in.health is Health.HEALTHY
    assert other.finding is Finding.FORBIDDEN
    assert [asked.path.split("/")[1] for asked in provider.asked] == ["local"]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("93.184.216.34", Place.PUBLIC),
        ("2606:2800:220:1::1", Place.PUBLIC),
        ("64:ff9b::5db8:d822", Place.PUBLIC),
        ("64:ff9b::a00:1", Place.PRIVATE),
        ("100.64.0.1", Place.SHARED),
        ("2002:5db8:d822::1", Place.TUNNEL),
        ("240.0.0.1", Place.RESERVED),
        ("4000::1", Place.RESERVED),
        ("fec0::1", Place.PRIVATE),
    ],
)
def test_places(address: str, place: Place) -> None:
    """Addresses belong where the registries put them, whatever they are wrapped in."""
    assert place_of(ip_address(address)) is place


def test_the_public_internet_is_open() -> None:
    """Public addresses pass over TLS; one more that is not public closes the whole name."""
    public, private = ip_address("93.184.216.34"), ip_address("10.0.0.1")
    judge_addresses(Policy(), "models.test", "https", [public])

    with pytest.raises(NoCall):
        judge_addresses(Policy(), "models.test", "https", [public, private])


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "300.1.1.1", "http://host", "a b", "host:80", "-x"])
def test_allowed_addresses_have_to_be_some(text: str) -> None:
    """A typing error of the operator opens nothing."""
    with pytest.raises(WrongUsage, match="The allowed address is none"):
        make_policy([text])


@pytest.mark.parametrize(
    "text", ["telegram", "telegram=", "=http://h", "telegram=ftp://h", "t=http://u:p@h", "t=http://h?q", "t=http://h:x"]
)
def test_endpoints_have_to_be_some(text: str) -> None:
    """A base URL without user, password and query is needed; what was given is not repeated."""
    with pytest.raises(WrongUsage, match="The endpoint cannot be used") as caught:
        make_policy(endpoints=[text])

    assert "u:p" not in str(caught.value)


def test_authorities_that_are_not_there() -> None:
    """A file of authorities that cannot be read is the operator's to repair."""
    with pytest.raises(WrongUsage, match="authorities cannot be read"):
        check_all([telegram()], make_policy(authorities="gone.pem"))


def test_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver may never answer: the check, and the program, do not wait for it."""
    answer = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answer.wait(60) and [])
    (result,) = check_all([llm("https://models.test/v1")], Policy(), Limits(deadline_s=0.2))
    waited_for = answer.is_set()
    answer.set()

    assert result.finding is Finding.TIMEOUT
    assert not waited_for
