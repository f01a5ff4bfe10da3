"""What a build system sees: exported symbols, headers in C and C++, pkg-config, CMake, static and shared, beside others."""

import re
import subprocess

import pytest

from conftest import HERE, ROOT
from processes import run

HEADERS = ["replenish.h", "replenish_core.h", "replenish_common.h"]


def declared(installed, *headers):
    text = "".join((installed.prefix / "include" / name).read_text() for name in headers)
    return set(re.findall(r"^[a-z].*?\b(replenish_[a-z0-9_]+)\(", text, re.M))


def exported(*arguments):
    listed = run(["nm", "--format=posix", "--defined-only", "--extern-only", *arguments]).stdout
    names = {line.split()[0].split("@")[0] for line in listed.splitlines() if len(line.split()) > 2}
    return {name for name in names if name != "REPLENISH_0"}


def test_exactly_the_headers_functions_are_exported(installed):
    library = installed.prefix / "lib"
    device = declared(installed, "replenish.h", "replenish_common.h")
    core = declared(installed, "replenish_core.h", "replenish_common.h")
    assert len(device) > 60 and len(core) > 50
    assert exported(library / "libreplenish.a") == device
    assert exported("--dynamic", library / "libreplenish.so.0") == device
    assert exported(library / "libreplenish-core.a") == core


def test_symbols_are_versioned(installed):
    listed = run(["nm", "--dynamic", "--with-symbol-versions", "--defined-only", installed.prefix / "lib/libreplenish.so.0"])
    functions = [line for line in listed.stdout.splitlines() if " T " in line]
    assert functions and all(line.endswith("@@REPLENISH_0") for line in functions)


def test_shared_library_is_fit_to_be_loaded(installed):
    said = run(["readelf", "--wide", "--dynamic", "--program-headers", installed.prefix / "lib/libreplenish.so.0"]).stdout
    assert "soname: [libreplenish.so.0]" in said
    assert "TEXTREL" not in said
    assert "BIND_NOW" in said or "NOW" in said
    assert not re.search(r"GNU_STACK.*RWE", said)
    needed = {name.split(".so")[0] for name in re.findall(r"\(NEEDED\).*\[(.*)\]", said)}
    assert needed == {"libcurl", "libcrypto", "libjansson", "libm", "libc"}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(
    "compiler, words",
    [
        ("gcc", ["-std=c99", "-x", "c"]),
        ("gcc", ["-std=c17", "-x", "c", "-Wconversion", "-Wstrict-prototypes"]),
        ("g++", ["-std=c++11", "-x", "c++"]),
        ("g++", ["-std=c++20", "-x", "c++", "-Wconversion", "-Wold-style-cast"]),
    ],
)
def test_headers_stand_alone(installed, tmp_path, header, compiler, words):
    source = tmp_path / "includes"
    source.write_text(
        f"#include <{header}>\n#include <{header}>\n"
        "double taken(void);\n"
        "double taken(void) {\n"
        "  replenish_slot_status_type status = REPLENISH_SLOT_STATUS_INIT;\n"
        "  return status.remaining;\n}\n".replace("replenish_slot_status_type", "struct replenish_slot_status")
    )
    include = installed.prefix / "include"
    done = run([compiler, *words, "-Wall", "-Wextra", "-pedantic", "-Werror", f"-I{include}", "-c", source, "-o", tmp_path / "o"])
    assert done.returncode == 0, done.stderr


def test_cplusplus_links(installed, workshop):
    source = workshop / "plus.cc"
    source.write_text(
        "#include <replenish.h>\n#include <cstdio>\n"
        'int main() { return std::puts(replenish_version()) < 0 || replenish_device_unref(nullptr) != nullptr; }\n'
    )
    words = [*installed.pkg_config("--cflags", "replenish-static"), *installed.pkg_config("--libs", "replenish-static")]
    done = run(["g++", "-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror", source, "-o", workshop / "plus", *words])
    assert done.returncode == 0, done.stderr
    assert run([workshop / "plus"]).stdout.startswith("0.")


