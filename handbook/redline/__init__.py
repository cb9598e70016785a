"""Two texts compared: what was added, removed and moved, within the new text's own blocks.

Pure: HTML in, HTML or plain text out. Imports nothing of this project outside this folder.
"""
