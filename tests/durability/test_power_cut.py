"""The library that cuts the power loses what a disk may lose, and nothing that was synced."""

import contextlib
import os
import pathlib
import random
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import power_cut  # noqa: E402

CUTS = 30
STORE_CUTS = 50
OPERATIONS_MAX = 600
SECONDS = 30
# What a process does with its folder, and says behind each step that it takes for durable.
APPENDING = """
import os, sys
file = os.open("log", os.O_RDWR | os.O_CREAT)
if "folder" in sys.argv: os.fsync(file); os.fsync(os.open(".", os.O_RDONLY))
for number in range(1, 10000):
    os.write(file, b"%09d\\n" % number)
    if "file" in sys.argv: os.fdatasync(file)
    os.write(1, b"%d\\n" % number)
"""
REPLACING = """
import os, sys
folder = os.open(".", os.O_RDONLY)
for number in range(1, 10000):
    file = os.open("next", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(file, b"%09d\\n" % number * 1000)
    if "file" in sys.argv: os.fsync(file)
    os.close(file)
    os.rename("next", "log")
    if "folder" in sys.argv: os.fsync(folder)
    os.write(1, b"%d\\n" % number)
"""
BY_STREAM = """
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char** argv) {
  FILE* file = fopen("log", "w+");
  fflush(file);
  fsync(fileno(file));
  if (argc > 1) sync();
  for (int number = 1; number < 10000; ++number) {
    fprintf(file, "%09d\\n", number);
    fflush(file);
    if (argc > 1) fsync(fileno(file));
    dprintf(1, "%d\\n", number);
  }
}
"""


@pytest.fixture(scope="module", name="library")
def build_library(tmp_path_factory):
    return power_cut.build(tmp_path_factory.mktemp("library"))


