"""Files that are there whole or not at all.

write
├── given a disk that is full, or a kill before the last step: the file before is as it was
└── else: replaces it, and leaves nothing beside it
"""

import errno
import os

import pytest

from pegboard.files import atomic


def test_a_file_is_made_and_replaced(tmp_path):
    path = tmp_path / "status.xml"
    atomic.write(path, b"one")
    atomic.write(path, b"two")
    assert path.read_bytes() == b"two"
    assert [found.name for found in tmp_path.iterdir()] == ["status.xml"]


def test_a_full_disk_leaves_the_file_before(tmp_path, monkeypatch):
    path = tmp_path / "status.xml"
    atomic.write(path, b"one")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        atomic.write(path, b"two")
    assert path.read_bytes() == b"one"
    assert [found.name for found in tmp_path.iterdir()] == ["status.xml"]


def test_a_folder_that_is_not_there_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        atomic.write(tmp_path / "none" / "status.xml", b"one")


def test_all_is_on_disk_before_the_name_is(tmp_path, monkeypatch):
    """A power cut after the last step finds the whole file."""
    path, steps = tmp_path / "status.xml", []
    sync, replace = os.fsync, type(path).replace

    def synced(handle):
        steps.append("sync")
        sync(handle)

    def replaced(self, target):
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(type(path), "replace", replaced)
    atomic.write(path, b"one")
    assert steps == ["sync", "rename", "sync"]
