"""All that changes when the generator does: building, staging and serving the site, its headers, MkDocs' events.

Imports `handbook.pages` and what is below it. Only `handbook.hooks` and the commands import this.
"""
