"""Bytes from outside are parsed in limited processes of their own, never in a process that serves pages.

server.py   the fork server: one warm process that starts a fresh, limited one for each job
reader.py   what pages use: starts jobs, streams their answers, ends whatever takes too long or too much
jobs.py     what such a process can do
places.py   the inventory: every place of the product where bytes from outside are parsed, and in which process
"""

from app.isolated.reader import IsolatedReader, ReaderBusy, ReaderFailed, ReaderLimits, reader

__all__ = ["IsolatedReader", "ReaderBusy", "ReaderFailed", "ReaderLimits", "reader"]
