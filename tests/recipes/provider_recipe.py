"""A link provider: Tidebox, whose links are recognised, and whose files a clinic has to upload."""

from tests.recipes.recipe import Piece, Recipe

FOLDER = "app/links/providers/tidebox"
CODE = '''"""Tidebox: links are recognised and refused without a request, because downloads are not built."""

from app.links.provider_folder import load_provider_data
from app.links.unsupported_provider import UnsupportedProvider


class Tidebox(UnsupportedProvider):
    def __init__(self) -> None:
        super().__init__("tidebox", load_provider_data(__file__))
'''
DATA = """label = "Tidebox"
hosts = ["tidebox.example", ".tidebox.example"]
problem = "credentials_missing"
"""
HELP = """title = "Tidebox"
small = "not by link here yet"
place = "upload"
make = [
  "Open the folder in Tidebox and choose *Download*.",
  "Upload the downloaded zip here.",
]

[on.credentials_missing]
change = "Nothing is wrong with your link: bring the files over yourself."
steps = [
  "Open the folder in Tidebox and choose *Download*.",
]
"""

RECIPE = Recipe(
    "a link provider",
    (
        Piece("the class", f"{FOLDER}/__init__.py", CODE, "cannot import name 'Tidebox'"),
        Piece("the data", f"{FOLDER}/provider.toml", DATA, r"tidebox: add .*provider\.toml"),
        Piece("the help", f"{FOLDER}/help.toml", HELP, r"tidebox: add .*help\.toml"),
        Piece(
            "its import",
            "app/links/providers/__init__.py",
            "from app.links.providers.tidebox import Tidebox\n",
            "'Tidebox' is not defined",
            after="from app.links.providers.sharepoint import SharePoint\n",
        ),
        Piece(
            "its entry",
            "app/links/providers/__init__.py",
            "    Tidebox(),\n",
            "tidebox: add the provider to PROVIDERS",
            after="    WeTransfer(),\n",
        ),
    ),
    "from tests.recipes.provider_recipe import use; use()",
)


def use() -> None:
    """The provider recognises its link, and the page to hand an export over has the provider's help."""
    from app.links.normalise import normalise
    from app.links.providers import provider_of, remedy_for
    from tests.pages import words
    from tests.recipes.started_move import started_move

    link = "https://files.tidebox.example/s/abc"
    assert provider_of(normalise(link)).name == "tidebox"
    remedy = remedy_for("tidebox", "credentials_missing")
    assert remedy is not None
    with started_move() as (product, megan):
        page = megan.get(f"{product.at}/handover")
        assert page.status_code == 200
        assert "Tidebox" in words(page)  # among those whose files have to be uploaded
        refused = megan.post(f"{product.at}/link", data={"link": link}, follow_redirects=True)
        assert remedy.change in words(refused)
        assert "Open the folder in Tidebox and choose Download" in words(refused)
