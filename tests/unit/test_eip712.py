"""Typed data: what a wallet signs is what the token checks.

the vectors
├── agree with the signing library: digest, v, r and s
└── are accepted by a token of their name, at their address, on their chain

the domain
├── is what eip712Domain() says, and what a wallet computes from it
├── follows the live chain id
└── follows the token's address
"""

import json
from pathlib import Path

import pytest
from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address

from tests.support.refusal import refused
from tests.support.revm import RevmChain
from tests.support.signed import FORMS, TYPES, Signature, sign, spelled
from tests.support.world import build_world, key

VECTORS = json.loads((Path(__file__).parent / "eip712_vectors.json").read_text())
CASES = {case["type"]: case for case in VECTORS["cases"]}
DOMAIN = VECTORS["domain"]
SIGNER = VECTORS["signer"]
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def message_of(case):
    """The message with its numbers as numbers."""
    kinds = {field["name"]: field["type"] for field in TYPES[case["type"]]}
    read = {
        "uint256": int,
        "address": str,
        "bytes32": lambda text: bytes.fromhex(text[2:]),
    }
    return {name: read[kinds[name]](value) for name, value in case["message"].items()}


def signature_of(case):
    return Signature(case["v"], int(case["r"], 16), int(case["s"], 16))


def separator(name, version, chain_id, address):
    """A wallet's own computation."""
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak(text=DOMAIN_TYPE), keccak(text=name), keccak(text=version), chain_id, address],
        )
    )


@pytest.mark.parametrize("kind", CASES)
def test_the_vectors_agree_with_the_signing_library(kind):
    """I19: the same digest, and deterministic signatures to the bit."""
    case = CASES[kind]
    signable = encode_typed_data(DOMAIN, {kind: TYPES[kind]}, message_of(case))
    digest = keccak(b"\x19\x01" + signable.header + signable.body)
    assert "0x" + digest.hex() == case["digest"]
    signed = Account.sign_message(signable, VECTORS["private_key"])
    assert Signature(signed.v, signed.r, signed.s) == signature_of(case)
    assert signed.v in (27, 28)


@pytest.mark.parametrize("kind", CASES)
def test_the_type_hashes_are_of_the_types(kind):
    fields = ",".join(f"{f['type']} {f['name']}" for f in TYPES[kind])
    assert "0x" + keccak(text=f"{kind}({fields})").hex() == VECTORS["typehashes"][kind]


@pytest.fixture
def vector_token(own_world, create):
    """A token of the vectors' name whose code stands at the vectors' address."""
    controls = own_world.suite.controls.address
    made = create(own_world, "PeggedToken", DOMAIN["name"], "TUSD", 6, "USD", controls)
    chain, at = own_world.chain, DOMAIN["verifyingContract"]
    chain.put_code(at, chain.code(made.address))
    chain.evm.insert_account_storage(at, 1 << 160 | int(SIGNER, 16), 5)
    slot = int.from_bytes(keccak(text="eip1967.proxy.implementation")) - 1
    chain.evm.insert_account_storage(at, slot, int(controls, 16))
    assert chain.chain_id == DOMAIN["chainId"]
    return own_world.token.at(at)


def test_the_separator_is_that_of_the_vectors(vector_token):
    """I19: DOMAIN_SEPARATOR, also where the code runs at another address than it was made for."""
    assert vector_token.call("DOMAIN_SEPARATOR") == VECTORS["domain_separator"]
    assert "0x" + separator(*DOMAIN.values()).hex() == VECTORS["domain_separator"]


@pytest.mark.parametrize("form", FORMS)
def test_the_token_accepts_the_vectors(own_world, vector_token, form):
    """I19: each signature does what its message says."""
    token, relayer = vector_token, own_world.holder(3).address
    permit = message_of(CASES["Permit"])
    head = (permit["owner"], permit["spender"], permit["value"], permit["deadline"])
    signature = signature_of(CASES["Permit"]).args(form)
    token.send(spelled("permit", form), *head, *signature, sender=relayer)
    assert token.call("allowance", permit["owner"], permit["spender"]) == permit["value"]

    for kind, verb in (
        ("TransferWithAuthorization", "transferWithAuthorization"),
        ("ReceiveWithAuthorization", "receiveWithAuthorization"),
    ):
        message = message_of(CASES[kind])
        before = token.call("balanceOf", message["to"])
        signature = signature_of(CASES[kind]).args(form)
        sender = message["to"] if kind.startswith("Receive") else relayer
        token.send(spelled(verb, form), *message.values(), *signature, sender=sender)
        assert token.call("balanceOf", message["to"]) == before + message["value"]

    cancel = message_of(CASES["CancelAuthorization"])
    signature = signature_of(CASES["CancelAuthorization"]).args(form)
    token.send(spelled("cancelAuthorization", form), *cancel.values(), *signature, sender=relayer)
    assert token.call("authorizationState", cancel["authorizer"], cancel["nonce"]) is True


def test_the_domain_is_what_a_wallet_computes(world, token):
    """I19: from the fields of eip712Domain(), all of them and no others."""
    fields, name, version, chain_id, address, salt, extensions = token.call("eip712Domain")
    assert (fields, salt, extensions) == ("0x0f", "0x" + "00" * 32, ())
    assert (name, version, chain_id) == (token.call("name"), "1", world.chain.chain_id)
    assert to_checksum_address(address) == token.address
    expected = separator(name, version, chain_id, address)
    assert token.call("DOMAIN_SEPARATOR") == "0x" + expected.hex()


def test_every_currency_and_chain_has_its_own_domain():
    """I19: the same address on two chains, and two currencies on one, are four domains."""
    worlds = [build_world(RevmChain(chain_id), ("HKD", "USD")) for chain_id in (31337, 31338)]
    tokens = [peg.token for w in worlds for peg in w.suite.pegs.values()]
    assert len({t.address for t in tokens}) == 2
    assert len({t.call("DOMAIN_SEPARATOR") for t in tokens}) == 4


def test_the_domain_follows_the_chain_id():
    """I19: after a fork with a new chain id old signatures are void."""
    before, fork = build_world(RevmChain(31337)), build_world(RevmChain(31338))
    owner, spender = key(20), key(21)
    token = before.token
    old = sign(owner, token, "Permit", (owner.address, spender.address, 5, 0, 2**256 - 1))

    code = before.chain.code(token.address)
    assert fork.chain.code(token.address) != code
    fork.chain.put_code(token.address, code)  # made for 31337, now on 31338
    after = fork.token
    expected = separator("Pegboard HKD", "1", 31338, token.address)
    assert after.call("DOMAIN_SEPARATOR") == "0x" + expected.hex()
    assert after.call("eip712Domain")[3] == 31338
    head = (owner.address, spender.address, 5, 2**256 - 1)
    with refused(fork, "InvalidSignature", signer=owner.address):
        after.send(spelled("permit", "vrs"), *head, *old.args("vrs"), sender=spender.address)
    new = sign(owner, after, "Permit", (owner.address, spender.address, 5, 0, 2**256 - 1))
    after.send(spelled("permit", "vrs"), *head, *new.args("vrs"), sender=spender.address)
    assert after.call("allowance", owner.address, spender.address) == 5
