"""The external tree for Buildroot, as far as it can be checked without one."""

import re
import shutil

import kconfiglib
import pytest

from conftest import BOARD, BOARDS, ROOT, run

TREE = BOARDS / "buildroot"
STUBS = ROOT / "Tests/Packaging/stubs"


@pytest.fixture
def kconfig(monkeypatch):
    monkeypatch.setenv("BR2_EXTERNAL_REPLENISHKIT_PATH", str(TREE))

    def load(**options):
        # Buildroot writes $VARIABLE where kconfig now writes $(VARIABLE); kconfiglib knows both.
        configuration = kconfiglib.Kconfig(str(STUBS / "Config.in"), warn_to_stderr=False)
        for name, value in options.items():
            configuration.syms[f"BR2_{name}"].set_value(value)
        return configuration

    return load


def test_the_tree_is_named_as_its_files_say():
    assert re.search(r"^name: REPLENISHKIT$", (TREE / "external.desc").read_text(), re.M)


def test_the_package_selects_what_it_needs(kconfig):
    configuration = kconfig(aarch64="y", TOOLCHAIN_USES_GLIBC="y", PACKAGE_REPLENISHKIT="y")
    assert not configuration.warnings
    for name in ("JANSSON", "LIBCURL", "LIBCURL_FORCE_TLS", "OPENSSL", "OPENSSL_FORCE_LIBOPENSSL", "REPLENISHKIT_DAEMON"):
        assert configuration.syms[f"BR2_PACKAGE_{name}"].str_value == "y", name


@pytest.mark.parametrize("options", [{"aarch64": "y"}, {"TOOLCHAIN_USES_GLIBC": "y"}])
def test_the_package_is_not_offered_where_it_cannot_run(kconfig, options):
    assert kconfig(**options, PACKAGE_REPLENISHKIT="y").syms["BR2_PACKAGE_REPLENISHKIT"].str_value == "n"


@pytest.mark.parametrize("options", [{"aarch64": "y"}, {"arm": "y"}, {"arm": "y", "ARM_CPU_ARMV7A": "y"}])
def test_the_board_that_is_offered_is_one(kconfig, options):
    configuration = kconfig(**options, TOOLCHAIN_USES_GLIBC="y", PACKAGE_REPLENISHKIT="y")
    assert (BOARDS / configuration.syms["BR2_PACKAGE_REPLENISHKIT_BOARD"].str_value / "board.conf").exists()


def make(tmp_path, *goals, board=BOARD, **variables):
    words = {"BR2_EXTERNAL_REPLENISHKIT_PATH": TREE, "BR2_PACKAGE_REPLENISHKIT": "y", "BR2_PACKAGE_REPLENISHKIT_DAEMON": "y",
             "BR2_PACKAGE_REPLENISHKIT_BOARD": f'"{board}"', "TARGET_DIR": tmp_path / "target",
             "STAGING_DIR": tmp_path / "staging", "REPLENISHKIT_PKGDIR": TREE / "package/replenishkit", **variables}
    return run("make", "--warn-undefined-variables", "-f", STUBS / "generic-package.mk", *goals,
               *(f"{name}={value}" for name, value in words.items()), check=False)


def test_the_package_installs(built, tmp_path):
    done = make(tmp_path, "target", "systemd", "sysv", "staging", BR_BUILDING="y")
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    target = tmp_path / "target"
    assert {str(file.relative_to(target)) for file in target.rglob("*") if file.is_file()} == {
        "usr/bin/dash-button", "usr/bin/replenishctl", "etc/dash-button/dash-button.conf",
        "usr/share/dbus-1/system.d/dash-button-bluetooth.conf",
        "usr/lib/udev/rules.d/60-dash-button.rules", "usr/lib/systemd/system/dash-button.service", "etc/init.d/S60dash-button"}
    assert (target / "etc/init.d/S60dash-button").stat().st_mode & 0o111
    if (built / "lib").exists():
        assert (tmp_path / "staging/usr/lib/libreplenish.a").exists()


def test_the_licence_is_where_the_package_says(built):
    text = (TREE / "package/replenishkit/replenishkit.mk").read_text()
    name = re.search(r"^REPLENISHKIT_LICENSE_FILES = (.*)$", text, re.M).group(1)
    assert (built / name).read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_a_board_that_is_not_built_is_named_with_the_command_that_does(tmp_path):
    done = make(tmp_path, "target", board="never-built", BR_BUILDING="y")
    assert done.returncode != 0
    assert 'never-built is not built: run "make board BOARD=never-built"' in done.stderr


def test_every_version_is_the_same():
    version = re.search(r'version = "(.*)"', (ROOT / "Sources/ReplenishCore/Device/Release.swift").read_text()).group(1)
    assert f"REPLENISHKIT_VERSION = {version}\n" in (TREE / "package/replenishkit/replenishkit.mk").read_text()
    assert (BOARDS / f"yocto/recipes-replenishkit/replenishkit/replenishkit_{version}.bb").exists()


def test_the_start_script_is_good_shell():
    assert shutil.which("shellcheck"), "install shellcheck"
    run("shellcheck", TREE / "package/replenishkit/S60dash-button")
