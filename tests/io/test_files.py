"""A file is replaced whole or not at all."""

import errno
import os
import re

import numpy as np
import pytest

from tinygrad_fs import io


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written(tmp_path):
    with io.replacing(tmp_path / "x") as file:
        file.write(b"new")
        assert not (tmp_path / "x").exists()
    assert (tmp_path / "x").read_bytes() == b"new"
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_whatever_goes_wrong_the_old_file_stays(tmp_path, error):
    (tmp_path / "x").write_bytes(b"old")

    def write_and_fail():
        with io.replacing(tmp_path / "x") as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        write_and_fail()
    assert (tmp_path / "x").read_bytes() == b"old"
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch, function):
    path = tmp_path / "x.npz"
    io.save(path, {"w": np.ones(3)})

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, function, fail)
        with pytest.raises(OSError, match=r"No space left on device: .*x\.npz"):
            io.save(path, {"w": np.zeros(3)})
    np.testing.assert_array_equal(io.load(path)["w"], np.ones(3))
    assert names(tmp_path) == ["x.npz"]


def test_a_write_that_fails_halfway_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    io.save(path, {"w": np.ones(3), "v": np.ones(3)})
    write, written = np.lib.format.write_array, []

    def fail_at_the_second(*args, **kwargs):
        if written:
            raise OSError("the disk is gone")
        written.append(args)
        write(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(np.lib.format, "write_array", fail_at_the_second)
        with pytest.raises(OSError, match="the disk is gone"):
            io.save(path, {"w": np.zeros(3), "v": np.zeros(3)})
    np.testing.assert_array_equal(io.load(path)["v"], np.ones(3))
    assert names(tmp_path) == ["x.npz"]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    try:
        (tmp_path / "link").symlink_to(tmp_path / "x")
    except OSError:
        pytest.skip("no symbolic links here")
    with io.replacing(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "x").read_bytes() == b"new"


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_file_gets_the_permissions_that_any_new_file_gets(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    with io.replacing(tmp_path / "x") as file:
        file.write(b"")
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o440])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(mode)
    with io.replacing(path) as file:
        file.write(b"new")
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {mode}  # the half-written one, too
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_what_is_no_file_is_not_replaced_by_one(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OSError, match=f"a device, a pipe or a socket; give the name of a file: .*{name}"):
            io.save(tmp_path / name, {"w": np.ones(3)})
    assert (tmp_path / "pipe").is_fifo()
    assert names(tmp_path) == ["link", "pipe"]


def test_a_long_name_is_no_obstacle(tmp_path):
    path = tmp_path / ("x" * 250)
    with io.replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


def test_a_missing_folder_is_named(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r"the folder to write into does not exist: .*none"),
        io.replacing(tmp_path / "none" / "x"),
    ):
        pytest.fail("the block must not run")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError, match="give the name of a file"), io.replacing(tmp_path):
        pytest.fail("the block must not run")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    path.write_bytes(b"old")

    def refuse(name, mode):
        raise PermissionError(errno.EACCES, "Permission denied", str(name))

    monkeypatch.setattr("tinygrad_fs.io.files.open", refuse, raising=False)
    message = re.escape(f"cannot write into the folder: Permission denied: {str(tmp_path)!r}")
    with pytest.raises(PermissionError, match=message), io.replacing(path):
        pytest.fail("the block must not run")
    assert path.read_bytes() == b"old"
