"""A chain in memory that can be asked for past events, as a node can."""

from __future__ import annotations

from dataclasses import replace

from pegboard.sending.journal import NO_NOTE
from tests.support.revm import RevmChain


class Remembering(RevmChain):
    """`pegboard.chain.History` over pyrevm; transactions are numbered."""

    def __init__(self):
        super().__init__()
        self.past = []
        self.sent = 0

    def send(self, sender, to, data, note=NO_NOTE):
        receipt = super().send(sender, to, data, note)
        self.sent += 1
        tx = f"0x{self.sent:064x}"
        logs = tuple(replace(log, tx=tx) for log in receipt.logs)
        self.past += logs
        return replace(receipt, tx=tx, logs=logs)

    def snapshot(self):
        return super().snapshot(), len(self.past)

    def restore(self, point):
        super().restore(point[0])
        del self.past[point[1] :]

    def logs(self, address, topics, from_block=0):
        def matches(log):
            pairs = zip(topics, log.topics, strict=False)
            known = len(topics) <= len(log.topics)
            return known and all(wanted in (None, topic) for wanted, topic in pairs)

        return tuple(log for log in self.past if log.address == address and matches(log))
