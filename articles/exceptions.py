"""What can go wrong with articles: every class the services and selectors raise beside ValidationError.

ArticleError
 ├─ CursorError
 ├─ TransitionError
 ├─ NotAllowedError
 └─ StaleVersionError
"""


class ArticleError(Exception):
    """Root of this app's errors."""


class CursorError(ArticleError):
    """A page was asked for with a cursor that this site did not give out."""


class TransitionError(ArticleError):
    """An article can't take this step from where it is."""

    def __init__(self, action: str, status: str) -> None:
        super().__init__(f"The step “{action}” is not open to what is {status}.")
        self.action = action
        self.status = status


class NotAllowedError(ArticleError):
    """The account may not take this step with this article."""

    def __init__(self, action: str) -> None:
        super().__init__(f"This account may not take the step “{action}” with this article.")
        self.action = action


class StaleVersionError(ArticleError):
    """Somebody saved the article since the writer read it; nothing was stored."""

    def __init__(self, article_id: int, given: int, current: int) -> None:
        super().__init__(f"Version {given} was sent, and the article is at version {current}.")
        self.article_id = article_id
        self.given = given
        self.current = current
