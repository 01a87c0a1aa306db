"""Writing a message: choosing a kind, its form, the preview beside it, and handing it to the gateway."""

import re
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.console import Console, console_of
from console.forms.beginnings import CHANGES, answering, blank, changing
from console.forms.faults import Fault, faults_of, placed
from console.forms.field import Submitted
from console.forms.fill import Filler
from console.forms.lists import TEAR_LINES, moved, with_row, without_row
from console.forms.page_form import PageForm, page_form
from console.forms.preview import Preview, marking_of, versions_of
from console.forms.pruned import Where, pruned
from console.forms.realm import world
from console.forms.submitted import read_form
from console.forms.worded import FormWording
from console.gateway import Refused, Unreachable
from console.marking import Marking, highest
from console.pages import fragment, page
from console.rooms.composing import Supplies, kinds_of, modes_of, must_write, preview, supplies
from console.seating import Seat, seated

router = APIRouter()

Seated = Annotated[Seat, Depends(seated)]
ADD, REMOVE = "add:", "remove:"
MAX_ID = 64
_COMPOSITION = re.compile(f"[0-9A-Za-z-]{{1,{MAX_ID}}}")
"""A form's own number. It goes to the gateway as a header: anything else is as good as none."""


@router.get("/compose")
async def choose(request: Request, seat: Seated) -> HTMLResponse:
    """Which kind of message is to be written."""
    must_write(seat)
    kinds = await kinds_of(seat)
    return page(request, seat, "compose/kinds.html", room="compose", kinds=kinds)


@router.get("/compose/sent/{publication_id}")
async def sent(request: Request, seat: Seated, publication_id: uuid.UUID, form: str = "") -> HTMLResponse:
    """What became of a draft that was handed in: accepted, for whom, and what it waits for."""
    found = await seat.gateway.get(f"/v1/messages/{publication_id}")
    message = found.get("message") or {}
    label = {key: value for key, value in (message.get("label") or {}).items() if not key.endswith("_set")}
    marking = marking_of(label, seat.nation, (message.get("header") or {}).get("mode"))
    return page(
        *(request, seat, "compose/sent.html"),
        room="compose",
        marking=marking or Marking.of({"marking": found["marking"]}),
        publication=found,
        composition=form[:MAX_ID],
    )


@router.get("/compose/{kind}")
async def begin(
    request: Request,
    seat: Seated,
    kind: str,
    changes: uuid.UUID | None = None,
    relation: str = CHANGES[0],
    answers: uuid.UUID | None = None,
    originator: str | None = None,
) -> HTMLResponse:
    """A new form; prefilled from the message that it changes or the request that it answers."""
    held = await supplies(seat, kind)
    modes = modes_of(seat, console_of(request).settings.modes)
    if changes is not None and relation in CHANGES:
        draft = changing(await seat.gateway.get(f"/v1/messages/{changes}"), relation)
    elif answers is not None and kind == "information_response":
        asked = await seat.gateway.get(f"/v1/inbox/{answers}", params={"originator": originator})
        draft = answering(held.form, asked, seat.language)
    else:
        draft = blank(held.form, kind, modes, seat.language)
    draft["header"]["kind"] = kind
    return _Sheet(request, seat, held, Submitted(draft), str(uuid.uuid4())).page()


@router.post("/compose/{kind}")
async def act(request: Request, seat: Seated, kind: str) -> Response:
    """A row more or less, a look at the release, or the draft on its way: as the pressed button says."""
    held = await supplies(seat, kind)
    sheet = await _sheet(request, seat, held)
    do = sheet.pressed
    if do.startswith(ADD):
        sheet.submitted.value = with_row(held.form, sheet.submitted.value, do.removeprefix(ADD))
    elif do.startswith(REMOVE):
        gone, before = do.removeprefix(REMOVE), sheet.submitted
        sheet.submitted = Submitted(without_row(before.value, gone), moved(before.unreadable, gone))
    elif do == "suggested":
        looked = await preview(seat, sheet.draft, kind)
        suggested = (looked.table or {}).get("suggested_label")
        sheet.submitted.value["label"] = suggested or sheet.submitted.value.get("label")
    elif do == "preview":
        sheet.preview = await preview(seat, sheet.draft, kind)
    elif do == "renew":
        sheet.composition = str(uuid.uuid4())
    elif do == "send":
        return await _send(sheet)
    return sheet.page()


@router.post("/compose/{kind}/preview")
async def look(request: Request, seat: Seated, kind: str) -> HTMLResponse:
    """The preview alone, for the page that asks while its author types."""
    sheet = await _sheet(request, seat, await supplies(seat, kind))
    sheet.preview = await preview(seat, sheet.draft, kind)
    context = sheet.context(sheet.form())
    return fragment(request, seat, "compose/preview_fragment.html", room="compose", **context)


