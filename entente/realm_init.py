"""`entente realm init`: found a realm and lay out what each party gets."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from entente.founding import found_realm
from entente.realm_communities import communities
from entente.realm_files import RealmFiles
from entente.realm_hand_out import hand_out
from entente.realm_plan_file import read_plan, realm_of_scenario
from entente.realm_snapshot import snapshot
from entente.terminal import CommandFailed, say, write_json
from schemas.header import Kind, Mode
from schemas.realm_plan import RealmPlan
from schemas.strict_json import JsonRefused, schema_refusal
from schemas.trust import SealSuite, SignSuite

app = typer.Typer(
    help="Found a realm, hand it out, renew its snapshot, change its communities.", no_args_is_help=True
)
app.command("snapshot")(snapshot)
app.command("communities")(communities)
app.command("hand-out")(hand_out)


@app.callback()
def realm() -> None:
    """Found a realm: its root of trust, its nations' keys, its agreements; renew its snapshot."""


@app.command("init")
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty directory.")],
    name: Annotated[str | None, typer.Option(help="The realm's name.")] = None,
    nation: Annotated[
        list[str] | None, typer.Option(help="A nation (ISO 3166-1 alpha-3, or XAA..XZZ); repeat.")
    ] = None,
    mode: Annotated[
        list[Mode] | None,
        typer.Option(help="A mode the first agreement covers; repeat."),
    ] = None,
    highest: Annotated[
        str | None,
        typer.Option(
            metavar="POLICY:LEVEL",
            help="Sign one agreement of all nations over every kind of message, up to this classification "
            "(for instance 'NATO:NATO RESTRICTED'). Without it nobody may send anything yet.",
        ),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(
            help="A YAML plan with nations, communities, agreements and policies, instead of flags."
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(help="The realm of this drill scenario (see `drill list`), instead of flags or a plan."),
    ] = None,
    sign_suite: Annotated[
        SignSuite, typer.Option(help="Signing suite of every nation.")
    ] = SignSuite.STANDARD,
    seal_suite: Annotated[SealSuite, typer.Option(help="Sealing suite of every nation.")] = SealSuite.SEAL_1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Write a new realm to DIR: public trust bundle, pinned realm id, keys per nation, offline keys."""
    if (plan is not None) + (scenario is not None) + bool(name or nation or mode or highest) > 1:
        raise CommandFailed("give either --plan, or --scenario, or --name, --nation, --mode and --highest")
    if scenario is not None:
        wanted = realm_of_scenario(scenario)
    elif plan is not None:
        wanted = read_plan(plan)
    else:
        wanted = _plan_of_flags(name, nation, mode, highest, sign_suite, seal_suite)
    files = RealmFiles(directory)
    founded = found_realm(wanted, now=datetime.now(UTC), randomness=os.urandom)
    files.write_new(founded)
    files.trust()
    outcome = {
        "realm": founded.realm.id,
        "realm_id_file": str(files.realm_id_file),
        "trust_dir": str(files.trust_dir),
        "keys_files": {planned.nation: str(files.keys_file(planned.nation)) for planned in wanted.nations},
        "offline_dir": str(files.offline),
        "agreements": [agreement.id for agreement in wanted.agreements],
    }
    if as_json:
        write_json(outcome)
        return
    say(f"Realm {wanted.name} founded in {directory}")
    say(f"  realm id     {founded.realm.id}")
    say("               compare it out of band: a gateway trusts whatever hashes to it")
    say(f"  public       {files.trust_dir}")
    for planned in wanted.nations:
        say(f"  {planned.nation}          {files.keys_file(planned.nation)}")
    say(f"  OFFLINE      {files.offline}: move these keys to their holders, then delete the directory")
    if not wanted.agreements:
        say("  No agreement was signed, so no nation may send anything to another yet.")


def _plan_of_flags(
    name: str | None,
    nations: list[str] | None,
    modes: list[Mode] | None,
    highest: str | None,
    sign_suite: SignSuite,
    seal_suite: SealSuite,
) -> RealmPlan:
    if not name or not nations:
        raise CommandFailed("give --name and at least one --nation, or --plan")
    if bool(highest) != bool(modes):
        raise CommandFailed("--highest and --mode go together: they say what the first agreement covers")
    plan: dict[str, Any] = {
        "name": name,
        "nations": tuple(
            {"nation": code, "display_name": code, "sign_suite": sign_suite, "seal_suite": seal_suite}
            for code in nations
        ),
        "known_policies": ("NATO", "REALM"),
    }
    if highest and modes:
        policy, _, level = highest.partition(":")
        plan["agreements"] = (
            {
                "id": "founding",
                "title": f"Founding agreement of {name}",
                "parties": tuple(nations),
                "kinds": tuple(Kind),
                "modes": tuple(modes),
                "highest": ({"policy": policy, "classification": level},),
            },
        )
    return validated_plan(plan)


def validated_plan(plan: dict[str, Any]) -> RealmPlan:
    """A plan out of plain values. CommandFailed names what is wrong with it."""
    from pydantic import ValidationError

    try:
        return RealmPlan.model_validate(plan)
    except ValidationError as error:
        refused: JsonRefused = schema_refusal(error)
        raise CommandFailed(
            "; ".join(f"{text} (at {at or 'the top'})" for at, _, text in refused.faults)
        ) from None
