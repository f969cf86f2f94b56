"""An e-mail: the admins of a clinic read that their move was cancelled."""

from tests.recipes.recipe import Piece, Recipe

TEXT = """{#- The move was cancelled. Context: base.html's. -#}
{% extends "emails/base.txt" %}
{% block content %}
The move of {{ clinic }} was cancelled. Nothing of it is in your workspace.
{% endblock %}
"""
HTML = """{#- The move was cancelled. Context: base.html's. -#}
{% extends "emails/base.html" %}
{% block content %}
<p>The move of <bdi>{{ clinic }}</bdi> was cancelled. Nothing of it is in your workspace.</p>
{% endblock %}
"""

RECIPE = Recipe(
    "an e-mail",
    (
        Piece(
            "its name",
            "app/migration/mail_names.py",
            '    CANCELLED = "cancelled"\n',
            "CANCELLED",
            after='    ABANDONED = "abandoned"\n',
        ),
        Piece(
            "its line",
            "app/notify/mails.py",
            '    MailKind(Mail.CANCELLED, "Your move was cancelled", "Start again", "overview"),\n',
            "KINDS must have one line for each Mail",
            after="KINDS: tuple[MailKind, ...] = (\n",
        ),
        Piece("the text", "templates/emails/cancelled.txt", TEXT, r"templates/emails lacks cancelled\.txt"),
        Piece("the html", "templates/emails/cancelled.html", HTML, r"templates/emails lacks cancelled\.html"),
        Piece(
            "a place that sends it",
            "app/migration/states.py",
            ", mail=Mail.CANCELLED",
            r"send these with post\(\) .*\['CANCELLED'\]",
            after="Move(Event.CANCEL, BEFORE_FINALISING, S.CANCELLED, PEOPLE",
            held_by="from tests.test_conventions import test_every_mail_has_a_place_that_sends_it as held; held()",
        ),
    ),
    "from tests.recipes.mail_recipe import use; use()",
)


def use() -> None:
    """A cancelled move writes the e-mail, and the e-mail has both forms with the clinic's name."""
    from app.notify.mails import Composer
    from app.settings import Settings
    from tests.recipes.started_move import started_move

    with started_move() as (product, megan):
        answer = megan.post(f"{product.at}/progress/cancel", data={"sure": "1"})
        assert answer.status_code == 303, answer.text
        mails = product.mails("cancelled")
        assert len(mails) == 2  # both admins of the demo clinic
    subject, text, html = Composer(Settings()).compose(mails[0])
    assert subject == "Your move was cancelled"
    for form in (text, html):
        assert "Nothing of it is in your workspace." in form
        assert "Harbour Street" in form
