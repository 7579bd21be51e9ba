"""What integrators compile against, and what the addresses answer.

- `IPeggedToken.sol` imports nothing, compiles by itself, and the token answers every function of it
- the token answers hot selectors in place and Controls the others; no selector is in both
- ERC-165 identifiers are those of the standards, computed here from their signatures
- no contract is over 24,576 bytes
"""

from functools import cache, reduce
from operator import xor

import pytest

from pegboard.contract import selector_of, signature_of, type_of
from pegboard.errors import Reverted
from tests.support.world import ROOT, artifacts
from tests.unit.solc import compiled

#: ERC-165 identifiers, from the signatures of the standards.
STANDARDS = {
    "ERC-165": ["supportsInterface(bytes4)"],
    "ERC-20": [
        "totalSupply()",
        "balanceOf(address)",
        "transfer(address,uint256)",
        "allowance(address,address)",
        "approve(address,uint256)",
        "transferFrom(address,address,uint256)",
    ],
    "ERC-20 metadata": ["name()", "symbol()", "decimals()"],
    "ERC-2612": [
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
        "nonces(address)",
        "DOMAIN_SEPARATOR()",
    ],
    "ERC-3009": [
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
        "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
        "authorizationState(address,bytes32)",
    ],
    "ERC-3009 cancel": ["cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)"],
    "ERC-5267": ["eip712Domain()"],
    "ERC-7597": ["permit(address,address,uint256,uint256,bytes)"],
    "ERC-7598": [
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
        "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
    ],
    "ERC-7699": [
        "transfer(address,uint256,bytes)",
        "transferFrom(address,address,uint256,bytes)",
    ],
}
KNOWN_IDS = {
    "ERC-165": "01ffc9a7",
    "ERC-20": "36372b07",
    "ERC-20 metadata": "a219a025",
    "ERC-2612": "9d8ff7da",
    "ERC-7699": "1522573a",
}
VIEWS = ("view", "pure")


def identifier(signatures):
    """The exclusive or of the selectors (ERC-165)."""
    return reduce(xor, (int.from_bytes(selector_of(s)) for s in signatures)).to_bytes(4)


SHOP = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
contract Shop {
    function take(IPeggedToken token, address from, uint256 value) external {
        if (!token.canReceive(address(this))) revert IPeggedToken.BlacklistedAccount(address(this));
        token.transferFrom(from, address(this), value);
    }
}
"""


@cache
def sources():
    """The interfaces, and an integrator's contract that imports one of them."""
    files = {f"interfaces/{p.name}": p.read_text() for p in (ROOT / "interfaces").glob("*.sol")}
    return compiled(files | {"Shop.sol": SHOP})


def interface(name):
    """The ABI of one of our interfaces."""
    return sources()[f"interfaces/{name}.sol"][name]["abi"]


def signatures(name):
    """The functions of a contract, or of an interface; a feed's with those it delegates."""
    is_interface = (ROOT / "interfaces" / f"{name}.sol").exists()
    abi = interface(name) if is_interface else artifacts()[name].abi
    if name == "ReserveFeed":
        abi = artifacts().feed_abi
    return {signature_of(item) for item in abi if item["type"] == "function"}


@pytest.mark.parametrize("standard", STANDARDS)
def test_supports_the_standard(token, standard):
    assert token.call("supportsInterface", identifier(STANDARDS[standard])) is True


@pytest.mark.parametrize("standard", KNOWN_IDS)
def test_the_identifiers_are_those_of_the_standards(standard):
    """Checks the lists above against identifiers that the standards print."""
    assert identifier(STANDARDS[standard]).hex() == KNOWN_IDS[standard]


@pytest.mark.parametrize("other", ["ffffffff", "00000000", "80ac58cd", "deadbeef"])
def test_supports_nothing_else(token, other):
    """0xffffffff is never supported (ERC-165); 0x80ac58cd would be an NFT."""
    assert token.call("supportsInterface", bytes.fromhex(other)) is False


@pytest.mark.parametrize("standard", STANDARDS)
def test_answers_every_function_of_the_standard(standard):
    known = signatures("PeggedToken") | signatures("Controls")
    assert set(STANDARDS[standard]) <= known


def test_the_hot_list_is_the_tokens_abi(world, create):
    """`HotSelectors` is exactly what the token answers in place."""
    token, controls = world.token, world.suite.controls.address
    successor = create(world, "Successor", "Any", "HKD", controls, 28)
    listed = list(successor.call("hotSelectors"))
    own = {token.selector(s) for s in signatures("PeggedToken")}
    assert len(listed) == len(set(listed)) == len(own)
    assert set(listed) == own


