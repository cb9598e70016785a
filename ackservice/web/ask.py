"""Asking from behind a personal link: a question about a policy, or a suggestion for its next review."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.errors import NotAllowed
from ackservice.service import acknowledging, questions
from ackservice.service.questions import LONGEST_TEXT, About
from ackservice.web.context import web
from ackservice.web.forms import sentence

pages = Blueprint("ask", __name__, url_prefix="/ack")


@pages.get("/a/<token>/ask")
def show(token: str) -> str:
    """The form; after sending, where it went."""
    sent = request.args.get("sent", "")
    return _page(token, {}, sent=About(sent) if sent in list(About) else None)


@pages.post("/a/<token>/ask")
def send(token: str) -> Response | tuple[str, int]:
    """Send it on, and say so; or show the form again with what is wrong."""
    about, text = request.form.get("about", ""), request.form.get("text", "")
    errors = {} if about in list(About) else {"about": "Choose whether it is a question or a suggestion"}
    if not errors:
        try:
            questions.ask(web().service, token, About(about), text, web().now())
            return redirect(url_for("ask.show", token=token, sent=about), 303)
        except NotAllowed as error:
            errors = {"text": sentence(error)}
    return _page(token, errors, about=about, text=text[: 2 * LONGEST_TEXT]), 400


def _page(
    token: str, errors: Mapping[str, str], *, about: str = "", text: str = "", sent: About | None = None
) -> str:
    link = acknowledging.view(web().service, token, web().now())
    return render_template(
        "ask.html",
        link=link,
        token=token,
        errors=errors,
        about=about,
        text=text,
        sent=sent,
        to={kind: questions.sent_to(web().service, link, kind) for kind in About},
        manager=web().settings.contact("Business Manager"),
        longest=LONGEST_TEXT,
    )
