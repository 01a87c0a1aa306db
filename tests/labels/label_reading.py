"""Two readers of STANAG 4774 documents written apart from ours, to hold ours against."""

from lxml import etree

from tests.labels.label_cases import MEMBERS, NS


def _tags(document: bytes) -> dict[str, set[str]]:
    return {
        str(each.get("TagName")): {" ".join((value.text or "").split()).upper() for value in each}
        for each in etree.fromstring(document).iter(f"{{{NS}}}Category")
        if each.get("Type") == "PERMISSIVE"
    }


def _policy(document: bytes) -> str:
    found = etree.fromstring(document).findtext(f".//{{{NS}}}PolicyIdentifier") or ""
    return found.strip().upper()


def _groups_of(nation: str) -> set[str]:
    return {name.replace("RESOLUTE-S", "RESOLUTE S") for name, inside in MEMBERS.items() if nation in inside}


def admitted_tag_by_tag(document: bytes, nation: str) -> bool:
    """Whether a nation's clearance fits every permissive tag; who holds what is App. 2's example."""
    tags, groups = _tags(document), _groups_of(nation)
    if _policy(document) != "NATO":
        return "RELEASABLE TO" in {tag.upper() for tag in tags} and bool(
            tags["Releasable To"] & {nation, *groups}
        )
    member = "NATO" in groups
    holds = {
        "Context": {"RELEASABLE", *groups} if member else {"RELEASABLE", *(groups - {"NATO"})},
        "Only": {nation, *groups},
        "Releasable To": {nation, *groups},
    }
    return all(values & holds[tag] for tag, values in tags.items())


def audience(document: bytes) -> set[str]:
    """Who is meant at most: members of the context reduced by Only, united with Releasable To."""
    tags = _tags(document)
    if _policy(document) != "NATO":
        return _expanded(tags.get("Releasable To", set()))
    contexts = tags["Context"] - {"RELEASABLE"}
    base = _expanded(contexts)
    if "Only" in tags:
        base &= _expanded(tags["Only"])
    return base | _expanded(tags.get("Releasable To", set()) - contexts)


def _expanded(values: set[str]) -> set[str]:
    found: set[str] = set()
    for value in values:
        found |= MEMBERS.get(value.replace(" ", "-"), frozenset({value}))
    return found
