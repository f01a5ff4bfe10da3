"""The layer for Yocto, as far as it can be checked without OpenEmbedded."""

import hashlib
import pathlib
import re
import sys

from conftest import BOARD, BOARDS, ROOT, run

LAYER = BOARDS / "yocto"
(RECIPE,) = LAYER.glob("recipes-*/*/*.bb")


def test_oelint_finds_nothing():
    # No page of the project's own, nothing to build for the build machine; why checks are skipped is said in the recipe.
    tolerated = ("oelint.var.mandatoryvar.HOMEPAGE", "oelint.var.suggestedvar", "oelint.var.bbclassextend",
                 "oelint.vars.insaneskip")
    suppress = [word for rule in tolerated for word in ("--suppress", rule)]
    done = run(pathlib.Path(sys.executable).parent / "oelint-adv", "--quiet", "--release", "scarthgap", *suppress, RECIPE, check=False)
    found = [line for line in (done.stdout + done.stderr).splitlines() if ".bb:" in line and not any(rule in line for rule in tolerated)]
    assert found == []


def test_the_layer_names_itself_as_its_files_do():
    text = (LAYER / "conf/layer.conf").read_text()
    (name,) = re.search(r'BBFILE_COLLECTIONS \+= "(.*)"', text).group(1).split()
    for variable in ("BBFILE_PATTERN", "BBFILE_PRIORITY", "LAYERSERIES_COMPAT", "LAYERDEPENDS"):
        assert f"{variable}_{name} = " in text
    assert RECIPE.match("recipes-*/*/*.bb")


def test_every_file_of_the_recipe_is_there(built):
    text = RECIPE.read_text()
    places = {"${REPLENISHKIT_REPOSITORY}": ROOT, "${S}": built, "$example": ROOT / "Examples/DashButton"}
    installed = re.findall(r"^\s+install -D -m \d+ (\S+) ", text, re.M)
    assert len(installed) == 6
    for name in installed:
        for place, folder in places.items():
            name = name.replace(place, str(folder))
        assert pathlib.Path(name.replace("${REPLENISHKIT_BOARD}", BOARD)).is_file(), name


def test_the_licence_is_the_one_whose_checksum_is_named(built):
    named = re.search(r"^LIC_FILES_CHKSUM = \"file://LICENSE;md5=(.*)\"$", RECIPE.read_text(), re.M).group(1)
    assert hashlib.md5((built / "LICENSE").read_bytes(), usedforsecurity=False).hexdigest() == named


def test_the_standard_board_is_one():
    board = re.search(r'REPLENISHKIT_BOARD \?= "(.*)"', RECIPE.read_text()).group(1)
    assert (BOARDS / board / "board.conf").exists()
