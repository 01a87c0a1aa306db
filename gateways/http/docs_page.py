"""The API's reference page, rendered from its OpenAPI document: one file, no script, nothing from elsewhere.

It works without any network and under the strictest content security policy, which the usual pages do not.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Json = Mapping[str, Any]

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2rem; font-size: 1.05rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow: auto; max-height: 28rem; padding: .75rem; border: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; }
td { border-top: 1px solid var(--line); }
.method { font-weight: 700; } summary { cursor: pointer; } nav li { margin: .15rem 0; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def render(document: Json) -> str:
    """The page for an OpenAPI 3.1 document."""
    info = document["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        *_paragraphs(info.get("description", "")),
        '<p>Machine-readable: <a href="/openapi.json">/openapi.json</a>.</p>',
        "<nav><ul>",
        *(
            f'<li><a href="#{_anchor(method, path)}"><span class="method">{method.upper()}</span>'
            f" <code>{escape(path)}</code></a> {escape(operation.get('summary', ''))}</li>"
            for path, method, operation in _operations(document)
        ),
        "</ul></nav><h2>Operations</h2>",
    ]
    for path, method, operation in _operations(document):
        parts += _operation(path, method, operation)
    parts.append("<h2>Schemas</h2>")
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        parts += _schema(name, schema)
    parts.append("</body></html>")
    return "\n".join(parts)


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _anchor(method: str, path: str) -> str:
    return escape(f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""), quote=True)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        if paragraph.strip():
            yield f"<p>{escape(paragraph.strip())}</p>"


def _operation(path: str, method: str, operation: Json) -> Iterator[str]:
    yield (
        f'<h3 id="{_anchor(method, path)}"><span class="method">{method.upper()}</span>'
        f" <code>{escape(path)}</code></h3>"
    )
    yield from _paragraphs(operation.get("description") or operation.get("summary", ""))
    parameters = operation.get("parameters", ())
    if parameters:
        yield "<table><tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr>"
        for entry in parameters:
            needed = " (required)" if entry.get("required") else ""
            meaning = escape(entry.get("description", ""))
            yield (
                f"<tr><td><code>{escape(entry['name'])}</code>{needed}</td><td>{escape(entry['in'])}</td>"
                f"<td>{_type(entry.get('schema', {}))}</td><td>{meaning}</td></tr>"
            )
        yield "</table>"
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body: <code>{escape(media_type)}</code>, {_type(content.get('schema', {}))}</p>"
        yield from _examples(content)
    yield "<table><tr><th>Status</th><th>Answer</th><th>Body</th></tr>"
    for status, answer in operation.get("responses", {}).items():
        bodies = "; ".join(
            f"<code>{escape(media_type)}</code> {_type(content.get('schema', {}))}"
            for media_type, content in answer.get("content", {}).items()
        )
        meaning = escape(answer.get("description", ""))
        yield f"<tr><td>{escape(status)}</td><td>{meaning}</td><td>{bodies}</td></tr>"
    yield "</table>"
    for answer in operation.get("responses", {}).values():
        for content in answer.get("content", {}).values():
            yield from _examples(content)


def _examples(content: Json) -> Iterator[str]:
    examples = dict(content.get("examples", {}))
    if "example" in content:
        examples["example"] = {"value": content["example"]}
    for name, example in examples.items():
        value = example.get("value")
        text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        yield f"<details><summary>{escape(name)}</summary><pre>{escape(text)}</pre></details>"


def _schema(name: str, schema: Json) -> Iterator[str]:
    yield f'<h3 id="schema-{escape(name, quote=True)}">{escape(name)}</h3>'
    yield from _paragraphs(schema.get("description", ""))
    if "properties" not in schema:
        yield f"<p>{_type(schema)}</p>"
        return
    needed = set(schema.get("required", ()))
    yield "<table><tr><th>Member</th><th>Type</th><th>Meaning</th></tr>"
    for member, entry in schema["properties"].items():
        mark = "" if member in needed else " (optional)"
        yield (
            f"<tr><td><code>{escape(member)}</code>{mark}</td><td>{_type(entry)}</td>"
            f"<td>{escape(entry.get('description', ''))}</td></tr>"
        )
    yield "</table>"


def _type(schema: Json) -> str:
    """A schema in a few words, with links to named ones."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f'<a href="#schema-{escape(name, quote=True)}">{escape(name)}</a>'
    if "allOf" in schema:
        return _type(schema["allOf"][0])  # what follows only narrows it
    for words in ("anyOf", "oneOf"):
        if words in schema:
            return " or ".join(_type(entry) for entry in schema[words])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(entry))}</code>" for entry in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        entries = schema.get("items") or {}
        return f"array of {_type(entries)}" if entries else "array"
    limits = [
        f"{words} {schema[key]}"
        for key, words in (
            ("minimum", "at least"),
            ("maximum", "at most"),
            ("maxLength", "length up to"),
            ("pattern", "matching"),
            ("format", ""),
        )
        if key in schema
    ]
    return escape(" ".join([kind, *([", ".join(limits)] if limits else [])]))
