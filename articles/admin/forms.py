"""The form of an article: it shows what is being written, and stores through the services as its last check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.content import CONTENT_COLUMNS, Content
from articles.exceptions import NotAllowedError, StaleVersionError, TransitionError
from articles.models import Article
from articles.rendering import excerpt_of
from articles.services.articles import article_create, article_save

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Article]
else:
    ModelForm = forms.ModelForm

_FOREIGN = ("category", "cover")


class ArticleForm(ModelForm):
    """Of a published article it shows and stores the changes behind it. ``stored`` is the article once it is valid.

    What a service refuses - an address taken a moment ago, a version that is not the last - is an error of the form
    like any other, so nothing that was typed is lost. Its names are those of the studio's form, which can take over.
    """

    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, widget=AdminTextInputWidget,
        help_text=gettext_lazy("Separated by commas. New ones are made."),
    )  # fmt: skip
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    actor: AbstractBaseUser
    stored: Article
    is_stale = False

    class Meta:
        model = Article
        fields = (*[name.removesuffix("_id") for name in CONTENT_COLUMNS],)
        widgets = {
            "excerpt": AdminTextareaWidget(attrs={"rows": 3}),
            "seo_description": AdminTextareaWidget(attrs={"rows": 3}),
            "body": AdminTextareaWidget(attrs={"rows": 24}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        article = kwargs.get("instance")
        if article is not None and article.pk:
            kwargs["initial"] = {**_initial(article), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def _get_validation_exclusions(self) -> set[str]:
        """Leave all checks of values to the service: of a published article they are not what its row will hold."""
        return {field.name for field in Article._meta.get_fields()}  # noqa: SLF001

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if not self.errors:
            self._store()

    def _store(self) -> None:
        try:
            self.stored = self._stored()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                for message in messages:
                    self.add_error(name if name in self.fields else None, message)
        except StaleVersionError as error:
            self.is_stale = True
            words = _(
                "Somebody saved this article while you wrote: you started from version %(given)d, it is at %(current)d "
                "now. Nothing of yours is lost or stored yet. Compare both and merge them below."
            )
            self.add_error(None, words % {"given": error.given, "current": error.current})
        except TransitionError:
            self.add_error(None, _("The article is in the archive. Restore it first."))
        except NotAllowedError:
            self.add_error(None, _("You may not change this article."))

    def _stored(self) -> Article:
        content = self.content()
        if not self.instance.pk:
            return article_create(content=content, author=self.actor)
        version = self.cleaned_data["version"] or 0  # without one, none is the right one
        return article_save(article_id=self.instance.pk, content=content, version=version, actor=self.actor)

    def content(self) -> Content:
        """Return what a valid form holds; fields it doesn't show keep what they are."""
        data = self.cleaned_data
        kept = self.instance.working() if self.instance.pk else Content(title="")
        given = {name: data.get(name) for name in CONTENT_COLUMNS if name in self.fields}
        given |= {f"{name}_id": getattr(data.get(name), "pk", None) for name in _FOREIGN if name in self.fields}
        values = {name: getattr(kept, name) for name in CONTENT_COLUMNS} | given
        values["body"] = str(values["body"]).replace("\r\n", "\n")  # a form's line ends are those of mail
        return Content(**values, tags=tuple(data["tags"].split(",")))


def _initial(article: Article) -> dict[str, Any]:
    content = article.working()
    values = {name.removesuffix("_id"): getattr(content, name) for name in CONTENT_COLUMNS}
    if content.excerpt == excerpt_of(content.body):
        values["excerpt"] = ""  # made from the text, and so it stays
    return {**values, "tags": ", ".join(content.tags), "version": article.version}
