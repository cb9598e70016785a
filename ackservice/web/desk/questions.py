"""Questions and suggestions: what waits for an answer, and marking it as answered."""

from __future__ import annotations

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.errors import NotAllowed
from ackservice.service import questions, records
from ackservice.web.context import web
from ackservice.web.desk.pages import done, manager_name, pages, scope
from ackservice.web.forms import page_of, sentence


@pages.get("/questions/")
def questions_page() -> str:
    """What waits, the oldest first; or what has been answered, the last first."""
    return _page({}, {})


@pages.post("/questions/<int:number>")
def answered(number: int) -> Response | tuple[str, int]:
    """Mark a question as answered, with how."""
    note = request.form.get("note", "")
    try:
        questions.answer(web().service, number, note, by=manager_name(), scope=scope(), now=web().now())
    except NotAllowed as error:
        return _page({f"note-{number}": sentence(error)}, {number: note[: 2 * questions.LONGEST_NOTE]}), 400
    return done("answered", url_for("desk.questions_page"))


@pages.post("/questions/<int:number>/back")
def answer_back(number: int) -> Response | tuple[str, int]:
    """Take the record back that a question was answered; it waits again."""
    reason = request.form.get("reason", "")
    try:
        questions.check_visible(web().service, number, scope())
        records.take_back(
            web().service, "answer", [number], reason=reason, by=manager_name(), now=web().now()
        )
    except NotAllowed as error:
        return _page({f"reason-{number}": sentence(error)}, {number: reason[:1000]}, True), 400
    return done("taken-back", url_for("desk.questions_page"))


def _page(errors: dict[str, str], notes: dict[int, str], answered: bool = False) -> str:
    show_answered = answered or request.args.get("show") == "answered"
    number = page_of(request.args.get("page"))
    listed = questions.listed(web().service, scope(), answered=show_answered, number=number)
    return render_template(
        "desk/questions.html",
        listed=listed,
        show_answered=show_answered,
        errors=errors,
        notes=notes,
        longest=questions.LONGEST_NOTE,
    )
