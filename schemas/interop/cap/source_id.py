"""An alert's own name in CAP, as publications keep it: what an update or a cancel finds its original by."""

from datetime import UTC

from schemas.alert_source import SourceReference
from schemas.interop.cap.document import CapTaken


def source_id_of(alert: CapTaken | SourceReference) -> str:
    """CAP's ``sender,identifier,sent`` (section 3.2.1, references), ``sent`` in UTC."""
    return f"{alert.sender},{alert.identifier},{alert.sent.astimezone(UTC).isoformat()}"
