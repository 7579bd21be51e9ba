"""What each function does, as a clause; `{name}` stands for an argument as people write it.

`{code}` is the currency, `{request}` and `{order}` are what a number stands for on chain. A
reference that a clause does not name is added to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_SIGNATURE = "send {value} from {from} to {to}, as {from} signed"

TOKEN = {
    "approve": "let {spender} spend up to {value} of the sender's",
    "transfer": "send {value} of the sender's to {to}",
    "transferFrom": "send {value} from {from} to {to}, by the sender's allowance",
    "permit": "let {spender} spend up to {value} of {owner}, as {owner} signed",
    "transferWithAuthorization": _BY_SIGNATURE,
    "receiveWithAuthorization": _BY_SIGNATURE,
    "cancelAuthorization": "void the authorization {nonce} of {authorizer}, as it signed",
    "pay": "pay {total} in all, as chunk {chunk} of the batch {batchId}",
    "surrender": "hand {value} of the sender's to {desk} to be redeemed",
    "mint": "create {value} at {to}",
    "burn": "destroy {value} of the sender's own tokens",
    "restore": "give {value} of the sender's escrow to {to}",
    "burnEscrow": "destroy {value} of the sender's escrow, for which {holder} was paid",
    "blacklist": "bar {accounts} from sending, receiving and spending {code}",
    "unblacklist": "lift the blacklisting of {accounts} in {code}",
    "freeze": "freeze {accounts} in {code}, which can then receive but not send",
    "unfreeze": "lift the freeze of {accounts} in {code}",
    "hold": "hold {value} of {account}; the rest stays spendable",
    "release": "release {value} of {account} from hold",
    "seize": "take {value} from {from} to {to} by a lawful order",
    "destroy": "destroy {value} of {from} by a lawful order",
    "verify": "mark {accounts} as verified in {code}",
    "unverify": "mark {accounts} as not verified in {code}",
    "pause": "stop {bits} of {code} at once",
    "resume": "open {bits} of {code} again, after pause number {pauseNumber}",
    "enterAllowListMode": "let only verified accounts move {code} from now",
    "leaveAllowListMode": "let everybody who is not barred move {code} again",
    "lowerMintLimit": "cut the mint limit of {code} to {capacity} per {window}",
    "raiseMintLimit": "set the mint limit of {code} to {capacity} per {window}",
    "setReserveConfig": "let {code} be minted against {source}, whose answer may be {maxAge} old, "
    "with a buffer of {bufferBps} bps{alone}",
    "enlist": "mark {accounts} as contracts of the suite in {code}, which nobody can freeze, "
    "blacklist, hold or take from",
    "delist": "mark {accounts} as no contracts of the suite any more in {code}",
    "appointDesk": "let {desk} take redemptions of {code}",
    "rescueERC20": "send {value}, which came to the token of {code} by mistake, to {to}",
    "upgrade": "replace the code that governs {code} by {newImplementation}, which must have the "
    "code hash {codeHash} and the audit {auditHash}{everything}",
}

FEED = {
    "post": "state that the reserves of {currency} were {reserves} as of {asOf}, and that other "
    "chains may have issued up to {elsewhere}, by the document {document}, with {signatures}",
    "reportBreak": "stop minting of {code}, since its reserve statement is in doubt",
    "clearBreak": "let the reserves of {code} count again after the break {reported}",
    "addAttestor": "let {attestor} attest the reserves of {code}",
    "expelAttestor": "let {attestor} attest the reserves of {code} no more, at once",
    "setQuorums": "ask for {quorum} attestors of {code}, and for {riseQuorum} where its reserves "
    "rise by more than {maxRiseBps} bps a day",
}

AUTHORITY = {
    "schedule": "schedule, to be executed {wait}: {inner}",
    "execute": "execute what the sender scheduled: {inner}",
    "cancel": "cancel what {caller} scheduled: {inner}",
    "multicall": "do nothing, by an empty list of calls",
    "consumeScheduledOp": "use up what {caller} scheduled for the sender, a contract",
    "grantRole": "grant {roleId} to {account}, {executionDelay}",
    "revokeRole": "take {roleId} from {account}",
    "renounceRole": "give {roleId} back, as {callerConfirmation}",
    "expel": "take {roleId} from {account} at once",
    "labelRole": "name {roleId} {label}",
    "setRoleAdmin": "let {admin} grant {roleId}",
    "setRoleGuardian": "let {guardian} cancel what {roleId} schedules",
    "setGrantDelay": "let grants of {roleId} take effect after {newDelay}",
    "setTargetAdminDelay": "let changes of who may call {target} wait {newDelay}",
    "setTargetFunctionRole": "let {roleId} call {selectors} of {target}",
    "setTargetClosed": "{closed} {target} to everybody, whatever roles they hold",
    "updateAuthority": "put {target} under another authority, {newAuthority}",
}

AUDITS = {
    "register": "record that the audit {auditHash} covers the code with the hash {codeHash}",
    "withdraw": "withdraw the audit {auditHash}, so that no upgrade can cite it",
}

REGISTRY = {
    "register": "put {code} on the board, with the token {token} and the reserve feed {feed}",
    "retire": "take {code} off the board",
    "tagWallet": "record {wallet} as an operational wallet of the issuer, for {purpose}",
    "untagWallet": "record {wallet} as no operational wallet of the issuer any more",
    "openPair": "let {base} and {quote} be exchanged within {bandBps} bps of what {feed} says, "
    "whose answer may be {maxAge} old",
    "narrowPair": "let {base} and {quote} be exchanged only within {bandBps} bps of what their "
    "feed says, whose answer may be {maxAge} old",
    "closePair": "let {base} and {quote} be exchanged no more",
    "listAsset": "let the asset {asset} be delivered against payment",
    "delistAsset": "let the asset {asset} be delivered against payment no more",
    "raiseAttester": "let {attester} vouch for documents in {code} of up to {cap} unpaid",
    "cutAttester": "let {attester} vouch for documents in {code} of only up to {cap} unpaid",
}

CUSTOMERS = {
    "bind": "bind {wallet} to customer {customerRef}, whose due diligence counts until "
    "{dueDiligenceUntil}, by the wallet's signature",
    "renew": "let the due diligence of {wallet} count until {dueDiligenceUntil}",
    "setPayout": "pay redemptions of {wallet} to account {payoutRef}",
    "unbind": "unbind {wallet}, and forget its payout account",
}

CALENDAR = {
    "addCalendar": "add the business calendar {code}, {utcOffset} s from UTC, closed on {weekend}",
    "addHolidays": "close {holidays} in the calendar {code}",
    "removeHolidays": "open {holidays} again in the calendar {code}",
    "declareClosed": "close {day} in the calendar {code} at once",
}

ISSUANCE = {
    "propose": "propose to issue {amount} through {channel}, bank reference {bankRef}",
    "approve": "approve to issue {amount} through {channel}, bank reference {bankRef}",
    "cancel": "cancel the order of bank reference {bankRef}",
    "openChannel": "open {channel}, a {kind} channel of {code} that issues to {payee}, with no "
    "limits yet",
    "raiseChannel": "let {channel} issue up to {cap} an order and {capacity} per {window}",
    "lowerChannel": "let {channel} issue only up to {cap} an order and {capacity} per {window}",
    "closeChannel": "close {channel}, so that nothing is issued through it",
    "loosenTiers": "set how many must approve orders of {code}: {tiers}",
    "tightenTiers": "have more approve orders of {code}: {tiers}",
}

REDEMPTION = {
    "validate": "start the clock of {request}",
    "instruct": "record that the bank is told to pay {request}, bank reference {bankRef}",
    "settle": "record that {request} was paid, bank reference {bankRef}, and destroy its tokens",
    "reject": "record that the bank did not pay {request}",
    "giveBack": "give the tokens of {request} back to their holder",
    "takeBack": "take the tokens of {request} back",
    "extend": "move the due date of {request} to the end of {day}",
    "recordDelay": "record why {request} waits; its due date stays",
    "release": "give the tokens of {request} to {to} by a lawful order",
    "list": "let {code} be redeemed within {businessDays} business days of the calendar {calendar}",
    "lowerFee": "lower the redemption fee of {code} to {flatFee} and {feeBps} bps of the amount",
    "raiseFee": "set the redemption fee of {code} to {flatFee} and {feeBps} bps of the amount, "
    "after the desk's notice",
    "onSurrender": "take {value} of {holder} in to be redeemed",
}

ORDERS = {
    "openCase": "open case {caseId} ({class}), to be reviewed by {reviewBy}, by the document "
    "{document}",
    "reviewCase": "record a review of case {caseId}; the next is due by {reviewBy}",
    "closeCase": "close case {caseId}",
    "nameAccount": "name {account} in case {caseId}, of which up to {ceiling} may be held and "
    "taken",
    "freeze": "freeze {accounts} in {code} under case {caseId}",
    "unfreeze": "lift the freeze of {accounts} in {code} by case {caseId}",
    "hold": "hold {value} more of {account} under case {caseId}",
    "release": "release {value} of {account} that case {caseId} holds",
    "propose": "propose to {taking} under case {caseId}",
    "execute": "execute {order}",
    "multicall": "do nothing, by an empty list of calls",
    "cancel": "cancel {order}",
}

PRESIGNED = {
    "pause": "stop {bits} of {code} at once, as signed ahead for epoch {epoch}, valid from "
    "{validFrom} to {validUntil}, with {signatures}",
    "revoke": "void every pause of {code} that was signed ahead",
    "addSigner": "let {signer} sign pauses ahead",
    "expelSigner": "let {signer} sign pauses ahead no more, at once",
    "setQuorum": "ask for {quorum_} signers of pauses ahead",
}

FX = {
    "settle": "take the quote of {maker} until {deadline}: the sender pays {buyAmount}, and {to} "
    "gets {sellAmount}{rate}",
    "settleFor": "take the quote of {maker} until {deadline}: {taker} pays {buyAmount}, as it "
    "signed, and {to} gets {sellAmount}{rate}",
    "cancel": "void the sender's quotes of these nonces: {nonces}",
    "setSigner": "let {signer} sign quotes of the sender{ending}",
}

_ESCROW = {
    "withdraw": "take {held} that is credited to the sender in {code}",
    "releaseCredit": "send {held} that is credited to {account}, who is barred, in {code}, to {to} "
    "by a lawful order",
    "rescue": "send all of {token}, which came to this contract by mistake, to {to}",
}

CHECKOUT = _ESCROW | {
    "authorize": "take {max} of {payer} in, as {payer} signed, for {payee}: {operator} can capture "
    "it until {captureBy} for {feeBps} bps to {feeTo}, and it can be refunded until {refundBy}; "
    "order {order}",
    "capture": "pay {value} that {payer} has authorized to {payee}, less {feeBps} bps to {feeTo}; "
    "order {order}",
    "release": "give {held} that is held of {payer} for {payee} back; order {order}",
    "refund": "pay {value} of the sender's back to {payer}, for what {payee} has got; order "
    "{order}",
    "complianceRelease": "send {held} that is held of {payer}, who is barred, to {to} by a lawful "
    "order; order {order}",
}

RECEIVABLES = _ESCROW | {
    "attest": "put the document {fingerprint} on record: {buyer} owes {seller} {face} until {due}, "
    "as {attester} signed",
    "accept": "record that {buyer} owes what the document {id} says, as it signed",
    "finance": "take {advance} of {financier}, as it signed, on the document {fingerprint}, for "
    "{feeBps} bps and {lateBpsPerDay} bps more for each day late",
    "pay": "pay {value} of the sender's on the document {fingerprint}, by which {buyer} owes "
    "{seller} {face}",
    "markDefault": "record that {buyer} has not paid the document {fingerprint} in time",
    "cancel": "take the document {fingerprint} back, by which {buyer} owes {seller} {face}",
    "cancelOffer": "void the sender's offers of the nonce {nonce}",
}

ENVELOPES = _ESCROW | {
    "create": "fill {packets} {shares} packets with {total} of {creator}, as {creator} signed, to "
    "be claimed until {expiry} by the link of {key}",
    "claim": "pay {to} a share of the envelope of {creator}, as the link of {key} signed",
    "refund": "give {held} that nobody claimed of the envelope of {creator} back",
    "complianceRelease": "send {held} that is left of the envelope of {creator}, who is barred, "
    "to {to} by a lawful order",
}

#: A Safe's own functions: whatever they do, they change who acts as the Safe, and how.
SAFE = {
    "addOwnerWithThreshold": "make {owner} an owner of this Safe, and ask for {threshold} "
    "signatures from now",
    "removeOwner": "remove {owner} from the owners of this Safe, and ask for {threshold} "
    "signatures from now",
    "swapOwner": "replace the owner {oldOwner} of this Safe by {newOwner}",
    "changeThreshold": "ask for {threshold} signatures of this Safe from now",
    "enableModule": "let {module} do anything as this Safe, without any signature",
    "disableModule": "let {module} act as this Safe no more",
    "setGuard": "let {guard} refuse transactions of this Safe, all of them included",
    "setFallbackHandler": "pass every call that this Safe does not know on to {handler}, as this "
    "Safe and for anybody",
    "approveHash": "sign the hash {hashToApprove} as this Safe, which approves whatever it "
    "stands for, for ever",
    "execTransaction": "have this Safe execute a transaction inside a transaction",
    "execTransactionFromModule": "have this Safe act as a module of itself",
    "execTransactionFromModuleReturnData": "have this Safe act as a module of itself",
    "setup": "set this Safe up anew",
    "simulateAndRevert": "have this Safe try {targetContract}, which always fails",
}

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "token": TOKEN,
    "feed": FEED,
    "authority": AUTHORITY,
    "audits": AUDITS,
    "registry": REGISTRY,
    "customers": CUSTOMERS,
    "calendar": CALENDAR,
    "issuance": ISSUANCE,
    "redemption": REDEMPTION,
    "orders": ORDERS,
    "presigned": PRESIGNED,
    "fx": FX,
    "checkout": CHECKOUT,
    "receivables": RECEIVABLES,
    "envelopes": ENVELOPES,
    "safe": SAFE,
}

#: What changes the rules themselves, so that it is said loudly.
LOUD: Mapping[str, frozenset[str]] = {
    "token": frozenset({"upgrade", "setReserveConfig"}),
    "authority": frozenset({"setTargetClosed", "updateAuthority"}),
    "safe": frozenset(SAFE),
}
