"""What the Python suites share: the running server, and a person who signs in without a browser.

The person follows links and posts forms as a browser without JavaScript would, so every flow that passes here also
proves that the pages need no script.
"""

import json
import os
import time
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests


def read_dev_json():
    """What `lumoauth dev` wrote down: addresses, people, clients."""
    path = os.environ.get("LUMOAUTH_DEV_JSON")
    if not path:
        raise RuntimeError("LUMOAUTH_DEV_JSON must name the dev.json of a running `lumoauth dev`")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def wait_until_ready(base_url):
    """Waits until the server says that it can work."""
    for _ in range(100):
        try:
            if requests.get(f"{base_url}/health/ready", timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{base_url} is not ready")


def loopback_redirect_uri(client, port=49152):
    """A redirect URI of the client on this machine; nobody has to listen there, for nobody follows the last redirect."""
    for uri in client["redirect_uris"]:
        parts = urlsplit(uri)
        if parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"):
            return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{port}"))
    raise RuntimeError("the client has no loopback redirect URI")


class Person:
    """Somebody with an account and a cookie jar."""

    def __init__(self, email, password):
        self.email = email
        self.password = password
        self.session = requests.Session()

    def visit(self, url, redirect_uri, decision="allow"):
        """Opens an authorization URL and does what is asked on the way. Returns the URL that leads back to the client."""
        response = self.session.get(url, allow_redirects=False, timeout=30)
        has_sent_password = False
        for _ in range(20):
            if response.is_redirect:
                target = urljoin(response.url, response.headers["location"])
                if target.startswith(redirect_uri):
                    return target
                response = self.session.get(target, allow_redirects=False, timeout=30)
                continue
            form = find_form(response, decision)
            asks_password = form is not None and "password" in form.ids
            # A password that was refused once is not tried again: that would lock the account.
            if form is None or (asks_password and has_sent_password):
                break
            has_sent_password |= asks_password
            response = self._submit(response.url, form, decision)
        raise AssertionError(f"stuck at {response.url} ({response.status_code}): {response.text[:2000]}")

    def _submit(self, page, form, decision):
        fields = dict(form.fields)
        if "identifier" in form.ids:
            fields[form.ids["identifier"]] = self.email
        if "password" in form.ids:
            fields[form.ids["password"]] = self.password
        if decision in form.buttons:
            name, value = form.buttons[decision]
            if name:
                fields[name] = value
        target = urljoin(page, form.action or page)
        return self.session.request(form.method, target, data=fields, allow_redirects=False, timeout=30)


class Form:
    """One form of a page: where it goes, what it already holds, and which of its controls have an id."""

    def __init__(self, attributes):
        self.action = attributes.get("action")
        self.method = attributes.get("method", "get")
        self.fields = {}
        self.ids = {}
        self.buttons = {}


class Forms(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self):
        super().__init__()
        self.forms = []
        self._open = False

    def handle_starttag(self, tag, attrs):
        attributes = {name: value if value is not None else "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(attributes))
            self._open = True
        elif tag in ("input", "button") and self._open:
            self._control(tag, attributes)

    def handle_endtag(self, tag):
        if tag == "form":
            self._open = False

    def _control(self, tag, attributes):
        form, kind = self.forms[-1], attributes.get("type", "submit" if tag == "button" else "text")
        name, identity = attributes.get("name"), attributes.get("id")
        if kind == "submit":
            form.buttons[identity] = (name, attributes.get("value", ""))
        elif name and (kind not in ("checkbox", "radio") or "checked" in attributes):
            form.fields[name] = attributes.get("value", "on" if kind in ("checkbox", "radio") else "")
            form.ids[identity] = name


def find_form(response, decision):
    """The form of this page that a person would send next: the one to sign in with, or the one that decides."""
    page = Forms()
    page.feed(response.text)
    for form in page.forms:
        if "sign-in" in form.buttons or decision in form.buttons:
            return form
    return None
