"""Reading a realm plan from a file."""

from pathlib import Path

from entente.terminal import CommandFailed
from schemas.realm_plan import RealmPlan
from schemas.strict_yaml import parse_yaml


def read_plan(path: Path) -> RealmPlan:
    """The plan. CommandFailed when the file cannot be read, YamlRefused when it is not a plan."""
    try:
        return parse_yaml(RealmPlan, path.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from error
