// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IControls} from "interfaces/IControls.sol";
import {IPeggedToken} from "interfaces/IPeggedToken.sol";
import {ISurrenderReceiver} from "interfaces/ISurrenderReceiver.sol";
import {LooseFeed} from "contracts/mocks/LooseFeed.sol";
import {vm} from "tests/forge/Vm.sol";

/// @title A redemption desk that takes whatever is surrendered
contract Desk is ISurrenderReceiver {
    uint256 public count;

    function onSurrender(address, uint256, bytes32) external returns (uint256) {
        return ++count;
    }
}

/// @title Everybody who touches the ledger: six accounts, the issuer, who is one of them, and a redemption desk
/// @notice `act` takes one action. What an action must do to each balance is written down before it, and a call that did
/// anything else, or that changed what a refusal must not, leaves its name in `fault`.
contract LedgerHandler {
    /// @dev In this order: what `done` counts.
    enum Action {
        Transfer,
        TransferToOneself,
        TransferOfNothing,
        TransferFrom,
        Approve,
        Permit,
        SignedTransfer,
        Pay,
        PaySkipping,
        Surrender,
        Restore,
        BurnEscrow,
        Mint,
        Burn,
        Blacklist,
        Freeze,
        Hold,
        Release,
        Seize,
        Destroy,
        Verify,
        Pause,
        Warp
    }

    uint256 public constant ACTIONS = 23;
    uint256 private constant PEOPLE = 6;
    bytes32 private constant REF = keccak256("order");

    // Overloaded, so spelled out.
    bytes4 private constant TRANSFER = bytes4(keccak256("transfer(address,uint256)"));
    bytes4 private constant TRANSFER_FROM = bytes4(keccak256("transferFrom(address,address,uint256)"));
    bytes4 private constant PERMIT = bytes4(keccak256("permit(address,address,uint256,uint256,bytes)"));
    bytes4 private constant PAY = bytes4(keccak256("pay(bytes32,uint8,(address,uint96)[],uint256)"));
    bytes4 private constant SIGNED_TRANSFER =
        bytes4(keccak256("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"));

    IPeggedToken public immutable token;
    Desk public immutable desk;
    IControls private immutable CONTROLS;
    LooseFeed private immutable FEED;

    /// @notice The first rule that was broken, or nothing.
    string public fault;
    /// @notice Successes of each action in this run.
    mapping(Action => uint256) public done;
    /// @notice Actions taken in this run.
    uint256 public calls;
    uint256 public minted;
    uint256 public burned;
    /// @notice Permits that were accepted, by owner.
    mapping(address => uint256) public permits;

    address[PEOPLE] private _people;
    uint256[PEOPLE] private _keys;
    int256[PEOPLE] private _expected;
    int256 private _expectedDesk;
    int256 private _expectedSupply;
    uint256 private _nonce;
    uint256 private _now;

    constructor(address token_, LooseFeed feed) {
        token = IPeggedToken(token_);
        CONTROLS = IControls(token_);
        FEED = feed;
        desk = new Desk();
        _now = block.timestamp;
        for (uint256 i = 1; i < PEOPLE; ++i) {
            _keys[i] = uint256(keccak256(abi.encode("person", i)));
            _people[i] = vm.addr(_keys[i]);
        }
        _people[0] = address(this);
    }

    function people() external view returns (address[PEOPLE] memory) {
        return _people;
    }

    /// @notice Takes one action: every other call the next in turn, so that each comes up in every run.
    function act(uint256 kind, uint256 from, uint256 to, uint256 value) external {
        Action action = Action((calls % 2 == 0 ? calls / 2 : kind) % ACTIONS);
        ++calls;
        // What was never done yet is tried with nobody barred and nothing paused.
        if (done[action] == 0) _calm();
        if (_take(action, from % PEOPLE, to % PEOPLE, value)) ++done[action];
    }

    /* ACTIONS */

    function _take(Action action, uint256 from, uint256 to, uint256 value) private returns (bool) {
        if (action == Action.Transfer) {
            return _transfer(from, from == to ? (to + 1) % PEOPLE : to, _part(from, value));
        }
        if (action == Action.TransferToOneself) return _transfer(from, from, _part(from, value));
        if (action == Action.TransferOfNothing) return _transfer(from, to, 0);
        if (action == Action.TransferFrom) return _transferFrom(from, to, value);
        if (action == Action.Approve) return _run(from, abi.encodeCall(IPeggedToken.approve, (_people[to], value)));
        if (action == Action.Permit) return _permit(from, to, value);
        if (action == Action.SignedTransfer) return _signedTransfer(from, to, value);
        if (action == Action.Pay) return _pay(from, to, value, false);
        if (action == Action.PaySkipping) return _pay(from, to, value, true);
        if (action == Action.Surrender) return _surrender(from, value);
        if (action == Action.Restore) return _restore(to, value);
        if (action == Action.BurnEscrow) return _burnEscrow(from, value);
        if (action == Action.Mint) return _mint(to, value);
        if (action == Action.Burn) return _burn(value);
        return _order(action, from, to, value);
    }

    function _order(Action action, uint256 from, uint256 to, uint256 value) private returns (bool) {
        address[] memory list = _list(from);
        if (action == Action.Blacklist) return _issue(abi.encodeCall(IControls.blacklist, (list, REF)));
        if (action == Action.Freeze) return _issue(abi.encodeCall(IControls.freeze, (list, REF)));
        if (action == Action.Hold) {
            return _issue(abi.encodeCall(IControls.hold, (_people[from], value % 10_000, REF)));
        }
        if (action == Action.Release) {
            uint256 held = token.getFrozenTokens(_people[from]);
            return _issue(abi.encodeCall(IControls.release, (_people[from], value % (held + 1), REF)));
        }
        if (action == Action.Seize) return _seize(from, to, value);
        if (action == Action.Destroy) return _destroy(from, value);
        if (action == Action.Verify) return _verify(list, value);
        if (action == Action.Pause) return _pause(value);
        _now += 1 + value % 1 days;
        vm.warp(_now);
        return true;
    }

    function _transfer(uint256 from, uint256 to, uint256 value) private returns (bool) {
        _expectMove(from, to, value);
        return _run(from, abi.encodeWithSelector(TRANSFER, _people[to], value));
    }

    function _transferFrom(uint256 from, uint256 to, uint256 value) private returns (bool) {
        uint256 spender = (from + 1) % PEOPLE;
        bool endless = value % 2 == 0;
        value = _part(from, value);
        vm.prank(_people[from]);
        try token.approve(_people[spender], endless ? type(uint256).max : value) {} catch {}
        uint256 before = token.allowance(_people[from], _people[spender]);
        _expectMove(from, to, value);
        bool ok = _run(spender, abi.encodeWithSelector(TRANSFER_FROM, _people[from], _people[to], value));
        uint256 left = token.allowance(_people[from], _people[spender]);
        uint256 spent = ok && before != type(uint256).max ? value : 0;
        if (left != before - spent) _blame("I5: an allowance changed by something else");
        return ok;
    }

    function _permit(uint256 from, uint256 to, uint256 value) private returns (bool) {
        if (from == 0) from = 1;
        address owner = _people[from];
        uint256 nonce = token.nonces(owner);
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes memory signature =
            _signature(from, keccak256(abi.encode(typeHash, owner, _people[to], value, nonce, _now)));
        bool ok = _run(to, abi.encodeWithSelector(PERMIT, owner, _people[to], value, _now, signature));
        if (ok) ++permits[owner];
        return ok;
    }

    function _signedTransfer(uint256 from, uint256 to, uint256 value) private returns (bool) {
        if (from == 0) from = 1;
        value = _part(from, value);
        bytes memory message =
            abi.encode(_people[from], _people[to], value, uint256(0), type(uint256).max, bytes32(++_nonce));
        bytes32 typeHash = keccak256(
            "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes memory signature = _signature(from, keccak256(bytes.concat(typeHash, message)));
        bytes memory call = abi.encodeWithSelector(
            SIGNED_TRANSFER,
            _people[from],
            _people[to],
            value,
            uint256(0),
            type(uint256).max,
            bytes32(_nonce),
            signature
        );
        _expectMove(from, to, value);
        bool ok = _run(to, call);
        if (!ok) return false;
        _expectNothing();
        if (_run(to, call)) _blame("I17: an authorization was used twice");
        return true;
    }

    /// @dev Two rows, one of them to the desk or to somebody blacklisted when `skipping`, who is skipped.
    function _pay(uint256 from, uint256 to, uint256 value, bool skipping) private returns (bool) {
        uint256 other = (to + 1) % PEOPLE;
        bool toDesk = skipping && value % 2 == 0;
        if (skipping && !toDesk) {
            if (other == from) other = (other + 1) % PEOPLE;
            CONTROLS.blacklist(_list(other), REF);
        }
        IPeggedToken.Payment[] memory rows = new IPeggedToken.Payment[](2);
        rows[0] = IPeggedToken.Payment(_people[to], uint96(_part(from, value) / 2));
        rows[1] = IPeggedToken.Payment(toDesk ? address(desk) : _people[other], uint96(_part(from, value) / 3));
        _expectNothing();
        if (token.canReceive(rows[0].to)) _move(from, to, rows[0].value);
        if (!toDesk && token.canReceive(rows[1].to)) _move(from, other, rows[1].value);
        return
            _run(
                from, abi.encodeWithSelector(PAY, bytes32(++_nonce), uint8(value), rows, rows[0].value + rows[1].value)
            );
    }

    /// @dev Before it, the same by a plain transfer, which must not reach the desk.
    function _surrender(uint256 from, uint256 value) private returns (bool) {
        value = _part(from, value);
        if (value == 0) value = 1;
        _expectNothing();
        if (_run(from, abi.encodeWithSelector(TRANSFER, address(desk), value))) _blame("a desk was paid");
        _expectNothing();
        _expected[from] = -int256(value);
        _expectedDesk = int256(value);
        return _run(from, abi.encodeCall(IPeggedToken.surrender, (address(desk), value, REF)));
    }

    function _restore(uint256 to, uint256 value) private returns (bool) {
        value = _escrow(value);
        _expectNothing();
        _expected[to] = int256(value);
        _expectedDesk = -int256(value);
        return _runAs(address(desk), abi.encodeCall(IControls.restore, (_people[to], value)));
    }

    function _burnEscrow(uint256 holder, uint256 value) private returns (bool) {
        value = _escrow(value);
        _expectNothing();
        _expectedDesk = _expectedSupply = -int256(value);
        bool ok = _runAs(address(desk), abi.encodeCall(IControls.burnEscrow, (_people[holder], value)));
        if (ok) burned += value;
        return ok;
    }

    function _mint(uint256 to, uint256 value) private returns (bool) {
        value %= 1_000_000;
        FEED.set(1e30, _now);
        _expectNothing();
        _expected[to] = int256(value);
        _expectedSupply = int256(value);
        bool ok = _issue(abi.encodeCall(IControls.mint, (_people[to], value, REF)));
        if (ok) minted += value;
        return ok;
    }

    function _burn(uint256 value) private returns (bool) {
        value = _part(0, value);
        _expectNothing();
        _expected[0] = _expectedSupply = -int256(value);
        bool ok = _issue(abi.encodeCall(IControls.burn, (value, REF)));
        if (ok) burned += value;
        return ok;
    }

    function _seize(uint256 from, uint256 to, uint256 value) private returns (bool) {
        if (from == to) to = (to + 1) % PEOPLE;
        value = _reach(from, value);
        _expectMove(from, to, value);
        return _issue(abi.encodeCall(IControls.seize, (_people[from], _people[to], value, REF)));
    }

    function _destroy(uint256 from, uint256 value) private returns (bool) {
        value = _reach(from, value);
        _expectNothing();
        _expected[from] = _expectedSupply = -int256(value);
        bool ok = _issue(abi.encodeCall(IControls.destroy, (_people[from], value, REF)));
        if (ok) burned += value;
        return ok;
    }

    function _verify(address[] memory list, uint256 value) private returns (bool) {
        if (value % 4 == 0) CONTROLS.enterAllowListMode(REF);
        if (value % 4 == 1) CONTROLS.leaveAllowListMode(REF);
        bytes memory call = value % 4 == 2
            ? abi.encodeCall(IControls.unverify, (list, REF))
            : abi.encodeCall(IControls.verify, (list, REF));
        return _issue(call);
    }

    function _pause(uint256 value) private returns (bool) {
        if (value % 2 == 0) CONTROLS.resume(15, REF, CONTROLS.pauseNumber());
        return _issue(abi.encodeCall(IControls.pause, (uint8(1 + value % 15), REF)));
    }

    /// @dev Nothing is paused, nobody is barred or held, everybody has something.
    function _calm() private {
        CONTROLS.resume(15, REF, CONTROLS.pauseNumber());
        CONTROLS.leaveAllowListMode(REF);
        FEED.set(1e30, _now);
        for (uint256 i; i < PEOPLE; ++i) {
            address[] memory list = _list(i);
            CONTROLS.unblacklist(list, REF);
            CONTROLS.unfreeze(list, REF);
            CONTROLS.release(_people[i], token.getFrozenTokens(_people[i]), REF);
            CONTROLS.mint(_people[i], 100, REF);
            minted += 100;
        }
    }

    /* WHAT IS EXPECTED */

    function _expectNothing() private {
        delete _expected;
        _expectedSupply = _expectedDesk = 0;
    }

    function _expectMove(uint256 from, uint256 to, uint256 value) private {
        _expectNothing();
        _move(from, to, value);
    }

    function _move(uint256 from, uint256 to, uint256 value) private {
        _expected[from] -= int256(value);
        _expected[to] += int256(value);
    }

    function _issue(bytes memory call) private returns (bool) {
        return _run(0, call);
    }

    function _run(uint256 who, bytes memory call) private returns (bool) {
        return _runAs(_people[who], call);
    }

    /// @dev The call as somebody; whatever it does to supply and balances must be what was expected.
    function _runAs(address caller, bytes memory call) private returns (bool ok) {
        uint256[PEOPLE] memory before;
        bool[PEOPLE] memory shut;
        bool[PEOPLE] memory bound;
        for (uint256 i; i < PEOPLE; ++i) {
            before[i] = token.balanceOf(_people[i]);
            shut[i] = token.isBlacklisted(_people[i]);
            bound[i] = shut[i] || token.isFrozen(_people[i]);
        }
        uint256 supply = token.totalSupply();
        uint256 escrow = token.balanceOf(address(desk));
        bool paused = token.pauses() & 1 != 0;
        bytes4 selector = bytes4(call);
        bool lawful = selector == IControls.seize.selector || selector == IControls.destroy.selector;
        bool issuer = lawful || selector == IControls.mint.selector || selector == IControls.burn.selector;
        // A pause of transfers stops no redemption.
        bool free = issuer || caller == address(desk) || selector == IPeggedToken.surrender.selector;

        vm.prank(caller);
        (ok,) = address(token).call(call);

        if (_change(supply, token.totalSupply()) != (ok ? _expectedSupply : int256(0))) {
            _blame("I3: the supply changed otherwise");
        }
        if (_change(escrow, token.balanceOf(address(desk))) != (ok ? _expectedDesk : int256(0))) {
            _blame("I3: the escrow changed otherwise");
        }
        for (uint256 i; i < PEOPLE; ++i) {
            int256 change = _change(before[i], token.balanceOf(_people[i]));
            if (change != (ok ? _expected[i] : int256(0))) _blame("I3, I15: a balance changed otherwise");
            if (shut[i] && change != 0 && !lawful) _blame("I13: a blacklisted balance changed");
            if (bound[i] && change < 0 && !lawful) _blame("I13: a barred balance fell");
            if (paused && change != 0 && !free) _blame("I12: something moved while paused");
        }
        _expectNothing();
    }

    function _blame(string memory rule) private {
        if (bytes(fault).length == 0) fault = rule;
    }

    /* INSIDE */

    function _part(uint256 who, uint256 value) private view returns (uint256) {
        uint256 spendable = token.availableOf(_people[who]);
        // Now and then one unit too much.
        return value % 16 == 15 ? spendable + 1 : value % (spendable + 1);
    }

    function _escrow(uint256 value) private view returns (uint256) {
        uint256 balance = token.balanceOf(address(desk));
        return value % 16 == 15 ? balance + 1 : value % (balance + 1);
    }

    function _reach(uint256 who, uint256 value) private view returns (uint256) {
        address account = _people[who];
        uint256 balance = token.balanceOf(account);
        uint256 held = token.getFrozenTokens(account);
        if (token.isBlacklisted(account) || token.isFrozen(account) || held > balance) held = balance;
        return value % 16 == 15 ? held + 1 : value % (held + 1);
    }

    function _signature(uint256 who, bytes32 structHash) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(_keys[who], keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), structHash)));
        return abi.encodePacked(r, s, v);
    }

    function _list(uint256 who) private view returns (address[] memory list) {
        list = new address[](1);
        list[0] = _people[who];
    }

    function _change(uint256 before, uint256 later) private pure returns (int256) {
        return int256(later) - int256(before);
    }
}
