"""The addresses of the studio, below /studio/."""

app_name = "studio"
urlpatterns: list[object] = []
