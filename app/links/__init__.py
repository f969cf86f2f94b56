"""Share links: inspects the link that a clinic pasted, and downloads the export behind the link.

`inspection.inspect` returns the contents and the problem of a link before the hand-over. `parallel_download.fetch`
downloads the files into encrypted storage. Other rooms import the module that they use: only those two load the client
of the web.
"""
