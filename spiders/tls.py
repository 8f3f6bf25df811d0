"""What a TLS connection says of the server: protocol, cipher, and the certificates it sent."""

from __future__ import annotations

import hashlib
from ssl import DER_cert_to_PEM_cert
from typing import Any

from OpenSSL import SSL, crypto

from archive.capture import Chain


class Tls:
    """TLS of one connection. Certificates are read and coded once for each connection, not for each request on it."""

    def __init__(self, handle: SSL.Connection) -> None:
        self._handle = handle
        self._facts: tuple[dict[str, Any], Chain | None] | None = None

    @property
    def secured(self) -> bool:
        """Is the handshake over? Before that nothing that was handed to it has gone out."""
        return self._facts is not None or self._handle.get_state_string() == b"SSL negotiation finished successfully"

    @property
    def facts(self) -> tuple[dict[str, Any], Chain | None]:
        """(`version`, `cipher` and `certificate`, the SHA-256 of the server's own certificate; all it sent). Empty
        before the handshake is over."""
        if self._facts is None:
            if not self.secured:
                return {}, None
            self._facts = self._read()
        return self._facts

    def _read(self) -> tuple[dict[str, Any], Chain | None]:
        handle = self._handle
        own = handle.get_peer_certificate()
        sent = handle.get_peer_cert_chain() or ([own] if own else [])  # of a client, OpenSSL's begins with the server's own
        certificates = [crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in sent]
        told = {
            "version": handle.get_protocol_version_name(),
            "cipher": handle.get_cipher_name() or "",
            "certificate": f"sha256:{hashlib.sha256(certificates[0]).hexdigest()}" if certificates else "",
        }
        return told, Chain("".join(map(DER_cert_to_PEM_cert, certificates)).encode("ascii")) if certificates else None
