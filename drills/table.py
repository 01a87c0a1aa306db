"""A drill's outcome on a terminal: chapter by chapter who got what, what had to fail, the verdict."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from drills.backfills import BackfillOutcome, Fate
from drills.chapters import DULL, ChapterMessages, chapters
from drills.life_outcome import LifeOutcome
from drills.outcome import (
    AgreementOutcome,
    AttemptOutcome,
    DrillOutcome,
    NationOutcome,
    PreviewOutcome,
)
from drills.report_actors import pace
from drills.report_control import why
from drills.report_messages import DISPLAY_ONLY
from drills.report_release import WORDS

LEGEND = "ms: until the nation's own system saw it. ack: a person acknowledged. -: not released to it."


_CELL, _NATION_TAKES = 8, 8 + 3
_OTHERS_TAKE = 1 + 11 + 3 + 4 + 3
"""Columns beside those of the message and the nations, with a serial of eight characters."""


def show(outcome: DrillOutcome, console: Console) -> None:
    """Print the tables, then every failure, then one line of verdict."""
    for chapter in chapters(outcome):
        for table in _messages(chapter, console.width):
            console.print(table)
        if chapter.note:
            console.print(Text(f"  {chapter.note}\n", style="dim"))
    if outcome.messages:
        console.print(Text(f"  {LEGEND}\n", style="dim"))
    for preview in outcome.previews:
        console.print(_preview(preview))
    for backfill in outcome.backfills:
        console.print(_backfill(backfill))
    if outcome.agreements:
        console.print(_agreements(outcome.agreements))
    for life in outcome.lives:
        console.print(_life(life))
    for each in outcome.webhooks:
        posted = f"{each.serial} {each.nation}: {each.title}: {len(each.posts)} of {each.told} events posted"
        console.print(Text(f"{posted}\n", style="green" if each.as_expected else "bold red"))
    if outcome.attempts:
        console.print(_attempts(outcome.attempts))
    if outcome.files:
        console.print(_files(outcome))
    if outcome.decisions_by_code:
        counts = ", ".join(f"{each.code} {each.count}" for each in outcome.decisions_by_code)
        console.print(Text(f"Release decisions by code: {counts}\n"))
    if outcome.actors:
        console.print(Text(f"Acts of actors: {len(outcome.actors)}"))
    if pace(outcome):
        console.print(Text(f"{pace(outcome)[0].upper()}{pace(outcome)[1:]}\n"))
    for passed_over in outcome.skipped:
        what = f"{passed_over.serial} {passed_over.title}: {why(passed_over)}, by {passed_over.by}"
        console.print(Text(f"SKIPPED {what}", style="yellow"))
    for failure in outcome.failures:
        console.print(Text(f"FAILED  {failure}", style="bold red"))
    console.print(verdict(outcome))


def verdict(outcome: DrillOutcome) -> Text:
    """One line: passed or failed, and the counts."""
    expected = sum(len(message.nations) for message in outcome.messages) + len(outcome.singly_judged)
    failed = len(outcome.failures)
    counts = (
        f"{len(outcome.messages)} messages, {len(outcome.attempts)} attempts, {expected} expectations, "
        f"{failed} failed, {outcome.seconds:.1f} s"
    )
    if outcome.skipped or outcome.cancelled:
        counts += f", {len(outcome.skipped)} skipped, {len(outcome.cancelled)} cancelled"
    if outcome.aborted_by is not None:
        return Text(f"{outcome.title}: ABORTED by {outcome.aborted_by} ({counts})", style="bold red")
    if failed:
        return Text(f"{outcome.title}: FAILED ({counts})", style="bold red")
    if outcome.skipped:
        return Text(f"{outcome.title}: passed but for what was skipped ({counts})", style="bold yellow")
    return Text(f"{outcome.title}: passed ({counts})", style="bold green")


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)


def _messages(chapter: ChapterMessages, width: int) -> Iterator[Table]:
    """As many tables as it takes for every nation to have a column: one that does not fit would be cut."""
    of_message = 24 if width >= 80 else 12
    at_once = max(1, (width - _OTHERS_TAKE - of_message) // _NATION_TAKES)
    for first in range(0, len(chapter.nations), at_once):
        nations = chapter.nations[first : first + at_once]
        table = _table((chapter.title or "Who got what") + (", more nations" if first else ""))
        table.add_column("Inject", no_wrap=True)
        table.add_column("Message", min_width=of_message)
        table.add_column("From", no_wrap=True)
        for nation in nations:
            table.add_column(nation, min_width=_CELL)
        for message in chapter.messages:
            by_nation = {each.nation: each for each in message.nations}
            cells = [_cell(by_nation.get(nation)) for nation in nations]
            what = Text.assemble(message.title, "\n", (message.marking or message.classification, "dim"))
            table.add_row(message.serial, what, message.originator, *cells)
        yield table


def _cell(nation: NationOutcome | None) -> Text:
    if nation is None:
        return Text("author", style="dim")
    if nation.state and nation.latency_ms is not None:
        words = f"{'ack ' if nation.acknowledged else ''}{nation.latency_ms:.0f} ms"
        if nation.version is not None:
            words += f"\nversion {nation.version}"
        text = Text(words, style="green")
    elif nation.state and nation.code == DISPLAY_ONLY:
        text = Text("display only", style="green")
    elif nation.state:
        text = Text(nation.state, style="yellow")
    elif nation.code == DULL:
        text = Text("-", style="dim")
    else:
        text = Text(nation.code.replace("_", " ").lower(), style="yellow")
    if not nation.as_expected:
        text = Text.assemble(text, ("\nNOT AS EXPECTED", "bold red"))
    return text


def _preview(preview: PreviewOutcome) -> Table:
    table = _table(f"Preview {preview.serial}, {preview.nation}: {preview.title}")
    for column in ("Nation", "Decision", "What would change it"):
        table.add_column(column, no_wrap=column == "Nation")
    for row in preview.rows:
        if row.code == DULL:
            continue
        decision = Text(
            row.code.replace("_", " ").lower(),
            style="green" if row.permit else "yellow",
        )
        change = row.change[0] if row.change and not row.permit else ""
        table.add_row(row.nation, decision, change + (" ..." if len(row.change) > 1 and change else ""))
    return table


def _backfill(backfill: BackfillOutcome) -> Table:
    table = _table(f"Backfill {backfill.serial}, {backfill.nation} to {backfill.to}: {backfill.title}")
    for column in ("Inject", "Message", "Now"):
        table.add_column(column, no_wrap=column != "Message")
    for row in backfill.rows:
        style = "green" if row.fate == Fate.SENDS else "yellow"
        fate = Text(row.fate.replace("_", " ").lower(), style=style if backfill.as_expected else "bold red")
        table.add_row(row.inject, Text.assemble(row.subject, "\n", (row.marking, "dim")), fate)
    return table


def _agreements(steps: tuple[AgreementOutcome, ...]) -> Table:
    table = _table("Agreements over time")
    for column in ("Inject", "Step", "State at the parties", "Known after"):
        table.add_column(column, no_wrap=column != "Step")
    for step in steps:
        states = set(step.states.values())
        if len(states) == 1:
            where = states.pop().replace("_", " ")
        else:
            where = ", ".join(f"{nation} {state.replace('_', ' ')}" for nation, state in step.states.items())
        style = "green" if where == "in force" else "yellow"
        text = Text(where, style=style if step.as_expected else "bold red")
        what = f"{step.nation} {WORDS.get(step.step, step.step)} {step.id} version {step.version}"
        took = "not everywhere" if step.took_ms is None else f"{step.took_ms:.0f} ms"
        table.add_row(step.serial, what, text, took)
    return table


def _life(life: LifeOutcome) -> Table:
    table = _table(f"The life of {life.begins}, {life.originator}: {life.title}")
    for column in ("Inject", "By", "Step", "What the gateways show then"):
        table.add_column(column, no_wrap=column in ("Inject", "By"))
    for step in life.steps:
        alike: dict[str, list[str]] = {}
        for nation, lines in step.shown.items():
            alike.setdefault(", ".join(lines), []).append(nation)
        shown = "\n".join(f"{' '.join(nations)}: {lines}" for lines, nations in alike.items())
        text = Text(shown, style="" if step.as_expected else "bold red")
        table.add_row(step.serial, step.nation, step.title, text)
    return table


def _attempts(attempts: tuple[AttemptOutcome, ...]) -> Table:
    """Whom an attempt reached is told only where it reached anybody: it never should."""
    table = _table("What had to fail, and what it ran into")
    for column in ("Inject", "By", "Attempt", "Stopped by"):
        table.add_column(column, no_wrap=column in ("Inject", "By"), overflow="fold")
    for attempt in attempts:
        stopped = Text(attempt.stopped_by, style="green" if attempt.as_expected else "bold red")
        if attempt.reached:
            stopped.append(f"\nREACHED {', '.join(attempt.reached)}", style="bold red")
        table.add_row(attempt.serial, attempt.nation, attempt.title, stopped)
    return table


def _files(outcome: DrillOutcome) -> Table:
    table = _table("CAP files")
    for column in ("File", "Taken as", "Refused, and why", "Warnings"):
        table.add_column(column)
    for file in outcome.files:
        taken = f"{file.taken} message" + ("s" if file.taken != 1 else "") if file.taken else "-"
        table.add_row(file.file, taken, "\n".join(file.refused), "\n".join(file.warnings))
    return table
