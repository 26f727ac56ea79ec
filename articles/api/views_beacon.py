"""The beacon of the article page: it was read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from articles.api.problems import method_not_allowed, problem
from articles.models import Article
from articles.popularity.counting import View
from articles.popularity.readers import is_program, is_same_site, reader_digest
from articles.services.views import view_record


@csrf_exempt  # a beacon can't send a token; who sends it from elsewhere is told apart by the browser's own headers
def article_view(request: HttpRequest, article_id: int) -> HttpResponse:
    """Take note that an article was read: 204 whether it counts or not, 404 for what is not public.

    Programs, and a reader of the last half hour, do not count.
    """
    if request.method != "POST":
        return method_not_allowed("POST")
    if not is_same_site(request):
        return problem(403, "Only the site's own pages send this.")
    if not Article.objects.published().filter(pk=article_id).exists():
        return problem(404, "There is no such article.")
    if not is_program(request):
        view_record(View(article_id, reader_digest(request), reader_digest(request, article_id)))
    response = HttpResponse(status=204)
    response["Cache-Control"] = "no-store"
    return response
