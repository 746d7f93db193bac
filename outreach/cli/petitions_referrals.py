"""`outreach petitions referrals`: who brought whom through share links."""

from __future__ import annotations

from typing import Any

import click

from outreach.cli.context import Context, as_json
from outreach.core.paging import Page
from outreach.petitions import queries
from outreach.petitions import referrals as found_in
from outreach.petitions.referrals import Branch, Sharer
from outreach.petitions.wording import shown_name


@click.command()
@click.argument("slug")
@click.option("--of", "signature_id", type=int, help="Show whom this signature brought, as a tree.")
@click.option("--page", type=click.IntRange(1), default=1, help="Of the list of sharers.")
@as_json
@click.pass_obj
def referrals(
    context: Context, slug: str, signature_id: int | None, page: int, json_: bool
) -> None:
    """Signatures that shares brought, by generation, and the most effective sharers.

    Names are shown as on the page, with the number of the signature for --of.
    """
    with context.services.db.reading() as session:
        petition = queries.by_slug(session, slug)
        if signature_id is not None:
            tree = _branch(found_in.tree(session, petition, signature_id))
            if json_:
                context.print_json(tree)
            else:
                _say_branch(context, tree, 0)
            return
        generations = found_in.generations(session, petition)
        sharers = found_in.most_effective(session, petition, page)
    if json_:
        context.print_json(_as_json(generations, sharers))
        return
    for generation, number in generations:
        context.say(f"Generation {generation}: {number:,}")
    for one in sharers.rows:
        context.say(
            f"{one.total:>9,}  {shown_name(one.name)} (signature {one.signature_id}): "
            f"{one.directly:,} directly, {one.further:,} further on"
        )
    if sharers.last > 1:
        context.say(f"Page {sharers.number:,} of {sharers.last:,}; another: --page N")
    if not sharers.rows:
        context.say("Nobody has signed through a share yet.")


def _as_json(generations: list[tuple[int, int]], sharers: Page[Sharer]) -> dict[str, Any]:
    return {
        "generations": [{"generation": at, "signatures": number} for at, number in generations],
        "sharers": [
            {
                "signature": one.signature_id,
                "name": shown_name(one.name),
                "directly": one.directly,
                "further": one.further,
                "total": one.total,
            }
            for one in sharers.rows
        ],
        "page": sharers.number,
        "pages": sharers.last,
        "all_sharers": sharers.total,
    }


def _branch(branch: Branch) -> dict[str, Any]:
    return {
        "signature": branch.signature_id,
        "name": shown_name(branch.name),
        "signed_at": branch.signed_at,
        "counts": branch.counts,
        "brought": [_branch(each) for each in branch.branches],
        "more": branch.more,
    }


def _say_branch(context: Context, branch: dict[str, Any], depth: int) -> None:
    off = "" if branch["counts"] else ", taken off"
    indent = "  " * depth
    context.say(f"{indent}{branch['name']} (signature {branch['signature']}{off})")
    for each in branch["brought"]:
        _say_branch(context, each, depth + 1)
    if branch["more"]:
        context.say(f"{indent}  and {branch['more']:,} more")
