"""A link provider: Tidebox, whose link opens one file."""

from tests.recipes.recipe import Piece, Recipe

FOLDER = "app/links/providers/tidebox"
FAKES = "tests/links/providers/tidebox"
CODE = '''"""Tidebox: a link opens one file."""

from collections.abc import Sequence

from app.links.failure_tables import parse_failure_table
from app.links.host_provider import HostProvider, ProviderRoute
from app.links.link_settings import LinkSettings
from app.links.provider import Route
from app.links.provider_folder import load_provider_data
from app.links.providers.https import DirectRoute
from app.links.response import ProviderResponse

DATA = load_provider_data(__file__)


class Tidebox(HostProvider):
    def __init__(self) -> None:
        super().__init__("tidebox", DATA)

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (TideboxRoute(self),)


class TideboxRoute(DirectRoute):
    """Downloads the link itself. Tidebox sends every file as an attachment."""

    failures = parse_failure_table(DATA)

    def problem(self, response: ProviderResponse) -> str:
        return super().problem(response) if response.status < 400 else ProviderRoute.problem(self, response)

    def trusts(self, response: ProviderResponse) -> bool:
        return response.attachment
'''
DATA = """label = "Tidebox"
hosts = ["tidebox.example", ".tidebox.example"]
allowed = ["tidebox.example", ".tidebox.example"]

[[failure]]
status = [401, 403]
problem = "link_private"

[[failure]]
status = [404, 410]
problem = "link_gone"

[[failure]]
status = [429]
problem = "provider_rate_limited"

[[failure]]
status = [500, 502, 503, 504]
problem = "provider_down"
"""
HELP = """title = "Tidebox"
small = "one zip"
place = "one file"
make = [
  "Open the zip in Tidebox and choose *Share*.",
  "Copy the link.",
]

[on.link_private]
change = "Tidebox opens the zip for people with an account only."
steps = ["Choose *Share*, then *Anyone with the link*."]

[on.link_gone]
change = "The zip is not in Tidebox any more."
steps = ["Choose *Share* again, and paste the new link above."]
"""
FAKE = '''"""A fake Tidebox: the link of a file is its address."""

from typing import ClassVar

from tests.links.fake_provider import FakeProvider, Node, send_bytes
from tests.links.network import Stream
from tests.links.replies import Request, answer

HOST = "files.tidebox.example"


class FakeTidebox(FakeProvider):
    hosts: ClassVar[tuple[str, ...]] = (HOST,)

    def share(self, node: Node) -> str:
        return f"https://{HOST}/{node.id}/{node.name}"

    def reply(self, request: Request, line: Stream) -> None:
        node = self.nodes.get(request.path.split("/")[1])
        if node is None:
            answer(line, 404, b"not here")
        elif node.private:
            answer(line, 403, b"sign in")
        else:
            send_bytes(request, node, line, Content_Disposition=f'attachment; filename="{node.name}"')
'''
CASES = '''"""The case of Tidebox's route."""

from tests.links.providers.tidebox.fake import FakeTidebox
from tests.links.route_case import RouteCase

CASES = (RouteCase("tidebox", "direct", FakeTidebox, folders=False, checked=False, page="page_instead_of_file"),)
'''
HAS_CASES = (
    "from tests.links.test_provider_folder import test_every_provider_with_routes_has_a_fake_and_cases as held; held()"
)
CONTRACT = (
    "import pytest; "
    "assert pytest.main(['-q', '-p', 'no:cacheprovider', 'tests/links/test_contract.py', '-k', 'tidebox-direct']) == 0"
)

RECIPE = Recipe(
    "a link provider",
    (
        Piece("the class", f"{FOLDER}/__init__.py", CODE, "cannot import name 'Tidebox'"),
        Piece("the data", f"{FOLDER}/provider.toml", DATA, r"tidebox: add .*provider\.toml"),
        Piece("the help", f"{FOLDER}/help.toml", HELP, r"tidebox: add .*help\.toml"),
        Piece(
            "its import",
            "app/links/provider_registry.py",
            "from app.links.providers.tidebox import Tidebox\n",
            "'Tidebox' is not defined",
            after="from app.links.providers.sharepoint import SharePoint\n",
        ),
        Piece(
            "its entry",
            "app/links/provider_registry.py",
            "    Tidebox(),\n",
            "tidebox: add the provider to PROVIDERS",
            after="    WeTransfer(),\n",
        ),
        Piece("its fake", f"{FAKES}/fake.py", FAKE, "add tests/links/providers/tidebox/ with", held_by=HAS_CASES),
        Piece("its cases", f"{FAKES}/cases.py", CASES, "add tests/links/providers/tidebox/ with", held_by=HAS_CASES),
    ),
    "from tests.recipes.provider_recipe import use; use()",
)


def use() -> None:
    """The provider recognises its link, and the page to hand an export over has the provider's help."""
    from app.links.normalise import normalise
    from app.links.provider_registry import provider_of, remedy_for
    from tests.harness.page_text import words
    from tests.recipes.started_move import started_move

    assert provider_of(normalise("https://files.tidebox.example/s/abc")).name == "tidebox"
    remedy = remedy_for("tidebox", "link_private")
    assert remedy is not None
    assert remedy.steps == ("Choose *Share*, then *Anyone with the link*.",)
    with started_move() as (product, megan):
        page = megan.get(f"{product.at}/handover")
        assert page.status_code == 200
        assert "Open the zip in Tidebox and choose Share" in words(page)
