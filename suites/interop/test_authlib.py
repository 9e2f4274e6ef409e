"""OAuth 2.0 and OpenID Connect with Authlib, for clients in Python, without a browser."""

import os
import subprocess
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc7591 import ClientMetadataClaims
from authlib.oidc.registration import ClientMetadataClaims as OpenIdMetadataClaims
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from harness import Person, loopback_redirect_uri

SCOPE = "openid profile email offline_access"


@pytest.fixture(scope="module", autouse=True)
def plain_http_is_fine_on_the_loopback_interface(dev):
    if dev["base_url"].startswith("http:"):
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    yield
    os.environ.pop("AUTHLIB_INSECURE_TRANSPORT", None)


@pytest.fixture(scope="module")
def metadata(dev):
    answer = requests.get(f"{dev['issuer']}/.well-known/openid-configuration", timeout=10)
    assert answer.status_code == 200
    assert answer.json()["issuer"] == dev["issuer"]
    return answer.json()


@pytest.fixture(scope="module")
def keys(metadata):
    return KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())


@pytest.fixture
def web(dev, metadata, callback):
    """A session of the web client."""
    return session(dev["web_client"], metadata, callback)


def session(client, metadata, redirect_uri, method="client_secret_basic", scope=SCOPE):
    return OAuth2Session(
        client["client_id"],
        client.get("client_secret"),
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope=scope,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"],
    )


def sign_in(client, metadata, person, **extra):
    """The whole code flow. Returns the token response and the nonce it must carry."""
    nonce, verifier = generate_token(), generate_token(48)
    endpoint = metadata["authorization_endpoint"]
    url, state = client.create_authorization_url(endpoint, nonce=nonce, code_verifier=verifier, **extra)
    back = person.visit(url, client.redirect_uri)
    token = client.fetch_token(authorization_response=back, state=state, code_verifier=verifier)
    return token, nonce


def claims_of(token, keys, metadata, client, nonce):
    claims = jwt.decode(token["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"]).claims
    rules = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": client["client_id"]},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
    )
    rules.validate(claims)
    return claims


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_web_application_signs_its_user_in(dev, metadata, keys, callback, user, method):
    client = session(dev["web_client"], metadata, callback, method)
    token, nonce = sign_in(client, metadata, user)
    claims = claims_of(token, keys, metadata, dev["web_client"], nonce)
    person = client.get(metadata["userinfo_endpoint"]).json()
    assert person["sub"] == claims["sub"]
    assert person["email"] == dev["user"]["email"]


def test_a_single_page_application_signs_its_user_in(dev, metadata, keys, user):
    redirect_uri = loopback_redirect_uri(dev["spa_client"])
    client = session(dev["spa_client"], metadata, redirect_uri, "none", "openid profile email")
    token, nonce = sign_in(client, metadata, user)
    assert claims_of(token, keys, metadata, dev["spa_client"], nonce)["sub"]


def test_the_response_names_the_issuer(metadata, web, user):
    url, _ = web.create_authorization_url(metadata["authorization_endpoint"], code_verifier=generate_token(48))
    answer = parse_qs(urlsplit(user.visit(url, web.redirect_uri)).query)
    assert answer["iss"] == [metadata["issuer"]]


def test_a_denied_consent_reaches_the_application(metadata, web, user):
    endpoint = metadata["authorization_endpoint"]
    url, state = web.create_authorization_url(endpoint, code_verifier=generate_token(48), prompt="consent")
    answer = parse_qs(urlsplit(user.visit(url, web.redirect_uri, decision="deny")).query)
    assert (answer["error"], answer["state"]) == (["access_denied"], [state])


def test_a_public_client_cannot_leave_out_pkce(dev, metadata, user):
    redirect_uri = loopback_redirect_uri(dev["spa_client"])
    client = session(dev["spa_client"], metadata, redirect_uri, "none", "openid")
    url, _ = client.create_authorization_url(metadata["authorization_endpoint"])
    answer = parse_qs(urlsplit(user.visit(url, redirect_uri)).query)
    assert answer["error"] == ["invalid_request"]


def test_a_wrong_password_signs_nobody_in(dev, metadata, web):
    url, _ = web.create_authorization_url(metadata["authorization_endpoint"], code_verifier=generate_token(48))
    impostor = Person(dev["user"]["email"], "not the password")
    with pytest.raises(AssertionError, match="stuck"):
        impostor.visit(url, web.redirect_uri)


def test_a_refresh_token_rotates(metadata, web, user):
    first, _ = sign_in(web, metadata, user)
    second = web.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert web.get(metadata["userinfo_endpoint"]).status_code == 200
    with pytest.raises(OAuthError) as caught:
        web.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
    assert caught.value.error == "invalid_grant"


def test_a_revoked_token_is_inactive(metadata, web, user):
    token, _ = sign_in(web, metadata, user)

    def introspect():
        answer = web.introspect_token(metadata["introspection_endpoint"], token["access_token"])
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()

    assert introspect()["active"] is True
    assert web.revoke_token(metadata["revocation_endpoint"], token["access_token"]).status_code == 200
    assert introspect() == {"active": False}
    assert web.get(metadata["userinfo_endpoint"]).status_code == 401


