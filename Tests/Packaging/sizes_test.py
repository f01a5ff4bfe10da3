"""The table of sizes is checked against what is built."""

import re

from conftest import BOARD, BOARDS, run


def check(table):
    return run(BOARDS / "sizes", "--check", "--built", "--table", table, BOARD, check=False)


def test_sizes_are_written_and_growth_fails(built, tmp_path):
    table = tmp_path / "SIZES.md"
    run(BOARDS / "sizes", "--built", "--table", table, BOARD)
    size = (built / "bin/dash-button").stat().st_size
    row = re.search(rf"^\| {BOARD} \| `dash-button` \| (\d+) \| (\d+) \| \d+ \| \d+ \|$", table.read_text(), re.M)
    assert int(row.group(1)) == size
    assert int(row.group(2)) < size
    assert check(table).returncode == 0

    smaller = table.read_text().replace(row.group(1), str(size * 97 // 100))
    table.write_text(smaller)
    done = check(table)
    assert done.returncode != 0
    assert f"dash-button of {BOARD} has grown: {size} bytes" in done.stderr
    assert "make sizes" in done.stderr

    table.write_text(re.sub(rf"^\| {BOARD} \| `dash-button`.*\n", "", table.read_text(), flags=re.M))
    done = check(table)
    assert done.returncode != 0
    assert f"dash-button of {BOARD} has no row" in done.stderr


def test_within_the_tolerance_nothing_is_said(built, tmp_path):
    table = tmp_path / "SIZES.md"
    run(BOARDS / "sizes", "--built", "--table", table, BOARD)
    size = (built / "bin/dash-button").stat().st_size
    table.write_text(table.read_text().replace(str(size), str(size * 99 // 100)))
    assert check(table).returncode == 0


def test_a_missing_table_is_named(built, tmp_path):
    done = check(tmp_path / "none.md")
    assert done.returncode != 0
    assert done.stderr.strip().endswith("run: make sizes")
