"""The vendor's published Python client, unmodified: only its base URL points at this server."""

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest
from lumoauth import LumoAuth, LumoAuthAgent
from lumoauth.delegation import DelegationChain
from lumoauth.errors import (
    LumoAuthApiError,
    LumoAuthAuthenticationError,
    LumoAuthNotFoundError,
    LumoAuthPermissionDeniedError,
)

SCOPE = "openid profile email offline_access"
NO_SUCH_PERMISSION = "nonsense.nobody_has_this"


@pytest.fixture(scope="module")
def by_key(dev):
    """The client with the organization's API key."""
    return LumoAuth(base_url=dev["base_url"], org_id=dev["org"], api_key=dev["api_key"])


@pytest.fixture(scope="module")
def anonymous(dev):
    """The client without any credential of its own."""
    return LumoAuth(base_url=dev["base_url"], org_id=dev["org"])


@pytest.fixture(scope="module")
def obtain(dev, anonymous, callback):
    """Runs the code flow for a person and returns the token response."""
    client = dev["web_client"]

    def run(person, scope=SCOPE):
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        state = secrets.token_urlsafe(16)
        url = anonymous.auth.authorization_url(
            client_id=client["client_id"], redirect_uri=callback, scope=scope, state=state, code_challenge=challenge
        )
        answer = parse_qs(urlsplit(person.visit(url, callback)).query)
        assert answer["state"] == [state]
        secret = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
        return anonymous.auth.exchange_code(answer["code"][0], callback, code_verifier=verifier, **secret)

    return run


@pytest.fixture
def agent(dev):
    """The demo agent, not yet authenticated."""
    credentials = {name: dev["agent"][name] for name in ("client_id", "client_secret")}
    return LumoAuthAgent(base_url=dev["base_url"], org_id=dev["org"], **credentials)


@pytest.fixture(scope="module")
def of_admin(dev, obtain, admin):
    """The client with a token of the administrator that may list permissions."""
    return as_bearer(dev, obtain(admin, "openid authz:read"))


@pytest.fixture(scope="module")
def held(of_admin):
    """Two permissions that the administrator has."""
    return sorted(of_admin.permissions.list_slugs())[:2]


def as_bearer(dev, token):
    return LumoAuth(base_url=dev["base_url"], org_id=dev["org"], token_provider=lambda: token["access_token"])


class TestAuth:
    def test_a_service_gets_a_token(self, dev, anonymous):
        service = dev["service_client"]
        token = anonymous.auth.client_credentials(service["client_id"], service["client_secret"])
        assert token["token_type"] == "Bearer"
        assert token["expires_in"] > 0
        info = anonymous.auth.userinfo(token["access_token"])
        assert info["sub"] == f"client_{service['client_id']}"
        assert info["identity_type"] == "client"

    def test_a_wrong_secret_is_an_authentication_error(self, dev, anonymous):
        with pytest.raises(LumoAuthAuthenticationError) as caught:
            anonymous.auth.client_credentials(dev["service_client"]["client_id"], "wrong")
        assert caught.value.code == "invalid_client"

    def test_a_scope_outside_the_client_is_an_error(self, dev, anonymous):
        service = dev["service_client"]
        with pytest.raises(LumoAuthApiError) as caught:
            anonymous.auth.client_credentials(service["client_id"], service["client_secret"], scopes=["no-such-scope"])
        assert (caught.value.status_code, caught.value.code) == (400, "invalid_scope")

    def test_a_user_signs_in_refreshes_and_signs_out(self, dev, anonymous, obtain, user):
        client = {name: dev["web_client"][name] for name in ("client_id", "client_secret")}
        token = obtain(user)
        info = anonymous.auth.userinfo(token["access_token"])
        assert info["email"] == dev["user"]["email"]
        assert info["tenant"] == dev["org"]
        second = anonymous.auth.refresh_token(token["refresh_token"], **client)
        assert second["access_token"] != token["access_token"]
        anonymous.auth.revoke(second["refresh_token"], token_type_hint="refresh_token", **client)
        with pytest.raises(LumoAuthApiError) as caught:
            anonymous.auth.refresh_token(second["refresh_token"], **client)
        assert caught.value.code == "invalid_grant"
        with pytest.raises(LumoAuthAuthenticationError):
            anonymous.auth.userinfo(second["access_token"])

    def test_revoking_an_unknown_token_is_no_error(self, dev, anonymous):
        service = dev["service_client"]
        anonymous.auth.revoke("unknown", client_id=service["client_id"], client_secret=service["client_secret"])

    def test_userinfo_wants_a_token_and_not_an_api_key(self, by_key):
        with pytest.raises(LumoAuthApiError) as caught:
            by_key.auth.userinfo()
        assert caught.value.status_code in (400, 401)


