"""Signing in and out. Opening a link only shows a button: a mail scanner that opens it signs nobody in."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ackservice.service import signing_in
from ackservice.web.context import web
from ackservice.web.desk.pages import COOKIE, PATH, pages, public, readers_may, session_secret


@pages.get("/sign-in")
@public
def sign_in() -> str:
    """Where a manager asks for a link."""
    return render_template("desk/sign-in.html", errors={}, address="", ended=bool(request.args.get("ended")))


@pages.post("/sign-in")
@public
def ask_for_link() -> Response | str | tuple[str, int]:
    """Send a link to a manager; the answer is the same for everybody else."""
    address = request.form.get("address", "").strip()
    if "@" not in address or len(address) > signing_in.LONGEST_ADDRESS:
        errors = {"address": "Enter an e-mail address, such as name@school.example"}
        return render_template("desk/sign-in.html", errors=errors, address=address[:320], ended=False), 400
    signing_in.ask_for_link(web().service, address, client(), web().now())
    return redirect(url_for("desk.link_asked"), 303)


@pages.get("/sign-in/sent")
@public
def link_asked() -> str:
    """The same page, whether or not there is such a manager."""
    return render_template("desk/link-asked.html", minutes=signing_in.LINK_MINUTES)


@pages.get("/sign-in/<token>")
@public
def look_at_link(token: str) -> str:
    """A page with a button; the link stays unused."""
    found = signing_in.look_at_link(web().service, token, web().now())
    return render_template("desk/sign-in-now.html", found=found, token=token, hours=signing_in.SESSION_HOURS)


@pages.post("/sign-in/<token>")
@public
def use_link(token: str) -> Response:
    """Use the link up, and sign in."""
    secret = signing_in.sign_in(web().service, token, client(), web().now())
    response = make_response(redirect(url_for("desk.home"), 303))
    response.set_cookie(
        COOKIE,
        secret,
        path=PATH,
        max_age=signing_in.SESSION_HOURS * 3600,
        secure=web().settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


@pages.post("/sign-out")
@readers_may
def sign_out() -> Response:
    """End the session, here and on the server."""
    signing_in.sign_out(web().service, session_secret(), web().now())
    response = make_response(redirect(url_for("desk.sign_in"), 303))
    response.delete_cookie(COOKIE, path=PATH, secure=web().settings.is_https, httponly=True, samesite="Lax")
    return response


def client() -> str:
    """Where a request comes from: as the signing proxy says it where there is one, which is checked before
    any view."""
    through = request.headers.get("X-Nf-Client-Connection-Ip") if web().settings.proxy_secret else None
    return through or request.remote_addr or ""
