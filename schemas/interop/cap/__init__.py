"""CAP 1.2 (OASIS, 2010), plain or wrapped in EDXL-DE 1.0, to threat alert drafts.

``read_cap`` is the way in; the modules follow the order of the work: ``schemas.interop.xml``,
``distribution``, ``alert`` (with ``elements``, ``values``, ``geometry``, ``antimeridian``), ``grouping``,
``assessment``, ``mapping``.
"""

from schemas.interop.cap.document import CapDocument, CapOptions, CapTaken, read_cap
from schemas.interop.cap.mapping import CapDraft
from schemas.interop.cap.outcome import CapRefused, CapWarning, CapWarningCode
from schemas.interop.cap.source_id import source_id_of

__all__ = [
    "CapDocument",
    "CapDraft",
    "CapOptions",
    "CapRefused",
    "CapTaken",
    "CapWarning",
    "CapWarningCode",
    "read_cap",
    "source_id_of",
]
