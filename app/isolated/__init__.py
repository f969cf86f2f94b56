"""Parses bytes from outside in limited processes, never in a process that serves pages.

server.py          the fork server: one warm process that forks a fresh, limited process for each job
                   (describe_job.py, preview_job.py, link_job.py, row_job.py)
reader.py          used by pages: starts jobs, streams their answers, ends jobs that exceed a limit
places.py          the inventory: every place of the product that parses bytes from outside, and in which process
"""
