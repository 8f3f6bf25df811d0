"""One S3 client from our settings, and S3's many errors as ours.

Credentials come from boto3's own chain (AWS_* variables, shared files, instance roles), or from an Airflow
connection of type `aws`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

import boto3.session
import botocore.session
import botocore.utils
from botocore import exceptions as boto
from botocore.config import Config
from botocore.loaders import Loader

from archive.errors import Refused, StoreUnreachable, UnsafeStore, WarraqError
from archive.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_MODELS = Loader()  # what S3 is like, read from botocore's files once for all clients of a process: four fifths of making one
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"([A-Za-z0-9_=.-]+/)*")
_ATTEMPTS = 5  # one try and four retries, with botocore's jittered backoff: about 8 s for a server that is down
_KEY_REMEDY = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the Airflow connection)"
_BAD_KEY = frozenset(
    ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired", "InvalidSecurity")
)
_BAD_REGION = frozenset(("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"))


@dataclass(frozen=True, slots=True)
class Address:
    """Where the archive is: a bucket, and a prefix in it that is empty or ends with a slash."""

    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


def parse_address(text: str, name: str = "WARRAQ_BUCKET") -> Address:
    """`s3://bucket/prefix`, as the setting `name` says it; Refused when it is none."""
    scheme, _, rest = text.partition("://")
    bucket, _, prefix = rest.partition("/")
    prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
    if scheme != "s3" or not _BUCKET.fullmatch(bucket) or not _PREFIX.fullmatch(prefix):
        raise Refused(f"{name}={text}: not the address of a bucket", "write it as s3://name or s3://name/prefix, in ASCII")
    return Address(bucket, prefix)


def make_client(settings: Settings, env: Mapping[str, str] = os.environ) -> S3Client:
    """A client that is safe to share between threads; nothing is asked of the server yet."""
    given = _connection(settings.connection, env) if settings.connection else {}
    return _client(settings, "", given, env, "check AWS_ENDPOINT_URL_S3 and the other AWS_* variables")


def make_copy_client(settings: Settings, env: Mapping[str, str] = os.environ) -> S3Client:
    """The same for the second copy: what WARRAQ_MIRROR_… does not say is as for the archive itself."""
    key, secret = settings.mirror_access_key, settings.mirror_secret_key
    if bool(key) != bool(secret) or sum(map(bool, (key, settings.mirror_profile, settings.mirror_connection))) > 1:
        raise Refused(
            "the credentials of the second copy are not clear",
            "set WARRAQ_MIRROR_ACCESS_KEY_ID and WARRAQ_MIRROR_SECRET_ACCESS_KEY, or WARRAQ_MIRROR_PROFILE, "
            "or WARRAQ_MIRROR_CONNECTION",
        )
    given: dict[str, Any] = {}
    if name := settings.mirror_connection or ("" if key or settings.mirror_profile else settings.connection):
        variable = "WARRAQ_MIRROR_CONNECTION" if settings.mirror_connection else "WARRAQ_S3_CONNECTION"
        given = _connection(name, env, variable)
    told = {
        "endpoint_url": settings.mirror_endpoint,
        "region_name": settings.mirror_region,
        "aws_access_key_id": key,
        "aws_secret_access_key": secret,
    }
    given |= {name: value for name, value in told.items() if value}
    return _client(settings, settings.mirror_profile, given, env, "check the WARRAQ_MIRROR_… variables")


def _moment(text: str) -> datetime:
    """A time as S3 writes it. botocore's own parser guesses among many forms, which is four fifths of what a listing costs."""
    try:
        return datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
    except (ValueError, TypeError):
        moment: datetime = botocore.utils.parse_timestamp(text)
        return moment


def _client(settings: Settings, profile: str, given: dict[str, Any], env: Mapping[str, str], remedy: str) -> S3Client:
    try:
        # One of our own: boto3's default session is a module-level singleton.
        core = botocore.session.Session()
        core.register_component("data_loader", _MODELS)
        core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
        session = boto3.session.Session(botocore_session=core, profile_name=profile or None)
        region = given.pop("region_name", None) or session.region_name or env.get("AWS_REGION") or "us-east-1"
        return session.client("s3", region_name=region, config=_config(settings), **given)
    except (boto.BotoCoreError, ValueError) as error:
        raise Refused(f"no S3 client can be made: {error}", remedy) from error


def _config(settings: Settings) -> Config:
    return Config(
        s3={"addressing_style": cast(Any, settings.addressing)},
        request_checksum_calculation=cast(Any, settings.checksums),
        response_checksum_validation=cast(Any, settings.checksums),
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=32,
        tcp_keepalive=True,
        # The next two save a quarter of the CPU of a small put: our calls are fixed, and botocore would otherwise
        # build a long User-Agent twice for each request.
        parameter_validation=False,
        user_agent="Warraq",
    )


