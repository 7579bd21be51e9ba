"""A node's answers are believed only in the form that was asked for.

JsonRpc
├── given null, or anything of another form, where a value must be
│   └── every read refuses, in a sentence that says what to do
├── given nothing (0x) where a contract must answer
│   └── the read of the contract refuses, and a plain call is empty
├── given an error of the node
│   ├── with revert data: a refusal that carries it
│   └── of whatever form: refused, in a sentence
└── given a log that is not what its event is: refuses
"""

from types import SimpleNamespace

import pytest
from eth_abi import encode

from pegboard.chain import ApeChain, Log
from pegboard.contract import Contract, named, selector_of
from pegboard.desired import saved
from pegboard.desired.access import ask_each
from pegboard.desired.bytecode import created
from pegboard.errors import ChainError, Reverted
from pegboard.files import bulk
from pegboard.logcheck import unlogged
from pegboard.queue import _time_of
from pegboard.safes.safe import read_safe
from tests.support.world import artifacts, key

ADDRESS = key(30).address
WORD = "0x" + "00" * 31 + "07"
HASH = "0x" + "ab" * 32


def node(**answers):
    """A chain whose node gives these answers by method; null to all else."""

    class Provider:
        def make_request(self, method, params):
            found = answers.get(method)
            return found if isinstance(found, dict) and "error" in found else {"result": found}

    return ApeChain(SimpleNamespace(chain_id=1, web3=SimpleNamespace(provider=Provider())))


def token(chain):
    return Contract(chain, ADDRESS, artifacts().token_abi, artifacts().errors)


def authority(chain):
    return Contract(chain, ADDRESS, artifacts()["Authority"].abi)


#: Every read of the library over a node, and the method whose answer it needs.
READS = {
    "a call": ("eth_call", lambda c: c.call(ADDRESS, b"")),
    "a call in the past": ("eth_call", lambda c: c.at(7).call(ADDRESS, b"")),
    "code": ("eth_getCode", lambda c: c.code(ADDRESS)),
    "code in the past": ("eth_getCode", lambda c: c.at(7).code(ADDRESS)),
    "storage": ("eth_getStorageAt", lambda c: c.storage(ADDRESS, 0)),
    "the time": ("eth_getBlockByNumber", lambda c: c.now()),
    "the height": ("eth_blockNumber", lambda c: c.height()),
    "a block": ("eth_getBlockByNumber", lambda c: c.block("0x1")),
    "the first block": ("eth_getBlockByNumber", lambda c: c.genesis()),
    "the first block of a plan": ("eth_getBlockByNumber", lambda c: saved._genesis(c)),
    "events": ("eth_getLogs", lambda c: c.logs(ADDRESS, [None])),
    "a view": ("eth_call", lambda c: token(c).call("totalSupply")),
    "a view of many": ("eth_call", lambda c: bulk.ask(token(c), "canReceive", [ADDRESS])),
    "a list of views": ("eth_call", lambda c: ask_each(authority(c), "getRoleAdmin", [[1]])),
    "a creation in thought": ("eth_call", lambda c: created(c, ADDRESS, b"\x00")),
    "a Safe": ("eth_getCode", lambda c: read_safe(c, ADDRESS)),
}
#: What is no value of any kind.
WRONG = [None, 7, True, [], {}, "", "7", "0x7g", "0x" + "f" * 65, "nothing", [None]]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("name", READS)
def test_no_read_believes_what_is_no_value(name, wrong):
    """Null is what nodes answer that are behind, overloaded or pruned."""
    method, read = READS[name]
    if (name, wrong) == ("events", []):
        assert read(node(eth_getLogs=[])) == ()
        return
    with pytest.raises(ChainError) as caught:
        read(node(**{method: wrong}))
    assert not isinstance(caught.value, Reverted)
    assert "node" in str(caught.value)
    assert any(advice in str(caught.value) for advice in ("repeat", "use another", "use one"))


@pytest.mark.parametrize("wrong", [None, "0x", "0x12"])
def test_a_block_without_its_words_is_refused(wrong):
    answers = {"eth_getBlockByNumber": {"timestamp": wrong, "hash": HASH}}
    with pytest.raises(ChainError) as caught:
        node(**answers).now() if wrong != "0x12" else node().now()
    assert "the node answered" in str(caught.value)
    with pytest.raises(ChainError, match="with null, which is no data"):
        node(eth_getBlockByNumber={"timestamp": "0x1", "hash": None}).genesis()


