"""Fixtures of the Python suites."""

import pytest

from harness import Person, loopback_redirect_uri, read_dev_json, wait_until_ready


@pytest.fixture(scope="session")
def dev():
    """The running server's dev.json, once the server is ready."""
    settings = read_dev_json()
    wait_until_ready(settings["base_url"])
    return settings


@pytest.fixture(scope="session")
def user(dev):
    """The demo user; stays signed in from one test to the next, as people do."""
    return Person(dev["user"]["email"], dev["user"]["password"])


@pytest.fixture(scope="session")
def admin(dev):
    """The demo administrator."""
    return Person(dev["admin"]["email"], dev["admin"]["password"])


@pytest.fixture(scope="session")
def callback(dev):
    """Where the web client waits for the answer."""
    return loopback_redirect_uri(dev["web_client"])
