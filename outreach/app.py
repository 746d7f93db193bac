"""Where the parts meet: settings become services, services become the web application."""

from __future__ import annotations

import gc
from datetime import timedelta
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from outreach.blasts.pause_limits import Limits
from outreach.core.db import Database
from outreach.core.errors import BadInput
from outreach.core.tokens import Tokens
from outreach.mail import pace_scopes
from outreach.mail.dkim import Signer
from outreach.mail.dkim_keys import signer
from outreach.mail.provider import Provider
from outreach.mail.verp import ReturnPaths
from outreach.providers.build import RelaySettings, build
from outreach.providers.sendgrid_signature import known_keys
from outreach.providers.smtp_opening import Relay
from outreach.providers.smtp_token import Token
from outreach.services import Services
from outreach.tracking.bounce_imap import Account
from outreach.web import console, errors, headers, health, hooks, languages, public
from outreach.web.auth import bound_body
from outreach.web.forms import csrf
from outreach.web.limits import limiter, store_options
from outreach.web.public import front

ROOT = Path(__file__).parents[1]
MAX_UPLOAD_BYTES = 200_000_000
MAX_FORM_BYTES = 8_000_000  # a petition's text and what was understood of it
MAX_FORM_FIELDS = 20_000  # a thousand notes with their parts
PAGES_KEEP_S = 0.9  # and while one is made anew, twice that: a count is never two seconds behind
# Rows, letters and events come and go by the thousand and form no cycles: Python's search for
# those, every 700 objects, took a sixth of a sender's time.
OBJECTS_BETWEEN_SEARCHES = 50_000


def build_services(settings: config.Settings, provider: Provider | None = None) -> Services:
    """The services of one process; nothing is connected yet. `provider` replaces the setting's."""
    gc.set_threshold(OBJECTS_BETWEEN_SEARCHES)
    secret = settings.secret_key.get_secret_value()
    return_paths = _return_paths(settings, secret)
    return Services(
        db=Database(settings.database_url, pool_size=settings.web_threads + 2),
        tokens=Tokens(secret),
        provider=provider or _provider(settings, return_paths),
        base_url=settings.base_url,
        data_dir=settings.data_dir,
        secret=secret,
        batch_size=settings.batch_size,
        lease_s=settings.lease_s,
        late_limit_s=settings.late_limit_s,
        recognise_days=settings.recognise_days,
        keep_networks=settings.keep_networks,
        events_keep_months=settings.events_keep_months,
        test_sends_to=settings.test_sends_to,
        watches_worker=not settings.broker_url,
        sendgrid_webhook_keys=known_keys(settings.sendgrid_webhook_keys),
        return_paths=return_paths,
        dkim=_signer(settings),
        bounce_maildir=Path(settings.bounce_maildir) if settings.bounce_maildir else None,
        bounce_imap=_bounce_mailbox(settings),
        pages_keep_s=PAGES_KEEP_S,
        sources_days=settings.sources_days,
        sources_loopback=settings.sources_loopback,
        metrics_token=settings.metrics_token.get_secret_value(),
        digest_hour=settings.digest_hour,
        limits_url=settings.limits_url or "memory://",
        sign_per_minute=settings.sign_per_minute,
        pause_limits=_pause_limits(settings),
    )


def create_app(services: Services, *, trusted_proxies: int = 0, pages_at_a_time: int = 4) -> Flask:
    """The WSGI application over these services.

    Of the addresses that `trusted_proxies` proxies in front report, the visitor's is believed.
    """
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.secret_key = services.secret
    app.extensions["outreach"] = services
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        MAX_FORM_PARTS=MAX_FORM_FIELDS,
        SESSION_COOKIE_NAME="outreach_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=services.base_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=services.limits_url,
        RATELIMIT_STORAGE_OPTIONS=store_options(services.limits_url),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(bound_body)  # before the cross-site check, which reads the form
    front.put_before(app, services, pages_at_a_time=pages_at_a_time)
    if trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=trusted_proxies, x_proto=trusted_proxies
        )
    csrf.init_app(app)
    limiter.init_app(app)
    languages.register(app)
    errors.register(app)
    headers.register(app)
    health.register(app, timed=bool(services.metrics_token))
    for blueprint in console.BLUEPRINTS:
        app.register_blueprint(blueprint)
    for blueprint in (*public.BLUEPRINTS, *hooks.BLUEPRINTS):
        # No session: supporters' forms carry a token that is the secret, machines sign.
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    return app


def _return_paths(settings: config.Settings, secret: str) -> ReturnPaths | None:
    return ReturnPaths(secret, settings.bounce_address) if settings.bounce_address else None


def _signer(settings: config.Settings) -> Signer | None:
    """What signs letters; only those to an SMTP relay are signed here."""
    return signer(settings.dkim_domain, settings.dkim_keys) if settings.provider == "smtp" else None


def _pause_limits(settings: config.Settings) -> Limits:
    percent = {
        "bounced": settings.pause_bounced_percent,
        "complained": settings.pause_complained_percent,
        "refused": settings.pause_refused_percent,
    }
    return Limits(percent, letters=settings.pause_letters)


def _bounce_mailbox(settings: config.Settings) -> Account | None:
    if not settings.bounce_imap_host:
        return None
    return Account(
        host=settings.bounce_imap_host,
        port=settings.bounce_imap_port,
        username=settings.bounce_imap_username,
        password=settings.bounce_imap_password.get_secret_value(),
        folder=settings.bounce_imap_folder,
    )


def _token(given: config.Settings | config.SmtpRelay) -> Token | None:
    if isinstance(given, config.Settings):
        text, command = given.smtp_token.get_secret_value(), given.smtp_token_command
    else:
        text, command = given.token.get_secret_value(), given.token_command
    return Token(text, command) if text or command else None


def _relay(settings: config.Settings, given: config.SmtpRelay) -> RelaySettings:
    relay = Relay(
        given.host,
        given.port,
        given.security,
        given.username,
        given.password.get_secret_value(),
        settings.provider_timeout_s,
        _token(given),
    )
    try:
        per_s = pace_scopes.parsed(given.pace)
    except BadInput as error:
        said = f"Setting OUTREACH_SMTP_RELAYS: relay “{given.name}” has “{given.pace}” as its pace."
        raise BadInput(said, hint=error.hint) from None
    return RelaySettings(given.name, relay, given.weight, given.connections, per_s)


def _provider(settings: config.Settings, return_paths: ReturnPaths | None) -> Provider:
    return build(
        settings.provider,
        data_dir=settings.data_dir,
        timeout_s=settings.provider_timeout_s,
        smtp_host=settings.smtp_host,
        smtp_port=settings.smtp_port,
        smtp_security=settings.smtp_security,
        smtp_username=settings.smtp_username,
        smtp_password=settings.smtp_password.get_secret_value(),
        smtp_token=_token(settings),
        smtp_connections=settings.smtp_connections,
        smtp_relays=[_relay(settings, relay) for relay in settings.smtp_relays],
        return_path=return_paths.maker() if return_paths else None,
        dkim_domain=settings.dkim_domain,
        dkim_keys=settings.dkim_keys,
        sendgrid_api_key=settings.sendgrid_api_key.get_secret_value(),
        sendgrid_url=settings.sendgrid_url,
        sendgrid_connections=settings.sendgrid_connections,
        sendgrid_hold_minutes=settings.sendgrid_hold_minutes,
    )
