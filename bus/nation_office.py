"""A nation's own office: its online keys, its records signed with its offline root key, its acts (design 10).

Pure but for the library's own randomness in ML-DSA signatures: clock and key material are passed in.
"""

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bus.authority import AuthorityError, Issued, Randomness, Realm, issue, new_signing_key
from bus.broker_keys import broker_key
from bus.keystore import NationKeys, SealKeyPair, SigningKeyPair
from bus.protocol.sealing import SealPrivateKey
from bus.protocol.signing import PrivateSigningKey, Signer
from bus.protocol.suites import seal_suite_named
from schemas.agreement import ActKind, Agreement, AgreementAct, AgreementName
from schemas.base import MAX_CLOCK_SKEW
from schemas.header import Mode
from schemas.trust import KeyEntry, KeyUse, NationRecord, SealSuite, SignSuite

KEY_LIFETIME = timedelta(days=400)
MODE_SETS: tuple[tuple[Mode, ...], ...] = ((Mode.OPERATION,), (Mode.EXERCISE,), (Mode.TEST,))
"""One set of keys per mode: what was sealed or signed in an exercise opens or proves nothing outside it."""


def new_nation_keys(
    nation: str,
    realm: str,
    *,
    randomness: Randomness,
    sign_suite: SignSuite = SignSuite.STANDARD,
    seal_suite: SealSuite = SealSuite.SEAL_1,
    mode_sets: Sequence[tuple[Mode, ...]] = MODE_SETS,
) -> NationKeys:
    """A message, a receipt and a seal key for every mode set, and a broker user."""
    return NationKeys(
        nation,
        realm,
        tuple(
            SigningKeyPair(use, modes, new_signing_key(sign_suite.value, randomness))
            for use in (KeyUse.MESSAGE, KeyUse.RECEIPT)
            for modes in mode_sets
        ),
        tuple(SealKeyPair(modes, new_seal_key(seal_suite, randomness)) for modes in mode_sets),
        broker_key(randomness(32)),
    )


def new_seal_key(suite: SealSuite, randomness: Randomness) -> SealPrivateKey:
    """A seal key whose seeds are drawn from `randomness`."""
    parameters = seal_suite_named(suite.value)
    return SealPrivateKey.from_private_bytes(parameters.suite_id, randomness(parameters.private_length))


def key_entries(
    keys: NationKeys, *, now: datetime, lifetime: timedelta = KEY_LIFETIME
) -> tuple[KeyEntry, ...]:
    """The public side of every key, valid from a little before `now` (partners' clocks) for `lifetime`."""
    not_before, not_after = now - MAX_CLOCK_SKEW, now + lifetime
    signing = [
        KeyEntry(
            kid=pair.key.kid,
            use=pair.use,
            modes=pair.modes,
            suite=SignSuite(pair.key.suite),
            public_key=_base64(pair.key.public_bytes),
            not_before=not_before,
            not_after=not_after,
        )
        for pair in keys.signing
    ]
    seal = [
        KeyEntry(
            kid=pair.key.kid.hex(),
            use=KeyUse.SEAL,
            modes=pair.modes,
            suite=SealSuite(pair.key.suite.name),
            public_key=_base64(pair.key.public_bytes),
            not_before=not_before,
            not_after=not_after,
        )
        for pair in keys.seal
    ]
    return (*signing, *seal)


def first_record(
    keys: NationKeys,
    root_key: PrivateSigningKey,
    *,
    display_name: str,
    now: datetime,
    policy: str | None = None,
    lifetime: timedelta = KEY_LIFETIME,
) -> Issued[NationRecord]:
    """Version 1 of a nation's record, with all of `keys`; `policy` is its own classification policy."""
    record = NationRecord(
        type="nation_record",
        v=1,
        realm=keys.realm,
        nation=keys.nation,
        version=1,
        issued_at=now,
        display_name=display_name,
        policy=policy,
        broker_user=keys.broker.public,
        keys=key_entries(keys, now=now, lifetime=lifetime),
    )
    return issue(record, (root_key,))


