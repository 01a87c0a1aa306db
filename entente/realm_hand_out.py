"""`entente realm hand-out`: what each holder needs of a realm, copied to where that holder keeps it."""

from pathlib import Path
from typing import Annotated

import typer

from bus.keystore import NationKeys
from bus.trust_bundle import read_bundle, write_bundle
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed, say

KEYS_FILE = "keys.json"


def hand_out(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The realm directory.")],
    nation: Annotated[
        list[str] | None,
        typer.Option(metavar="NATION=PLACE", help="A nation's key file and the public bundle; repeat."),
    ] = None,
    public: Annotated[
        list[Path] | None,
        typer.Option(metavar="PLACE", help="The public bundle alone; repeat."),
    ] = None,
) -> None:
    """Copy to each PLACE what belongs there: realm id, trust documents, and a nation's own key file.

    Again, it brings what is newer. Never offline keys, never another realm's or nation's place.
    """
    files = RealmFiles(directory)
    trust = files.trust()
    places = [_place(each) for each in nation or ()]
    unknown = sorted({name for name, _ in places} - set(trust.nations))
    if unknown:
        raise CommandFailed(f"the realm in {directory} has no nation {', '.join(unknown)}")
    for name, place in places:
        _refuse_other_nations(place, name)
    for place in [*(place for _, place in places), *(public or ())]:
        _hand_over_public(files, place)
    for name, place in places:
        _hand_over_keys(files, name, place / KEYS_FILE)
        say(f"{name}: {place}")


def _place(text: str) -> tuple[str, Path]:
    name, separator, place = text.partition("=")
    if not separator or not place:
        raise CommandFailed("--nation is NATION=PLACE")
    return name, Path(place)


def _refuse_other_nations(place: Path, nation: str) -> None:
    """Nobody gets another's key file, nor has their own replaced by it."""
    if (place / KEYS_FILE).exists() and NationKeys.load(place / KEYS_FILE).nation != nation:
        raise CommandFailed(f"{place} has the keys of another nation than {nation}")


def _hand_over_keys(files: RealmFiles, nation: str, target: Path) -> None:
    keys = files.nation_keys(nation)
    # A file that is as it was is left alone: its gateway reads every new one.
    if not target.exists() or target.read_bytes() != files.keys_file(nation).read_bytes():
        keys.save(target)


def _hand_over_public(files: RealmFiles, place: Path) -> None:
    there = RealmFiles(place)
    if there.exists and there.realm_id() != files.realm_id():
        raise CommandFailed(f"{place} belongs to another realm")
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_bundle(there.trust_dir, read_bundle(files.trust_dir))
        # Last, as everywhere: where it stands, the bundle is whole.
        there.realm_id_file.write_text(files.realm_id() + "\n", encoding="ascii")
    except OSError as error:
        raise CommandFailed(f"{error.filename or place}: {error.strerror}") from error
