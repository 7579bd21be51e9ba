// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IControls} from "interfaces/IControls.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {IRedemptionDesk} from "interfaces/IRedemptionDesk.sol";
import {CaseBook} from "contracts/orders/CaseBook.sol";
import {Restricted} from "contracts/Restricted.sol";

// What is compared are statuses, parties and numbers, not balances.
// slither-disable-start incorrect-equality

/// @title Freezing, holding and taking under a case
/// @notice Holds FREEZER, RELEASER and SEIZER at the tokens, and asks for its own roles here. Several steps can go in one
/// call (`multicall`), each by the right of its caller.
contract LawfulOrders is CaseBook, Multicall {
    uint256 private constant CHALLENGE = 1 days;

    IRedemptionDesk private immutable REDEMPTIONS;

    mapping(address token => mapping(address account => uint256 count)) public freezesOf;
    mapping(address token => mapping(address account => uint256 value)) public heldOf;
    mapping(address token => mapping(address account => bool)) private _frozenBefore;
    Proposal[] private _proposals;

    constructor(address authority_, address redemptions) Restricted(authority_) {
        REDEMPTIONS = IRedemptionDesk(redemptions);
    }

    /* VIEWS */

    function proposalOf(uint256 id) public view returns (Proposal memory proposal) {
        if (id != 0 && id <= _proposals.length) proposal = _proposals[id - 1];
    }

    function proposalCount() external view returns (uint256) {
        return _proposals.length;
    }

    function openProposals(uint256 from, uint256 limit)
        external
        view
        returns (uint256[] memory ids, Proposal[] memory open)
    {
        (uint256 first, uint256 end) = _numbered(_proposals.length, from, limit);
        uint256 found;
        ids = new uint256[](end - first);
        open = new Proposal[](end - first);
        for (uint256 id = first; id < end; ++id) {
            Proposal memory proposal = proposalOf(id);
            if (proposal.status == ProposalStatus.PROPOSED) (ids[found], open[found++]) = (id, proposal);
        }
        // Shortens both arrays to what was found, which is at most their length.
        assembly ("memory-safe") {
            mstore(ids, found)
            mstore(open, found)
        }
    }

    /* CASEWORKER */

    function freeze(bytes32 caseId, address token, address[] calldata accounts) external restricted {
        _requireActive(caseId);
        for (uint256 i; i < accounts.length; ++i) {
            Entry storage entry = _named(caseId, token, accounts[i]);
            if (entry.frozen) continue;
            _countRestraint(caseId, entry, true, entry.held);
            if (freezesOf[token][accounts[i]]++ == 0) {
                _frozenBefore[token][accounts[i]] = IPeggedToken(token).isFrozen(accounts[i]);
            }
            emit CaseFroze(caseId, token, accounts[i], msg.sender);
        }
        IControls(token).freeze(accounts, caseId);
    }

    function hold(bytes32 caseId, address token, address account, uint112 value) external restricted {
        if (value == 0) revert NothingOrdered();
        _requireActive(caseId);
        Entry storage entry = _named(caseId, token, account);
        uint256 allowed = Math.saturatingSub(entry.ceiling, uint256(entry.taken) + entry.held);
        if (value > allowed) revert CeilingExceeded(caseId, account, value, allowed);
        _setHeld(caseId, entry, entry.held + value);
        emit CaseHeld(caseId, token, account, value, msg.sender);
        IControls(token).hold(account, value, caseId);
    }

    function propose(bytes32 caseId, address token, address account, address to, uint112 value, uint256 redemption)
        external
        restricted
        returns (uint256 id)
    {
        Proposal memory proposal = Proposal({
            caseId: caseId,
            token: token,
            account: account,
            to: to,
            value: value,
            redemption: redemption,
            proposer: msg.sender,
            proposedAt: uint40(block.timestamp),
            status: ProposalStatus.PROPOSED
        });
        _requireExecutable(proposal);
        _proposals.push(proposal);
        id = _proposals.length;
        emit OrderProposed(id, caseId, account, token, to, value, redemption, msg.sender);
    }

    /* EXECUTOR */

    function execute(uint256 id) external restricted {
        Proposal memory proposal = proposalOf(id);
        _requireProposed(id, proposal);
        if (msg.sender == proposal.proposer) revert ProposerCannotExecute(id, msg.sender);
        uint256 until = proposal.proposedAt + CHALLENGE;
        // An execution could be scheduled before the order was there.
        if (block.timestamp < until) revert StillChallengeable(id, until);
        (bool immediate, uint32 delay) =
            IAccessManager(authority).canCall(proposal.proposer, address(this), this.propose.selector);
        if (!immediate && delay == 0) revert PartyExpelled(id, proposal.proposer);
        Entry storage entry = _requireExecutable(proposal);

        _proposals[id - 1].status = ProposalStatus.EXECUTED;
        entry.taken += proposal.value;
        emit OrderExecuted(id, proposal.caseId, proposal.account, proposal.value, msg.sender);
        if (proposal.redemption != 0) {
            REDEMPTIONS.release(proposal.redemption, proposal.to, proposal.caseId);
        } else {
            _take(proposal, entry);
        }
    }

    /* GUARDIAN */

    function cancel(uint256 id, bytes32 ref) external restricted {
        Proposal memory proposal = proposalOf(id);
        _requireProposed(id, proposal);
        _proposals[id - 1].status = ProposalStatus.CANCELLED;
        emit OrderCancelled(id, proposal.caseId, msg.sender, ref);
    }

    /* RELEASER */

    function unfreeze(bytes32 caseId, address token, address[] calldata accounts) external restricted {
        _requireOpen(caseId);
        address[] memory freed = new address[](accounts.length);
        uint256 count;
        for (uint256 i; i < accounts.length; ++i) {
            Entry storage entry = _named(caseId, token, accounts[i]);
            if (!entry.frozen) continue;
            _countRestraint(caseId, entry, false, entry.held);
            if (--freezesOf[token][accounts[i]] == 0 && !_frozenBefore[token][accounts[i]]) {
                freed[count++] = accounts[i];
            }
            emit CaseUnfroze(caseId, token, accounts[i], msg.sender);
        }
        // Shortens the array to what nobody else froze, which is at most its length.
        assembly ("memory-safe") {
            mstore(freed, count)
        }
        IControls(token).unfreeze(freed, caseId);
    }

    function release(bytes32 caseId, address token, address account, uint112 value) external restricted {
        if (value == 0) revert NothingOrdered();
        _requireOpen(caseId);
        Entry storage entry = _named(caseId, token, account);
        if (value > entry.held) revert NotHeldByCase(caseId, account, value, entry.held);
        _setHeld(caseId, entry, entry.held - value);
        emit CaseReleased(caseId, token, account, value, msg.sender);
        // A RELEASER may have released at the token itself; then less is left, and other cases' part is not this one's.
        uint256 spare = Math.saturatingSub(IPeggedToken(token).getFrozenTokens(account), heldOf[token][account]);
        uint256 released = Math.min(value, spare);
        if (released != 0) IControls(token).release(account, released, caseId);
    }

    /* INSIDE */

    function _requireProposed(uint256 id, Proposal memory proposal) private pure {
        if (proposal.status != ProposalStatus.PROPOSED) revert OrderNotProposed(id, proposal.status);
    }

    /// @dev Asked when proposed and again when executed: the case acts, the account is named, and the value lies within
    /// what the case freezes or holds and within the ceiling.
    function _requireExecutable(Proposal memory proposal) private view returns (Entry storage entry) {
        (bytes32 caseId, address account, uint256 value) = (proposal.caseId, proposal.account, proposal.value);
        if (value == 0) revert NothingOrdered();
        _requireActive(caseId);
        entry = _named(caseId, proposal.token, account);
        uint256 allowed = entry.ceiling - entry.taken;
        if (proposal.redemption == 0) {
            if (!entry.frozen) allowed = Math.min(allowed, entry.held);
        } else {
            _requireRedemption(proposal);
            // It consumes no hold, so what is held already counts against the ceiling.
            allowed = entry.frozen ? Math.saturatingSub(allowed, entry.held) : 0;
        }
        if (value > allowed) revert CeilingExceeded(caseId, account, value, allowed);
    }

    function _requireRedemption(Proposal memory proposal) private view {
        IRedemptionDesk.Request memory request = REDEMPTIONS.requestOf(proposal.redemption);
        bool matches = request.token == proposal.token && request.holder == proposal.account
            && request.amount == proposal.value && proposal.to != address(0);
        if (!matches) revert RedemptionMismatch(proposal.redemption);
    }

    /// @dev The token consumes held units first, whoever holds them: what other cases hold is put back.
    function _take(Proposal memory proposal, Entry storage entry) private {
        IControls token = IControls(proposal.token);
        uint256 before = IPeggedToken(proposal.token).getFrozenTokens(proposal.account);
        uint112 consumed = entry.held < proposal.value ? entry.held : proposal.value;
        _setHeld(proposal.caseId, entry, entry.held - consumed);
        if (proposal.to == address(0)) token.destroy(proposal.account, proposal.value, proposal.caseId);
        else token.seize(proposal.account, proposal.to, proposal.value, proposal.caseId);
        uint256 left = IPeggedToken(proposal.token).getFrozenTokens(proposal.account);
        uint256 others = Math.max(Math.saturatingSub(before, consumed), heldOf[proposal.token][proposal.account]);
        if (others > left) token.hold(proposal.account, others - left, proposal.caseId);
    }

    /// @dev Sets what a case holds, and the sum of all cases with it.
    function _setHeld(bytes32 caseId, Entry storage entry, uint112 held) private {
        uint256 total = heldOf[entry.token][entry.account] + held - entry.held;
        heldOf[entry.token][entry.account] = total;
        _countRestraint(caseId, entry, entry.frozen, held);
    }
}
// slither-disable-end incorrect-equality
