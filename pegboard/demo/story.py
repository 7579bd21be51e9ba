"""The story, chapter by chapter; each says what it does and checks what became of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from eth_utils import keccak

from pegboard import actions
from pegboard.actions import money
from pegboard.amounts import format_amount
from pegboard.deploy import Deployer
from pegboard.desired.parties import unknown_powers
from pegboard.errors import NotDue, Unexpected
from pegboard.inputs import reference
from pegboard.reserves import post
from pegboard.signing import Authorization, permit

if TYPE_CHECKING:
    from pegboard.demo.stage import Stage
    from pegboard.suite import Peg

#: Who has tokens at the end, besides the burner.
HOLDERS = ("importer", "supplier", "shopper", "suspect", "treasury", "worker")


def tell(stage: Stage) -> None:
    """All of it."""
    deploy(stage)
    hkd, usd, cnh = (stage.suite.peg(code) for code in ("HKD", "USD", "CNH"))
    attest(stage, hkd, usd, cnh)
    issue(stage, hkd, usd, cnh)
    pay(stage, hkd)
    pay_without_gas(stage, usd)
    bar(stage, hkd)
    pay_many(stage, cnh)
    hold(stage, hkd)
    seize(stage, hkd)
    know_holders(stage, usd)
    go_stale(stage, hkd, usd, cnh)
    stop_and_open(stage, cnh)
    dispute(stage, usd)
    redeem(stage, hkd)
    add_up(stage, hkd, usd, cnh)


def deploy(stage: Stage) -> None:
    """Three currencies, and a deployer without power."""
    stage.step("Deploy HKD, USD and CNH at addresses that are the same on every chain")
    account = stage.people["deployer"]
    deployer = Deployer(stage.suite, stage.artifacts, stage.roles, account, stage.resolve)
    plan = deployer.plan()
    deployer.apply(plan)
    deployer.verify()
    spent = sum(receipt.gas_used for receipt in deployer.receipts)
    stage.gas += spent
    stage.say(f"{len(plan.lines())} steps in {len(deployer.receipts)} transactions, {spent:,} gas")
    for code, peg in stage.suite.pegs.items():
        stage.say(f"{code}  token {peg.token.address}  reserve feed {peg.feed.address}")
    stage.expect("what a second run would do", deployer.plan().lines(), [])
    powers = unknown_powers(stage.suite, stage.roles, {}, [account])
    stage.expect("the deployer's powers", powers, [])
    stage.say("a second run finds nothing to do, and the deployer is left without any power")


def attest(stage: Stage, *pegs: Peg) -> None:
    """k of n signatures, off chain; anybody posts them."""
    stage.step("Attestors sign reserve statements (EIP-712), and a quorum of them is posted")
    relayer = stage.people["relayer"]
    first = pegs[0]
    alone = stage.statement(first, "1000000", signers=1)
    stage.refused(
        "QuorumNotMet",
        "a statement that one attestor signed",
        lambda: post(first.feed, *alone, sender=relayer),
        first,
    )
    for peg, reserves in zip(pegs, ("1000000", "250000", "500000"), strict=True):
        receipt = post(peg.feed, *stage.statement(peg, reserves, signers=3), sender=relayer)
        units = peg.feed.call("latestStatement")[3]
        stage.did(f"{money(peg, units)} stated by 3 of 3 attestors", receipt)
        stage.expect("stated reserves", units, stage.units(peg, reserves))


def issue(stage: Stage, *pegs: Peg) -> None:
    """Mint in all three; then too much."""
    stage.step("Mint against the reserves, in all three currencies")
    importer = stage.people["importer"]
    for peg, amount in zip(pegs, ("50000.00", "20000.00", "30000.00"), strict=True):
        units = stage.units(peg, amount)
        stage.enact(actions.mint(peg, importer, units, reference(f"FPS {peg.config.code} 1")))
        stage.expect("the supply", peg.token.call("totalSupply"), units)
        stage.expect("the balance", peg.token.call("balanceOf", importer), units)
    stage.step("Mint more than the reserves allow")
    hkd = pegs[0]
    headroom = hkd.token.call("reserveHeadroom")
    stage.say(f"headroom is {money(hkd, headroom)}: reserves less buffer less supply")
    fault = stage.refused(
        "ReserveExceeded",
        "one base unit more than the headroom",
        lambda: stage.enact(actions.mint(hkd, importer, headroom + 1, reference("too much"))),
        hkd,
    )
    stage.expect("the headroom in the refusal", fault.arguments["headroom"], headroom)


def pay(stage: Stage, peg: Peg) -> None:
    """A payment that carries its reference."""
    stage.step("Pay an invoice, with a reference that stands next to the transfer in the log")
    supplier, ref = stage.people["supplier"], b"INV-2026-0815"
    units = stage.units(peg, "12500.50")
    name = "transfer(address,uint256,bytes)"
    receipt = stage.act(
        peg.token, "importer", f"{money(peg, units)} to supplier", name, supplier, units, ref
    )
    events = [event for event, _ in peg.token.events(receipt.logs)]
    stage.expect("the events", events, ["TransferReference", "Transfer"])
    stage.expect("the supplier's balance", peg.token.call("balanceOf", supplier), units)


def pay_without_gas(stage: Stage, peg: Peg) -> None:
    """The holder signs, a relayer pays the gas."""
    stage.step("Pay without gas: the shopper has no ETH and signs, the relayer submits")
    shopper, supplier = stage.people["shopper"], stage.people["supplier"]
    first = stage.units(peg, "500")
    stage.act(peg.token, "importer", "500.00 USD to shopper", "transfer", shopper, first)
    stage.expect(
        "the shopper's ETH", stage.chain.result("eth_getBalance", [shopper, "latest"]), "0x0"
    )

    now, units = stage.chain.now(), stage.units(peg, "120.25")
    order = Authorization(shopper, supplier, units, now - 60, now + 3600, keccak(text="order 7"))
    signature = stage.sign(shopper, order.signable(peg.token))
    name = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
    arguments = (*order.values(), signature)
    stage.act(peg.token, "relayer", "shopper's signed 120.25 USD (ERC-3009)", name, *arguments)
    stage.refused(
        "AuthorizationSpent",
        "the same signature once more",
        lambda: peg.token.send(name, *arguments, sender=stage.people["relayer"]),
        peg,
    )
    relayer, allowed, nonce = stage.people["relayer"], stage.units(peg, "30"), 0
    message = permit(peg.token, shopper, relayer, allowed, nonce, now + 3600)
    name = "permit(address,address,uint256,uint256,bytes)"
    signed = (shopper, relayer, allowed, now + 3600, stage.sign(shopper, message))
    stage.act(
        peg.token, "relayer", "shopper's signed allowance of 30.00 USD (ERC-2612)", name, *signed
    )
    name = "transferFrom(address,address,uint256)"
    stage.act(peg.token, "relayer", "30.00 USD to supplier", name, shopper, supplier, allowed)
    stage.expect(
        "the shopper's balance", peg.token.call("balanceOf", shopper), first - units - allowed
    )
    stage.expect("the supplier's balance", peg.token.call("balanceOf", supplier), units + allowed)


def bar(stage: Stage, peg: Peg) -> None:
    """Blacklisted: neither sends nor receives."""
    stage.step("Blacklist an account: at once, in every direction")
    suspect, worker = stage.people["suspect"], stage.people["worker"]
    units = stage.units(peg, "3000")
    stage.act(peg.token, "importer", "3,000.00 HKD to suspect", "transfer", suspect, units)
    stage.enact(actions.mark(peg, "blacklist", [suspect], reference("case 2026-12")))
    for who, to in (("importer", suspect), ("suspect", worker)):
        stage.refused(
            "BlacklistedAccount",
            f"a transfer from {who} {'to suspect' if to == suspect else 'to worker'}",
            partial(peg.token.send, "transfer", to, 1, sender=stage.people[who]),
            peg,
        )
    stage.expect("the suspect's balance", peg.token.call("balanceOf", suspect), units)
    stage.say("the barred tokens stay in the supply and stay backed")


def pay_many(stage: Stage, peg: Peg) -> None:
    """A batch is paid although one payee is barred."""
    stage.step("Pay a batch of three, one of them barred: that row is skipped and reported")
    suspect, worker, supplier = (stage.people[p] for p in ("suspect", "worker", "supplier"))
    stage.enact(actions.mark(peg, "blacklist", [suspect], reference("case 2026-12")))
    unit = stage.units(peg, "100")
    rows = [(worker, 3 * unit), (suspect, 2 * unit), (supplier, unit)]
    name = "pay(bytes32,uint8,(address,uint96)[],bytes32[],uint256)"
    refs = [reference(f"salary {n}") for n in range(3)]
    arguments = (keccak(text="payout file"), 0, rows, refs, 6 * unit)
    receipt = stage.act(peg.token, "importer", "batch of 600.00 CNH", name, *arguments)
    events = dict(peg.token.events(receipt.logs))
    stage.expect("the skipped payee", events["Skipped"]["to"], suspect)
    stage.expect(
        "the batch", (events["Batch"]["paid"], events["Batch"]["skipped"]), (4 * unit, 2 * unit)
    )
    stage.say(f"paid {money(peg, 4 * unit)}, skipped {money(peg, 2 * unit)} to the barred payee")
    stage.refused(
        "ChunkExecuted",
        "the same batch once more",
        lambda: peg.token.send(name, *arguments, sender=stage.people["importer"]),
        peg,
    )


def hold(stage: Stage, peg: Peg) -> None:
    """Freeze an account, or hold a part of it."""
    stage.step("Freeze an account, and hold a part of another")
    supplier, importer = stage.people["supplier"], stage.people["importer"]
    stage.enact(actions.mark(peg, "freeze", [supplier], reference("case 2026-13")))
    stage.refused(
        "FrozenAccount",
        "a transfer from the frozen supplier",
        lambda: peg.token.send("transfer", importer, 1, sender=supplier),
        peg,
    )
    stage.act(
        peg.token, "importer", "1.00 HKD to supplier, who may receive", "transfer", supplier, 10**6
    )
    stage.enact(actions.mark(peg, "unfreeze", [supplier], reference("case 2026-13 closed")))
    balance = peg.token.call("balanceOf", importer)
    held = stage.units(peg, "30000")
    stage.enact(actions.hold(peg, importer, held, reference("order 2026-14")))
    stage.refused(
        "ERC7943InsufficientUnfrozenBalance",
        f"a transfer of all {money(peg, balance)} of the importer, {money(peg, held)} held",
        lambda: peg.token.send("transfer", supplier, balance, sender=importer),
        peg,
    )
    stage.expect("spendable", peg.token.call("availableOf", importer), balance - held)
    stage.enact(actions.release(peg, importer, held, reference("order 2026-14 lifted")))
    stage.expect("spendable", peg.token.call("availableOf", importer), balance)


def seize(stage: Stage, peg: Peg) -> None:
    """A court's order, after its delay."""
    stage.step("Seize the barred tokens by a court's order: not before its delay has passed")
    suspect, treasury = stage.people["suspect"], stage.people["treasury"]
    units, supply = peg.token.call("balanceOf", suspect), peg.token.call("totalSupply")
    action = actions.seize(peg, suspect, treasury, units, reference("HCA 77/2026"))
    seizer = stage.member("SEIZER")
    outcome = actions.carry_out(stage.suite, action, seizer)
    stage.expect("executed at once", outcome.executed, wanted=False)
    try:
        actions.carry_out(stage.suite, action, seizer)
    except NotDue as fault:
        stage.say(f"waits    {fault}")
        stage.refusals.append("NotDue")
    else:
        raise Unexpected("the seizure was executed before its delay")
    stage.warp(outcome.ready_at - stage.chain.now())
    stage.enact(action)
    stage.expect("the treasury's balance", peg.token.call("balanceOf", treasury), units)
    stage.expect("the supply", peg.token.call("totalSupply"), supply)


