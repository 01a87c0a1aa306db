"""What must be refused when a label is read, and where."""

import pytest

from schemas.interop.stanag4774 import LabelXmlRefused, read_label
from tests.labels.label_cases import CREATED, always


def assert_refused(text: str | bytes, code: str, path: str) -> None:
    """With this code, at this place, or at an element whose name begins so; nothing of it is quoted."""
    with pytest.raises(LabelXmlRefused) as refused:
        read_label(text.encode() if isinstance(text, str) else text, always, CREATED)
    assert refused.value.code.value.startswith(f"LABEL_XML_{code}")
    assert refused.value.path == path or (path[1:].isalpha() and refused.value.path.startswith(path))
    assert "FYR" not in str(refused.value)