def test_what_is_right_is_read():
    chain = node(
        eth_call=WORD,
        eth_getCode="0x",
        eth_getStorageAt=WORD,
        eth_blockNumber="0x10",
        eth_getBlockByNumber={"timestamp": "0x20", "hash": HASH},
    )
    assert token(chain).call("totalSupply") == chain.storage(ADDRESS, 0) == 7
    assert (chain.code(ADDRESS), chain.height(), chain.now()) == (b"", 16, 32)
    assert chain.genesis() == HASH


@pytest.mark.parametrize("raw", ["0x", "0x00", WORD[:-2], "0x" + "ff" * 32])
def test_a_view_that_answers_nothing_is_refused(raw):
    """No contract is there, or the node knows nothing of it."""
    chain = node(eth_call=raw)
    assert chain.call(ADDRESS, b"") == bytes.fromhex(raw[2:])
    with pytest.raises(ChainError) as caught:
        token(chain).call("name")
    told = raw if raw != "0x" else "nothing"
    assert str(caught.value) == (
        f"name of {ADDRESS} was answered with {told}, which is not (string): check the address "
        "and the network, or use another node"
    )


def test_a_transaction_whose_block_is_gone_is_refused():
    suite = SimpleNamespace(chain=node(eth_getTransactionByHash={"blockNumber": "0x1"}))
    with pytest.raises(ChainError, match="not the block 0x1: null"):
        _time_of(suite, HASH)
    suite = SimpleNamespace(chain=node())
    assert _time_of(suite, HASH) is None


def test_a_transaction_that_the_node_lost_is_refused(tmp_path, monkeypatch):
    """Its log knows it, and its list of transactions does not."""
    monkeypatch.setattr("pegboard.logcheck._operations", lambda *_: {HASH: "HKD token"})
    monkeypatch.setattr("pegboard.logcheck.resolved_holders", lambda *_: {})
    path = tmp_path / "log.jsonl"
    path.write_text("")
    with pytest.raises(ChainError, match=f"not the transaction {HASH}: null"):
        unlogged(path, SimpleNamespace(chain=node()), None, None)


@pytest.mark.parametrize("raw", ["0x", "0x00", WORD[:-2]])
def test_a_number_that_is_not_there_is_not_zero(raw):
    """Ape decodes missing bytes as zero for the whole process: nobody would own anything."""
    with pytest.raises(ChainError, match=r"totalSupply of 0x\w+ was answered with"):
        token(node(eth_call=raw)).call("totalSupply")


# Errors


@pytest.mark.parametrize(
    "error",
    [{"code": -32000}, {"message": None}, "too many requests", ["x"], 429, {"data": ""}],
    ids=repr,
)
def test_an_error_of_any_form_is_told(error):
    with pytest.raises(ChainError, match="the node answered eth_call with: ") as caught:
        node(eth_call={"error": error}).call(ADDRESS, b"")
    assert not isinstance(caught.value, Reverted)


@pytest.mark.parametrize("data", ["0xab12", {"data": "0xab12"}, {"result": "0xab12"}])
def test_revert_data_is_carried(data):
    with pytest.raises(Reverted) as caught:
        node(eth_call={"error": {"code": 3, "data": data}}).call(ADDRESS, b"")
    assert caught.value.data == bytes.fromhex("ab12")


def test_revert_data_that_is_none_is_told():
    with pytest.raises(ChainError, match="a refused eth_call with '0xab1', which is no data"):
        node(eth_call={"error": {"code": 3, "data": "0xab1"}}).call(ADDRESS, b"")


@pytest.mark.parametrize("tail", [b"", b"\xff" * 32, encode(["uint256"], [2**255])])
def test_a_refusal_that_is_cut_keeps_its_bytes(tail):
    """Its name alone would say what it does not."""
    fault = Reverted(selector_of("Error(string)") + tail)
    assert named(fault, {}) is fault


def test_a_refusal_in_words_is_read():
    fault = Reverted(selector_of("Error(string)") + encode(["string"], ["no"]))
    assert str(named(fault, {})) == "Error(reason=no)"


# Events


@pytest.mark.parametrize("cut", ["data", "topic"])
def test_a_log_that_is_not_its_event_is_refused(cut):
    contract = token(node())
    topics = (contract.topics("Transfer")[0], b"\0" * 32, b"\0" * 32)
    whole = Log(ADDRESS, topics, b"\0" * 32)
    assert contract.events([whole])[0][0] == "Transfer"
    broken = Log(ADDRESS, topics, b"") if cut == "data" else Log(ADDRESS, topics[:2], b"\0" * 32)
    with pytest.raises(ChainError, match=f"the log of {ADDRESS} was answered with nothing"):
        contract.events([broken])