def test_pkg_config_shared(installed, workshop):
    """The plain way: a shared library, and nothing of what that needs itself."""
    libraries = installed.pkg_config("--libs", "replenish")
    assert [word for word in libraries if word.startswith("-l")] == ["-lreplenish"]
    program = installed.compile([HERE / "api.c"], workshop / "api-shared", "replenish", "-lm")
    environment = {"LD_LIBRARY_PATH": str(installed.prefix / "lib")}
    folder = workshop / "shared-devices"
    folder.mkdir(mode=0o700)
    done = run([program, folder], env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    needed = run(["readelf", "--dynamic", program]).stdout
    assert "libreplenish.so.0" in needed and "libcurl" not in needed


def test_pkg_config_static_names_everything(installed):
    libraries = installed.pkg_config("--static", "--libs", "replenish")
    for name in ("-lreplenish", "-lcurl", "-lcrypto", "-ljansson", "-lm"):
        assert name in libraries


def test_core_is_linked_wholly_static(installed, workshop):
    """A program without any shared library, from what pkg-config says."""
    program = installed.compile(
        [HERE / "core_life.c"], workshop / "core-static", "replenish-core", "-static", before=["--static"]
    )
    assert "NEEDED" not in run(["readelf", "--dynamic", program]).stdout
    assert run([program]).returncode == 2


@pytest.mark.parametrize("static", ["OFF", "ON"])
def test_cmake(installed, workshop, static):
    """The coffee maker, found by find_package alone, in a tree that was moved after its installation."""
    folder = workshop / f"cmake-{static}"
    configured = run(
        ["cmake", "-S", ROOT / "Examples" / "CoffeeMaker", "-B", folder, f"-DCMAKE_PREFIX_PATH={installed.prefix}"]
        + [f"-DREPLENISH_STATIC={static}"],
        300,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert configured.returncode == 0, configured.stdout + configured.stderr
    built = run(["cmake", "--build", folder], 300)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "libreplenish" in run([folder / "coffee-maker", "--version"]).stdout
    needed = run(["readelf", "--dynamic", folder / "coffee-maker"]).stdout
    assert ("libreplenish.so.0" in needed) == (static == "OFF")


def test_cmake_finds_the_core(installed, workshop):
    folder = workshop / "cmake-core"
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(life C)\nfind_package(Replenish 0.1 REQUIRED)\n"
        f"add_executable(life {HERE / 'core_life.c'})\ntarget_compile_definitions(life PRIVATE _GNU_SOURCE)\n"
        "target_link_libraries(life PRIVATE Replenish::core)\n"
    )
    for words in (["-S", folder, "-B", folder / "b", f"-DCMAKE_PREFIX_PATH={installed.prefix}"], ["--build", folder / "b"]):
        done = run(["cmake", *words], 300)
        assert done.returncode == 0, done.stdout + done.stderr
    assert run([folder / "b" / "life"]).returncode == 2


def test_cmake_refuses_another_version(installed, workshop):
    folder = workshop / "cmake-version"
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(life C)\nfind_package(Replenish 7.1 REQUIRED)\n"
    )
    done = run(["cmake", "-S", folder, "-B", folder / "b", f"-DCMAKE_PREFIX_PATH={installed.prefix}"], 300)
    assert done.returncode != 0 and "7.1" in done.stderr


def test_two_libraries_of_embedded_swift_in_one_program(installed, workshop):
    """The other defines the same runtime functions, as every Embedded Swift object does."""
    other = workshop / "other.swift"
    other.write_text(
        "final class Box { var words: [String: Int]; init(_ words: [String: Int]) { self.words = words } }\n"
        "@c public func other_sum(_ count: Int32) -> Int32 {\n"
        "  let box = Box([:])\n"
        '  for index in 0..<Int(count) { box.words["word \\(index)"] = index }\n'
        "  return Int32(box.words.values.reduce(0, +))\n}\n"
    )
    triple = run([ROOT / "Boards" / "toolset", "--triple", run(["dpkg", "--print-architecture"]).stdout.strip()]).stdout.strip()
    object_file = workshop / "other.o"
    done = run(
        ["swiftc", "-c", "-parse-as-library", "-wmo", "-Osize", "-enable-experimental-feature", "Embedded"]
        + ["-target", triple, "-Xllvm", "-relocation-model=pic", "-Xcc", "-fno-stack-protector", other, "-o", object_file],
        300,
    )
    assert done.returncode == 0, done.stderr
    assert "swift_retain" in exported(object_file)
    source = workshop / "both.c"
    source.write_text(
        "#include <replenish.h>\n#include <stdio.h>\nextern int other_sum(int count);\n"
        "/* Embedded Swift for bare metal guards its stack with these two. */\n"
        "void *__stack_chk_guard = (void *)0x5afe;\n"
        "int main(void) {\n  replenish_config *config;\n"
        '  if (replenish_config_new(&config) != 0 || replenish_config_set_model(config, "a b") != -22) return 1;\n'
        '  printf("%d %s\\n", other_sum(10), replenish_config_get_error(config));\n'
        "  replenish_config_free(config);\n  return 0;\n}\n"
    )
    toolchain = run(["sh", "-c", "dirname $(dirname $(readlink -f $(command -v swiftc)))"]).stdout.strip()
    tables = f"{toolchain}/lib/swift/embedded/{triple}/libswiftUnicodeDataTables.a"
    # Both orders: which of them the linker meets first must not matter.
    for index, order in enumerate(([object_file, tables], [])):
        words = installed.pkg_config("--libs", "replenish-static")
        after = [] if order else [object_file, tables]
        program = workshop / f"both-{index}"
        include = installed.prefix / "include"
        done = run(["gcc", f"-I{include}", source, *order, *words, *after, "-o", program, "-lm"])
        assert done.returncode == 0, done.stderr
        said = subprocess.run([program], capture_output=True, text=True, timeout=60)
        assert said.stdout.startswith("45 the model id has a space"), said


def test_library_script_says_what_is_wrong():
    for words, said in (
        (["--arch", "z80"], "unknown architecture 'z80'"),
        (["--colour"], "unknown argument --colour"),
        (["--output"], "--output needs a value"),
        (["--arch", "arm64", "--sysroot", "/nowhere"], "/nowhere is no sysroot"),
    ):
        done = run([ROOT / "Boards" / "library", *words])
        assert done.returncode == 1
        assert said in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_install_script_says_what_is_wrong(tmp_path):
    for words, said in (
        (["--from", tmp_path], "make library"),
        (["--prefix", "usr"], "must be an absolute path"),
        (["--destdir"], "--destdir needs a path"),
    ):
        done = run([ROOT / "Boards" / "install", *words])
        assert done.returncode == 1
        assert said in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