def know_holders(stage: Stage, peg: Peg) -> None:
    """Allow-list mode: only verified accounts move tokens."""
    stage.step("Allow-list mode: only verified accounts may send and receive")
    importer, supplier = stage.people["importer"], stage.people["supplier"]
    stage.enact(actions.require_verified(peg, reference("AML 5.11")))
    stage.refused(
        "UnverifiedAccount",
        "a transfer between unverified accounts",
        lambda: peg.token.send("transfer", supplier, 10**6, sender=importer),
        peg,
    )
    stage.enact(actions.mark(peg, "verify", [importer, supplier], reference("KYC 4711")))
    stage.act(peg.token, "importer", "1.00 USD to supplier", "transfer", supplier, 10**6)
    stage.enact(actions.waive_verified(peg, reference("AML 5.11 waived")))
    stage.expect("allow-list mode", peg.token.call("isAllowListOn"), wanted=False)


def go_stale(stage: Stage, *pegs: Peg) -> None:
    """A stale statement blocks minting, and nothing else."""
    stage.step("The statements are stale by now: minting stops, payments go on")
    hkd, importer = pegs[0], stage.people["importer"]
    stage.refused(
        "ReserveStale",
        "a mint against the old statement",
        lambda: stage.enact(actions.mint(hkd, importer, 10**6, reference("FPS HKD 2"))),
        hkd,
    )
    supplier = stage.people["supplier"]
    stage.act(hkd.token, "importer", "1.00 HKD to supplier", "transfer", supplier, 10**6)
    for peg, reserves in zip(pegs, ("1000000", "250000", "500000"), strict=True):
        signed = stage.statement(peg, reserves, signers=2)
        receipt = post(peg.feed, *signed, sender=stage.people["relayer"])
        stage.did(f"a fresh statement of {peg.config.code} by 2 of 3 attestors", receipt)
    stage.enact(actions.mint(hkd, importer, stage.units(hkd, "1000"), reference("FPS HKD 2")))


