"""The ledger, stepped beside its model.

Given accounts barred, held, verified or enlisted, and a token paused or in allow-list mode
    when anybody does anything with it
        it succeeds, or is refused with the very error that the model names
        S1  the balances sum up to the supply (I1)
        S2  the supply is what was minted less what was burned, told from events alone (I2)
        S3  every account and the CONFIG word are where the model has them, field by field (I3)
        S4  address zero and the token hold nothing and are nothing (I4)
        S5  an allowance is what its owner and its spender made of it (I5)
        S6  a refused call has changed nothing (I15)
        S7  nonces never fall and rise by one (I16)
        S8  an authorization and a chunk of a batch are spent once and for ever (I17)
        S9  a blacklisted account's balance changes by an order only (I13)
        S10 frozen units, and held ones, leave their account by an order only (I13)
        S11 while transfers are paused only mint, burn, redemption and orders move anything (I12)
        S12 paused seconds never fall, and stand still while transfers are open (I12)
        S13 supply rises by a mint only (I6)
        S14 a redemption desk's balance rises by surrender only, and falls by what it does itself
"""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from pegboard import signing
from pegboard.reserves import Statement, signable
from tests.support.model import (
    BLACKLISTED,
    FROZEN,
    MAX_VALUE,
    MAX_WORD,
    REDEMPTION,
    SUITE,
    TRANSFERS,
    VERIFIED,
    ZERO,
    Feed,
    Refused,
    Terms,
    Token,
)
from tests.support.puppet import deploy_puppet
from tests.support.stateful import (
    ALLOWANCES,
    AUTHORIZATIONS,
    BUCKETS,
    CHUNKS,
    CONFIG,
    LIMIT,
    Twins,
    account_slot,
    mapping_slot,
    member,
    report,
    require_all,
    sequences,
)
from tests.support.world import REF, key

MINTER, BURNER, GOVERNOR = member("MINTER"), member("BURNER"), member("GOVERNOR")
KEYS = {key(i).address: key(i) for i in (20, 21, 22, 4, 5)}
CAST = tuple(KEYS)
assert {MINTER, BURNER} < set(CAST)
STRANGER = key(30).address
NO_REF = bytes(32)
BATCHES = (1, 2)
NONCES = (0, 1, 255, 256, 2**255 + 7)
#: The longest age that a statement may be given.
LASTING = 31 * 86_400

TRANSFER_REF = "transfer(address,uint256,bytes)"
TRANSFER_FROM_REF = "transferFrom(address,address,uint256,bytes)"
PAY_REFS = "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)"
BYTES_FORM = {
    "permit": "permit(address,address,uint256,uint256,bytes)",
    "transferWithAuthorization": (
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
    ),
    "receiveWithAuthorization": (
        "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
    ),
    "cancelAuthorization": "cancelAuthorization(address,bytes32,bytes)",
}
SPLIT_FORM = {
    name: form.removesuffix("bytes)") + "uint8,bytes32,bytes32)"
    for name, form in BYTES_FORM.items()
}
KINDS = ("TransferWithAuthorization", "ReceiveWithAuthorization")
#: Verbs of roles, with arguments that the right caller could use.
VERBS = (
    ("appointDesk", (CAST[0], REF)),
    ("mint", (CAST[0], 1, REF)),
    ("burn", (0, REF)),
    ("blacklist", ([CAST[0]], REF)),
    ("unfreeze", ([CAST[0]], REF)),
    ("seize", (CAST[0], CAST[1], 0, REF)),
    ("pause", (1, REF)),
    ("resume", (1, REF, 0)),
    ("raiseMintLimit", (1, 1, REF)),
    ("upgrade", (CAST[0], REF, REF, True)),
)

#: What sets or takes a flag: the role, the model's verb, and the flag.
MARKS = {
    "verify": ("VERIFIER", "mark", VERIFIED),
    "unblacklist": ("RELEASER", "unmark", BLACKLISTED),
    "unfreeze": ("RELEASER", "unmark", FROZEN),
    "blacklist": ("BLACKLISTER", "bar", BLACKLISTED),
    "freeze": ("FREEZER", "bar", FROZEN),
    "enlist": ("GOVERNOR", "mark", SUITE),
    "delist": ("GOVERNOR", "unmark", SUITE | REDEMPTION),
    "unverify": ("VERIFIER", "unmark", VERIFIED),
}
#: What a desk does with its escrow, and the model's words for it.
DESK_VERBS = {"restore": "restore", "burnEscrow": "burn_escrow"}
PAUSES = {2: "pause signatures", 4: "pause mint", 8: "pause redeem", 9: "pause redeem"}
MODES = {"enter": ("enterAllowListMode", "PAUSER"), "leave": ("leaveAllowListMode", "GOVERNOR")}

