// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {ICurrencyRegistry} from "interfaces/ICurrencyRegistry.sol";
import {IIssuanceDesk} from "interfaces/IIssuanceDesk.sol";
import {Paging} from "contracts/libraries/Paging.sol";
import {RefillingLimit} from "contracts/libraries/RefillingLimit.sol";
import {Restricted} from "contracts/Restricted.sol";

/// @title Through whom may be issued, how much, and how many must approve
abstract contract Channels is IIssuanceDesk, Restricted {
    using RateLimiter for RateLimiter.RefillingBucket;
    using RefillingLimit for RateLimiter.RefillingBucket;

    /// @dev `number` counts from 1 in the order of opening, and stands for the channel in its orders.
    struct ChannelRecord {
        address token;
        uint32 number;
        Kind kind;
        bool open;
        address payee;
        uint96 cap;
        RateLimiter.RefillingBucket limit;
    }

    uint256 private constant MOST_TIERS = 8;

    ICurrencyRegistry internal immutable REGISTRY;
    mapping(bytes32 channel => ChannelRecord) internal _channels;
    bytes32[] private _names;
    /// @dev Two tiers a word, each `approvals` (8 bits) above `upTo` (96); the first that is zero ends them.
    mapping(address token => uint104[MOST_TIERS]) private _tiers;

    constructor(address registry) {
        REGISTRY = ICurrencyRegistry(registry);
    }

    /* VIEWS */

    function channelOf(bytes32 channel) public view returns (Channel memory) {
        ChannelRecord storage record = _channels[channel];
        return Channel({
            name: channel,
            token: record.token,
            payee: record.payee,
            kind: record.kind,
            open: record.open,
            cap: record.cap,
            capacity: record.limit._capacity,
            window: record.limit._window,
            available: record.limit.available(RefillingLimit.BUCKET)
        });
    }

    function channelCount() external view returns (uint256) {
        return _names.length;
    }

    function channels(uint256 offset, uint256 limit) external view returns (Channel[] memory page) {
        uint256 end = Paging.end(_names.length, offset, limit);
        page = new Channel[](end - offset);
        for (uint256 i = offset; i < end; ++i) {
            page[i - offset] = channelOf(_names[i]);
        }
    }

    function tiersOf(address token) external view returns (Tier[] memory tiers) {
        uint256 count = _tierCount(token);
        tiers = new Tier[](count);
        for (uint256 i; i < count; ++i) {
            tiers[i] = _tier(token, i);
        }
    }

    function approvalsFor(address token, uint256 amount) public view returns (uint256) {
        uint256 approvals = _approvals(token, amount);
        if (approvals == 0) revert TierExceeded(token, amount, _largest(token));
        return approvals;
    }

    /* PAUSER */

    function closeChannel(bytes32 channel, bytes32 ref) external restricted {
        _openChannel(channel).open = false;
        emit ChannelClosed(channel, msg.sender, ref);
    }

    function lowerChannel(bytes32 channel, uint96 cap, uint208 capacity, uint48 window, bytes32 ref)
        external
        restricted
    {
        ChannelRecord storage record = _openChannel(channel);
        if (cap > record.cap || record.limit.isRaise(capacity, window)) revert ChannelNotLowered(channel);
        _setLimit(channel, cap, capacity, window, ref);
    }

    function tightenTiers(address token, Tier[] calldata tiers, bytes32 ref) external restricted {
        for (uint256 i; i < tiers.length; ++i) {
            // Approvals do not descend, so a tier's largest order is the one that needed most before.
            uint256 before = _approvals(token, tiers[i].upTo);
            if (before == 0 || before > tiers[i].approvals) {
                revert TiersNotTightened(tiers[i].upTo, tiers[i].approvals);
            }
        }
        _setTiers(token, tiers, ref);
    }

    /* GOVERNOR */

    function openChannel(bytes32 channel, address token, Kind kind, address payee, bytes32 ref) external restricted {
        ChannelRecord storage record = _channels[channel];
        bool valid = channel != bytes32(0) && kind != Kind.NONE && payee != address(0) && !record.open;
        // Orders bind the channel, so what it stands for never changes.
        bool same = record.token == token && record.kind == kind && record.payee == payee;
        if (!valid || (record.number != 0 && !same)) revert ChannelInvalid(channel, token);
        if (REGISTRY.codeOf(token) == 0) revert CurrencyMismatch(token, 0);
        if (record.number == 0) {
            _names.push(channel);
            record.number = uint32(_names.length);
            (record.token, record.kind, record.payee) = (token, kind, payee);
        }
        record.open = true;
        emit ChannelOpened(channel, token, kind, payee, msg.sender, ref);
        // Opened anew it starts with nothing, too.
        _setLimit(channel, 0, 0, 1, ref);
    }

    function raiseChannel(bytes32 channel, uint96 cap, uint208 capacity, uint48 window, bytes32 ref)
        external
        restricted
    {
        // Only whether it is open counts here.
        // slither-disable-next-line unused-return
        _openChannel(channel);
        _setLimit(channel, cap, capacity, window, ref);
    }

    function loosenTiers(address token, Tier[] calldata tiers, bytes32 ref) external restricted {
        _setTiers(token, tiers, ref);
    }

    /* INSIDE */

    function _openChannel(bytes32 channel) internal view returns (ChannelRecord storage record) {
        record = _channels[channel];
        if (!record.open) revert ChannelNotOpen(channel);
    }

    function _nameOf(uint32 number) internal view returns (bytes32) {
        return _names[number - 1];
    }

    function _requireWithinCap(bytes32 channel, ChannelRecord storage record, uint96 amount) internal view {
        if (amount > record.cap) revert OrderCapExceeded(channel, amount, record.cap);
    }

    /// @dev Zero when no tier allows the amount.
    function _approvals(address token, uint256 amount) private view returns (uint256) {
        for (uint256 i; i < MOST_TIERS; ++i) {
            Tier memory tier = _tier(token, i);
            if (amount <= tier.upTo || tier.approvals == 0) return tier.approvals;
        }
        return 0;
    }

    function _largest(address token) internal view returns (uint256) {
        uint256 count = _tierCount(token);
        return count == 0 ? 0 : _tier(token, count - 1).upTo;
    }

    function _tier(address token, uint256 index) private view returns (Tier memory) {
        uint104 packed = _tiers[token][index];
        return Tier(uint96(packed), uint8(packed >> 96));
    }

    function _tierCount(address token) private view returns (uint256 count) {
        while (count < MOST_TIERS && _tiers[token][count] != 0) ++count;
    }

    function _setLimit(bytes32 channel, uint96 cap, uint208 capacity, uint48 window, bytes32 ref) private {
        if (window == 0) revert InvalidWindow();
        ChannelRecord storage record = _channels[channel];
        record.cap = cap;
        record.limit.set(capacity, window);
        emit ChannelLimitSet(channel, cap, capacity, window, msg.sender, ref);
    }

    function _setTiers(address token, Tier[] calldata tiers, bytes32 ref) private {
        if (tiers.length > MOST_TIERS) revert TiersInvalid(MOST_TIERS);
        delete _tiers[token];
        Tier memory last = Tier(0, 0);
        for (uint256 i; i < tiers.length; ++i) {
            Tier memory next = tiers[i];
            if (next.upTo <= last.upTo || next.approvals == 0 || next.approvals < last.approvals) {
                revert TiersInvalid(i);
            }
            _tiers[token][i] = uint104(next.approvals) << 96 | next.upTo;
            last = next;
        }
        emit TiersSet(token, tiers, msg.sender, ref);
    }
}
