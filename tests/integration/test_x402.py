"""x402: a client and a facilitator of the registry's package, unchanged, with our token on Anvil.

client
├── given a resource that costs: pays it without gas, and gets it with the receipt
├── given a payer without the money: gets the reason, and nothing is moved
└── given a payment that was used: pays for nothing more

facilitator
├── given a payment of `pay sign`: verifies and settles it, and our relayer finds it paid
└── given one that was changed: refuses it, as our relayer does

wire format
└── what we write, the package reads and writes as the same
"""

import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from x402 import x402ClientSync, x402FacilitatorSync
from x402.http.clients.requests import x402_requests
from x402.http.utils import decode_payment_required_header, decode_payment_response_header
from x402.mechanisms.evm.exact.register import (
    register_exact_evm_client,
    register_exact_evm_facilitator,
)
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.schemas import PaymentPayload, PaymentRequired, SettleResponse

from pegboard.errors import InputError
from pegboard.sending.courier import Courier
from pegboard.sending.journal import Journal
from pegboard.uses import history, payments, relay, x402
from pegboard.uses.payments import Payment
from tests.support.anvil import AnvilChain
from tests.support.errands import KeySigner, quick
from tests.support.faulty import Wire
from tests.support.world import build_world, key

PAYER, POOR, MERCHANT, RELAYER = 20, 21, 22, 33
PRICE = 1_250_000
NETWORK = "eip155:31337"


@pytest.fixture(scope="module")
def world():
    with AnvilChain() as chain:
        world = build_world(chain)
        world.fund(key(PAYER).address, 10**9)
        yield world


class Shop:
    """A resource behind 402, sold for our token; the relayer's account settles."""

    def __init__(self, world, folder):
        self.world, self.folder = world, folder
        self.wanted = x402.requirements(world.token, key(MERCHANT).address, PRICE, 3_600)
        self.asked = 0

    def settle(self, header):
        """The answer for a header of a payment: its status, the receipt, and why not."""
        try:
            payment = x402.decode_header(header)
        except InputError as fault:
            return None, str(fault)
        if not payment.meets(self.wanted):
            return None, "not what was asked for"
        suite = self.world.suite
        [item] = relay.examine(suite, [relay.Item("header", payment)])
        if item.state == relay.DONE:
            return None, relay.SPENT
        [item] = relay.submit(suite, [item], key(RELAYER).address, self.deliver)
        if item.state != relay.DONE:
            return None, item.code
        return x402.settled(payment, item.tx), ""

    def deliver(self, wishes):
        chain = self.world.chain
        journal = Journal(self.folder / "relayer.sqlite", 31337, chain.genesis())
        signer = KeySigner(RELAYER)
        sends = Courier(Wire(chain.port), journal, quick(), {signer.address: signer})
        yield from sends.deliver_all(wishes)

    @contextmanager
    def open(self):
        """Its address."""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                shop.asked += 1
                header = self.headers.get(x402.SIGNATURE)
                receipt, why = shop.settle(header) if header else (None, "")
                self.send_response(200 if receipt else 402)
                if receipt:
                    self.send_header(x402.RESPONSE, x402.encode_header(receipt))
                else:
                    url = f"http://{self.headers['Host']}{self.path}"
                    needed = x402.required(shop.wanted, url, why)
                    self.send_header(x402.REQUIRED, x402.encode_header(needed))
                self.end_headers()
                self.wfile.write(b"the report" if receipt else b"{}")

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/report"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def shop(world, tmp_path):
    return Shop(world, tmp_path)


def session(world, index):
    """A session of the package's client, whose owner lets it pay in our token, up to a cap."""
    client = register_exact_evm_client(x402ClientSync(), key(index))
    ours = {"network": NETWORK, "asset": world.token.address}
    allowed = ours | {"max_amount_per_payment": str(PRICE)}
    return x402_requests(client.set_spend_controls({"allowed_assets": [allowed]}))


def balances(world):
    at = (key(PAYER).address, key(MERCHANT).address)
    return [world.token.call("balanceOf", account) for account in at]


def nonce(world, index):
    sent = world.chain.result("eth_getTransactionCount", [key(index).address, "latest"])
    return int(sent, 16)


# The client


