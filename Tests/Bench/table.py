"""The results as plain text."""

import textwrap

METHOD = {
    "memory": "KiB, median of samples of /proc/PID/smaps_rollup. The daemon is linked and idle, its connections open;"
    " it has ordered until its heap stopped growing. curl and Python wait for the answer to one GET that the service"
    " holds back. Same authority file.",
    "wire": "Milliseconds. A press counts from before its command is sent to the control socket, curl from before it is"
    " started, each to the first byte of the TLS record with the order at a relay before the service, so any handshake"
    " is inside. 'noted' is the answer to the press: it is on disk. 'hello' is the ClientHello.",
    "start": "Milliseconds from before exec to READY=1 on NOTIFY_SOCKET; linked, records on disk.",
    "sizes": "Bytes after strip; and the Swift runtime libraries that the program loads besides.",
}


def heading(text, method=""):
    print(f"\n{text}")
    for line in textwrap.wrap(method, 116):
        print(f"  {line}")


def show(results):
    where = results["machine"]
    print(f"\n{where['processor']}, Linux {where['kernel']}, load {where['load']:.1f} at the start; {where['curl']};")
    print(f"state folder on {where['state_folder_on']}")
    for part in ("memory", "wire", "start", "asleep", "sizes"):
        if part in results:
            heading(part.upper(), METHOD.get(part, ""))
            globals()[f"show_{part}"](results[part])
    if "ratios" in results:
        print("\n  Other ratios of medians")
        for name, value in results["ratios"].items():
            print(f"  {value:6.2f} times: {name}")
    show_goals(results)
    for note in results["notes"]:
        print(f"  note: {note}")


def show_memory(table):
    print(f"  {'':44}{'resident':>9}{'PSS':>8}{'private dirty':>15}{'private clean':>15}{'threads':>9}")
    for name, row in table.items():
        print(
            f"  {name:44}{row['resident']:9.0f}{row['pss']:8.0f}{row['private_dirty']:15.0f}"
            f"{row['private_clean']:15.0f}{row['threads']:9}"
        )
    print("  private dirty by mapping, largest first:")
    for name, row in table.items():
        print(f"    {name}")
        parts = [f"{mapped} {size}" for mapped, size in row["mappings"][:9]]
        rest = sum(size for _, size in row["mappings"][9:])
        for line in textwrap.wrap(", ".join(parts) + (f", others {rest}" if rest else ""), 112):
            print(f"      {line}")


def show_wire(table):
    print(f"  {'':80}{'runs':>5}{'median':>8}{'quartiles':>15}{'least':>8}{'most':>8}")
    for name, kinds in table.items():
        show_times(name, kinds["wire"])
        for key, words in (("noted", "of which until noted"), ("hello", "of which until the ClientHello")):
            if key in kinds:
                show_times(f"   {words}", kinds[key])


def show_start(table):
    print(f"  {'':80}{'runs':>5}{'median':>8}{'quartiles':>15}{'least':>8}{'most':>8}")
    for name, row in table.items():
        show_times(name, row)


def show_times(name, row):
    quartiles = f"{row['lower_quartile']:.2f}-{row['upper_quartile']:.2f}"
    print(
        f"  {name:80}{row['runs']:5}{row['median']:8.2f}{quartiles:>15}{row['least']:8.2f}{row['most']:8.2f}"
    )


def show_asleep(seen):
    if "not measured" in seen:
        print(f"  not measured: {seen['not measured']}")
        return
    print(f"  strace -f -tt for {seen['seconds']:.0f} s on the idle daemon; every line it wrote:")
    for line in seen["lines"][:20]:
        print(f"    {line}")
    if len(seen["lines"]) > 20:
        print(f"    and {len(seen['lines']) - 20} more; by name: {seen['calls']}")
    print(
        f"  lines after the first second (attaching itself wakes it): {seen['lines_after_first_second']};"
        f" context switches by the kernel's count: {seen['context_switches']};"
        f" waits in the poll at the end: {'yes' if seen['awaits_at_end'] else 'no'}"
    )


def show_sizes(table):
    for name, row in table.items():
        print(f"  {name:44}{row['stripped']:10}   + {row['swift_libraries']} in Swift libraries")


def show_goals(results):
    if not results["goals"]:
        return
    heading("GOALS")
    for goal in results["goals"]:
        word = "met   " if goal["met"] else "MISSED"
        if "limit" in goal:
            print(f"  {word} {goal['goal']}: {goal['value']:.2f} {goal['unit']} (goal: at most {goal['limit']:.2f})")
        else:
            print(f"  {word} {goal['goal']}: {goal['value']}")
