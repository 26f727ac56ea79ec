"""Lighthouse over the public list and an article with images, as the bundled stack serves them.

Page by page in turn, as a phone on a slow network; the score of each category is the median of the rounds. Now and then
Chromium's record of a load lacks its beginning, and Lighthouse asks to be run again: it is, and the figures say how
often. Lighthouse is installed from ``benchmarks/pages/package-lock.json`` when it is not there.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, figures, free_port, say, server
from benchmarks.report import Result
from benchmarks.tables import Section, Table
from benchmarks.versions import BROWSERS

FOLDER = ROOT / "benchmarks" / "pages"
BIN = Path(sys.executable).parent
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PAGES = {"list": "/en/", "article": "/articles/a-lamp-in-the-window/"}
LEAST_SCORE = 95
SECTION = Section(
    bound_s=240,
    versions=("Django", "uvicorn", "Lighthouse", "Chromium", "Node.js"),
    tables=(
        Table(
            ("score of 100", *(category.replace("-", " ") for category in CATEGORIES)),
            tuple((page, *(f"{page}_{category.replace('-', '_')}_score" for category in CATEGORIES)) for page in PAGES),
        ),
    ),
)
TRY_TIMEOUT_S = 60  # it takes 12
TRIES = 4  # one load in ten or twenty is recorded badly
#: Lighthouse's codes for a record it could not use, for which it advises another run.
BADLY_RECORDED = ("NO_NAVSTART", "NO_TRACING_STARTED", "NO_DCL")
CHROME_FLAGS = "--headless=new --no-sandbox --disable-gpu"
WRITE = """
from io import BytesIO
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from PIL import Image
from articles.content import Content
from articles.services.articles import article_create
from articles.services.images import image_store
from articles.services.publishing import article_publish

call_command("migrate", verbosity=0)
call_command("load_starter", verbosity=0)
author = get_user_model().objects.get(username="omniwriter")
data = BytesIO()
Image.effect_noise((1600, 1000), 40).convert("RGB").save(data, "JPEG", quality=80)
photo = SimpleUploadedFile("lamp.jpg", data.getvalue(), content_type="image/jpeg")
image = image_store(file=photo, alt="A lamp in a window", actor=author)
body = "\\n\\n".join(["A lamp burns all night in the window across the street."] * 12)
body += f"\\n\\n![A lamp in a window](/media/images/{image.digest}/480.jpeg)\\n\\n## Why\\n\\n" + "Nobody knows. " * 80
content = Content(title="A lamp in the window", slug="a-lamp-in-the-window", body=body, cover_id=image.pk)
article_publish(article_id=article_create(content=content, author=author).pk, actor=None)
"""


def run(quick: bool) -> Result:
    """Score each page in turn and hold every median to the least score."""
    if not os.environ.get("CHROME_PATH") and not any(map(shutil.which, BROWSERS)):
        raise SystemExit("The benchmark lighthouse needs Chromium (Debian: apt-get install chromium).")
    _install()
    result = Result("lighthouse")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "OMNI_VAR_DIR": folder}
        environment.pop("DATABASE_URL", None)
        subprocess.run([sys.executable, "manage.py", "shell", "-c", WRITE], cwd=ROOT, env=environment, check=True)
        scores, badly_recorded = _scores(environment, rounds=1 if quick else 2)
    result.metrics["badly_recorded_loads"] = badly_recorded
    for (page, category), values in sorted(scores.items()):
        name = f"{page}_{category.replace('-', '_')}"
        result.metrics |= figures({name: values}, "score")
        says = f"Lighthouse's {category.replace('-', ' ')} of the {page}"
        result.at_least(name, statistics.median(values), LEAST_SCORE, says, values)
    return result


def _install() -> None:
    if not (FOLDER / "node_modules").is_dir():
        say("Installing Lighthouse.")
        path = f"{BIN}:{os.environ['PATH']}"
        command = ["npm", "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
        subprocess.run(command, cwd=FOLDER, env={**os.environ, "PATH": path}, check=True)


def _scores(environment: Mapping[str, str], rounds: int) -> tuple[dict[tuple[str, str], list[float]], int]:
    """Return each round's score by page and category, and how many loads had to be done again."""
    port = free_port()
    scores: dict[tuple[str, str], list[float]] = {}
    badly_recorded = 0
    command = [sys.executable, "manage.py", "up", "--port", str(port)]
    with server(command, port, env=environment):
        for at in range(rounds):
            for page, path in PAGES.items():
                say(f"round {at + 1}: {page}")
                report, again = load(f"http://127.0.0.1:{port}{path}")
                badly_recorded += again
                for category in CATEGORIES:
                    scores.setdefault((page, category), []).append(100 * report["categories"][category]["score"])
    return scores, badly_recorded


def load(url: str) -> tuple[dict[str, Any], int]:
    """Return Lighthouse's report of a page, and how many loads before it were recorded badly."""
    program = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
    command = [str(BIN / "node"), str(program), url, "--quiet", "--output=json", f"--chrome-flags={CHROME_FLAGS}",
               f"--only-categories={','.join(CATEGORIES)}"]  # fmt: skip
    reason = ""
    for again in range(TRIES):
        done = subprocess.run(command, capture_output=True, text=True, timeout=TRY_TIMEOUT_S, check=False)
        if done.returncode == 0:
            return json.loads(done.stdout), again
        reason = done.stderr.strip()[-400:]
        if not any(f"({code})" in reason for code in BADLY_RECORDED):
            break
        say(f"again: {reason}")
    raise RuntimeError(f"Lighthouse could not score {url}: {reason}")
