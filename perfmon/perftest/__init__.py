"""Performance tests of a served site, route by route: response times, volleys of requests, growth of its memory."""