def cut(library, folder, command, seed, **settings):
    """Runs a command in a folder until its power is cut: the last number that it said, and what the library told."""
    watched = folder / f"disk{seed}"
    watched.mkdir()
    after = random.Random(seed).randint(5, OPERATIONS_MAX)
    workplace = folder / f"cut{seed}"
    workplace.mkdir()
    with contextlib.closing(power_cut.PowerCut(library, watched, workplace, **settings)) as cutting:
        environment = os.environ | cutting.environment(seed, after)
        done = subprocess.run(command, cwd=watched, env=environment, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == -9, done.stderr
        said = done.stdout.split()
        [report] = cutting.reports()
        return watched, int(said[-1]) if said else 0, report


def numbers_of(file):
    """Those that a log has from its begin on; None if there is something else among them."""
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    return [int(line) for line in lines if len(line) == 10 and line.strip().isdigit()]


def losses(library, folder, command, **settings):
    """Cuts after which something is not there that was said to be."""
    found = 0
    for seed in range(CUTS):
        watched, said, _ = cut(library, folder, command, seed, **settings)
        numbers = numbers_of(watched / "log")
        found += said > 0 and said not in numbers and said + 1 not in numbers
    return found


def python(program, *words):
    return [sys.executable, "-S", "-E", "-c", program, *words]


def test_what_is_synced_is_held(library, tmp_path):
    assert losses(library, tmp_path, python(APPENDING, "file", "folder")) == 0


def test_what_is_not_synced_may_be_lost(library, tmp_path):
    assert losses(library, tmp_path, python(APPENDING, "folder")) > CUTS / 4


def test_a_name_that_is_not_synced_may_be_lost(library, tmp_path):
    assert losses(library, tmp_path, python(APPENDING, "file")) > CUTS / 8


def test_names_come_along_with_files_where_that_is_asked_for(library, tmp_path):
    assert losses(library, tmp_path, python(APPENDING, "file"), entries="with-files") == 0


def test_a_file_replaced_by_the_book_is_always_whole(library, tmp_path):
    for seed in range(CUTS):
        watched, said, _ = cut(library, tmp_path, python(REPLACING, "file", "folder"), seed)
        numbers = numbers_of(watched / "log")
        # The first rename may not have arrived.
        assert (said == 0 and not numbers) or numbers in ([said] * 1000, [said + 1] * 1000)


def test_a_file_that_replaces_another_before_it_is_synced_may_be_empty(library, tmp_path):
    whole = 0
    for seed in range(CUTS):
        watched, _, _ = cut(library, tmp_path, python(REPLACING, "folder"), seed)
        numbers = numbers_of(watched / "log")
        whole += len(numbers) == 1000 and len(set(numbers)) == 1
    assert whole < CUTS * 3 / 4


def test_pages_are_lost_kept_and_torn(library, tmp_path):
    program = """
import os
file = os.open("log", os.O_RDWR | os.O_CREAT)
os.write(file, b"a" * 40960)
os.fsync(file)
os.fsync(os.open(".", os.O_RDONLY))
while True: os.pwrite(file, b"b" * 40960, 0)
"""
    kinds = set()
    for seed in range(CUTS):
        watched, _, _ = cut(library, tmp_path, python(program), seed)
        data = (watched / "log").read_bytes()
        assert len(data) == 40960
        for page in range(0, len(data), 4096):
            sectors = [data[at : at + 512] for at in range(page, page + 4096, 512)]
            assert all(len(set(sector)) == 1 for sector in sectors), "a sector is never torn"
            kinds.add("".join(sorted({sector[:1].decode() for sector in sectors})))
    assert kinds == {"a", "b", "ab"}


@pytest.mark.parametrize(("words", "lost"), [(["sync"], False), ([], True)], ids=["synced", "forgotten"])
def test_streams_of_the_c_library_are_seen(library, tmp_path, words, lost):
    source = tmp_path / "by_stream.c"
    source.write_text(BY_STREAM)
    subprocess.run(["cc", "-o", tmp_path / "by_stream", source], check=True)
    assert (losses(library, tmp_path, [str(tmp_path / "by_stream"), *words]) > CUTS / 8) == lost


def test_shared_mappings_for_writing_are_refused(library, tmp_path):
    program = """
import mmap, os
for name in ("data", "data-shm"):
    file = os.open(name, os.O_RDWR | os.O_CREAT)
    os.ftruncate(file, 4096)
    try:
        mmap.mmap(file, 4096)
        print(name, flush=True)
    except PermissionError:
        pass
"""
    watched = tmp_path / "disk"
    watched.mkdir()
    with contextlib.closing(power_cut.PowerCut(library, watched, tmp_path, scratch=["-shm"])) as cutting:
        environment = os.environ | cutting.environment(1)
        done = subprocess.run(python(program), cwd=watched, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert (done.stdout, done.stderr) == ("data-shm\n", "")


@pytest.fixture(scope="module", name="store_writer")
def build_store_writer(tmp_path_factory):
    found = tmp_path_factory.mktemp("writer") / "store_writer"
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "sqlcipher"], capture_output=True, text=True, check=True)
    source = pathlib.Path(__file__).resolve().parent / "store_writer.c"
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", found, source, *flags.stdout.split()], check=True)
    return str(found)


def store_losses(library, store_writer, folder, synchronous):
    """Cuts after which an encrypted store has less than was said, or cannot be read."""
    found = 0
    for seed in range(STORE_CUTS):
        watched, said, _ = cut(library, folder, [store_writer, "store", synchronous], seed, scratch=["-shm"])
        if said == 0:
            continue
        read = subprocess.run([store_writer, "store", "read"], cwd=watched, capture_output=True, text=True, timeout=SECONDS)
        numbers = read.stdout.split()
        found += read.returncode != 0 or "half" in numbers or numbers != [str(number + 1) for number in range(len(numbers))]
        found += read.returncode == 0 and len(numbers) < said
    return found


def test_a_store_that_syncs_each_commit_loses_nothing(library, store_writer, tmp_path):
    assert store_losses(library, store_writer, tmp_path, "FULL") == 0


def test_a_store_that_syncs_at_checkpoints_only_loses_commits(library, store_writer, tmp_path):
    assert store_losses(library, store_writer, tmp_path, "NORMAL") > STORE_CUTS / 4
