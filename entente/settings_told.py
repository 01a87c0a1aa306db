"""What is wrong with the settings of a program that is to run: every variable at fault, by its name."""

from pydantic import ValidationError

from schemas.strict_json import schema_refusal


def incomplete(program: str, error: ValidationError) -> str:
    """A line for each variable that is missing or refused; ``program`` is ``gateway`` or ``console``."""
    lines = [f"the {program}'s settings are not complete:"]
    for pointer, kind, text in schema_refusal(error).faults:
        name = pointer.strip("/").upper()
        what = "is missing" if kind == "missing" else text
        lines.append(f"  ENTENTE_{program.upper()}_{name}: {what}" if name else f"  {what}")
    return "\n".join(lines)