def stop_and_open(stage: Stage, peg: Peg) -> None:
    """Tighten at once, loosen late."""
    stage.step("Pause transfers at once, open them after a delay that a guardian can use")
    stage.enact(actions.pause(peg, ["transfers"], reference("incident 3")))
    supplier, importer = stage.people["supplier"], stage.people["importer"]
    stage.refused(
        "Paused",
        "a transfer while transfers are paused",
        lambda: peg.token.send("transfer", supplier, 1, sender=importer),
        peg,
    )
    stage.enact(actions.resume(peg, ["transfers"], reference("incident 3 closed")))
    stage.act(peg.token, "importer", "1.00 CNH to supplier", "transfer", supplier, 10**6)


def dispute(stage: Stage, peg: Peg) -> None:
    """Reserves in doubt do not count."""
    stage.step("Report a break of the reserves: they stop counting at once")
    importer = stage.people["importer"]
    stage.enact(actions.report_break(peg, reference("recon 20260131")))
    stage.refused(
        "Disputed",
        "a mint against disputed reserves",
        lambda: stage.enact(actions.mint(peg, importer, 10**6, reference("FPS USD 2"))),
        peg,
    )
    stage.enact(actions.clear_break(peg, reference("recon 20260131 explained")))
    stage.enact(actions.mint(peg, importer, 10**6, reference("FPS USD 2")))