def next_record(
    held: Issued[NationRecord],
    root_key: PrivateSigningKey,
    *,
    now: datetime,
    add: Iterable[KeyEntry] = (),
    revoke: Collection[str] = (),
    drop: Collection[str] = (),
    broker_user: str | None = None,
) -> Issued[NationRecord]:
    """The next version: keys added, revoked or dropped by kid, or another broker user.

    A revoked key stays listed, so that what it signed is told apart from what an unknown key signed.
    AuthorityError when a kid to revoke or drop is not in the record.
    """
    unknown = {*revoke, *drop} - {entry.kid for entry in held.document.keys}
    if unknown:
        raise AuthorityError(f"the record of {held.document.nation} has no key {', '.join(sorted(unknown))}")
    kept = tuple(
        entry.model_copy(update={"revoked_at": now})
        if entry.kid in revoke and not entry.revoked_at
        else entry
        for entry in held.document.keys
        if entry.kid not in drop
    )
    update = {
        "version": held.document.version + 1,
        "previous": held.digest,
        "issued_at": now,
        "keys": (*kept, *add),
        "broker_user": broker_user or held.document.broker_user,
    }
    record = NationRecord.model_validate(held.document.model_copy(update=update).model_dump())
    return issue(record, (root_key,))


def rotated(
    keys: NationKeys,
    held: Issued[NationRecord],
    root_key: PrivateSigningKey,
    *,
    uses: Collection[KeyUse],
    modes: Collection[Mode],
    now: datetime,
    randomness: Randomness,
    revoke_old: bool = False,
    lifetime: timedelta = KEY_LIFETIME,
) -> tuple[NationKeys, Issued[NationRecord]]:
    """New keys for these uses and modes in the suites of the old ones, and the record that says so.

    The old keys stay in the key file: bundles for the old seal key may be on their way, and until the new
    record is in force everywhere the old sign key is the one that is known. With `revoke_old` the record
    revokes them, else they stay valid as they were; the newest valid key is the one that is used.
    AuthorityError when the nation has no such keys.
    """

    def affected(use: KeyUse, of: tuple[Mode, ...]) -> bool:
        return use in uses and not set(of).isdisjoint(modes)

    old_signing = [pair for pair in keys.signing if affected(pair.use, pair.modes)]
    old_seal = [pair for pair in keys.seal if affected(KeyUse.SEAL, pair.modes)]
    if not old_signing and not old_seal:
        raise AuthorityError(f"{keys.nation} has no keys of these uses and modes")
    slots = {(pair.use, pair.modes): pair.key.suite for pair in old_signing}
    seal_slots = {pair.modes: pair.key.suite.name for pair in old_seal}
    fresh = NationKeys(
        keys.nation,
        keys.realm,
        tuple(
            SigningKeyPair(use, of, new_signing_key(suite, randomness)) for (use, of), suite in slots.items()
        ),
        tuple(
            SealKeyPair(of, new_seal_key(SealSuite(suite), randomness)) for of, suite in seal_slots.items()
        ),
        keys.broker,
    )
    old_kids = [pair.key.kid for pair in old_signing] + [pair.key.kid.hex() for pair in old_seal]
    record = next_record(
        held,
        root_key,
        now=now,
        add=key_entries(fresh, now=now, lifetime=lifetime),
        revoke=old_kids if revoke_old else (),
    )
    after = replace(keys, signing=(*keys.signing, *fresh.signing), seal=(*keys.seal, *fresh.seal))
    return after, record


def agreement_act(
    agreement: Agreement,
    digest: str,
    nation: str,
    act: ActKind,
    signer: Signer,
    *,
    number: int,
    now: datetime,
) -> Issued[AgreementAct]:
    """One act of a nation on the agreement with this digest, signed with its message key for OPERATION."""
    name = AgreementName(id=agreement.id, version=agreement.version, digest=digest)
    return issue(
        AgreementAct(
            type="agreement_act",
            v=1,
            realm=agreement.realm,
            agreement=name,
            nation=nation,
            act=act,
            number=number,
            at=now,
        ),
        (signer,),
    )


def countersigned(realm: Realm, keys: Mapping[str, NationKeys], *, now: datetime) -> Realm:
    """The realm with each of these nations' countersignature on every agreement it is a party to.

    Only where it has not acted yet. For founding, where every nation's keys are at hand; later each nation's
    gateway countersigns for itself.
    """
    acted = {(act.document.agreement.digest, act.document.nation) for act in realm.acts}
    acts = [
        agreement_act(
            issued.document,
            issued.digest,
            nation,
            ActKind.COUNTERSIGN,
            keys[nation].signer(KeyUse.MESSAGE, Mode.OPERATION),
            number=1,
            now=now,
        )
        for issued in realm.documents.values()
        if isinstance(issued.document, Agreement)
        for nation in issued.document.parties
        if nation in keys and (issued.digest, nation) not in acted
    ]
    return replace(realm, acts=(*realm.acts, *acts))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