async def _send(sheet: "_Sheet") -> Response:
    """Hand the draft to the gateway. However often this form is sent, it becomes one message."""
    if sheet.submitted.unreadable:
        return sheet.page(refused=[], status=422)
    seat = sheet.seat
    try:
        answer = await seat.gateway.post("/v1/messages", json=sheet.draft, idempotency_key=sheet.composition)
    except Refused as no:
        sheet.preview = await preview(seat, sheet.draft, sheet.held.kind)
        faults = [(sheet.where(pointer), code, detail) for pointer, code, detail in faults_of(no.problem)]
        return sheet.page(refused=faults, problem=no, status=no.status)
    except Unreachable:
        return sheet.page(unanswered=True, status=502)
    waits = answer.get("second_person") is not None
    seat.notice("compose.notice_waits" if waits else "compose.notice_sent", n=len(answer["recipients"]))
    target = f"{seat.root}/compose/sent/{answer['publication_id']}?form={sheet.composition}"
    return RedirectResponse(target, status_code=303)


async def _sheet(request: Request, seat: Seat, held: Supplies) -> "_Sheet":
    """The form that a request brought; files have no place in it."""
    values: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            values.setdefault(name, []).append(value)
    submitted = read_form(held.form, values)
    submitted.value.setdefault("header", {})["kind"] = held.kind
    given = values.get("composition", [""])[0]
    composition = given if _COMPOSITION.fullmatch(given) else str(uuid.uuid4())
    sheet = _Sheet(request, seat, held, submitted, composition)
    sheet.pressed = values.get("do", [""])[0]
    return sheet


def _draft_key(console: Console, seat: Seat) -> str:
    """Empty where drafts are not kept."""
    if not console.settings.keep_drafts:
        return ""
    return console.draft_keys.of(seat.operator, seat.session.browser)


class _Sheet:
    """One form in the making: what was typed so far, and how it is shown."""

    def __init__(
        self, request: Request, seat: Seat, held: Supplies, submitted: Submitted, composition: str
    ) -> None:
        self.request = request
        self.seat = seat
        self.held = held
        self.submitted = submitted
        self.composition = composition
        self.pressed = ""
        self.preview: Preview | None = None
        self.words = FormWording(seat.wording)
        self.modes = modes_of(seat, console_of(request).settings.modes)

    @property
    def draft(self) -> Any:
        """The draft as it is handed in."""
        return pruned(self.submitted.value)[0]

    @property
    def where(self) -> Where:
        """From pointers into ``draft`` to the fields that were typed in."""
        return pruned(self.submitted.value)[1]

    def form(self) -> PageForm:
        """The controls, with what is typed in them."""
        filler = Filler(self.words, self.submitted.unreadable, self.held.realm.levels)
        value = self.submitted.value
        return page_form(self.held.form, value, filler, self.words.group, modes=self.modes)

    def page(
        self,
        *,
        refused: list[tuple[str, str, str]] | None = None,
        problem: Refused | None = None,
        unanswered: bool = False,
        status: int = 200,
    ) -> HTMLResponse:
        """The page with the form as it stands; ``refused`` are the faults that it came back with."""
        made, realm = self.form(), self.held.realm
        listed: list[Fault] = []
        if refused is not None:
            texts = [(pointer, self.words.fault(code, detail)) for pointer, code, detail in refused]
            listed = placed(made.controls(), texts)
        console, context = console_of(self.request), self.context(made)
        return page(
            *(self.request, self.seat, "compose/form.html"),
            room="compose",
            marking=highest(each for each in context["markings"] if each is not None),
            status=status,
            page_form=made,
            composition=self.composition,
            faults=listed,
            refused=refused is not None,
            unanswered=unanswered,
            problem=problem.problem if problem is not None else None,
            minimize=self.held.minimize,
            audience=realm.audience,
            world=world(realm, self.seat.language),
            categories=realm.categories,
            draft_key=_draft_key(console, self.seat),
            tear_lines=TEAR_LINES,
            **context,
        )

    def context(self, made: PageForm) -> dict[str, Any]:
        """What the preview's template needs, on the page and as a fragment."""
        missing: list[Fault] = []
        if self.preview is not None:
            texts = [
                (self.where(pointer), self.words.fault(code, detail))
                for pointer, code, detail in self.preview.faults
            ]
            # On controls of their own: the form itself shows faults only once it was sent.
            missing = placed(self.form().controls(), texts)
        value = self.submitted.value
        versions, header = versions_of(value), value.get("header") or {}
        return {
            "kind": self.held.kind,
            "preview": self.preview,
            "missing": missing,
            "markings": [
                marking_of(each.get("label"), self.seat.nation, header.get("mode")) for each in versions
            ],
            "header": header,
            "confirmed_narrowing": bool(value.get("confirm_narrowing")),
        }
