"""How plans and audits look: grouped by who must sign, and when they can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard.amounts import format_duration
from pegboard.desired.plan import BLOCKED, NOW, SCHEDULE, WAITING
from pegboard.inputs import moment_text

if TYPE_CHECKING:
    from pegboard.desired.audit import Finding
    from pegboard.desired.differences import Step
    from pegboard.desired.plan import Plan, Signer


def plan_text(plan: Plan, content: dict[str, Any], now: int) -> str:
    """A plan for people."""
    chain = content["chainId"]
    if plan.clean:
        return f"Nothing to do: chain {chain} is as declared."
    count = len(plan.steps)
    lines = [f"Plan for chain {chain}: {count} step{'s' if count != 1 else ''}."]
    groups: dict[str, list[Step]] = {}
    for step in plan.steps:
        groups.setdefault(_heading(plan, step, now), []).append(step)
    number = 0
    for heading, steps in groups.items():
        lines += ["", heading]
        for step in steps:
            number += 1
            lines.append(f"{number:4}. {step.text}")
    for title, found in (
        ("Ends by itself:", plan.underway),
        ("No step can end this:", plan.faults),
    ):
        if found:
            lines += ["", title, *(f"      {difference.text}" for difference in found)]
    return "\n".join([*lines, "", f"Hash of this plan: {content['hash']}"])


def _heading(plan: Plan, step: Step, now: int) -> str:
    """Who can make a step, and when."""
    if plan.deployer:
        return f"The deployer {plan.deployer}, at once:"
    if not step.role:
        return "Anybody, at once:"
    signers = plan.signers.get(step, ())
    if not signers:
        return f"{step.role}, which nobody holds:"
    return f"{step.role}: " + "; or ".join(_standing(s, now) for s in signers) + ":"


def _standing(signer: Signer, now: int) -> str:
    when = {
        NOW: "now" + (", as it scheduled" if signer.ready_at else ""),
        SCHEDULE: f"schedules now, executes {format_duration(signer.delay)} later",
        WAITING: f"has scheduled, executes from {moment_text(signer.ready_at)} "
        f"(in {format_duration(max(0, signer.ready_at - now))})",
        BLOCKED: "once other steps are done",
    }
    return f"{signer.account} {when[signer.state]}"


def findings_text(found: list[Finding]) -> str:
    """An audit for people: one line a finding."""
    if not found:
        return "audit: clean"
    lines = [f"{finding.kind:8} {finding.text}" for finding in found]
    return "\n".join([*lines, f"audit: {len(found)} finding{'s' if len(found) != 1 else ''}"])
