"""A browser without JavaScript: it follows links, fills in the forms of a page, and presses buttons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpx

from tests.harness.waiting import patience

OWN_PAGE = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
UNCHECKED = ("checkbox", "radio")


@dataclass
class Input:
    """An input: the value that it sends if it is left unchanged, and the other choices."""

    name: str
    kind: str
    value: str
    sends: bool = True
    options: list[str] = field(default_factory=list)


@dataclass
class Button:
    words: str = ""
    name: str = ""
    value: str = ""


@dataclass
class Form:
    action: str
    method: str
    inputs: list[Input] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)


Fill = Callable[[Input], "str | None"]


class Page(HTMLParser):
    """The texts, forms and links of one page."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.status = answer.status_code
        self.address = str(answer.url)
        self.path = urlsplit(self.address).path
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._words: list[str] = []
        self._form: Form | None = None
        self._button: Button | None = None
        self._select: Input | None = None
        self._link: tuple[str, int] | None = None
        self._silent = 0
        self.feed(answer.text)

    @property
    def words(self) -> str:
        """The visible text."""
        return " ".join(" ".join(self._words).split())

    def button(self, words: str) -> tuple[Form, Button]:
        for form in self.forms:
            for button in form.buttons:
                if words.lower() in " ".join(button.words.split()).lower():
                    return form, button
        raise LookupError(f"no button {words!r} on {self.path}: {self.words[:600]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in {"script", "style", "svg"}:
            self._silent += 1
        elif tag == "a" and "href" in attributes:
            self._link = (attributes["href"], len(self._words))
        elif tag == "form":
            self._form = Form(attributes.get("action", ""), attributes.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is not None:
            self._in_form(self._form, tag, attributes)

    def _in_form(self, form: Form, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "button":
            self._button = Button("", attributes.get("name", ""), attributes.get("value", ""))
            form.buttons.append(self._button)
        elif tag == "option" and self._select is not None:
            self._select.options.append(attributes.get("value", ""))
            if "selected" in attributes or len(self._select.options) == 1:
                self._select.value = attributes.get("value", "")
        elif tag in {"input", "select", "textarea"} and attributes.get("name") and "disabled" not in attributes:
            kind = attributes.get("type", "text") if tag == "input" else tag
            value = attributes.get("value", "on" if kind in UNCHECKED else "")
            found = Input(attributes["name"], kind, value, sends=kind not in UNCHECKED or "checked" in attributes)
            form.inputs.append(found)
            self._select = found if tag == "select" else self._select

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "svg"}:
            self._silent -= 1
        elif tag == "a" and self._link is not None:
            self.links.append((" ".join(self._words[self._link[1] :]), self._link[0]))
            self._link = None
        elif tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self._words.append(data)
        if self._button is not None:
            self._button.words += data


class Browser:
    """One visitor. `page` is the open page."""

    page: Page

    def __init__(self, url: str, seconds: float = 60.0) -> None:
        self._client = httpx.Client(base_url=url, headers=OWN_PAGE, follow_redirects=True, timeout=patience(seconds))

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._client.close()

    def open(self, path: str) -> Page:
        return self._seen(self._client.get(path))

    def follow(self, words: str) -> Page:
        """Follows the first link that says so."""
        for said, address in self.page.links:
            if words.lower() in " ".join(said.split()).lower():
                return self.open(urljoin(self.page.address, address))
        raise LookupError(f"no link {words!r} on {self.page.path}")

    def press(self, words: str, fill: Fill | None = None, **typed: str) -> Page:
        """Presses a button. `typed` has values by name; `fill` decides about every other input."""
        form, button = self.page.button(words)
        data: dict[str, list[str]] = {}
        for each in form.inputs:
            said = typed.get(each.name, fill(each) if fill else None)
            if said is not None:
                data.setdefault(each.name, [])
                if said not in data[each.name]:
                    data[each.name].append(said)
            elif each.sends and each.kind != "file":
                data.setdefault(each.name, []).append(each.value)
        missing = typed.keys() - {each.name for each in form.inputs}
        if missing:
            raise LookupError(f"nothing called {missing} on {self.page.path}")
        if button.name:
            data.setdefault(button.name, []).append(button.value)
        address = urljoin(self.page.address, form.action)
        if form.method.lower() == "get":
            return self._seen(self._client.get(address, params=data))
        return self._seen(self._client.post(address, data=data))

    def _seen(self, answer: httpx.Response) -> Page:
        self.page = Page(answer)
        if answer.status_code >= 400:
            raise RuntimeError(f"{answer.status_code} at {self.page.path}: {self.page.words[:600]}")
        return self.page
