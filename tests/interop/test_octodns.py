"""octodns with its Rfc2136Provider: what a zone shall have is in a file; it asks for the zone by AXFR and sends what differs."""

import re

import clients
import update_servers
from clients import records, serial
from conftest import APEX

CONFIGURATION = """
providers:
  wanted:
    class: octodns.provider.yaml.YamlProvider
    directory: {folder}
    default_ttl: 300
    enforce_order: false
  server:
    class: octodns_bind.Rfc2136Provider
    host: 127.0.0.1
    port: {port}
    key_name: {key}
    key_secret: {secret}
    key_algorithm: {algorithm}
zones:
  {apex}:
    sources: [wanted]
    targets: [server]
"""
WANTED = """
ns: {ttl: 300, type: A, value: 127.0.0.1}
www:
  - {type: A, values: [192.0.2.1, 192.0.2.2]}
  - {type: AAAA, value: "2001:db8::1"}
  - {type: TXT, value: octets}
mail: {type: MX, value: {preference: 10, exchange: www.example.test.}}
_sip._tcp: {type: SRV, value: {priority: 1, weight: 2, port: 5060, target: www.example.test.}}
"""


def test_the_second_run_changes_nothing(transferring, tmp_path):
    program = clients.program("octodns-sync")
    configuration, wanted = tmp_path / "octodns.yaml", tmp_path / f"{APEX}yaml"
    key = {"key": update_servers.KEY_NAME, "secret": update_servers.SECRET, "algorithm": update_servers.ALGORITHM}
    configuration.write_text(CONFIGURATION.format(folder=tmp_path, port=transferring.port, apex=APEX, **key))
    wanted.write_text(WANTED)

    def sync():
        return clients.run(program, "--config-file", configuration, "--doit")

    sync()
    assert records(transferring, "www.example.test.", "A") == ["192.0.2.1", "192.0.2.2"]
    assert records(transferring, "www.example.test.", "AAAA") == ["2001:db8::1"]
    assert records(transferring, "mail.example.test.", "MX") == ["10 www.example.test."]
    assert records(transferring, "_sip._tcp.example.test.", "SRV") == ["1 2 5060 www.example.test."]
    before = serial(transferring, APEX)
    assert before > update_servers.SERIAL
    said = sync()
    assert serial(transferring, APEX) == before and re.search("No changes were planned", said), said
    wanted.write_text(re.sub("mail:.*\n", "", WANTED).replace("192.0.2.2", "192.0.2.3"))
    sync()
    assert records(transferring, "www.example.test.", "A") == ["192.0.2.1", "192.0.2.3"]
    assert records(transferring, "mail.example.test.", "MX") == []
