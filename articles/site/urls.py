"""The addresses of the public site: the articles' own at the root, lists below a language."""

from django.urls import LocalePrefixPattern, URLResolver, path
from django.urls.resolvers import RoutePattern

from articles.caching import LISTS
from articles.site.article import article_page
from articles.site.feeds import AtomFeed, RssFeed
from articles.site.lists import article_list_page, author_page, category_page, popular_page, root_page, tag_page
from articles.site.machines import robots_txt
from articles.site.search import search_page
from articles.site.sitemaps import sitemap_index, sitemap_section
from articles.site.worker import offline_page, worker_script
from omniwriter.cache import cache_api_response

app_name = "articles"

_kept = cache_api_response(name="page.feed", namespaces=LISTS)

#: Below /en/ and /pt-br/: the language is in the address, so the page is the same for everybody and any cache may keep
#: it. A tag's slug may be in any script.
localized_urlpatterns = [
    path("", article_list_page, name="list"),
    path("categories/<slug:slug>/", category_page, name="category"),
    path("categories/<slug:slug>/feed.atom", _kept(AtomFeed()), name="category_atom"),
    path("categories/<slug:slug>/feed.rss", _kept(RssFeed()), name="category_rss"),
    path("tags/<str:slug>/", tag_page, name="tag"),
    path("authors/<int:author_id>-<slug:slug>/", author_page, name="author"),
    path("popular/", popular_page, name="popular"),
    path("search/", search_page, name="search"),
    path("offline/", offline_page, name="offline"),
    path("feed.atom", _kept(AtomFeed()), name="feed_atom"),
    path("feed.rss", _kept(RssFeed()), name="feed_rss"),
]
# Not i18n_patterns, which the project's own list alone may hold: these names would then need a namespace of their own,
# as Django looks a name up in one list of a namespace only. The project's LanguageMiddleware reads the language.
_localized = URLResolver(RoutePattern(""), [URLResolver(LocalePrefixPattern(), localized_urlpatterns)])

urlpatterns = [
    path("", root_page, name="root"),
    path("articles/<slug:slug>/", article_page, name="detail"),
    path("robots.txt", robots_txt, name="robots"),
    path("sitemap.xml", sitemap_index, name="sitemap"),
    path("sitemaps/<slug:name>-<int:number>.xml", sitemap_section, name="sitemap_section"),
    path("sw.js", worker_script, name="worker"),
    _localized,
]
