"""The desk at `/ack/desk/`: who has not acknowledged, whether everyone was told in time, and what to do
about it.

**How a page is added.** Write a module in this folder, import `pages` from `ackservice.web.desk.pages`, and
put views on it with `@pages.get("/…")` and `@pages.post("/…")`; name the module in `_MODULES` below. Nothing
else is needed:

* every address below `/ack/desk/` asks for a signed-in manager, unless its view is marked `@public`;
* every POST asks for the role `manager` and for the form key of the session (`{{ forms.key() }}` in the
form, see
  `templates/desk/forms.html`), unless its view is marked `@readers_may` (which still asks for the form key);
* `manager()` is who is signed in, `manager_name()` what the ledger keeps of them, `scope()` whom they may
see: pass it to
  every reader of `ackservice.service`, which puts it into SQL;
* a template extends `desk/base.html`, sets `{% block title %}` and `{% set here = "notices" %}` for the
navigation;
* after an act, `return done("reminded", url_for(…), n=3)`: a redirect to a page that says so. The sentences
are in `confirmations.py`,
  and only those can be said, so that no link can put words into a page;
* a form with faults is shown again with status 400, its faults as `{field: sentence}` given to
`forms.errors`;
* a view that can show a past day is marked `@shows_a_day` and reads `as_at()`; nothing can be done from it;
* an act that is evidence is confirmed first, on a page of its own (`desk/confirm.html`) that says what it
means.
"""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from ackservice.web.desk.pages import pages

_MODULES = (
    "problems",
    "signing",
    "home",
    "notices",
    "acts",
    "notice_acts",
    "people",
    "exports",
    "takeaways",
    "questions",
    "roster",
    "policies",
)


def install(app: Flask) -> None:
    """Put the desk into an application."""
    for name in _MODULES:
        import_module(f"{__name__}.{name}")
    app.register_blueprint(pages)
