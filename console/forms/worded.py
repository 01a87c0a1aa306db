"""The words of a form: names and codes as the message page has them, hints and sentences of its own."""

from typing import Any

from console.forms.field import Field
from console.rendering.naming import code_words, field_label, no_words, unit_of
from console.wording import Wording


class FormWording:
    """One language's words for forms."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def field(self, name: str, title: str) -> str:
        """The form's own name for it, else the message page's, else what the schema or its key says."""
        for key in (f"compose.field.{name}", f"kinds.field.{name}"):
            if self._wording.has(key):
                return self._wording.t(key)
        return field_label(name, {"title": title}, no_words)

    def code(self, name: str, code: str) -> str:
        """The catalogue's word for it, else its own spelling."""
        for key in (f"compose.code.{name}.{code}", f"kinds.code.{name}.{code}", f"kinds.code.{code}"):
            if self._wording.has(key):
                return self._wording.t(key)
        return code_words(name, code, no_words)

    def hint(self, type_name: str, name: str) -> str:
        """What there is to say about a field of this type, or of this name wherever it stands."""
        for key in (f"compose.hint.{type_name}.{name}", f"compose.hint.{name}"):
            if self._wording.has(key):
                return self._wording.t(key)
        return ""

    def unit(self, name: str) -> str:
        """The unit that a field's name ends with."""
        return unit_of(name) or ""

    def say(self, key: str, **values: Any) -> str:
        """A sentence of the form."""
        return self._wording.t(f"compose.{key}", **values)

    def group(self, name: str, first: Field) -> str:
        """The heading of a group of fields; of one that nobody named, that of its only field."""
        return self._wording.t(f"compose.group.{name}") if name else self.field(first.name, first.title)

    def fault(self, code: str, detail: str) -> str:
        """What is wrong: in this language if it is one of the common faults, else as the gateway says it."""
        key = f"compose.fault.{_COMMON.get(detail, '')}"
        return self._wording.t(key) if self._wording.has(key) else detail or code


_COMMON = {
    "Field required": "required",
    "not a known field": "unknown_field",
    "the same value stands twice": "twice",
    "end is not after start": "end_before_start",
    "this text is one line": "one_line",
    "text holds a control, surrogate or bidirectional override character": "control_character",
    "not an ISO 3166-1 alpha-3 code nor in XAA..XZZ": "nation",
}
