"""The public trust bundle on disk: a directory with one DSSE envelope per file."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from bus.protocol.dsse import MAX_ENVELOPE_BYTES
from bus.protocol.trust_documents import read_document
from schemas.agreement import AgreementAct
from schemas.trust import NationRecord, RealmRoot, Snapshot

SUFFIX = ".dsse.json"
MAX_DOCUMENTS = 20_000
MAX_FILE_PART = 140


class TrustBundleError(Exception):
    """The bundle is missing, empty or not readable."""


def read_bundle(directory: Path) -> tuple[bytes, ...]:
    """Every envelope in the directory, in name order, unverified: a `TrustStore` verifies them.

    TrustBundleError when there is none, or a file is too large to be one.
    """
    try:
        files = sorted(directory.glob(f"*{SUFFIX}"))
    except OSError as error:
        raise TrustBundleError(f"{directory} cannot be read: {error.strerror}") from error
    if not files:
        raise TrustBundleError(f"{directory} holds no trust documents (*{SUFFIX})")
    if len(files) > MAX_DOCUMENTS:
        raise TrustBundleError(f"{directory} holds more than {MAX_DOCUMENTS} documents")
    envelopes = []
    for file in files:
        try:
            if file.stat().st_size > MAX_ENVELOPE_BYTES:
                raise TrustBundleError(f"{file} is too large for a trust document")
            envelopes.append(file.read_bytes())
        except OSError as error:
            raise TrustBundleError(f"{file} cannot be read: {error.strerror}") from error
    return tuple(envelopes)


def write_bundle(directory: Path, envelopes: Iterable[bytes]) -> None:
    """Write each envelope to a file named after its document, over what was there under that name.

    TrustError TRUST_MALFORMED for what is no trust document.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for envelope in envelopes:
        target = directory / document_file_name(envelope)
        draft = target.with_name(f".{target.name}.new")
        with draft.open("wb") as file:
            file.write(envelope)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def document_file_name(envelope: bytes) -> str:
    """The file a document goes to: its type, whose it is, and its version, for instance `nation-EST-v2`."""
    document = read_document(envelope).document
    match document:
        case RealmRoot():
            name = "realm-root"
        case NationRecord():
            name = f"nation-{document.nation}"
        case Snapshot():
            name = "snapshot"
        case AgreementAct() as act:
            # The digest tells acts of one number apart, and agreements of one id.
            mark = hashlib.sha256(envelope).hexdigest()[:16]
            return f"act-{act.nation}-{_file_part(act.agreement.id)}-{act.number}-{mark}{SUFFIX}"
        case _:
            name = f"{document.type.replace('_', '-')}-{_file_part(document.id)}"
    return f"{name}-v{document.version}{SUFFIX}"


def _file_part(document_id: str) -> str:
    """An id as part of a file name: percent-encoded, so that no two ids get the same.

    One too long for a file system stands there as its digest, behind `=`, which no encoded id contains.
    """
    encoded = quote(document_id, safe="")
    if len(encoded) <= MAX_FILE_PART:
        return encoded
    return "=" + hashlib.sha256(document_id.encode()).hexdigest()
