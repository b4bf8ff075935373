"""Who an account is here, and which role it has."""

from __future__ import annotations

from typing import Any

import pytest

from tagent_dashboard.doorway.identity import NotAdmittedError, identity_of, name_of

ROLES = {"sre": "operator", "platform": "admin", "staff": "viewer"}


def claims(**changes: Any) -> dict[str, Any]:
    known = {
        "iss": "https://login.example.com/realm",
        "sub": "248289761001",
        "iat": 1_000,
        "nonce": "n1",
        "email": "ada@example.com",
        "groups": ["sre"],
    }
    return {**known, **changes}


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["sre"], "operator"),
        (["staff", "platform", "sre"], "admin"),
        (("staff",), "viewer"),
        ("sre", "operator"),
        (["nothing", "staff", 7, None], "viewer"),
    ],
)
def test_the_strongest_role_that_fits_is_taken(groups: object, role: str) -> None:
    assert identity_of(claims(groups=groups), ROLES, "groups").role == role


@pytest.mark.parametrize("groups", [[], ["SRE"], "srex", None, 7, {"other": "sre"}])
def test_whoever_has_none_is_refused_in_words(groups: object) -> None:
    with pytest.raises(NotAdmittedError, match=r"You are ada@example.com, but none of your groups"):
        identity_of(claims(groups=groups), ROLES, "groups")


def test_a_star_stands_for_whoever_signs_in_and_takes_nothing_from_the_others() -> None:
    roles = {**ROLES, "*": "viewer"}
    assert identity_of(claims(groups=None), roles, "groups").role == "viewer"
    assert identity_of(claims(), roles, "groups").role == "operator"
    with pytest.raises(NotAdmittedError):
        identity_of(claims(groups=["*"]), ROLES, "groups")


@pytest.mark.parametrize("missing", ["iat", "sub"])
def test_an_answer_without_a_person_or_a_time_is_not_relied_upon(missing: str) -> None:
    with pytest.raises(NotAdmittedError, match="cannot be relied upon"):
        identity_of(claims(**{missing: None}), ROLES, "groups")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "ada@example.com"),
        ({"email_verified": True}, "ada@example.com"),
        (
            {"email_verified": False, "preferred_username": "ada"},
            "ada@login.example.com",
        ),
        ({"email": None, "preferred_username": "healing"}, "healing@login.example.com"),
        ({"email": None}, "248289761001@login.example.com"),
        ({"email": None, "sub": "auth0|7 7", "iss": None}, "auth0-7-7@provider"),
        ({"email": "<b>zoë</b>\n@example.com"}, "-b-zo-b-@example.com"),
        ({"email": "x" * 200 + "@example.com"}, "x" * 88 + "@example.com"),
    ],
)
def test_a_name_for_the_audit_log_can_be_taken_for_no_other_kind_of_actor(
    changes: dict[str, object], name: str
) -> None:
    assert name_of(claims(**changes)) == name


def test_each_sign_in_is_a_session_of_its_own() -> None:
    def session(**changes: Any) -> str:
        return identity_of(claims(**changes), ROLES, "groups").session

    assert session() == session(groups=["platform"])
    assert len({session(), session(nonce="n2"), session(iat=1_001), session(sub="other")}) == 4