def test_controls_has_no_hot_selector(token):
    """The two sets are disjoint, and Controls says so."""
    assert not signatures("PeggedToken") & signatures("Controls")
    both = signatures("PeggedToken") | signatures("Controls")
    assert len({token.selector(s) for s in both}) == len(both)
    assert token.call("hotSelectors") == ()
    assert not [x for x in artifacts()["Controls"].abi if x["type"] in ("fallback", "receive")]


def test_the_two_interfaces_are_everything():
    """`IPeggedToken` and `IControls` together are the whole ABI, but for what the manager asks."""
    declared = signatures("IPeggedToken") | signatures("IControls") | signatures("IRestricted")
    assert signatures("PeggedToken") | signatures("Controls") == declared


#: What each contract answers, and what it inherits of the library, or was made with, besides.
ANSWERS = {
    "ReserveFeed": ("IReserveFeed", "AggregatorV3Interface", "IRestricted"),
    "CurrencyRegistry": ("ICurrencyRegistry", "IRestricted"),
    "AuditRegister": ("IAuditRegister", "IRestricted"),
    "CustomerRegister": ("ICustomerRegister", "IRestricted"),
    "BusinessCalendar": ("IBusinessCalendar", "IRestricted"),
    "IssuanceDesk": ("IIssuanceDesk", "IRestricted"),
    "RedemptionDesk": ("IRedemptionDesk", "ISurrenderReceiver", "IRestricted"),
    "LawfulOrders": ("ILawfulOrders", "IRestricted"),
    "PauseBySignature": ("IPauseBySignature", "IRestricted"),
    "AuditViews": ("IAuditViews",),
}
BESIDES = {
    "ReserveFeed": {"eip712Domain()"},
    "CustomerRegister": {"eip712Domain()"},
    "PauseBySignature": {"eip712Domain()"},
    "LawfulOrders": {"multicall(bytes[])"},
    "AuditViews": {"registry()", "redemptionDesk()"},
}


@pytest.mark.req("HK-01")
@pytest.mark.parametrize("name", ANSWERS)
def test_an_interface_is_answered_whole(name):
    """And nothing else is: what a contract can be asked stands in its interfaces."""
    declared = set().union(*(signatures(one) for one in ANSWERS[name]))
    assert signatures(name) == declared | BESIDES.get(name, set())


def test_the_authority_answers_what_it_adds():
    assert signatures("IExpelling") <= signatures("Authority")


@pytest.mark.parametrize("name", ["Authority", "Controls", "FeedControls", "PeggedToken", *ANSWERS])
def test_no_contract_is_over_the_limit(name):
    """EIP-170."""
    assert 0 < len(artifacts()[name].runtime) <= 24_576
    assert len(artifacts()[name].creation) <= 49_152


def neutral(item):
    """Zero for every argument."""
    empty = {"address": "0x" + "00" * 20, "bool": False, "bytes": b"", "string": ""}

    def of(kind):
        if kind.endswith("[]"):
            return []
        return empty.get(kind, bytes(32)[: int(kind[5:] or 0)] if kind.startswith("bytes") else 0)

    return [of(type_of(parameter)) for parameter in item["inputs"]]


def test_the_token_answers_every_function(token):
    """Each is answered, or refused by a named error: no selector is unknown."""
    answered, refused = [], {}
    for signature in signatures("IPeggedToken"):
        try:
            token.call(signature, *neutral(token.function(signature)))
            answered.append(signature)
        except Reverted as fault:
            refused[signature] = fault.name
    views = {
        signature_of(x) for x in interface("IPeggedToken") if x.get("stateMutability") == "view"
    }
    assert set(answered) == views
    assert set(refused) == signatures("IPeggedToken") - views
    assert all(refused.values()), refused


def test_the_interface_stands_alone():
    """An integrator takes one file: it imports nothing, and compiles with their contract."""
    source = (ROOT / "interfaces" / "IPeggedToken.sol").read_text()
    assert not [line for line in source.splitlines() if line.startswith("import")]
    both = compiled({"interfaces/IPeggedToken.sol": source, "Shop.sol": SHOP})
    assert both["Shop.sol"]["Shop"]["evm"]["deployedBytecode"]["object"]


def test_an_integrator_reads_a_balance(world, token, create, holder, stranger):
    """`BalanceReader` compiles against the interface alone."""
    reader = create(world, "BalanceReader")
    receipt = reader.send("read", token.address, holder.address, sender=stranger.address)
    assert reader.events(receipt.logs)[0][1]["balance"] == 1_000_000_000