def redeem(stage: Stage, peg: Peg) -> None:
    """Tokens come back and are destroyed."""
    stage.step("Redeem: the holder sends tokens to the burner, who destroys them")
    burner, units = stage.member("BURNER"), stage.units(peg, "5000")
    supply = peg.token.call("totalSupply")
    stage.act(peg.token, "importer", "5,000.00 HKD to the burner", "transfer", burner, units)
    stage.enact(actions.burn(peg, units, reference("redemption 88")))
    stage.expect("the supply", peg.token.call("totalSupply"), supply - units)


def add_up(stage: Stage, *pegs: Peg) -> None:
    """Balances make the supply, and the supply is what was minted less what was burned."""
    stage.step("Add up")
    wanted = {"HKD": "46000", "USD": "20001", "CNH": "30000"}
    for peg in pegs:
        supply = peg.token.call("totalSupply")
        held = sum(peg.token.call("balanceOf", stage.people[who]) for who in HOLDERS)
        stage.expect("minted less burned", supply, stage.units(peg, wanted[peg.config.code]))
        stage.expect("the sum of all balances", held, supply)
        usable = (
            peg.feed.call("latestStatement")[3]
            * 10_000
            // (10_000 + peg.config.reserves.buffer_bps)
        )
        stage.expect("the headroom", peg.token.call("reserveHeadroom"), usable - supply)
        stage.say(f"{peg.config.code}: {format_amount(supply, peg.config.decimals)} in circulation")
