"""Fixtures of the Python suites."""

import pytest

from harness import Person, loopback_redirect_uri, read_dev_json, wait_until_ready


def pytest_configure(config):
    config.addinivalue_line("markers", "over_tls: about certificates that clients show in the handshake")


def pytest_collection_modifyitems(config, items):
    """A round over plain HTTP has no handshake: what is about it belongs to the rounds over TLS alone."""
    if read_dev_json()["base_url"].startswith("https:"):
        return
    elsewhere = [item for item in items if item.get_closest_marker("over_tls")]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


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
