"""replenish.h called in every wrong way, plain and under valgrind."""

from conftest import VALGRIND
from processes import run


def check(arguments, tmp_path, timeout):
    folder = tmp_path / "devices"
    folder.mkdir(mode=0o700)
    done = run([*arguments, folder], timeout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "api: all checks passed" in done.stdout


def test_misuse_is_answered_and_nothing_else_happens(api_program, tmp_path):
    check([api_program], tmp_path, 60)


def test_misuse_under_valgrind(api_program, tmp_path):
    check([*VALGRIND, api_program], tmp_path, 300)
