// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {IReceivables} from "interfaces/IReceivables.sol";
import {TermsHash} from "contracts/libraries/TermsHash.sol";
import {Escrow} from "contracts/uses/Escrow.sol";

// What is compared are statuses, not balances.
// slither-disable-start incorrect-equality

/// @title Receivables
/// @notice A document comes with every call that needs more of it than its buyer, and is recognised by its hash.
contract Receivables is Escrow, IReceivables {
    /// @dev Three words at attestation and one more when financed. `due` keeps the third from ever being zero.
    struct Record {
        bytes32 doc;
        address buyer;
        Status status;
        uint40 pausedBefore;
        uint96 paid;
        uint96 toFinancier;
        uint32 due;
        uint16 feeBps;
        uint16 lateBpsPerDay;
        address financier;
        uint96 advance;
    }

    bytes32 private constant DOC_TYPEHASH = keccak256(
        "Doc(address attester,address seller,address buyer,address token,uint96 face,uint32 due,bytes32 fingerprint,bytes32 ordersRoot)"
    );
    bytes32 private constant OFFER_TYPEHASH = keccak256(
        "Offer(bytes32 doc,address financier,uint96 advance,uint16 feeBps,uint16 lateBpsPerDay,uint48 expiry,uint256 nonce)"
    );
    bytes32 private constant ACCEPTANCE_TYPEHASH = keccak256("Acceptance(bytes32 doc)");
    uint256 private constant WHOLE = 10_000;

    // Written through references.
    // slither-disable-next-line uninitialized-state
    mapping(bytes32 id => Record) private _records;
    mapping(address attester => mapping(address token => uint256)) public exposureOf;
    mapping(address financier => mapping(uint256 nonce => bool)) public isCancelled;

    constructor(address authority_, address registry) Escrow(authority_, registry, "Pegboard Receivables") {}

    /* VIEWS */

    function receivableOf(bytes32 id) external view returns (Receivable memory) {
        Record memory record = _records[id];
        return Receivable({
            status: record.status,
            doc: record.doc,
            buyer: record.buyer,
            pausedBefore: record.pausedBefore,
            due: record.due,
            paid: record.paid,
            toFinancier: record.toFinancier,
            financier: record.financier,
            advance: record.advance,
            feeBps: record.feeBps,
            lateBpsPerDay: record.lateBpsPerDay
        });
    }

    function owed(Doc calldata doc) external view returns (uint256) {
        (, Record storage record) = _find(doc);
        Status status = record.status;
        if (status != Status.FINANCED && status != Status.DEFAULTED) return 0;
        return _owedWithin(doc, record);
    }

    function dueOf(Doc calldata doc) public view returns (uint256) {
        (, Record storage record) = _find(doc);
        return _tolled(doc.due, doc.token, record.pausedBefore);
    }

    function docHash(Doc calldata doc) public pure returns (bytes32) {
        uint256 terms;
        // Where the struct lies in calldata.
        assembly ("memory-safe") {
            terms := doc
        }
        return TermsHash.hashStruct(DOC_TYPEHASH, terms, 8);
    }

    /* RELAYER */

    function attest(Doc calldata doc, bytes calldata attesterSignature) external returns (bytes32 id) {
        id = doc.fingerprint;
        bool meaningful = id != 0 && doc.face != 0 && doc.due != 0 && doc.seller != address(0);
        bool apart = doc.buyer != address(0) && doc.buyer != doc.seller && doc.seller != address(this);
        if (!meaningful || !apart) revert InvalidDoc();
        Record storage record = _records[id];
        if (record.status != Status.NONE) revert WrongDocStatus(id, record.status);
        _requireCurrency(doc.token);
        uint256 exposure = exposureOf[doc.attester][doc.token] + doc.face;
        uint256 cap = REGISTRY.attesterCap(doc.attester, doc.token);
        if (exposure > cap) revert AttesterCapExceeded(doc.attester, doc.token, exposure, cap);
        bytes32 hash = docHash(doc);
        _requireSigned(doc.attester, hash, attesterSignature);

        exposureOf[doc.attester][doc.token] = exposure;
        record.doc = hash;
        (record.buyer, record.status, record.pausedBefore) =
        (doc.buyer, Status.ATTESTED, IPeggedToken(doc.token).pausedSeconds());
        record.due = doc.due;
        emit Attested(id, doc.seller, doc.buyer, doc);
    }

    function accept(bytes32 id, bytes calldata buyerSignature) external {
        Record storage record = _records[id];
        (address buyer, Status status) = (record.buyer, record.status);
        if (status != Status.ATTESTED) revert WrongDocStatus(id, status);
        _requireSigned(buyer, Hashes.efficientKeccak256(ACCEPTANCE_TYPEHASH, record.doc), buyerSignature);
        record.status = Status.ACCEPTED;
        emit Accepted(id);
    }

    /* SELLER */

    function finance(Doc calldata doc, Offer calldata offer, bytes calldata financierSignature) external nonReentrant {
        (bytes32 id, Record storage record) = _find(doc);
        if (msg.sender != doc.seller) revert CallerNot(doc.seller, msg.sender);
        if (record.status != Status.ACCEPTED) revert WrongDocStatus(id, record.status);
        if (offer.doc != record.doc) revert OfferMismatch(record.doc, offer.doc);
        if (offer.financier == doc.seller) revert InvalidFinancier(offer.financier);
        if (block.timestamp > offer.expiry) revert OfferExpired(offer.expiry);
        if (isCancelled[offer.financier][offer.nonce]) revert OfferIsCancelled(offer.financier, offer.nonce);
        if (REGISTRY.attesterCap(doc.attester, doc.token) == 0) revert AttesterExpelled(doc.attester, doc.token);
        uint256 claim = offer.advance + _part(offer.advance, offer.feeBps);
        uint256 unpaid = doc.face - record.paid;
        if (offer.advance == 0 || claim > unpaid) revert InvalidAdvance(claim, unpaid);
        _requireSigned(offer.financier, keccak256(abi.encode(OFFER_TYPEHASH, offer)), financierSignature);
        _requireFree(doc.token, doc.seller);

        record.status = Status.FINANCED;
        (record.feeBps, record.lateBpsPerDay) = (offer.feeBps, offer.lateBpsPerDay);
        (record.financier, record.advance) = (offer.financier, offer.advance);
        emit Financed(id, offer.financier, offer);
        // The financier has signed this advance; it reverts or answers true.
        // slither-disable-next-line unchecked-transfer,arbitrary-send-erc20
        IPeggedToken(doc.token).transferFrom(offer.financier, doc.seller, offer.advance);
    }

    /* ANYBODY */

    function pay(Doc calldata doc, uint96 value, bytes32 ref) external nonReentrant {
        (bytes32 id, Record storage record) = _find(doc);
        Status status = record.status;
        if (status == Status.SETTLED || status == Status.CANCELLED) revert WrongDocStatus(id, status);
        uint96 paid = record.paid;
        if (value == 0 || value > doc.face - paid) revert InvalidPayment(value, doc.face - paid);

        bool financed = status == Status.FINANCED || status == Status.DEFAULTED;
        uint256 owing = financed ? _owed(record, doc.token) : 0;
        uint96 toFinancier = uint96(Math.min(value, owing));
        bool settles = paid + value == doc.face;
        record.paid = paid + value;
        record.toFinancier += toFinancier;
        // Who has all that it is owed is not late with anything.
        if (financed && toFinancier == owing) record.lateBpsPerDay = 0;
        if (settles) record.status = Status.SETTLED;
        exposureOf[doc.attester][doc.token] -= value;
        emit Paid(id, msg.sender, ref, toFinancier, value - toFinancier, settles);
        address first = _destination(doc.token, record.financier, toFinancier);
        address second = _destination(doc.token, doc.seller, value - toFinancier);
        if (toFinancier != 0) _pull(doc.token, first, toFinancier);
        if (value != toFinancier) _pull(doc.token, second, value - toFinancier);
    }

    /* FINANCIER */

    function cancelOffer(uint256 nonce) external {
        isCancelled[msg.sender][nonce] = true;
        emit OfferCancelled(msg.sender, nonce);
    }

    function markDefault(Doc calldata doc) external {
        (bytes32 id, Record storage record) = _find(doc);
        if (record.status != Status.FINANCED) revert WrongDocStatus(id, record.status);
        if (msg.sender != record.financier) revert CallerNot(record.financier, msg.sender);
        if (!_hasPassed(doc.due, doc.token, record.pausedBefore)) revert NotOverdue(dueOf(doc));
        record.status = Status.DEFAULTED;
        emit Defaulted(id, msg.sender, _owedWithin(doc, record));
    }

    /* SELLER, or the attester */

    function cancel(Doc calldata doc) external {
        (bytes32 id, Record storage record) = _find(doc);
        Status status = record.status;
        bool open = status == Status.ATTESTED || status == Status.ACCEPTED;
        if (!open) revert WrongDocStatus(id, status);
        if (msg.sender != doc.seller && msg.sender != doc.attester) revert CallerNot(doc.seller, msg.sender);
        record.status = Status.CANCELLED;
        exposureOf[doc.attester][doc.token] -= doc.face - record.paid;
        emit Cancelled(id, msg.sender);
    }

    /* INSIDE */

    function _find(Doc calldata doc) private view returns (bytes32 id, Record storage record) {
        id = doc.fingerprint;
        record = _records[id];
        // No document has the hash zero, which is what an unknown record has.
        if (record.doc != docHash(doc)) revert DocMismatch(id, record.doc);
    }

    function _part(uint256 value, uint256 bps) private pure returns (uint256) {
        return value * bps / WHOLE;
    }

    function _owedWithin(Doc calldata doc, Record storage record) private view returns (uint256) {
        return Math.min(_owed(record, doc.token), doc.face - record.paid);
    }

    /// @dev Saturates: once made whole, the financier may have got more than advance and fee, for lateness.
    function _owed(Record storage record, address token) private view returns (uint256) {
        (uint256 advance, uint256 late) = (record.advance, 0);
        uint256 bps = record.lateBpsPerDay;
        if (bps != 0 && block.timestamp > record.due) {
            uint256 due = _tolled(record.due, token, record.pausedBefore);
            // Whole days count.
            // slither-disable-next-line divide-before-multiply
            late = _part(advance, bps * (Math.saturatingSub(block.timestamp, due) / 1 days));
        }
        return Math.saturatingSub(advance + _part(advance, record.feeBps) + late, record.toFinancier);
    }
}
// slither-disable-end incorrect-equality