def test_a_service_gets_a_token_for_itself(dev, metadata, keys):
    service = dev["service_client"]
    client = OAuth2Session(service["client_id"], service["client_secret"], token_endpoint=metadata["token_endpoint"])
    token = client.fetch_token(grant_type="client_credentials")
    assert token["token_type"] == "Bearer"
    assert "refresh_token" not in token
    access = jwt.decode(token["access_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])
    assert access.header["typ"] == "at+jwt"
    assert access.claims["iss"] == dev["issuer"]
    assert access.claims["client_id"] == service["client_id"]


def test_a_wrong_client_secret_is_invalid_client(dev, metadata):
    client = OAuth2Session(dev["service_client"]["client_id"], "wrong", token_endpoint=metadata["token_endpoint"])
    with pytest.raises(OAuthError) as caught:
        client.fetch_token(grant_type="client_credentials")
    assert caught.value.error == "invalid_client"


def register(metadata, **members):
    answer = requests.post(metadata["registration_endpoint"], json=members, timeout=10)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def test_what_is_registered_is_sound_client_metadata(metadata, callback):
    client = register(
        metadata,
        client_name="Newcomer",
        redirect_uris=[callback],
        logo_uri="https://rp.example/logo.png",
        initiate_login_uri="https://rp.example/start",
        require_auth_time=True,
    )
    for claims in (ClientMetadataClaims, OpenIdMetadataClaims):
        claims(client, {}, claims.get_claims_options(metadata)).validate()
    assert client["initiate_login_uri"] == "https://rp.example/start"
    assert client["require_auth_time"] is True


def test_a_client_that_registered_itself_signs_its_user_in_with_a_key(metadata, keys, callback, user):
    key = RSAKey.generate_key(2048, {"kid": "newcomer", "use": "sig", "alg": "RS256"})
    client = register(
        metadata,
        client_name="Newcomer",
        redirect_uris=[callback],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [key.as_dict(private=False)]},
        scope=SCOPE,
    )
    assert "client_secret" not in client
    signer = OAuth2Session(
        client["client_id"],
        key.as_dict(private=True),
        token_endpoint_auth_method=PrivateKeyJWT(metadata["token_endpoint"], headers={"kid": "newcomer"}),
        scope=SCOPE,
        redirect_uri=callback,
        code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"],
    )
    token, nonce = sign_in(signer, metadata, user)
    assert claims_of(token, keys, metadata, client, nonce)["sub"]
    assert signer.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])["access_token"]


@pytest.mark.over_tls
def test_a_bank_pushes_its_request_and_its_tokens_are_bound_to_its_certificate(dev, metadata, keys, user, tmp_path):
    key = RSAKey.generate_key(2048, {"kid": "bank", "use": "sig", "alg": "PS256"})
    client = register(
        metadata,
        client_name="Bank",
        redirect_uris=["https://bank.example/callback"],
        fapi_profile="fapi2_security",
        grant_types=["authorization_code", "refresh_token"],
        scope=SCOPE,
        token_endpoint_auth_method="private_key_jwt",
        tls_client_certificate_bound_access_tokens=True,
        jwks={"keys": [key.as_dict(private=False)]},
    )
    bank = OAuth2Session(
        client["client_id"],
        key.as_dict(private=True),
        token_endpoint_auth_method=PrivateKeyJWT(dev["issuer"], headers={"kid": "bank"}, alg="PS256"),
        scope=SCOPE,
        redirect_uri="https://bank.example/callback",
        code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"],
    )
    bank.cert = certificate(tmp_path)
    nonce, verifier = generate_token(), generate_token(48)
    url, state = bank.create_authorization_url(metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier)
    assert "error" in parse_qs(urlsplit(user.visit(url, bank.redirect_uri)).query)
    proof = bank.client_auth(bank.token_endpoint_auth_method)
    endpoint = metadata["pushed_authorization_request_endpoint"]
    pushed = requests.post(endpoint, data=parse_qsl(urlsplit(url).query), auth=proof, timeout=10)
    assert pushed.status_code == 201, pushed.text
    reference = urlencode({"client_id": client["client_id"], "request_uri": pushed.json()["request_uri"]})
    back = user.visit(f"{metadata['authorization_endpoint']}?{reference}", bank.redirect_uri)
    token = bank.fetch_token(authorization_response=back, state=state, code_verifier=verifier)
    assert claims_of(token, keys, metadata, client, nonce)["sub"]
    renewed = bank.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    for access_token in [token["access_token"], renewed["access_token"]]:
        assert bank.get(metadata["userinfo_endpoint"]).json()["email"] == dev["user"]["email"]
        line = {"authorization": f"Bearer {access_token}"}
        assert requests.get(metadata["userinfo_endpoint"], headers=line, timeout=10).status_code == 401


def certificate(folder):
    """A certificate that nobody vouches for, as files for requests: certificate and key."""
    files = str(folder / "bank.pem"), str(folder / "bank.key")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    place = ["-out", files[0], "-keyout", files[1]]
    subprocess.run(["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=bank", *curve, *place], check=True, capture_output=True)
    return files


def test_a_registration_is_managed_with_its_own_token(metadata, callback):
    client = register(metadata, client_name="Newcomer", redirect_uris=[callback])
    place, line = client["registration_client_uri"], {"authorization": f"Bearer {client['registration_access_token']}"}
    assert requests.get(place, headers=line, timeout=10).json()["client_name"] == "Newcomer"
    assert requests.get(place, headers={"authorization": "Bearer lmr_other"}, timeout=10).status_code == 401
    assert requests.delete(place, headers=line, timeout=10).status_code == 204
    assert requests.get(place, headers=line, timeout=10).status_code == 401
