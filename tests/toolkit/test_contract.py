"""Calldata in and out, and refusals by their names."""

import pytest
from eth_abi import encode

from pegboard.contract import Artifacts, Contract, named, selector_of, signature_of, type_of
from pegboard.errors import ArtifactError, ConfigError, Reverted, safe_text
from pegboard.explain import ADVICE, refusal
from tests.support.world import REF, artifacts, currencies
from tests.unit.verbs import CODE


class Echo:
    """A chain that answers every call with the same bytes, or refuses."""

    chain_id = 31337

    def __init__(self, answer=b"", refusal=None):
        self.answer, self.refusal, self.sent = answer, refusal, []

    def call(self, to, data, sender=None):
        self.sent.append((to, data, sender))
        if self.refusal is not None:
            raise Reverted(self.refusal)
        return self.answer


#: Every contract that a deployment makes, but the library's manager.
OURS = [name for kind, names in CODE.items() if kind != "authority" for name in names]
TOKEN = "0x5B6352c771677504C1F0f264DC1fb85108a8b244"
HOLDER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"


def token(chain):
    return Contract(chain, TOKEN, artifacts().token_abi, artifacts().errors)


def error_data(signature, types, values):
    return selector_of(signature) + encode(types, values)


def test_known_selectors():
    contract = token(Echo())
    assert contract.selector("transfer") == bytes.fromhex("a9059cbb")
    assert contract.selector("transfer(address,uint256,bytes)") == selector_of(
        "transfer(address,uint256,bytes)"
    )
    assert contract.encode("balanceOf", HOLDER)[4:] == encode(["address"], [HOLDER])


def test_tuples_are_spelled_out():
    item = token(Echo()).function("pay(bytes32,uint8,(address,uint96)[],uint256)")
    assert type_of(item["inputs"][2]) == "(address,uint96)[]"
    assert signature_of(item) == "pay(bytes32,uint8,(address,uint96)[],uint256)"


def test_results_are_decoded_and_addresses_checksummed():
    chain = Echo(encode(["address"], [HOLDER.lower()]))
    assert token(chain).call("implementation") == HOLDER
    chain = Echo(encode(["uint256", "uint256", "uint256"], [1, 2, 3]))
    assert token(chain).call("mintRateLimit", sender=HOLDER) == (1, 2, 3)
    assert chain.sent[0][2] == HOLDER


def test_a_refusal_has_its_name_and_evidence():
    data = error_data("ReserveExceeded(uint256,uint256)", ["uint256"] * 2, [5_000_000, 1_000_000])
    with pytest.raises(
        Reverted, match=r"ReserveExceeded\(value=5000000, headroom=1000000\)"
    ) as caught:
        token(Echo(refusal=data)).call("reserveHeadroom")
    text = refusal(caught.value, artifacts().notices, currencies()["HKD"])
    assert text.startswith("ReserveExceeded: Minting `value` would exceed the usable reserves")
    assert "value 5.00 HKD, headroom 1.00 HKD" in text
    assert "mint less" in text


def test_the_reason_inside_a_reason_is_named_too():
    inner = error_data("Disputed(bytes32)", ["bytes32"], [REF])
    data = error_data("ReserveUnavailable(address,bytes)", ["address", "bytes"], [TOKEN, inner])
    fault = named(Reverted(data), artifacts().errors)
    assert fault.arguments["reason"] == f"Disputed(ref=0x{REF.hex()})"
    text = refusal(fault, artifacts().notices, None)
    assert "A break is reported" in text
    assert "RESUMER" in text


def test_strings_and_unknown_refusals():
    data = error_data("Error(string)", ["string"], ["no"])
    assert str(named(Reverted(data), {})) == "Error(reason=no)"
    unknown = named(Reverted(bytes.fromhex("deadbeef")), artifacts().errors)
    assert str(unknown) == "refused without a known reason (0xdeadbeef)"
    assert refusal(unknown, {}, None) == str(unknown)


def test_advice_is_only_for_errors_that_exist():
    known = {item["name"] for item in artifacts().errors.values()}
    assert set(ADVICE) <= known


def test_every_error_of_ours_says_what_it_means():
    theirs = (
        "SafeERC20",
        "SafeCast",
        "InvalidShortString",
        "StringTooLong",
        "Address",
        "FailedCall",
        "ReentrancyGuard",
    )
    own = {
        item["name"]
        for name in OURS
        for item in artifacts()[name].abi
        if item["type"] == "error" and not item["name"].startswith(theirs)
    }
    assert len(own) > 110
    assert own <= set(artifacts().notices)


def test_uncompiled_contracts_are_one_sentence(tmp_path):
    with pytest.raises(ArtifactError, match="make compile"):
        Artifacts(tmp_path / "nothing.json")
    with pytest.raises(ArtifactError, match="Nothing was not compiled"):
        artifacts()["Nothing"]


def test_errors_of_others_lose_the_nodes_address():
    fault = ConfigError("cannot reach https://user:secret@node.example/v3/key now")
    assert "secret" not in safe_text(fault)
    assert safe_text(ConnectionError("https://node/key")) == "ConnectionError"
