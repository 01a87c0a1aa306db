"""STANAG 4774 (ADatP-4774 Ed. A V1) confidentiality labels in XML, out and in.

``write_label`` and ``write_alternative`` are the ways out (``writing``), ``read_label`` is the way in
(``reading``, with ``elements``, ``categories``, ``audience``). docs/labels.md says what is decided and why.
"""

from schemas.interop.stanag4774.elements import MAX_LABEL_BYTES
from schemas.interop.stanag4774.outcome import (
    LabelNotExpressible,
    LabelWarning,
    LabelWarningCode,
    LabelXmlRefused,
)
from schemas.interop.stanag4774.reading import ReadLabel, read_label
from schemas.interop.stanag4774.writing import OriginatorId, in_order, write_alternative, write_label

__all__ = [
    "MAX_LABEL_BYTES",
    "LabelNotExpressible",
    "LabelWarning",
    "LabelWarningCode",
    "LabelXmlRefused",
    "OriginatorId",
    "ReadLabel",
    "in_order",
    "read_label",
    "write_alternative",
    "write_label",
]
