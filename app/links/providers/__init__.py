"""One folder for each provider of links: its class, `provider.toml` and `help.toml`.

`app/links/provider_registry.py` lists the providers and finds the provider of a link.
"""
