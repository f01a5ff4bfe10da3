"""Objects and libraries of another processor than the board's are refused."""

import pytest

from conftest import BOARDS, ROOT, run


@pytest.fixture(scope="session")
def compile_for(tmp_path_factory):
    """Compiles a function with a floating-point argument with the toolchain's own clang."""
    folder = tmp_path_factory.mktemp("objects")
    source = folder / "code.c"
    source.write_text("double scale(double value, int by) { return value * by; }\n")
    clang = run("bash", "-c", 'dirname "$(readlink -f "$(command -v swift)")"').stdout.strip() + "/clang"

    def compile_object(name, *flags):
        output = folder / name
        run(clang, *flags, "-O2", "-c", source, "-o", output)
        return output

    return compile_object


def complaints(file, architecture, cpu, strictness="strict"):
    """What Boards/attributes.sh says against a file."""
    script = (f'cd "{BOARDS}"; source architectures.sh; source attributes.sh; describe_architecture "$1"; describe_cpu "$2"\n'
              'line=$(read_attributes "$3"); check_attributes "$4" "$2" "$3" ${line#"$3"}')
    return run("bash", "-c", script, "bash", architecture, cpu, file, strictness).stdout.strip()


V7 = ("--target=arm-linux-gnueabihf", "-march=armv7-a", "-mfloat-abi=hard", "-mfpu=vfpv3-d16")
V6_SOFT = ("--target=arm-linux-gnueabi", "-march=armv6", "-mfloat-abi=soft")


def test_code_for_the_board_is_accepted(compile_for):
    assert complaints(compile_for("v7.swift.o", *V7), "armhf", "cortex-a8") == ""
    assert complaints(compile_for("v6.swift.o", *V6_SOFT), "armel", "arm1176") == ""


def test_armv7_is_refused_for_an_arm1176(compile_for):
    said = complaints(compile_for("v7.swift.o", *V7), "armhf", "arm1176")
    assert "which the board's arm1176 does not run" in said


def test_floating_point_in_other_registers_is_refused(compile_for):
    soft = compile_for("soft.swift.o", "--target=arm-linux-gnueabi", "-march=armv7-a", "-mfloat-abi=softfp", "-mfpu=vfpv3-d16")
    assert "integer registers" in complaints(soft, "armhf", "cortex-a8")
    assert "otherwise than the board's libraries" in complaints(compile_for("v7.swift.o", *V7), "armel", "cortex-a8")


def test_vector_instructions_that_the_board_lacks_are_refused_in_our_own_code_alone(compile_for):
    neon = compile_for("neon.swift.o", "--target=arm-linux-gnueabihf", "-march=armv7-a", "-mfloat-abi=hard", "-mfpu=neon-vfpv4")
    assert "instructions that the board's cortex-a8 lacks" in complaints(neon, "armhf", "cortex-a8")
    assert complaints(neon, "armhf", "cortex-a7") == ""
    assert complaints(neon, "armhf", "cortex-a8", "library") == ""


def test_code_for_a_microcontroller_is_refused(compile_for):
    said = complaints(compile_for("m.swift.o", "--target=arm-none-eabi", "-march=armv6-m", "-mfloat-abi=soft"), "armel", "arm1176")
    assert "does not run" in said or "microcontroller" in said


def test_debians_armhf_is_refused_as_a_sysroot_for_a_raspberry_pi_zero():
    run(BOARDS / "sysroot", "--release", "trixie", "armhf")
    done = run(BOARDS / "build", "--sysroot", ROOT / ".build-sysroot/armhf-trixie", "raspberry-pi-zero-w", check=False)
    assert done.returncode != 0
    (line,) = done.stderr.strip().splitlines()
    assert "libc.so.6" in line and "which the board's arm1176 does not run" in line
