"""From the policy library to the files of a site, and policy Markdown to HTML that is safe to show.

Pure, and without the generator: what is published is a function of the library, the school and two days. The
templates are all that is read. Imports `handbook.redline` and `handbook.policy`.
"""
