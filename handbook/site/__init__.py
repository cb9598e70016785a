"""All that changes when the generator does: build, stage, serve, headers, MkDocs' events.

Imports `handbook.pages` and what is below it. Only `handbook.hooks` and the commands import this.
"""