ACTIONS = (
    "transfer",
    "transfer of nothing",
    "transfer to oneself",
    "transfer with reference",
    "transferFrom finite",
    "transferFrom infinite",
    "transferFrom with reference",
    "approve",
    "permit",
    "permit in bytes",
    "transferWithAuthorization",
    "transferWithAuthorization in bytes",
    "receiveWithAuthorization",
    "receiveWithAuthorization in bytes",
    "cancelAuthorization",
    "cancelAuthorization in bytes",
    "pay",
    "pay with references",
    "pay with a skipped row",
    "pay with a row to the payer",
    "surrender",
    "surrender while paused",
    "surrender unverified",
    "restore",
    "restore unverified",
    "burnEscrow",
    "burnEscrow unverified",
    "appointDesk",
    "mint",
    "burn",
    "blacklist",
    "unblacklist",
    "freeze",
    "unfreeze",
    "hold",
    "release",
    "verify",
    "unverify",
    "enlist",
    "delist",
    "seize",
    "seize of held units",
    "seize while paused",
    "destroy",
    "pause transfers",
    "pause signatures",
    "pause mint",
    "pause redeem",
    "resume",
    "enterAllowListMode",
    "leaveAllowListMode",
    "warp",
    "look",
)
REFUSALS = (
    "AccessManagedUnauthorized",
    "AuthorizationExpired",
    "AuthorizationNotYetValid",
    "AuthorizationSpent",
    "BarredAccount",
    "BatchLengthMismatch",
    "BatchTotalMismatch",
    "BlacklistedAccount",
    "CallerNotPayee",
    "ChunkExecuted",
    "DeskNotEmpty",
    "ERC20InsufficientAllowance",
    "ERC20InsufficientBalance",
    "ERC20InvalidReceiver",
    "ERC20InvalidSender",
    "ERC20InvalidSpender",
    "ERC7943InsufficientUnfrozenBalance",
    "FrozenAccount",
    "InvalidAccount",
    "InvalidPauses",
    "InvalidSignature",
    "MintLimitExceeded",
    "NoCode",
    "NotHeld",
    "NotRedemptionDesk",
    "NothingToSurrender",
    "HoldTooLarge",
    "OutOfReach",
    "Paused",
    "ReferenceRequired",
    "ReserveExceeded",
    "SignatureExpired",
    "SuiteAccount",
    "SupplyCapExceeded",
    "UnverifiedAccount",
)

people = st.sampled_from(CAST)
pairs = st.tuples(people, people)
#: An amount is a number of base units, or a word that is looked up when the step is taken.
amounts = st.one_of(
    st.integers(1, 3_000),
    st.sampled_from(("nothing", "all", "nothing", "all", "half")),
    st.sampled_from(("all", "half", "one above", "more than balance", "anything")),
)
#: Address zero, the token itself and the desk now and then.
payees = st.sampled_from((*CAST, *CAST, "zero", "token", "desk"))
chance = st.sampled_from
usually = st.sampled_from((True, True, True, True, False))
seldom = st.sampled_from((False, False, False, True))


