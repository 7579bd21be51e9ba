"""Whatever holds the key, the same bytes are asked for, checked, kept and sent.

An Ape account signs
├── given a key file: its transaction is included
└── given a device that declines: nothing is sent
Secrets
└── neither the address of a node nor a key is in an error or the journal
Keys and chains
├── a key of the test mnemonic is refused on a live chain, whatever form it comes in
└── a real key is refused on a local chain
"""

from dataclasses import replace

import pytest
from ape import accounts, networks
from ape.exceptions import AccountsError
from ape_accounts.accounts import import_account_from_private_key
from eth_account import Account

from pegboard.chain import ApeChain, ApeSigner
from pegboard.chains import load_chains
from pegboard.cli.desk import require_right_key
from pegboard.errors import ChainError, NotPermitted
from pegboard.sending.journal import Note, Wish
from tests.support.anvil import AnvilChain
from tests.support.errands import Errand, quick
from tests.support.world import ROOT, build_world, key

PASSPHRASE = "a passphrase of the tests"
CHAINS = load_chains(ROOT / "chains.toml")


@pytest.fixture(scope="module")
def world():
    with AnvilChain() as chain:
        yield build_world(chain)


@pytest.fixture
def secret():
    return Account.create().key


@pytest.fixture
def key_file(request, secret):
    """A key that nobody knew before, in a file as `ape accounts import` writes it."""
    alias = f"pegboard-{request.node.name[:24]}-{Account.create().address[2:10].lower()}"
    made = import_account_from_private_key(alias, PASSPHRASE, secret.hex())
    yield made
    made.keyfile_path.unlink()


@pytest.fixture
def errand(world, tmp_path):
    return Errand(world, tmp_path, world.chain.port, quick())


def deliver(errand, account):
    """A payment of nothing, signed by the account."""
    token = errand.world.token
    errand.node.result("anvil_setBalance", [str(account.address), hex(10**18)])
    signer = ApeSigner(account, networks.ethereum)
    data = token.encode("transfer", errand.world.holder().address, 0)
    wish = Wish(signer.address, token.address, data, Note("pay nothing"))
    return errand.courier(signers={signer.address: signer}).deliver(wish)


def test_a_key_file(errand, key_file):
    key_file.set_autosign(True, PASSPHRASE)
    receipt = deliver(errand, key_file)
    assert [order.tx for order in errand.journal().latest(5)] == [receipt.tx]
    found = errand.node.result("eth_getTransactionByHash", [receipt.tx])
    assert found["from"] == str(key_file.address).lower()


class Declining:
    """A device whose owner presses the other button, or which has no power."""

    def __init__(self, fault):
        self.address, self._fault = Account.create().address, fault

    def sign_transaction(self, _):
        if self._fault:
            raise self._fault
        return


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (AccountsError("device is locked"), ChainError, "nothing was signed or sent"),
        (None, NotPermitted, "did not sign, so this was not sent"),
    ],
    ids=["locked", "declined"],
)
def test_a_device_that_does_not_sign(errand, fault, kind, text):
    with pytest.raises(kind, match=text):
        deliver(errand, Declining(fault))
    assert errand.journal().latest(5) == []


class Known:
    """An account that looks real, of a key that everybody knows."""

    address = key(1).address


@pytest.mark.req("HK-18")
def test_known_keys_are_refused_where_there_is_money():
    for account in (accounts.test_accounts[0], Known()):
        with pytest.raises(NotPermitted, match="is a key that everybody knows, and Ethereum"):
            require_right_key(CHAINS[1], account)
        require_right_key(CHAINS[31337], account)


@pytest.mark.req("HK-18")
def test_real_keys_are_refused_where_there_is_none(key_file):
    with pytest.raises(NotPermitted, match="is a real key, and Anvil is a local chain"):
        require_right_key(CHAINS[31337], key_file)
    require_right_key(replace(CHAINS[1], name="Live"), key_file)


@pytest.mark.parametrize(
    "fault",
    [
        ConnectionError("https://user:secret@node.example/v3/secret refused"),
        ValueError("no JSON from wss://node.example/secret"),
        RuntimeError("429 for url: http://node.example/?key=secret"),
    ],
    ids=["refused", "no JSON", "too many"],
)
def test_the_address_of_a_node_is_in_no_error(fault):
    """T8: it may carry a key."""

    class Provider:
        chain_id = 1

        class web3:  # noqa: N801
            class provider:  # noqa: N801
                @staticmethod
                def make_request(*_):
                    raise fault

    with pytest.raises(ChainError, match="the node of chain 1 does not answer") as told:
        ApeChain(Provider()).result("eth_chainId", [])
    assert "secret" not in str(told.value)
    assert told.value.__cause__ is None


def test_no_key_is_in_the_journal(errand, secret, key_file):
    """T8: what is kept is what was signed, not what signed it."""
    key_file.set_autosign(True, PASSPHRASE)
    deliver(errand, key_file)
    kept = b"".join(path.read_bytes() for path in errand.folder.rglob("*") if path.is_file())
    assert len(kept) > 4096
    for form in (bytes(secret), secret.hex().encode(), PASSPHRASE.encode()):
        assert form not in kept
