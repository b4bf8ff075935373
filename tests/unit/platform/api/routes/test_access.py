from __future__ import annotations

from tests.fakes.api import Api


async def test_whoami_names_the_token_and_its_role(api: Api) -> None:
    assert (await api.get("/api/v1/whoami", as_role="viewer")).json() == {
        "name": "viewer",
        "role": "viewer",
        "service": None,
    }


async def test_a_sidecar_may_ask_who_it_is(api: Api) -> None:
    await api.mint("sidecar", "chat")
    assert (await api.get("/api/v1/whoami", as_role="chat")).json()["service"] == "chat"


async def test_a_minted_token_lets_in_and_is_listed_without_its_secret(api: Api) -> None:
    minted = await api.post(
        "/api/v1/tokens", as_role="admin", json={"name": "ben", "role": "operator"}
    )
    assert minted.status_code == 201
    api.tokens["ben"] = minted.json()["token"]
    assert (await api.get("/api/v1/whoami", as_role="ben")).json()["name"] == "ben"
    listed = (await api.get("/api/v1/tokens", as_role="admin")).json()["items"]
    assert all(token["token"] is None for token in listed)
    assert "ben" in {token["name"] for token in listed}


async def test_tokens_are_for_admins(api: Api) -> None:
    body = {"name": "ben", "role": "viewer"}
    assert (await api.post("/api/v1/tokens", json=body)).status_code == 403
    assert (await api.get("/api/v1/tokens")).status_code == 403
    assert (await api.ask("DELETE", "/api/v1/tokens/any")).status_code == 403


async def test_a_wrong_role_is_named_by_its_path(api: Api) -> None:
    answer = await api.post("/api/v1/tokens", as_role="admin", json={"name": "ben", "role": "king"})
    assert (answer.status_code, answer.json()["field"]) == (422, "$.role")


async def test_the_last_admin_cannot_lock_everybody_out(api: Api) -> None:
    listed = (await api.get("/api/v1/tokens", as_role="admin")).json()["items"]
    admin = next(token for token in listed if token["role"] == "admin")
    answer = await api.ask("DELETE", f"/api/v1/tokens/{admin['id']}", as_role="admin")
    assert (answer.status_code, answer.json()["reason"]) == (409, "last_admin")


async def test_an_unknown_token_cannot_be_revoked(api: Api) -> None:
    answer = await api.ask("DELETE", "/api/v1/tokens/nobody", as_role="admin")
    assert answer.status_code == 404


async def test_a_token_with_a_ttl_is_nobody_s_once_it_is_over(api: Api) -> None:
    body = {"name": "ben", "role": "viewer", "ttl_s": 60}
    minted = (await api.post("/api/v1/tokens", as_role="admin", json=body)).json()
    api.tokens["ben"] = minted["token"]
    assert minted["expires_at"] is not None
    await api.house.clock.advance(59.9)
    assert (await api.get("/api/v1/whoami", as_role="ben")).status_code == 200
    await api.house.clock.advance(0.2)
    refused = await api.get("/api/v1/whoami", as_role="ben")
    assert refused.status_code == 401
    assert "expired" in refused.json()["detail"]


async def test_a_ttl_that_cannot_be_is_named_by_its_path(api: Api) -> None:
    body = {"name": "ben", "role": "viewer", "ttl_s": 0}
    answer = await api.post("/api/v1/tokens", as_role="admin", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "$.ttl_s")
