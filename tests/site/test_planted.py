"""The tests of the pages find what they are for: a page with every fault turns each of them red."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOUND = {
    "test_every_link_leads_somewhere",
    "test_ids_are_unique",
    "test_labels_and_references_inside_a_page_point_at_something",
    "test_every_picture_is_described",
    "test_nothing_is_left_unrendered",
    "test_no_path_of_the_machine_that_built_it",
    "test_the_site_is_complete",
    "test_nothing_comes_from_a_third_party",
    "test_everything_asked_for_is_there",
    "test_the_console_is_silent",
    "test_no_barrier",
    "test_no_sideways_scroll",
    "test_one_main_heading_a_language_and_a_title",
}


@pytest.mark.slow
def test_every_planted_fault_is_found(browser, tmp_path):
    shutil.copy(HERE / "faulty.html", tmp_path / "index.html")
    environment = os.environ | {"HDI_SITE": str(tmp_path), "HDI_REQUIRE_BROWSER": "1"}
    files = [HERE / "test_links.py", HERE / "test_pages.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, files)]
    result = subprocess.run(command, cwd=HERE.parents[1], env=environment, capture_output=True, text=True)
    red = set(re.findall(r"^FAILED \S+::(test_\w+)", result.stdout, re.MULTILINE))
    assert red == FOUND, result.stdout


def test_without_a_book_the_tests_skip_unless_they_are_required(tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE / "test_links.py")]
    plain = {key: value for key, value in os.environ.items() if key != "HDI_REQUIRE_BROWSER"}
    for required, closing in (({}, "skipped in"), ({"HDI_REQUIRE_BROWSER": "1"}, "errors in")):
        environment = plain | {"HDI_SITE": str(tmp_path)} | required
        result = subprocess.run(command, cwd=HERE.parents[1], env=environment, capture_output=True, text=True)
        assert closing in result.stdout, result.stdout
        assert "make book" in result.stdout, "the reason says what to do"