def test_an_unchanged_client_pays_a_resource(world, shop):
    before, sent = balances(world), nonce(world, RELAYER)
    with shop.open() as url:
        answer = session(world, PAYER).get(url)
    assert (answer.status_code, answer.text, shop.asked) == (200, "the report", 2)
    receipt = decode_payment_response_header(answer.headers[x402.RESPONSE])
    assert receipt.success
    assert (receipt.payer, receipt.network) == (key(PAYER).address, NETWORK)
    assert receipt.amount == str(PRICE)
    [move] = history.transfers(world.token, history.receipt(world.chain, receipt.transaction))
    assert (move.sender, move.to, move.value, move.gasless) == (
        *(key(PAYER).address, key(MERCHANT).address),
        *(PRICE, True),
    )
    assert balances(world) == [before[0] - PRICE, before[1] + PRICE]
    assert (nonce(world, PAYER), nonce(world, RELAYER)) == (0, sent + 1)


def test_a_payer_without_the_money_gets_the_reason(world, shop):
    before, sent = balances(world), nonce(world, RELAYER)
    with shop.open() as url:
        answer = session(world, POOR).get(url)
    assert (answer.status_code, shop.asked) == (402, 2)
    needed = decode_payment_required_header(answer.headers[x402.REQUIRED])
    assert needed.error == "invalid_exact_evm_insufficient_balance"
    assert (balances(world), nonce(world, RELAYER)) == (before, sent)


def test_a_payment_buys_once(world, shop):
    with shop.open() as url:
        first = session(world, PAYER).get(url)
        header = first.request.headers[x402.SIGNATURE]
        before, sent = balances(world), nonce(world, RELAYER)
        again = requests.get(url, headers={x402.SIGNATURE: header}, timeout=30)
        cut = requests.get(url, headers={x402.SIGNATURE: header[:-8]}, timeout=30)
    assert (first.status_code, again.status_code, cut.status_code) == (200, 402, 402)
    needed = decode_payment_required_header(again.headers[x402.REQUIRED])
    assert needed.error == "invalid_exact_evm_nonce_already_used"
    assert (balances(world), nonce(world, RELAYER)) == (before, sent)


# The facilitator


def signed(world, number, units=PRICE):
    """What `pay sign` writes."""
    payer, now = key(PAYER), world.chain.now()
    payment = Payment(world.peg, payer.address, key(MERCHANT).address, units, bytes(32))
    wanted = payments.authorization(payment, number.to_bytes(32), 0, now + 3_600)
    signature = bytes(payer.sign_message(wanted.signable(world.token)).signature)
    return payments.signed_payment(world.peg, wanted, signature, now)


@pytest.fixture
def facilitator(world):
    """The package's own, unchanged."""
    port = world.chain.port
    signer = FacilitatorWeb3Signer(key(RELAYER).key.hex(), f"http://127.0.0.1:{port}")
    made = x402FacilitatorSync()
    return register_exact_evm_facilitator(made, signer, networks=NETWORK)


def test_an_unchanged_facilitator_settles_what_we_sign(world, facilitator):
    file = signed(world, 7)
    payload = PaymentPayload.model_validate_json(json.dumps(file.as_json()))
    verdict = facilitator.verify(payload, payload.accepted)
    assert (verdict.is_valid, verdict.payer) == (True, key(PAYER).address)
    before = balances(world)
    receipt = facilitator.settle(payload, payload.accepted)
    assert receipt.success
    assert balances(world) == [before[0] - PRICE, before[1] + PRICE]
    [item] = relay.examine(world.suite, [relay.Item("it", file)])
    assert (item.state, item.tx) == (relay.DONE, receipt.transaction)


def test_both_refuse_what_was_changed(world, facilitator):
    file = signed(world, 8)
    more = replace(file.authorization, value=PRICE + 1)
    asked = replace(file.requirements, amount=PRICE + 1)
    changed = replace(file, authorization=more, requirements=asked)
    payload = PaymentPayload.model_validate_json(json.dumps(changed.as_json()))
    verdict = facilitator.verify(payload, payload.accepted)
    [item] = relay.examine(world.suite, [relay.Item("it", changed)])
    assert (verdict.is_valid, item.state) == (False, relay.REFUSED)
    assert verdict.invalid_reason == item.code == "invalid_exact_evm_payload_signature"


# The wire format


def test_the_package_reads_and_writes_the_same(world):
    file = signed(world, 9)
    written = file.as_json()
    read = PaymentPayload.model_validate(written)
    assert read.model_dump(by_alias=True, exclude_none=True) == written
    assert x402.parse(read.model_dump_json(by_alias=True, exclude_none=True).encode(), "it") == file
    needed = x402.required(file.requirements, "http://127.0.0.1/report", "why")
    parsed = PaymentRequired.model_validate(needed)
    assert parsed.model_dump(by_alias=True, exclude_none=True) == needed
    for receipt in (x402.settled(file, "0x" + "11" * 32), x402.settled(file, "", "paused")):
        parsed = SettleResponse.model_validate(receipt)
        assert parsed.model_dump(by_alias=True, exclude_none=True) == receipt
