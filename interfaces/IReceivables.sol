// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IEscrow} from "interfaces/IEscrow.sol";

/// @title Receivables: attested, accepted, financed once, paid through a waterfall
/// @notice A document of a sale is on record once, for ever, under the keyed fingerprint of its content. One financier may
/// advance money on it; what the buyer pays goes to the financier first, as far as it is owed, and else to the seller.
/// @dev It shows that a document is unique among those that use this contract and the same fingerprint key, and that its
/// buyer signed; whether the goods exist is the attester's word. Nothing is held but credits. Values are base units.
interface IReceivables is IEscrow {
    /* TYPES */

    enum Status {
        NONE,
        ATTESTED,
        ACCEPTED,
        FINANCED,
        SETTLED,
        DEFAULTED,
        CANCELLED
    }

    /// @notice A document of a sale; signed by its attester as EIP-712 `Doc`.
    /// @param attester Who vouches for it: the warehouse, within its cap in the CurrencyRegistry.
    /// @param buyer Who owes.
    /// @param face What is owed.
    /// @param due The last second at which payment is in time, pauses added.
    /// @param fingerprint HMAC-SHA256 of the document's content by the registry's key; also the record's id.
    /// @param ordersRoot Merkle root of the warehouse orders that it bills.
    struct Doc {
        address attester;
        address seller;
        address buyer;
        address token;
        uint96 face;
        uint32 due;
        bytes32 fingerprint;
        bytes32 ordersRoot;
    }

    /// @notice What a financier offers; signed as EIP-712 `Offer`.
    /// @param doc The hash of the document that it is for.
    /// @param advance What the seller gets at once.
    /// @param feeBps The fee in basis points of the advance, rounded down.
    /// @param lateBpsPerDay What each whole day after `due` adds, in basis points of the advance, rounded down, until the
    /// financier has all that it is owed; days before a late advance count too.
    /// @param expiry The last second at which it can be taken; a pause does not extend it.
    /// @param nonce Any number that the financier has not cancelled.
    struct Offer {
        bytes32 doc;
        address financier;
        uint96 advance;
        uint16 feeBps;
        uint16 lateBpsPerDay;
        uint48 expiry;
        uint256 nonce;
    }

    /// @param doc The hash of the document.
    /// @param pausedBefore The token's paused seconds when it was attested.
    /// @param paid What was paid on it.
    /// @param toFinancier What of it the financier got.
    struct Receivable {
        Status status;
        bytes32 doc;
        address buyer;
        uint40 pausedBefore;
        uint32 due;
        uint96 paid;
        uint96 toFinancier;
        address financier;
        uint96 advance;
        uint16 feeBps;
        uint16 lateBpsPerDay;
    }

    /* EVENTS */

    event Attested(bytes32 indexed id, address indexed seller, address indexed buyer, Doc doc);
    event Accepted(bytes32 indexed id);
    event Financed(bytes32 indexed id, address indexed financier, Offer offer);
    event Paid(
        bytes32 indexed id,
        address indexed payer,
        bytes32 indexed ref,
        uint256 toFinancier,
        uint256 toSeller,
        bool settled
    );
    event Defaulted(bytes32 indexed id, address indexed financier, uint256 owed);
    event Cancelled(bytes32 indexed id, address indexed by);
    event OfferCancelled(address indexed financier, uint256 indexed nonce);

    /* ERRORS */

    /// @notice The record is not in a status that allows this.
    error WrongDocStatus(bytes32 id, Status status);
    /// @notice The document is not the one on record under its fingerprint.
    error DocMismatch(bytes32 id, bytes32 recorded);
    /// @notice A document has a face, a date, a fingerprint, and two parties.
    error InvalidDoc();
    /// @notice The attester would vouch for `exposure`, beyond its cap in the registry.
    error AttesterCapExceeded(address attester, address token, uint256 exposure, uint256 cap);
    /// @notice The attester vouches for nothing in this currency any more.
    error AttesterExpelled(address attester, address token);
    /// @notice The offer is for another document than this, by their hashes.
    error OfferMismatch(bytes32 doc, bytes32 offered);
    /// @notice A seller does not finance itself.
    error InvalidFinancier(address financier);
    /// @notice The offer could be taken until and including `expiry`.
    error OfferExpired(uint256 expiry);
    /// @notice The financier has cancelled the offer.
    error OfferIsCancelled(address financier, uint256 nonce);
    /// @notice An advance and its fee are above zero and within what is unpaid.
    error InvalidAdvance(uint256 advanceAndFee, uint256 unpaid);
    /// @notice More than is unpaid, or nothing, was to be paid.
    error InvalidPayment(uint256 value, uint256 unpaid);
    /// @notice It is in default only after this second, pauses added.
    error NotOverdue(uint256 due);

    /* VIEWS */

    /// @notice What stands of a record.
    function receivableOf(bytes32 id) external view returns (Receivable memory);
    /// @notice What the financier is owed now: advance, fee and what lateness added, less what it got, and at most what is
    /// unpaid.
    function owed(Doc calldata doc) external view returns (uint256);
    /// @notice The last second at which payment is in time, pauses added.
    function dueOf(Doc calldata doc) external view returns (uint256);
    /// @notice What is unpaid of the attester's documents in this currency.
    function exposureOf(address attester, address token) external view returns (uint256);
    /// @notice Whether the financier has cancelled the offer of this nonce.
    function isCancelled(address financier, uint256 nonce) external view returns (bool);
    /// @notice The hash of a document, which its attester signs (EIP-712), and its buyer within `Acceptance`.
    function docHash(Doc calldata doc) external view returns (bytes32);

    /* RELAYER, with the attester's signature */

    /// @notice Puts a document on record.
    /// @return id Its fingerprint.
    function attest(Doc calldata doc, bytes calldata attesterSignature) external returns (bytes32 id);

    /* RELAYER, with the buyer's signature */

    /// @notice Records that the buyer owes what the document says; signed as EIP-712 `Acceptance(bytes32 doc)`.
    function accept(bytes32 id, bytes calldata buyerSignature) external;

    /* SELLER, with the financier's signature */

    /// @notice Takes an offer: the advance moves from the financier, by allowance, to the seller.
    function finance(Doc calldata doc, Offer calldata offer, bytes calldata financierSignature) external;

    /* ANYBODY */

    /// @notice Pays `value` on a document out of the caller's tokens: to the financier what is owed, the rest to the seller.
    /// @dev Who is paid may be who pays: `Paid` then tells of no money, only of less that is owed.
    function pay(Doc calldata doc, uint96 value, bytes32 ref) external;

    /* FINANCIER */

    /// @notice Voids the caller's offers of this nonce.
    function cancelOffer(uint256 nonce) external;
    /// @notice Records that the document was not paid in time; it can still be paid.
    function markDefault(Doc calldata doc) external;

    /* SELLER, or the attester */

    /// @notice Takes back a document that nobody has financed; what was paid on it stays paid, its fingerprint stays used.
    function cancel(Doc calldata doc) external;
}