class TestAgent:
    def test_an_agent_authenticates_and_may_ask_again_for_what_it_got(self, agent):
        assert agent.authenticate()
        assert agent.access_token
        assert agent.authenticate(agent.token_scopes or None)

    def test_an_agent_reads_its_own_card(self, dev, agent):
        info = agent.get_agent_info()
        assert info["sub"] == f"agent_{dev['agent']['agent_id']}"
        assert info["identity_type"] == "agent"
        assert info["agent_id"] == dev["agent"]["agent_id"]
        assert isinstance(info["capabilities"], list)
        assert all(agent.has_capability(name) for name in info["capabilities"])
        assert not agent.is_budget_exhausted()

    def test_an_agent_id_is_a_client_id(self, dev, anonymous):
        agent = dev["agent"]
        assert anonymous.auth.client_credentials(agent["agent_id"], agent["client_secret"])["access_token"]

    def test_a_wrong_secret_does_not_authenticate(self, dev):
        agent = LumoAuthAgent(
            base_url=dev["base_url"], org_id=dev["org"], client_id=dev["agent"]["client_id"], client_secret="wrong"
        )
        assert agent.authenticate() is False


class TestExchange:
    def test_an_agent_acts_for_a_user_until_the_user_takes_it_back(self, dev, anonymous, obtain, user, agent):
        agent.authenticate()
        token = obtain(user)
        chain = DelegationChain(agent)
        chain.set_user_token("visit", token["access_token"])
        delegated = chain.exchange("visit")
        assert DelegationChain.parse_actor_chain(delegated) == [f"agent_{dev['agent']['agent_id']}"]
        assert DelegationChain.get_subject(delegated) == anonymous.auth.userinfo(token["access_token"])["sub"]
        client = {name: dev["web_client"][name] for name in ("client_id", "client_secret")}
        anonymous.auth.revoke(token["refresh_token"], token_type_hint="refresh_token", **client)
        with pytest.raises(LumoAuthApiError) as caught:
            chain.exchange("visit")
        assert caught.value.code == "invalid_grant"

    def test_more_than_both_have_is_refused(self, obtain, user, agent):
        agent.authenticate()
        chain = DelegationChain(agent)
        chain.set_user_token("visit", obtain(user)["access_token"])
        with pytest.raises(LumoAuthApiError) as caught:
            chain.exchange("visit", scopes=["admin"])
        assert (caught.value.status_code, caught.value.code) == (400, "invalid_scope")

    def test_a_user_token_alone_is_no_proof_of_who_asks(self, anonymous, obtain, user):
        with pytest.raises(LumoAuthAuthenticationError) as caught:
            anonymous.auth.token_exchange(obtain(user)["access_token"])
        assert caught.value.code == "invalid_client"


