"""What can go wrong with articles: every class the services and selectors raise beside ValidationError."""


class ArticleError(Exception):
    """Root of this app's errors."""


class CursorError(ArticleError):
    """A page was asked for with a cursor that this site did not give out."""


class StatusError(ArticleError):
    """An article can't go from its status to the wanted one."""

    def __init__(self, status: str, wanted: str) -> None:
        super().__init__(f"An article that is {status} can't become {wanted}.")
        self.status = status
        self.wanted = wanted
