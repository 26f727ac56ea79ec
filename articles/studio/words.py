"""What the editor says about an article's state, in words; the scripts get theirs from here, translated."""

from __future__ import annotations

from django.utils.translation import gettext as _

from articles.enums import Status
from articles.models import Article


def state_words(article: Article) -> str:
    """Return where the article is; of a published one, whether what is written differs from what readers see."""
    pending = article.pending if article.status == Status.PUBLISHED else None
    if pending is None:
        return str(article.get_status_display())
    return _("In review, live version differs") if pending.in_review else _("Draft, live version differs")


def editor_words() -> dict[str, str]:
    """Return the sentences of the editor's scripts; ``%s`` stands for what they know."""
    return {**_saving(), **_counting(), **_company(), **_panels(), **_assistance(), **_marks()}


def _saving() -> dict[str, str]:
    """Of the line that says whether the text is saved."""
    return {
        "saved": _("Saved %s"),
        "saving": _("Saving…"),
        "dirty": _("Not saved yet"),
        "untitled": _("Not saved: it needs a title first"),
        "offline": _("Not saved: offline, trying again"),
        "failed": _("Not saved: the site did not answer, trying again"),
        "stale": _("Not saved: someone else saved"),
        "logIn": _("Not saved: your session has ended. Your text is kept here"),
        "notAllowed": _("Not saved: you may no longer change this article. Your text is kept in this browser"),
        "archived": _("Not saved: the article was archived. Your text is kept in this browser"),
        "tooLarge": _("Not saved: the text is too large"),
        "invalid": _("Not saved: look at the fields marked in red"),
        "gone": _("Not saved: the article is gone. Your text is kept in this browser"),
        "compare": _("Compare and merge"),
        "logInLink": _("Log in in another tab"),
        "tryAgain": _("Try again"),
    }


def _counting() -> dict[str, str]:
    """Of how long the text is."""
    return {
        "words": _("%s words"),
        "oneWord": _("1 word"),
        "minutes": _("%s min read"),
    }


def _company() -> dict[str, str]:
    """Of who else has the article open, and of what they or this browser saved."""
    return {
        "alone": "",
        "one": _("%s is editing too"),
        "several": _("%s are editing too"),
        "selfOpen": _("You have this article open in another window"),
        "and": _("and"),
        "savedBy": _("%s saved version %v: reload, or compare"),
        "reload": _("Reload"),
        "restoreOffer": _("This browser kept text from %s that was never saved."),
    }


def _panels() -> dict[str, str]:
    """Of the panels beside the text: images, excerpt, preview, hints."""
    return {
        "uploading": _("Uploading %s…"),
        "uploadFailed": _("The image could not be uploaded. Try again."),
        "altNeeded": _("Say what the image shows, for those who can't see it."),
        "inserted": _("Image inserted"),
        "left": _("%s characters left"),
        "over": _("%s too many"),
        "previewFailed": _("The preview could not be made. Keep writing; it tries again."),
        "hintsFailed": _("The hints could not be fetched. Try again."),
    }


def _assistance() -> dict[str, str]:
    """Of what a model is asked for, and what it proposes."""
    return {
        "aiSelection": _("Works on the selection: %s words."),
        "aiParagraph": _("Works on the paragraph at the cursor: %s words. Select some text to choose another passage."),
        "aiNoPassage": _("Select a passage, or put the cursor into a paragraph."),
        "aiTooLong": _("The passage is too long: at most %s characters. Select less."),
        "aiAsking": _("Asking the model"),
        "aiWriting": _("Writing · %s words"),
        "aiWritingFast": _("Writing · %s words · %v tokens/s"),
        "aiProposed": _("Nothing is changed yet. Click a change to leave it out."),
        "aiSame": _("The model would leave the passage as it is."),
        "aiStopped": _("Stopped. Nothing was changed."),
        "aiFailed": _("The model could not be asked: the site did not answer. Nothing was changed. Try again."),
        "aiVersion": _("Version %s"),
        "aiReplaces": _("“%s” becomes “%v”"),
        "aiRemoves": _("“%s” is removed"),
        "aiAdds": _("“%v” is added"),
        "aiAcceptOne": _("Accept the change"),
        "aiAcceptAll": _("Accept all %s changes"),
        "aiAcceptSome": _("Accept %s of %v"),
        "aiAccepted": _("Accepted."),
        "aiLabelled": _("Accepted. Readers will be told that AI helped."),
        "aiChoose": _("Choose one; the field keeps what it has until you do."),
        "aiChooseTags": _("Choose those that fit."),
        "aiNothing": _("The model suggested nothing that fits here."),
        "originStays": _(
            "A model of this site wrote a part of it, so it stays marked. A revision from before that brings its label "
            "back."
        ),
    }


def _marks() -> dict[str, str]:
    """Of what the toolbar puts where nothing is selected."""
    return {
        "boldText": _("bold text"),
        "italicText": _("italic text"),
        "headingText": _("Heading"),
        "linkText": _("link text"),
        "codeText": _("code"),
        "quoteText": _("Quote"),
        "listText": _("List item"),
    }
