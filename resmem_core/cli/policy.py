"""`resmem policy …`: where a person looks at proposals, approves, rejects and rolls back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from resmem_core.cli.options import (
    DEFAULT_DB,
    Json,
    Location,
    account,
    console,
    opened,
    show_json,
    show_table,
)
from resmem_core.errors import UnknownVersion
from resmem_core.learning.policy import Policy
from resmem_core.learning.proposals import Proposal

app = typer.Typer(help="Policies: nothing learnt acts before a person approves it.")
By = Annotated[str, typer.Option("--by", help="Your name, for the record.")]


@app.command()
def show(
    db: Location = DEFAULT_DB,
    proposal: Annotated[str, typer.Option(help="One proposal with its whole diff.")] = "",
    json_: Json = False,
) -> None:
    """The versions of the policy and the proposals, with their evidence."""
    with opened(db) as memory:
        versions = memory.policies.history()
        proposals = [p for p in memory.policies.proposals() if proposal in ("", p.id)]
    if proposal and not proposals:
        raise UnknownVersion(f"there is no proposal {proposal!r:.80}; see  resmem policy show")
    if json_:
        show_json(
            {
                "versions": [{**p.to_doc(), "profile": None} for p in versions],
                "proposals": [{**p.to_doc(), "profile": None} for p in proposals],
            }
        )
        return
    show_table(
        "policies",
        ["version", "from", "proposal", "approved by", "checksum"],
        [(p.version, p.parent, p.proposal, p.approved_by, p.checksum[:12]) for p in versions],
    )
    for item in proposals:
        _show(item, whole=bool(proposal))


def _show(item: Proposal, *, whole: bool) -> None:
    console.print(f"[bold]{item.id}[/bold] {item.status}, on version {item.base}, {item.proposer}")
    for name, value in asdict(item.evidence).items():
        console.print(f"  {name}: {value}")
    shown = item.changes if whole else item.changes[:5]
    for change in shown:
        console.print(f"  {change}", markup=False)
    if len(shown) < len(item.changes):
        console.print(f"  … {len(item.changes) - len(shown)} more: --proposal {item.id}")


@app.command()
def propose(
    db: Location = DEFAULT_DB,
    by: Annotated[str, typer.Option(help="Name of what proposes; never its approver.")] = "learner",
    json_: Json = False,
) -> None:
    """Propose one step from the pooled experience of exploring sessions; nothing moves yet."""
    with opened(db) as memory:
        item = memory.policies.learn(proposer=by)
    if json_:
        show_json({**item.to_doc(), "profile": None})
    else:
        _show(item, whole=False)


@app.command()
def approve(proposal: str, db: Location = DEFAULT_DB, by: By = "", json_: Json = False) -> None:
    """Make a proposal the active policy."""
    with opened(db) as memory:
        _report(memory.policies.approve(proposal, by=by or account()), json_)


@app.command()
def reject(
    proposal: str,
    db: Location = DEFAULT_DB,
    by: By = "",
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    json_: Json = False,
) -> None:
    """Turn a proposal down."""
    with opened(db) as memory:
        item = memory.policies.reject(proposal, by=by or account(), reason=reason)
    if json_:
        show_json({"proposal": item.id, "status": item.status})
    else:
        typer.echo(f"proposal {item.id} rejected")


@app.command()
def rollback(version: int, db: Location = DEFAULT_DB, by: By = "", json_: Json = False) -> None:
    """Make an earlier version active again (as a new version)."""
    with opened(db) as memory:
        _report(memory.policies.rollback(version, by=by or account()), json_)


def _report(policy: Policy, json_: bool) -> None:
    if json_:
        show_json({"version": policy.version, "parent": policy.parent, "checksum": policy.checksum})
    else:
        typer.echo(f"policy {policy.version} is active (from version {policy.parent})")