class LedgerMachine(Twins):
    """Everything that can happen to a balance."""

    cast = CAST
    ORDERS: ClassVar[frozenset[str]] = frozenset({"seize", "destroy"})

    def deploy(self, chain: Any) -> Any:
        """HKD with a limit and reserves that a run can reach, a lasting statement and a desk."""
        suite = super().deploy(chain)
        peg = next(iter(suite.pegs.values()))
        statement = Statement("HKD", chain.now(), 5_000_000, 0, REF)
        message = signable(peg.feed, statement)
        signers = sorted((key(i) for i in (16, 17, 18)), key=lambda k: int(k.address, 16))
        signatures = [bytes(k.sign_message(message).signature) for k in signers]
        peg.feed.send("post", statement.values(), signatures, sender=STRANGER)
        terms = (peg.feed.address, LASTING, 0, False)
        peg.token.send("setReserveConfig", terms, REF, sender=GOVERNOR)
        peg.token.send("raiseMintLimit", 1_000_000, 86_400, REF, sender=GOVERNOR)
        peg.token.send("appointDesk", deploy_puppet(chain).address, REF, sender=GOVERNOR)
        return suite

    @initialize()
    def begin(self):
        self.peg = next(iter(self.suite.pegs.values()))
        token, feed = self.peg.token, self.peg.feed
        self.model = Token(token.address, 6)
        self.model.now = self.chain.now()
        as_of = feed.call("latestStatement")[1]
        source = Feed("HKD", 6, {key(i).address for i in (16, 17, 18)}, 2, 3, 2_000)
        source.post("HKD", as_of, 5_000_000, 0, sorted(source.attestors, key=_number), as_of)
        self.model.terms = Terms(source, LASTING)
        self.model.limit.set(1_000_000, 86_400, self.chain.now())
        # It is there already: whoever deploys it again only finds it.
        self.puppet = deploy_puppet(self.chain)
        self.desk = self.puppet.address
        self.model.appoint_desk(self.desk, code=True)
        self.words = self.read_words()
        # When the limit was set, to the second, and that nothing was minted since.
        self.model.limit.at = self.words["bucket"] >> 208
        self.paused_seconds = 0
        self.moved_by = ""
        self.used: set[tuple[str, int]] = set()
        for index, holder in enumerate(CAST):
            arguments = (holder, 10_000 * (index + 1), REF)
            verb = self._bound("mint", MINTER, *arguments[:2])
            self.perform("mint", token, MINTER, "mint", arguments, verb, count=False)
        self.before = self.words

    # Helpers

    def watched(self):
        slots = {a: account_slot(a) for a in (*CAST, self.desk, ZERO, self.peg.token.address)}
        slots |= {"config": CONFIG, "limit": LIMIT, "bucket": mapping_slot(0, BUCKETS)}
        for owner in CAST:
            allowed = mapping_slot(owner, ALLOWANCES)
            slots |= {f"allowance {owner} {s}": mapping_slot(s, allowed) for s in CAST}
            spent = mapping_slot(owner, AUTHORIZATIONS)
            slots |= {f"spent {owner} {n}": mapping_slot(n, spent) for n in WORDS}
            chunks = mapping_slot(owner, CHUNKS)
            slots |= {f"chunks {owner} {b}": mapping_slot(b, chunks) for b in BATCHES}
        return slots

    def _bound(self, verb, *arguments, **options):
        return lambda: getattr(self.model, verb)(*arguments, **options)

    def _do(self, action, sender, function, arguments, verb):
        self.before, self.moved_by = self.words, function
        token = self.peg.token
        if sender != self.desk:
            return self.perform(action, token, sender, function, arguments, verb)
        # A contract sends nothing by itself (EIP-3607): it is told to call.
        told = (token.address, token.encode(function, *arguments))
        return self.perform(action, self.puppet, STRANGER, "act", told, verb)

    def _as(self, role, name, *arguments, verb=None, options=None, label=None, ref=REF):
        """A privileged verb whose model method takes the same arguments, but for the reference."""
        bound = self._bound(verb or name, *arguments, **(options or {}))
        return self._do(label or name, member(role), name, (*arguments, ref), bound)

    def _place(self, name):
        places = {"zero": ZERO, "token": self.peg.token.address, "desk": self.desk}
        return places.get(name, name)

    @property
    def everybody(self):
        """Who can have tokens at all."""
        return (*CAST, self.desk)

    def _amount(self, amount, account):
        balance, spendable = account.balance, account.spendable
        words = {
            "all": spendable,
            "half": spendable // 2,
            "nothing": 0,
            "one above": spendable + 1,
            "more than balance": balance + 1,
            "anything": MAX_WORD,
        }
        return words.get(amount, amount)

    def _flags(self, account, flag):
        return bool(self.words[account] >> 248 & flag)

    # Holders

    def _transfer(self, sender, to, amount):
        to, value = self._place(to), self._amount(amount, self.model.accounts[sender])
        action = "transfer" if value else "transfer of nothing"
        action = "transfer to oneself" if to == sender else action
        verb = self._bound("transfer", sender, to, value)
        self._do(action, sender, "transfer", (to, value), verb)

    @rule(sender=people, to=payees, amount=amounts)
    def transfer(self, sender, to, amount):
        self._transfer(sender, to, amount)

    @rule(sender=people, amount=amounts)
    def transfer_to_oneself(self, sender, amount):
        self._transfer(sender, sender, amount)

    @rule(sender=people, to=payees, amount=amounts, ref=chance((b"order 7", b"")))
    def transfer_with_reference(self, sender, to, amount, ref):
        to, value = self._place(to), self._amount(amount, self.model.accounts[sender])
        verb = self._bound("transfer", sender, to, value)
        self._do("transfer with reference", sender, TRANSFER_REF, (to, value, ref), verb)

    @rule(pair=pairs, to=payees, amount=amounts, ref=seldom, allowed=usually)
    def transfer_from(self, pair, to, amount, ref, allowed):
        spender, owner = pair
        given = [k for k, v in self.model.allowances.items() if v]
        endless = [k for k in given if self.model.allowances[k] == MAX_WORD]
        if allowed and given:
            chosen = endless if endless and not isinstance(amount, int) else given
            owner, spender = chosen[amount % len(chosen) if isinstance(amount, int) else 0]
        allowance = self.model.allowance(owner, spender)
        value = self._amount(amount, self.model.accounts[owner])
        if amount == "one above" and allowance < MAX_WORD:
            value = allowance + 1
        elif allowed and amount != "anything":
            value = min(value, allowance)
        arguments = (owner, self._place(to), value)
        verb = self._bound("transfer_from", spender, *arguments)
        if ref:
            arguments = (*arguments, b"invoice 9")
            self._do("transferFrom with reference", spender, TRANSFER_FROM_REF, arguments, verb)
        else:
            kind = "infinite" if allowance == MAX_WORD else "finite"
            self._do(f"transferFrom {kind}", spender, "transferFrom", arguments, verb)

    @rule(pair=pairs, to=people, amount=amounts)
    def spend_endless_allowance(self, pair, to, amount):
        """An unlimited allowance is given and used; it stays unlimited."""
        spender, owner = pair
        verb = self._bound("approve", owner, spender, MAX_WORD)
        self._do("approve", owner, "approve", (spender, MAX_WORD), verb)
        arguments = (owner, to, self._amount(amount, self.model.accounts[owner]))
        kind = "infinite" if self.model.allowance(owner, spender) == MAX_WORD else "finite"
        verb = self._bound("transfer_from", spender, *arguments)
        self._do(f"transferFrom {kind}", spender, "transferFrom", arguments, verb)

    @rule(owner=people, spender=payees, value=chance((MAX_WORD, 50_000, 5_000, 500, 0)))
    def approve(self, owner, spender, value):
        spender = self._place(spender)
        if spender == self.peg.token.address:
            spender = owner
        verb = self._bound("approve", owner, spender, value)
        self._do("approve", owner, "approve", (spender, value), verb)

    @rule(
        payer=people,
        rows=st.lists(st.tuples(payees, st.integers(0, 900)), min_size=1, max_size=4),
        batch=chance(BATCHES),
        chunk=chance((0, 1, 2, 128, 255)),
        fault=chance((None,) * 8 + ("total", "no rows", "references", "again")),
        referenced=st.booleans(),
    )
    def pay(self, payer, rows, batch, chunk, fault, referenced):
        if fault == "again" and self.model.chunks:
            payer, batch, chunk = min(self.model.chunks)
        rows = [] if fault == "no rows" else [(self._place(to), value) for to, value in rows]
        total = sum(v for _, v in rows) + (fault == "total")
        references = len(rows) + (fault == "references") if referenced else None
        skipped = any(
            not (self.model.has_account(t) and self.model.may_receive(t)) for t, _ in rows
        )
        action = "pay" if references is None else "pay with references"
        if skipped:
            action = "pay with a skipped row"
        elif any(to == payer for to, _ in rows):
            action = "pay with a row to the payer"
        verb = self._bound("pay", payer, batch, chunk, rows, total, references)
        start = (batch.to_bytes(32, "big"), chunk, rows)
        if references is None:
            self._do(action, payer, "pay", (*start, total), verb)
        else:
            self._do(action, payer, PAY_REFS, (*start, [REF] * references, total), verb)

    # Signatures

    def _signed(self, action, caller, name, arguments, message, signer, split, verb):
        signed = KEYS[signer].sign_message(message)
        if split:
            r, s = (x.to_bytes(32, "big") for x in (signed.r, signed.s))
            signature, form, label = (signed.v, r, s), SPLIT_FORM[name], action
        else:
            signature, form, label = (
                (bytes(signed.signature),),
                BYTES_FORM[name],
                f"{action} in bytes",
            )
        return self._do(label, caller, form, (*arguments, *signature), verb)

    @rule(
        owner=people,
        spender=people,
        value=chance((700, 7_000, MAX_WORD, 0)),
        left=chance((100_000, 1, 0)),
        fault=chance((None,) * 6 + ("expired", "late nonce", "early nonce", "signer", "spender")),
        split=st.booleans(),
    )
    def permit(self, owner, spender, value, left, fault, split):
        signer = next(a for a in CAST if a != owner) if fault == "signer" else owner
        spender = ZERO if fault == "spender" else spender
        deadline = self.chain.now() + (-1 if fault == "expired" else left)
        nonce = self.model.accounts[owner].nonce
        nonce = {"late nonce": nonce + 1, "early nonce": max(nonce - 1, 0)}.get(fault, nonce)
        arguments = (owner, spender, value, deadline)
        message = signing.permit(self.peg.token, owner, spender, value, nonce, deadline)
        verb = self._bound("permit", *arguments, signer, nonce)
        self._signed("permit", STRANGER, "permit", arguments, message, signer, split, verb)

    @rule(
        kind=chance(KINDS),
        pair=pairs,
        amount=amounts,
        nonce=chance(NONCES),
        fault=chance((None,) * 6 + ("signer", "kind", "too early", "too late", "submitter")),
        split=st.booleans(),
        to_desk=seldom,
    )
    def authorized_transfer(self, kind, pair, amount, nonce, fault, split, to_desk):
        sender, to = pair[0], self.desk if to_desk else pair[1]
        now, value = self.chain.now(), self._amount(amount, self.model.accounts[sender])
        # Both bounds are strict: now itself is too early, and too late.
        after, before = now - (fault != "too early"), now + (fault != "too late")
        authorization = signing.Authorization(
            sender, to, value, after, before, nonce.to_bytes(32, "big")
        )
        signed_kind = KINDS[kind == KINDS[0]] if fault == "kind" else kind
        message = authorization.signable(self.peg.token, signed_kind)
        signer = next(a for a in CAST if a != sender) if fault == "signer" else sender
        name, receives = kind[0].lower() + kind[1:], kind == KINDS[1]
        submitter = to if receives and fault != "submitter" else STRANGER
        verb = self._bound(
            "authorized_transfer",
            sender,
            to,
            value,
            (after, before),
            nonce,
            None if fault == "kind" else signer,
            payee=submitter if receives else None,
        )
        values = authorization.values()
        if self._signed(name, submitter, name, values, message, signer, split, verb):
            assert (sender, nonce) not in self.used, "an authorization was used twice"
            self.used.add((sender, nonce))

    @rule(authorizer=people, nonce=chance(NONCES), stolen=seldom, split=st.booleans())
    def cancel_authorization(self, authorizer, nonce, stolen, split):
        signer = next(a for a in CAST if a != authorizer) if stolen else authorizer
        raw = nonce.to_bytes(32, "big")
        message = signing.cancellation(self.peg.token, authorizer, raw)
        verb = self._bound("cancel_authorization", authorizer, nonce, signer)
        name = "cancelAuthorization"
        if self._signed(name, STRANGER, name, (authorizer, raw), message, signer, split, verb):
            assert (authorizer, nonce) not in self.used, "a used authorization was cancelled"
            self.used.add((authorizer, nonce))

    # Redemption

    def _surrender(self, sender, desk, amount):
        value = self._amount(amount, self.model.accounts[sender])
        action = "surrender while paused" if self.model.pauses & TRANSFERS else "surrender"
        if self.model.allow_list and not self._flags(sender, VERIFIED | SUITE):
            action = "surrender unverified"
        verb = self._bound("surrender", sender, desk, value)
        return self._do(action, sender, "surrender", (desk, value, REF), verb)

    @rule(
        sender=st.sampled_from((*CAST, *CAST, "desk")),
        amount=amounts,
        wrong=chance((None,) * 12 + ("oneself", "zero", "token")),
    )
    def surrender(self, sender, amount, wrong):
        sender = self._place(sender)
        places = {None: self.desk, "oneself": sender}
        self._surrender(sender, places.get(wrong) or self._place(wrong), amount)

    @rule(sender=people, mode=chance(("enter", "leave", "leave")), bits=chance((1, 2, 4, 7)))
    def surrender_in_a_storm(self, sender, mode, bits):
        """Nothing is paid any more, and a holder still asks for its money."""
        self._as("PAUSER", "pause", bits, label=PAUSES.get(bits, "pause transfers"))
        if mode == "enter":
            self.allow_list(mode)
        self._surrender(sender, self.desk, "half")
        self._resume(bits)

    @rule(
        to=payees,
        kind=chance(("all", "half", "half", "nothing", "one above", "a little", "a little")),
        verb=chance(tuple(DESK_VERBS)),
    )
    def act_as_desk(self, to, kind, verb):
        to, balance = self._place(to), self.model.accounts[self.desk].balance
        parts = {"all": balance, "half": (balance + 1) // 2, "nothing": 0, "one above": balance + 1}
        arguments = (to, parts.get(kind, min(balance, 100)))
        shut = self.model.allow_list and to in CAST and not self._flags(to, VERIFIED | SUITE)
        action = f"{verb} unverified" if shut else verb
        self._do(action, self.desk, verb, arguments, self._of_desk(verb, self.desk, *arguments))

    @rule(caller=people, to=payees, verb=chance(tuple(DESK_VERBS)))
    def pretend_to_be_a_desk(self, caller, to, verb):
        """Whoever was not appointed moves nobody's escrow."""
        to = self._place(to)
        self._do(f"{verb} by a person", caller, verb, (to, 0), self._of_desk(verb, caller, to, 0))

    def _of_desk(self, verb, *arguments):
        return self._bound(DESK_VERBS[verb], *arguments)

    @rule(desk=chance(("desk", "desk", "desk", "zero", "token", CAST[0])))
    def appoint(self, desk):
        self._appoint(self._place(desk))

    def _appoint(self, desk):
        code = desk in (self.desk, self.peg.token.address)
        verb = self._bound("appoint_desk", desk, code=code)
        self._do("appointDesk", GOVERNOR, "appointDesk", (desk, REF), verb)

    @rule(emptied=st.booleans(), frozen=st.booleans(), back=usually)
    def retire(self, emptied, frozen, back):
        """A desk that owes nothing any more ends, and is not appointed anew while it is frozen."""
        if emptied:
            arguments = (CAST[0], self.model.accounts[self.desk].balance)
            verb = self._of_desk("restore", self.desk, *arguments)
            self._do("restore", self.desk, "restore", arguments, verb)
        verb = self._bound("unmark", SUITE | REDEMPTION, [self.desk])
        self._do("delist", GOVERNOR, "delist", ([self.desk], REF), verb)
        if frozen:
            verb = self._bound("bar", FROZEN, [self.desk])
            self._do("freeze", member("FREEZER"), "freeze", ([self.desk], REF), verb)
            self._appoint(self.desk)
        if back:
            verb = self._bound("unmark", FROZEN, [self.desk])
            self._do("unfreeze", member("RELEASER"), "unfreeze", ([self.desk], REF), verb)
            self._appoint(self.desk)

    # Roles

    @rule(
        to=payees,
        value=st.one_of(
            st.integers(1, 50_000), chance((0, 900_000, 4_900_000, 5_000_001, MAX_VALUE))
        ),
    )
    def mint(self, to, value):
        arguments = (self._place(to), value)
        verb = self._bound("mint", MINTER, *arguments)
        self._do("mint", MINTER, "mint", (*arguments, REF), verb)

    @rule(amount=amounts)
    def burn(self, amount):
        value = self._amount(amount, self.model.accounts[BURNER])
        self._do("burn", BURNER, "burn", (value, REF), self._bound("burn", BURNER, value))

    @rule(
        verb=chance(tuple(MARKS)),
        accounts=st.lists(payees, min_size=1, max_size=3),
        everybody=st.booleans(),
    )
    def mark(self, verb, accounts, everybody):
        """Sets or takes a flag; most often of everybody when it is one that opens."""
        role, method, flag = MARKS[verb]
        accounts = [self._place(a) for a in accounts]
        if everybody and (method == "unmark" or verb == "verify"):
            accounts = list(CAST)
        bound = self._bound(method, flag, accounts)
        self._do(verb, member(role), verb, (accounts, REF), bound)

    @rule(verb=chance(("blacklist", "freeze")), account=people, marked=st.booleans())
    def bar(self, verb, account, marked):
        """Bars one, who now and then is a contract of the suite."""
        suite = [a for a in self.everybody if self.model.accounts[a].has(SUITE)]
        accounts = [suite[0] if suite and marked else account]
        role, _, flag = MARKS[verb]
        bound = self._bound("bar", flag, accounts)
        self._do(verb, member(role), verb, (accounts, REF), bound)

    @rule(
        account=payees,
        value=st.one_of(st.integers(0, 20_000), chance((MAX_VALUE, MAX_WORD))),
        referenced=usually,
    )
    def hold(self, account, value, referenced):
        arguments = (self._place(account), value)
        options, ref = {"referenced": referenced}, REF if referenced else NO_REF
        self._as("FREEZER", "hold", *arguments, options=options, ref=ref)

    @rule(account=people, kind=chance(("all", "all", "half", "one above")), referenced=usually)
    def release(self, account, kind, referenced):
        account = max(CAST, key=lambda a: self.model.accounts[a].held) if kind == "all" else account
        held = self.model.accounts[account].held
        value = {"all": held, "half": held // 2, "one above": held + 1}[kind]
        options, ref = {"referenced": referenced}, REF if referenced else NO_REF
        self._as("RELEASER", "release", account, value, options=options, ref=ref)

    def _target(self, account, within):
        """Most often an account that an order can take something of."""
        account = self._place(account)
        rich = [a for a in self.everybody if self.model.reach(a)]
        if within and account not in rich and rich:
            account = rich[0]
        return account, self.model.reach(account) if account in self.everybody else 0

    @rule(
        pair=st.tuples(payees, payees),
        kind=chance(("all", "half", "half", "half", "one above")),
        within=usually,
        referenced=usually,
    )
    def seize(self, pair, kind, within, referenced):
        account, reach = self._target(pair[0], within)
        to, options = self._place(pair[1]), {"referenced": referenced}
        value = {"all": reach, "half": (reach + 1) // 2, "one above": reach + 1}[kind]
        barred = account in self.everybody and self._flags(account, BLACKLISTED | FROZEN)
        label = "seize" if barred or not value else "seize of held units"
        ref = REF if referenced else NO_REF
        self._as("SEIZER", "seize", account, to, value, options=options, label=label, ref=ref)

    @rule(account=payees, kind=chance(("all", "half", "one above")), within=usually)
    def destroy(self, account, kind, within):
        account, reach = self._target(account, within)
        value = {"all": reach, "half": (reach + 1) // 2, "one above": reach + 1}[kind]
        self._as("SEIZER", "destroy", account, value)

    @rule(pair=st.tuples(people, payees))
    def hold_and_seize(self, pair):
        """Half is held, one unit above the rest does not move, and an order takes held units."""
        account, to = pair[0], self._place(pair[1])
        self._as("FREEZER", "hold", account, (self.model.accounts[account].balance + 1) // 2)
        self._transfer(account, to, "one above")
        reach = self.model.reach(account)
        label = "seize" if self._flags(account, BLACKLISTED | FROZEN) else "seize of held units"
        self._as("SEIZER", "seize", account, to, (reach + 1) // 2, label=label)

    @rule(pair=st.tuples(people, payees))
    def seize_while_paused(self, pair):
        """Transfers stop, an account is frozen, and an order takes half of what it has."""
        account, to = pair[0], self._place(pair[1])
        self._as("PAUSER", "pause", TRANSFERS, label="pause transfers")
        verb = self._bound("bar", FROZEN, [account])
        self._do("freeze", member("FREEZER"), "freeze", ([account], REF), verb)
        value = (self.model.accounts[account].balance + 1) // 2
        self._as("SEIZER", "seize", account, to, value, label="seize while paused")
        self._resume(TRANSFERS)

    @rule()
    def calm(self):
        """Nothing is paused, nobody is barred, and the desk is one, so that money moves again."""
        self._resume(15)
        verb = self._bound("set_allow_list", on=False)
        self._do("leaveAllowListMode", GOVERNOR, "leaveAllowListMode", (REF,), verb)
        for name, flag in (("unblacklist", BLACKLISTED), ("unfreeze", FROZEN)):
            verb = self._bound("unmark", flag, list(self.everybody))
            self._do(name, member("RELEASER"), name, (list(self.everybody), REF), verb)
        desk = self.model.accounts[self.desk]
        if desk.held:
            self._as("RELEASER", "release", self.desk, desk.held)
        if not desk.has(REDEMPTION):
            self._appoint(self.desk)

    @rule(bits=chance((1, 2, 4, 8, 9, 15, 0, 16)), referenced=usually)
    def pause(self, bits, referenced):
        label = PAUSES.get(bits, "pause transfers")
        ref, options = REF if referenced else NO_REF, {"referenced": referenced}
        self._as("PAUSER", "pause", bits, options=options, label=label, ref=ref)

    @rule(bits=chance((15, 15, 1, 14, 0)), fresh=usually)
    def resume(self, bits, fresh):
        """Of the last pause, or of one before it."""
        self._resume(bits, self.model.pause_number - (not fresh))

    def _resume(self, bits, number=None):
        number = self.model.pause_number if number is None else number % 2**32
        verb = self._bound("resume", bits, number=number)
        self._do("resume", member("RESUMER"), "resume", (bits, REF, number), verb)

    @rule(mode=chance(("leave", "enter")))
    def allow_list(self, mode):
        name, role = MODES[mode]
        verb = self._bound("set_allow_list", on=mode == "enter")
        self._do(name, member(role), name, (REF,), verb)

    @rule(verb=chance(VERBS), caller=chance((STRANGER, CAST[0])))
    def trespass(self, verb, caller):
        """What needs a role is refused to all others (I10)."""
        name, arguments = verb
        self._do(f"{name} without a role", caller, name, arguments, _trespass)

    @rule(seconds=chance((1, 59, 3_600, 86_400)))
    def warp(self, seconds):
        self.chain.warp(seconds)
        self.done["warp"] += 1
        type(self).steps += 1
        self.before, self.moved_by = self.words, "warp"
        self.last_refused = False

    @rule(pair=pairs, nonce=chance(NONCES), batch=chance(BATCHES), value=st.integers(0, 20_000))
    def look(self, pair, nonce, batch, value):
        """The views say what the model says."""
        self._look(*pair, nonce, batch, value)

    @rule(account=people, value=st.integers(0, 20_000))
    def look_at_the_desk(self, account, value):
        self._look(self.desk, account, 0, 1, value)
        self._look(account, self.desk, 0, 1, value)

    def _look(self, account, other, nonce, batch, value):
        call, model = self.peg.token.call, self.model
        model.now = self.chain.now()
        entry = model.accounts[account]
        can_send, exists = model.may_send(account), model.has_account(account)
        views = {
            ("balanceOf", account): entry.balance,
            ("nonces", account): entry.nonce,
            ("getFrozenTokens", account): entry.held,
            ("availableOf", account): entry.spendable if can_send else 0,
            ("canSend", account): can_send,
            ("canReceive", account): exists and model.may_receive(account),
            ("canTransfer", account, other, value): model.can_transfer(account, other, value),
            ("isFrozen", account): entry.has(FROZEN),
            ("isBlacklisted", account): entry.has(BLACKLISTED),
            ("isVerified", account): entry.has(VERIFIED | SUITE),
            ("isEnlisted", account): entry.has(SUITE),
            ("isRedemptionDesk", account): entry.has(REDEMPTION),
            ("allowance", account, other): model.allowance(account, other),
            ("authorizationState", account, nonce.to_bytes(32, "big")): (account, nonce)
            in model.spent,
            ("chunkState", account, batch.to_bytes(32, "big"), 1): (account, batch, 1)
            in model.chunks,
            ("totalSupply",): model.supply,
            ("pauses",): model.pauses,
            ("pausedSeconds",): model.paused_seconds,
            ("isAllowListOn",): model.allow_list,
        }
        seen = {view: call(*view) for view in views}
        assert seen == views
        self.done["look"] += 1
        type(self).steps += 1
        self.before, self.moved_by, self.last_refused = self.words, "look", False

    # Invariants

    @invariant()
    def s1_balances_sum_up_to_the_supply(self):
        assert sum(self.balance(a) for a in self.everybody) == self.supply

    @invariant()
    def s2_supply_is_minted_less_burned(self):
        assert self.supply == self.minted - self.burned

    @invariant()
    def s3_every_word_is_where_the_model_has_it(self):
        expected = {a: self.model.accounts[a].word for a in self.everybody} | self.limit_words()
        expected["config"] = self.model.config_word
        assert {name: self.words[name] for name in expected} == expected

    @invariant()
    def s4_zero_and_the_token_are_nobody(self):
        assert self.words[ZERO] == 0
        assert self.words[self.peg.token.address] == 0

    @invariant()
    def s5_allowances_are_what_owner_and_spender_made_of_them(self):
        for owner in CAST:
            for spender in CAST:
                word = self.words[f"allowance {owner} {spender}"]
                assert word == self.model.allowance(owner, spender)

    @invariant()
    def s6_a_refusal_changes_nothing(self):
        assert not self.last_refused or self.words == self.before

    @invariant()
    def s7_nonces_never_fall_and_rise_by_one(self):
        rises = [(self.words[a] >> 224 & 0xFFFFFF) - _nonce(self.before[a]) for a in CAST]
        assert set(rises) <= {0, 1}
        assert sum(rises) == (self.moved_by.startswith("permit") and not self.last_refused)

    @invariant()
    def s8_what_is_spent_stays_spent(self):
        for owner in CAST:
            bits = dict.fromkeys(WORDS, 0)
            for nonce in NONCES:
                bits[nonce >> 8] |= ((owner, nonce) in self.used) << (nonce & 255)
            for word, expected in bits.items():
                assert self.words[f"spent {owner} {word}"] == expected
            for batch in BATCHES:
                name = f"chunks {owner} {batch}"
                chunks = sum(1 << c for o, b, c in self.model.chunks if (o, b) == (owner, batch))
                assert self.words[name] == chunks
                assert self.words[name] & self.before[name] == self.before[name]

    @invariant()
    def s9_a_blacklisted_balance_changes_by_an_order_only(self):
        if self.moved_by not in self.ORDERS:
            for account in self.everybody:
                if self.before[account] >> 248 & BLACKLISTED:
                    assert self.balance(account) == self.before[account] & MAX_VALUE

    @invariant()
    def s10_frozen_and_held_units_leave_by_an_order_only(self):
        if self.moved_by not in self.ORDERS:
            for account in self.everybody:
                before, held = self.before[account], self.before[account] >> 112 & MAX_VALUE
                if before >> 248 & FROZEN:
                    assert self.balance(account) >= before & MAX_VALUE
                assert self.balance(account) >= min(held, before & MAX_VALUE)

    @invariant()
    def s11_a_pause_of_transfers_stops_all_but_mint_burn_redemption_and_orders(self):
        if self.before["config"] >> 192 & TRANSFERS:
            moved = any(self.balance(a) != self.before[a] & MAX_VALUE for a in self.everybody)
            free = {"mint", "burn", "surrender", *DESK_VERBS, *self.ORDERS}
            assert not moved or self.moved_by in free

    @invariant()
    def s12_paused_seconds_never_fall_and_need_a_pause(self):
        config, now = self.words["config"], self.chain.now()
        since, past = config >> 152 & (2**40 - 1), config >> 112 & (2**40 - 1)
        seconds = past + (now - since if since else 0)
        assert (since != 0) == bool(config >> 192 & TRANSFERS)
        assert seconds >= self.paused_seconds
        if not self.before["config"] >> 192 & TRANSFERS:
            assert seconds == self.paused_seconds
        self.paused_seconds = seconds

    @invariant()
    def s13_supply_rises_only_by_a_mint(self):
        risen = self.supply - (self.before["config"] & MAX_VALUE)
        assert risen <= 0 or self.moved_by == "mint"
        assert risen >= 0 or self.moved_by in {"burn", "burnEscrow", "destroy"}

    @invariant()
    def s14_a_desk_has_what_was_surrendered_and_not_yet_given_back_or_burned(self):
        if self.before[self.desk] >> 248 & REDEMPTION:
            risen = self.balance(self.desk) - (self.before[self.desk] & MAX_VALUE)
            assert risen <= 0 or self.moved_by == "surrender"
            assert risen >= 0 or self.moved_by in {"surrender", *DESK_VERBS}


WORDS = sorted({nonce >> 8 for nonce in NONCES})


def _number(address: str) -> int:
    return int(address, 16)


def _nonce(word: int) -> int:
    return word >> 224 & 0xFFFFFF


def _trespass():
    raise Refused("AccessManagedUnauthorized")


def test_ledger():
    """Holds for every sequence that hypothesis tries, and every action was among them."""
    run_state_machine_as_test(LedgerMachine, settings=sequences())
    report(LedgerMachine)
    require_all(LedgerMachine, ACTIONS, REFUSALS)
