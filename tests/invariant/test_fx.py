"""Settlement of quotes, stepped beside its model.

Given two currencies with a pair and its feed, another issuer's asset, makers and takers
    when quotes are settled by allowance and by signature, replayed, altered and cancelled, while
    the feed moves and grows old, terms change, people are barred, tokens pause and time passes
        each step succeeds, or is refused with the very error that the model names
        S1  every word of tokens, nonces, signers, terms and rounds is the model's
        S2  no use has more of a currency than its ledger says, to the unit
        S3  what a barred account has never falls
        F1  both legs happen, to the unit, or nothing does
        F2  nothing stays in the contract after any call
        F3  a maker's nonce settles at most once, and never after it was cancelled
        F4  between currencies the rate was within the band of a fresh answer
        F5  a taker's signature settles only the quote, beneficiary and reference that it names
        F6  supplies are what they were
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from pegboard.uses.terms import Quote
from tests.support.desk_machine import CODES, array_slot, chance, mapping_slot, seldom, usually
from tests.support.model import MAX_VALUE, MAX_WORD, ZERO
from tests.support.stateful import ALLOWANCES, account_slot
from tests.support.uses import BAND, MAX_AGE, RATE, create, sign
from tests.support.uses_machine import (
    GOVERNOR,
    HOSTILE,
    PAUSER,
    WEATHER,
    UsesMachine,
    few_sequences,
    tell,
    whoever,
)
from tests.support.uses_model import Asset, Fx
from tests.support.world import REF, key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.contract import Contract
    from tests.support.uses_model import UsesBoard

MAKER, TAKER, SUPPLIER, DEALER = (key(i).address for i in (30, 31, 32, 39))
#: Signs quotes of MAKER when it is allowed to; and the key of a contract wallet that makes, too.
HOT, WALLET_KEY = key(48), key(49)
KEYS = {each.address: each for each in (*(key(i) for i in (30, 31, 32, 39)), HOSTILE, HOT)}
SPENT, SIGNERS = 2, 3
TERMS, ASSETS = 0, 2
ROUNDS = 1
MOMENT = 2**40 - 1
#: Nonces of three words.
NONCES = (0, 1, 2, 255, 256, 257, MAX_WORD)
WORDS = tuple(dict.fromkeys(nonce >> 8 for nonce in NONCES))
#: How far a quote is off the feed, in basis points; or to the unit at the band's edges.
OFFSETS = (
    *(0, 0, 0, 0, 0, 0, -30, 30, 64, -64, *("high", "low") * 3),
    *(66, -66, 897, "above", "below"),
)
TRADES = ("usd for hkd", "hkd for usd", "share for hkd", "usd for share")
FAULTS = ("signer", "altered", "late", "nothing", "nothing back", "other taker", "unknown", "again")

#: What may happen to those who take part.
MISHAPS = (
    "maker freeze",
    "maker blacklist",
    "taker freeze",
    "to blacklist",
    "paused",
    "old",
    "closed",
    "delisted",
    "unknown",
)

ACTIONS = (
    *WEATHER,
    "allow a share",
    "cancel",
    "cancelAuthorization",
    "delistAsset",
    "hostile calls",
    "listAsset",
    "look",
    "narrowPair",
    "openPair",
    "push",
    "setSigner",
    "settle",
    "settle at an edge",
    "settle by a signer",
    "settle of a contract",
    "settle of a share",
    "settle to another",
    "settle with a share",
    "settleFor",
    "settleFor of a share",
    "would settle",
)
REFUSALS = (
    "AccessManagedUnauthorized",
    "AssetMiscounted",
    "AuthorizationSpent",
    "BeneficiaryBarred",
    "BlacklistedAccount",
    "CallerNotPayee",
    "ERC20InsufficientAllowance",
    "ERC20InsufficientBalance",
    "ERC20InvalidReceiver",
    "FrozenAccount",
    "InvalidAsset",
    "InvalidPair",
    "InvalidQuote",
    "InvalidQuoteSignature",
    "InvalidSignature",
    "NonceSpent",
    "NotNarrower",
    "NotPegged",
    "NotTradable",
    "PairNotOpen",
    "PairsOpen",
    "Paused",
    "QuoteExpired",
    "RateOutOfBand",
    "RateStale",
    "UnverifiedAccount",
    "WrongTaker",
)

trades = chance((*TRADES[:2], *TRADES))
offsets = chance(OFFSETS)
makers = chance((MAKER, MAKER, MAKER, DEALER, "wallet"))
takers = chance((*(TAKER,) * 4, DEALER, MAKER, SUPPLIER))
receivers = chance(("taker", "taker", SUPPLIER, SUPPLIER, "maker", "odd"))
faults = chance((None,) * 30 + FAULTS)
mishaps = chance((None,) * 27 + MISHAPS)
sizes = chance((*(10**6 + 7,) * 4, *(10**9,) * 4, 10**13, 99))


class FxMachine(UsesMachine):
    """Everything that decides whether two movements happen."""

    use = "fx"
    heard = ("FxSettle",)
    people = (MAKER, TAKER, SUPPLIER, DEALER, HOSTILE.address)
    share: ClassVar[Contract]
    wallet: ClassVar[Contract]

    # Preparation

    def found(self) -> None:
        """Another issuer's share, and a wallet that is a contract."""
        cls, world, fx = type(self), self.market.world, self.suite.uses.fx
        cls.share = create(world, "FundShare", MAKER, 10**12)
        cls.wallet = create(world, "SmartWallet", WALLET_KEY.address)
        for each in (TAKER, DEALER, self.wallet.address):
            self.share.send("transfer", each, 10**11, sender=MAKER)
        for each in (MAKER, TAKER, DEALER):
            self.share.send("approve", fx.address, MAX_WORD, sender=each)
        for token in (self.share, *(self.suite.pegs[code].token for code in CODES)):
            approval = token.encode("approve", fx.address, MAX_WORD)
            self.wallet.send("execute", token.address, approval, sender=MAKER)
            if token is not self.share:
                token.send("transfer", self.wallet.address, 10**11, sender=MAKER)

    def add_use(self, board: UsesBoard) -> None:
        board.fx = Fx(board, self.suite.uses.fx.address)
        board.fx.wallets[self.wallet.address] = WALLET_KEY.address
        board.foreign[self.share.address] = Asset(self.share.address, board.transfers)

    def _mirror(self) -> None:
        super()._mirror()
        asset = self.asset
        for each in self._owners():
            asset.balances[each] = self.words[f"share {each}"]
            asset.allowances[each, self.contract.address] = self.words[f"share allowance {each}"]

    def _start(self) -> None:
        self.quotes: list[tuple[Quote, bytes, str | None]] = []
        self.serial = 0
        #: What takers signed: quote, beneficiary and reference.
        self.promised: set[tuple[bytes, str, str, bytes]] = set()
        # Told from the log.
        self.settled: set[tuple[str, int]] = set()
        self.cancelled: set[tuple[str, int]] = set()
        self.by_hash: dict[str, Quote] = {}
        super()._start()

    @property
    def asset(self) -> Asset:
        """The model of the share."""
        return self.model.foreign[self.share.address]

    def _owners(self) -> tuple[str, ...]:
        return (*self.people, self.wallet.address, self.contract.address)

    def watch(self) -> None:
        contract, ledger, registry = self.contract, self.ledger, self.suite.registry
        rates, asset = self.model.rates, self.asset
        for each in self._owners():
            slot = mapping_slot(each, 0)
            self.see(f"share {each}", self.share, slot, lambda each=each: asset.balances[each])
            slot = mapping_slot(contract.address, mapping_slot(each, 1))

            def allowed(each: str = each) -> int:
                return asset.allowance(each, contract.address)

            self.see(f"share allowance {each}", self.share, slot, allowed)
        for code in CODES:
            self._watch_wallet(self.token(code), self.suite.pegs[code].token, code)
        for maker in (MAKER, DEALER, HOSTILE.address, self.wallet.address):
            for word in WORDS:
                slot = mapping_slot(word, mapping_slot(maker, SPENT))

                def bits(maker: str = maker, word: int = word) -> int:
                    spent = (n for m, n in ledger.spent if m == maker and n >> 8 == word)
                    return sum(1 << (nonce & 255) for nonce in spent)

                self.see(f"nonces {maker} {word}", contract, slot, bits)
            slot = mapping_slot(HOT.address, mapping_slot(maker, SIGNERS))

            def signs(maker: str = maker) -> int:
                return int((maker, HOT.address) in ledger.signers)

            self.see(f"signer {maker}", contract, slot, signs)
        for sell, buy in (CODES, CODES[::-1]):
            pair_of = (self.address(sell), self.address(buy))
            slot = mapping_slot(pair_of[1], mapping_slot(pair_of[0], TERMS))
            self.see(f"terms {sell} {buy}", registry, slot, lambda of=pair_of: self._terms_word(of))
        slot = mapping_slot(self.share.address, ASSETS)
        self.see("listed", registry, slot, lambda: int(self.share.address in self.model.assets))
        self.see("rounds", self.market.rate, ROUNDS, lambda: len(rates))

    def _watch_wallet(self, token: Any, contract: Contract, code: str) -> None:
        at, fx = self.wallet.address, self.contract.address
        self.see(f"{code} {at}", contract, account_slot(at), lambda: token.accounts[at].word)
        slot = mapping_slot(fx, mapping_slot(at, ALLOWANCES))
        self.see(f"{code} allowance {at} {fx}", contract, slot, lambda: token.allowance(at, fx))

    def _terms_word(self, of: tuple[str, str]) -> int:
        pair = self.model.pairs.get(of)
        if pair is None:
            return 0
        decimals = [self.model.tokens[each].decimals for each in of]
        head = (pair.quote == of[0]) << 232 | 8 << 224 | decimals[1] << 216 | decimals[0] << 208
        head |= pair.band << 192 | pair.max_age << 160
        return head | int(self.market.rate.address, 16)

    def grow(self) -> None:
        rates = self.model.rates
        for index in range(len(rates)):
            if f"round {index}" not in self.places:
                slot = array_slot(ROUNDS, index)
                self.see(f"round {index}", self.market.rate, slot, lambda i=index: rates[i].word)

    def moments(self) -> list[int]:
        """When the feed grows old, and when quotes run out."""
        ages = {pair.max_age for pair in self.model.pairs.values()}
        old = [self.model.rates[-1].time + age for age in ages]
        return old + [quote.deadline for quote, _, _ in self.quotes[-4:]]

    def held(self, words: Mapping[str, int]) -> Counter[tuple[str, str]]:
        return Counter()

    # Helpers

    def set_right(self, code: str, *accounts: str) -> None:
        """And a pair with a fresh rate, a listed share, and allowances for the people."""
        super().set_right(code, *accounts)
        pair = self.model.pairs.get((self.address("USD"), self.address("HKD")))
        off_board = [each for each in CODES if self.address(each) not in self.model.codes]
        for each in off_board:
            self._back_on_board(each)
        if pair is None or (pair.max_age, pair.band) != (MAX_AGE, BAND):
            self._open_pair(MAX_AGE, BAND)
        rate, now = self.model.rates[-1], self.chain.now()
        if not rate.is_fresh(now, MAX_AGE) or rate.answer != RATE:
            self._push(RATE, now)
        if self.share.address not in self.model.assets:
            self.to_registry("listAsset", GOVERNOR, "list_asset", self.share.address)
        for each in accounts:
            spender = self.contract.address
            if each != SUPPLIER and self.token(code).allowance(each, spender) < 10**15:
                values = (spender, MAX_WORD)
                self.to_token("allow", code, each, "approve", values, "approve", each, *values)

    def _open_pair(
        self, max_age: int, band: int, *, by: str = GOVERNOR, turned: bool = False
    ) -> bool:
        base, quote = ("HKD", "USD") if turned else ("USD", "HKD")
        at, tokens = self.market.rate.address, (self.address(base), self.address(quote))
        return self.do(
            "openPair",
            self.suite.registry,
            by,
            "openPair",
            (*tokens, at, max_age, band, REF),
            lambda: self.model.open_pair(by, *tokens, max_age, band),
        )

    def _push(self, answer: int, time: int) -> bool:
        values = (answer, time)
        verb = self.model.push
        by = HOSTILE.address
        return self.do("push", self.market.rate, by, "push", values, lambda: verb(*values))

    def _at_rate(self, usd: int, offset: int | str) -> int:
        """HKD for this many USD; both have as many decimals."""
        pair = self.model.pairs.get((self.address("USD"), self.address("HKD")))
        band, price = pair.band if pair else BAND, self.model.rates[-1].price
        high = price * usd * Fraction(10_000 + band, 10_000)
        low = price * usd * Fraction(10_000 - band, 10_000)
        edges = {
            "high": int(high),
            "above": int(high) + 1,
            "low": -int(-low // 1),
            "below": -int(-low // 1) - 1,
        }
        if isinstance(offset, str):
            return max(edges[offset], 0)
        return max(int(price * usd * Fraction(10_000 + offset, 10_000)), 0)

    def _quote(self, trade: str, maker: str, size: int, offset: int | str, nonce: int) -> Quote:
        usd, hkd, share = self.address("USD"), self.address("HKD"), self.share.address
        other = min(self._at_rate(size, offset), 2**128 - 1)
        legs = {
            "usd for hkd": (usd, hkd, size, other),
            "hkd for usd": (hkd, usd, other, size),
            "share for hkd": (share, hkd, size, size + 3),
            "usd for share": (usd, share, size + 3, size),
        }
        place = self.wallet.address if maker == "wallet" else maker
        return Quote(place, ZERO, *legs[trade], self.chain.now() + 60, nonce)

    def _nonce(self, maker: str, index: int) -> int:
        """One of the few, or the first that is not spent."""
        place = self.wallet.address if maker == "wallet" else maker
        if index < len(NONCES):
            return NONCES[index]
        spent = self.ledger.spent
        return next(n for n in range(MAX_WORD) if (place, n) not in spent)

    def _sign(self, quote: Quote, *, hot: bool = False) -> tuple[bytes, str]:
        """The maker's signature, or its hot key's; and whose key it is."""
        signer = WALLET_KEY if quote.maker == self.wallet.address else KEYS[quote.maker]
        signer = HOT if hot else signer
        return sign(signer, quote.signable(self.contract)), signer.address

    def _kinds(self, quote: Quote, taker: str, to: str, signer: str | None) -> list[str]:
        share = self.share.address
        pair = self.model.pairs.get((quote.sell, quote.buy))
        off = Fraction(0)
        if pair:
            amounts = {quote.sell: quote.sell_amount, quote.buy: quote.buy_amount}
            price = self.model.rates[-1].price * amounts[pair.base]
            off = abs(amounts[pair.quote] - price) * 10_000 / price if price else off
        kinds = {
            "settle at an edge": pair and off > pair.band - Fraction(1, 10),
            "settle by a signer": signer == HOT.address,
            "settle of a contract": quote.maker == self.wallet.address,
            "settle of a share": quote.sell == share,
            "settle with a share": quote.buy == share,
            "settle to another": to not in (taker, quote.maker),
        }
        return [kind for kind, is_so in kinds.items() if is_so]

    def _remember(self, quote: Quote, signature: bytes, signer: str | None) -> None:
        self.by_hash["0x" + quote.digest(self.contract).hex()] = quote
        self.quotes.append((quote, signature, signer))

    def _settle(self, by: str, quote: Quote, signature: bytes, signer: str | None, to: str) -> bool:
        kinds = self._kinds(quote, by, to, signer)
        self._remember(quote, signature, signer)
        arguments = (quote.values(), signature, to, REF)
        went = self.to_use("settle", by, "settle", arguments, "settle", by, quote, signer, to)
        if went:
            self.done.update(kinds)
        return went

    def _settle_for(
        self,
        quote: Quote,
        signature: bytes,
        signer: str | None,
        taker: str,
        to: str,
        *,
        ref: bytes = REF,
        payer: Any = None,
        promise: tuple[Quote, str, bytes] | None = None,
    ) -> bool:
        """`promise`: what the payer signed to pay for, when it is something else."""
        self._remember(quote, signature, signer)
        payer = payer or KEYS[taker]
        meant = promise or (quote, to, ref)
        payment = meant[0].payment(self.contract, taker, *meant[1:])
        asked = quote.payment(self.contract, taker, to, ref)
        code = next((each for each in CODES if quote.buy == self.address(each)), "HKD")
        if payer.address == taker:
            self.promised.add((meant[0].digest(self.contract), taker, *meant[1:]))
        paid = self.signed(code, payment, payer)
        self.watch_spent(code, taker, asked.nonce)
        self.words = self.read_words()
        proven = payer.address if payment == asked else None
        action = "settleFor of a share" if quote.sell == self.share.address else "settleFor"
        return self.to_use(
            action,
            HOSTILE.address,
            "settleFor",
            (quote.values(), signature, taker, to, ref, paid),
            "settle_for",
            *(quote, signer, taker, to, asked.nonce, proven),
        )

    def _to(self, to: str, quote: Quote, taker: str, index: int) -> str:
        odd = (
            ZERO,
            self.contract.address,
            self.address("USD"),
            self.suite.desks.redemption.address,
            self.suite.uses.checkout.address,
        )
        places = {"taker": taker, "maker": quote.maker, "odd": odd[index % len(odd)]}
        return places.get(to, to)

    def _spoil(self, fault: str | None, quote: Quote, taker: str) -> Quote:
        changes: dict[str | None, dict[str, Any]] = {
            "late": {"deadline": self.chain.now() - 1},
            "nothing": {"sell_amount": 0},
            "nothing back": {"buy_amount": 0},
            "other taker": {"taker": SUPPLIER},
            "unknown": {"sell": quote.buy},
            None: {"taker": taker} if quote.nonce & 1 else {},
        }
        return replace(quote, **changes.get(fault, {}))

    def _prepare(
        self, trade: str, maker: str, taker: str, to: str, size: int, offset: int | str, **more: Any
    ) -> tuple[Quote, bytes, str | None, str]:
        """A quote, what is signed and by whom, and who takes delivery."""
        if more["index"] % 5:
            for code in CODES:
                self.set_right(code, MAKER, taker, SUPPLIER, DEALER)
        nonce = self._nonce(maker, more["index"])
        quote = self._spoil(more["fault"], self._quote(trade, maker, size, offset, nonce), taker)
        self._befall(more["mishap"], quote, taker, self._to(to, quote, taker, more["index"]))
        if more["hot"]:
            by, values = KEYS.get(quote.maker, KEYS[MAKER]).address, (HOT.address, True)
            self.to_use(
                "setSigner", by, "setSigner", values, "set_signer", by, HOT.address, on=True
            )
        signature, signer = self._sign(quote, hot=more["hot"])
        if more["fault"] == "signer":
            signature, signer = sign(HOSTILE, quote.signable(self.contract)), HOSTILE.address
        elif more["fault"] == "altered":
            return replace(quote, sell_amount=quote.sell_amount ^ 1), signature, None, to
        elif more["fault"] == "again" and self.quotes:
            quote, signature, signer = self.quotes[more["index"] % len(self.quotes)]
        return quote, signature, signer, self._to(to, quote, taker, more["index"])

    def _befall(self, mishap: str | None, quote: Quote, taker: str, to: str) -> None:
        """Something happens after all was right."""
        legs = (quote.sell, quote.buy)
        code = next((each for each in CODES if self.address(each) in legs), "HKD")
        if mishap == "paused":
            self.pause_some(code, 1)
        elif mishap == "old":
            self._push(RATE, self.chain.now() - MAX_AGE - 1)
        elif mishap == "closed" and self.model.pairs:
            self._close_pair()
        elif mishap == "delisted" and self.share.address in self.model.assets:
            for _ in range(2):
                self.to_registry("delistAsset", PAUSER, "delist_asset", self.share.address)
        elif mishap == "unknown":
            self.mark_accounts("unverify", code, [TAKER])
            self.list_mode(code, on=True)
        elif mishap and " " in mishap:
            who, verb = mishap.split()
            account = {"maker": quote.maker, "taker": taker, "to": to}[who]
            if account in self.people:
                self.mark_accounts(verb, code, [account])

    # Rules

    @rule(
        trade=trades,
        maker=makers,
        taker=takers,
        to=receivers,
        size=sizes,
        offset=offsets,
        fault=faults,
        mishap=mishaps,
        index=st.integers(0, 20),
        hot=seldom,
    )
    def settle(self, trade, maker, taker, to, size, offset, fault, mishap, index, hot):
        """By allowance."""
        options = {"fault": fault, "mishap": mishap, "index": index, "hot": hot}
        quote, signature, signer, place = self._prepare(
            trade, maker, taker, to, size, offset, **options
        )
        self._settle(taker, quote, signature, signer, self._to(place, quote, taker, index))

    @rule(
        trade=trades,
        maker=makers,
        taker=takers,
        to=receivers,
        size=sizes,
        offset=offsets,
        fault=faults,
        mishap=mishaps,
        theft=chance((None,) * 9 + ("to", "ref", "quote", "payer", "token", "void")),
        index=st.integers(0, 20),
    )
    def settle_for(self, trade, maker, taker, to, size, offset, fault, mishap, theft, index):
        """By the taker's signature, which somebody may try to use for something else."""
        options = {"fault": fault, "mishap": mishap, "index": index, "hot": False}
        quote, signature, signer, place = self._prepare(
            trade, maker, taker, to, size, offset, **options
        )
        place = self._to(place, quote, taker, index)
        more: dict[str, Any] = {}
        if theft == "to":
            more["promise"], place = (quote, place, REF), HOSTILE.address
        elif theft == "ref":
            more["promise"] = (quote, place, keccak(text="another"))
        elif theft == "quote":
            other = replace(quote, sell_amount=quote.sell_amount ^ 1)
            more["promise"] = (other, place, REF)
        elif theft == "payer":
            more["payer"] = HOSTILE
        elif theft in {"token", "void"} and quote.buy != self.share.address:
            code = next(each for each in CODES if self.address(each) == quote.buy)
            payment = quote.payment(self.contract, taker, place, REF)
            if theft == "void":
                self.cancel_payment(code, KEYS[taker], payment.nonce)
            self.steal(code, payment, self.signed(code, payment, KEYS[taker]))
        self._settle_for(quote, signature, signer, taker, place, **more)

    @rule(index=st.integers(0, 40), signed=usually)
    def replay(self, index, signed):
        """A quote that was tried before, once more."""
        if not self.quotes:
            return
        quote, signature, signer = self.quotes[-1 - index % min(len(self.quotes), 6)]
        if signed and quote.buy in self.model.tokens:
            self._settle_for(quote, signature, signer, TAKER, SUPPLIER)
        else:
            self._settle(TAKER, quote, signature, signer, SUPPLIER)

    @rule(
        trade=trades,
        maker=chance((MAKER, MAKER, MAKER, "wallet")),
        offset=offsets,
        kind=chance((*("signed", "allowed") * 2, "hot", "void", "narrow", "frozen", "barred")),
        size=chance((10**6 + 7, 10**9)),
    )
    def settle_well(self, trade, maker, offset, kind, size):
        """With everything right, most often, and then again."""
        for code in CODES:
            self.set_right(code, MAKER, TAKER, SUPPLIER)
        if kind == "narrow":
            pair = (self.address("USD"), self.address("HKD"))
            self.to_registry("narrowPair", PAUSER, "narrow_pair", *pair, MAX_AGE, BAND // 2)
        elif kind in {"frozen", "barred"}:
            verb, who = ("freeze", MAKER) if kind == "frozen" else ("blacklist", SUPPLIER)
            for code in CODES:
                self.mark_accounts(verb, code, [who])
        hot = kind == "hot" and maker == MAKER
        if hot:
            self._set_signer(MAKER, on=True)
        quote = self._quote(trade, maker, size, offset, self._nonce(maker, 99))
        signature, signer = self._sign(quote, hot=hot)
        code = "USD" if quote.buy == self.address("USD") else "HKD"
        if kind == "void" and quote.buy != self.share.address:
            nonce = quote.payment(self.contract, TAKER, SUPPLIER, REF).nonce
            self.cancel_payment(code, KEYS[TAKER], nonce)
        if kind in {"signed", "void"} and quote.buy != self.share.address:
            self._settle_for(quote, signature, signer, TAKER, SUPPLIER)
        else:
            self._settle(TAKER, quote, signature, signer, SUPPLIER)
        if kind != "void":
            self._settle_for(quote, signature, signer, TAKER, SUPPLIER)
            self._settle(TAKER, quote, signature, signer, TAKER)

    @rule(by=chance((MAKER, MAKER, DEALER, HOSTILE.address)), index=whoever, mask=chance((1, 6, 3)))
    def cancel(self, by, index, mask):
        word = WORDS[index % len(WORDS)]
        self.to_use("cancel", by, "cancel", (word, mask), "cancel", by, word, mask)

    @rule(by=chance((MAKER, MAKER, HOSTILE.address)), on=usually)
    def set_signer(self, by, on):
        self._set_signer(by, on=on)

    def _set_signer(self, by: str, *, on: bool) -> None:
        values = (HOT.address, on)
        self.to_use("setSigner", by, "setSigner", values, "set_signer", by, HOT.address, on=on)

    @rule(
        answer=chance((RATE, RATE, 775_000_000, 785_000_000, 1, 0, -1, 2**192, 2**192 - 1)),
        age=chance((0, 0, 0, 1, MAX_AGE, MAX_AGE + 1, -1)),
    )
    def push(self, answer, age):
        self._push(answer, self.chain.now() - age)

    @rule(
        verb=chance(("open", "open", "narrow", "narrow", "close", "list")),
        max_age=chance((MAX_AGE, MAX_AGE, 600, 0)),
        band=chance((BAND, BAND, 30, 0, 70, 10_000)),
        wrong=seldom,
        turned=seldom,
        asset=chance(("share", "share", "share", "currency", "nobody")),
    )
    def change_terms(self, verb, max_age, band, wrong, turned, asset):
        """Of the pair, or which assets are listed; `wrong`: by a stranger."""
        pair = (self.address("HKD"), self.address("USD"))
        pair = pair if turned else pair[::-1]
        slow, fast = (HOSTILE.address,) * 2 if wrong else (GOVERNOR, PAUSER)
        if verb == "open":
            self._open_pair(max_age, band, by=slow, turned=turned)
        elif verb == "narrow":
            self.set_right("USD")
            self.to_registry("narrowPair", fast, "narrow_pair", *pair, max_age, band)
        elif verb == "close":
            self.to_registry("closePair", fast, "close_pair", *pair)
        elif asset == "share" and self.share.address in self.model.assets:
            self.to_registry("delistAsset", fast, "delist_asset", self.share.address)
        elif asset != "currency" or self.address("HKD") in self.model.codes:
            places = {"share": self.share.address, "currency": self.address("HKD")}
            place = places.get(asset, SUPPLIER)
            self.to_registry("listAsset", slow, "list_asset", place)

    @rule(who=whoever, value=chance((MAX_WORD, MAX_WORD, 0, 10**6)))
    def allow_a_share(self, who, value):
        owner, values = self.person(who), (self.contract.address, value)
        asset = self.asset
        self.do(
            "allow a share",
            self.share,
            owner,
            "approve",
            values,
            lambda: asset.approve(owner, *values),
        )

    @rule(index=whoever, trade=trades)
    def meddle(self, index, trade):
        """A stranger tries whatever would serve it."""
        by = HOSTILE.address
        quote = self._quote(trade, MAKER, 10**6, 0, self._nonce(MAKER, 99))
        forged = sign(HOSTILE, quote.signable(self.contract))
        generous = replace(quote, sell_amount=2**128 - 1, taker=by)
        signature, signer = self._sign(quote)
        went = [
            self._settle(by, quote, forged, by, by),
            self._settle(by, generous, signature, None, by),
            self._settle_for(quote, signature, signer, TAKER, by, payer=HOSTILE),
        ]
        if trade != "usd for share":
            promise = (quote, SUPPLIER, REF)
            went.append(self._settle_for(quote, signature, signer, TAKER, by, promise=promise))
        assert not any(went)
        self.passed("hostile calls")

    @rule(
        trade=trades,
        taker=takers,
        size=sizes,
        offset=offsets,
        fault=faults,
        mishap=mishaps,
        index=st.integers(0, 20),
    )
    def look(self, trade, taker, size, offset, fault, mishap, index):
        """`check` gives the model's reasons; and only without any the quote settles."""
        options = {"fault": fault, "mishap": mishap, "index": index, "hot": False}
        quote, signature, signer, _ = self._prepare(
            trade, MAKER, taker, taker, size, offset, **options
        )
        self.model.now = self.chain.now()
        bits = self.contract.call("check", quote.values(), signature, taker)
        assert bits == self.ledger.check(quote, signer, taker)
        assert self.contract.call("quoteHash", quote.values()) == (
            "0x" + quote.digest(self.contract).hex()
        )
        with self.aside():
            values = (quote.values(), signature, taker, REF)
            refusal = self.attempt(self.contract, taker, "settle", *values)
        moves = not any(self.token(code).pauses & 1 for code in CODES)
        itself = quote.maker == taker and self.share.address in (quote.sell, quote.buy)
        if moves and not itself:
            assert bool(bits) == bool(refusal), (bits, refusal)
        self.passed("look" if bits else "would settle")

    # Invariants

    @invariant()
    def f1_both_legs_or_none(self):
        for step in self.unseen("F1"):
            if step.contract != self.contract.address:
                continue
            expected: Counter[tuple[str, str]] = Counter()
            for event, told in step.events:
                if event == "Settled":
                    quote = self.by_hash[told["quote"]]
                    expected[quote.sell, quote.maker] -= quote.sell_amount
                    expected[quote.sell, told["to"]] += quote.sell_amount
                    expected[quote.buy, told["taker"]] -= quote.buy_amount
                    expected[quote.buy, quote.maker] += quote.buy_amount
            for token, name in self._names().items():
                for each in (*self.people, self.wallet.address):
                    words = (step.before[f"{name} {each}"], step.after[f"{name} {each}"])
                    had, has = (word if name == "share" else word & MAX_VALUE for word in words)
                    assert has - had == expected[token, each]

    def _names(self) -> dict[str, str]:
        return {self.address(code): code for code in CODES} | {self.share.address: "share"}

    @invariant()
    def f2_nothing_stays(self):
        for code in CODES:
            given = self.gifts()[self.address(code), self.contract.address]
            assert self.balance_of(self.words, code, self.contract.address) == given
        assert self.words[f"share {self.contract.address}"] == 0

    @invariant()
    def f3_a_nonce_settles_once(self):
        for step in self.unseen("F3"):
            for event, told in step.events:
                if event == "Settled":
                    quote = self.by_hash[told["quote"]]
                    nonce = (quote.maker, quote.nonce)
                    assert nonce not in self.settled | self.cancelled
                    self.settled.add(nonce)
                elif event == "NoncesCancelled":
                    bits = (bit for bit in range(256) if told["mask"] >> bit & 1)
                    word = told["word"] << 8
                    self.cancelled |= {(told["maker"], word | bit) for bit in bits}

    @invariant()
    def f4_rates_are_within_the_band(self):
        names = self._names()
        for step in self.unseen("F4"):
            for event, told in step.events:
                if event != "Settled":
                    continue
                quote = self.by_hash[told["quote"]]
                assert step.now <= quote.deadline
                terms = step.before.get(f"terms {names[quote.sell]} {names[quote.buy]}", 0)
                if not terms:
                    assert self.share.address in (quote.sell, quote.buy)
                    assert step.before["listed"]
                    continue
                word = step.before[f"round {step.before['rounds'] - 1}"]
                answer, time = word & (2**216 - 1), word >> 216
                assert time <= step.now <= time + (terms >> 160 & (2**32 - 1))
                usd, hkd = quote.sell_amount, quote.buy_amount
                if names[quote.sell] == "HKD":
                    usd, hkd = hkd, usd
                band = terms >> 192 & (2**16 - 1)
                off = abs(hkd * 10**8 - usd * answer)
                assert off * 10_000 <= usd * answer * band

    @invariant()
    def f5_a_taker_pays_for_what_it_signed(self):
        for step in self.unseen("F5"):
            for event, told in step.events:
                if event != "Settled":
                    continue
                if step.function == "settle":
                    assert told["taker"] == step.sender
                else:
                    _, _, taker, to, ref, _ = step.arguments
                    hash_ = bytes.fromhex(told["quote"][2:])
                    assert (hash_, taker, to, ref) in self.promised
                    assert (told["taker"], told["to"]) == (taker, to)

    @invariant()
    def f6_supplies_stay(self):
        for step in self.unseen("F6"):
            for code in CODES:
                assert self.supply_of(step.after, code) == self.supply_of(step.before, code)


def test_fx(record_property):
    """Holds for every sequence that hypothesis tries, and every action was among them."""
    run_state_machine_as_test(FxMachine, settings=few_sequences())
    tell(FxMachine, record_property, ACTIONS, REFUSALS)
