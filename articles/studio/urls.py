"""The addresses of the studio, below /studio/."""

from django.urls import path

from articles.studio import (
    calendar,
    conflict,
    editor,
    generate,
    generation,
    generation_again,
    generation_steps,
    generations,
    hints,
    home,
    images,
    jobs,
    login,
    queue,
    revisions,
    steps,
    transfer,
)

app_name = "studio"
urlpatterns = [
    path("", home.home, name="home"),
    path("login/", login.StudioLogin.as_view(), name="login"),
    path("logout/", login.StudioLogout.as_view(), name="logout"),
    path("new/", editor.new, name="new"),
    path("preview/", editor.preview, name="preview"),
    path("articles/<int:article_id>/", editor.editor, name="editor"),
    path("articles/<int:article_id>/save/", editor.save, name="save"),
    path("articles/<int:article_id>/conflict/", conflict.conflict, name="conflict"),
    path("generate/", generate.generate, name="generate"),
    path("generate/<int:job_id>/", generation.generation, name="generation"),
    path("generate/<int:job_id>/step/", generation_steps.generation_step, name="generation_step"),
    path("generate/<int:job_id>/rate/", generation_steps.generation_rate, name="generation_rate"),
    path("generate/<int:job_id>/write/", generation_again.generation_write, name="generation_write"),
    path("generate/<int:job_id>/vary/", generation_again.generation_vary, name="generation_vary"),
    path(
        "generate/<int:job_id>/compare/<int:other_id>/", generation_again.generation_compare, name="generation_compare"
    ),
    path("generations/", generations.generations, name="generations"),
    path("images/", images.images, name="images"),
    path("images/upload/", images.image_upload, name="image_upload"),
    path("images/<int:image_id>/", images.image, name="image"),
    path("queue/", queue.queue, name="queue"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("articles/<int:article_id>/step/", steps.step, name="step"),
    path("articles/<int:article_id>/revisions/", revisions.revisions, name="revisions"),
    path("articles/<int:article_id>/revisions/<int:revision_id>/restore/", revisions.restore, name="restore"),
    path("articles/<int:article_id>/revisions/<int:revision_id>/rename/", revisions.rename, name="rename"),
    path("articles/<int:article_id>/diff/", revisions.diff, name="diff"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<int:job_id>/", jobs.job, name="job"),
    path("jobs/<int:job_id>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("jobs/<int:job_id>/resume/", jobs.job_resume, name="job_resume"),
    path("jobs/<int:job_id>/file/", jobs.job_download, name="job_download"),
    path("hints/", hints.hints, name="hints"),
    path("export/", transfer.export_page, name="export"),
    path("import/", transfer.import_page, name="import"),
    path("import/<str:token>/", transfer.import_check, name="import_check"),
]
