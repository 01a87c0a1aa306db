"""The outcome on a terminal: who got what and why, and what every attempt ran into."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from drills.outcome import AttemptOutcome, DrillOutcome, MessageOutcome, NationOutcome


def show(outcome: DrillOutcome, console: Console) -> None:
    """Print the tables, then every failure, then one line of verdict."""
    if outcome.messages:
        console.print(_messages(outcome))
    if outcome.attempts:
        console.print(_attempts(outcome.attempts))
    if outcome.files:
        console.print(_files(outcome))
    for failure in outcome.failures:
        console.print(Text(f"FAILED  {failure}", style="bold red"))
    console.print(verdict(outcome))


def verdict(outcome: DrillOutcome) -> Text:
    """One line: passed or failed, and the counts."""
    expected = sum(len(message.nations) for message in outcome.messages) + len(outcome.attempts)
    failed = len(outcome.failures)
    counts = (
        f"{len(outcome.messages)} messages, {len(outcome.attempts)} attempts, {expected} expectations, "
        f"{failed} failed, {outcome.seconds:.1f} s"
    )
    if failed:
        return Text(f"{outcome.title}: FAILED ({counts})", style="bold red")
    return Text(f"{outcome.title}: passed ({counts})", style="bold green")


def _messages(outcome: DrillOutcome) -> Table:
    table = Table(title=f"{outcome.title}: who got what and why", show_lines=True)
    table.add_column("Inject", no_wrap=True)
    table.add_column("Message", min_width=24)
    table.add_column("From", no_wrap=True)
    for nation in outcome.nations:
        table.add_column(nation, min_width=12)
    for message in outcome.messages:
        by_nation = {each.nation: each for each in message.nations}
        cells = [_cell(by_nation.get(nation)) for nation in outcome.nations]
        table.add_row(message.serial, _what(message), message.originator, *cells)
    return table


def _what(message: MessageOutcome) -> Text:
    kind = message.kind.replace("_", " ")
    details = " ".join(part for part in (message.precedence, message.classification) if part)
    return Text.assemble(message.title, "\n", (f"{kind} {details}".strip(), "dim"))


def _cell(nation: NationOutcome | None) -> Text:
    if nation is None:
        return Text("author", style="dim")
    if nation.state:
        words = nation.state + (f"\n{nation.latency_ms:.0f} ms" if nation.latency_ms is not None else "")
        text = Text(words, style="green")
    else:
        text = Text(nation.code.replace("_", " ").lower(), style="yellow")
    if not nation.as_expected:
        text = Text.assemble(text, ("\nNOT AS EXPECTED", "bold red"))
    return text


def _attempts(attempts: tuple[AttemptOutcome, ...]) -> Table:
    table = Table(title="What must fail, and what it ran into", show_lines=True)
    for column in ("Inject", "By", "Attempt", "Stopped by", "Reached"):
        table.add_column(column, no_wrap=column in ("Inject", "By"))
    for attempt in attempts:
        stopped = Text(attempt.stopped_by, style="green" if attempt.as_expected else "bold red")
        what = Text.assemble(attempt.title, "\n", (attempt.attempted, "dim"))
        reached = ", ".join(attempt.reached) or "nobody"
        table.add_row(attempt.serial, attempt.nation, what, stopped, reached)
    return table


def _files(outcome: DrillOutcome) -> Table:
    table = Table(title="CAP files", show_lines=True)
    for column in ("File", "Taken as", "Refused, and why", "Warnings"):
        table.add_column(column)
    for file in outcome.files:
        taken = f"{file.taken} message" + ("s" if file.taken != 1 else "") if file.taken else "-"
        table.add_row(file.file, taken, "\n".join(file.refused), "\n".join(file.warnings))
    return table
