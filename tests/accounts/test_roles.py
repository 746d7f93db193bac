"""What each role may do, and that the unknown may nothing."""

from __future__ import annotations

from outreach.accounts.roles import ROLES, may


def test_only_owners_manage_and_everyone_reads() -> None:
    assert [role for role in ROLES if may(role, "manage")] == ["owner"]
    assert all(may(role, "read") for role in ROLES)
    assert [role for role in ROLES if may(role, "send")] == ["owner", "campaigner", "approver"]
    assert not may("analyst", "draft")


def test_the_unknown_may_nothing() -> None:
    assert not may("stranger", "read")
    assert not may("owner", "fly")