class TestPermissions:
    def test_the_list_comes_under_both_of_its_names(self, of_admin):
        listed = of_admin.permissions.list()
        assert listed["permissions"] == listed["data"]
        assert listed["count"] == len(listed["data"]) > 0

    def test_an_administrator_holds_what_is_listed(self, of_admin, held):
        assert len(held) == 2
        assert of_admin.permissions.check(held[0]) is True
        assert of_admin.permissions.check(NO_SUCH_PERMISSION) is False
        assert of_admin.permissions.check_all(held) is True
        assert of_admin.permissions.check_all([*held, NO_SUCH_PERMISSION]) is False
        assert of_admin.permissions.check_any([NO_SUCH_PERMISSION, held[1]]) is True
        assert of_admin.permissions.check_any([NO_SUCH_PERMISSION]) is False

    def test_a_bulk_check_answers_for_each(self, of_admin, held):
        answer = of_admin.permissions.check_bulk([*held, NO_SUCH_PERMISSION])
        assert answer["results"] == {held[0]: True, held[1]: True, NO_SUCH_PERMISSION: False}

    def test_a_detailed_check_names_subject_and_permission(self, of_admin, held):
        answer = of_admin.permissions.check_detailed(held[0], {"ticket": 7})
        assert answer["allowed"] is True
        assert answer["permission"] == held[0]
        assert answer["subject_type"] == "user"
        assert answer["subject_id"] == answer["user_id"]
        assert answer["context"] == {"ticket": 7}

    def test_an_api_key_answers_for_the_user_who_created_it(self, by_key, held):
        assert by_key.permissions.check(held[0]) is True
        assert by_key.permissions.check_detailed(held[0])["subject_type"] == "user"
        assert by_key.permissions.check(NO_SUCH_PERMISSION) is False

    def test_an_ordinary_user_lacks_what_the_administrator_holds(self, dev, obtain, user, held):
        client = as_bearer(dev, obtain(user))
        assert client.permissions.check_all(held) is False

    def test_an_api_key_asks_about_another_user(self, dev, by_key, anonymous, obtain, user, held):
        subject = anonymous.auth.userinfo(obtain(user)["access_token"])["sub"]
        answer = by_key.permissions.check_detailed(held[0], user_id=subject)
        assert (answer["subject_id"], answer["allowed"]) == (subject, False)

    def test_an_api_key_asks_about_an_agent(self, dev, by_key):
        answer = by_key.permissions.check_detailed(NO_SUCH_PERMISSION, agent_id=dev["agent"]["agent_id"])
        assert (answer["subject_type"], answer["allowed"]) == ("agent", False)

    def test_an_unknown_subject_is_not_found(self, by_key):
        with pytest.raises(LumoAuthNotFoundError) as caught:
            by_key.permissions.check("users.view", user_id="00000000-0000-7000-8000-000000000000")
        assert caught.value.code == "SUBJECT_NOT_FOUND"

    def test_asking_about_another_without_the_right_is_denied(self, dev, anonymous, obtain, user, admin):
        other = anonymous.auth.userinfo(obtain(admin)["access_token"])["sub"]
        client = as_bearer(dev, obtain(user))
        with pytest.raises(LumoAuthPermissionDeniedError) as caught:
            client.permissions.check("users.view", user_id=other)
        assert caught.value.code == "INSUFFICIENT_PERMISSIONS"

    def test_listing_with_an_api_key_names_the_missing_scope(self, by_key):
        with pytest.raises(LumoAuthPermissionDeniedError) as caught:
            by_key.permissions.list()
        assert caught.value.required_scopes == ["authz:read"]
        assert caught.value.message.startswith("Insufficient scope:")

    def test_listing_with_a_token_without_the_scope_is_denied(self, dev, obtain, user):
        with pytest.raises(LumoAuthPermissionDeniedError) as caught:
            as_bearer(dev, obtain(user)).permissions.list()
        assert caught.value.required_scopes == ["authz:read"]


class TestCredentials:
    def test_no_credential_is_an_authentication_error(self, anonymous):
        with pytest.raises(LumoAuthAuthenticationError):
            anonymous.permissions.check("users.view")

    def test_a_false_key_is_an_authentication_error(self, dev):
        client = LumoAuth(base_url=dev["base_url"], org_id=dev["org"], api_key="lmk_false")
        with pytest.raises(LumoAuthAuthenticationError) as caught:
            client.permissions.check("users.view")
        assert caught.value.status_code == 401

    def test_an_unknown_organization_is_not_found(self, dev):
        client = LumoAuth(base_url=dev["base_url"], org_id="no-such-organization")
        with pytest.raises(LumoAuthNotFoundError):
            client.auth.client_credentials("any", "any")
