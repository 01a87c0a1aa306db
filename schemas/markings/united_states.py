"""The form of the United States' register: own, foreign and joint labels (IC-ISM; DoDM 5200.01 Vol. 2)."""

import re
from collections.abc import Collection

from schemas.base import real_nations
from schemas.label import DraftLabel
from schemas.markings.text import category_names, codes, plain
from schemas.nato_policy import POLICY, REGISTERED_OF_NATIVE

PORTIONS = {"UNCLASSIFIED": "U", "CONFIDENTIAL": "C", "SECRET": "S", "TOP SECRET": "TS"}
JOINT_PORTIONS = PORTIONS | {"RESTRICTED": "R"}

USA = "USA"
_JOINT = re.compile(r"JOINT((?: [A-Z]{3}){2,})")


def own_form(label: DraftLabel, originator: str | None) -> tuple[str, str] | None:
    """Banner and portion of a label under the policy USA, or None where the form would not be true.

    ``REL TO`` begins with USA, which is true where the United States said it or is released to.
    """
    if label.policy != USA or label.classification not in PORTIONS:
        return None
    others = set(label.releasable_to) - {USA}
    ours = originator == USA
    if not ours and not (USA in label.releasable_to and others):
        return None
    released = {USA, *others} if others else set()
    return (
        _joined(label.classification, label, released, national="NOFORN", control="ORCON"),
        f"({_joined(PORTIONS[label.classification], label, released, national='NF', control='OC')})",
    )


def joint_form(label: DraftLabel) -> tuple[str, str] | None:
    """Banner and portion under a policy that is several nations' by its name: ``JOINT CAN GBR USA``."""
    named = _JOINT.fullmatch(label.policy)
    if named is None or label.classification not in JOINT_PORTIONS:
        return None
    owners = named[1].split()
    if owners != sorted(set(owners)) or not real_nations().issuperset(owners):
        return None
    return _foreign(
        label,
        f"//JOINT {label.classification}{named[1]}",
        f"//JOINT {JOINT_PORTIONS[label.classification]}{named[1]}",
    )


def foreign_form(label: DraftLabel) -> tuple[str, str] | None:
    """Banner and portion as a reader in the United States marks another's label: ``//SWE HEMLIG``."""
    if label.policy == POLICY and label.classification in REGISTERED_OF_NATIVE:
        return _foreign(label, f"//{label.classification}", f"//{label.classification}")
    if label.policy != USA and label.policy in real_nations():
        head = f"//{label.policy} {plain(label.classification)}"
        return _foreign(label, head, head)
    return None


def _foreign(label: DraftLabel, banner: str, portion: str) -> tuple[str, str]:
    released = label.releasable_to
    return (
        _joined(banner, label, released, national="NATIONAL ONLY", control="ORCON"),
        f"({_joined(portion, label, released, national='NATIONAL ONLY', control='OC')})",
    )


def _joined(head: str, label: DraftLabel, released: Collection[str], *, national: str, control: str) -> str:
    """The categories in the register's order, each after ``//``; controls of one category parted by ``/``."""
    controls = [control] if label.originator_controlled else []
    if released:
        controls.append(f"REL TO {codes(released, usa_first=True)}")
    elif not label.display_only_to:
        controls.append(national)
    if label.display_only_to:
        controls.append(f"DISPLAY ONLY {codes(label.display_only_to, usa_first=True)}")
    return "//".join((head, *filter(None, (category_names(label.restrictive),)), "/".join(controls)))
