"""The control socket as its contract describes it: every answer is validated against api/openapi.yaml."""

import functools
import http.client
import json
import pathlib
import re
import socket
import urllib.parse

import jsonschema
import yaml

CONTRACT = pathlib.Path(__file__).resolve().parent.parent / "api/openapi.yaml"


class ControlConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("atlas", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


@functools.cache
def contract():
    return yaml.safe_load(CONTRACT.read_text())


def described(method, path):
    """The operation that a request is for."""
    for template, operations in contract()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"the contract has no {method} {path}")


def resolved(schema):
    while "$ref" in schema:
        name = schema["$ref"].removeprefix("#/").split("/")
        schema = functools.reduce(lambda value, key: value[key], name, contract())
    return schema


def validate(schema, value):
    # No member that the contract does not know.
    strict = {"components": contract()["components"], "allOf": [schema]}
    if isinstance(value, dict) and "properties" in resolved(schema):
        strict["unevaluatedProperties"] = False
    jsonschema.Draft202012Validator(strict).validate(value)


class Api:
    """call() returns status and decoded body; the named ones assert that all went well."""

    def __init__(self, socket_path):
        self.socket_path = socket_path

    def call(self, method, path, body=None, **query):
        operation = described(method, path)
        if body is not None:
            validate(operation["requestBody"]["content"]["application/json"]["schema"], body)
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        status, media, text = self.raw(method, target, None if body is None else json.dumps(body))
        response = operation["responses"].get(str(status))
        assert response is not None, f"the contract has no {status} of {method} {path}: {text}"
        content = resolved(response).get("content", {})
        assert media in content or (not content and not text), f"{method} {path} answered with {media}"
        if not media.endswith("json"):
            return status, text
        value = json.loads(text)
        validate(content[media]["schema"], value)
        return status, value

    def raw(self, method, target, body=None):
        connection = ControlConnection(self.socket_path)
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, response.getheader("Content-Type", ""), text

    def good(self, method, path, body=None, **query):
        status, value = self.call(method, path, body, **query)
        assert status < 300, value
        return value

    def refused(self, status, code, method, path, body=None, **query):
        """The problem with which a request is refused."""
        got, problem = self.call(method, path, body, **query)
        assert (got, problem.get("code")) == (status, code), problem
        return problem

    def create(self, zone, text=None, **more):
        return self.good("POST", "/v1/zones", {"zone": zone, "text": text or ZONE, **more})

    def text(self, zone):
        return self.good("GET", f"/v1/zones/{zone}/text")

    def set(self, zone, name, rrtype, *records, **more):
        rrset = {"name": name, "type": rrtype, "records": list(records)}
        return self.good("PATCH", f"/v1/zones/{zone}/rrsets", {"rrsets": [rrset], **more})


ZONE = """$TTL 300
@ SOA ns admin 1 7200 3600 1209600 300
@ NS ns
ns A 192.0.2.53
www A 192.0.2.1
www A 192.0.2.2
mail A 192.0.2.25
"""
