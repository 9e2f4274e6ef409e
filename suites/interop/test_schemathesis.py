"""Schemathesis, which makes requests from the OpenAPI document: whatever it sends, the server answers as it said it would."""

import json
import os
import re
import subprocess
import sys

import pytest
import requests
from openapi_spec_validator import validate

SEED = 20_250_101
# Requests of each kind and operation. The whole run stays below two minutes on two cores.
EXAMPLES = 4
DEADLINE_SECONDS = 300

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]

# What is left out, each with its reason.
LEFT_OUT = {
    "adminSessionsRevokeAll": "it would sign out the people whom other suites sign in",
    "tokensWithdrawAll": "it would void the tokens other suites work with",
    "keysRotate": "its quota would be used up for the suites that rotate keys themselves",
    "submitLoginJson": "it counts guesses at passwords, and would lock the demo people's accounts",
    "submitLogin": "it counts guesses at passwords, and would lock the demo people's accounts",
}


@pytest.fixture(scope="module")
def document(dev):
    """The served document, with the server's organization in place of every other, since a slug that was made up exists nowhere."""
    document = requests.get(f"{dev['base_url']}/openapi.json", timeout=30).json()
    org = document["components"]["parameters"]["Org"]
    org["schema"] = {"type": "string", "enum": [dev["org"]]}
    org["example"] = dev["org"]
    document["servers"] = [{"url": dev["base_url"]}]
    return document


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def test_the_document_is_one_by_its_own_standard(dev):
    validate(requests.get(f"{dev['base_url']}/openapi.json", timeout=30).json())


def test_whatever_is_left_out_is_still_there(document):
    served = {operation["operationId"] for _, _, operation in operations(document)}
    assert set(LEFT_OUT) <= served


def run(document, dev, tmp_path, *more):
    """One run of the tool; what it found is the message."""
    schema = tmp_path / "openapi.json"
    schema.write_text(json.dumps(document))
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(schema),
        "--url", dev["base_url"],
        "--checks", ",".join(CHECKS),
        "--phases", "examples,coverage,fuzzing",
        "--max-examples", str(EXAMPLES),
        "--seed", str(SEED),
        "--generation-deterministic",
        "--max-redirects", "0",
        "--request-timeout", "30",
        "--suppress-health-check", "all",
        "--warnings", "off",
        "--no-color",
        *more,
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    print(done.stdout[-2_000:])
    findings = done.stdout[done.stdout.find("= FAILURES") :] if "= FAILURES" in done.stdout else done.stdout
    assert done.returncode == 0, findings[:20_000] + done.stderr[-2_000:]


def test_an_administrator_is_answered_as_the_document_says(dev, document, tmp_path):
    left_out = f"^({'|'.join(map(re.escape, LEFT_OUT))})$"
    run(document, dev, tmp_path, "--header", f"X-API-Key: {dev['api_key']}", "--exclude-operation-id-regex", left_out)


def test_a_client_is_answered_as_the_document_says(dev, document, tmp_path):
    service = dev["service_client"]
    of_clients = [operation["operationId"] for _, _, operation in operations(document) if {"ClientAuth": []} in operation["security"]]
    assert of_clients
    named = f"^({'|'.join(map(re.escape, of_clients))})$"
    run(document, dev, tmp_path, "--auth", f"{service['client_id']}:{service['client_secret']}", "--include-operation-id-regex", named)
