"""Whatever bytes come, the answer is an outcome: nothing escapes ``read_cap``."""

from hypothesis import given
from hypothesis import strategies as st

from tests.cap.alert_xml import REFERENCE, alert_xml, distribution_xml, read, refused

FULL = alert_xml({"references": REFERENCE, "note": "n", "incidents": "a b"})
WHOLE = distribution_xml(FULL, alert_xml()).encode()
MARKUP = [b"<", b">", b"&", b"&#0;", b"</alert>", b"<!--", b"]]>", b"-", b"9", b" "]
WRONG_BYTES = [b"\x00", b"\xff", b"\xe2\x80\xae"]
pieces = st.sampled_from(MARKUP + WRONG_BYTES) | st.binary(max_size=4)
edits = st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 40), pieces)


@given(st.lists(edits, max_size=4))
def test_whatever_is_done_to_the_bytes_the_answer_is_taken_or_refused(
    changes: list[tuple[int, int, bytes]],
) -> None:
    data = WHOLE
    for start, length, piece in changes:
        data = data[:start] + piece + data[start + length :]
    assert read(data).alerts


@given(st.binary(max_size=200))
def test_bytes_that_mean_nothing_are_refused(data: bytes) -> None:
    assert refused(data).code.value.startswith("CAP_")
