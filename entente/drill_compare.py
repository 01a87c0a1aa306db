"""`entente drill compare`: two reports of drills side by side."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from drills.after_action.comparing import Change, compare
from drills.after_action.page import comparison_page
from drills.after_action.reviewing import review
from drills.outcome import DrillOutcome
from entente.terminal import OUT, CommandFailed, say, write_json

_STYLES = {Change.WORSE: "red", Change.GONE: "red", Change.BETTER: "green"}


def compare_(
    first: Annotated[Path, typer.Argument(help="The JSON report of the earlier drill.")],
    second: Annotated[Path, typer.Argument(help="The JSON report of the later one.")],
    out: Annotated[Path | None, typer.Option(help="Write the comparison as an HTML page here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two drills by their reports: counts, objectives, recovery, cooperation, times."""
    found = compare(review(_read(first)), review(_read(second)))
    if out is not None:
        try:
            out.write_text(comparison_page(found), encoding="utf-8")
        except OSError as error:
            raise CommandFailed(f"{out}: {error.strerror}") from None
    if as_json:
        write_json(found.model_dump(mode="json"))
    else:
        for part in found.tables:
            if part.pairs:
                table = Table(part.title, "First", "Second", "Change", expand=False)
                for pair in part.pairs:
                    style = _STYLES.get(pair.change)
                    table.add_row(pair.about, pair.first, pair.second, pair.change.value, style=style)
                OUT.print(table)
        if found.same_outcome is not None:
            OUT.print(f"The same came of both: {'yes' if found.same_outcome else 'no'}", highlight=False)
    if out is not None:
        say(f"comparison: {out}")


def _read(path: Path) -> DrillOutcome:
    try:
        return DrillOutcome.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(str(part) for part in first["loc"]) or "its beginning"
        why = " ".join(first["msg"].split())
        raise CommandFailed(f"{path} is no report of a drill of this version: {where}: {why}") from None