def _connection(name: str, env: Mapping[str, str], variable: str = "WARRAQ_S3_CONNECTION") -> dict[str, Any]:
    """What an Airflow connection of type aws says, as arguments of a client."""
    given = env.get(f"AIRFLOW_CONN_{name.upper()}", "")
    if given.startswith("{"):  # Airflow's own JSON form; importing Airflow for it would cost 4 CPU seconds
        fields = json.loads(given)
        login, password, extra = fields.get("login"), fields.get("password"), fields.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
    else:
        from airflow.sdk import Connection
        from airflow.sdk.exceptions import AirflowException

        try:
            held = Connection.get(name)
        except AirflowException as error:
            raise Refused(
                f"{variable}={name}: Airflow knows no such connection here",
                f"add it in Airflow, or set AIRFLOW_CONN_{name.upper()} for commands outside it",
            ) from error
        login, password, extra = held.login, held.password, held.extra_dejson
    return arguments_of(name, login, password, extra)


def arguments_of(name: str, login: str | None, password: str | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """A client's arguments from the fields of an Airflow connection; without a login, boto3's chain finds the key."""
    if extra.get("role_arn"):
        raise Refused(f"connection {name}: role_arn is not supported", "give the machine the role, or the connection a key")
    service = (extra.get("service_config") or {}).get("s3") or {}
    given = {
        "endpoint_url": service.get("endpoint_url") or extra.get("endpoint_url"),
        "region_name": extra.get("region_name"),
        "aws_access_key_id": login or extra.get("aws_access_key_id"),
        "aws_secret_access_key": password or extra.get("aws_secret_access_key"),
        "aws_session_token": extra.get("aws_session_token"),
        "verify": extra.get("verify"),
    }
    return {key: value for key, value in given.items() if value not in (None, "")}


def status(error: boto.ClientError) -> int:
    """The HTTP status of an answer that is an error."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def failure(error: Exception, doing: str, where: Address, endpoint: str) -> WarraqError:
    """An error of botocore as one of ours, which names bucket and endpoint, and says what to do."""
    if isinstance(error, boto.ClientError):
        return _answered(error, doing, where, endpoint)
    place = f"{where} at {endpoint}"
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.CredentialRetrievalError):
        return Refused(f"{place}: no complete credentials were found", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    if isinstance(error, boto.SSLError):
        return Refused(f"{place}: TLS failed: {error}", "check the certificate, or AWS_CA_BUNDLE")
    if isinstance(error, boto.ConnectionError | boto.HTTPClientError | boto.IncompleteReadError):
        remedy = "check that the store runs and that AWS_ENDPOINT_URL_S3 is its address; nothing was lost, try again"
        return StoreUnreachable(f"{place} cannot be reached ({doing}): {type(error).__name__}", remedy)
    if isinstance(error, boto.FlexibleChecksumError):
        return StoreUnreachable(f"{place}: {doing}: the bytes that came differ from their checksum", "try again")
    return Refused(f"{place}: {doing}: {error}")


def _answered(error: boto.ClientError, doing: str, where: Address, endpoint: str) -> WarraqError:
    answer = error.response.get("Error", {})
    code, number, place = str(answer.get("Code", "")), status(error), f"{where} at {endpoint}"
    found: WarraqError = Refused(f"{place}: {doing}: {number} {code} {answer.get('Message', '')}".rstrip(), "ask warraq doctor")
    if code == "NoSuchBucket":
        found = Refused(f"bucket {where.bucket} does not exist at {endpoint}", "create it, or correct WARRAQ_BUCKET")
    elif code in _BAD_KEY or number == 401:
        found = Refused(f"{place} refuses the key ({code})", _KEY_REMEDY)
    elif code == "RequestTimeTooSkewed":
        found = Refused(f"{place} refuses this machine's clock", "set the clock (chrony or systemd-timesyncd)")
    elif code in _BAD_REGION or number in (301, 307):
        found = Refused(f"{place}: wrong region or endpoint ({code})", "set AWS_DEFAULT_REGION to the bucket's region")
    elif number == 507 or "Quota" in code or code.endswith("StorageFull"):
        remedy = "give it more space, then try again; nothing was lost"
        found = StoreUnreachable(f"{place} is full ({doing}: {number} {code})", remedy)
    elif number == 403:
        found = Refused(f"{place}: no permission ({doing})", f"allow s3:GetObject, s3:PutObject, s3:ListBucket; {_KEY_REMEDY}")
    elif number == 501 or code == "NotImplemented":
        found = UnsafeStore(f"{place} does not know conditional puts ({doing})", "use a store that does; see warraq doctor")
    elif number in (409, 429) or number >= 500 or code in ("BadDigest", "RequestTimeout", "SlowDown"):
        found = StoreUnreachable(f"{place}: {doing}: {number} {code}", "try again; if it lasts, look at the store's own log")
    return found
