"""The way of a clinic that leaves Tidewater, page by page, for a product in this process and for one of its own."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from app.sandbox.demo import WORKSPACE
from tests.forms.browser import basis_in
from tests.harness.page_text import absent, digest_of, done, doubts, headline, words
from tests.harness.product import MEGAN
from tests.toy_source.export import zipped
from tests.wizard.choices import names

PACKAGE = "tests.toy_source.tidewater"
USES = ("sailings", "logbooks", "ship_papers", "extra_questions")
LINE = re.compile(r'href="(/m/\w+/rows/[^"]+)"')
Fields = Mapping[str, str | Sequence[str]]


@dataclass
class TidewaterMove:
    """Megan's move. `work` returns when the workers have done what there is to do, and the move's page is `expected`.

    Every form is sent from its page, with the fingerprint that the page shows.
    """

    megan: httpx.Client
    work: Callable[[str], object]
    at: str = ""

    def page(self, address: str) -> httpx.Response:
        """A page of this move, or of the address if it begins with a slash. Follows redirects."""
        answer = self.megan.get(address if address.startswith("/") else f"{self.at}/{address}", follow_redirects=True)
        assert answer.status_code == 200, f"{address}: {answer.status_code}: {words(answer)[:400]}"
        return answer

    def send(self, page: str, action: str, fields: Fields | None = None, **more: object) -> httpx.Response:
        """Sends a form of a page, and returns the answer to the form."""
        target = action if action.startswith("/") else f"{self.at}/{action}"
        basis = basis_in(self.page(page), target)
        form = {**(fields or {}), **({"basis": basis} if basis else {})}
        return self.megan.post(target, data=form, follow_redirects=False, **more)  # type: ignore[arg-type]  # files

    def state_page(self) -> str:
        """The name of the page to which the move's own address leads, such as "review"."""
        return str(self.megan.get(self.at, follow_redirects=False).headers["location"]).rpartition("/")[2]

    def sign_in(self) -> None:
        page = self.page("/signin")
        assert "Move to Caspen" in page.text
        assert "Move from" not in page.text, "nobody has said yet which system the clinic leaves"
        done(self.megan.post("/signin", data={"email": MEGAN, "act": "enter"}, follow_redirects=False))

    def start(self) -> None:
        page = self.page("/start")
        assert headline(page) == "Move Harbour Street Physiotherapy to Caspen"
        assert "Which system does your clinic leave? Cliniko Tidewater" in words(page)
        answer = done(self.send("/start", "/start", {"workspace": WORKSPACE, "system": "tidewater"}))
        self.at = answer.headers["location"].removesuffix("/overview")

    def get_ready(self) -> None:
        overview = self.page("overview")
        assert headline(overview) == "Bring Harbour Street Physiotherapy across from Tidewater"
        assert "8 kinds of records move" in words(overview)
        assert "called sailings in Tidewater" in words(overview)
        done(self.send("overview", "overview", {"ack": "1"}))
        assert "bring those of Tidewater" in words(self.page("checklist"))
        done(self.send("checklist", "checklist/services", {"way": "bring"}))
        assert headline(self.page("uses")) == "What do you use in Tidewater?"
        done(self.send("uses", "uses", {"uses": list(USES)}))
        done(self.send("uses/counts", "uses/counts", {"count-souls": "2"}))
        guide = words(self.page("export"))
        assert "Open Hand over and press Everything ." in guide
        assert "they answer at the harbour office" in guide
        assert "Data exports" not in guide, "another system's steps"
        done(self.send("export", "export", {"ready": "1"}))

    def hand_over(self) -> None:
        upload = {"files": ("export.zip", zipped())}
        done(self.send("handover", "handover/upload", files=upload))
        self.work("handover")
        contents = self.page("handover")
        assert headline(contents) == "We read 12 rows of 8 kinds"
        assert absent(contents) == []
        done(self.send("handover", "handover/found"))

    def preview_files(self) -> list[str]:
        """Opens the page of each file that was read. Returns the headlines. Limited processes parse the files."""
        files = sorted(set(re.findall(rf'href="({self.at}/files/\d+)"', self.page("files").text)))
        pages = [self.page(address) for address in files]
        assert all("Tidewater" in page.text for page in pages)
        assert "Ida Noor" in " ".join(map(words, pages)), "the page shows the rows of the file"
        return [headline(page) for page in pages]

    def match(self) -> None:
        close = f"/sandbox/{WORKSPACE}/close"
        if close in self.page(f"/sandbox/{WORKSPACE}").text:  # the demo clinic's workspace has gaps at first
            done(self.send(f"/sandbox/{WORKSPACE}", close))
        for show, name in (("practitioners", "Ida Noor"), ("locations", "North Quay"), ("services", "Long session")):
            asked = names(self.page(f"matches?show={show}"))[name]
            form = {"show": show, "act": "save", asked.field: "create"}
            done(self.send(f"matches?show={show}", "matches", form))
        assert "Favourite sea" in words(self.page("matches?show=custom_fields"))

    def try_it(self) -> None:
        done(self.send("matches?show=services", "matches", {"show": "services", "act": "start"}))
        self.work("review")
        review = words(self.page("review"))
        assert "Every line balances." in review
        assert "rows in your export 12 came across 11 held back 1" in review
        assert "The same number." in review, "the clinic counted two clients in Tidewater"

    def read_row_of_record(self) -> str:
        """Opens a client of the trial and the row that the client came from. Returns the words of the row's page."""
        client = re.findall(rf'href="({self.at}/clients/[^"/]+)"', self.page("clients").text)[0]
        record = self.page(client)
        assert "In your Tidewater export" in words(record)
        return words(self.page(LINE.findall(record.text)[0]))

    def approve(self) -> None:
        page = self.page("approve")
        form = {"name": "Harbour Street Physiotherapy", "digest": digest_of(page), "accept": doubts(page)}
        done(self.send("approve", "approve", form))
        self.work("report")
        report = self.page("report")
        assert headline(report) == "You are live on Caspen"
        assert "13 records from Tidewater are live" in words(report)

    def whole(self) -> None:
        """The whole way, from signing in to the report."""
        self.sign_in()
        self.start()
        self.get_ready()
        self.hand_over()
        assert len(self.preview_files()) == 7
        self.match()
        self.try_it()
        row = self.read_row_of_record()
        assert "Family" in row, row
        self.approve()
