"""Keeps personal links out of the logs: whoever can read a log must not be able to acknowledge for others."""

from __future__ import annotations

import logging
import re

from flask import Flask

LOGGERS = ("waitress", "waitress.queue", "werkzeug")
_PATHS = re.compile(r"(/ack/(?:a|receipt|desk/[\w-]+)/)[^\s?#'\"\]]+")
_TOKENS = re.compile(r"(?<![\w-])[\w-]{4,12}\.[\w-]{22}(?![\w-])")


def without_tokens(text: str) -> str:
    """The text with what follows a personal address, and whatever looks like a signed token, left out."""
    return _TOKENS.sub("…", _PATHS.sub(r"\1…", text))


class WithoutTokens(logging.Filter):
    """Rewrites records, their tracebacks included."""

    _formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_tokens(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_tokens(record.exc_text)
        return True


def install(app: Flask) -> None:
    """Filter what the application and its server log."""
    scrub = WithoutTokens()
    for logger in (app.logger, *map(logging.getLogger, LOGGERS)):
        if not any(isinstance(f, WithoutTokens) for f in logger.filters):
            logger.addFilter(scrub)
